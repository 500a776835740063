"""Methods of objects that answer in the place of a service, in tests."""

from kognitos_migrate.interpret.machine import Method, Model
from kognitos_migrate.interpret.mocks import method

SYMBOLS: dict[str, Model] = {}
METHODS: dict[str, Method] = {"double.*": method}
