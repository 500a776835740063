"""Methods of the namespace of a module.

globals().update(json.load(file))   # binds the entries of a settings file as names of the module
"""

from collections.abc import Iterator

from kognitos_migrate.interpret import dynamic_attributes, names
from kognitos_migrate.interpret.assignment import set_attribute
from kognitos_migrate.interpret.interpreter import CallPoint
from kognitos_migrate.interpret.overwrites import READING, overwrite_names
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, NONE, MemberRef, ModuleRef, Unknown, Value


def call_namespace_method(call: CallPoint, namespace: MemberRef, method: str) -> Value:
    """The result of a method of a module's namespace."""
    interpreter, name, default = call.interpreter, call.arguments.first(), call.arguments.first(place=1)
    if method == "get" and name is not None:
        value = dynamic_attributes.attributes_by_text(call, call.operand(namespace.receiver), name)
        return join(value, default.value if default is not None else NONE)
    if isinstance(namespace.receiver, ModuleRef):
        if method == "update" and _update(call, namespace.receiver):
            return NONE
        names.expose_module(call, namespace.receiver)
        if method not in READING:
            overwrite_names(interpreter, namespace.receiver)
    return call_unmodeled(call, "a module's namespace")


def _update(call: CallPoint, module: ModuleRef) -> bool:
    """Bind the entries of the arguments as names of a module. False if the keys of one aren't known.

    A dict that may have other entries, too, as one of a settings file has, may bind the other names of the
    module to anything.
    """
    records = [*_records(call)]
    if call.arguments.spread or any(record is None or not _has_known_keys(record) for record in records):
        return False
    for argument in call.arguments.positional:
        call.note_access(AccessKind.MERGE, argument)
    dicts = [record for record in records if record is not None]
    entries = [
        *(
            (key, entry.operand)
            for record in dicts
            for key in record.entries
            for entry in record.entries[key]
        ),
        *call.arguments.keywords.items(),
    ]
    bound = {name for name, _ in entries}
    if any(record.open for record in dicts):
        overwrite_names(call.interpreter, module, lambda name: NEVER if name in bound else Unknown(name))
    for name, operand in entries:
        set_attribute(call, call.operand(module), name, operand)
    return True


def _records(call: CallPoint) -> Iterator[DictObject | None]:
    """The dicts that the positional arguments may be; None for anything else."""
    for argument in (*call.arguments.positional, *call.arguments.keyword_spread):
        for choice in alternatives(argument.value):
            record = call.interpreter.heap.get(choice)
            yield record if isinstance(record, DictObject) else None


def _has_known_keys(record: DictObject) -> bool:
    """Whether the keys of a dict's entries are known, but for those that a settings file may have more."""
    return not record.spreads and record.others is NEVER and record.names is NEVER
