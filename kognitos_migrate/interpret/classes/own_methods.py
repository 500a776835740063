"""Special methods that only the program defines, which syntax and builtin functions call without a name."""

from collections.abc import Collection, Sequence

from kognitos_migrate.interpret.classes.attribute_lookup import (
    class_attribute,
    has_plain_bases,
    may_have_more_attributes,
    methods_in,
    mro_of,
)
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Class, Function, Symbol, Unknown, Value

TOTAL_ORDERING = "functools.total_ordering"
"""The decorator of classes that makes all comparisons of order from one of them."""
_DATACLASS = "dataclasses.dataclass"
_UNGENERATED = ("__format__", "__str__", "__ne__")
"""Methods that a dataclass has as its body and its bases define them."""
_DECORATORS_KEEPING_METHODS = (_DATACLASS, TOTAL_ORDERING)
"""Decorators of classes that leave the methods in the class's body as they are."""


def class_of_methods(interpreter: Interpreter, value: Value) -> Class | None:
    """The class of the program that has the special methods of an instance. None for any other value, and if
    the program sets the instance's class."""
    instance = interpreter.heap.get(value)
    if not isinstance(instance, Instance) or "__class__" in instance.attributes:
        return None
    return instance.cls


def may_be_replaced(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a metaclass, code that sets computed names, or a library's function that receives the class may
    replace its methods."""
    is_passed_on = not interpreter.classes.passed_on.isdisjoint(mro_of(interpreter, cls).sites)
    return is_passed_on or may_have_more_attributes(interpreter, cls)


def own_methods(interpreter: Interpreter, cls: Class, name: str) -> Sequence[Function] | None:
    """The functions that a class has as its method `name`; empty if it has that of `object`. None if a
    decorator, a metaclass, a base out of sight or other code may define the method."""
    if may_be_replaced(interpreter, cls):
        return None
    order = mro_of(interpreter, cls)
    place = next((number for number, info in enumerate(order.infos) if name in info.attributes), None)
    nearer = order.infos[:place]
    if not all(is_plain(info, name) for info in nearer):
        return None
    if place is None:
        return ()
    attribute = class_attribute(interpreter, cls, name)
    functions = methods_in(attribute)
    others = order.infos[place + 1 :]
    is_ambiguous = any(_has_several_bases(info) for info in nearer) and any(
        name in info.attributes for info in others
    )
    is_replaceable = not all(map(_keeps_methods, order.infos[place].decorators))
    if is_ambiguous or is_replaceable or len(functions) < len(alternatives(attribute)):
        return None
    return functions


def methods_for_code_out_of_sight(
    interpreter: Interpreter, cls: Class, name: str
) -> Sequence[Function] | None:
    """As `own_methods`, for a method that code out of sight calls, too, such as a debugger or a set: its
    functions become entry points."""
    functions = own_methods(interpreter, cls, name)
    if functions and not interpreter.testing.runs:
        interpreter.functions.register((function.site for function in functions), ())
    return functions


def has_decorator(interpreter: Interpreter, cls: Class, name: str) -> bool:
    """Whether a class or one of its bases in the program has a decorator."""
    infos = mro_of(interpreter, cls).infos
    return any(name in _names(decorator) for info in infos for decorator in info.decorators)


def is_plain(info: ClassInfo, method: str) -> bool:
    """Whether nothing but its own body gives a class the method, other than its bases in the program, and an
    order that is made of its own methods."""
    harmless: Collection[str] = _DECORATORS_KEEPING_METHODS if method in _UNGENERATED else (TOTAL_ORDERING,)
    is_decorated = any(name not in harmless for decorator in info.decorators for name in _names(decorator))
    return not (is_decorated or info.keywords) and has_plain_bases(info)


def _has_several_bases(info: ClassInfo) -> bool:
    bases = (choice for base in info.bases for choice in alternatives(base))
    return sum(isinstance(base, Class) for base in bases) > 1


def _keeps_methods(decorator: Value) -> bool:
    return all(name in _DECORATORS_KEEPING_METHODS for name in _names(decorator))


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
