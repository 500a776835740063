"""Channels that carry values to code which doesn't name their source.

These are handlers of errors, readers of logs, and attributes of errors.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from enum import Enum

from kognitos_migrate.modules.module_effects import ERROR_GETTERS, Function, called_name, handlers
from kognitos_migrate.modules.top_level import TopLevelStatement
from kognitos_migrate.structs import Struct


class Channel(Enum):
    """A way in which values reach code without being named there."""

    ERRORS = "errors"
    """Arguments of errors, which every handler can read."""
    LOGS = "logs"
    """Text for people: log records, warnings, the error stream."""
    FILES = "files"
    """Files that log records are written to."""


class Channels(Struct, frozen=True):
    """The channels that carry a relevant value."""

    kinds: frozenset[Channel] = frozenset()
    attributes: frozenset[str] = frozenset()
    """Attributes of the program's own errors that hold such a value. Any object may be such an error."""

    def __bool__(self) -> bool:
        return bool(self.kinds or self.attributes)

    def __or__(self, other: "Channels") -> "Channels":
        return Channels(self.kinds | other.kinds, self.attributes | other.attributes)


NO_CHANNELS = Channels()

_ERROR_SOURCES = frozenset(
    (
        *("last_value", "last_exc", "last_attempt", "exceptions", "return_exceptions", "error_callback"),
        *("retry_error_callback", "excepthook", "unraisablehook", "set_exception_handler", "unexpected"),
        *("format_exc", "format_exception", "format_exception_only", "TracebackException"),
        *("__cause__", "__context__", "assertRaisesRegex"),
    )
)
"""Names through which Python and libraries provide errors, or their texts."""
_LOG_READERS = frozenset(
    (
        *("showwarning", "formatwarning", "catch_warnings", "redirect_stderr", "StringIO", "getMessage"),
        *("addFilter", "addHandler", "setStream", "setLogRecordFactory", "caplog", "assertLogs"),
        *("StreamHandler", "FileHandler", "RotatingFileHandler", "TimedRotatingFileHandler"),
        *("WatchedFileHandler", "basicConfig", "dictConfig", "fileConfig", "handlers", "filters"),
        *("QueueHandler", "BufferingHandler", "MemoryHandler", "SocketHandler", "DatagramHandler"),
        *("HTTPHandler", "Logger", "LogRecord", "lastResort", "loggerDict", "readouterr"),
    )
)
"""Names through which code reads log records, warnings or the error stream, or stores them."""
_RECORD_METHODS = re.compile(
    rb"\bdef\s+(?:filter|format\w*|handle|emit|makeRecord)\b|\bstderr(?:\.\w+)*\s*=|\.stream\s*="
    rb"|(?:\.|[\"'])(?:filter|format\w*|handle|emit|makeRecord)(?:[\"']\s*,|\s*=)"
)
"""Methods that are called with log records, replacements of these, and assignments to streams."""
_FILE_READS = re.compile(rb"\bopen\s*\(|\bread_(?:text|bytes)\s*\(|\bPath\s*\(")
"""Calls that may read a file, or name one that is read elsewhere."""
_ARGUMENTS = re.compile(rb"(?<!\bself)(?<!\bcls)\.\s*args\b")
_EXPECTATIONS = ("raises", "assertRaises")
_EXPECTED = re.compile(rb"\b(?:raises|assertRaises)\b[^:]*(?:\bmatch\b|\)\s*as\b)", re.DOTALL)
_EXIT_METHODS = ("__exit__", "__aexit__")
LOG_METHODS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "log")
_LOGGER_CALL = re.compile(rb"\.get_?[lL]ogger\(")
_LOGGER = re.compile(rb"\b(\w+)\s*(?::[^=\n]*)?=\s*(?:logging|structlog)\Z")
"""A line up to the call that makes a logger."""
_TEXT_FUNCTIONS = ("str", "repr", "type", "format")
_PLAIN = (
    ast.Name,
    ast.Attribute,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.Constant,
    ast.Tuple,
    ast.expr_context,
)
_PLAIN_OPERATIONS = (ast.BinOp, ast.operator)
_TRIES = (ast.Try, *((ast.TryStar,) if hasattr(ast, "TryStar") else ()))


def may_receive(text: bytes, channels: Channels) -> bool:
    """Whether a statement may read one of the channels. A quick search, so that others need not be parsed."""
    if Channel.ERRORS in channels.kinds and _has_match(_ERRORS, _ERROR_PARTS, text):
        return True
    if Channel.LOGS in channels.kinds and _has_match(_LOGS, _LOG_PARTS, text):
        return True
    if Channel.FILES in channels.kinds and _FILE_READS.search(text):
        return True
    return bool(channels.attributes) and _reads_attribute(channels.attributes, text)


def receivers(
    text: bytes, statements: Iterable[TopLevelStatement], channels: Channels
) -> Iterator[TopLevelStatement]:
    """The statements of a module with the given text that read one of the channels."""
    loggers = {*_loggers_in(text), "logging"}
    for statement in statements:
        if may_receive(statement.text, channels) and (
            (Channel.LOGS in channels.kinds and _reads_logs(statement))
            or (Channel.FILES in channels.kinds and _FILE_READS.search(statement.text))
            or (channels.attributes and _reads_attribute(channels.attributes, statement.text))
            or (Channel.ERRORS in channels.kinds and _reads_errors(statement, loggers))
        ):
            yield statement


def _loggers_in(text: bytes) -> Iterator[str]:
    """The names that are bound to loggers on one line."""
    for call in _LOGGER_CALL.finditer(text):
        line = text[text.rfind(b"\n", 0, call.start()) + 1 : call.start()]
        if match := _LOGGER.search(line):
            yield match[1].decode("utf-8", "replace")


_ERRORS = re.compile(
    rb"except\b[^:]*\bas\b|\.\s*args\b|__a?exit__|\bexception\s*\(|\bexc_info\s*\(|\braises\b|\bassertRaises\b|"
    + b"|".join(map(str.encode, sorted(_ERROR_SOURCES)))
)
_ERROR_PARTS = (
    *(b"except", b"args", b"exit__", b"exc_info", b"raises", b"assertRaises"),
    *map(str.encode, sorted(_ERROR_SOURCES)),
)
"""A match of `_ERRORS` contains one of these. To search for fixed bytes takes a tenth of the time."""
_LOGS = re.compile(_RECORD_METHODS.pattern + b"|" + b"|".join(map(str.encode, sorted(_LOG_READERS))))
_LOG_PARTS = (
    *(b"filter", b"format", b"handle", b"emit", b"makeRecord", b"stderr", b".stream"),
    *map(str.encode, sorted(_LOG_READERS)),
)
"""A match of `_LOGS` contains one of these."""


def _has_match(pattern: re.Pattern[bytes], parts: Iterable[bytes], text: bytes) -> bool:
    for part in parts:
        if part in text:
            return pattern.search(text) is not None
    return False


def _reads_attribute(attributes: frozenset[str], text: bytes) -> bool:
    """Whether one of the attributes is read in a text, or named in quotes."""
    names = b"|".join(re.escape(name.encode()) for name in sorted(attributes))
    return re.search(rb"""(?:\.\s*|["'])(?:%b)(?![\w\x80-\xff])""" % names, text) is not None


def _reads_logs(statement: TopLevelStatement) -> bool:
    return not statement.words.isdisjoint(_LOG_READERS) or _RECORD_METHODS.search(statement.text) is not None


def _reads_errors(statement: TopLevelStatement, loggers: set[str]) -> bool:
    """Whether a statement uses an error for more than a message to people."""
    text = statement.text
    if not statement.words.isdisjoint(_ERROR_SOURCES) or (b"args" in text and _ARGUMENTS.search(text)):
        return True
    if not statement.words.isdisjoint(_EXPECTATIONS) and _EXPECTED.search(text):
        return True
    if any(
        _has_other_use(handler.body, {name}, loggers) for handler, name in _named_handlers(statement.node)
    ):
        return True
    may_get, may_leave = (not statement.words.isdisjoint(names) for names in (ERROR_GETTERS, _EXIT_METHODS))
    return any(
        (may_get and isinstance(node, ast.Call) and _inspects_error(node, loggers))
        or (
            may_leave
            and isinstance(node, Function)
            and node.name in _EXIT_METHODS
            and _has_other_use(node.body, _errors_of(node), loggers)
        )
        for node in (ast.walk(statement.node) if may_get or may_leave else ())
    )


def _named_handlers(statement: ast.stmt) -> Iterator[tuple[ast.ExceptHandler, str]]:
    """The handlers in a statement that name their error, with that name."""
    for outer in handlers(statement):
        for node in ast.walk(outer):
            if isinstance(node, ast.ExceptHandler) and node.name:
                yield node, node.name


def _inspects_error(call: ast.Call, loggers: set[str]) -> bool:
    """Whether a call returns an error: that of a task, or the current one."""
    if called_name(call) not in ERROR_GETTERS:
        return False
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    is_log = isinstance(owner, ast.Name) and owner.id in loggers
    arguments = (
        *call.args[:1],
        *(keyword.value for keyword in call.keywords if keyword.arg in ("msg", "event")),
    )
    return not is_log and not any(
        isinstance(argument, ast.JoinedStr | ast.BinOp) or _is_text(argument) for argument in arguments
    )


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _errors_of(method: Function) -> set[str]:
    """The parameters of an exit method that receive the error, its class and its traceback."""
    arguments = method.args
    positional = [*arguments.posonlyargs, *arguments.args][1:]
    return {argument.arg for argument in (*positional, *filter(None, (arguments.vararg, arguments.kwarg)))}


def _has_other_use(body: Iterable[ast.AST], names: set[str], loggers: set[str]) -> bool:
    """Whether one of the names is used other than for logging or as the cause of another error."""
    waiting = [*body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and node.id in names:
            return True
        if isinstance(node, ast.Raise) and isinstance(node.cause, ast.Name):
            waiting += filter(None, (node.exc,))
        elif not (isinstance(node, ast.Call) and _only_logs(node, loggers)):
            waiting += ast.iter_child_nodes(node)
    return False


def _only_logs(call: ast.Call, loggers: set[str]) -> bool:
    """Whether a call just logs its arguments as text."""
    func = call.func
    if not (isinstance(func, ast.Attribute) and func.attr in LOG_METHODS):
        return False
    if not (isinstance(func.value, ast.Name) and func.value.id in loggers):
        return False
    arguments = (*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "exc_info"))
    others = any(keyword.arg != "exc_info" for keyword in call.keywords)
    return not others and all(
        _only_builds_text(node) for argument in arguments for node in ast.walk(argument)
    )


def _only_builds_text(node: ast.AST) -> bool:
    """Whether a part of an expression only builds a text."""
    if isinstance(node, ast.Call):
        return called_name(node) in _TEXT_FUNCTIONS
    return isinstance(node, (*_PLAIN, *_PLAIN_OPERATIONS))
