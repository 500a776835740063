"""Models of functions that read settings files and data files of tests, which are modules of the program."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import partial
from glob import escape
from itertools import dropwhile, takewhile

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Method, Model, receiver_of
from kognitos_migrate.interpret.library.json_ import loads
from kognitos_migrate.interpret.library.str_methods import return_receiver
from kognitos_migrate.interpret.library_effects import reads_data
from kognitos_migrate.interpret.settings_replacements import (
    PLACEHOLDERS,
    VARIABLES,
    is_left_by_replacement,
    replace_in_contents,
)
from kognitos_migrate.interpret.strings import join_texts
from kognitos_migrate.interpret.unmodeled_calls import call_or_default, call_unmodeled, call_unmodeled_method
from kognitos_migrate.source.data_file.forms import NAME, NUMBER, SETTING, VARIABLE, is_settings_module
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    FILE,
    NEVER,
    NONE,
    UNKNOWN,
    Const,
    Hole,
    Json,
    Lit,
    MemberRef,
    ModuleRef,
    Text,
    Unknown,
    Value,
    environment_variable,
    library_result,
    setting_at,
)
from kognitos_migrate.values.origins import OriginKind
from kognitos_migrate.values.texts import known_text

TEMPORARY = "tempfile"
"""The module whose functions make files and folders. No file of the project is in them."""


def _is_temporary(value: Value) -> bool:
    """Whether a value is a temporary folder, or was reached from one."""
    origin = value.origin if isinstance(value, Unknown) else None
    return (
        origin is not None
        and origin.kind is OriginKind.RESULT
        and origin.names[0].partition(".")[0] == TEMPORARY
    )


def file_contents(point: EvalPoint, path: Value) -> Value | None:
    """The contents of the data files that a path may lead to, as texts of their data. None if it may lead to
    another file, and to no settings file: what is known of settings holds of any file that is deployed."""
    files = _data_files(point, path)
    for file in files:
        point.interpreter.facts.file_names.setdefault(file, {}).update(dict.fromkeys(_settings_in(path)))
    contents = [
        Json(point.attribute(ModuleRef(file), NAME), Site(file, 0), point.act.frame.id) for file in files
    ]
    return join(*contents) if contents else None


def _settings_in(path: Value) -> Iterator[str]:
    """The settings of users that a path, or a part of it, may come from."""
    for choice in alternatives(path):
        if isinstance(choice, Unknown) and choice.public:
            yield choice.source
        for part in choice.parts if isinstance(choice, Text) else ():
            yield from _settings_in(part.value) if isinstance(part, Hole) else ()


def joined_path(point: EvalPoint, parts: list[Operand]) -> Value | None:
    """The joined segments of a path, if it leads to data files."""
    if not point.interpreter.testing.data or not parts:
        return None
    path = join_texts(Text((Lit("/"),)), parts)
    return path if _data_files(point, path) else None


def _data_files(point: EvalPoint, path: Value) -> list[str]:
    """The data files that a path may lead to. Settings files alone if it may lead to another file."""
    data = point.interpreter.testing.data
    files: set[str] = set()
    is_complete = True
    for pattern in _patterns(path) if data else ():
        segments = _segments(pattern)
        matches = [file for file in data if segments and _ends_with(file, segments)]
        matches = _nearest(matches, point.act.frame.path) if len(matches) > 1 else matches
        if segments and _ANYTHING in segments[-1]:
            matches = _shallowest(matches)
        is_complete &= len(matches) == 1 and not any(_ANYTHING in segment for segment in segments)
        files.update(matches if len(matches) == 1 or _ANYTHING in pattern else ())
    return sorted(
        file for file in files if is_complete or is_settings_module(point.interpreter.trees[file].text)
    )


def _ends_with(file: str, pattern: Sequence[str]) -> bool:
    """Whether the last segments of a file's path match those of a pattern."""
    segments = file.split("/")[-len(pattern) :]
    return len(segments) == len(pattern) and all(map(fnmatchcase, segments, map(_glob, pattern)))


def _glob(segment: str) -> str:
    return "*".join(map(escape, segment.split(_ANYTHING)))


def _nearest(files: list[str], module: str) -> list[str]:
    """The files that have the most folders in common with a module."""
    shared = {file: _common_folders(file, module) for file in files}
    return [file for file in files if shared[file] == max(shared.values())]


def _shallowest(files: list[str]) -> list[str]:
    """The files in the fewest folders: those of all stages are beside each other."""
    depth = min((file.count("/") for file in files), default=0)
    return [file for file in files if file.count("/") == depth]


def _common_folders(file: str, other: str) -> int:
    pairs = zip(file.split("/")[:-1], other.split("/")[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


_ANYTHING = "\0"
"""The character that stands for a text in a path that isn't known, such as the name of a stage."""


def _segments(pattern: str) -> list[str]:
    """The segments at the end of a path, from the first folder whose name begins with known text. Empty if
    nothing of the file's name is known."""
    *folders, name = [segment for segment in pattern.lstrip("/").split("/") if segment != "."] or [""]
    rest = dropwhile(lambda folder: folder.startswith(_ANYTHING), folders)
    return [*rest, name] if name.strip(f"{_ANYTHING}.") else []


def _patterns(path: Value) -> list[str]:
    """The texts of each alternative of a path, with `_ANYTHING` for their parts that aren't known."""
    return [pattern for choice in alternatives(path) for pattern in _patterns_of(choice)][:_MOST]


def _patterns_of(choice: Value) -> list[str]:
    if _is_temporary(choice):
        return []
    if not isinstance(choice, Text):
        return [_ANYTHING]
    patterns = [""]
    for part in choice.parts:
        texts = _patterns(part.value) if isinstance(part, Hole) else [str(part.text)]
        patterns = [head + text for head in patterns for text in texts][:_MOST]
    return patterns


_MOST = 50
"""The limit on the paths that one expression may have."""


def value_in_settings(call: CallPoint) -> Value:
    """A value in a settings file. The file that is deployed may have another text there, or a mapping with
    more or fewer entries. A number is as unknown as in a file that isn't in sight: its digits can't be edited
    in a URL."""
    value, keys = call.arguments.positional
    record = call.interpreter.heap.get(value.value)
    if not isinstance(record, DictObject):
        path = known_text(keys.value) or ""
        choices = alternatives(value.value)
        if all(isinstance(choice, Unknown) and choice.public for choice in choices):
            return value.value
        if not any(isinstance(choice, Text) for choice in choices):
            is_number = all(isinstance(choice, Const) for choice in choices)
            entry = library_result("settings", NUMBER if is_number else SETTING, is_data=True)
            for key in path.split(".") if path else ():
                entry = entry.item(key, f'"{key}"')
            return entry
        texts = [choice for choice in choices if not _has_setting(choice)] or choices
        return join(*texts, replace(setting_at(path), is_data=True))
    record.open = True
    for name, entries in record.entries.items():
        record.entries[name] = [replace(entry, optional=True) for entry in entries]
    return value.value


def _has_setting(value: Value) -> bool:
    """Whether a text has another setting in it, which may have another value: so may then the text."""
    holes = [part for part in value.parts if isinstance(part, Hole)] if isinstance(value, Text) else []
    return any(
        isinstance(choice, Unknown) and choice.origin is not None and choice.origin.kind is OriginKind.SETTING
        for hole in holes
        for choice in alternatives(hole.value)
    )


def _variable_in_settings(call: CallPoint) -> Value:
    """The value of an environment variable in a text of a settings file, or its default."""
    name, *default = call.arguments.positional
    return join(environment_variable(known_text(name.value) or ""), *(operand.value for operand in default))


def _load_file(name: str, call: CallPoint) -> Value:
    """The result of `toml.load(path)`, or of an open file."""
    argument = call.arguments.first()
    contents = file_contents(call, argument.value) if argument is not None else None
    if argument is None or contents is None:
        return _decode_data(name, call)
    return loads(replace(call, arguments=Arguments([argument._replace(value=contents)])))


def _decode_data(name: str, call: CallPoint) -> Value:
    """The result of `yaml.safe_load(text)`, and of other decoders by their qualified name."""
    argument = call.arguments.first("stream", "s", "fp")
    choices = alternatives(argument.value) if argument is not None else ()
    if choices and all(isinstance(choice, Json) for choice in choices):
        return loads(call)
    call.interpreter.notes.note_library(call.act, name)
    result = call_unmodeled(call, "a decoder")
    decoded = library_result(name, name, is_data=reads_data(name))
    return decoded if result is UNKNOWN else result


def join_path(call: CallPoint, member: MemberRef) -> Value:
    """The result of `path.joinpath(name)`."""
    receiver = Operand(member.receiver, call.site, call.act.frame.id)
    path = joined_path(call, [receiver, *call.arguments.positional])
    return path if path is not None else call_unmodeled_method(call, member)


def read_path(call: CallPoint, member: MemberRef) -> Value:
    """The result of `path.read_text()`. The path's name is recorded where the path is created."""
    call.interpreter.log_sinks.note_path_object_read(member.receiver)
    contents = _contents_of(call, member)
    return contents if contents is not None else call_unmodeled_method(call, member)


def _contents_of(call: CallPoint, callee: MemberRef) -> Value | None:
    """The contents of the file whose method is called; None if it isn't in sight."""
    contents = file_contents(call, callee.receiver)
    path = call.interpreter.facts.values.get((receiver_of(call), call.act.frame.id), NEVER)
    is_default = any(True for _ in _settings_in(path))
    is_named = any(pattern.strip(_ANYTHING) for pattern in _patterns(callee.receiver))
    if contents is not None or (is_named and not is_default):
        return contents
    return contents_of_alternative(call, callee.name)


def contents_of_alternative(call: CallPoint, method: str) -> Value | None:
    """The contents of the settings file that another alternative of the receiver names, for a path that isn't
    known at all, or leads to no file in sight: `Path(environ.get("CONF", "conf.json")).read_text()`.

    None if there is none, and for other methods.
    """
    if method not in _READERS or (method == "open" and not is_reading(call.arguments.first("mode"))):
        return None
    path = call.interpreter.facts.values.get((receiver_of(call), call.act.frame.id))
    return file_contents(call, path) if path is not None else None


def open_path(call: CallPoint, member: MemberRef) -> Value:
    """The result of `path.open(mode)`."""
    if is_reading(call.arguments.first("mode")):
        call.interpreter.log_sinks.note_path_object_read(member.receiver)
        contents = _contents_of(call, member)
        if contents is not None:
            return contents
    call_unmodeled_method(call, member)
    return FILE


def is_reading(mode: Operand | None) -> bool:
    """Whether a file that is opened with this mode may be read."""
    spelled = known_text(mode.value) if mode is not None else "r"
    return spelled is None or "r" in spelled or "+" in spelled


def _close(_call: CallPoint, _member: MemberRef) -> Value:
    """The result of `file.close()`, where an open file is its contents."""
    return NONE


_DECODERS = (
    *(f"yaml.{name}" for name in ("safe_load", "load", "full_load", "unsafe_load")),
    *(f"{library}.{name}" for library in ("tomli", "tomllib") for name in ("load", "loads")),
    "toml.loads",
)


def same_path(call: CallPoint, member: MemberRef) -> Value:
    """The result of `path.resolve()`, and of other methods that return another spelling of the path."""
    path = joined_path(call, [Operand(member.receiver, receiver_of(call), call.act.frame.id)])
    return path if path is not None else call_unmodeled_method(call, member)


def _spell_path(name: str, call: CallPoint) -> Value:
    """The result of `os.path.abspath(path)`, and of other functions that spell a path differently."""
    path, argument = joined_path(call, call.arguments.positional), call.arguments.first()
    if path is not None:
        return path
    if (
        name == _EXPANSION
        and argument is not None
        and is_left_by_replacement(call, argument.value, VARIABLES)
    ):
        return argument.value
    call.interpreter.notes.note_library(call.act, name)
    return call_or_default(call, name, name, library_result(name, name))


def sibling_path(call: CallPoint, member: MemberRef) -> Value:
    """The result of `path.with_name(name)`."""
    folder = Operand(UNKNOWN, call.site, call.act.frame.id)
    path = joined_path(call, [folder, *call.arguments.positional])
    return path if path is not None else call_unmodeled_method(call, member)


_CONTENT_METHODS = ("read_bytes", "read_text")
_READERS = ("open", *_CONTENT_METHODS)
_SPELLINGS = ("abspath", "expanduser", "expandvars", "normpath", "realpath")
_EXPANSION = "os.path.expandvars"
"""The function that puts environment variables in place of their names."""
_SPELLING_METHODS = ("absolute", "expanduser", "resolve")

_PATHS = ("unknown", "str")
"""The kinds of values that a path object has: unknown, or text after `/`."""

SYMBOLS: dict[str, Model] = {
    SETTING: value_in_settings,
    f"{SETTING}.{VARIABLE}": _variable_in_settings,
    **{name: partial(_decode_data, name) for name in _DECODERS},
    **{f"os.path.{name}": partial(_spell_path, f"os.path.{name}") for name in _SPELLINGS},
    "os.fspath": partial(_spell_path, "os.fspath"),
    "toml.load": partial(_load_file, "toml.load"),
}

METHODS: dict[str, Method] = {
    **{f"{kind}.{name}": read_path for kind in _PATHS for name in _CONTENT_METHODS},
    **{f"{kind}.open": open_path for kind in _PATHS},
    "unknown.joinpath": join_path,
    **{f"{kind}.{name}": same_path for kind in _PATHS for name in _SPELLING_METHODS},
    **{f"{kind}.with_name": sibling_path for kind in _PATHS},
    **{f"json.{name}": replace_in_contents for name in ("replace", *PLACEHOLDERS)},
    "json.read": return_receiver,
    "json.close": _close,
}
