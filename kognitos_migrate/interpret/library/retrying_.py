"""What decorators that call a function again are made of: functions that are asked about its results."""

from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.out_of_sight import unknown_call
from kognitos_migrate.record import replace
from kognitos_migrate.values.base import Unknown, Value

OF_RESULTS = frozenset(
    (
        *("retry_if_result(0)", "retry_if_result(predicate)"),
        *("retry_if_not_result(0)", "retry_if_not_result(predicate)"),
        *("on_predicate(1)", "on_predicate(predicate)", "retry(retry_on_result)"),
    )
)
"""Parameters whose function is asked about the result, and is given it alone."""
OF_ERRORS = frozenset(
    (
        *("retry_if_exception(0)", "retry_if_exception(predicate)", "on_exception(giveup)"),
        *("retry(retry_on_exception)", "retry(on)"),
    )
)
"""Parameters whose function is asked about an error."""


def _made(name: str) -> Model:
    """What calls of a function give that is told whom to ask. (Who is asked about results is called where
    they are given: see `interpret/retrying.py`.)"""
    short = name.rpartition(".")[2]

    def made(call: Call) -> Value:
        given = call.arguments
        others = replace(
            given,
            positional=[one for place, one in enumerate(given.positional) if not _is_asked(short, place)],
            keywords={word: one for word, one in given.keywords.items() if not _is_asked(short, word)},
        )
        unknown_call(replace(call, arguments=others), name)
        return Unknown(f"{name}()")

    return made


def _is_asked(function: str, parameter: str | int) -> bool:
    said = f"{function}({parameter})"
    return said in OF_RESULTS or said in OF_ERRORS


_NAMES = (
    *("tenacity.retry_if_result", "tenacity.retry_if_not_result", "tenacity.retry_if_exception"),
    *("tenacity.retry.retry_if_result", "tenacity.retry.retry_if_not_result"),
    *("backoff.on_predicate", "backoff.on_exception", "retrying.retry", "stamina.retry"),
)

SYMBOLS: dict[str, Model] = {name: _made(name) for name in _NAMES}
METHODS: dict[str, Method] = {}
