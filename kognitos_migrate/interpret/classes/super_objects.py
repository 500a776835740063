"""Objects that `super()` returns, and their methods."""

import libcst as cst

from kognitos_migrate.interpret.classes.attribute_lookup import (
    attribute_of_base,
    mro_of,
)
from kognitos_migrate.interpret.classes.own_methods import class_of_methods, is_plain, may_be_replaced
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.declarations import IMPLICIT_METHODS
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import UNKNOWN, Bound, Class, Symbol, Value


def super_object(interpreter: Interpreter, act: Activation, node: cst.Call) -> Value:
    """The value of `super()` or `super(Class, instance)`: the receiver, seen as an instance of its base."""
    if len(node.args) == 2:
        owner, instance = (interpreter.evaluate(act, argument.value) for argument in node.args)
        if isinstance(owner, Class) and interpreter.heap.objects_of(instance):
            return join(*(_super_of(owner, choice) for choice in alternatives(instance)))
    definition = act.tree.node(act.frame.function) if act.frame.function else None
    if not isinstance(definition, cst.FunctionDef):
        return UNKNOWN
    class_definition = act.tree.enclosing(definition, cst.ClassDef)
    receiver = act.frame.receiver.value if act.frame.receiver else UNKNOWN
    return _super_of(Class(act.site(class_definition), -1), receiver) if class_definition else UNKNOWN


def _super_of(owner: Class, receiver: Value) -> Value:
    return Bound(Symbol("builtins.super"), Bound(owner, receiver))


def attribute_of_super(point: EvalPoint, value: Bound, name: str) -> Value:
    """The value of `super().name`. A method out of sight reads the object."""
    attribute = attribute_of_base(point.interpreter, value, name)
    receiver = value.receiver.receiver if isinstance(value.receiver, Bound) else UNKNOWN
    is_followed = all(isinstance(choice, Bound) for choice in alternatives(attribute))
    if not is_followed and _reads_base_out_of_sight(point.interpreter, receiver, name):
        point.note_use(UseKind.ESCAPE, receiver, point.site, detail=f"super().{name}")
    return attribute


def _reads_base_out_of_sight(interpreter: Interpreter, receiver: Value, name: str) -> bool:
    """Whether `super().name`, which no class of the program defines, may read the attributes of the object:
    the text of a library's class does, and that of `object` calls methods of the object.

    class Failed(Exception):
        def __str__(self):
            return f"failed: {super().__str__()}"     # shows the arguments of the error
    """
    if name not in IMPLICIT_METHODS:
        return False
    cls = class_of_methods(interpreter, receiver)
    if cls is None or name in ("__format__", "__str__") or may_be_replaced(interpreter, cls):
        return True
    return not all(is_plain(info, name) for info in mro_of(interpreter, cls).infos)
