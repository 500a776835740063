"""Models of the environment, paths, files and digests."""

from kognitos_migrate.interpret import dynamic_imports
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Method, Model
from kognitos_migrate.interpret.library.builtins_ import ignore_arguments
from kognitos_migrate.interpret.library.data_files import file_contents, is_reading, joined_path
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.use_details import FILE_NAME, PARTS
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import (
    FILE,
    NEVER,
    NONE,
    UNKNOWN,
    Reply,
    Symbol,
    Unknown,
    Value,
    environment_variable,
)
from kognitos_migrate.values.texts import known_text

_ENVIRONMENT = Unknown("the environment", public=True)


def getenv(call: CallPoint) -> Value:
    """The result of `os.getenv(name, default)` and `os.environ.get(name, default)`: a setting, or the
    default."""
    name, default = call.arguments.first("key"), call.arguments.first("default", place=1)
    value = environment_variable(known_text(name.value) or "") if name else _ENVIRONMENT
    if name is not None:
        call.note_use(UseKind.ESCAPE, name.value, name.site, detail="the name of an environment variable")
    return join(value, default.value if default else NONE)


def set_default_variable(call: CallPoint) -> Value:
    """The result of `os.environ.setdefault(name, value)`."""
    name, value = call.arguments.first("key"), call.arguments.first("value", place=1)
    if name is not None and value is not None:
        dynamic_imports.note_variable_set(call.interpreter, name.value, value)
        note_variable(call, name.value, value)
    return getenv(call)


def set_variable(call: CallPoint) -> Value:
    """The result of `monkeypatch.setenv(name, value)` and `os.putenv(name, value)`."""
    name, value = call.arguments.first("name"), call.arguments.first("value", place=1)
    if name is None or value is None or call.arguments.keyword_spread:
        return call_unmodeled(call, "the environment")
    call.note_use(UseKind.ESCAPE, name.value, name.site, detail="the name of an environment variable")
    note_variable(call, name.value, value)
    return NONE


def note_variable(point: EvalPoint, name: Value, value: Operand) -> None:
    """Record that an environment variable is set: to code out of sight, the value escapes."""
    word = known_text(name)
    notes = point.interpreter.notes
    for text in (name, value.value):
        notes.note_texts_passed(point.act, text)
        notes.note_texts_passed_together(point.act, text)
    point.interpreter.mark_escaped(value.value)
    detail = environment_variable(word).source if word else "the environment"
    point.note_use(UseKind.ESCAPE, value.value, value.site, detail=detail)


def note_variables(call: CallPoint, mapping: Operand | None) -> bool:
    """Record that the variables in a mapping, and those of keyword arguments, are set. False if the mapping's
    entries aren't known."""
    heap = call.interpreter.heap
    choices = alternatives(mapping.value) if mapping is not None else ()
    records = [heap.get(choice) for choice in choices]
    dicts = [record for record in records if isinstance(record, DictObject) and _has_known_keys(record)]
    if len(dicts) < len(records) or call.arguments.keyword_spread:
        return False
    if mapping is not None:
        call.note_access(AccessKind.WALK, mapping)
    for name, value in call.arguments.keywords.items():
        note_variable(call, plain_text(name), value)
    for record in dicts:
        for name, entries in record.entries.items():
            for entry in entries:
                note_variable(call, plain_text(name), entry.operand)
    return True


def _has_known_keys(record: DictObject) -> bool:
    return record.is_closed and record.others is NEVER and record.names is NEVER


def update_variables(call: CallPoint) -> Value:
    """The result of `os.environ.update(values, name=value)`."""
    if len(call.arguments.positional) <= 1 and note_variables(call, call.arguments.first("other")):
        return NONE
    return call_unmodeled(call, "the environment")


def note_file_name(call: CallPoint) -> Value:
    """The result of a function on the name of a file. Words in the name escape: anything that lists files
    reads them."""
    for argument in call.arguments.everything():
        call.note_use(UseKind.ESCAPE, argument.value, argument.site, detail=FILE_NAME)
    if (file := call.arguments.first()) is not None:
        call.interpreter.notes.note_texts_passed(call.act, file.value)
    return UNKNOWN


def split_path(call: CallPoint) -> Value:
    """The result of a function that splits a path."""
    for argument in call.arguments.everything():
        call.note_use(UseKind.ESCAPE, argument.value, argument.site, detail=PARTS)
    return UNKNOWN


def path_object(call: CallPoint) -> Value:
    """The result of `pathlib.Path(name)`."""
    if (name := call.arguments.first()) is not None:
        call.interpreter.log_sinks.note_path_object(name.value)
    path = joined_path(call, call.arguments.positional)
    return path if path is not None else note_file_name(call)


def open_file(call: CallPoint) -> Value:
    """The result of `open(path)`."""
    path = call.arguments.first("file")
    if path is not None and is_reading(call.arguments.first("mode", place=1)):
        call.interpreter.log_sinks.note_open(path.value)
        contents = file_contents(call, path.value)
        if contents is not None:
            return contents
    note_file_name(call)
    return FILE


_FILE_NAME_FUNCTIONS = ("os.path.exists", "os.path.getsize")
_SPLITTING_FUNCTIONS = ("os.path.basename", "os.path.dirname", "os.path.splitext")
_PLAIN_FUNCTIONS = (
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


DIGEST = Symbol("hashlib.digest")
"""The result of a hash function. The name is made up: the libraries have no name for its type."""


def digest(call: CallPoint) -> Value:
    """The result of `hashlib.sha256(data)` and `hmac.new(key, data, …)`. Arguments escape, except for the URL
    and the method of a request."""
    arguments = call.arguments
    others = Arguments(
        [argument for argument in arguments.positional if not _was_sent(call, argument)],
        {name: argument for name, argument in arguments.keywords.items() if not _was_sent(call, argument)},
    )
    call_unmodeled(replace(call, arguments=others), "a digest")
    return DIGEST


def _was_sent(call: CallPoint, argument: Operand) -> bool:
    leaves = list(call.interpreter.tracked_leaves(argument.value))
    return bool(leaves) and all(isinstance(leaf, Reply) and leaf.path in _REQUEST_VIEWS for leaf in leaves)


_REQUEST_VIEWS = ((View.ADDRESS,), (View.VERB,))
_HASHES = ("blake2b", "blake2s", "md5", "new", "sha1", "sha224", "sha256", "sha384", "sha3_256", "sha512")


SYMBOLS: dict[str, Model] = {
    "os.getenv": getenv,
    "os.environ.get": getenv,
    "os.environ.setdefault": set_default_variable,
    "os.environ.update": update_variables,
    **dict.fromkeys(("os.putenv", "pytest.MonkeyPatch.setenv"), set_variable),
    "os.environ.pop": getenv,
    **dict.fromkeys(_FILE_NAME_FUNCTIONS, note_file_name),
    "pathlib.Path": path_object,
    **dict.fromkeys(_SPLITTING_FUNCTIONS, split_path),
    **dict.fromkeys(("builtins.open", "io.open", "codecs.open"), open_file),
    **dict.fromkeys(_PLAIN_FUNCTIONS, ignore_arguments),
    **{f"hashlib.{name}": digest for name in _HASHES},
    "hmac.new": digest,
    "hmac.digest": digest,
    "hashlib.digest.update": digest,
}


METHODS: dict[str, Method] = {}
