"""Name resolution at run time: scopes, modules, and namespaces as dicts."""

import builtins
from collections.abc import Collection
from typing import cast

import libcst as cst

from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.narrowing import forget_name
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import Instance, Namespace
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Class,
    MemberRef,
    ModuleRef,
    Ref,
    Symbol,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.origins import OriginKind, ValueOrigin

_SUCCESSORS = {
    "six.moves.configparser": "configparser",
    "six.moves.http_client": "http.client",
    "six.moves.http_cookiejar": "http.cookiejar",
    "six.moves.queue": "queue",
    "six.moves.urllib": "urllib",
    "six.moves.urllib_error": "urllib.error",
    "six.moves.urllib_parse": "urllib.parse",
    "requests.packages.urllib3": "urllib3",
}


def current_name(dotted: str) -> str:
    """The name of a library's module or object without the alias of a compatibility package."""
    for alias, name in _SUCCESSORS.items():
        if dotted == alias or dotted.startswith(f"{alias}."):
            return name + dotted.removeprefix(alias)
    return dotted


PACKAGE = "__init__.py"
NAME = "__name__"
"""The variable that contains a module's own name."""
_MAIN = "__main__"
"""The name of the module that is run. It is taken for the one that uses the name."""
_NEWER_BUILTINS = ("BaseExceptionGroup", "ExceptionGroup", "PythonFinalizationError")
"""Builtins of newer Python versions than the oldest supported one. The program may be written for a newer
version than the one that runs this tool."""
_BUILTINS: dict[str, Value] = {
    name: Symbol(f"builtins.{name}") for name in (*dir(builtins), *_NEWER_BUILTINS)
}


def lookup(interpreter: Interpreter, act: Activation, name: str) -> Value:
    """The value of a name: local, in an enclosing function, in the module, or built-in."""
    if name in act.env and name not in act.outer:
        return act.env[name]
    outer = _lookup_outside(interpreter, act, name)
    return join(outer, Unknown(name)) if act.is_supplied else outer


def _lookup_outside(interpreter: Interpreter, act: Activation, name: str) -> Value:
    for enclosing in enclosing_activations(interpreter, act) if act.frame.closure is not None else ():
        if name in enclosing.env and not enclosing.class_scope:
            return name_in(interpreter, enclosing, name)
    module = interpreter.modules.get(act.frame.path)
    if module:
        value = name_in(interpreter, module, name)
        if name in module.env:
            return value
    if module and name == NAME:
        return MemberRef(ModuleRef(act.frame.path), NAME)
    if name == "__builtins__":
        return module_value(interpreter, act, "builtins", 0)
    if name == _CLASS_CELL and (body := _class_body(act)) is not None:
        return Class(act.site(body), -1)
    return _BUILTINS.get(name, UNKNOWN)


_CLASS_CELL = "__class__"
"""The variable of methods that contains the class which defines them."""


def _class_body(act: Activation) -> cst.ClassDef | None:
    """The class definition around the function that runs."""
    function = act.tree.node(act.frame.function) if act.frame.function is not None else None
    return act.tree.enclosing(function, cst.ClassDef) if function is not None else None


def name_in(interpreter: Interpreter, act: Activation, name: str) -> Value:
    """The value of a name in another activation; added to the read set."""
    value = act.env.get(name, NEVER)
    interpreter.read_set.names.setdefault((act.frame.id, name), value)
    return value


def enclosing_activations(interpreter: Interpreter, act: Activation) -> list[Activation]:
    """The enclosing activations of `act`, innermost first."""
    activations: list[Activation] = []
    closure = act.frame.closure
    while closure is not None:
        enclosing = interpreter.activations.get(closure)
        if enclosing is None:
            break
        activations.append(enclosing)
        closure = enclosing.frame.closure
    return activations


def bind(interpreter: Interpreter, act: Activation, name: str, value: Value) -> None:
    """Bind a name. A global or nonlocal name also keeps its earlier values."""
    forget_name(act.env, name)
    if name not in act.outer:
        act.env[name] = interpreter.shared.join_later_bindings(act.frame.id, name, value)
        return
    enclosing = [outer for outer in enclosing_activations(interpreter, act) if name in outer.env]
    owner = enclosing[0] if enclosing else interpreter.modules[act.frame.path]
    forget_name(owner.env, name)
    interpreter.shared.bind(owner.frame.id, owner.env, name, join(name_in(interpreter, owner, name), value))
    defer_binding(interpreter, owner.frame.id, name, value)


def defer_binding(interpreter: Interpreter, frame: int, name: str, value: Value) -> None:
    """Record a binding of another frame's name, if it is made by a function that unanalysed code may call: a
    handler of signals, for instance, which runs between any two statements, or a special method."""
    if interpreter.running.is_entry or any(
        running.function in interpreter.functions.registered for running in interpreter.running.frames
    ):
        interpreter.shared.defer(frame, name, value)


NAMESPACE = "__dict__"
"""The attribute that contains the namespace of a module, class or instance."""
ANY_MODULE = Unknown("any module", origin=ValueOrigin(OriginKind.MODULE))
"""A module whose name isn't known."""
ANY_MEMBER = replace(ANY_MODULE.attribute("?"), origin=None)
"""An object of such a module, whose name isn't known either."""
SEARCH_PATH = Symbol("sys.path")
"""The folders in which modules are searched."""
MODULES = Symbol("sys.modules")
_NAMESPACE_READER = "code that reads the namespace that contains it"


def module_namespace(point: EvalPoint, module: ModuleRef) -> Value:
    """The namespace of a module. Unless one name is read or one method is called, all of its names are
    exposed."""
    parent = point.act.tree.parent(point.node)
    if not isinstance(parent, cst.Subscript | cst.Attribute):
        expose_module(point, module)
    return MemberRef(module, NAMESPACE)


def is_of_any_module(value: Value) -> bool:
    """Whether a value is a module whose name isn't known, or an object in one, but no result of a call."""
    if not isinstance(value, Unknown) or "(" in value.source:
        return False
    return f"{value.source}.".startswith(f"{ANY_MODULE.source}.")


def is_module_namespace(value: Value) -> bool:
    """Whether a value is the namespace of a module."""
    return isinstance(value, MemberRef) and value.name == NAMESPACE and isinstance(value.receiver, ModuleRef)


def expose_module(point: EvalPoint, module: ModuleRef) -> None:
    """Let all values of a module escape, the current and the later ones."""
    interpreter = point.interpreter
    interpreter.exposed.add(module.path)
    loaded = interpreter.transfer.load_module(interpreter, module.path)
    for value in list(loaded.env.values()) if loaded is not None else ():
        interpreter.mark_escaped(value)
        point.note_use(UseKind.ESCAPE, value, point.site, detail=_NAMESPACE_READER)


def expose_module_texts(point: EvalPoint, module: Value, names: Collection[str] | None = None) -> None:
    """Let the texts of a module escape, and those of the modules in it. With `names`, only these
    bindings.

    `module` may be any module of the program.
    """
    interpreter = point.interpreter
    paths = (
        [module.path]
        if isinstance(module, ModuleRef)
        else list(interpreter.modules)
        if module == ANY_MODULE
        else []
    )
    for path in paths:
        loaded = interpreter.modules.get(path)
        bindings = dict(loaded.env) if loaded is not None else {}
        values = [value for name, value in bindings.items() if names is None or name in names]
        for choice in alternatives(join(*values)):
            if isinstance(choice, Text):
                point.note_use(UseKind.ESCAPE, choice, point.site, detail=_NAMESPACE_READER)
            elif isinstance(choice, ModuleRef) and choice.path not in paths:
                paths.append(choice.path)


def expose_examples(point: EvalPoint, module: Value) -> None:
    """Let the texts of a module escape that its doctest examples name."""
    tree = point.interpreter.trees.get(module.path) if isinstance(module, ModuleRef) else None
    if tree is not None:
        from kognitos_migrate.syntax.module_references import words_in_examples

        expose_module_texts(point, module, tree.memoize(words_in_examples))


def note_namespace_binding(point: EvalPoint, name: str, value: Value) -> None:
    """Let a value escape that is bound to a name of an exposed module."""
    interpreter, act = point.interpreter, point.act
    if act.frame.path in interpreter.exposed and (act.frame.function is None or name in act.outer):
        interpreter.mark_escaped(value)
        point.note_use(UseKind.ESCAPE, value, point.site, detail=_NAMESPACE_READER)


def instance_namespace(interpreter: Interpreter, instance: Instance) -> tuple[Ref, Namespace]:
    """The attributes of an instance, as a dict. Each round of a loop that asks for it gets the same one."""
    if (names := instance.namespace) is None:
        names = instance.namespace = Namespace(instance.site, instance.frame, owner=instance)
        names.ref = interpreter.heap.add(names)
        for name, origins in instance.origins.items():
            for origin in origins:
                names.note(name, origin)
    assert names.ref is not None
    return names.ref, names


def dotted_name(node: cst.CSTNode) -> str:
    """The dotted name `a.b.c` as text."""
    if isinstance(node, cst.Attribute):
        return f"{dotted_name(node.value)}.{node.attr.value}"
    return cast(cst.Name, node).value


def module_value(interpreter: Interpreter, act: Activation, dotted: str, level: int) -> Value:
    """The module of a dotted name: a file of the program, or a symbol."""
    if dotted == _MAIN and not level:
        return ModuleRef(act.frame.path)
    key = (act.frame.path, dotted, level)
    if key not in interpreter.found_modules:
        interpreter.found_modules[key] = interpreter.files.find(*key)
    path = interpreter.found_modules[key]
    if path is None:
        interpreter.log_sinks.note_library_module(dotted)
        return Symbol(current_name(dotted))
    if path != act.frame.path and act.frame.path not in interpreter.testing.modules:
        interpreter.shared.note_import(act.frame.path, path)
    return join(
        ModuleRef(path),
        interpreter.shared.replaced.get(path, NEVER),
        _rival_modules(interpreter, act, dotted, level),
    )


def attribute_of_package(interpreter: Interpreter, package: Activation, name: str) -> Value:
    """The value of a name that a module binds. The import of a submodule by another module rebinds it."""
    value, path = name_in(interpreter, package, name), package.frame.path
    submodule = interpreter.files.find(path, name, 1) if path.endswith(PACKAGE) else None
    if submodule is None:
        return value
    importers = {
        importer for (importer, *_), module in interpreter.found_modules.items() if module == submodule
    }
    return join(value, ModuleRef(submodule)) if importers and path not in importers else value


def _rival_modules(interpreter: Interpreter, act: Activation, dotted: str, level: int) -> Value:
    """The other modules that a name may mean since the program changes `sys.path`."""
    if level or not interpreter.shared.search_path_changes:
        return NEVER
    paths = interpreter.files.rivals(act.frame.path, dotted)
    for path in paths:
        interpreter.shared.note_import(act.frame.path, path)
    return join(*(ModuleRef(path) if path in interpreter.trees else Unknown(dotted) for path in paths))


def note_search_path_change(interpreter: Interpreter) -> None:
    """Record that the program changes `sys.path`. Modules that ran before are run again."""
    interpreter.shared.deferrals += not interpreter.shared.search_path_changes
    interpreter.shared.search_path_changes = True
