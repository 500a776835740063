"""`match` statements and their patterns."""

import libcst as cst

from kognitos_migrate.interpret.assignment import unpack_value
from kognitos_migrate.interpret.branches import merge_environments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, mro_of
from kognitos_migrate.interpret.classes.instances import constructor_parameter
from kognitos_migrate.interpret.conditions import condition
from kognitos_migrate.interpret.containers import class_of, item_of
from kognitos_migrate.interpret.exclusions import comparison_outcome
from kognitos_migrate.interpret.field_tests import narrow, narrow_by_failed_pattern, narrow_by_pattern
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.narrowing import exclude_statuses, narrow_status
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import CLASS_PATTERN
from kognitos_migrate.syntax.settable_names import reads_settable
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Class, Value
from kognitos_migrate.values.texts import known_text

_WHOLE = frozenset(
    ("bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple")
)
"""The classes whose single positional subpattern matches the subject itself (PEP 634)."""


def match_statement(interpreter: Interpreter, act: Activation, node: cst.Match) -> bool:
    """Run each case with the names that its pattern binds."""
    subject = interpreter.evaluate(act, node.subject)
    site = act.site(node.subject)
    is_open = reads_settable(act.tree, node.subject, interpreter.functions.settable)
    before = dict(act.env)
    ends: list[dict[str, Value]] = []
    complete = False
    interpreter.guards += 1
    for case in node.cases:
        act.env = dict(before)
        if isinstance(node.subject, cst.Name):
            act.env[node.subject.value] = subject
        bind_pattern(interpreter, act, case.pattern, subject, site)
        matched = _matched_subject(interpreter, act, case.pattern, subject)
        if is_open:
            matched = subject
        elif matched is NEVER and subject is not NEVER:
            continue
        if isinstance(node.subject, cst.Name):
            act.env[node.subject.value] = matched
        if case.guard is not None:
            condition(interpreter, act, case.guard)
            narrow(interpreter.facts, act, act.env, case.guard, outcome=True)
        elif isinstance(case.pattern, cst.MatchAs) and case.pattern.pattern is None:
            complete = True
        narrow_by_pattern(interpreter.facts, act, node.subject, case.pattern)
        narrow_status(interpreter.facts, act, node.subject, case.pattern)
        if interpreter.execute(act, [case.body]):
            ends.append(act.env)
        if case.guard is None:
            act.env = before
            narrow_by_failed_pattern(interpreter.facts, act, before, node.subject, case.pattern)
            exclude_statuses(interpreter.facts, act, before, node.subject, case.pattern)
            remaining = _unmatched_subject(interpreter, act, case.pattern, subject)
            if remaining is NEVER and subject is not NEVER and not is_open:
                complete = True
                break
            subject = subject if is_open else remaining
    interpreter.guards -= 1
    if not complete:
        ends.append(before)
    act.env = merge_environments(ends)
    return bool(ends)


def _matched_subject(interpreter: Interpreter, act: Activation, node: cst.CSTNode, subject: Value) -> Value:
    """The subject where a pattern matches: without the values that are unequal to that of the pattern."""
    if isinstance(node, cst.MatchOr):
        return join(*(_matched_subject(interpreter, act, part.pattern, subject) for part in node.patterns))
    if not isinstance(node, cst.MatchValue):
        return subject
    outcomes = _outcomes_of_pattern(interpreter, act, node, subject)
    return join(*(choice for choice, outcome in outcomes if outcome is not False))


def _outcomes_of_pattern(
    interpreter: Interpreter, act: Activation, node: cst.MatchValue, subject: Value
) -> list[tuple[Value, bool | None]]:
    """Whether each of the values that a subject may be is equal to the value of a pattern."""
    value = interpreter.facts.values.get((act.site(node.value), act.frame.id), NEVER)
    choices = alternatives(subject)
    return [(choice, comparison_outcome(interpreter, cst.Equal(), choice, value)) for choice in choices]


def _unmatched_subject(interpreter: Interpreter, act: Activation, node: cst.CSTNode, subject: Value) -> Value:
    """The subject after a pattern failed to match: without the values, or the instances of a class, that the
    pattern always matches."""
    if isinstance(node, cst.MatchOr):
        for part in node.patterns:
            subject = _unmatched_subject(interpreter, act, part.pattern, subject)
        return subject
    if isinstance(node, cst.MatchValue):
        outcomes = _outcomes_of_pattern(interpreter, act, node, subject)
        return join(*(choice for choice, outcome in outcomes if outcome is not True))
    if not isinstance(node, cst.MatchClass):
        return subject
    cls = interpreter.facts.values[act.site(node.cls), act.frame.id]
    if not isinstance(cls, Class):
        return subject
    captures = [*(pattern.value for pattern in node.patterns), *(keyword.pattern for keyword in node.kwds)]
    has_fields = {keyword.key.value for keyword in node.kwds} <= mro_of(interpreter, cls).field_names
    if not has_fields or not all(
        isinstance(capture, cst.MatchAs) and capture.pattern is None for capture in captures
    ):
        return subject
    kinds = [(choice, class_of(interpreter, choice)) for choice in alternatives(subject)]
    return join(
        *(choice for choice, kind in kinds if kind is None or cls.site not in mro_of(interpreter, kind).sites)
    )


def bind_pattern(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, subject: Value, site: Site
) -> None:
    """Bind the names of a pattern, and record the literals that the subject is compared with."""
    if isinstance(node, cst.MatchValue):
        other = interpreter.evaluate(act, node.value)
        interpreter.note_use(UseKind.MATCH, subject, act, node.value, site, other)
        interpreter.note_use(UseKind.COMPARE, other, act, node.value, act.site(node.value), subject, "Match")
    elif isinstance(node, cst.MatchSingleton) and isinstance(node.value, cst.Name):
        if node.value.value == "None":
            interpreter.note_use(UseKind.NONE, subject, act, node, site)
    elif isinstance(node, cst.MatchOr):
        for choice in node.patterns:
            bind_pattern(interpreter, act, choice.pattern, subject, site)
    elif isinstance(node, cst.MatchAs):
        if node.pattern is not None:
            bind_pattern(interpreter, act, node.pattern, subject, site)
        if node.name is not None:
            interpreter.assign(act, node.name, subject, site)
    elif isinstance(node, cst.MatchMapping):
        _match_mapping(interpreter, act, node, subject, site)
    elif isinstance(node, cst.MatchList | cst.MatchTuple):
        _match_sequence(interpreter, act, node, subject, site)
    elif isinstance(node, cst.MatchClass):
        _match_class(interpreter, act, node, subject, site)


def _match_sequence(
    interpreter: Interpreter,
    act: Activation,
    node: cst.MatchList | cst.MatchTuple,
    subject: Value,
    site: Site,
) -> None:
    """`[a, *b, c]`: unpack the subject as an assignment does."""
    star = next(
        (number for number, pattern in enumerate(node.patterns) if isinstance(pattern, cst.MatchStar)), None
    )
    values = unpack_value(interpreter, act, node.patterns, star, subject, site)
    for element, part in zip(node.patterns, values, strict=True):
        if isinstance(element, cst.MatchSequenceElement):
            _match_subpattern(interpreter, act, element.value, part)
        elif isinstance(element, cst.MatchStar) and element.name is not None:
            interpreter.assign(act, element.name, interpreter.allocate_sequence(act, element, (), part), site)


def _match_class(
    interpreter: Interpreter, act: Activation, node: cst.MatchClass, subject: Value, site: Site
) -> None:
    """`Class(a, b, name=c)`: match the instances of the class."""
    cls = interpreter.evaluate(act, node.cls)
    whole = isinstance(node.cls, cst.Name) and node.cls.value in _WHOLE
    matches: list[Value] = []
    for choice in alternatives(subject):
        kind = class_of(interpreter, choice) if isinstance(cls, Class) else None
        if kind is None:
            interpreter.note_use(UseKind.METHOD, choice, act, node, site, detail=CLASS_PATTERN)
        if kind is None or (isinstance(cls, Class) and cls.site in mro_of(interpreter, kind).sites):
            matches.append(choice)
    for number, part in enumerate(node.patterns):
        values = (
            subject if whole else _positional_attribute(interpreter, act, node, choice, number)
            for choice in matches
        )
        _match_subpattern(interpreter, act, part.value, join(*values))
    for keyword in node.kwds:
        attributes = (interpreter.attribute(act, node, choice, keyword.key.value) for choice in matches)
        _match_subpattern(interpreter, act, keyword.pattern, join(*attributes))


def _positional_attribute(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, value: Value, number: int
) -> Value:
    """The attribute that a positional subpattern matches, by `__match_args__` or the order of the fields."""
    cls = class_of(interpreter, value)
    if cls is None:
        return UNKNOWN
    match_args = class_attribute(interpreter, cls, "__match_args__")
    mro = mro_of(interpreter, cls)
    fields: list[str | None] = [
        field.name
        for field in mro.fields
        if not field.by_name and constructor_parameter(field, mro.family) is not None
    ]
    if match_args is not NEVER:
        sequence = interpreter.heap.get(match_args)
        fields = (
            [known_text(item.value) for item in sequence.items]
            if isinstance(sequence, SequenceObject)
            else []
        )
    name = fields[number] if number < len(fields) else None
    if name is None:
        interpreter.note_use(UseKind.METHOD, value, act, node, act.site(node), detail=CLASS_PATTERN)
        return UNKNOWN
    return interpreter.attribute(act, node, value, name)


def _match_subpattern(interpreter: Interpreter, act: Activation, node: cst.CSTNode, part: Value) -> None:
    """Match a subpattern with a part of the subject."""
    interpreter.note_value(act, node, part)
    bind_pattern(interpreter, act, node, part, act.site(node))


def _match_mapping(
    interpreter: Interpreter, act: Activation, node: cst.MatchMapping, subject: Value, site: Site
) -> None:
    for element in node.elements:
        key = interpreter.evaluate(act, element.key)
        value = join(
            *(item_of(interpreter, act, element.key, choice, site, key) for choice in alternatives(subject))
        )
        _match_subpattern(interpreter, act, element.pattern, value)
    if node.rest is not None:
        interpreter.assign(act, node.rest, UNKNOWN, site)
        interpreter.note_use(
            UseKind.ITERATE, subject, act, node, site, detail="the `**` pattern of a mapping"
        )
