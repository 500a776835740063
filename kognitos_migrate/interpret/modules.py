"""Imports: modules of the program are run once, all others are symbols."""

from typing import cast

import libcst as cst

from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.names import NAME, seen
from kognitos_migrate.interpret.overwrites import overwrite_names
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.interpret.state.events import Unresolved
from kognitos_migrate.values.base import UNKNOWN, Member, ModuleRef, Symbol, Text, Value
from kognitos_migrate.values.heap import state_of


def import_names(m: Machine, act: Activation, node: cst.CSTNode) -> bool:
    """`import a.b as c`."""
    for alias in cast(cst.Import, node).names:
        dotted = dotted_name(alias.name)
        _note_unresolved(m, act, alias, dotted)
        if alias.asname is not None:
            m.assign(act, alias.asname.name, module_value(m, act, dotted, 0), act.site(alias))
        else:
            first = dotted.partition(".")[0]
            act.env[first] = module_value(m, act, first, 0)
            module_value(m, act, dotted, 0)
    return True


def import_from(m: Machine, act: Activation, node: cst.CSTNode) -> bool:
    """`from a import b`."""
    imported = cast(cst.ImportFrom, node)
    level = len(imported.relative)
    dotted = dotted_name(imported.module) if imported.module is not None else ""
    module = module_value(m, act, dotted, level)
    if isinstance(imported.names, cst.ImportStar):
        if not level:
            _note_unresolved(m, act, imported, dotted)
        if isinstance(module, ModuleRef) and (loaded := m.rooms.load_module(m, module.path)):
            act.env.update({name: value for name, value in loaded.env.items() if not name.startswith("_")})
        else:
            overwrite_names(m, ModuleRef(act.frame.path))
        return True
    for alias in imported.names:
        name = dotted_name(alias.name)
        value: Value
        inner = module_value(m, act, f"{dotted}.{name}" if dotted else name, level)
        if not level and not isinstance(module, ModuleRef):
            _note_unresolved(m, act, alias, dotted, name)
            _note_unresolved(m, act, alias, f"{dotted}.{name}")
        if isinstance(module, ModuleRef):
            loaded = m.rooms.load_module(m, module.path)
            value = seen(m, loaded, name) if loaded and name in loaded.env else inner
        else:
            value = inner
        target = alias.asname.name if alias.asname is not None else alias.name
        m.assign(act, target, value, act.site(alias))
    return True


def _note_unresolved(
    m: Machine, act: Activation, node: cst.CSTNode, dotted: str, name: str | None = None
) -> None:
    """Note that an import, of one name or of all, may mean a module which is not found from here."""
    candidates = m.files.candidates(act.frame.path, dotted)
    if candidates:
        m.facts.unresolved[act.site(node)] = Unresolved(dotted, tuple(candidates), name)


def dotted_name(node: cst.CSTNode) -> str:
    """`a.b.c` as text."""
    if isinstance(node, cst.Attribute):
        return f"{dotted_name(node.value)}.{node.attr.value}"
    return cast(cst.Name, node).value


def module_value(m: Machine, act: Activation, dotted: str, level: int) -> Value:
    """The module of that name: the program's own file, or a symbol."""
    key = (act.frame.path, dotted, level)
    if key not in m.found_modules:
        m.found_modules[key] = m.files.find(*key)
    path = m.found_modules[key]
    return ModuleRef(path) if path else Symbol(dotted)


def named_module(m: Machine, act: Activation, name: Value) -> Value:
    """The module of a name that is known while the program runs."""
    if isinstance(name, Member) and name.name == NAME:
        return name.receiver
    dotted = name.literal if isinstance(name, Text) else None
    return module_value(m, act, dotted, 0) if dotted and not dotted.startswith(".") else UNKNOWN


def load_module(m: Machine, path: str) -> Activation | None:
    """The module at `path`, run once; a module that is still running is given as it is."""
    if path in m.modules:
        return m.modules[path]
    tree = m.trees.get(path)
    if tree is None:
        return None
    frame = m.frames.of_module(path)
    act = Activation(frame, tree)
    m.modules[path] = act
    m.activations[frame.id] = act
    run_module(m, act)
    return act


def run_module(m: Machine, act: Activation) -> None:
    """Run a module's body. Run again, it sees what others have put on shared things meanwhile."""
    guards, m.guards = m.guards, 0
    around, m.heap.seen = m.heap.seen, {}
    m.execute(act, act.tree.module.body)
    m.looked_at[act.frame.path] = {one: state_of(m.heap.things[one]) for one in m.heap.seen}
    m.heap.seen = around
    m.guards = guards


def is_stale(m: Machine, path: str) -> bool:
    """Whether a module's body would see something else than it did, if it ran now."""
    return any(state_of(m.heap.things[one]) != state for one, state in m.looked_at.get(path, {}).items())
