"""What is known of Python and its standard library: all files of `library/` together.

`SYMBOLS` are functions by qualified name; `METHODS` are methods by kind of receiver and name.
"""

from importlib import import_module
from pkgutil import iter_modules

from kognitos_migrate.interpret import library
from kognitos_migrate.interpret.machine import Method, Model

_ROOMS = [import_module(f"{library.__name__}.{room.name}") for room in iter_modules(library.__path__)]

SYMBOLS: dict[str, Model] = {name: model for room in _ROOMS for name, model in room.SYMBOLS.items()}
METHODS: dict[str, Method] = {name: method for room in _ROOMS for name, method in room.METHODS.items()}
