"""What reads or sets variables by their names: `locals()`, `vars()`, `setattr`, `eval`, `exec`; and classes
made by `type`."""

from collections.abc import Mapping

import libcst as cst

from kognitos_migrate.interpret.assignment import set_attribute
from kognitos_migrate.interpret.computed import NAMESPACE, hand_out_module
from kognitos_migrate.interpret.events import UseKind
from kognitos_migrate.interpret.library.builtins_ import variables
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.modules import named_module
from kognitos_migrate.values.base import UNKNOWN, Class, Member, ModuleRef, Ref, Text, Value
from kognitos_migrate.values.heap import Given, Instance
from kognitos_migrate.values.join import alternatives, join


def _variables_escape(call: Call) -> None:
    """The replies that variables hold can be read from here on by whoever knows their names."""
    _escape(call, call.act.env)


def _escape(call: Call, variables: Mapping[str, Value]) -> None:
    for value in list(variables.values()):
        call.machine.use_replies(value, call.act, call.node, call.site, "code that knows its variable")


def module_variables(call: Call) -> Value:
    """`globals()`: read by a name, the module's own; handed on, all that it holds is out of sight."""
    module = ModuleRef(call.act.tree.path)
    parent = call.act.tree.parent(call.node)
    if not (
        isinstance(parent, cst.Subscript)
        or (isinstance(parent, cst.Attribute) and parent.attr.value == "get")
    ):
        hand_out_module(call, module)
    return Member(module, NAMESPACE)


def imported(call: Call) -> Value:
    """`importlib.import_module(name)`: the module of that name."""
    given, package = call.arguments.first("name"), call.arguments.first("package", place=1)
    if given is None or package is not None:
        return UNKNOWN
    return named_module(call.machine, call.act, given.value)


def loaded(call: Call) -> Value:
    """`sys.modules.get(name)`."""
    given = call.arguments.first()
    return named_module(call.machine, call.act, given.value) if given is not None else UNKNOWN


def _arguments_escape(call: Call, what: str) -> None:
    for given in call.arguments.everything():
        call.use(UseKind.ESCAPE, given.value, given.site, detail=what)


def local_variables(call: Call) -> Value:
    """`locals()`."""
    _variables_escape(call)
    return UNKNOWN


def variables_of(call: Call) -> Value:
    """`vars()` and `vars(value)`."""
    return variables(call) if call.arguments.first() is not None else local_variables(call)


def evaluated(call: Call) -> Value:
    """`eval` and `exec`, which see the variables around them unless they are given others."""
    _arguments_escape(call, "code that is text")
    if len(list(call.arguments.everything())) < 2:
        _variables_escape(call)
        hand_out_module(call, ModuleRef(call.act.tree.path))
    return UNKNOWN


def made(call: Call) -> Value:
    """`type(value)`, and `type(name, bases, attributes)`, which keeps the attributes."""
    if len(call.arguments.positional) > 1:
        _arguments_escape(call, "a class")
        return UNKNOWN
    given = call.arguments.first()
    choices = list(alternatives(given.value)) if given is not None else []
    held = [call.machine.heap[one] if isinstance(one, Ref) else None for one in choices]
    classes = [thing.cls for thing in held if isinstance(thing, Instance) and thing.cls is not None]
    return join(*classes) if classes and len(classes) == len(choices) else UNKNOWN


def set_by_name(call: Call) -> Value:
    """`setattr(value, name, held)`: as an assignment, if the name is known."""
    owner, name, held = (call.arguments.first(place=place) for place in range(3))
    if owner is None or name is None or held is None:
        return UNKNOWN
    call.use(UseKind.ESCAPE, name.value, name.site, detail="the name of an attribute")
    for choice in alternatives(name.value):
        if isinstance(choice, Text) and choice.literal is not None:
            set_attribute(call, owner, choice.literal, held)
        else:
            _set_any(call, owner, held)
    return UNKNOWN


def _set_any(call: Call, owner: Given, held: Given) -> None:
    """Some attribute is set, nobody can tell which."""
    for given in (owner, held):
        call.machine.hand_out(given.value)
        call.use(UseKind.ESCAPE, given.value, given.site, detail="setattr")
    for choice in alternatives(owner.value):
        if isinstance(choice, Class):
            call.machine.classes.open(choice.site)


SYMBOLS: dict[str, Model] = {
    "builtins.globals": module_variables,
    "builtins.locals": local_variables,
    "builtins.vars": variables_of,
    "importlib.import_module": imported,
    "sys.modules.get": loaded,
    "builtins.setattr": set_by_name,
    "builtins.eval": evaluated,
    "builtins.exec": evaluated,
    "builtins.type": made,
}
METHODS: dict[str, Method] = {}
