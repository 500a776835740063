"""Models of functions that find an object by its path: `pkgutil.resolve_name("shop.client:Client")`."""

from collections.abc import Iterable, Sequence

from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.names import ANY_MEMBER, module_value
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import UNKNOWN, ModuleRef, Text, Value


def named_object(call: CallPoint, names: Sequence[str]) -> Value:
    """The object that the parts of a path mean: attributes of the longest module of the program in it.
    UNKNOWN if none is."""
    for length in range(len(names), 0, -1):
        value = module_value(call.interpreter, call.act, ".".join(names[:length]), 0)
        if isinstance(value, ModuleRef):
            return attribute_path(call, value, names[length:])
    return UNKNOWN


def attribute_path(call: CallPoint, value: Value, names: Iterable[str]) -> Value:
    """The attribute of a value at the end of a path of names."""
    for name in names:
        value = call.attribute(value, name)
    return value


def resolve_name(call: CallPoint) -> Value:
    """The object that the first argument names. Any object of the program if the path isn't known."""
    path = call.arguments.first()
    return join(*(_resolve(call, choice) for choice in alternatives(path.value))) if path else UNKNOWN


def _resolve(call: CallPoint, path: Value) -> Value:
    literal = path.literal if isinstance(path, Text) else None
    return ANY_MEMBER if literal is None else named_object(call, literal.replace(":", ".").split("."))


_FUNCTIONS = (
    "django.utils.module_loading.import_string",
    "pkgutil.resolve_name",
    "pydoc.locate",
    "werkzeug.utils.import_string",
)
SYMBOLS: dict[str, Model] = dict.fromkeys(_FUNCTIONS, resolve_name)
METHODS: dict[str, Method] = {}
