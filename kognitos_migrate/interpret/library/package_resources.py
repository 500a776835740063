"""Models of functions that read files in packages of the program."""

from functools import partial

from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.library.data_files import file_contents, joined_path
from kognitos_migrate.interpret.library.os_ import note_file_name
from kognitos_migrate.interpret.unmodeled_calls import call_or_default
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import UNKNOWN, Lit, ModuleRef, Text, Value, library_result
from kognitos_migrate.values.texts import known_text


def _folder_of_package(call: CallPoint, package: Operand) -> Operand:
    """The folder of a package that is named with dots, or that the program imports."""
    folders = [_folder_of(choice) for choice in alternatives(package.value)]
    return Operand(join(*folders), call.site, call.act.frame.id)


def _folder_of(package: Value) -> Value:
    if isinstance(package, ModuleRef):
        folder = package.path.rpartition("/")[0]
    else:
        folder = (known_text(package) or "").replace(".", "/")
    return Text((Lit(folder),)) if folder else UNKNOWN


def _resources_of(call: CallPoint) -> Value:
    """The result of `importlib.resources.files(package)`: the folder of the package."""
    package = call.arguments.first("anchor", "package")
    note_file_name(call)
    return _folder_of_package(call, package).value if package is not None else UNKNOWN


def _path_to_file(name: str, call: CallPoint) -> Value:
    """The result of `importlib.resources.as_file(path)`."""
    path = joined_path(call, call.arguments.positional)
    return path if path is not None else call_or_default(call, name, name, library_result(name, name))


def _read_resource(name: str, call: CallPoint) -> Value:
    """The result of `pkgutil.get_data(package, path)`, and of functions with the same arguments."""
    package, *rest = call.arguments.positional or [call.operand(UNKNOWN)]
    path = joined_path(call, [_folder_of_package(call, package), *rest])
    contents = file_contents(call, path) if path is not None else None
    call.interpreter.notes.note_library(call.act, name)
    return call_or_default(call, name, name, library_result(name, name)) if contents is None else contents


_READERS = ("open_binary", "open_text", "read_binary", "read_text")
_LIBRARIES = ("importlib.resources", "importlib_resources")
_READING = ("pkgutil.get_data", *(f"{library}.{reader}" for library in _LIBRARIES for reader in _READERS))

SYMBOLS: dict[str, Model] = {
    **{f"{library}.files": _resources_of for library in _LIBRARIES},
    **{name: partial(_path_to_file, name) for name in (f"{library}.as_file" for library in _LIBRARIES)},
    **{name: partial(_read_resource, name) for name in _READING},
}
METHODS: dict[str, Method] = {}
