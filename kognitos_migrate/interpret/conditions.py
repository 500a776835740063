"""The truth of conditions, which decide on the code that is run."""

import libcst as cst

from kognitos_migrate.interpret.branches import TestedExpression, note_truth_test
from kognitos_migrate.interpret.classes.enums import truth_of
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.syntax.settable_names import reads_settable


def condition(interpreter: Interpreter, act: Activation, test: cst.CSTNode) -> bool | None:
    """The truth of a condition, which is evaluated. None if it is unknown, or if the condition reads a name
    that code out of sight may set. The truth test is recorded."""
    operand = interpreter.operand(act, test)
    note_truth_test(interpreter, act, test, TestedExpression(test, operand.value, "if"))
    is_open = reads_settable(act.tree, test, interpreter.functions.settable)
    return None if is_open else truth_of(interpreter, operand.value)
