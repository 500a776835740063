"""The objects of the logging library, and the uses of them that give log records to no code.

logging.root.handlers    # a list of handlers, which the program may change
handler.setLevel(10)     # gives records to nobody
handler.emit             # may read them: any name that isn't listed here counts
"""

from kognitos_migrate.values.lattice import Symbol, Unknown, Value

LIBRARY = "logging"
LOGGER = Symbol(f"{LIBRARY}.Logger()")
"""Any logger or adapter of a logger: a symbol, so that its methods are modelled by name."""
HANDLER = Symbol(f"{LIBRARY}.Handler()")
"""Any handler of the library."""
FILTER = Symbol(f"{LIBRARY}.Filter()")
"""Any filter of the library, which compares the names of loggers."""
FORMATTER = Unknown(f"{LIBRARY}.Formatter()")
"""Any formatter of the library."""
_MANAGER = Symbol(f"{LIBRARY}.Manager()")

_LEVELS = ("DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "FATAL", "NOTSET")
_WRITERS = ("debug", "info", "warning", "warn", "error", "critical", "fatal", "exception", "log")
_CLASSES = ("Filter", "Formatter", "Handler", "Logger", "LoggerAdapter", "LogRecord")
_HANDLERS = ("FileHandler", "NullHandler", "StreamHandler")
_MORE_HANDLERS = (
    *("NTEventLogHandler", "RotatingFileHandler", "SMTPHandler", "SysLogHandler"),
    *("TimedRotatingFileHandler", "WatchedFileHandler"),
)
_TABLES = ("_levelToName", "_nameToLevel")
_LISTS = ("filters", "handlers")

_HARMLESS: dict[str, frozenset[str]] = {
    LIBRARY: frozenset(
        (
            *(*_LEVELS, *_WRITERS, *_CLASSES, *_HANDLERS, "basicConfig", "config", "dictConfig", "disable"),
            *("addLevelName", "captureWarnings", "getLevelName", "getLevelNamesMapping"),
            *(*_TABLES, "getLogger", "handlers", "lastResort", "raiseExceptions", "root", "shutdown"),
        )
    ),
    f"{LIBRARY}.config": frozenset(("dictConfig", "fileConfig")),
    f"{LIBRARY}.handlers": frozenset(_MORE_HANDLERS),
    f"{LIBRARY}.Logger": frozenset((*_WRITERS, "manager", "root", "setLevel")),
    f"{LIBRARY}.LoggerAdapter": frozenset(_WRITERS),
    LOGGER.name: frozenset(
        (
            *(*_WRITERS, *_LISTS, "addFilter", "addHandler", "disabled", "getChild", "getEffectiveLevel"),
            *("hasHandlers", "isEnabledFor", "level", "manager", "name", "parent", "propagate"),
            *("removeFilter", "removeHandler", "root", "setLevel"),
        )
    ),
    HANDLER.name: frozenset(
        (
            *("addFilter", "close", "filters", "flush", "level", "name", "removeFilter", "setFormatter"),
            *("setLevel", "setStream"),
        )
    ),
    _MANAGER.name: frozenset(("disable", "loggerDict")),
}
"""By object or module: its names that give records to no code, or whose model tells to which."""
_PLAIN = frozenset(
    (
        *(*_LEVELS, *_TABLES, "getEffectiveLevel()", "getLevelName()", "getLevelNamesMapping()"),
        *("level", "name"),
    )
)
"""The attributes and results that are numbers, texts, or tables of them."""

_SAME = {f"{LIBRARY}.root": LOGGER.name, f"{LIBRARY}.lastResort": HANDLER.name}
_PARTS = {
    (LOGGER.name, "root"): LOGGER,
    (f"{LIBRARY}.Logger", "root"): LOGGER,
    (LOGGER.name, "parent"): LOGGER,
    (LOGGER.name, "manager"): _MANAGER,
    (f"{LIBRARY}.Logger", "manager"): _MANAGER,
}
_ELEMENTS = {
    (LOGGER.name, "handlers"): HANDLER,
    (LOGGER.name, "filters"): FILTER,
    (HANDLER.name, "filters"): FILTER,
    (_MANAGER.name, "loggerDict"): LOGGER,
}
"""By object and attribute that is a collection: its elements or values."""

SETTABLE = frozenset(
    (
        *("level", "name", "disabled", "propagate", "raiseExceptions", "stream", "converter"),
        *("default_time_format", "default_msec_format", "terminator"),
    )
)
"""The attributes of these objects that may be set without a reader of records."""


def is_of_logging(value: Value) -> bool:
    """Whether a value is the logging library, a logger, or what one of its names or functions gives."""
    name = value.name if isinstance(value, Symbol) else value.source if isinstance(value, Unknown) else ""
    return name == LIBRARY or name.startswith(f"{LIBRARY}.")


def is_harmless(dotted: str) -> bool:
    """Whether a dotted name of the logging library gives records to no code."""
    words = dotted.split(".")
    return all(
        name.endswith("()")
        or words[place - 1] in _PLAIN
        or name in _HARMLESS.get(object_name(".".join(words[:place])), ())
        for place, name in enumerate(words)
        if place
    )


def object_name(dotted: str) -> str:
    """The name that an object of the library has here: that of its kind, for those that are kept in
    variables of a module."""
    return _SAME.get(dotted, dotted)


def part_of(owner: str, name: str) -> Symbol | None:
    """An attribute that is an object of the library; None for any other attribute."""
    return _PARTS.get((owner, name))


def content_of(owner: str, name: str) -> Symbol | None:
    """The elements or values of an attribute that is a list or a dict; None for any other attribute."""
    return _ELEMENTS.get((owner, name))


def type_of(value: Value) -> Symbol | None:
    """The type of an object of the logging library, or a base of it; None for any other value."""
    name = value.name if isinstance(value, Symbol) else value.source if isinstance(value, Unknown) else ""
    kind = object_name(name)
    return Symbol(kind.removesuffix("()")) if is_of_logging(value) and kind.endswith("()") else None
