"""Models of reflection: `vars`, `setattr`, `eval`, `import_module`, `type`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import libcst as cst

from kognitos_migrate.interpret import dynamic_imports, names
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.attribute_deletion import delete_attribute
from kognitos_migrate.interpret.classes.instances import allocate_instance
from kognitos_migrate.interpret.classes.metaclasses import merge_bases, take_namespace, type_call_result
from kognitos_migrate.interpret.displays import put_entry
from kognitos_migrate.interpret.dynamic_imports import named_module, relative_module
from kognitos_migrate.interpret.function_definitions import WRAPPED, note_code_replaced
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model, receiver_of
from kognitos_migrate.interpret.iteration import element_of
from kognitos_migrate.interpret.names import NAMESPACE
from kognitos_migrate.interpret.overwrites import overwrite_attributes_anywhere, overwrite_names
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.log_uses import type_of
from kognitos_migrate.interpret.state.use_details import TYPE
from kognitos_migrate.interpret.unmodeled_calls import call_or_default, call_unmodeled
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Function,
    MemberRef,
    ModuleRef,
    Ref,
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
    library_result,
)
from kognitos_migrate.values.texts import known_text

_NAMESPACE_READER = "code that reads the namespace that contains it"


def _mark_variables_escaped(call: CallPoint) -> None:
    """Let the texts and replies in local variables escape, because other code can read them by name."""
    _mark_escaped(call, call.act.env)


def _mark_escaped(call: CallPoint, variables: Mapping[str, Value]) -> None:
    for value in list(variables.values()):
        call.note_use(UseKind.ESCAPE, value, call.site, detail=_NAMESPACE_READER)
        call.interpreter.note_replies_escaped(value, call.act, call.node, call.site, _NAMESPACE_READER)


def module_variables(call: CallPoint) -> Value:
    """The result of `globals()`."""
    return names.module_namespace(call, ModuleRef(call.act.tree.path))


def import_module(call: CallPoint) -> Value:
    """The result of `importlib.import_module(name)`."""
    module_name, package = call.arguments.first("name"), call.arguments.first("package", place=1)
    if module_name is None:
        return UNKNOWN
    if package is None:
        return named_module(call.interpreter, call.act, module_name.value)
    return relative_module(call.interpreter, module_name.value, package.value)


def reload(call: CallPoint) -> Value:
    """The result of `importlib.reload(module)`: it makes the classes of the module again."""
    call.interpreter.shared.note_reload()
    return call_unmodeled(call, "importlib.reload")


def import_outermost_package(call: CallPoint) -> Value:
    """The result of `__import__(name)`. Of a name with dots it is the outermost package, or with `fromlist`
    the module itself."""
    name = call.arguments.first("name")
    texts = (
        [choice.literal if isinstance(choice, Text) else None for choice in alternatives(name.value)]
        if name
        else []
    )
    if (
        not texts
        or len([*call.arguments.everything()]) > 1
        or any(text is None or "." in text for text in texts)
    ):
        return names.ANY_MODULE
    return import_module(call)


def get_loaded_module(call: CallPoint) -> Value:
    """The result of `sys.modules.get(name)`."""
    module_name = call.arguments.first()
    return named_module(call.interpreter, call.act, module_name.value) if module_name is not None else UNKNOWN


def set_loaded_modules(call: CallPoint) -> Value:
    """The result of `sys.modules.setdefault(name, value)`, or of a method that puts several modules there."""
    _mark_arguments_escaped(call, "the place of a module")
    name, value = call.arguments.first(), call.arguments.first(place=1)
    if name is None or value is None:
        dynamic_imports.replace_module(call, UNKNOWN, UNKNOWN)
        return UNKNOWN
    dynamic_imports.replace_module(call, name.value, value.value)
    return join(named_module(call.interpreter, call.act, name.value), value.value)


def change_search_path(call: CallPoint) -> Value:
    """The result of a method of `sys.path` that adds folders."""
    _mark_arguments_escaped(call, "the path of modules")
    names.note_search_path_change(call.interpreter)
    return NONE


def _mark_arguments_escaped(call: CallPoint, detail: str) -> None:
    for argument in call.arguments.everything():
        call.note_use(UseKind.ESCAPE, argument.value, argument.site, detail=detail)


def local_variables(call: CallPoint) -> Value:
    """The result of `locals()`; in a module's body, the namespace of the module."""
    if call.act.frame.function is None and not call.act.class_scope:
        return module_variables(call)
    _mark_variables_escaped(call)
    body = call.act.tree.enclosing(call.node, cst.ClassDef) if call.act.class_scope else None
    if body is not None:  # code with access to the namespace may bind more names
        call.interpreter.classes.add_unknown_attribute(call.act.site(body), UNKNOWN)
    return UNKNOWN


def variables_of(call: CallPoint) -> Value:
    """The result of `vars()` and `vars(value)`."""
    argument = call.arguments.first()
    if argument is None:
        return local_variables(call)
    return join(*(call.attribute(choice, NAMESPACE) for choice in alternatives(argument.value)))


def evaluate(call: CallPoint) -> Value:
    """The result of `eval`. The variables around it escape unless other namespaces are passed."""
    _mark_arguments_escaped(call, "code in a string")
    if len(list(call.arguments.everything())) < 2:
        _mark_variables_escaped(call)
        names.expose_module(call, ModuleRef(call.act.tree.path))
    return UNKNOWN


def execute(call: CallPoint) -> Value:
    """The result of `exec`, which may bind names of the module, or of the namespaces that it gets."""
    others = list(call.arguments.everything())[1:]
    namespaces = [choice for argument in others for choice in alternatives(argument.value)]
    if call.act.frame.function is None or others:
        overwrite_names(call.interpreter, ModuleRef(call.act.tree.path))
    for namespace in filter(names.is_module_namespace, namespaces):
        overwrite_names(call.interpreter, cast(ModuleRef, cast(MemberRef, namespace).receiver))
    return evaluate(call)


def create_class(call: CallPoint) -> Value:
    """The result of `type(name, bases, attributes)` and `types.new_class(name, bases, ...)`, whose arguments
    escape. The attributes are joined into those of the bases, which stand for the new class."""
    _mark_arguments_escaped(call, "a class")
    bases, namespace = call.arguments.first("bases", place=1), call.arguments.first(place=2)
    is_display = namespace is not None and len(call.arguments.positional) == _TYPE_ARGUMENTS
    attributes = namespace.value if namespace is not None and is_display else UNKNOWN
    choices = list(alternatives(element_of(call.interpreter, bases.value) if bases is not None else UNKNOWN))
    for base in choices:
        if isinstance(base, Class):
            call.interpreter.mark_escaped(base)  # who has the new class calls its methods
            take_namespace(call.interpreter, base, attributes)
    merge_bases(call.interpreter, [base for base in choices if isinstance(base, Class)])
    if not all(isinstance(base, Class | Symbol) for base in choices):
        for site in list(call.interpreter.classes.infos):  # the namespace may be a copy of that of any class
            call.interpreter.classes.add_unknown_attribute(site, UNKNOWN)
    return join(UNKNOWN, *(base for base in choices if isinstance(base, Class)))


def allocate_type(call: CallPoint) -> Value:
    """The result of `type.__new__(meta, name, bases, attributes)`, in a metaclass or elsewhere."""
    if call.interpreter.classes.being_made or len(call.arguments.positional) <= _TYPE_ARGUMENTS:
        return type_call_result(call)
    return create_class(replace(call, arguments=Arguments(call.arguments.positional[1:])))


def weak_referent(call: CallPoint) -> Value:
    """The result of `weakref.proxy(value)`: the value."""
    argument = call.arguments.first()
    if argument is None:
        return UNKNOWN
    call.note_flows(argument)
    return argument.value


def all_objects(call: CallPoint) -> Value:
    """The result of `gc.get_objects()`: any object of the program."""
    for path in call.interpreter.trees:
        call.interpreter.expose(ModuleRef(path))
    return library_result("gc.get_objects")


def module_of(call: CallPoint) -> Value:
    """The result of `inspect.getmodule(value)`."""
    argument = call.arguments.first()
    choices = alternatives(argument.value) if argument is not None else ()
    sites = [choice.site for choice in choices if isinstance(choice, Function | Class)]
    return join(*(ModuleRef(site.path) for site in sites)) if sites else UNKNOWN


_TYPE_ARGUMENTS = 3


def call_type(call: CallPoint) -> Value:
    """The result of `type(value)` and of `type(name, bases, attributes)`, whose arguments escape."""
    if len(call.arguments.positional) > 1:
        return create_class(call)
    argument = call.arguments.first()
    choices = list(alternatives(argument.value)) if argument is not None else []
    for choice in choices:
        if argument is not None and isinstance(choice, Reply):
            call.note_use(UseKind.METHOD, choice, argument.site, detail=TYPE)
    objects = [call.interpreter.heap.get(choice) for choice in choices]
    classes = [
        heap_object.cls
        for heap_object in objects
        if isinstance(heap_object, Instance) and heap_object.cls is not None
    ]
    of_logging = list(filter(None, map(type_of, choices)))
    if of_logging:  # their types may be derived from these
        return join(UNKNOWN, *of_logging)
    return join(*classes) if classes and len(classes) == len(choices) else UNKNOWN


def set_attribute_by_name(call: CallPoint) -> Value:
    """The result of `setattr(value, name, held)`: an assignment if the name is known."""
    owner, name, value = (call.arguments.first(place=place) for place in range(3))
    if owner is not None and call.arguments.spread and (name is None or value is None):
        spread = call.arguments.spread[0]
        _set_unknown_attribute(call, owner, spread._replace(value=UNKNOWN), spread._replace(value=UNKNOWN))
    if owner is None or name is None or value is None:
        return UNKNOWN
    call.note_use(UseKind.ESCAPE, name.value, name.site, detail="a computed attribute name")
    for choice in alternatives(name.value):
        if isinstance(choice, Text) and choice.literal is not None:
            call.interpreter.transfer.set_attribute(call, owner, choice.literal, value)
        else:
            _set_unknown_attribute(call, owner, name._replace(value=choice), value)
    return NONE


def delete_attribute_by_name(call: CallPoint) -> Value:
    """The result of `delattr(value, name)`."""
    owner, name = call.arguments.first(), call.arguments.first(place=1)
    if owner is not None:
        for choice in alternatives(name.value if name is not None else UNKNOWN):
            delete_attribute(call, owner, known_text(choice))
    return NONE


def set_attribute_by_super(call: CallPoint) -> Value:
    """The result of `super().__setattr__(name, held)`."""
    own = call.act.frame.receiver
    arguments = [*([own] if own is not None else []), *call.arguments.positional]
    return set_attribute_by_name(replace(call, arguments=Arguments(arguments)))


def set_attribute_by_method(call: CallPoint, member: MemberRef) -> Value:
    """The result of `value.__setattr__(name, held)`."""
    owner = Operand(member.receiver, receiver_of(call), call.act.frame.id)
    return set_attribute_by_name(replace(call, arguments=Arguments([owner, *call.arguments.positional])))


def _set_unknown_attribute(call: CallPoint, owner: Operand, name: Operand, new_value: Operand) -> None:
    interpreter = call.interpreter
    may_be_code = any(isinstance(choice, Unknown | MemberRef) for choice in alternatives(new_value.value))
    for choice in alternatives(owner.value):
        heap_object = interpreter.heap.get(choice)
        if isinstance(heap_object, Instance):
            interpreter.stores += put_entry(
                interpreter,
                names.instance_namespace(interpreter, heap_object)[1],
                name,
                new_value,
                call.site,
                optional=True,
            )
            continue
        for operand in (owner._replace(value=choice), new_value):
            interpreter.mark_escaped(operand.value)
            call.note_use(UseKind.ESCAPE, operand.value, operand.site, detail="setattr")
        if isinstance(choice, Class):
            interpreter.classes.add_unknown_attribute(choice.site, new_value.value)
        if may_be_code:
            note_code_replaced(interpreter, choice)
        interpreter.log_sinks.note_unknown_attribute_set(choice)
        if isinstance(choice, ModuleRef):
            overwrite_names(interpreter, choice, written=new_value.value)
        if names.is_of_any_module(choice):
            overwrite_attributes_anywhere(interpreter, new_value)


def named_object(call: CallPoint, parts: Sequence[str]) -> Value:
    """The object that the parts of a path mean: attributes of the longest module of the program in it.
    UNKNOWN if none is."""
    for length in range(len(parts), 0, -1):
        value = names.module_value(call.interpreter, call.act, ".".join(parts[:length]), 0)
        if isinstance(value, ModuleRef):
            return attribute_path(call, value, parts[length:])
    return UNKNOWN


def attribute_path(call: CallPoint, value: Value, parts: Iterable[str]) -> Value:
    """The attribute of a value at the end of a path of names."""
    for name in parts:
        value = call.attribute(value, name)
    return value


def resolve_name(call: CallPoint) -> Value:
    """The object that the first argument names. Any object of the program if the path isn't known."""
    path = call.arguments.first()
    return join(*(_resolve(call, choice) for choice in alternatives(path.value))) if path else UNKNOWN


def _resolve(call: CallPoint, path: Value) -> Value:
    literal = path.literal if isinstance(path, Text) else None
    return names.ANY_MEMBER if literal is None else named_object(call, literal.replace(":", ".").split("."))


_NAMING = (
    "django.utils.module_loading.import_string",
    "pkgutil.resolve_name",
    "pydoc.locate",
    "werkzeug.utils.import_string",
)
"""Functions that find an object by its path: `pkgutil.resolve_name("shop.client:Client")`."""


def unwrap(call: CallPoint) -> Value:
    """The result of `inspect.unwrap(function)`: any of the functions below its decorators, which escape."""
    pending = [argument.value for argument in call.arguments.everything()]
    visited: set[Value] = set()
    while pending:
        for choice in alternatives(pending.pop()):
            if choice not in visited and isinstance(choice, Function | Bound | Ref):
                visited.add(choice)
                call.interpreter.mark_escaped(choice)
                pending.append(call.attribute(choice, WRAPPED))
    return call_or_default(call, "inspect.unwrap", "inspect.unwrap", library_result("inspect.unwrap"))


SYMBOLS: dict[str, Model] = {
    "inspect.unwrap": unwrap,
    **dict.fromkeys(_NAMING, resolve_name),
    "builtins.globals": module_variables,
    "builtins.locals": local_variables,
    "builtins.vars": variables_of,
    "builtins.__import__": import_outermost_package,
    "importlib.import_module": import_module,
    "importlib.reload": reload,
    "sys.modules.get": get_loaded_module,
    **{f"sys.modules.{method}": set_loaded_modules for method in ("setdefault", "update", "__setitem__")},
    **{f"sys.path.{method}": change_search_path for method in ("insert", "append", "extend", "__setitem__")},
    "site.addsitedir": change_search_path,
    "builtins.setattr": set_attribute_by_name,
    "builtins.object.__setattr__": set_attribute_by_name,
    "builtins.type.__setattr__": set_attribute_by_name,
    "builtins.super.__setattr__": set_attribute_by_super,
    "builtins.delattr": delete_attribute_by_name,
    "builtins.object.__delattr__": delete_attribute_by_name,
    "builtins.type.__delattr__": delete_attribute_by_name,
    "builtins.eval": evaluate,
    "builtins.exec": execute,
    "builtins.type": call_type,
    "types.new_class": create_class,
    "weakref.proxy": weak_referent,
    "inspect.getmodule": module_of,
    "gc.get_objects": all_objects,
    "builtins.object.__new__": allocate_instance,
    "builtins.type.__new__": allocate_type,
    "builtins.type.__call__": type_call_result,
}
METHODS: dict[str, Method] = {"object.__setattr__": set_attribute_by_method}
