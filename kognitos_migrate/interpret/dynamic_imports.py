"""Modules that are found by names which are computed at run time."""

import re
from collections.abc import Collection, Iterable

import libcst as cst

from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.module_loading import load_module
from kognitos_migrate.interpret.names import ANY_MODULE, NAME, module_value
from kognitos_migrate.interpret.overwrites import overwrite_names
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    Hole,
    MemberRef,
    ModuleRef,
    Symbol,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.origins import OriginKind, ValueOrigin
from kognitos_migrate.values.texts import known_text

ENVIRONMENT = Symbol("os.environ")
SETTINGS_MODULE = Unknown("settings module", public=True)
"""A module out of sight that users name. Its objects are settings."""
_SUFFIX = ".py"
_MOST_RIVALS = 8
"""The maximum number of modules that users may name in place of the default. Beyond it, it may be any."""
_NO_FRAME = -1
"""The frame of objects that no activation creates."""


def named_module(interpreter: Interpreter, act: Activation, name: Value) -> Value:
    """The module of a name that is computed at run time.

    Users may name another one in a variable that the program sets or has a default for. The module is then
    that one, or another one that has names which are read of it, or one out of sight, whose objects are
    settings.
    """
    choices = alternatives(name)
    variables = [choice for choice in choices if isinstance(choice, Unknown) and choice.public]
    modules = join(
        *(_module_of_name(interpreter, act, choice) for choice in choices if choice not in variables)
    )
    if not variables:
        return modules
    texts = (text for choice in variables for text in alternatives(_variable(interpreter, choice)))
    whole = join(modules, *(_module_of_name(interpreter, act, text) for text in texts))
    own = [choice.path for choice in alternatives(whole) if isinstance(choice, ModuleRef)]
    rivals = _rivals(interpreter, own) if own else frozenset()
    if not own or len(rivals) > _MOST_RIVALS or not rivals <= interpreter.trees.keys():
        return join(modules, ANY_MODULE)
    for path in sorted(rivals):
        load_module(interpreter, path)
    return join(whole, SETTINGS_MODULE, *(ModuleRef(path) for path in sorted(rivals)))


def _rivals(interpreter: Interpreter, paths: Collection[str]) -> frozenset[str]:
    """The other modules of the program, in any folder, in which a name of these modules that the program may
    read has another value."""
    from kognitos_migrate.syntax.symbol_tables import assigned_names, may_assign

    imported = _import_closure(interpreter, paths)
    names = (
        {name for path in paths for name in interpreter.modules[path].env}
        if {*paths} <= {*interpreter.modules}
        else set()
    )
    names.update(*(assigned_names(interpreter.files.texts.get(path, "")) or () for path in paths))
    read = {name for name in names if any(_may_read(tree, name) for tree in interpreter.trees.values())}
    owners: dict[str, set[str]] = {name: set() for name in read}
    for path in filter(lambda path: path.endswith(_SUFFIX), {*interpreter.trees, *interpreter.files.apart}):
        text = interpreter.files.texts.get(path)
        for name in read:
            if text is None or may_assign(text, name):
                owners[name].add(path)
    rivals = (own for own in owners.values() if not (len(own) == 1 and own <= imported))
    return frozenset[str]().union(*rivals) - {*paths}


def _import_closure(interpreter: Interpreter, paths: Iterable[str]) -> set[str]:
    """These modules and those that they import, directly or not. They are run if necessary."""
    waiting, closure = [*paths], {*paths}
    while waiting:
        path = waiting.pop()
        load_module(interpreter, path)
        modules = {
            module
            for (importer, *_), module in interpreter.found_modules.items()
            if importer == path and module
        }
        waiting += modules - closure
        closure |= modules
    return closure


def _may_read(tree: Tree, name: str) -> bool:
    """Whether a module may read that name of another one: as an attribute, or by a text that contains a part
    of it."""
    return name in tree.memoize(_attributes) or any(
        text in name.lower() for text in tree.memoize(_texts_of_literals)
    )


def _attributes(tree: Tree) -> frozenset[str]:
    return frozenset(node.attr.value for node in tree.of_kind(cst.Attribute))


def _texts_of_literals(tree: Tree) -> frozenset[str]:
    strings = (node.raw_value for node in tree.of_kind(cst.SimpleString))
    pieces = (node.value for node in tree.of_kind(cst.FormattedStringText))
    return frozenset(text.lower() for text in (*strings, *pieces) if len(text) > 1 and text.isidentifier())


def _module_of_name(interpreter: Interpreter, act: Activation, name: Value) -> Value:
    if isinstance(name, MemberRef) and name.name == NAME:
        return name.receiver
    dotted = name.literal if isinstance(name, Text) else None
    if dotted is not None:
        return (
            module_value(interpreter, act, dotted, 0) if dotted and not dotted.startswith(".") else ANY_MODULE
        )
    match name:
        case Text((Hole(package), *rest)) if isinstance(package, MemberRef):
            return relative_module(interpreter, Text(tuple(rest)), package)
    return ANY_MODULE


def note_variable_set(interpreter: Interpreter, name: Value, value: Operand) -> None:
    """Record that the program sets an environment variable. It may name a module that other code imports."""
    word = known_text(name)
    if word is not None:
        interpreter.stores += _variables(interpreter).put(
            word, DictEntry(value, value.site, None, optional=True)
        )


def _variable(interpreter: Interpreter, value: Unknown) -> Value:
    """The values that the program sets an environment variable to; Never for any other unknown value."""
    match value.origin:
        case ValueOrigin(OriginKind.VARIABLE, (name,), ()):
            return _variables(interpreter).get(name)
    return NEVER


def _variables(interpreter: Interpreter) -> DictObject:
    """The environment variables that the program sets."""
    return interpreter.allocate_dict_at(Site(next(iter(interpreter.trees)), 0), _NO_FRAME)[1]


def replace_module(point: EvalPoint, name: Value, value: Value) -> None:
    """Let an object take the place of the module of that name, as by `sys.modules[name] = value`."""
    interpreter = point.interpreter
    if point.act.frame.path in interpreter.testing.modules:
        return
    for module in alternatives(named_module(interpreter, point.act, name)):
        if isinstance(module, ModuleRef):
            interpreter.shared.note_module_replacement(module.path, value)
        for path in interpreter.trees if module in (ANY_MODULE, SETTINGS_MODULE) else ():
            load_module(interpreter, path)
            overwrite_names(interpreter, ModuleRef(path))


def relative_module(interpreter: Interpreter, name: Value, package: Value) -> Value:
    """The module of a name such as `.part`, relative to the package whose `__name__` is given."""
    owner = package.receiver if isinstance(package, MemberRef) and package.name == NAME else None
    act = interpreter.modules.get(owner.path) if isinstance(owner, ModuleRef) else None
    texts = [choice.literal if isinstance(choice, Text) else None for choice in alternatives(name)]
    if act is None or not all(text is not None and re.fullmatch(r"\.\w+(\.\w+)*", text) for text in texts):
        return ANY_MODULE
    return join(*(module_value(interpreter, act, text[1:], 1) for text in texts if text is not None))
