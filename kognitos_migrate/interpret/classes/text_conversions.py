"""The texts of objects: what `str()`, `repr()`, `format()` and the functions that call them show.

class Run:
    def __str__(self):
        return f"{self.name}: {self.reply['state']}"

print(run)                         # shows the name and the state, and nothing else of the reply
"""

from collections.abc import Sequence

from kognitos_migrate.interpret.classes.attribute_lookup import (
    PLAIN_BASES,
    class_attribute,
    is_exception,
    mro_of,
)
from kognitos_migrate.interpret.classes.own_methods import (
    class_of_methods,
    may_be_replaced,
    methods_for_code_out_of_sight,
    own_methods,
)
from kognitos_migrate.interpret.classes.special_methods import call_special_method
from kognitos_migrate.interpret.error_contents import ARGUMENTS
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Class, Ref, Text, Value

FORMAT = ("__format__", "__str__")
"""The methods that make a text of an instance in a format, in the order in which they are looked up."""
TO_TEXT = FORMAT[1:]
"""The method that `str()` calls."""
TO_REPRESENTATION = ("__repr__",)
"""The method that `repr()` calls, and `str()` for an instance without a method of its own. Debuggers and
other code out of sight call it, too."""
NO_FORMAT = Text(())
"""The specification of a format that has none."""


def methods_of_conversion(conversion: str | None) -> Sequence[str]:
    """The methods that the conversion of a placeholder calls: `r` in `{run!r}`."""
    if conversion in ("r", "a"):
        return TO_REPRESENTATION
    return TO_TEXT if conversion == "s" else FORMAT


def text_conversion(
    point: EvalPoint, operand: Operand, methods: Sequence[str] = FORMAT, specification: Value = NO_FORMAT
) -> Operand:
    """The value that is formatted into a text: for an instance, the result of the first of `methods` that its
    class defines. `specification` is the format's."""
    texts = [_text_of(point, choice, methods, specification) for choice in alternatives(operand.value)]
    if all(text is None for text in texts):
        return operand
    values = [
        choice if text is None else text
        for text, choice in zip(texts, alternatives(operand.value), strict=True)
    ]
    return Operand(join(*values), operand.site, operand.frame)


def logged_value(point: EvalPoint, operand: Operand) -> Value:
    """The value that a log record shows: the text of an object, or its representation."""
    return join(*(text_conversion(point, operand, methods).value for methods in (TO_TEXT, TO_REPRESENTATION)))


def _text_of(point: EvalPoint, value: Value, methods: Sequence[str], specification: Value) -> Value | None:
    """Return the result of one of `methods`, or the arguments of an error; None if the value is formatted as
    itself."""
    interpreter = point.interpreter
    instance, cls = interpreter.heap.get(value), class_of_methods(interpreter, value)
    if cls is None or not isinstance(value, Ref) or not isinstance(instance, Instance):
        return None
    is_error = is_exception(interpreter, cls)
    for method in methods if methods is not TO_REPRESENTATION else ():
        functions = own_methods(interpreter, cls, method)
        if functions:
            operands = [point.operand(specification)] if method == FORMAT[0] else []
            return call_special_method(interpreter, value, method, *operands, point=point)
        if functions is None and not (is_error and _lacks_method(interpreter, cls, method)):
            return None
    is_in_sight = methods is TO_REPRESENTATION or _has_bases_in_sight(interpreter, cls)
    text = _representation(point, value, cls) if is_in_sight else None
    if text is None and is_error and all(_lacks_method(interpreter, cls, name) for name in TO_REPRESENTATION):
        return instance.attributes.get(ARGUMENTS)
    return text


def _lacks_method(interpreter: Interpreter, cls: Class, name: str) -> bool:
    """Whether no class of the program defines a method."""
    return class_attribute(interpreter, cls, name) is NEVER and not may_be_replaced(interpreter, cls)


def is_of_library_type(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is an instance of a class of the program that derives from a class out of sight, other
    than an error."""
    instance = interpreter.heap.get(value)
    if not isinstance(instance, Instance) or instance.cls is None:
        return False
    return not (_has_bases_in_sight(interpreter, instance.cls) or is_exception(interpreter, instance.cls))


def _has_bases_in_sight(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a class has no base out of sight, which may define `__str__`."""
    return not mro_of(interpreter, cls).outside_names.difference(PLAIN_BASES)


def _representation(point: EvalPoint, ref: Ref, cls: Class) -> Value | None:
    """The result of `repr()` for an instance: of its class's method, or unknown for that of `object`, which
    shows no attribute. None if other code may define the method."""
    (name,) = TO_REPRESENTATION
    functions = methods_for_code_out_of_sight(point.interpreter, cls, name)
    if not functions:
        return UNKNOWN if functions is not None else None
    return call_special_method(point.interpreter, ref, name, point=point)
