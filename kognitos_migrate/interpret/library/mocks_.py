"""Objects that answer in the place of a service, in tests; and patterns, which they may wait for."""

from kognitos_migrate.interpret.machine import Method, Model
from kognitos_migrate.interpret.mocking.mocks import compiled, method

SYMBOLS: dict[str, Model] = {"re.compile": compiled}
METHODS: dict[str, Method] = {"double.*": method}
