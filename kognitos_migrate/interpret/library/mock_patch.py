"""Models of `unittest.mock.patch`, which rebinds names and attributes for a while."""

from collections.abc import Callable

from kognitos_migrate.interpret.dynamic_imports import ENVIRONMENT
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.library.dict_methods import update_dict
from kognitos_migrate.interpret.library.os_ import note_variables
from kognitos_migrate.interpret.library.reflection import attribute_path, named_object, set_attribute_by_name
from kognitos_migrate.interpret.mocking.patches import patch_target, patch_targets
from kognitos_migrate.interpret.names import NAMESPACE, is_module_namespace, module_value
from kognitos_migrate.interpret.overwrites import overwrite_attributes_anywhere, overwrite_name_anywhere
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
from kognitos_migrate.values.texts import known_text


def patch_object(call: CallPoint) -> None:
    """`patch.object(target, name, new)` sets an attribute."""
    target, name = call.arguments.first("target"), call.arguments.first("attribute", place=1)
    if target is not None and name is not None:
        _set(call, target, name, call.arguments.first("new", place=2))


def patch_by_path(call: CallPoint) -> None:
    """`patch("module.name", new)` sets the attribute that a dotted text names."""
    path, new = call.arguments.first("target"), call.arguments.first("new", place=1)
    for choice in alternatives(path.value if path is not None else UNKNOWN):
        end = choice.parts[-1] if isinstance(choice, Text) and choice.parts else None
        _, dot, name = end.text.rpartition(".") if isinstance(end, Lit) else ("", "", "")
        text = known_text(choice)
        _set_by_path(call, text.rpartition(".")[0] if text is not None else None, name if dot else None, new)


def patch_several(call: CallPoint) -> None:
    """`patch.multiple(target, name=new)` sets attributes of an object or of what a dotted text names."""
    target = call.arguments.first("target")
    for owner in alternatives(target.value if target is not None else UNKNOWN):
        _set_several(call, owner)


def patch_dict(call: CallPoint) -> None:
    """`patch.dict(values, more, name=new)` extends a dict, or the namespace of a module."""
    values = call.arguments.first("in_dict")
    for choice in alternatives(values.value) if values is not None else ():
        if is_module_namespace(choice) and isinstance(choice, MemberRef):
            _set_several(call, choice.receiver)
        owner, _, name = (known_text(choice) or "").rpartition(".")
        if name == NAMESPACE:
            _set_several(call, plain_text(owner))
            if call.arguments.first("values", place=1) is not None:
                _set_by_path(call, owner, None, None)
    update_dict(call)


def _set(call: CallPoint, owner: Operand, name: Operand, new: Operand | None) -> None:
    arguments = [owner, name, new if new is not None else call.operand(_MOCK)]
    set_attribute_by_name(replace(call, arguments=replace(call.arguments, positional=arguments, keywords={})))


def _set_several(call: CallPoint, owner: Value) -> None:
    """Set the attributes of an object in the keyword arguments. A text is the object's dotted name."""
    attributes = {name: new for name, new in call.arguments.keywords.items() if name not in _OPTIONS}
    for name, new in (*((None, None) for _ in call.arguments.keyword_spread), *attributes.items()):
        if isinstance(owner, Text | MemberRef | Unknown):
            _set_by_path(call, known_text(owner), name, new)
        else:
            text = plain_text(name) if name is not None else UNKNOWN
            _set(call, call.operand(owner), call.operand(text), new)


def _set_by_path(call: CallPoint, owner: str | None, name: str | None, new: Operand | None) -> None:
    """Set an attribute of the object that a dotted text names. If the object isn't found, any name that is
    spelled like the attribute may be meant. None stands for a text that isn't known."""
    new = new if new is not None else call.operand(_MOCK)
    parts = owner.split(".") if owner is not None else []
    target = named_object(call, parts)
    if isinstance(target, Unknown):
        if name is None:
            overwrite_attributes_anywhere(call.interpreter, new)
        else:
            overwrite_name_anywhere(call.interpreter, name, new.value)
        target = _owner_in_library(call, parts) if parts else UNKNOWN
    if owner is None:
        call.interpreter.log_sinks.note_reader()
    if not isinstance(target, Unknown):
        text = plain_text(name) if name is not None else UNKNOWN
        _set(call, call.operand(target), call.operand(text), new)


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
_MOCK = Symbol("unittest.mock.DEFAULT")
"""The default of `new`: a mock that `patch` creates."""
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
