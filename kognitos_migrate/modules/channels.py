"""Channels by which values reach code that names no source of them: handlers of errors, readers of
logs, attributes."""

import ast
import re
from collections.abc import Iterable, Iterator
from enum import Enum

from kognitos_migrate.modules.elision import Function, called_name
from kognitos_migrate.modules.top_level import TopLevelStatement
from kognitos_migrate.structs import Struct


class Channel(Enum):
    """A way to code out of sight of the names."""

    ERRORS = "errors"
    """Arguments of errors, seen by each handler."""
    LOGS = "logs"
    """Text for people: log records, warnings, the error stream."""


class Channels(Struct, frozen=True):
    """The kinds of channels that carry something."""

    kinds: frozenset[Channel] = frozenset()
    attributes: frozenset[str] = frozenset()
    """The attributes of errors of the program's own by which what they hold is read, of anything that may be
    an error."""

    def __bool__(self) -> bool:
        return bool(self.kinds or self.attributes)

    def __or__(self, other: "Channels") -> "Channels":
        return Channels(self.kinds | other.kinds, self.attributes | other.attributes)


NO_CHANNELS = Channels()

_GIVING = frozenset(
    (
        *("last_value", "last_exc", "last_attempt", "exceptions", "return_exceptions", "error_callback"),
        *("retry_error_callback", "excepthook", "unraisablehook", "set_exception_handler", "unexpected"),
        *("format_exc", "format_exception", "format_exception_only", "TracebackException"),
        *("__cause__", "__context__", "assertRaisesRegex"),
    )
)
"""Names by which Python and its libraries give errors, or their texts."""
_SHOWN = frozenset(
    (
        *("showwarning", "formatwarning", "catch_warnings", "redirect_stderr", "StringIO", "getMessage"),
        *("addFilter", "setLogRecordFactory", "caplog", "assertLogs", "readouterr"),
    )
)
"""Names by which what is logged, warned of or written to the error stream is looked into."""
_OF_RECORDS = re.compile(rb"\bdef\s+(?:filter|format\w*|handle|emit|makeRecord)\b")
"""Methods that are given log records."""
_ARGUMENTS = re.compile(rb"(?<!\bself)(?<!\bcls)\.\s*args\b")
_EXPECTED = re.compile(rb"\b(?:raises|assertRaises)\b[^:]*(?:\bmatch\b|\)\s*as\b)", re.DOTALL)
_LEAVING = ("__exit__", "__aexit__")
_ASKED = ("exception", "exc_info")
"""Functions and methods that give an error, where they are given no message."""
_LEVELS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "log")
_LOGGER = re.compile(rb"\b(\w+)\s*(?::[^=\n]*)?=\s*(?:logging|structlog)\.get_?[lL]ogger\(")
_TEXT_OF = ("str", "repr", "type", "format")
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
    """Whether a statement of a module with this text may take from one of the channels: the others need not
    be parsed."""
    if Channel.ERRORS in channels.kinds and _ERRORS.search(text):
        return True
    if Channel.LOGS in channels.kinds and _LOGS.search(text):
        return True
    return bool(channels.attributes) and _reads(channels.attributes, text)


def receivers(
    text: bytes, some: Iterable[TopLevelStatement], channels: Channels
) -> Iterator[TopLevelStatement]:
    """The statements of a module with this text that take from one of the channels."""
    loggers = {name.decode("utf-8", "replace") for name in _LOGGER.findall(text)} | {"logging"}
    for one in some:
        if may_receive(one.text, channels) and (
            (Channel.LOGS in channels.kinds and _takes_logs(one))
            or (channels.attributes and _reads(channels.attributes, one.text))
            or (Channel.ERRORS in channels.kinds and _takes_errors(one, loggers))
        ):
            yield one


_ERRORS = re.compile(
    rb"except\b[^:]*\bas\b|\.\s*args\b|__a?exit__|\bexception\s*\(|\bexc_info\s*\(|\braises\b|\bassertRaises\b|"
    + b"|".join(map(str.encode, sorted(_GIVING)))
)
_LOGS = re.compile(_OF_RECORDS.pattern + b"|" + b"|".join(map(str.encode, sorted(_SHOWN))))


def _reads(attributes: frozenset[str], text: bytes) -> bool:
    """Whether one of the attributes is read somewhere in a text, or named in quotes."""
    names = b"|".join(re.escape(name.encode()) for name in sorted(attributes))
    return re.search(rb"""(?:\.\s*|["'])(?:%b)(?![\w\x80-\xff])""" % names, text) is not None


def _takes_logs(statement: TopLevelStatement) -> bool:
    return not statement.words.isdisjoint(_SHOWN) or _OF_RECORDS.search(statement.text) is not None


def _takes_errors(statement: TopLevelStatement, loggers: set[str]) -> bool:
    """Whether something is done with an error in a statement, besides telling people of it."""
    text = statement.text
    if not statement.words.isdisjoint(_GIVING) or _ARGUMENTS.search(text) or _EXPECTED.search(text):
        return True
    nodes = [*ast.walk(statement.node)]
    if any(_inspects_error(node, loggers) for node in nodes if isinstance(node, ast.Call)):
        return True
    handlers = (node for node in nodes if isinstance(node, ast.ExceptHandler) and node.name)
    if any(_uses(handler.body, {handler.name or ""}, loggers) for handler in handlers):
        return True
    leaving = (node for node in nodes if isinstance(node, Function) and node.name in _LEAVING)
    return any(_uses(method.body, _errors_of(method), loggers) for method in leaving)


def _inspects_error(call: ast.Call, loggers: set[str]) -> bool:
    """Whether a call gives an error: a task's own, the one that is caught."""
    if called_name(call) not in _ASKED:
        return False
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    is_log = isinstance(owner, ast.Name) and owner.id in loggers
    said = (*call.args[:1], *(one.value for one in call.keywords if one.arg in ("msg", "event")))
    return not is_log and not any(isinstance(one, ast.JoinedStr | ast.BinOp) or _is_text(one) for one in said)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _errors_of(method: Function) -> set[str]:
    """The parameters of a method that leaves a context by which it gets the error, or its class."""
    listed = method.args
    given = [*listed.posonlyargs, *listed.args][1:]
    return {one.arg for one in (*given, *filter(None, (listed.vararg, listed.kwarg)))}


def _uses(body: Iterable[ast.AST], names: set[str], loggers: set[str]) -> bool:
    """Whether one of the names is used for more than to log it, or to say what an error comes from."""
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
    """Whether a call logs its arguments, and nothing else is done with them."""
    func = call.func
    if not (isinstance(func, ast.Attribute) and func.attr in _LEVELS):
        return False
    if not (isinstance(func.value, ast.Name) and func.value.id in loggers):
        return False
    given = (*call.args, *(one.value for one in call.keywords if one.arg == "exc_info"))
    others = any(one.arg != "exc_info" for one in call.keywords)
    return not others and all(_is_plain(node) for one in given for node in ast.walk(one))


def _is_plain(node: ast.AST) -> bool:
    """Whether a part of an expression does no more than to make a text."""
    if isinstance(node, ast.Call):
        return called_name(node) in _TEXT_OF
    return isinstance(node, (*_PLAIN, *_PLAIN_OPERATIONS))
