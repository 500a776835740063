"""Tests of reply fields: the facts that hold if a test is true, or if it is false."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.budgets import TEST_SIZE
from kognitos_migrate.interpret.field_positions import (
    contains_reply,
    field_positions,
    is_comparable,
    reply_variable,
)
from kognitos_migrate.interpret.narrowing import (
    Shown,
    add_fields,
    add_source,
    field_facts_of,
    forget_name,
    is_reply_name,
    join_fields_by_name,
    meet_fields_by_name,
    narrowings,
)
from kognitos_migrate.interpret.request_outcomes import STATUS, possible_statuses, whole_reply_in
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.interpret.state.frames import NARROWED, Activation, Environment
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    Bound,
    FieldFact,
    FieldSource,
    Function,
    Implication,
    Lit,
    Narrowing,
    Text,
    Value,
)

_PRESENT = FieldFact(is_present=True)
_TESTS = (cst.Comparison, cst.BooleanOperation, cst.UnaryOperation, cst.Call, cst.Await)
_TESTED_BY_KIND = frozenset((*_TESTS, cst.NamedExpr))
"""The types of tests that tell more than that they are true."""


def narrow(facts: Facts, act: Activation, env: Environment, test: cst.CSTNode, *, outcome: bool) -> None:
    """Add to `env` the facts that hold if a test of `act` has this outcome."""
    for name, fields in facts_by_test(facts, act, test, outcome=outcome).items():
        add_fields(env, name, fields)


def facts_by_test(facts: Facts, act: Activation, test: cst.CSTNode, *, outcome: bool) -> Shown:
    """The facts that hold if a test has this outcome."""
    outcomes = possible_statuses(facts, act, test, outcome=outcome)
    shown = {
        name: {STATUS: FieldFact(frozenset(map(str, statuses)))}
        for name, statuses in outcomes.items()
        if statuses and is_reply_name(act, name)
    }
    return shown or _facts_by_field_test(facts, act, test, outcome=outcome)


def _facts_by_field_test(facts: Facts, act: Activation, test: cst.CSTNode, *, outcome: bool) -> Shown:
    if type(test) not in _TESTED_BY_KIND:
        return _facts_by_truth(facts, act, test, outcome=outcome)
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return facts_by_test(facts, act, inner, outcome=not outcome)
        case cst.BooleanOperation() if _size(act.tree, test) > TEST_SIZE:
            return {}
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            then = facts_by_test(facts, act, right, outcome=outcome)
            is_alternative = isinstance(operator, cst.And) is not outcome
            if is_alternative and not then:  # a chain of alternatives ends here, at its last operand
                return {}
            first = facts_by_test(facts, act, left, outcome=outcome)
            if is_alternative:
                return join_fields_by_name(first, then)
            bound = set(_bound_names(act.tree, right)) if first else ()
            return meet_fields_by_name(
                {name: fields for name, fields in first.items() if name not in bound}, then
            )
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator, right)]):
            return _facts_by_comparison(facts, act, (left, operator, right), outcome=outcome)
        case cst.Call(func=cst.Name("bool"), args=[cst.Arg(inner)]):
            return facts_by_test(facts, act, inner, outcome=outcome)
        case cst.NamedExpr(target=cst.Name(), value=value) if isinstance(value, _TESTS):
            return facts_by_test(facts, act, value, outcome=outcome)
        case cst.Await(expression=inner):
            return facts_by_test(facts, act, inner, outcome=outcome)
        case cst.Call():
            key = (act.site(test), act.frame.id)
            table = facts.truths if outcome else facts.falsities
            shown = table.get(key, {}) if _has_one_callee(facts, act, test) else {}
            own = {name: fields for name, fields in shown.items() if contains_reply(facts, act, name)}
            return meet_fields_by_name(own, _facts_by_truth(facts, act, test, outcome=outcome))
        case _:
            return _facts_by_truth(facts, act, test, outcome=outcome)


def _size(tree: Tree, node: cst.CSTNode) -> int:
    """The number of nodes in a node, itself included."""
    return tree.end(node) - tree.number(node)


def _has_one_callee(facts: Facts, act: Activation, call: cst.Call) -> bool:
    """Whether a call surely calls one function of the program."""
    callee = facts.values.get((act.site(call.func), act.frame.id))
    return isinstance(callee, Function | Bound)


def _facts_by_truth(facts: Facts, act: Activation, test: cst.CSTNode, *, outcome: bool) -> Shown:
    """The facts that hold if an expression is true, or if it is false."""
    sources = field_positions(facts, act, test) if outcome else ()
    shown = _facts_of_sources([source for source in sources if source.others <= {None, ""}], _PRESENT)
    if isinstance(test, cst.Name):
        for implication in narrowings(act.env).implications:
            if (implication.name, implication.outcome) == (test.value, outcome):
                about = implication.conclusion
                shown = meet_fields_by_name(shown, {about.name: {about.field: about.fact}})
    return shown


def _bound_names(tree: Tree, node: cst.CSTNode) -> Iterator[str]:
    """The names that an expression binds."""
    for inner in tree.descendants(node):
        if isinstance(inner, cst.NamedExpr) and isinstance(inner.target, cst.Name):
            yield inner.target.value


def _facts_by_comparison(
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
    is_identity = isinstance(operator, cst.Is | cst.IsNot)
    if is_identity and isinstance(right, cst.Name) and right.value == "None":
        sources = field_positions(facts, act, left) if not holds else []
        return _facts_of_sources([source for source in sources if source.others <= {None}], _PRESENT)
    is_in = isinstance(operator, cst.In | cst.NotIn)
    if is_in and isinstance(left, cst.SimpleString):
        owner = reply_variable(facts, act, right)
        source = FieldSource("", str(literal_text(left)), owner)
        return _facts_of_sources([source], _PRESENT) if holds and contains_reply(facts, act, owner) else {}
    for operand, other in ((left, right),) if is_in else ((left, right), (right, left)):
        value = facts.values.get((act.site(other), act.frame.id))
        sources = field_positions(facts, act, operand)
        if is_identity and not holds:
            sources = [source for source in sources if source.enum is not None]
        if not holds:
            sources = [source for source in sources if is_comparable(facts, act, source, other)]
        shown = _facts_by_words(sources, _compared_words(facts, value, is_in=is_in), holds=holds)
        if shown:
            return shown
    return {}


def _compared_words(
    facts: Facts, value: Value | None, *, is_in: bool
) -> tuple[frozenset[str], frozenset[str]]:
    """The words that a value may be (or contain), if all are known, and those that it surely is."""
    choices = list(alternatives(value)) if value is not None else []
    if not is_in:
        words = _known_words(choices)
        return words, words if len(choices) == 1 else frozenset()
    things = [facts.heap.get(choice) for choice in choices]
    elements = [choice for choice in things if isinstance(choice, SequenceObject)]
    if not elements or len(elements) < len(things):
        return frozenset(), frozenset()
    texts = [_known_words(list(alternatives(choice.element()))) for choice in elements]
    possible = frozenset().union(*texts) if all(texts) else frozenset()
    if len(elements) > 1:
        return possible, frozenset()
    items = [list(alternatives(item.value)) for item in elements[0].items]
    return possible, frozenset().union(*(_known_words(choice) for choice in items if len(choice) == 1))


def _known_words(choices: list[Value]) -> frozenset[str]:
    """The texts of values; empty unless all are known."""
    words: set[str] = set()
    for choice in choices:
        literal = choice.literal if isinstance(choice, Text) else None
        if not literal or not isinstance(choice, Text) or not isinstance(choice.parts[0], Lit):
            return frozenset()
        words.add(literal)
    return frozenset(words)


def _facts_by_words(
    sources: list[FieldSource],
    compared: tuple[frozenset[str], frozenset[str]],
    *,
    holds: bool,
) -> Shown:
    """The facts that hold if a field is one of some words, or if it is none of them."""
    possible, certain = compared
    if holds and possible:
        fact = FieldFact(possible, is_present=True)
        return _facts_of_sources([source for source in sources if not source.others & possible], fact)
    if not holds and certain:
        return _facts_of_sources(
            [source for source in sources if source.others <= certain], FieldFact(excluded=certain)
        )
    return {}


def _facts_of_sources(sources: list[FieldSource], fact: FieldFact) -> Shown:
    shown: Shown = {}
    for source in sources:
        shown = meet_fields_by_name(shown, {source.owner: {source.field: fact}})
    return shown


def note_binding(facts: Facts, act: Activation, target: cst.CSTNode, value: cst.BaseExpression) -> None:
    """Carry the facts about an expression over to the name it is bound to, and record it if it is a field of
    a reply or a test of choice."""
    if isinstance(target, cst.Tuple) and isinstance(value, cst.Tuple):
        if len(target.elements) == len(value.elements):
            bound = {inner.value for inner in act.tree.descendants_of_kind(target, cst.Name)}
            for operand, other in zip(target.elements, value.elements, strict=True):
                _note_name_bound(facts, act, operand.value, other.value, bound)
        return
    if isinstance(target, cst.Name):
        _note_name_bound(facts, act, target, value, {target.value})


def _note_name_bound(
    facts: Facts, act: Activation, target: cst.CSTNode, value: cst.BaseExpression, bound: set[str]
) -> None:
    if not isinstance(target, cst.Name) or target.value in act.outer:
        return
    name = target.value
    sources = field_positions(facts, act, value)
    if not sources:
        add_fields(act.env, name, field_facts_of(facts, act.tree, value, act.frame.id))
    for source in sources:
        if source.owner not in bound and source.name not in bound:
            add_source(act.env, replace(source, name=name))
    reply = whole_reply_in(facts, act, value)
    if reply is not None and reply not in bound:
        add_source(act.env, FieldSource(name, STATUS, reply))
    if isinstance(value, _TESTS):
        state = narrowings(act.env)
        more = {
            implication
            for implication in _implications(facts, act, name, value)
            if implication.conclusion.name not in bound
        }
        if more:
            act.env[NARROWED] = replace(state, implications=state.implications | more)


def _implications(
    facts: Facts, act: Activation, name: str, test: cst.BaseExpression
) -> Iterator[Implication]:
    for outcome in (True, False):
        for owner, fields in facts_by_test(facts, act, test, outcome=outcome).items():
            for field, fact in fields.items():
                yield Implication(name, outcome, Narrowing(owner, field, fact))


_MATCHED = "_ matched"
"""The reserved name for the subject of a `match` that isn't a variable."""


def narrow_by_pattern(facts: Facts, act: Activation, subject: cst.CSTNode, pattern: cst.MatchPattern) -> None:
    """Add the facts that hold if a pattern of literals matches, or a mapping pattern with literals."""
    if isinstance(pattern, cst.MatchMapping):
        _narrow_by_mapping(facts, act, reply_variable(facts, act, subject) or _MATCHED, pattern)
        return
    words = _pattern_words(facts, act, pattern)
    sources = field_positions(facts, act, subject)
    for name, fields in _facts_by_words(sources, (words, frozenset()), holds=True).items():
        add_fields(act.env, name, fields)


def narrow_by_failed_pattern(
    facts: Facts, act: Activation, env: Environment, subject: cst.CSTNode, pattern: cst.MatchPattern
) -> None:
    """Add to `env` the facts that hold if a pattern of literals doesn't match."""
    words = _pattern_words(facts, act, pattern)
    sources = [
        source
        for source in field_positions(facts, act, subject)
        if all(is_comparable(facts, act, source, literal) for literal in _compared_expressions(pattern))
    ]
    for name, fields in _facts_by_words(sources, (words, words), holds=False).items():
        add_fields(env, name, fields)


def _pattern_words(facts: Facts, act: Activation, pattern: cst.MatchPattern) -> frozenset[str]:
    """The words of a pattern of literals; empty for other patterns."""
    words = [_pattern_word(facts, act, choice) for choice in _alternative_patterns(pattern)]
    return frozenset().union(*words) if all(words) else frozenset()


def _alternative_patterns(pattern: cst.MatchPattern) -> list[cst.MatchPattern]:
    return [choice.pattern for choice in pattern.patterns] if isinstance(pattern, cst.MatchOr) else [pattern]


def _compared_expressions(pattern: cst.MatchPattern) -> list[cst.BaseExpression]:
    """The expressions that a pattern compares its subject with."""
    choices = _alternative_patterns(pattern)
    return [choice.value for choice in choices if isinstance(choice, cst.MatchValue)]


def _pattern_word(facts: Facts, act: Activation, pattern: cst.MatchPattern) -> frozenset[str]:
    if not isinstance(pattern, cst.MatchValue):
        return frozenset()
    choices = list(alternatives(facts.values.get((act.site(pattern.value), act.frame.id), NEVER)))
    return _known_words(choices) if len(choices) == 1 else frozenset()


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
        words = _pattern_words(facts, act, inner)
        if words and key:
            add_fields(act.env, owner, {str(key): FieldFact(words, is_present=True)})
        elif isinstance(inner, cst.MatchAs) and inner.pattern is None and inner.name is not None and key:
            add_source(act.env, FieldSource(inner.name.value, str(key), owner))
