"""What shows values to people: logging, warnings, messages on the error stream; and `print`, which is
output."""

from kognitos_migrate.interpret.events import UseKind
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.values.base import NONE, Symbol, Value


def logged(call: Call) -> Value:
    """A message for people: nothing depends on its words."""
    for given in call.arguments.everything():
        call.machine.use(UseKind.LOG, given.value, call.act, call.node, given.site, detail="a log")
    return NONE


def printed(call: Call) -> Value:
    """`print(...)`: output, unless it goes to the error stream."""
    target = call.arguments.keywords.get("file")
    to_people = target is not None and target.value == Symbol("sys.stderr")
    for given in call.arguments.everything():
        kind = UseKind.LOG if to_people else UseKind.ESCAPE
        call.machine.use(kind, given.value, call.act, call.node, given.site, detail="print")
    return NONE


def logger(call: Call) -> Value:
    """`logging.getLogger()`: a symbol, so that its methods are found by name."""
    return Symbol("logging")


_LEVELS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "log")

SYMBOLS: dict[str, Model] = {
    "builtins.print": printed,
    "sys.stderr.write": logged,
    "sys.exit": logged,
    "builtins.exit": logged,
    "builtins.quit": logged,
    "warnings.warn": logged,
    "logging.getLogger": logger,
    "logging.LoggerAdapter": logger,
    "structlog.get_logger": logger,
    "structlog.getLogger": logger,
    "logging.getLogger.getChild": logger,
    "logging.bind": logger,
    **{f"logging.{name}": logged for name in _LEVELS},
}
METHODS: dict[str, Method] = {}
