"""Mappings of unknown entries merged over names: from there on, any of these may have another value."""

from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.narrowing import forget
from kognitos_migrate.values.base import Bound, Class, Function, ModuleRef, Narrowings, Symbol, Unknown, Value
from kognitos_migrate.values.heap import Given, Instance
from kognitos_migrate.values.join import alternatives, join

_CODE = (Function, Bound, Class, Symbol, ModuleRef, Narrowings)
"""Values that a program defines or imports: no mapping is taken to replace them."""
READING = frozenset(
    ("get", "items", "keys", "values", "copy", "__getitem__", "__contains__", "__len__", "__iter__")
)
"""Methods of dicts that leave the dict as it is."""


def is_data(value: Value) -> bool:
    """Whether a value may be something else than code."""
    return any(not isinstance(choice, _CODE) for choice in alternatives(value))


def overwrite_names(m: Machine, module: ModuleRef) -> None:
    """Add an unknown value to each name that a module has so far."""
    act = m.modules.get(module.path)
    if act is None:
        return
    for name, value in list(act.env.items()):
        if is_data(value):
            forget(act.env, name)
            m.shared.bind(act.frame.id, act.env, name, join(value, Unknown(name)))


def overwrite_attributes(m: Machine, thing: Instance, given: Given) -> None:
    """Add an unknown value, which `given` is the source of, to each attribute that an instance has so far."""
    for name, value in list(thing.attributes.items()):
        if is_data(value):
            m.stores += thing.put(name, given._replace(value=Unknown(name)))
