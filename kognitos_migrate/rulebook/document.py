"""A document of keys and values, with the line of each key.

Rules and configurations are read as YAML, by the safe loader. For a configuration in TOML, its own loader
makes the `Document`.
"""

import datetime
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kognitos_migrate.errors import Fault, UserError
from kognitos_migrate.source.content import is_utf16, read_bounded, shown_path
from kognitos_migrate.source.yaml_errors import yaml_errors
from kognitos_migrate.structs import Struct

if TYPE_CHECKING:
    import yaml

Key = tuple[str | int, ...]
"""The path of a value: keys of mappings and indexes of lists."""

MAX_NODES = 100_000
"""Limit on the values of one document with its aliases expanded, since nested aliases grow exponentially."""
MAX_SCALAR = 1_000
"""Limit on the characters of an unquoted scalar. Parsing a sexagesimal number takes quadratic time."""

_MAP = "tag:yaml.org,2002:map"
_SEQUENCE = "tag:yaml.org,2002:seq"
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"


class Document(Struct, frozen=True):
    """The parsed content of a file: mappings (with keys of text), lists and scalars, and their lines.

    `faults` don't depend on the schema: duplicate keys, keys that are no text, values that can't be read.
    `validate` raises them with its own.
    """

    path: str
    """The path as shown to users."""
    value: object
    lines: Mapping[Key, int]
    faults: tuple[Fault, ...] = ()

    def line(self, key: Key) -> int | None:
        """The line of `key`, or of the nearest enclosing key that has one; None if none has."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key)

    def fault(self, key: Key, message: str, expected: str | None = None) -> Fault:
        """A fault at `key`, with its line."""
        return Fault(message, self.path, self.line(key), key_path(key) or None, expected)

    def mismatch(self, key: Key, value: object, expected: str, choices: Collection[str] = ()) -> Fault:
        """A fault at `key`, which has `value` instead of what is `expected`: `expected a list, got 'a'`.

        A misspelled one of the `choices` gets a suggestion.
        """
        if value in (None, "", [], {}):
            return self.fault(key, "is empty", expected)
        hint = match_suggestion(value, choices) if isinstance(value, str) else None
        if isinstance(value, int | float) and not isinstance(value, bool) and "expected text" in expected:
            hint = "put it in quotes"
        return self.fault(key, f"{expected}, got {describe_value(value)}", hint)


def read_yaml(path: Path, error: type[UserError]) -> Document:
    """Parse the YAML file at `path`. Raises `error` if it can't be read or isn't YAML."""
    return parse_yaml(read_text(path, error), shown_path(path), error)


def parse_yaml(text: str, path: str, error: type[UserError]) -> Document:
    """Parse the YAML `text` of the file that users see as `path`. Raises `error` if it isn't YAML."""
    import yaml

    try:
        with yaml_errors():
            builder = _Builder(getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text), path)
            root = builder.loader.get_single_node()
        value = builder.document(root)
    except RecursionError:
        raise error("is nested too deeply, or holds itself", path=path) from None
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark is not None else None
        raise error("isn't valid YAML", path=path, line=line, expected=_syntax_fault(problem, text)) from None
    except yaml.YAMLError as problem:
        raise error("isn't valid YAML", path=path, expected=str(problem).splitlines()[0]) from None
    return Document(path, value, builder.lines, tuple(builder.faults))


def _syntax_fault(problem: "yaml.MarkedYAMLError", text: str) -> str:
    """The syntax error in the YAML `text`, with its column."""
    reason = ", ".join(filter(None, (problem.context, problem.problem)))
    if problem.problem == "did not find expected key" and problem.context_mark is not None:
        reason = f"the indentation doesn't match line {problem.context_mark.line + 1}"
    if problem.problem == "mapping values are not allowed in this context":
        reason = "a key can't be here: check the indentation, or quote the value"
    mark = problem.problem_mark
    if mark is not None and "cannot start any token" in reason and text[mark.index : mark.index + 1] == "\t":
        reason = "a tab can't indent: use spaces"
    return reason if mark is None else f"{reason} (column {mark.column + 1})"


def read_text(path: Path, error: type[UserError]) -> str:
    """The text of `path`, without a byte order mark. Raises `error` if it can't be read or isn't UTF-8."""
    try:
        data = read_bounded(path)
    except FileNotFoundError:
        raise error("does not exist", path=shown_path(path)) from None
    except OSError as problem:
        reason = "is a folder" if path.is_dir() else (problem.strerror or "unknown reason").lower()
        raise error(f"can't be read: {reason}", path=shown_path(path)) from None
    if is_utf16(data):
        raise error("is UTF-16", path=shown_path(path), expected="save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise error("isn't UTF-8", path=shown_path(path), line=line, expected="save it as UTF-8") from None


def key_path(key: Key) -> str:
    """`key` as users see it, as in `examples[0].about`."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += "." * bool(text) + (part if re.fullmatch(r"[\w-]+", part) else f'"{part}"')
    return text


def suggestion(word: str, valid: Collection[str], possible: Collection[str] | None = None) -> str:
    """The hint for an invalid `word`: the closest match in `valid`, or else the list of `possible` words.

    `possible` defaults to `valid`.
    """
    import difflib

    near = difflib.get_close_matches(word, valid, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    choices = valid if possible is None else possible
    return f"expected {join_with_or(choices)}" if choices else "expected none here"


def match_suggestion(word: str, valid: Collection[str]) -> str | None:
    """The hint with the closest match in `valid` for an invalid `word`; None if there is none."""
    hint = suggestion(word, valid, ())
    return hint if hint.startswith("did you mean") else None


def join_with_or(words: Collection[str]) -> str:
    """The words as an enumeration: `a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def as_mapping(value: object) -> dict[str, object]:
    """A value of a document if it is a mapping; an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def describe_value(value: object) -> str:
    """The kind of a document's value, or the value itself: `a list`, `3`."""
    match value:
        case None:
            return "empty"
        case bool():
            return f"{str(value).lower()}"
        case str():
            return repr(value) if len(value) <= 40 else "a text"
        case int() | float():
            return str(value)
        case datetime.date():
            return f"the date {value}"
        case bytes():
            return "binary data"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    return f"a {type(value).__name__}"


class _Builder:
    """Builds a document's value from its YAML nodes, and records lines and faults."""

    def __init__(self, loader: "yaml.SafeLoader", path: str) -> None:
        self.loader = loader
        self.path = path
        self.lines: dict[Key, int] = {}
        self.faults: list[Fault] = []
        self.nodes = 0
        self.flattened: set[int] = set()

    def document(self, node: "yaml.Node | None") -> object:
        """The value of the document with this root node; None if it is empty."""
        if node is None:
            return None
        self.lines[()] = node.start_mark.line + 1
        return self.build(node, ())

    def build(self, node: "yaml.Node", key: Key) -> object:
        """The value of `node` at `key`.

        Raises ConstructorError if the document has more than MAX_NODES values.
        """
        import yaml

        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise yaml.constructor.ConstructorError(None, None, "it has too many values", node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, key)
        if isinstance(node, yaml.SequenceNode):
            return self.sequence(node, key)
        if node.tag != _TEXT and len(node.value) > MAX_SCALAR:
            message = f"can't be read: {node.value[:20]!r}…, {len(node.value)} characters that aren't quoted"
            self.faults.append(self.fault(node, key, message, "put it in quotes"))
            return None
        try:
            with yaml_errors():
                value: object = self.loader.construct_object(node)
        except yaml.YAMLError:
            self.faults.append(self.fault(node, key, f"can't be read: {node.value!r}", "put it in quotes"))
            return None
        return value

    def mapping(self, node: "yaml.MappingNode", key: Key) -> dict[str, object]:
        """The value of a mapping node. Its own keys override merged ones (`<<`)."""
        if id(node) not in self.flattened:
            self.check_keys(node, key)
            self.loader.flatten_mapping(node)
            self.flattened.add(id(node))
        built: dict[str, object] = {}
        for name, value in node.value:
            if name.tag == _TEXT:
                place = (*key, name.value)
                self.lines[place] = name.start_mark.line + 1
                built[name.value] = self.build(value, place)
        return built

    def check_keys(self, node: "yaml.MappingNode", key: Key) -> None:
        """Record a fault for each key of `node` that isn't text or occurs twice."""
        if node.tag != _MAP:
            self.faults.append(self.fault(node, key, f"has the tag {node.tag}", "expected none"))
        first_lines: dict[str, int] = {}
        for name, _ in node.value:
            if name.tag == _MERGE:
                continue
            if name.tag != _TEXT:
                name_text = name.value if isinstance(name.value, str) else "?"
                wrong = f"the key {name_text or 'that is empty'} is not text"
                self.faults.append(self.fault(name, key, wrong, "put it in quotes"))
            elif name.value in first_lines:
                wrong = f"occurs twice, first on line {first_lines[name.value]}"
                self.faults.append(self.fault(name, (*key, name.value), wrong, "expected it once"))
            else:
                first_lines[name.value] = name.start_mark.line + 1

    def sequence(self, node: "yaml.SequenceNode", key: Key) -> list[object]:
        """The value of a sequence node."""
        if node.tag != _SEQUENCE:
            self.faults.append(self.fault(node, key, f"has the tag {node.tag}", "expected none"))
        built: list[object] = []
        for index, item in enumerate(node.value):
            place = (*key, index)
            self.lines[place] = item.start_mark.line + 1
            built.append(self.build(item, place))
        return built

    def fault(self, node: "yaml.Node", key: Key, message: str, expected: str) -> Fault:
        """A fault at `node`."""
        return Fault(message, self.path, node.start_mark.line + 1, key_path(key) or None, expected)
