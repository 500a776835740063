"""Models of `unittest.mock.patch`, which rebinds names and attributes for a while."""

from collections.abc import Callable

from kognitos_migrate.interpret.dynamic_imports import ENVIRONMENT
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.library.dict_methods import update_dict
from kognitos_migrate.interpret.library.os_ import note_variables
from kognitos_migrate.interpret.library.reflection import attribute_path, named_object, set_attribute_by_name
from kognitos_migrate.interpret.mocking.patches import patch_target, patch_targets
from kognitos_migrate.interpret.names import is_module_namespace, module_value
from kognitos_migrate.interpret.overwrites import overwrite_name_anywhere
from kognitos_migrate.interpret.unmodeled_calls import call_or_default
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives, plain_text
from kognitos_migrate.values.lattice import (
    UNKNOWN,
    Lit,
    MemberRef,
    Symbol,
    Text,
    Unknown,
    Value,
    library_result,
)


def patch_object(call: CallPoint) -> None:
    """`patch.object(target, name, new)` sets an attribute."""
    target, name = call.arguments.first("target"), call.arguments.first("attribute", place=1)
    if target is not None and name is not None:
        _set(call, target, name, call.arguments.first("new", place=2))


def patch_by_path(call: CallPoint) -> None:
    """`patch("module.name", new)` sets the attribute that a dotted text names."""
    path, new = call.arguments.first("target"), call.arguments.first("new", place=1)
    for choice in alternatives(path.value) if path is not None else ():
        _set_by_path(call, choice, new)


def patch_several(call: CallPoint) -> None:
    """`patch.multiple(target, name=new)` sets attributes of an object or of what a dotted text names."""
    target = call.arguments.first("target")
    for owner in alternatives(target.value) if target is not None else ():
        for spread in call.arguments.keyword_spread:
            unknown = spread._replace(value=UNKNOWN)
            _set(call, call.operand(owner), unknown, unknown)
        for name, new in call.arguments.keywords.items():
            if isinstance(owner, Text):
                _set_by_path(call, Text((*owner.parts, Lit(f".{name}"))), new)
            else:
                _set(call, call.operand(owner), call.operand(plain_text(name)), new)


def patch_dict(call: CallPoint) -> None:
    """`patch.dict(values, more, name=new)` extends a dict, or the namespace of a module."""
    values = call.arguments.first("in_dict")
    for choice in alternatives(values.value) if values is not None else ():
        if is_module_namespace(choice) and isinstance(choice, MemberRef):
            for name, new in call.arguments.keywords.items():
                _set(call, call.operand(choice.receiver), call.operand(plain_text(name)), new)
    update_dict(call)


def _set(call: CallPoint, owner: Operand, name: Operand, new: Operand | None) -> None:
    arguments = [owner, name, new if new is not None else call.operand(UNKNOWN)]
    set_attribute_by_name(replace(call, arguments=replace(call.arguments, positional=arguments, keywords={})))


def _set_by_path(call: CallPoint, path: Value, new: Operand | None) -> None:
    """Set the attribute that a dotted text names. If its owner isn't found, any name that is spelled like
    the last part may be meant."""
    value = new.value if new is not None else UNKNOWN
    texts = [part.text for part in path.parts if isinstance(part, Lit)] if isinstance(path, Text) else []
    owner, _, name = "".join(texts).rpartition(".")
    target = named_object(call, owner.split(".")) if isinstance(path, Text) and path.literal else UNKNOWN
    if isinstance(target, Unknown):
        overwrite_name_anywhere(call.interpreter, name, value)
        target = _owner_in_library(call, owner.split("."))
    if not isinstance(target, Unknown):
        _set(call, call.operand(target), call.operand(plain_text(name)), new)


def _owner_in_library(call: CallPoint, names: list[str]) -> Value:
    """The function, class or module of a library that a dotted name means."""
    value = attribute_path(call, module_value(call.interpreter, call.act, names[0], 0), names[1:])
    return value if isinstance(value, Symbol) else UNKNOWN


def _rebinding_in_program(rebind: Callable[[CallPoint], None], model: Model) -> Model:
    """A model that also rebinds names of the program, except in tests: there, a double is installed."""

    def run(call: CallPoint) -> Value:
        if call.act.frame.path not in call.interpreter.testing.modules:
            rebind(call)
        return model(call)

    return run


def _model_of_patch_dict(name: str) -> Model:
    """The model of `patch.dict(values, more)`, which may set environment variables."""

    def patcher(call: CallPoint) -> Value:
        values = call.arguments.first("in_dict")
        choices = [*alternatives(values.value)] if values is not None else []
        is_environment = bool(choices) and all(
            choice == ENVIRONMENT or (isinstance(choice, Text) and choice.literal == ENVIRONMENT.name)
            for choice in choices
        )
        keywords = {word: value for word, value in call.arguments.keywords.items() if word not in _OPTIONS}
        own = replace(call, arguments=replace(call.arguments, keywords=keywords))
        if is_environment and note_variables(own, call.arguments.first("values", place=1)):
            return library_result(name, name)
        return call_or_default(call, name, name, library_result(name, name))

    return patcher


_OPTIONS = ("in_dict", "values", "clear")
"""The keyword arguments of `patch.dict` that are no entries."""


_MODULES = ("unittest.mock", "mock")
SYMBOLS: dict[str, Model] = {
    **{f"{module}.patch": _rebinding_in_program(patch_by_path, patch_target) for module in _MODULES},
    **{f"{module}.patch.object": _rebinding_in_program(patch_object, patch_target) for module in _MODULES},
    **{
        f"{module}.patch.multiple": _rebinding_in_program(patch_several, patch_targets) for module in _MODULES
    },
    **{
        f"{module}.patch.dict": _rebinding_in_program(
            patch_dict, _model_of_patch_dict(f"{module}.patch.dict")
        )
        for module in _MODULES
    },
}
METHODS: dict[str, Method] = {}
