"""What Python and its standard library do with values, one file a subject, by qualified name.

`SYMBOLS` are functions by qualified name; `METHODS` are methods by kind of receiver and name.
"""

from kognitos_migrate.interpret.library import (
    argparse_,
    builtins_,
    click_,
    concurrency,
    diagnostics,
    dicts,
    functools_,
    itertools_,
    json_,
    lists,
    mocks_,
    operator_,
    order,
    os_,
    pytest_,
    records,
    replies,
    requests_,
    scope,
    texts,
    unittest_,
    urllib_,
)
from kognitos_migrate.interpret.machine import Method, Model

_ROOMS = (
    argparse_,
    builtins_,
    click_,
    concurrency,
    diagnostics,
    dicts,
    functools_,
    itertools_,
    json_,
    lists,
    mocks_,
    operator_,
    order,
    os_,
    pytest_,
    records,
    replies,
    requests_,
    scope,
    texts,
    unittest_,
    urllib_,
)

SYMBOLS: dict[str, Model] = {name: model for room in _ROOMS for name, model in room.SYMBOLS.items()}
METHODS: dict[str, Method] = {name: method for room in _ROOMS for name, method in room.METHODS.items()}
