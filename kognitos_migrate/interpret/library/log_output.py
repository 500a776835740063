"""Models of functions that send log records and tracebacks to files and streams."""

from collections.abc import Iterator

from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.iteration import element_of
from kognitos_migrate.interpret.state.log_uses import FILTER, FORMATTER, HANDLER, LOGGER
from kognitos_migrate.interpret.unmodeled_calls import (
    call_unmodeled,
    call_unmodeled_method,
    call_without_storage,
)
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NONE, UNKNOWN, MemberRef, Ref, Symbol, Text, Unknown, Value
from kognitos_migrate.values.texts import known_text


def _write_to_file(call: CallPoint, path: Operand | None) -> None:
    if path is not None and path.value != NONE:
        call.interpreter.log_sinks.note_log_file(path.value)


def _write_to_stream(call: CallPoint, stream: Operand | None) -> None:
    if stream is not None:
        call.interpreter.log_sinks.note_stream(stream.value)


def file_handler(call: CallPoint) -> Value:
    """The result of `logging.FileHandler(path)` and its subclasses."""
    _write_to_file(call, call.arguments.first("filename"))
    call_without_storage(call, "a log handler")
    return HANDLER


def stream_handler(call: CallPoint) -> Value:
    """The result of `logging.StreamHandler(stream)`."""
    _write_to_stream(call, call.arguments.first("stream"))
    call_without_storage(call, "a log handler")
    return HANDLER


def quiet_handler(call: CallPoint) -> Value:
    """The result of a handler that drops records, or sends them to people."""
    call_without_storage(call, "a log handler")
    return HANDLER


def set_stream(call: CallPoint) -> Value:
    """The result of `handler.setStream(stream)`."""
    _write_to_stream(call, call.arguments.first("stream"))
    return call_unmodeled(call, "a stream of log records")


def set_stream_of_unknown(call: CallPoint, member: MemberRef) -> Value:
    """The result of `setStream(stream)` of an unknown value."""
    _write_to_stream(call, call.arguments.first("stream"))
    return call_unmodeled_method(call, member)


def add_handler(call: CallPoint) -> Value:
    """The result of `logger.addHandler(handler)`."""
    _note_receivers(call)
    return NONE


def add_handler_to_unknown(call: CallPoint, member: MemberRef) -> Value:
    """The result of `addHandler(handler)` of an unknown value."""
    add_handler(call)
    return call_unmodeled_method(call, member)


def add_receiver(call: CallPoint) -> Value:
    """The result of `addFilter(filter)` or `setFormatter(formatter)` of a logger or a handler."""
    _note_receivers(call)
    return call_unmodeled(call, "a receiver of log records")


def add_receiver_to_unknown(call: CallPoint, member: MemberRef) -> Value:
    """The result of one of these methods of an unknown value."""
    _note_receivers(call)
    return call_unmodeled_method(call, member)


def _note_receivers(call: CallPoint) -> None:
    for argument in call.arguments.everything():
        call.interpreter.log_sinks.note_receiver(argument.value)


def formatter(call: CallPoint) -> Value:
    """The result of `logging.Formatter(format)`."""
    _note_format(call, call.arguments.first("fmt"))
    call_without_storage(call, "a log formatter")
    return FORMATTER


def name_filter(call: CallPoint) -> Value:
    """The result of `logging.Filter(name)`, which compares the names of loggers."""
    call_without_storage(call, "a log filter")
    return FILTER


def _note_format(call: CallPoint, template: Operand | None) -> None:
    if template is not None:
        call.interpreter.log_sinks.note_format(template.value)


def forwarding_handler(call: CallPoint) -> Value:
    """The result of a handler or a factory that passes records on to code out of sight."""
    call.interpreter.log_sinks.note_reader()
    return call_unmodeled(call, "a receiver of log records")


def redirect_stream(call: CallPoint) -> Value:
    """The result of `contextlib.redirect_stderr(stream)`."""
    _write_to_stream(call, call.arguments.first("new_target"))
    return call_without_storage(call, "an error stream")


def basic_config(call: CallPoint) -> Value:
    """The result of `logging.basicConfig(filename=…, stream=…)`."""
    _write_to_file(call, call.arguments.keywords.get("filename"))
    _write_to_stream(call, call.arguments.keywords.get("stream"))
    _note_format(call, call.arguments.keywords.get("format"))
    if (handlers := call.arguments.keywords.get("handlers")) is not None:
        call.interpreter.log_sinks.note_receiver(element_of(call.interpreter, handlers.value))
    return call_without_storage(call, "the logging configuration")


def dict_config(call: CallPoint) -> Value:
    """The result of `logging.config.dictConfig(config)`, whose handlers name their files and streams. Users
    who set other ones in a settings file read the log themselves."""
    config, sinks = call.arguments.first("config"), call.interpreter.log_sinks
    for key, value in _nested_entries(call, config.value, set()) if config is not None else ():
        if key == "filename":
            _write_to_file(call, value)
            continue
        for choice in alternatives(value.value):
            if isinstance(choice, Unknown) and choice.public:
                continue
            text = choice.literal if isinstance(choice, Text) else None
            if key in ("class", "()"):
                factory = Symbol(text) if text is not None else choice
                sinks.note_receiver(factory)
                sinks.note_library_module(_name_of(factory))
            elif key in ("format", "fmt"):
                sinks.note_format(choice)
            elif key == "filters":
                names = alternatives(element_of(call.interpreter, choice))
                sinks.note_receiver(join(*(name for name in names if not isinstance(name, Text))))
            elif key == ".":  # attributes to set
                sinks.note_reader()
            elif key == "stream" and text != "ext://sys.stderr":
                sinks.note_stream(choice)
    return call_without_storage(call, "the logging configuration")


def _name_of(factory: Value) -> str:
    """The qualified name of a library's class; empty for any other value."""
    return factory.name if isinstance(factory, Symbol) else ""


_LEAVES = (
    *("()", "backupCount", "class", "datefmt", "delay", "disable_existing_loggers", "encoding", "filename"),
    *("format", "formatter", "incremental", "interval", "level", "maxBytes", "mode", "propagate", "stream"),
    *("style", "utc", "version", "when"),
)
"""The keys of a log configuration whose values contain no more keys."""


def _nested_entries(call: CallPoint, value: Value, visited: set[Ref]) -> Iterator[tuple[str, Operand]]:
    """The entries of a dict and of the dicts in it. A dict that isn't known may contain anything, and a text
    at an unknown key may name any file and stream, but not what users set."""
    for choice in alternatives(value):
        heap_object = call.interpreter.heap.get(choice)
        if isinstance(choice, Ref) and isinstance(heap_object, DictObject) and choice not in visited:
            visited.add(choice)
            for key, entries in heap_object.entries.items():
                for entry in entries:
                    yield key, entry.operand
                    if key not in _LEAVES:
                        yield from _nested_entries(call, entry.operand.value, visited)
            if any(isinstance(other, Text) for other in alternatives(heap_object.others)):
                yield "filename", call.operand(UNKNOWN)
                yield "stream", call.operand(UNKNOWN)
            for others in (heap_object.others, *(spread.value for spread in heap_object.spreads)):
                yield from _nested_entries(call, others, visited)
        elif isinstance(choice, Unknown) and not choice.public:
            yield "filename", call.operand(UNKNOWN)
            yield ".", call.operand(choice)


def file_config(call: CallPoint) -> Value:
    """The result of `logging.config.fileConfig(path)`: the file may name any log file, class and stream."""
    call.interpreter.log_sinks.note_reader()
    _write_to_file(call, call.operand(UNKNOWN))
    return call_unmodeled(call, "the logging configuration")


_FILE_HANDLERS = (
    "logging.FileHandler",
    *(
        f"logging.handlers.{name}"
        for name in ("RotatingFileHandler", "TimedRotatingFileHandler", "WatchedFileHandler")
    ),
)

_RECEIVERS = (
    *(
        f"logging.handlers.{name}"
        for name in ("QueueHandler", "BufferingHandler", "MemoryHandler", "SocketHandler", "DatagramHandler")
    ),
    "logging.handlers.HTTPHandler",
)

_QUIET_HANDLERS = (
    *("logging.Handler", "logging.NullHandler"),
    *(f"logging.handlers.{name}" for name in ("SysLogHandler", "SMTPHandler", "NTEventLogHandler")),
)


def redirect_descriptor(call: CallPoint) -> Value:
    """The result of `os.dup2(source, target)`, which may redirect the error stream."""
    call.interpreter.log_sinks.note_program_stream()
    return call_unmodeled(call, "os.dup2")


def print_traceback(call: CallPoint) -> Value:
    """The result of `traceback.print_exc(file=stream)`."""
    stream = call.arguments.keywords.get("file")
    if stream is not None:
        call.interpreter.log_sinks.note_stream(stream.value)
    return NONE


def filter_warnings(call: CallPoint) -> Value:
    """The result of `warnings.simplefilter(action)`, which may turn warnings into errors."""
    action = call.arguments.first("action")
    if action is None or any(known_text(choice) in (None, "error") for choice in alternatives(action.value)):
        call.interpreter.log_sinks.note_program_stream()
    return NONE


def catch_warnings(call: CallPoint) -> Value:
    """The result of `warnings.catch_warnings(record=True)`, which collects warnings in a list."""
    if call.arguments.first("record") is not None:
        call.interpreter.log_sinks.note_program_stream()
    return UNKNOWN


SYMBOLS: dict[str, Model] = {
    **{f"{name}{end}": file_handler for name in _FILE_HANDLERS for end in ("", ".__init__")},
    **{f"logging.StreamHandler{end}": stream_handler for end in ("", ".__init__")},
    **{f"{name}{end}": forwarding_handler for name in _RECEIVERS for end in ("", ".__init__")},
    **{f"{name}{end}": quiet_handler for name in _QUIET_HANDLERS for end in ("", ".__init__")},
    f"{LOGGER.name}.addHandler": add_handler,
    **{f"{owner.name}.addFilter": add_receiver for owner in (LOGGER, HANDLER)},
    f"{HANDLER.name}.setFormatter": add_receiver,
    f"{HANDLER.name}.setStream": set_stream,
    "logging.Formatter": formatter,
    "logging.Filter": name_filter,
    **dict.fromkeys(("logging.setLogRecordFactory", "logging.setLoggerClass"), forwarding_handler),
    "structlog.configure": forwarding_handler,
    "contextlib.redirect_stderr": redirect_stream,
    "os.dup2": redirect_descriptor,
    **{f"traceback.{name}": print_traceback for name in ("print_exc", "print_exception", "print_last")},
    **{f"warnings.{name}": filter_warnings for name in ("simplefilter", "filterwarnings")},
    "warnings.catch_warnings": catch_warnings,
    "logging.basicConfig": basic_config,
    "logging.config.dictConfig": dict_config,
    "logging.config.fileConfig": file_config,
}


METHODS: dict[str, Method] = {
    "unknown.setStream": set_stream_of_unknown,
    "unknown.addHandler": add_handler_to_unknown,
    "unknown.setFormatter": add_receiver_to_unknown,
    "unknown.addFilter": add_receiver_to_unknown,
}
