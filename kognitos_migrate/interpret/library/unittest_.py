"""`unittest`: what the assertions of a test case do with what they are given, and patches."""

from collections.abc import Callable

from kognitos_migrate.interpret.expressions import compare, membership
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.mocking import patches
from kognitos_migrate.interpret.state.events import UseKind
from kognitos_migrate.values.base import NONE, Value


def _compared(word: str) -> Method:
    def assertion(call: Call, member: Value) -> Value:
        first, second = call.arguments.first("first"), call.arguments.first("second", place=1)
        if first is not None and second is not None:
            compare(call.machine, call.act, call.node, first, second, word)
        return NONE

    return assertion


def _contained(word: str) -> Method:
    def assertion(call: Call, member: Value) -> Value:
        first, second = call.arguments.first("member"), call.arguments.first("container", place=1)
        if first is not None and second is not None:
            membership(call.machine, call.act, call.node, first, second, word)
        return NONE

    return assertion


def _asked(kind: UseKind) -> Method:
    def assertion(call: Call, member: Value) -> Value:
        for given in call.arguments.positional[:1]:
            call.use(kind, given.value, given.site, detail="an assertion")
        return NONE

    return assertion


_EQUAL: dict[str, Callable[[Call, Value], Value]] = {
    f"object.assert{name}": _compared("Equal")
    for name in ("Equal", "Equals", "DictEqual", "ListEqual", "TupleEqual", "CountEqual", "MultiLineEqual")
}

SYMBOLS: dict[str, Model] = {
    **{f"{module}.patch": patches.patched for module in ("unittest.mock", "mock")},
    **{f"{module}.patch.object": patches.patched for module in ("unittest.mock", "mock")},
    **{f"{module}.call": patches.expected_call for module in ("unittest.mock", "mock")},
}
METHODS: dict[str, Method] = {
    **_EQUAL,
    "object.assertNotEqual": _compared("NotEqual"),
    "object.assertIn": _contained("In"),
    "object.assertNotIn": _contained("NotIn"),
    "object.assertTrue": _asked(UseKind.TRUTH),
    "object.assertFalse": _asked(UseKind.TRUTH),
    "object.assertIsNone": _asked(UseKind.NONE),
    "object.assertIsNotNone": _asked(UseKind.NONE),
}
