"""Settings that frameworks read from settings modules, and the objects that their applications keep."""

from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter
from kognitos_migrate.interpret.module_loading import load_module
from kognitos_migrate.interpret.names import name_in
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.modules.settings_modules import (
    SETTINGS_MAPPINGS,
    SETTINGS_OBJECTS,
    SettingsModules,
    settings_names,
)
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NONE, Class, Symbol, Text, Unknown, Value, setting_at


def setting(interpreter: Interpreter, act: Activation, source: str, name: str) -> Value:
    """A setting that an object or a mapping of a framework reads: from settings modules, from the classes in
    them, or from elsewhere. Items of mappings have names in upper case."""
    paths = SettingsModules(interpreter.trees).nearest(act.frame.path, settings_names(source))
    loaded = [module for path in paths if (module := load_module(interpreter, path)) is not None]
    values = [name_in(interpreter, module, name) for module in loaded if name in module.env]
    if source in SETTINGS_MAPPINGS and name.isupper():
        of_modules = [
            choice for module in loaded for value in module.env.values() for choice in alternatives(value)
        ]
        values += [
            class_attribute(interpreter, choice, name) for choice in of_modules if isinstance(choice, Class)
        ]
    return join(setting_at(name), *values)


def setting_by_method(call: CallPoint, callee: str) -> Value | None:
    """The result of `get` of a framework's mapping of settings; None for any other call."""
    owner, _, method = callee.rpartition(".")
    key, default = ([operand.value for operand in call.arguments.positional] + [NONE, NONE])[:2]
    word = key.literal if isinstance(key, Text) else None
    if owner not in SETTINGS_MAPPINGS or method != "get" or word is None or call.arguments.keywords:
        return None
    return join(setting(call.interpreter, call.act, owner, word), default)


_KEPT_OBJECTS = frozenset(("flask.current_app.extensions", "flask.Flask().extensions"))
"""Mappings of an application in which its modules share objects, in the interpreter's notation."""
_KEPT_NAMES = frozenset(mapping.rpartition(".")[2] for mapping in _KEPT_OBJECTS)


def attribute_of_framework(
    interpreter: Interpreter, act: Activation, value: Value, name: str
) -> Value | None:
    """A setting, or the dict of the application's shared objects; None for any other attribute. A program has
    one application."""
    if isinstance(value, Symbol) and value.name in SETTINGS_OBJECTS:
        return setting(interpreter, act, value.name, name)
    if name in _KEPT_NAMES and f"{_name_of(value)}.{name}" in _KEPT_OBJECTS:
        return interpreter.allocate_dict_at(Site(next(iter(interpreter.trees)), 0), 0)[0]
    return None


def settings_mapping(value: Value) -> str | None:
    """The name of a framework's mapping of settings; None for any other value."""
    name = _name_of(value)
    return name if name in SETTINGS_MAPPINGS else None


def _name_of(value: Value) -> str:
    """The name of an object of a library, in the interpreter's notation. Empty for any other value."""
    return value.name if isinstance(value, Symbol) else value.source if isinstance(value, Unknown) else ""
