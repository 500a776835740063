"""Methods that `functools.partialmethod` makes, read through an instance."""

from kognitos_migrate.interpret.interpreter import EvalPoint
from kognitos_migrate.values.heap import PARTIAL_METHOD, PARTIAL_TARGET, Instance
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import Bound, Function, Ref, Value


def bound_partial_method(point: EvalPoint, receiver: Ref, value: Value) -> Value | None:
    """The partial application of a method of `receiver` to the arguments that `value`, an attribute of its
    class, has stored. None if the attribute is no partial method of the program's functions."""
    interpreter = point.interpreter
    method = interpreter.heap[value] if isinstance(value, Ref) else None
    target = method.attributes.get(PARTIAL_METHOD) if isinstance(method, Instance) else None
    choices = alternatives(target) if target is not None else ()
    functions = [choice for choice in choices if isinstance(choice, Function)]
    if not isinstance(method, Instance) or not functions or len(functions) < len(choices):
        return None
    ref, partial = interpreter.allocate_library_instance(point.act, point.node)
    bound = join(*(Bound(function, receiver) for function in functions))
    partial.put(PARTIAL_TARGET, point.operand(bound))
    for name, operands in method.origins.items():
        for operand in operands if name != PARTIAL_METHOD else ():
            partial.put(name, operand)
    return ref
