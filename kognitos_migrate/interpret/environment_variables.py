"""Environment variables, as far as environment files in the project set them."""

from collections.abc import Sequence
from itertools import takewhile

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.names import load_module, name_in
from kognitos_migrate.source.content import is_environment_file
from kognitos_migrate.source.data_file.forms import NAME
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Ref, Text, Value, environment_variable


def variable_of_environment(m: Interpreter, module: str, name: str) -> Value:
    """The value of a variable that a module reads: unknown, or the text in the environment file that is
    nearest to the module. The real environment may override it."""
    records = {
        file: record
        for file in sorted(filter(is_environment_file, m.testing.data))
        for record in _records(m, file)
        if record.get(name) is not NEVER
    }
    texts = (
        choice
        for file in nearest_files(list(records), module)
        for choice in alternatives(records[file].get(name))
        if isinstance(choice, Text)
    )
    return join(environment_variable(name), *texts)


def _records(m: Interpreter, file: str) -> list[DictObject]:
    loaded = load_module(m, file)
    data = name_in(m, loaded, NAME) if loaded is not None else NEVER
    records = [m.heap[choice] for choice in alternatives(data) if isinstance(choice, Ref)]
    return [record for record in records if isinstance(record, DictObject)]


def nearest_files(files: Sequence[str], module: str) -> list[str]:
    """The files that have the most folders in common with a module."""
    shared = {file: _common_folders(file, module) for file in files}
    return [file for file in files if shared[file] == max(shared.values())]


def _common_folders(file: str, other: str) -> int:
    pairs = zip(file.split("/")[:-1], other.split("/")[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
