"""Narrowing: what tests establish about the fields of a reply, until its name is bound again.

if run["state"] != "done":
    return None
return json.loads(run["answer"])    # here `state` of `run` is one of {"done"}
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import libcst as cst

from kognitos_migrate.interpret.request_outcomes import STATUS, possible_statuses
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.interpret.state.frames import NARROWED, Activation, Environment
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Const, Lit, Narrowing, Narrowings, Ref, Reply, Text, Value

Fields: TypeAlias = Mapping[str, frozenset[str]]
"""By field: the words that it may be, or an empty set if it is only known to be present."""
_NOTHING = Narrowings()


def common_fields(some: Fields, others: Fields) -> Fields:
    """The facts that hold on both of two control-flow paths."""
    return {name: _either(words, others[name]) for name, words in some.items() if name in others}


def _either(some: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    return some | others if some and others else frozenset()


def fields_of(facts: Facts, tree: Tree, node: cst.CSTNode, frame: int) -> Fields:
    """The facts about the reply that an expression yields, or about the reply whose field it yields."""
    match node:
        case cst.Name():
            return facts.narrowed.get((tree.site(node), frame), {})
        case cst.NamedExpr(value=inner) | cst.Await(expression=inner) | cst.Subscript(value=inner):
            return fields_of(facts, tree, inner, frame)
        case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name("get" | "pop"))):
            return facts.returned.get((tree.site(node), frame)) or fields_of(facts, tree, owner, frame)
        case cst.Call():
            method = node.func if isinstance(node.func, cst.Attribute) else None
            outcome = fields_of(facts, tree, method.value, frame) if method is not None else {}
            return facts.returned.get((tree.site(node), frame)) or _outcome_of(outcome)
        case cst.Attribute(value=owner):
            return _outcome_of(fields_of(facts, tree, owner, frame))
        case cst.BooleanOperation(left=left, operator=cst.Or()):
            return fields_of(facts, tree, left, frame)
        case cst.IfExp(body=body, orelse=orelse):
            return common_fields(fields_of(facts, tree, body, frame), fields_of(facts, tree, orelse, frame))
        case _:
            return {}


def _outcome_of(fields: Fields) -> Fields:
    """The facts about a reply that hold for its body as well."""
    return {STATUS: fields[STATUS]} if STATUS in fields else {}


def note_name(facts: Facts, act: Activation, node: cst.Name) -> None:
    """Record the facts about a name that is read, as far as they hold at every read."""
    key = (act.tree.sites[id(node)], act.frame.id)
    shown = shown_fields(act.env, node.value)
    if key in facts.narrowed:
        facts.narrowed[key] = common_fields(facts.narrowed[key], shown)
    elif shown and key not in facts.values:
        facts.narrowed[key] = shown


def shown_fields(env: Environment, name: str) -> Fields:
    """The facts about the reply in a variable, or about the reply whose field it contains."""
    narrowings = env.get(NARROWED)
    if not isinstance(narrowings, Narrowings):
        return {}
    owner = next((source.owner for source in narrowings.sources if source.name == name), name)
    return {narrowing.field: narrowing.words for narrowing in narrowings.fields if narrowing.name == owner}


def forget_name(env: Environment, name: str) -> None:
    """Remove the facts about a name that is rebound."""
    held = env.get(NARROWED)
    if isinstance(held, Narrowings):
        env[NARROWED] = Narrowings(
            frozenset(one for one in held.fields if one.name != name),
            frozenset(one for one in held.sources if name not in (one.name, one.owner)),
        )


def note_bound(facts: Facts, act: Activation, target: cst.CSTNode, value: cst.BaseExpression) -> None:
    """Carry the facts about an expression over to the name it is bound to, and record it if it is a field of
    a reply."""
    if isinstance(target, cst.Tuple) and isinstance(value, cst.Tuple):
        if len(target.elements) == len(value.elements):
            for one, other in zip(target.elements, value.elements, strict=True):
                note_bound(facts, act, one.value, other.value)
        return
    if not isinstance(target, cst.Name) or target.value in act.outer:
        return
    position = _position(act, value)
    if position is not None and position[0] != target.value and is_reply_name(act, position[0]):
        held = _held(act.env)
        source = Narrowing(target.value, position[1], frozenset(), position[0])
        act.env[NARROWED] = replace(held, sources=held.sources | {source})
    elif position is None:
        add_fields(act.env, target.value, fields_of(facts, act.tree, value, act.frame.id))


def add_fields(env: Environment, name: str, fields: Fields) -> None:
    """Add facts about the reply in the variable `name`."""
    if fields:
        held = _held(env)
        known = {one.field: one for one in held.fields if one.name == name}
        more = {
            Narrowing(name, field, words) for field, words in fields.items() if words or field not in known
        }
        kept = {one for one in held.fields if one.name != name or one.field not in fields or one.words}
        kept = {
            one for one in kept if not any(new.name == one.name and new.field == one.field for new in more)
        }
        env[NARROWED] = replace(held, fields=frozenset(kept | more))


def _held(env: Environment) -> Narrowings:
    held = env.get(NARROWED)
    return held if isinstance(held, Narrowings) else _NOTHING


def meet_environments(environments: Iterable[Environment]) -> Narrowings:
    """The facts that hold in all of these environments."""
    every = [_held(env) for env in environments]
    first, *others = every
    fields = {(one.name, one.field): one.words for one in first.fields}
    sources = first.sources
    for other in others:
        theirs = {(one.name, one.field): one.words for one in other.fields}
        fields = {key: _either(words, theirs[key]) for key, words in fields.items() if key in theirs}
        sources &= other.sources
    return Narrowings(frozenset(Narrowing(*key, words) for key, words in fields.items()), sources)


def narrow(facts: Facts, act: Activation, env: Environment, test: cst.CSTNode, *, outcome: bool) -> None:
    """Add to `env` the facts that hold if a test of `act` has this outcome."""
    for name, fields in _by_test(facts, act, test, outcome=outcome).items():
        earlier = shown_fields(env, name).get(STATUS)
        if STATUS in fields and earlier:
            fields = {**fields, STATUS: fields[STATUS] & earlier}
        add_fields(env, name, fields)


Shown: TypeAlias = Mapping[str, Fields]


def _by_test(facts: Facts, act: Activation, test: cst.CSTNode, *, outcome: bool) -> Shown:
    outcomes = possible_statuses(facts, act, test, outcome=outcome)
    shown = {
        name: {STATUS: frozenset(map(str, statuses))}
        for name, statuses in outcomes.items()
        if statuses and is_reply_name(act, name)
    }
    return shown or _by_field_test(facts, act, test, outcome=outcome)


def _by_field_test(facts: Facts, act: Activation, test: cst.CSTNode, *, outcome: bool) -> Shown:
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return _by_test(facts, act, inner, outcome=not outcome)
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            first = _by_test(facts, act, left, outcome=outcome)
            then = _by_test(facts, act, right, outcome=outcome)
            if isinstance(operator, cst.And) is not outcome:
                return _both(first, then)
            bound = set(_bound(act.tree, right))
            kept = {name: fields for name, fields in first.items() if name not in bound}
            return {**kept, **{name: {**kept.get(name, {}), **fields} for name, fields in then.items()}}
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator, right)]):
            return _by_comparison(facts, act, (left, operator, right), outcome=outcome)
        case cst.Call() if outcome and (shown := facts.truths.get((act.site(test), act.frame.id))):
            return {name: fields for name, fields in shown.items() if is_reply_name(act, name)}
        case cst.Call(func=cst.Name("bool"), args=[cst.Arg(inner)]):
            return _by_test(facts, act, inner, outcome=outcome)
        case cst.Await(inner):
            return _by_test(facts, act, inner, outcome=outcome)
        case _:
            position = _position(act, test) if outcome else None
            return _of(facts, act, position, frozenset())


def _bound(tree: Tree, node: cst.CSTNode) -> Iterator[str]:
    """The names that an expression binds."""
    for inner in tree.descendants(node):
        if isinstance(inner, cst.NamedExpr) and isinstance(inner.target, cst.Name):
            yield inner.target.value


def _by_comparison(
    facts: Facts,
    act: Activation,
    comparison: tuple[cst.BaseExpression, cst.BaseCompOp, cst.BaseExpression],
    *,
    outcome: bool,
) -> Shown:
    left, operator, right = comparison
    if isinstance(operator, cst.IsNot | cst.NotEqual | cst.NotIn):
        negative: bool = True
    elif isinstance(operator, cst.Is | cst.Equal | cst.In):
        negative = False
    else:
        return {}
    holds = outcome is not negative
    if isinstance(operator, cst.Is | cst.IsNot):
        is_none = isinstance(right, cst.Name) and right.value == "None"
        return _of(facts, act, _position(act, left), frozenset()) if is_none and not holds else {}
    if isinstance(operator, cst.In | cst.NotIn) and isinstance(left, cst.SimpleString):
        owner = _owner(right)
        name = literal_text(left)
        return _of(facts, act, (owner, str(name)), frozenset()) if holds and owner else {}
    if not holds:
        return {}
    for one, other in ((left, right), (right, left)):
        position = _position(act, one)
        words = _words(facts, facts.values.get((act.site(other), act.frame.id)))
        if position is not None and words:
            return _of(facts, act, position, words)
        if isinstance(operator, cst.In | cst.NotIn):
            return {}
    return {}


def _words(facts: Facts, value: Value | None) -> frozenset[str]:
    """The texts that a value may be, or that its elements may be; empty unless all are known."""
    words: set[str] = set()
    for choice in alternatives(value) if value is not None else ():
        thing = facts.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, SequenceObject):
            inner = _words(facts, thing.element())
            if not inner:
                return frozenset()
            words |= inner
            continue
        literal = choice.literal if isinstance(choice, Text) else None
        if not literal or not isinstance(choice, Text) or not isinstance(choice.parts[0], Lit):
            return frozenset()
        words.add(literal)
    return frozenset(words)


def _position(act: Activation, node: cst.CSTNode) -> tuple[str, str] | None:
    """The variable and the field of a reply that an expression reads."""
    match node:
        case cst.Subscript(value=owner, slice=[cst.SubscriptElement(cst.Index(cst.SimpleString() as key))]):
            name = _owner(owner)
            return (name, str(literal_text(key))) if name else None
        case cst.Call(
            func=cst.Attribute(owner, cst.Name("get")), args=[cst.Arg(cst.SimpleString() as key), *_]
        ):
            name = _owner(owner)
            return (name, str(literal_text(key))) if name else None
        case cst.NamedExpr(value=value):
            return _position(act, value)
        case cst.Name(spelled):
            held = _held(act.env)
            return next(((one.owner, one.field) for one in held.sources if one.name == spelled), None)
        case _:
            return None


def _owner(node: cst.CSTNode) -> str:
    if isinstance(node, cst.NamedExpr):
        node = node.target
    return node.value if isinstance(node, cst.Name) else ""


def _of(_facts: Facts, act: Activation, position: tuple[str, str] | None, words: frozenset[str]) -> Shown:
    if position is None or not is_reply_name(act, position[0]):
        return {}
    return {position[0]: {position[1]: words}}


def is_reply_name(act: Activation, name: str) -> bool:
    """Whether a name is a local variable that may contain a reply."""
    held = act.env.get(name) if name not in act.outer else None
    return held is not None and any(isinstance(one, Reply) for one in alternatives(held))


def note_returned(facts: Facts, act: Activation, node: cst.BaseExpression, value: Value) -> None:
    """Record the facts about a returned reply, and those that the return expression implies if it is true."""
    if any(isinstance(one, Reply) for one in alternatives(value)):
        shown = fields_of(facts, act.tree, node, act.frame.id)
        act.shown = shown if act.shown is None else common_fields(act.shown, shown)
    if not _is_false(value):
        truths = {
            name: fields
            for name, fields in _by_test(facts, act, node, outcome=True).items()
            if _is_kept(act, name)
        }
        act.truths = truths if act.truths is None else _both(act.truths, truths)


def _is_kept(act: Activation, name: str) -> bool:
    """Whether a name is a parameter that the function never rebinds."""
    function = act.frame.function
    return (
        function is not None
        and name in act.frame.arguments
        and not act.tree.cached(Variables).bindings(act.tree.node(function), name)
    )


def _is_false(value: Value) -> bool:
    """Whether a value is certainly a false constant, such as None or False."""
    return all(isinstance(one, Const) and not one.value for one in alternatives(value))


def _both(some: Shown, others: Shown) -> Shown:
    return {name: common_fields(some[name], others[name]) for name in some if name in others}


def note_call(facts: Facts, tree: Tree, call: tuple[Site, int], inner: Activation | None) -> None:
    """Record the facts about the result of a call; none if `inner` is None, because nothing was run."""
    shown = inner.shown if inner is not None and inner.shown is not None else {}
    truths = _of_arguments(tree, call, inner) if inner is not None else {}
    if call in facts.returned:
        shown, truths = common_fields(facts.returned[call], shown), _both(facts.truths[call], truths)
    elif call in facts.values:
        shown, truths = {}, {}
    facts.returned[call], facts.truths[call] = shown, truths


def _of_arguments(tree: Tree, call: tuple[Site, int], inner: Activation) -> Shown:
    """The facts about names of the caller that hold if the call returns a true value."""
    found: dict[str, Fields] = {}
    for parameter, fields in (inner.truths or {}).items():
        given = inner.frame.arguments.get(parameter)
        if given is None or given.frame != call[1] or given.site.path != tree.path:
            continue
        node = tree.node(given.site)
        if isinstance(node, cst.Name):
            found[node.value] = fields
    return found


def note_argument(facts: Facts, env: Environment, name: str, argument: tuple[Tree, Site, int]) -> None:
    """Carry the facts about an argument's expression over to the parameter `name`."""
    tree, site, frame = argument
    if facts.narrowed or facts.returned:
        add_fields(env, name, fields_of(facts, tree, tree.node(site), frame))


_MATCHED = "_ matched"
"""The reserved name for the subject of a `match` that isn't a variable."""


def narrow_by_pattern(facts: Facts, act: Activation, subject: cst.CSTNode, pattern: cst.MatchPattern) -> None:
    """Add the facts that hold if a pattern of literals matches, or a mapping pattern with literals."""
    if isinstance(pattern, cst.MatchMapping):
        _narrow_by_mapping(facts, act, _owner(subject) or _MATCHED, pattern)
        return
    written = [one.pattern for one in pattern.patterns] if isinstance(pattern, cst.MatchOr) else [pattern]
    if all(isinstance(one, cst.MatchValue) for one in written):
        values = [one.value for one in written if isinstance(one, cst.MatchValue)]
        words = [_words(facts, facts.values.get((act.site(one), act.frame.id))) for one in values]
        if all(words):
            for name, fields in _of(facts, act, _position(act, subject), frozenset().union(*words)).items():
                add_fields(act.env, name, fields)


def _narrow_by_mapping(facts: Facts, act: Activation, owner: str, pattern: cst.MatchMapping) -> None:
    """Narrow by `{"state": "done", "answer": text}`: `state` is "done", and `text` contains the field
    `answer`."""
    if owner == _MATCHED:
        forget_name(act.env, owner)
    for element in pattern.elements:
        key = literal_text(element.key) if isinstance(element.key, cst.SimpleString) else None
        inner = element.pattern
        if isinstance(inner, cst.MatchClass) and len(inner.patterns) == 1:
            inner = inner.patterns[0].value
        if isinstance(inner, cst.MatchValue):
            words = _words(facts, facts.values.get((act.site(inner.value), act.frame.id)))
            add_fields(act.env, owner, {str(key): words} if words else {})
        elif isinstance(inner, cst.MatchAs) and inner.pattern is None and inner.name is not None and key:
            held = _held(act.env)
            source = Narrowing(inner.name.value, str(key), frozenset(), owner)
            act.env[NARROWED] = replace(held, sources=held.sources | {source})
