"""The names of a module, and the attributes of an instance, as the dicts that Python keeps them in."""

import libcst as cst

from kognitos_migrate.interpret.machine import Here, Machine
from kognitos_migrate.interpret.state.events import UseKind
from kognitos_migrate.values.base import Member, ModuleRef, Ref, Value
from kognitos_migrate.values.heap import Instance, Namespace

NAMESPACE = "__dict__"
"""The attribute that holds them."""
_KNOWN = "code that knows its variable"


def of_module(here: Here, module: ModuleRef) -> Value:
    """The names of a module: read by one of them, what it means; whatever else is done reaches them all."""
    parent = here.act.tree.parent(here.node)
    if not isinstance(parent, cst.Subscript | cst.Attribute):
        expose(here, module)
    return Member(module, NAMESPACE)


def is_of_module(value: Value) -> bool:
    """Whether a value is the dict of a module's names."""
    return isinstance(value, Member) and value.name == NAMESPACE and isinstance(value.receiver, ModuleRef)


def expose(here: Here, module: ModuleRef) -> None:
    """Code that can't be followed gets at all that a module holds, now and later."""
    m = here.machine
    m.exposed.add(module.path)
    loaded = m.rooms.load_module(m, module.path)
    for value in list(loaded.env.values()) if loaded is not None else ():
        m.hand_out(value)
        here.use(UseKind.ESCAPE, value, here.site, detail=_KNOWN)


def bound(here: Here, name: str, value: Value) -> None:
    """A name is bound, maybe one of a module all of whose names can be got at."""
    m, act = here.machine, here.act
    if act.frame.path in m.exposed and (act.frame.function is None or name in act.outer):
        m.hand_out(value)
        here.use(UseKind.ESCAPE, value, here.site, detail=_KNOWN)


def of_instance(m: Machine, thing: Instance) -> tuple[Ref, Namespace]:
    """The attributes of an instance."""
    found, names = m.heap.made(Namespace(thing.site, thing.frame, owner=thing))
    if thing.namespace is None:
        thing.namespace = names
        for name, origins in thing.origins.items():
            for origin in origins:
                names.note(name, origin)
    return found, names
