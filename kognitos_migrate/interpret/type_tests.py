"""The results of `isinstance` for values whose type is certain."""

from itertools import chain

import libcst as cst

from kognitos_migrate.interpret.error_contents import COLLECTED
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.source.data_file.forms import NUMBER
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, Const, Ref, Reply, Symbol, Text, Unknown, Value
from kognitos_migrate.values.origins import OriginKind

_TEXTS = frozenset(("str", "bytes"))
_NUMBERS = frozenset(("int", "float", "bool"))
_DICTS = frozenset(("dict",))
_SEQUENCES = frozenset(("list", "tuple", "set", "frozenset"))
_COLLECTIONS = _TEXTS | _DICTS | _SEQUENCES
_ABSTRACT_TYPES = {
    "Mapping": _DICTS,
    "MutableMapping": _DICTS,
    "Sequence": _TEXTS | {"list", "tuple"},
    "Collection": _COLLECTIONS,
    "Iterable": _COLLECTIONS,
}
"""Abstract types of Python's library, and the built-in types whose values are instances of them."""
_TYPES = {
    **{f"builtins.{name}": frozenset((name,)) for name in _COLLECTIONS | _NUMBERS},
    **{
        f"{module}.{name}": types
        for module in ("collections.abc", "typing")
        for name, types in _ABSTRACT_TYPES.items()
    },
}
_DATA = frozenset(Symbol(f"builtins.{name}") for name in _COLLECTIONS | _NUMBERS)
_BASE_ERROR, _ERROR = Symbol("builtins.BaseException"), Symbol("builtins.Exception")
_EXITS = frozenset(
    (
        _BASE_ERROR,
        *(
            Symbol(f"builtins.{name}")
            for name in ("BaseExceptionGroup", "GeneratorExit", "KeyboardInterrupt", "SystemExit")
        ),
        *(Symbol(f"{module}.CancelledError") for module in ("asyncio", "asyncio.exceptions")),
    )
)
"""The errors that don't derive from Exception. Python's own ones contain no URL."""


def is_instance_of(interpreter: Interpreter, value: Value, types: Value) -> bool | None:
    """Whether a value is an instance of a type, or of one in a tuple; None if that isn't certain.

    An unknown setting with a text as its default is a text.
    """
    names = _builtin_types(interpreter, types)
    if isinstance(value, Unknown) and value.source == COLLECTED:
        return _is_error_instance(interpreter, types)
    if isinstance(value, Reply) and set(_types(interpreter, types)) <= {_BASE_ERROR, _ERROR}:
        return False
    choices = alternatives(value)
    if any(isinstance(choice, Text) for choice in choices):
        choices = tuple(choice for choice in choices if not (isinstance(choice, Unknown) and choice.public))
    results = {_is_instance(interpreter, choice, names) for choice in choices} if names else {None}
    result = results.pop() if len(results) == 1 else None
    return None if result and len(alternatives(types)) > 1 else result


def _builtin_types(interpreter: Interpreter, types: Value) -> frozenset[str]:
    """The names of a built-in type, or of those in a tuple, where an abstract type is all built-in types that
    implement it. Empty if they aren't all known."""
    choices = _types(interpreter, types)
    implementers = [
        _TYPES[choice.name] for choice in choices if isinstance(choice, Symbol) and choice.name in _TYPES
    ]
    return frozenset(chain.from_iterable(implementers)) if len(implementers) == len(choices) else frozenset()


def _types(interpreter: Interpreter, types: Value) -> list[Value]:
    """The types in a tuple, or the only one. An element with an unknown index is one of them."""
    sequences = [each for each in interpreter.heap.objects_of(types) if isinstance(each, SequenceObject)]
    values = [item.value for sequence in sequences for item in sequence.items]
    values += [sequence.rest for sequence in sequences if sequence.rest is not NEVER]
    return values or list(alternatives(types))


def _is_error_instance(interpreter: Interpreter, types: Value) -> bool | None:
    """Whether any error in the place of a result is an instance of one of the types. No class derives from an
    error and from one of the built-in types of data."""
    choices = _types(interpreter, types)
    if len(alternatives(types)) > 1:
        return None
    if _BASE_ERROR in choices:
        return True
    if _ERROR in choices:
        bases = {base for info in interpreter.classes.infos.values() for base in info.bases}
        return True if bases.isdisjoint(_EXITS) else None
    return False if set(choices) <= _DATA else None


def _is_instance(interpreter: Interpreter, value: Value, names: frozenset[str]) -> bool | None:
    match value:
        case Const() if value == NONE:
            return False
        case Const(int() | float()):
            return False if names.isdisjoint(_NUMBERS) else None
        case Text(member_of=None):  # a text may also be a path
            return False if names.isdisjoint(_TEXTS) else None
        case Unknown(maker=maker) if maker == NUMBER:
            return False if names.isdisjoint(_TEXTS | _NUMBERS) else None
        case Unknown(origin=origin) if origin is not None and origin.kind is OriginKind.VARIABLE:
            return False if not origin.reads and names.isdisjoint(_TEXTS) else None
        case Ref():
            return _is_collection(interpreter, value, names)
    return None


def _is_collection(interpreter: Interpreter, value: Ref, names: frozenset[str]) -> bool | None:
    """Whether a dict or a list is an instance of one of the types."""
    displays: tuple[type[cst.CSTNode], ...]
    match interpreter.heap[value]:
        case DictObject(site=site):
            kinds, displays = _DICTS, (cst.Dict, cst.DictComp)
        case SequenceObject(site=site):
            kinds, displays = _SEQUENCES, (cst.List, cst.ListComp)
        case _:
            return None
    if names.isdisjoint(kinds):
        return False
    return True if kinds - _LISTS <= names and isinstance(_node(interpreter, site), displays) else None


_LISTS = frozenset(("tuple", "set", "frozenset"))


def _node(interpreter: Interpreter, site: Site) -> cst.CSTNode | None:
    tree = interpreter.trees.get(site.path)
    return tree.node(site) if tree is not None else None
