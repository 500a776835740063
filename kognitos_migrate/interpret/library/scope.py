"""What reads or sets variables by their names: `locals()`, `vars()`, `setattr`, `eval`, `exec`; and classes
made by `type`."""

from collections.abc import Mapping
from typing import cast

from kognitos_migrate.interpret import namespaces
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.metaclasses import given_by_type
from kognitos_migrate.interpret.displays import put
from kognitos_migrate.interpret.machine import Call, Method, Model, receiver_of
from kognitos_migrate.interpret.modules import named_module
from kognitos_migrate.interpret.namespaces import NAMESPACE
from kognitos_migrate.interpret.overwrites import overwrite_names
from kognitos_migrate.interpret.state.events import TYPE, UseKind
from kognitos_migrate.record import replace
from kognitos_migrate.values.base import NONE, UNKNOWN, Class, Member, ModuleRef, Ref, Reply, Text, Value
from kognitos_migrate.values.heap import Given, Instance
from kognitos_migrate.values.join import alternatives, join


def _variables_escape(call: Call) -> None:
    """The replies that variables hold can be read from here on by whoever knows their names."""
    _escape(call, call.act.env)


def _escape(call: Call, variables: Mapping[str, Value]) -> None:
    for value in list(variables.values()):
        call.machine.use_replies(value, call.act, call.node, call.site, "code that knows its variable")


def module_variables(call: Call) -> Value:
    """`globals()`."""
    return namespaces.of_module(call, ModuleRef(call.act.tree.path))


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
    """`locals()`; in a module, the names of the module."""
    if call.act.frame.function is None and not call.act.class_scope:
        return module_variables(call)
    _variables_escape(call)
    return UNKNOWN


def variables_of(call: Call) -> Value:
    """`vars()` and `vars(value)`."""
    given = call.arguments.first()
    if given is None:
        return local_variables(call)
    return join(*(call.attribute(choice, NAMESPACE) for choice in alternatives(given.value)))


def evaluated(call: Call) -> Value:
    """`eval` and `exec`, which see the variables around them unless they are given others."""
    _arguments_escape(call, "code that is text")
    if len(list(call.arguments.everything())) < 2:
        _variables_escape(call)
        namespaces.expose(call, ModuleRef(call.act.tree.path))
    return UNKNOWN


def executed(call: Call) -> Value:
    """`exec`, which may bind the names of the module."""
    if call.act.frame.function is None or len(list(call.arguments.everything())) > 1:
        overwrite_names(call.machine, ModuleRef(call.act.tree.path))
    return evaluated(call)


def made(call: Call) -> Value:
    """`type(value)`, and `type(name, bases, attributes)`, which keeps the attributes."""
    if len(call.arguments.positional) > 1:
        _arguments_escape(call, "a class")
        return UNKNOWN
    given = call.arguments.first()
    choices = list(alternatives(given.value)) if given is not None else []
    for choice in choices:
        if given is not None and isinstance(choice, Reply):
            call.use(UseKind.METHOD, choice, given.site, detail=TYPE)
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
            call.machine.rooms.set_attribute(call, owner, choice.literal, held)
        else:
            _set_any(call, owner, name._replace(value=choice), held)
    return NONE


def set_by_base(call: Call) -> Value:
    """`super().__setattr__(name, held)`."""
    own = call.act.frame.receiver
    arguments = [*([own] if own is not None else []), *call.arguments.positional]
    return set_by_name(replace(call, arguments=Arguments(arguments)))


def set_by_method(call: Call, member: Value) -> Value:
    """`value.__setattr__(name, held)`."""
    owner = Given(cast(Member, member).receiver, receiver_of(call), call.act.frame.id)
    return set_by_name(replace(call, arguments=Arguments([owner, *call.arguments.positional])))


def _set_any(call: Call, owner: Given, name: Given, held: Given) -> None:
    """Some attribute is set, nobody can tell which."""
    m = call.machine
    for choice in alternatives(owner.value):
        thing = m.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, Instance):
            m.stores += put(m, namespaces.of_instance(m, thing)[1], name, held, call.site, True)
            continue
        for given in (owner._replace(value=choice), held):
            m.hand_out(given.value)
            call.use(UseKind.ESCAPE, given.value, given.site, detail="setattr")
        if isinstance(choice, Class):
            m.classes.open(choice.site, held.value)
        if isinstance(choice, ModuleRef):
            overwrite_names(m, choice)


SYMBOLS: dict[str, Model] = {
    "builtins.globals": module_variables,
    "builtins.locals": local_variables,
    "builtins.vars": variables_of,
    "importlib.import_module": imported,
    "sys.modules.get": loaded,
    "builtins.setattr": set_by_name,
    "builtins.object.__setattr__": set_by_name,
    "builtins.type.__setattr__": set_by_name,
    "builtins.super.__setattr__": set_by_base,
    "builtins.eval": evaluated,
    "builtins.exec": executed,
    "builtins.type": made,
    "builtins.type.__new__": given_by_type,
    "builtins.type.__call__": given_by_type,
}
METHODS: dict[str, Method] = {"object.__setattr__": set_by_method}
