"""Objects that answer in the place of a service, in tests; and patterns, which they may wait for."""

from typing import cast

from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.mocking.mocks import compiled, method
from kognitos_migrate.interpret.out_of_sight import unknown_call
from kognitos_migrate.values.base import Member, Value


def matched(call: Call, member: Value) -> Value:
    """`pattern.search(text)`: as `re.search(pattern, text)`, of which nothing is known either."""
    return unknown_call(call, f"re.Pattern.{cast(Member, member).name}")


SYMBOLS: dict[str, Model] = {"re.compile": compiled}
METHODS: dict[str, Method] = {"double.*": method, "saying.*": matched}
