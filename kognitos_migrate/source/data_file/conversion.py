"""Conversion of a data file to a Python module.

    running: {state: running}      data = ({'running': {'state': 'running'}})

The data of the module stand in the rows of the file. An entry of a recording, which a mock library wrote with
the requests and responses of a test, becomes a call that registers a stub. A scalar or mapping of a settings
file becomes the argument of a call, because the file that is deployed may have another value there.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

from kognitos_migrate.source.content import INI_SUFFIXES, TOML
from kognitos_migrate.source.data_file.forms import NAME, SETTING, VARIABLE, RecordingForm
from kognitos_migrate.source.data_file.json_yaml import yaml_root
from kognitos_migrate.source.data_file.nodes import Node, Reference
from kognitos_migrate.source.data_file.references import referenced_nodes, text_parts
from kognitos_migrate.source.data_file.toml_ini import ini_root, toml_root
from kognitos_migrate.source.positions import CharacterIndex, Position
from kognitos_migrate.structs import Struct


class DataFile(Struct, frozen=True, dict=True):
    """The text of a data file, and the modules that may read it, by path."""

    raw: str
    users: tuple[str, ...] = ()
    form: RecordingForm | None = None
    """The form of a recording; None for other data."""
    is_settings: bool = False
    """Whether code other than tests may read it."""
    suffix: str = ".yaml"
    """The file name extension, which tells the format."""
    own_table: tuple[str, ...] = ()
    """The keys of a table of TOML with this tool's configuration, which no program reads."""

    @cached_property
    def root(self) -> Node:
        """The root node. Raises DataFileError if the text isn't data."""
        if self.suffix == TOML:
            return toml_root(self.raw).without(self.own_table)
        return ini_root(self.raw) if self.suffix in INI_SUFFIXES else yaml_root(self.raw)

    @cached_property
    def entries(self) -> tuple[Node, ...]:
        """The entries of a recording."""
        node = self.root.entry(self.form.entries) if self.form is not None else None
        return node.items or () if node is not None else ()

    def file_places(self, start: Position, end: Position) -> tuple[Position, Position]:
        """A range of the module's text as a range of the file: from the first scalar in it to the last one.

        Ranges without a scalar whose place in the file is known stay as they are.
        """
        first = bisect_right(self._scalars, start, key=lambda scalar: scalar[1])
        behind = bisect_left(self._scalars, end, key=lambda scalar: scalar[0])
        inside = [node for _, _, node in self._scalars[first:behind]]
        if self.form is not None or not inside or min(node.start for node in inside) < 0:
            return start, end
        return self._index.position(inside[0].start), self._index.position(inside[-1].end)

    @cached_property
    def _index(self) -> CharacterIndex:
        return CharacterIndex(self.raw)

    @cached_property
    def _scalars(self) -> Sequence[tuple[Position, Position, Node]]:
        """The scalars with the ranges of their literals in the module, in order."""
        return _aligned_text(self).scalars


def is_recording(root: Node, form: RecordingForm) -> bool:
    """Whether data are a recording of a form: all its entries have a URL."""
    node = root.entry(form.entries)
    entries = node.items if node is not None else None
    urls = [form.part(entry, form.url) for entry in entries or ()]
    return bool(urls) and all(url is not None and isinstance(url.value, str) for url in urls)


def module_text(file: DataFile) -> str:
    """The Python module for a data file. Raises DataFileError if the text isn't data."""
    return _aligned_text(file).text()


def _aligned_text(file: DataFile) -> "_AlignedText":
    text = _AlignedText()
    if file.is_settings:
        module, _, function = SETTING.rpartition(".")
        text.put(f"from {module} import {function} as _; ")
        for node in referenced_nodes(file.root):
            text.put(f"{node.variable} = (")
            _write_value(text, node, node.keys)
            text.put("); ")
            text.variables.add(node.variable or "")
        text.put(f"{NAME} = (")
        _write(text, file.root, ())
    elif file.form is None:
        text.put(f"{NAME} = (")
        _write(text, file.root)
    else:
        text.put(f"import {file.form.function.rpartition('.')[0]}; (")
        for entry in file.entries:
            _write_call(text, file.form, entry)
    text.put(")\n")
    return text


class _AlignedText:
    """A text that grows at its end, where each part begins in a given row if that is still possible."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._row = self._column = 0
        self.scalars: list[tuple[Position, Position, Node]] = []
        """The scalars with the ranges of their literals."""
        self.variables: set[str] = set()
        """The variables that are bound."""

    def put(self, part: str, at: Node | None = None) -> None:
        """Add a part without line breaks at the place of a node, or as near behind it as possible."""
        if at is not None and at.row > self._row:
            self._parts.append("\n" * (at.row - self._row))
            self._row, self._column = at.row, 0
        if at is not None and at.row == self._row and at.column > self._column:
            self._parts.append(" " * (at.column - self._column))
            self._column = at.column
        self._parts.append(part)
        self._column += len(part)

    def put_scalar(self, node: Node, *, at: Node | None) -> None:
        """Add the literal of a scalar, at the place of a node."""
        self.put("", at)
        with self.range_of(node):
            self.put(python_literal(node.value))

    @contextmanager
    def range_of(self, node: Node) -> Iterator[None]:
        """Record the range of the parts that are added meanwhile as that of a scalar."""
        start = Position(self._row + 1, self._column + 1)
        yield
        self.scalars.append((start, Position(self._row + 1, self._column + 1), node))

    def text(self) -> str:
        return "".join(self._parts)


def _write(text: _AlignedText, node: Node, keys: tuple[str, ...] | None = None) -> None:
    """Write a node as a literal of Python. `keys` lead to a node of a settings file.

    A value that aliases repeat is written once, as that of a variable.
    """
    if node.variable is None:
        _write_value(text, node, keys)
    elif node.variable in text.variables:
        text.put(node.variable)
    else:
        text.put(f"({node.variable} := ", node)
        text.variables.add(node.variable)
        _write_value(text, node, node.keys or keys)
        text.put(")")


def _write_value(text: _AlignedText, node: Node, keys: tuple[str, ...] | None) -> None:
    if node.pairs is not None:
        text.put("{" if keys is None else "_({", node)
        for mapping in node.merged:
            text.put("**")
            _write(text, mapping, keys)
            text.put(", ")
        for number, (key, value) in enumerate(node.pairs):
            text.put(", " if number else "")
            text.put_scalar(key, at=key)
            text.put(": ")
            _write(text, value, None if keys is None else (*keys, str(key.value)))
        text.put("}" if keys is None else f"}}, {python_literal('.'.join(keys))})")
    elif node.items is not None:
        text.put("[", node)
        for number, item in enumerate(node.items):
            text.put(", " if number else "")
            _write(text, item, keys)
        text.put("]")
    elif keys is not None:
        text.put("_(", node)
        with text.range_of(node):
            _write_text(text, node)
        text.put(f", {python_literal('.'.join(keys))})")
    else:
        text.put_scalar(node, at=node)


def _write_text(text: _AlignedText, node: Node) -> None:
    """Write a scalar of a settings file as a sum: `"https://" + _.variable("HOST", "localhost") + "/v1"`."""
    for number, part in enumerate(text_parts(node) or (node.value,)):
        text.put(" + " if number else "")
        if not isinstance(part, Reference):
            text.put(python_literal(part))
        elif part.node is not None:
            text.put(part.node.variable or "")
        else:
            arguments = [part.variable] if part.default is None else [part.variable, part.default]
            text.put(f"_.{VARIABLE}({', '.join(map(python_literal, arguments))})")


def _write_call(text: _AlignedText, form: RecordingForm, entry: Node) -> None:
    """Write an entry of a recording as a call, at the place of its URL."""
    arguments = dict(call_arguments(form, entry))
    text.put(f"{form.function}(", form.part(entry, form.url))
    text.put(", ".join(f"{keyword}={python_literal(value)}" for keyword, value in arguments.items()))
    text.put("), ")


def call_arguments(form: RecordingForm, entry: Node) -> Iterator[tuple[str, object]]:
    """The keyword arguments of the call that an entry becomes, the URL first."""
    for keyword in sorted(form.parts, key=lambda keyword: keyword != form.url):
        node = form.part(entry, keyword)
        if node is None or node.value is None or node.value == "":
            continue
        yield keyword, _decode_object(node.value) if keyword in form.json_parts else node.value


def _decode_object(value: object) -> object:
    """The object in a JSON text. Any other value as it is."""
    try:
        data = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
    return data if isinstance(data, dict) else value


def python_literal(value: object) -> str:
    """A value of JSON as a literal of Python, with double quotes."""
    if isinstance(value, str):
        return json.dumps(value) if value.isascii() else repr(value)
    if isinstance(value, dict):
        entries = (f"{python_literal(key)}: {python_literal(item)}" for key, item in value.items())
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(python_literal, value))}]"
    return "..." if value is ... else repr(value)
