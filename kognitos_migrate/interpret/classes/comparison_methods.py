"""Comparisons that classes of the program define: `__eq__`, `__lt__` and the like.

class Run:
    def __eq__(self, other):
        return self.worker == other.worker

first == second                    # compares the two workers, and nothing else in the objects
"""

from itertools import product

from kognitos_migrate.interpret.classes.own_methods import (
    TOTAL_ORDERING,
    class_of_methods,
    has_decorator,
    methods_for_code_out_of_sight,
)
from kognitos_migrate.interpret.classes.special_methods import call_special_method
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.use_details import HASHED
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import Class, Const, Ref, Reply, Text, Value

COMPARING = frozenset(("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"))
"""The methods that operators of comparison call."""
_EQUALITY = {"Equal": ("__eq__",), "NotEqual": ("__ne__", "__eq__")}
_ORDER = {
    "LessThan": ("__lt__", "__gt__"),
    "GreaterThan": ("__gt__", "__lt__"),
    "LessThanEqual": ("__le__", "__ge__"),
    "GreaterThanEqual": ("__ge__", "__le__"),
}
"""The methods of both sides that an operator calls, by the name of its node class."""
_ORDER_OF_TOTAL_ORDERING = ("__lt__", "__le__", "__gt__", "__ge__", "__eq__")
"""The methods that a comparison of order calls in a class that is decorated so."""


def compare_by_methods(point: EvalPoint, left: Operand, right: Operand, operator: str) -> bool:
    """Call the methods of the program that compare two values, and return whether they alone do.

    The right side's method is called if the left one's returns NotImplemented, or for an instance of a
    subclass.
    """
    if operator not in _EQUALITY and operator not in _ORDER:
        return False
    is_own = any(_is_object(point.interpreter, choice) for choice in alternatives(left.value, right.value))
    for first, second in product(alternatives(left.value), alternatives(right.value)):
        names = [_method_names(point.interpreter, side, operator) for side in (first, second)]
        if not any(_is_object(point.interpreter, side) for side in (first, second)) or None in names:
            is_own = False
            continue
        if operator in _ORDER and not any(names):
            is_own = False  # it may be a comparison of a library's type
        for receiver, other, own in ((first, right, names[0]), (second, left, names[1])):
            for name in own or ():
                argument = other._replace(value=second if receiver is first else first)
                assert isinstance(receiver, Ref)
                call_special_method(point.interpreter, receiver, name, argument, point=point)
    return is_own


def key_by_methods(point: EvalPoint, key: Operand) -> Value:
    """Call the methods of the program that compare the keys of a dict or the elements of a set, and return
    the values that are compared in another way."""
    others: list[Value] = []
    for choice in alternatives(key.value):
        operand = key._replace(value=choice)
        cls = class_of_methods(point.interpreter, choice)
        has_known_hash = (
            cls is not None and methods_for_code_out_of_sight(point.interpreter, cls, HASHED) is not None
        )
        if not has_known_hash or not compare_by_methods(point, operand, operand, "Equal"):
            others.append(choice)
    return join(*others)


def _method_names(interpreter: Interpreter, side: Value, operator: str) -> list[str] | None:
    """The methods of the program that compare one side; none if it only has those of `object` or of a
    builtin type, which don't compare instances of the program. None if others may compare it."""
    heap_object = interpreter.heap.get(side)
    if isinstance(side, Reply | Const) or (isinstance(side, Text) and side.member_of is None):
        return []
    if isinstance(heap_object, SequenceObject) or (
        isinstance(heap_object, DictObject) and not heap_object.has_attributes
    ):
        return []
    cls = class_of_methods(interpreter, side)
    if cls is None:
        return None
    names = _called_names(interpreter, cls, operator)
    methods = {name: methods_for_code_out_of_sight(interpreter, cls, name) for name in names}
    if None in methods.values():
        return None
    return [name for name, functions in methods.items() if functions]


def _called_names(interpreter: Interpreter, cls: Class, operator: str) -> tuple[str, ...]:
    if operator in _EQUALITY:
        return _EQUALITY[operator]
    return _ORDER_OF_TOTAL_ORDERING if has_decorator(interpreter, cls, TOTAL_ORDERING) else _ORDER[operator]


def _is_object(interpreter: Interpreter, side: Value) -> bool:
    heap_object = interpreter.heap.get(side)
    return isinstance(heap_object, Instance) and heap_object.cls is not None
