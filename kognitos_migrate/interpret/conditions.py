"""The truth of conditions, and the values that code out of sight may set."""

import libcst as cst

from kognitos_migrate.interpret.branches import TestedExpression, note_truth_test, truth
from kognitos_migrate.interpret.classes.enums import truth_of
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.settable_names import reads_settable
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import Unknown, Value


def condition(interpreter: Interpreter, act: Activation, test: cst.CSTNode) -> bool | None:
    """The truth of a condition, which is evaluated. None if it is unknown, or if the condition reads a name
    that code out of sight may set. The truth test is recorded."""
    operand = interpreter.operand(act, test)
    note_truth_test(interpreter, act, test, TestedExpression(test, operand.value, "if"))
    is_open = reads_settable(act.tree, test, interpreter.functions.settable)
    return None if is_open else truth_of(interpreter, operand.value)


def settable_value(interpreter: Interpreter, act: Activation, node: cst.CSTNode, value: Value) -> Value:
    """The value of a variable, an attribute or an item.

    If it is false, such as None, and is read by a name that code out of sight may set, it may be any other as
    well. Variables of a function aren't set from outside.
    """
    settable = interpreter.functions.settable
    if not settable or truth(value) is not False or not reads_settable(act.tree, node, settable):
        return value
    if isinstance(node, cst.Name) and not _is_constant(act, node.value):
        return value
    return join(value, Unknown("a value that code out of sight sets"))


def _is_constant(act: Activation, name: str) -> bool:
    """Whether a name is no variable of the running function, or one of the module that is bound once."""
    if act.frame.function is not None:
        return name not in act.env or name in act.outer
    return len(act.tree.memoize(Variables).bindings(act.tree.module, name)) == 1
