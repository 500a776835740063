"""Models of libraries whose mappings have their entries as attributes, too: `Box(settings).api.url`.

Such a mapping is a dict of the entries of its argument. It is followed if that is a mapping of settings.
"""

from functools import partial

from kognitos_migrate.interpret.dict_merge import merge_and_note
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.state.tracked_values import heap_objects_behind
from kognitos_migrate.interpret.unmodeled_calls import call_or_default
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Ref, Value, library_result


def _attribute_mapping(name: str, call: CallPoint) -> Value:
    """The result of `Box(mapping)`, by the qualified name of the class or function."""
    argument = call.arguments.first()
    if argument is None or call.arguments.positional[1:] or not _is_of_settings(call, argument):
        call.interpreter.notes.note_library(call.act, name)
        return call_or_default(call, name, name, library_result(name, name))
    ref, record = call.interpreter.allocate_dict(call.act, call.node)
    merge_and_note(call, record, argument)
    record.is_view = True
    for part in heap_objects_behind([ref], call.interpreter.heap):
        if isinstance(part, DictObject):
            part.has_attributes = True
    return ref


def _is_of_settings(call: CallPoint, argument: Operand) -> bool:
    """Whether an argument is nothing but dicts, and each of them or one that was merged into it comes from a
    settings file."""
    heap = call.interpreter.heap
    records = [heap.get(choice) for choice in alternatives(argument.value)]
    return all(
        isinstance(record, DictObject)
        and any(is_data_file(layer.site.path) for layer in heap.with_merged_dicts(record))
        and all(isinstance(value, Ref) for value in _merged_into(call, record))
        for record in records
    )


def _merged_into(call: CallPoint, record: DictObject) -> list[Value]:
    """The values that were merged into a dict, and into those."""
    layers = call.interpreter.heap.with_merged_dicts(record)
    return [choice for layer in layers for part in layer.spreads for choice in alternatives(part.value)]


_NAMES = (
    *(
        "addict.Dict",
        "addict.addict.Dict",
        "attrdict.AttrDict",
        "attrdict.AttrMap",
        "attrdict.dictionary.AttrDict",
    ),
    *("box.Box", "box.ConfigBox", "box.DefaultBox", "box.box.Box", "dotmap.DotMap", "easydict.EasyDict"),
    *(f"munch.{name}" for name in ("DefaultMunch", "Munch", "Munch.fromDict", "munchify")),
)

SYMBOLS: dict[str, Model] = {name: partial(_attribute_mapping, name) for name in _NAMES}
METHODS: dict[str, Method] = {}
