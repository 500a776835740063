"""The environment, paths, and what else of the system matters to values."""

from kognitos_migrate.interpret.containers import literal
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.state.events import PARTS, UseKind
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


def named(call: Call) -> Value:
    """What is done with a file's name: words in it are seen by whoever sees the file."""
    for given in call.arguments.everything():
        call.use(UseKind.ESCAPE, given.value, given.site, detail="the name of a file")
    if (file := call.arguments.first()) is not None:
        call.machine.notes.name(call.act, file.value)
    return UNKNOWN


def parted(call: Call) -> Value:
    """What takes a path apart."""
    for given in call.arguments.everything():
        call.use(UseKind.ESCAPE, given.value, given.site, detail=PARTS)
    return UNKNOWN


def opened(call: Call) -> Value:
    """`open(path)`."""
    named(call)
    return Unknown("a file")


_NAMED = ("os.path.exists", "os.path.getsize", "pathlib.Path")
_PARTED = ("os.path.basename", "os.path.dirname", "os.path.splitext")
_PLAIN = (
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
    **dict.fromkeys(_NAMED, named),
    **dict.fromkeys(_PARTED, parted),
    **dict.fromkeys(("builtins.open", "io.open"), opened),
    **dict.fromkeys(_PLAIN, plain),
}
METHODS: dict[str, Method] = {}
