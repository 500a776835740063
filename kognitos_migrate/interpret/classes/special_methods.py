"""Special methods of instances: items, iteration, operators, context managers."""

from collections.abc import Callable, Sequence

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import (
    class_attribute,
    methods_in,
    mro_of,
)
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.use_details import OPERATOR
from kognitos_migrate.values.heap import Instance, Iterated, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Const,
    Function,
    MemberRef,
    Ref,
    Text,
    Value,
)

URL_COMPONENTS = ("scheme", "netloc", "path", "params", "query", "fragment")
"""The components of a parsed URL in their order. A split URL has no `params`."""
TYPED_DICTS = ("typing.TypedDict", "typing_extensions.TypedDict")
"""Bases whose instances are dicts of their fields."""


def call_special_method(
    interpreter: Interpreter, ref: Ref, method: str, *operands: Operand, point: EvalPoint | None = None
) -> Value | None:
    """The result of the method `method` of the instance's class; None if the class has none.

    If `point` is None, the call is evaluated at the site that creates the instance.
    """
    instance = interpreter.heap[ref]
    methods = special_methods(interpreter, ref, method)
    act = interpreter.activations.get(instance.frame)
    if not methods or act is None:
        return None
    if point is None:
        point = EvalPoint(interpreter, act, interpreter.trees[instance.site.path].node(instance.site))
    return join(*(point.call(Bound(method, ref), Arguments(list(operands))) for method in methods))


def special_methods(interpreter: Interpreter, value: Value, method: str) -> Sequence[Function]:
    """The functions that the class of an instance may define as `method`; none for other values."""
    instance = interpreter.heap.get(value)
    attribute = class_attribute(interpreter, instance.cls, method) if isinstance(instance, Instance) else None
    return methods_in(attribute) if attribute is not None else ()


_OPERATORS = {
    "Add": "add",
    "Subtract": "sub",
    "Multiply": "mul",
    "Divide": "truediv",
    "FloorDivide": "floordiv",
    "Modulo": "mod",
    "Power": "pow",
    "MatrixMultiply": "matmul",
    "LeftShift": "lshift",
    "RightShift": "rshift",
    "BitAnd": "and",
    "BitOr": "or",
    "BitXor": "xor",
}
"""The special methods of binary operators, by the name of the operator's node class."""


def operator_result(point: EvalPoint, left: Operand, right: Operand, operator: str) -> Value | None:
    """The result of a binary operator that classes of the program define; None if they don't.

    `operator` is the name of its node class, such as `AddAssign` for `+=`.
    """
    interpreter, word = point.interpreter, _OPERATORS.get(operator.removesuffix("Assign"))
    if word is None:
        return None
    reflected = [
        call_special_method(interpreter, choice, f"__r{word}__", left, point=point)
        for choice in alternatives(right.value)
        if isinstance(choice, Ref)
    ]
    results = [value for value in reflected if value is not None]
    is_answered = bool(results)
    others: list[Value] = []
    for choice in alternatives(left.value):
        result: Value | None = None
        if isinstance(choice, Ref):
            if operator.endswith("Assign"):
                result = call_special_method(interpreter, choice, f"__i{word}__", right, point=point)
            if result is None:
                result = call_special_method(interpreter, choice, f"__{word}__", right, point=point)
        (results if result is not None else others).append(result if result is not None else choice)
    if not results:
        return None
    if is_answered or not others:
        return join(*results)
    point.note_use(UseKind.METHOD, join(*others), left.site, detail=OPERATOR)
    point.note_use(UseKind.METHOD, right.value, right.site, detail=OPERATOR)
    return join(*results, UNKNOWN)


def tuple_fields(interpreter: Interpreter, ref: Ref) -> list[Value] | None:
    """The fields of a named tuple, or of a split URL, in order; None for any other instance."""
    instance = interpreter.heap[ref]
    if not isinstance(instance, Instance):
        return None
    if instance.cls is None:
        is_url = "netloc" in instance.attributes
        names = [name for name in URL_COMPONENTS if name in instance.attributes]
        return [instance.attributes[name] for name in names] if is_url else None
    family = mro_of(interpreter, instance.cls).family
    if family is None or not family.is_tuple:
        return None
    info = interpreter.classes.infos[instance.cls.site]
    return [instance.attributes.get(field.name, UNKNOWN) for field in info.fields]


def item_of_instance(point: EvalPoint, ref: Ref, key: Operand) -> Value | None:
    """The value of `instance[key]`; None if its class doesn't define it."""
    interpreter = point.interpreter
    fields = tuple_fields(interpreter, ref)
    if fields is not None:
        number = key.value.value if isinstance(key.value, Const) else None
        if isinstance(number, int) and -len(fields) <= number < len(fields):
            return fields[number]
        return join(*fields)
    instance = interpreter.heap[ref]
    if isinstance(instance, Instance) and instance.cls is not None and isinstance(key.value, Text):
        attribute = instance.attributes.get(key.value.literal or "")
        if attribute is not None and not mro_of(interpreter, instance.cls).outside_names.isdisjoint(
            TYPED_DICTS
        ):
            return attribute
    return call_special_method(interpreter, ref, "__getitem__", key, point=point)


def copy_of(point: EvalPoint, value: Value) -> Value:
    """The copy of a value: the value itself, or the results of its class's methods for that."""
    copies: list[Value] = []
    for choice in alternatives(value):
        memo = point.operand(UNKNOWN)
        results: list[Value | None] = []
        if isinstance(choice, Ref):
            results = [
                call_special_method(point.interpreter, choice, "__copy__", point=point),
                call_special_method(point.interpreter, choice, "__deepcopy__", memo, point=point),
            ]
        copies += [result for result in results if result is not None] or [choice]
    return join(*copies)


def iterator_of(interpreter: Interpreter, ref: Ref) -> Value | None:
    """The iterator of an instance, for `for` or `async for`; None if its class defines none."""
    iterator = call_special_method(interpreter, ref, "__iter__")
    return iterator if iterator is not None else call_special_method(interpreter, ref, "__aiter__")


def next_of(interpreter: Interpreter, ref: Ref) -> Value | None:
    """The next element of an instance that is an iterator; None if its class defines no such method."""
    element = call_special_method(interpreter, ref, "__next__")
    return element if element is not None else call_special_method(interpreter, ref, "__anext__")


def context_value(point: EvalPoint, manager: Value, method: str) -> Value:
    """The value that `with` binds: the result of the manager's method, or the manager itself if that is
    unknown."""
    return join(*(_enter_manager(point, choice, method) for choice in alternatives(manager)))


def exit_manager(
    point: EvalPoint, manager: Value, method: str, any_error: Callable[[Interpreter], Value]
) -> Value:
    """Call the exit method `method` of context managers, which may receive an error, and return the result.

    Few managers have such a method, so the error is read only for these.
    """
    interpreter = point.interpreter
    managers = [
        choice
        for choice in alternatives(manager)
        if isinstance(choice, Ref) and special_methods(interpreter, choice, method)
    ]
    error = point.operand(any_error(interpreter) if managers else NEVER)
    results = (
        call_special_method(interpreter, ref, method, error, error, error, point=point) for ref in managers
    )
    return join(*(result for result in results if result is not None))


def _enter_manager(point: EvalPoint, manager: Value, method: str) -> Value:
    heap_object = point.interpreter.heap.get(manager)
    if isinstance(heap_object, Iterated):
        return heap_object.element
    if not isinstance(heap_object, Instance) or heap_object.cls is None:
        return manager
    enter = point.attribute(manager, method)
    return manager if isinstance(enter, MemberRef) else point.call(enter, Arguments())
