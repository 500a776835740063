"""The results of `isinstance` for values whose type is certain."""

from itertools import chain

import libcst as cst

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.source.data_file.forms import NUMBER
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Const, Ref, Symbol, Text, Unknown, Value
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


def is_instance_of(interpreter: Interpreter, value: Value, types: Value) -> bool | None:
    """Whether a value is an instance of a type, or of one in a tuple; None if that isn't certain.

    An unknown setting with a text as its default is a text.
    """
    names = _builtin_types(interpreter, types)
    choices = alternatives(value)
    if any(isinstance(choice, Text) for choice in choices):
        choices = tuple(choice for choice in choices if not (isinstance(choice, Unknown) and choice.public))
    results = {_is_instance(interpreter, choice, names) for choice in choices} if names else {None}
    return results.pop() if len(results) == 1 else None


def _builtin_types(interpreter: Interpreter, types: Value) -> frozenset[str]:
    """The names of a built-in type, or of those in a tuple, where an abstract type is all built-in types that
    implement it. Empty if they aren't all known."""
    items = [
        item
        for sequence in interpreter.heap.objects_of(types)
        if isinstance(sequence, SequenceObject)
        for item in sequence.items
    ]
    choices = [item.value for item in items] or list(alternatives(types))
    implementers = [
        _TYPES[choice.name] for choice in choices if isinstance(choice, Symbol) and choice.name in _TYPES
    ]
    return frozenset(chain.from_iterable(implementers)) if len(implementers) == len(choices) else frozenset()


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
