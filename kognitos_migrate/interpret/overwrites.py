"""Overwrites of names and attributes by code that isn't understood, such as mappings with unknown entries:
afterwards any of them may have another value."""

from collections.abc import Callable

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.narrowing import forget_name
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.interpret.state.frames import Environment
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    Bound,
    Class,
    Function,
    ModuleRef,
    Narrowings,
    Symbol,
    Unknown,
    Value,
)

_DEFINED_VALUES = (Function, Bound, Class, Symbol, ModuleRef, Narrowings)
"""Values that a program defines or imports. No mapping is expected to replace them."""
READING = frozenset(
    ("get", "items", "keys", "values", "copy", "__getitem__", "__contains__", "__len__", "__iter__")
)
"""Methods of dicts that don't change the dict."""


def may_be_data(value: Value) -> bool:
    """Whether a value may be anything other than code."""
    return any(not isinstance(choice, _DEFINED_VALUES) for choice in alternatives(value))


def _code_in(interpreter: Interpreter, value: Value) -> Value:
    """The alternatives of a value that are code, or objects that may be called."""
    return join(
        *(
            choice
            for choice in alternatives(value)
            if isinstance(choice, _DEFINED_VALUES)
            or not isinstance(interpreter.heap.get(choice), DictObject | SequenceObject | None)
        )
    )


def overwrite_names(
    interpreter: Interpreter,
    module: ModuleRef,
    value_of: Callable[[str], Value] = Unknown,
    *,
    written: Value = NEVER,
) -> None:
    """Join each name of a module with an unknown value, or another one that the name gives. The module is run
    if it wasn't yet. Functions and classes are only replaced by the code in `written`, the value that is
    bound to an unknown name."""
    act = interpreter.transfer.load_module(interpreter, module.path)
    if act is None:
        return
    interpreter.shared.open_modules.add(module.path)
    code = _code_in(interpreter, written)
    for name, value in list(act.env.items()):
        is_data = may_be_data(value)
        if is_data or code is not NEVER:
            forget_name(act.env, name)
            interpreter.facts.rebound.add((module.path, name))
            interpreter.shared.bind(
                act.frame.id, act.env, name, join(value, value_of(name) if is_data else code)
            )


def overwrite_attributes(interpreter: Interpreter, instance: Instance, operand: Operand) -> None:
    """Join each attribute of an instance with an unknown value from `operand`."""
    for name, value in list(instance.attributes.items()):
        if may_be_data(value):
            interpreter.stores += instance.put(name, operand._replace(value=Unknown(name)))


def join_class_attribute(interpreter: Interpreter, info: ClassInfo, name: str, value: Value) -> None:
    """Join a value into an attribute of a class."""
    joined = join(info.attributes.get(name, NEVER), value)
    interpreter.shared.bind(info.site, info.attributes, name, joined)
    interpreter.classes.update_replies(info)


def overwrite_class_attributes(interpreter: Interpreter, info: ClassInfo) -> None:
    """Join each attribute that a class defines itself with an unknown value."""
    for name, value in list(info.attributes.items()):
        if may_be_data(value):
            join_class_attribute(interpreter, info, name, Unknown(name))


def overwrite_name_anywhere(interpreter: Interpreter, name: str, value: Value) -> None:
    """Bind a name of any module or class that has it: the code that binds it isn't understood."""
    for path in interpreter.trees:
        interpreter.transfer.load_module(interpreter, path)
        interpreter.facts.rebound.add((path, name))
    namespaces: list[tuple[int | Site, Environment]] = [
        *((body.frame.id, body.env) for body in interpreter.modules.values()),
        *((info.site, info.attributes) for info in interpreter.classes.infos.values()),
    ]
    for owner, names in namespaces:
        if name in names:
            interpreter.shared.bind(owner, names, name, join(names[name], value))


def overwrite_attribute_anywhere(interpreter: Interpreter, name: str, operand: Operand) -> None:
    """Set an attribute of what may be any object that a module of the program binds."""
    overwrite_name_anywhere(interpreter, name, operand.value)
    for instance in _instances(interpreter):
        if name in instance.attributes and may_be_data(instance.attributes[name]):
            interpreter.stores += instance.put(name, operand)


def overwrite_attributes_anywhere(interpreter: Interpreter, operand: Operand) -> None:
    """Set an attribute with an unknown name of what may be any object that a module of the program binds."""
    for path in interpreter.trees:
        interpreter.transfer.load_module(interpreter, path)
        overwrite_names(interpreter, ModuleRef(path), written=operand.value)
    for site in list(interpreter.classes.infos):
        interpreter.classes.add_unknown_attribute(site, operand.value)
    for instance in _instances(interpreter):
        overwrite_attributes(interpreter, instance, operand)


def _instances(interpreter: Interpreter) -> list[Instance]:
    """The instances of the program's classes."""
    refs = [ref for refs in interpreter.classes.instances.values() for ref in refs]
    objects = [interpreter.heap[ref] for ref in refs]
    return [heap_object for heap_object in objects if isinstance(heap_object, Instance)]
