"""Narrowing: facts about the fields of a reply, until the name of the reply is bound again.

if run["state"] != "done":
    return None
return json.loads(run["answer"])    # here `state` of `run` is choice of {"done"}

A reply doesn't change. So a fact about it holds wherever the same reply is read.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import libcst as cst

from kognitos_migrate.interpret.request_outcomes import (
    FAILURES,
    STATUS,
    SUCCESSES,
    Outcomes,
    matched_statuses,
    owner_of_status,
)
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.interpret.state.frames import NARROWED, Activation, Environment
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    Const,
    FieldFact,
    FieldSource,
    Implication,
    MemberRef,
    Narrowing,
    Narrowings,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
)

Fields: TypeAlias = Mapping[str, FieldFact]
"""Facts by field."""
Shown: TypeAlias = Mapping[str, Fields]
"""Facts by the variable that contains the reply."""
_NOTHING = Narrowings()


def join_fields(some: Fields, others: Fields) -> Fields:
    """The facts that hold on both of two control-flow paths."""
    facts = {name: _join_facts(fact, others[name]) for name, fact in some.items() if name in others}
    return {name: fact for name, fact in facts.items() if fact != FieldFact()}


def _join_facts(some: FieldFact, other: FieldFact) -> FieldFact:
    words = some.words | other.words if some.words and other.words else frozenset()
    candidates = some.excluded | other.excluded
    excluded = frozenset(word for word in candidates if _excludes(some, word) and _excludes(other, word))
    return FieldFact(words, excluded, some.is_present and other.is_present)


def _excludes(fact: FieldFact, word: str) -> bool:
    return word in fact.excluded or bool(fact.words and word not in fact.words)


def meet_fields(some: Fields, others: Fields) -> Fields:
    """The facts of both, which hold together."""
    facts = {**some, **others}
    return {name: _meet_facts(some.get(name, FieldFact()), others.get(name, FieldFact())) for name in facts}


def _meet_facts(some: FieldFact, other: FieldFact) -> FieldFact:
    excluded = some.excluded | other.excluded
    words = some.words & other.words if some.words and other.words else some.words | other.words
    return FieldFact(words - excluded, excluded, some.is_present or other.is_present)


def join_fields_by_name(some: Shown, others: Shown) -> Shown:
    """The facts that hold on both of two control-flow paths, by variable."""
    return {name: join_fields(some[name], others[name]) for name in some if name in others}


def meet_fields_by_name(some: Shown, others: Shown) -> Shown:
    """The facts of both, by variable."""
    return {name: meet_fields(some.get(name, {}), others.get(name, {})) for name in {**some, **others}}


def field_facts_of(facts: Facts, tree: Tree, node: cst.CSTNode, frame: int) -> Fields:
    """The facts about the reply that an expression yields, or about the reply whose field it yields."""
    match node:
        case cst.Name():
            return facts.narrowed.get((tree.site(node), frame), {})
        case cst.NamedExpr(value=inner) | cst.Await(expression=inner) | cst.Subscript(value=inner):
            return field_facts_of(facts, tree, inner, frame)
        case cst.Attribute(value=cst.Name() as owner) if is_model(facts, tree, owner, frame):
            return field_facts_of(facts, tree, owner, frame)
        case cst.Call(func=cst.Attribute(value=owner)) if _is_reply_method_call(facts, tree, node, frame):
            return facts.returned.get((tree.site(node), frame)) or field_facts_of(facts, tree, owner, frame)
        case cst.Call():
            method = node.func if isinstance(node.func, cst.Attribute) else None
            outcome = field_facts_of(facts, tree, method.value, frame) if method is not None else {}
            return facts.returned.get((tree.site(node), frame)) or _outcome_of(outcome)
        case cst.Attribute(value=owner):
            return _outcome_of(field_facts_of(facts, tree, owner, frame))
        case (
            cst.BooleanOperation(left=some, operator=cst.Or(), right=other)
            | cst.IfExp(body=some, orelse=other)
        ):
            values = {choice: facts.values.get((tree.site(choice), frame), NEVER) for choice in (some, other)}
            reply_choices = [choice for choice, value in values.items() if may_contain_reply(value)]
            choice_fields = [field_facts_of(facts, tree, choice, frame) for choice in reply_choices]
            return join_fields(*choice_fields) if len(choice_fields) == 2 else next(iter(choice_fields), {})
        case _:
            return {}


def _outcome_of(fields: Fields) -> Fields:
    """The facts about a reply that hold for its body as well."""
    return {STATUS: fields[STATUS]} if STATUS in fields else {}


def may_contain_reply(value: Value) -> bool:
    """Whether a value may be a reply."""
    return any(not isinstance(choice, Const | Text) for choice in alternatives(value))


def is_model(facts: Facts, tree: Tree, node: cst.Name, frame: int) -> bool:
    """Whether each object in a variable has the fields of one reply, `Model(**reply)`, and no other."""
    choices = list(alternatives(facts.values.get((tree.site(node), frame), NEVER)))
    return bool(choices) and all(
        isinstance(choice, Ref) and _has_filled_fields(facts, choice) for choice in choices
    )


def _has_filled_fields(facts: Facts, ref: Ref) -> bool:
    """Whether a constructor call has filled all fields of an object that contain those of a reply. The
    operand of a field that the reply may lack is the default."""
    model = facts.heap[ref]
    if not isinstance(model, Instance):
        return False
    operands = [operand for origins in model.origins.values() for operand in origins]
    values = [
        facts.values.get((choice.site, choice.frame), NEVER)
        for choice in operands
        if any(isinstance(choice, Reply) for choice in alternatives(choice.value))
    ]
    return ref in values and all(value == ref or constants_of(value) is not None for value in values)


def _is_reply_method_call(facts: Facts, tree: Tree, call: cst.Call, frame: int) -> bool:
    """Whether a call is of a method of a reply: `reply.get(key)`, `reply.items()`."""
    methods = alternatives(facts.values.get((tree.site(call.func), frame), NEVER))
    return any(isinstance(choice, MemberRef) and isinstance(choice.receiver, Reply) for choice in methods)


def is_view(facts: Facts, tree: Tree, call: cst.Call, frame: int) -> bool:
    """Whether a call yields a view of the response object that it is called on: `response.json()`."""
    if not isinstance(call.func, cst.Attribute):
        return False
    views = [*alternatives(facts.values.get((tree.site(call), frame), NEVER))]
    state = [*alternatives(facts.values.get((tree.site(call.func.value), frame), NEVER))]
    responses = {choice.request for choice in state if isinstance(choice, Reply) and not choice.path}
    return bool(views) and all(
        isinstance(choice, Reply) and len(choice.path) == 1 and choice.request in responses
        for choice in views
    )


def note_name(facts: Facts, act: Activation, node: cst.Name) -> None:
    """Record the facts about a name that is read, as far as they hold at every read of a reply in it."""
    key = (act.tree.sites[id(node)], act.frame.id)
    fields = known_fields(act.env, node.value)
    if key in facts.narrowed:
        facts.narrowed[key] = join_fields(facts.narrowed[key], fields)
    elif fields and all(isinstance(choice, Unknown) for choice in alternatives(facts.values.get(key, NEVER))):
        facts.narrowed[key] = fields


def known_fields(env: Environment, name: str) -> Fields:
    """The facts about the reply in a variable, or about the reply whose field it contains."""
    state = narrowings(env)
    sources = [source for source in state.sources if source.name == name and not source.others]
    owner = next((source.owner for source in sources if source.field != STATUS), name)
    reply = next((source.owner for source in sources if source.field == STATUS), owner)
    return {
        narrowing.field: narrowing.fact
        for narrowing in state.fields
        if narrowing.name == (reply if narrowing.field == STATUS else owner)
    }


def is_reply_name(act: Activation, name: str) -> bool:
    """Whether a name is a local variable that may contain a reply."""
    value = act.env.get(name, NEVER) if name not in act.outer else NEVER
    return any(isinstance(choice, Reply) for choice in alternatives(value))


def narrowings(env: Environment) -> Narrowings:
    """All facts of an environment."""
    state = env.get(NARROWED)
    return state if isinstance(state, Narrowings) else _NOTHING


def forget_name(env: Environment, name: str) -> None:
    """Remove the facts about a name that is rebound."""
    state = env.get(NARROWED)
    if isinstance(state, Narrowings):
        env[NARROWED] = Narrowings(
            frozenset(narrowing for narrowing in state.fields if narrowing.name != name),
            frozenset(source for source in state.sources if name not in (source.name, source.owner)),
            frozenset(
                implication
                for implication in state.implications
                if name not in (implication.name, implication.conclusion.name)
            ),
            state.is_dead,
        )


def add_fields(env: Environment, name: str, fields: Fields) -> None:
    """Add facts about the reply in the variable `name`."""
    if fields:
        state = narrowings(env)
        own = {narrowing.field: narrowing.fact for narrowing in state.fields if narrowing.name == name}
        remaining = {narrowing for narrowing in state.fields if narrowing.name != name}
        more = {Narrowing(name, field, fact) for field, fact in meet_fields(own, fields).items()}
        env[NARROWED] = replace(state, fields=frozenset(remaining | more))


def mark_dead(env: Environment) -> None:
    """Record that control doesn't get to this environment."""
    env[NARROWED] = replace(narrowings(env), is_dead=True)


def add_source(env: Environment, source: FieldSource) -> None:
    """Add the fact that a variable contains the field of a reply."""
    state = narrowings(env)
    env[NARROWED] = replace(state, sources=state.sources | {source})


def join_narrowings(environments: Iterable[Environment]) -> Narrowings:
    """The facts that hold in all of these environments."""
    every = list(environments)
    every = [env for env in every if not narrowings(env).is_dead] or every
    return Narrowings(
        frozenset(_joined_narrowings(every)),
        frozenset(_joined_sources(every)),
        frozenset(_joined_implications(every)),
        all(narrowings(env).is_dead for env in every),
    )


def _joined_narrowings(every: list[Environment]) -> Iterator[Narrowing]:
    environments = [(env, _fields_by_name(env)) for env in every]
    for name in {name for _, fields in environments for name in fields}:
        common: Fields | None = None
        for env, fields_by_name in environments:
            fields = fields_by_name.get(name, {})
            if fields or may_contain_reply(env.get(name, NEVER)):
                common = fields if common is None else join_fields(common, fields)
        for field, fact in (common or {}).items():
            yield Narrowing(name, field, fact)


def _fields_by_name(env: Environment) -> dict[str, dict[str, FieldFact]]:
    """The facts about fields by the variable that contains the reply."""
    fields: dict[str, dict[str, FieldFact]] = {}
    for narrowing in narrowings(env).fields:
        fields.setdefault(narrowing.name, {})[narrowing.field] = narrowing.fact
    return fields


def _joined_sources(every: list[Environment]) -> Iterator[FieldSource]:
    """The sources of each variable, which other paths bind to constants."""
    environments = [(env, _others_by_source(env)) for env in every]
    for source in {source for _, others_by_source in environments for source in others_by_source}:
        others: frozenset[str | None] | None = frozenset()
        for env, others_by_source in environments:
            own = others_by_source.get(source)
            constants = own if own is not None else constants_of(env.get(source.name, NEVER))
            others = others | constants if others is not None and constants is not None else None
        if others is not None:
            yield replace(source, others=others)


def _others_by_source(env: Environment) -> dict[FieldSource, frozenset[str | None]]:
    """The constants that a variable may contain in place of a field, by the source without them."""
    others: dict[FieldSource, frozenset[str | None]] = {}
    for source in narrowings(env).sources:
        others.setdefault(replace(source, others=frozenset()), source.others)
    return others


def constants_of(value: Value) -> frozenset[str | None] | None:
    """The texts that a value may be, and None for other constants; None if it may be anything else."""
    constants: set[str | None] = set()
    for choice in alternatives(value):
        if isinstance(choice, Text) and choice.literal is not None:
            constants.add(choice.literal)
        elif isinstance(choice, Const):
            constants.add(None)
        elif choice is not NEVER:
            return None
    return frozenset(constants)


def _joined_implications(every: list[Environment]) -> Iterator[Implication]:
    """The implications of each variable that holds on all paths, or where a constant makes it hold."""
    for implication in {implication for env in every for implication in narrowings(env).implications}:
        if all(implication in narrowings(env).implications or _is_vacuous(env, implication) for env in every):
            yield implication
    yield from _implications_of_flags(every)


def _implications_of_flags(every: list[Environment]) -> Iterator[Implication]:
    """`is_done = True` after a test: on the other path, the variable is False."""
    for env in every:
        others = [other for other in every if other is not env]
        fields = narrowings(env).fields
        for name, value in env.items() if fields else ():
            if not isinstance(value, Const) or not isinstance(value.value, bool):
                continue
            for fact in fields:
                flag = Implication(name, value.value, fact)
                if others and all(_is_vacuous(other, flag) for other in others):
                    yield flag


def _is_vacuous(env: Environment, implication: Implication) -> bool:
    """Whether the variable of an implication is a constant, and not the one that implies anything."""
    choices = list(alternatives(env.get(implication.name, NEVER)))
    return all(
        isinstance(choice, Const) and bool(choice.value) is not implication.outcome for choice in choices
    )


_EVERY = SUCCESSES | FAILURES


def limit_statuses(act: Activation, env: Environment, outcomes: Outcomes) -> None:
    """Limit the statuses of replies to these, in addition to earlier limits."""
    for name, statuses in outcomes.items():
        if is_reply_name(act, name):
            add_fields(env, name, {STATUS: FieldFact(frozenset(map(str, statuses)))})


def note_success(facts: Facts, act: Activation, call: cst.CSTNode) -> None:
    """Record that a method of a reply, which raises an error for a failed request, has returned."""
    facts.returned[act.site(call), act.frame.id] = {STATUS: FieldFact(frozenset(map(str, SUCCESSES)))}
    function = call.func if isinstance(call, cst.Call) else None
    owner = function.value if isinstance(function, cst.Attribute) else None
    if isinstance(owner, cst.Name) and owner.value not in act.outer:
        limit_statuses(act, act.env, {owner.value: SUCCESSES})


def narrow_status(facts: Facts, act: Activation, subject: cst.CSTNode, pattern: cst.MatchPattern) -> None:
    """Limit the statuses to those that a pattern matches. A name that captures the status has the limits of
    its reply."""
    limit_statuses(act, act.env, matched_statuses(facts, act, subject, _literals_of_pattern(pattern)))
    if isinstance(pattern, cst.MatchAs) and pattern.pattern is None and pattern.name is not None:
        owner = owner_of_status(facts, act, subject)
        limits = known_fields(act.env, owner).get(STATUS) if owner is not None else None
        if limits:
            add_fields(act.env, pattern.name.value, {STATUS: limits})


def exclude_statuses(
    facts: Facts, act: Activation, env: Environment, subject: cst.CSTNode, pattern: cst.MatchPattern
) -> None:
    """Limit the statuses in `env` to those that a pattern of literals doesn't match."""
    for literal in _literals_of_pattern(pattern):
        for name, statuses in matched_statuses(facts, act, subject, [literal]).items():
            if len(statuses) == 1:
                limit_statuses(act, env, {name: _EVERY - statuses})


def _literals_of_pattern(pattern: cst.MatchPattern) -> list[cst.BaseExpression]:
    """The literals that a pattern consists of; none if it has another part."""
    written = (
        [alternative.pattern for alternative in pattern.patterns]
        if isinstance(pattern, cst.MatchOr)
        else [pattern]
    )
    literals = [part.value for part in written if isinstance(part, cst.MatchValue)]
    return literals if len(literals) == len(written) else []
