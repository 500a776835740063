"""What a name means where it is read, and where it is bound."""

import builtins

from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.narrowing import forget
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.values.base import NEVER, UNKNOWN, Member, ModuleRef, Symbol, Value
from kognitos_migrate.values.join import join

NAME = "__name__"
"""By which a module has its own name."""
_LATER = ("BaseExceptionGroup", "ExceptionGroup", "PythonFinalizationError")
"""What is built into a later Python than the oldest: the program's need not be the one that runs this."""
_BUILTINS: dict[str, Value] = {name: Symbol(f"builtins.{name}") for name in (*dir(builtins), *_LATER)}


def lookup(m: Machine, act: Activation, name: str) -> Value:
    """The value of a name: local, of the functions around, of the module, built in."""
    if name in act.env and name not in act.outer:
        return act.env[name]
    for around in closures(m, act) if act.frame.closure is not None else ():
        if name in around.env and not around.class_scope:
            return seen(m, around, name)
    module = m.modules.get(act.frame.path)
    if module:
        found = seen(m, module, name)
        if name in module.env:
            return found
    if module and name == NAME:
        return Member(ModuleRef(act.frame.path), NAME)
    return _BUILTINS.get(name, UNKNOWN)


def seen(m: Machine, act: Activation, name: str) -> Value:
    """What a name means in the activation of another function, or in a module: a look at it."""
    found = act.env.get(name, NEVER)
    m.looks.names.setdefault((act.frame.id, name), found)
    return found


def closures(m: Machine, act: Activation) -> list[Activation]:
    """The activations that `act` closes over, from the inside out."""
    found: list[Activation] = []
    closure = act.frame.closure
    while closure is not None:
        around = m.activations.get(closure)
        if around is None:
            break
        found.append(around)
        closure = around.frame.closure
    return found


def bind(m: Machine, act: Activation, name: str, value: Value) -> None:
    """Bind a name; a global or nonlocal one keeps what it held before as well."""
    forget(act.env, name)
    if name not in act.outer:
        act.env[name] = value
        return
    for around in closures(m, act):
        if name in around.env:
            forget(around.env, name)
            m.shared.bind(around.frame.id, around.env, name, join(seen(m, around, name), value))
            return
    module = m.modules[act.frame.path]
    forget(module.env, name)
    m.shared.bind(module.frame.id, module.env, name, join(seen(m, module, name), value))
