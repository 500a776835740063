"""Models of built-in functions."""

import libcst as cst

from kognitos_migrate.interpret.classes.special_methods import call_special_method
from kognitos_migrate.interpret.classes.text_conversions import (
    FORMAT,
    NO_FORMAT,
    TO_REPRESENTATION,
    TO_TEXT,
    text_conversion,
)
from kognitos_migrate.interpret.containers import use_in_set
from kognitos_migrate.interpret.dict_merge import merge_and_note
from kognitos_migrate.interpret.dynamic_attributes import attributes_by_text, has_closed_names
from kognitos_migrate.interpret.format_specifications import cuts_text
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.iteration import element_of, note_iteration
from kognitos_migrate.interpret.library.list_methods import new_sequence
from kognitos_migrate.interpret.mocking import recorded_calls
from kognitos_migrate.interpret.pair_merge import fill_from_argument
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.use_details import COUNTED, HASHED, LENGTH, NUMBER_OF, SLICED, TYPE_TEST
from kognitos_migrate.interpret.strings import text_pieces
from kognitos_migrate.interpret.type_tests import is_instance_of
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, concat, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    NUMBER,
    ROWS,
    UNKNOWN,
    Const,
    MemberRef,
    Ref,
    Reply,
    Text,
    Value,
)
from kognitos_migrate.values.texts import known_text


def as_text(call: CallPoint) -> Value:
    """The result of `str(value)`."""
    argument = call.arguments.first()
    return _text_of(call, text_conversion(call, argument, TO_TEXT)) if argument else UNKNOWN


def format_value(call: CallPoint) -> Value:
    """The result of `format(value, specification)`."""
    argument, specification = call.arguments.first(), call.arguments.first(place=1)
    if argument is not None and specification is not None:
        text = known_text(specification.value)
        if text is None or cuts_text(text):
            call.note_use(UseKind.METHOD, argument.value, argument.site, detail=SLICED)
    if argument is None:
        return UNKNOWN
    written = specification.value if specification is not None else NO_FORMAT
    return _text_of(call, text_conversion(call, argument, FORMAT, written))


def _text_of(call: CallPoint, operand: Operand) -> Value:
    return (
        operand.value
        if recorded_calls.is_received_url(call.interpreter, operand.value)
        else concat([text_pieces(operand)])
    )


def as_dict(call: CallPoint) -> Value:
    """The result of `dict(...)`."""
    ref, record = call.interpreter.allocate_dict(call.act, call.node)
    arguments = call.arguments
    merged = arguments.merged or arguments.keyword_spread
    for argument in [*arguments.positional, *merged, *arguments.spread]:
        fill_from_argument(call, record, argument)
    written_arguments = (
        {call.act.site(arg) for arg in call.node.args} if isinstance(call.node, cst.Call) else set()
    )
    for name, argument in arguments.keywords.items():
        call.note_flows(argument)
        holder = arguments.holders.get(name, argument.site)
        if holder in written_arguments or not arguments.merged:
            record.put(name, DictEntry(argument, holder, None, optional=False))
    return ref


def as_view(call: CallPoint) -> Value:
    """The result of `MappingProxyType(...)`."""
    value = as_dict(call)
    for record in call.interpreter.heap.objects_of(value):
        if isinstance(record, DictObject):
            record.is_view = True
    return value


def chain_map(call: CallPoint) -> Value:
    """The result of `ChainMap(first, second)`: a mapping that reads all of them. It writes to the first one,
    and gives all of them away as its `maps`."""
    maps = call.arguments.positional
    call_unmodeled(
        replace(call, arguments=replace(call.arguments, positional=maps[:1])),
        "collections.ChainMap",
        "collections.ChainMap",
    )
    ref, record = call.interpreter.allocate_dict(call.act, call.node)
    record.is_view = True
    record.open = bool(call.arguments.spread)
    for mapping in reversed(maps):
        merge_and_note(call, record, mapping)
        call.interpreter.mark_escaped(mapping.value)
    return ref


def as_list(call: CallPoint) -> Value:
    """The result of `list`, `tuple` and the like: a new list of the elements."""
    argument = call.arguments.first()
    if argument is None:
        return new_sequence(call)
    note_iteration(call, argument, "iteration")
    sequences = [
        heap_object
        for heap_object in call.interpreter.heap.objects_of(argument.value)
        if isinstance(heap_object, SequenceObject)
    ]
    if len(sequences) == 1 and sequences[0].rest is NEVER:
        return call.interpreter.allocate_sequence(call.act, call.node, sequences[0].items)
    return call.interpreter.allocate_sequence(
        call.act, call.node, (), element_of(call.interpreter, argument.value)
    )


def as_deque(call: CallPoint) -> Value:
    """The result of `deque(values, maxlen)`: a new list. If it has a maximal length, its elements move up."""
    argument, length = call.arguments.first("iterable"), call.arguments.first("maxlen", place=1)
    if argument is None or length is None or length.value == NONE:
        return as_list(call)
    note_iteration(call, argument, "iteration")
    return call.interpreter.allocate_sequence(
        call.act, call.node, (), element_of(call.interpreter, argument.value)
    )


def as_set(call: CallPoint) -> Value:
    """The result of `set` and `frozenset`, which compare the elements."""
    argument = call.arguments.first()
    if argument is not None:
        element = argument._replace(value=element_of(call.interpreter, argument.value))
        use_in_set(call, element)
    return as_list(call)


def count_elements(call: CallPoint) -> Value:
    """The result of `len(value)`."""
    for argument in call.arguments.positional:
        note_iteration(call, argument, COUNTED)
        for choice in alternatives(argument.value):
            if isinstance(choice, Text):
                call.note_use(UseKind.METHOD, choice, call.site, detail=LENGTH)
    return NUMBER


def convert_to_bool(call: CallPoint) -> Value:
    """The result of `bool(value)`."""
    argument = call.arguments.first()
    if argument is not None:
        call.note_use(UseKind.TRUTH, argument.value, argument.site, detail="bool")
    return UNKNOWN


def is_instance(call: CallPoint) -> Value:
    """The result of `isinstance(value, type)`. The text of a response has the same type in each version."""
    argument = call.arguments.first()
    for choice in alternatives(argument.value) if argument is not None else ():
        if argument is None or not isinstance(choice, Reply) or choice.path == (View.TEXT,):
            continue
        call.note_use(UseKind.METHOD, choice, argument.site, detail=TYPE_TEST)
    types = call.arguments.first(place=1)
    call.note_flows(*call.arguments.positional)
    result = is_instance_of(call.interpreter, argument.value, types.value) if argument and types else None
    return join(Const(value=True), Const(value=False)) if result is None else Const(value=result)


def attribute_by_name(call: CallPoint) -> Value:
    """The result of `getattr(value, name)`."""
    owner, name = call.arguments.first(), call.arguments.first(place=1)
    if owner is None or name is None:
        return UNKNOWN
    value = attributes_by_text(call, owner, name)
    call.note_flows(owner)
    default = call.arguments.first(place=2)
    if default is None:
        return value
    choices = (choice for choice in alternatives(value) if not _stands_for_missing(call, choice))
    return join(*choices, default.value)


def _stands_for_missing(call: CallPoint, value: Value) -> bool:
    """Whether a value stands for an attribute that its object certainly lacks."""
    return isinstance(value, MemberRef) and has_closed_names(call.interpreter, value.receiver)


def has_attribute_by_name(call: CallPoint) -> Value:
    """The result of `hasattr(value, name)`."""
    name = call.arguments.first(place=1)
    if name is not None:
        call.note_use(UseKind.ESCAPE, name.value, name.site, detail="a computed attribute name")
    return UNKNOWN


def plain_number(call: CallPoint) -> Value:
    """The result of a function that computes a number."""
    for argument in call.arguments.everything():
        call.note_use(UseKind.METHOD, argument.value, argument.site, detail=NUMBER_OF)
    return NUMBER


def hash_of(call: CallPoint) -> Value:
    """The result of `hash(value)`, which calls the method of an instance."""
    argument = call.arguments.first()
    for choice in alternatives(argument.value) if argument is not None else ():
        if isinstance(choice, Ref):
            call_special_method(call.interpreter, choice, HASHED, point=call)
    if argument is not None:
        call.note_use(UseKind.METHOD, argument.value, argument.site, detail=HASHED)
    return NUMBER


def unknown_character(call: CallPoint) -> Value:
    """The result of `chr(number)`: an unknown text."""
    plain_number(call)
    return UNKNOWN


def numbers(call: CallPoint) -> Value:
    """The result of `range(...)`."""
    return call.interpreter.allocate_iterator(call.act, call.node, NUMBER)


def ignore_arguments(_call: CallPoint) -> Value:
    """The result of a function that neither returns nor stores nor shows its arguments."""
    return UNKNOWN


def identify(call: CallPoint) -> Value:
    """The result of `id(value)`."""
    argument = call.arguments.first()
    for choice in alternatives(argument.value) if argument is not None else ():
        if argument is not None and isinstance(choice, Reply):
            call.note_use(UseKind.IDENTITY, choice, argument.site)
    return UNKNOWN


def represent(call: CallPoint) -> Value:
    """The result of `repr(value)`."""
    argument = call.arguments.first()
    if argument is None:
        return UNKNOWN
    return _text_of(call, text_conversion(call, argument, TO_REPRESENTATION))


_NUMBER_FUNCTIONS = ("abs", "sum", "int", "float", "round", "ord", "divmod", "pow")


def dict_reader_rows(call: CallPoint) -> Value:
    """The result of `csv.DictReader(file, names, restkey)`."""
    call_unmodeled(call, "csv.DictReader", "csv.DictReader")
    keyed = call.arguments.first("restkey", place=2)
    return ROWS if keyed is None or keyed.value == NONE else UNKNOWN


SYMBOLS: dict[str, Model] = {
    "csv.DictReader": dict_reader_rows,
    "builtins.str": as_text,
    "builtins.repr": represent,
    "builtins.format": format_value,
    "builtins.ascii": represent,
    "builtins.dict": as_dict,
    "collections.ChainMap": chain_map,
    "collections.OrderedDict": as_dict,
    "collections.defaultdict": as_dict,
    "types.MappingProxyType": as_view,
    "builtins.list": as_list,
    "builtins.tuple": as_list,
    "builtins.set": as_set,
    "builtins.frozenset": as_set,
    "collections.deque": as_deque,
    "builtins.len": count_elements,
    "builtins.bool": convert_to_bool,
    "builtins.isinstance": is_instance,
    "builtins.getattr": attribute_by_name,
    **{f"builtins.{name}": plain_number for name in _NUMBER_FUNCTIONS},
    "builtins.hash": hash_of,
    "builtins.chr": unknown_character,
    "builtins.range": numbers,
    "builtins.id": identify,
    "builtins.callable": ignore_arguments,
    "builtins.hasattr": has_attribute_by_name,
    "builtins.object": ignore_arguments,
    "builtins.object.__init__": ignore_arguments,
    "builtins.input": ignore_arguments,
}
METHODS: dict[str, Method] = {}
