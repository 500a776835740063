"""Models of logging, warnings, printing, and raised errors."""

from itertools import pairwise

from kognitos_migrate.interpret import exceptions
from kognitos_migrate.interpret.classes.text_conversions import TO_TEXT, logged_value, text_conversion
from kognitos_migrate.interpret.error_contents import note_error_creation
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.library.str_methods import return_receiver
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.log_uses import LOGGER
from kognitos_migrate.interpret.state.use_details import IN_ERROR, IN_LOG, IN_PRINTER, IN_RECORD, PRINT
from kognitos_migrate.interpret.strings import WORD, texts_of, words_in
from kognitos_migrate.interpret.text_templates import PERCENT, template_values
from kognitos_migrate.modules.channels import LOG_METHODS
from kognitos_migrate.values.lattice import NONE, UNKNOWN, Const, MemberRef, Symbol, Unknown, Value


def log_record(call: CallPoint) -> Value:
    """The result of a log call. The arguments are logged, or escape if the program searches its logs."""
    kind = (
        UseKind.ESCAPE
        if any(_message_may_contain(call, text) for text in call.interpreter.readers.log_patterns)
        else UseKind.LOG
    )
    extra = call.arguments.keywords.get("extra")
    _read_named_places(call)
    for argument in call.arguments.everything():
        if argument is extra:
            continue
        is_named = argument not in call.arguments.positional  # which processors of records receive as it is
        shown = argument.value if is_named else logged_value(call, argument)
        call.note_use(kind, shown, argument.site, detail=IN_LOG)
        if shown != argument.value:
            call.note_use(UseKind.LOG, argument.value, argument.site, detail=IN_RECORD)
    if extra is not None:
        # Its keys become attributes of the record, which filters and formatters read.
        call.note_use(UseKind.ESCAPE, extra.value, extra.site, detail="the attributes of a log record")
    return NONE


LEAVING = ("sys.exit", "builtins.exit", "builtins.quit")
"""Functions that raise SystemExit."""


def exit_program(call: CallPoint) -> Value:
    """The result of `sys.exit(message)`, which raises an error with the message."""
    note_error_creation(
        call, Symbol("builtins.SystemExit"), (argument.value for argument in call.arguments.everything())
    )
    return log_record(call)


def _message_may_contain(call: CallPoint, pattern: str | None) -> bool:
    """Whether a message may contain `pattern` (None: an unknown text).

    It may if `pattern` consists of watched words and numbers only, or if one of its other words is written in
    the message.
    """
    if pattern is None:
        return True
    other_words = [
        word
        for word in WORD.findall(pattern)
        if word not in call.interpreter.notes.watch and not word.isdigit()
    ]
    message_words = words_in(argument.value for argument in call.arguments.everything())
    return not other_words or not message_words.isdisjoint(other_words)


def _read_named_places(call: CallPoint) -> None:
    """Read the keys of `%(name)s` placeholders from the message's argument."""
    for message, values in pairwise(call.arguments.positional[:3]):
        for text in texts_of(message.value):
            template_values(call.interpreter, call.act, call.node, text, values, PERCENT)


def print_values(call: CallPoint) -> Value:
    """The result of `print(...)` and `click.echo(...)`. The arguments escape, or are logged if they go to the
    error stream."""
    target, is_error = call.arguments.keywords.get("file"), call.arguments.keywords.get("err")
    if target is not None and target.value == Symbol("sys.stderr"):
        return log_record(call)
    if is_error is not None and is_error.value == Const(value=True):
        return log_record(call)
    for argument in call.arguments.everything():
        shown = text_conversion(call, argument, TO_TEXT).value
        call.note_use(UseKind.ESCAPE, shown, argument.site, detail=PRINT)
        if shown != argument.value:
            call.note_use(UseKind.LOG, argument.value, argument.site, detail=IN_PRINTER)
    return NONE


def logger(call: CallPoint) -> Value:
    """The result of `logging.getLogger()`: a symbol, so that its methods are modelled by name."""
    for argument in call.arguments.everything():
        call.note_use(UseKind.ESCAPE, argument.value, argument.site, detail="a logger name")
    return LOGGER


def exc_info(call: CallPoint) -> Value:
    """The result of `sys.exc_info()`: type, error and traceback of the error that is being handled."""
    error = exceptions.any_error(call.interpreter)
    operands = [call.operand(value) for value in (error, error, UNKNOWN)]
    return call.interpreter.allocate_sequence(call.act, call.node, operands)


def error_in_handling(call: CallPoint) -> Value:
    """The result of `sys.exception()` and of functions that format an error."""
    return exceptions.any_error(call.interpreter)


def exception_group(call: CallPoint) -> Value:
    """The result of `ExceptionGroup(message, errors)`."""
    exceptions.note_error_message(call, Symbol("builtins.ExceptionGroup"))
    return Unknown("an ExceptionGroup", error=True)


def add_note(call: CallPoint, _member: MemberRef) -> Value:
    """The result of `error.add_note(text)`. The text is shown with the error's message."""
    for argument in call.arguments.everything():
        call.note_use(UseKind.LOG, argument.value, argument.site, detail=IN_ERROR)
    return UNKNOWN


_PRINTING = (
    "builtins.print",
    *(f"{library}.{name}" for library in ("click", "typer") for name in ("echo", "secho")),
    "rich.print",
    "tqdm.tqdm.write",
)

SYMBOLS: dict[str, Model] = {
    **dict.fromkeys(_PRINTING, print_values),
    **dict.fromkeys(("builtins.display", "IPython.display.display"), log_record),
    "sys.stderr.write": log_record,
    **dict.fromkeys(LEAVING, exit_program),
    "warnings.warn": log_record,
    "logging.getLogger": logger,
    **dict.fromkeys(("logging.Logger", "logging.LoggerAdapter"), logger),
    "structlog.get_logger": logger,
    "structlog.getLogger": logger,
    **{f"{LOGGER.name}.{name}": logger for name in ("bind", "getChild")},
    **{
        f"logging{owner}.{name}": log_record
        for owner in ("", ".Logger", ".LoggerAdapter", ".Logger()")
        for name in LOG_METHODS
    },
    "sys.exc_info": exc_info,
    "sys.exception": error_in_handling,
    **dict.fromkeys(
        ("traceback.format_exc", "traceback.format_exception", "traceback.format_exception_only"),
        error_in_handling,
    ),
    "builtins.ExceptionGroup": exception_group,
    "builtins.BaseExceptionGroup": exception_group,
}


METHODS: dict[str, Method] = {"object.with_traceback": return_receiver, "object.add_note": add_note}
