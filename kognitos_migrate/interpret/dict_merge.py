"""Dict merges and `**` unpacking, also of replies."""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import ANOTHER, FIELDS, MERGED, NULL, REQUIRED
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.heap import DictObject, Instance, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, NONE, UNKNOWN, Const, Lit, Ref, Reply, Text, Unknown, Value


def merge_display(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, parts: list[Operand]
) -> Value:
    """A new dict that `parts` are merged into; unknown if none of them is a heap object or a reply."""
    ref, record = interpreter.allocate_dict(act, node)
    if not any(isinstance(choice, Ref | Reply) for part in parts for choice in alternatives(part.value)):
        return UNKNOWN
    for part in parts:
        merge_and_note(EvalPoint(interpreter, act, node), record, part)
    return ref


def merge_and_note(point: EvalPoint, record: DictObject, part: Operand) -> None:
    """Merge `part` into a dict, and record it as a use of the replies in it."""
    point.note_access(AccessKind.MERGE, part)
    for choice in alternatives(part.value):
        if isinstance(choice, Reply):
            point.note_use(UseKind.ITERATE, choice, part.site, detail=MERGED)
    point.interpreter.stores += merge_into(point.interpreter, record, part)


def merge_into(interpreter: Interpreter, record: DictObject, part: Operand) -> bool:
    """Merge `part` into a dict, and return whether it is new to the dict. If the merges form a cycle, the
    entries are copied."""
    news = False
    for choice in alternatives(part.value):
        inner = interpreter.heap.get(choice)
        if inner is record or choice == Const(None):
            continue
        if isinstance(inner, DictObject) and _is_part_of(interpreter, record, inner, set()):
            record.merge_entries(inner)
            for further in list(inner.spreads):
                news |= merge_into(interpreter, record, further)
            continue
        spread = Operand(choice, part.site, part.frame)
        if spread not in record.spreads:
            record.spreads.append(spread)
            news = True
    return news


def _is_part_of(interpreter: Interpreter, record: DictObject, other: DictObject, visited: set[int]) -> bool:
    """Whether `record` was merged into `other`, directly or indirectly."""
    for spread in other.spreads:
        inner = interpreter.heap.get(spread.value)
        if inner is record:
            return True
        if isinstance(spread.value, Ref) and isinstance(inner, DictObject) and spread.value.id not in visited:
            visited.add(spread.value.id)
            if _is_part_of(interpreter, record, inner, visited):
                return True
    return False


def is_payload(value: Value) -> bool:
    """Whether a value is nothing but the decoded body of a reply."""
    choices = list(alternatives(value))
    return bool(choices) and all(
        isinstance(choice, Reply) and choice.path == (View.JSON,) for choice in choices
    )


def spread_value(call: CallPoint, name: str, default: str = REQUIRED) -> Value:
    """The value of a parameter that a `**` argument may supply; Never if the call has none. `default` is the
    detail of a fill."""
    values: list[Value] = []
    for spread in call.arguments.keyword_spread:
        if is_payload(spread.value):
            call.note_use(UseKind.FILL, spread.value, spread.site, Text((Lit(name),)), default)
        values.extend(
            _item(call.interpreter, choice, name, is_argument=spread.site == call.site)
            for choice in alternatives(spread.value)
        )
    return join(*values) if values else NEVER


def _item(interpreter: Interpreter, mapping: Value, name: str, *, is_argument: bool) -> Value:
    """The value at a key of a mapping, which may be null there unless the mapping stands for the arguments of
    an outside caller."""
    if isinstance(mapping, Reply) and mapping.path:
        return mapping.at(name)
    if isinstance(mapping, Unknown) and not is_argument:
        return mapping.item(name, f'"{name}"')
    record = interpreter.heap.get(mapping)
    if isinstance(record, DictObject):
        return join(record.get(name), NEVER if record.is_closed else Unknown(name))
    return Unknown(name)


def default_detail(default: Value) -> str:
    """The detail of a fill that describes the parameter's default."""
    if default is NEVER:
        return REQUIRED
    if isinstance(default, Text) and default.literal is not None:
        return default.literal
    return NULL if default == NONE else ANOTHER


def note_set_fields_read(point: EvalPoint, instance: Instance) -> None:
    """Record that the program reads which fields of an instance were set: the keys of the reply that filled
    it."""
    values = (choice for value in instance.attributes.values() for choice in alternatives(value))
    requests = {
        choice.request for choice in values if isinstance(choice, Reply) and choice.path[:1] == (View.JSON,)
    }
    for request in sorted(requests):
        point.note_use(UseKind.ITERATE, Reply(request, (View.JSON,)), point.site, detail=FIELDS)


def note_spread_use(point: EvalPoint, spread: Iterable[Operand]) -> None:
    """Record that `**` arguments are passed on as a whole."""
    for argument in spread:
        point.note_flows(argument)
        point.note_use(UseKind.ITERATE, argument.value, argument.site, detail="unpacking into arguments")


def non_payload_spreads(arguments: Arguments) -> Iterator[Operand]:
    """The `**` arguments that may be something other than the body of a reply."""
    return (argument for argument in arguments.keyword_spread if not is_payload(argument.value))
