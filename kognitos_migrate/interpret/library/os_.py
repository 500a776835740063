"""The environment, paths, and what else of the system matters to values."""

from kognitos_migrate.interpret.containers import literal
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.values.base import NONE, UNKNOWN, Unknown, Value
from kognitos_migrate.values.join import join


def getenv(call: Call) -> Value:
    """`os.getenv(name, default)`, `os.environ.get(name, default)`: what users set, or the default."""
    name, default = call.arguments.first("key"), call.arguments.first("default", place=1)
    source = f"environment variable {literal(name.value) or ''}".strip() if name else "the environment"
    return join(Unknown(source, public=True), default.value if default else NONE)


def plain(call: Call) -> Value:
    """Functions whose result holds nothing that matters, and that keep nothing."""
    return UNKNOWN


_PLAIN = (
    "os.path.basename",
    "os.path.exists",
    "os.path.dirname",
    "os.path.getsize",
    "os.path.splitext",
    "pathlib.Path",
    "time.sleep",
    "time.time",
    "time.monotonic",
    "time.perf_counter",
    "asyncio.sleep",
    "datetime.datetime.now",
    "random.uniform",
    "random.random",
    "uuid.uuid4",
)

SYMBOLS: dict[str, Model] = {
    "os.getenv": getenv,
    "os.environ.get": getenv,
    "os.environ.setdefault": getenv,
    "os.environ.pop": getenv,
    **dict.fromkeys(_PLAIN, plain),
}
METHODS: dict[str, Method] = {}
