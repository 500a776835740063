"""Special methods that only the program defines, which syntax and builtin functions call without a name."""

from collections.abc import Sequence

from kognitos_migrate.interpret.classes.attribute_lookup import (
    class_attribute,
    has_plain_bases,
    may_have_more_attributes,
    methods_in,
    mro_of,
)
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Class, Function, Symbol, Unknown, Value

TOTAL_ORDERING = "functools.total_ordering"
"""The decorator of classes that makes all comparisons of order from one of them."""
_KEEPING = ("dataclasses.dataclass", TOTAL_ORDERING)
"""Decorators of classes that leave the methods in the class's body as they are."""


def own_methods(interpreter: Interpreter, cls: Class, name: str) -> Sequence[Function] | None:
    """The functions that a class has as its method `name`; empty if it has that of `object`. None if a
    decorator, a metaclass or a base out of sight may define the method.

    Code out of sight, such as a debugger or a set, calls the functions, too.
    """
    if may_have_more_attributes(interpreter, cls):
        return None
    for info in mro_of(interpreter, cls).infos:
        if name in info.attributes:
            break
        if not _is_plain(info):
            return None
    else:
        return ()
    attribute = class_attribute(interpreter, cls, name)
    functions = methods_in(attribute)
    if len(functions) < len(alternatives(attribute)) or not all(map(_keeps_methods, info.decorators)):
        return None
    if not interpreter.testing.runs:
        interpreter.functions.register((function.site for function in functions), ())
    return functions


def has_decorator(interpreter: Interpreter, cls: Class, name: str) -> bool:
    """Whether a class or one of its bases in the program has a decorator."""
    infos = mro_of(interpreter, cls).infos
    return any(name in _names(decorator) for info in infos for decorator in info.decorators)


def _is_plain(info: ClassInfo) -> bool:
    """Whether nothing but its own body gives a class methods, other than its bases in the program, and an
    order that is made of its own methods."""
    is_decorated = any(_names(decorator) != [TOTAL_ORDERING] for decorator in info.decorators)
    return not (is_decorated or info.keywords) and has_plain_bases(info)


def _keeps_methods(decorator: Value) -> bool:
    return all(name in _KEEPING for name in _names(decorator))


def _names(decorator: Value) -> list[str]:
    """The qualified names of a decorator, or of the functions that return it; empty ones if it is no
    library's."""
    return [
        choice.name
        if isinstance(choice, Symbol)
        else choice.source.removesuffix("()")
        if isinstance(choice, Unknown)
        else ""
        for choice in alternatives(decorator)
    ]
