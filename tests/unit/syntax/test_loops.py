"""The loops around a node."""

import libcst as cst
import pytest

from kognitos_migrate.syntax.blocks import loops_around
from kognitos_migrate.syntax.parsing import parse


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("call()", 0),
        ("for x in y:\n    call()\n", 1),
        ("for x in call():\n    pass\n", 0),
        ("for x[call()] in y:\n    pass\n", 1),
        ("for x in y:\n    pass\nelse:\n    call()\n", 0),
        ("while call():\n    pass\n", 1),
        ("while x:\n    pass\nelse:\n    call()\n", 0),
        ("while x:\n    for y in z:\n        call()\n", 2),
        ("while x:\n    for y in z:\n        pass\n    else:\n        call()\n", 1),
        ("z = [call() for x in y]", 1),
        ("while x:\n    def f():\n        call()\n", 0),
        ("while x:\n    def f(a=call()):\n        pass\n", 1),
        ("while x:\n    @call()\n    def f():\n        pass\n", 1),
    ],
)
def test_loops_around_a_call(text: str, number: int) -> None:
    tree = parse("a.py", text)
    (call,) = tree.of_kind(cst.Call)
    assert len(loops_around(tree, call)) == number
