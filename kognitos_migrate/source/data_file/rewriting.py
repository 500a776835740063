"""Writes the changes of a data file's module back to the file. Every other byte stays as it is."""

import ast
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

import yaml

from kognitos_migrate.source.content import INI_SUFFIXES, TOML
from kognitos_migrate.source.data_file.conversion import DataFile, call_arguments
from kognitos_migrate.source.data_file.forms import RecordingForm
from kognitos_migrate.source.data_file.nodes import DataFileError, Node, Reference
from kognitos_migrate.source.data_file.references import has_reference, referenced_nodes, text_parts
from kognitos_migrate.source.yaml_errors import yaml_errors
from kognitos_migrate.structs import Struct


class _Replacement(Struct, frozen=True, order=True):
    start: int
    end: int
    text: str


def data_file_text(file: DataFile, module: str) -> str:
    """The text of a data file if its module becomes `module`. Raises DataFileError if the module contains
    more than data."""
    try:
        *others, statement = ast.parse(module).body
    except (SyntaxError, ValueError):
        raise DataFileError("the result wouldn't be valid") from None
    if not isinstance(statement, ast.Assign | ast.Expr):
        raise DataFileError("the result wouldn't be a value")
    values = {target.id: value for target, value in _variables(others)}
    writer = _Writer(file, values)
    if file.form is not None:
        return _apply(file.raw, writer.replace_recording(file.form, statement.value))
    referenced = (
        replacement
        for node in referenced_nodes(file.root)
        for replacement in writer.replace_value(node, values.get(node.variable or "", statement.value))
    )
    return _apply(file.raw, (*referenced, *writer.replace_node(file.root, statement.value)))


def _variables(statements: Iterable[ast.stmt]) -> Iterator[tuple[ast.Name, ast.expr]]:
    """The variables that statements bind."""
    for statement in statements:
        match statement:
            case ast.Assign([ast.Name() as target], value):
                yield target, value


def _apply(raw: str, replacements: Iterable[_Replacement]) -> str:
    """The text with replacements applied. Raises DataFileError if two of them meet."""
    parts: list[str] = []
    position = 0
    for replacement in sorted({*replacements}):
        if replacement.start < position:
            raise DataFileError("two changes would meet in one value")
        parts += (raw[position : replacement.start], replacement.text)
        position = replacement.end
    return "".join((*parts, raw[position:]))


class _Writer(Struct, frozen=True):
    file: DataFile
    values: Mapping[str, ast.expr]
    """The values of the variables that the module binds before its data."""

    def replace_recording(self, form: RecordingForm, value: ast.expr) -> Iterator[_Replacement]:
        """The replacements for the calls that the entries of a recording became."""
        calls = value.elts if isinstance(value, ast.Tuple) else [value]
        if len(calls) != len(self.file.entries):
            raise DataFileError("the recording would have more or fewer entries")
        for entry, call in zip(self.file.entries, calls, strict=True):
            if not isinstance(call, ast.Call):
                raise DataFileError("an entry of the recording would no longer be a request")
            old = dict(call_arguments(form, entry))
            new = {keyword.arg or "": _evaluate(keyword.value) for keyword in call.keywords}
            if old.keys() != new.keys() or call.args:
                raise DataFileError("an entry of the recording would have different parts")
            for keyword in old:
                if old[keyword] != new[keyword]:
                    yield from self._part(form, entry, keyword, new[keyword])

    def _part(self, form: RecordingForm, entry: Node, keyword: str, new: object) -> Iterator[_Replacement]:
        """The replacements for a part of an entry, and for the length of its text in the headers."""
        node = form.part(entry, keyword)
        assert node is not None
        if isinstance(node.value, str) and not isinstance(new, str):
            is_spaced = '": ' in node.value or '":' not in node.value
            separators = None if is_spaced else (",", ":")
            new = json.dumps(new, separators=separators, ensure_ascii=node.value.isascii())
        yield self._scalar(node, new)
        headers = entry.at(form.headers[keyword]) if keyword in form.headers else None
        for name, value in (headers.pairs or ()) if headers is not None else ():
            if str(name.value).lower() == "content-length":
                for length in value.leaves():
                    if str(length.value) == str(len(str(node.value).encode())):
                        size = len(str(new).encode())
                        yield self._scalar(length, size if isinstance(length.value, int) else str(size))

    def replace_node(self, node: Node, value: ast.expr) -> Iterator[_Replacement]:
        """The replacements that make a node's data those of an expression."""
        match value:
            case ast.NamedExpr(ast.Name(name), new) if name == node.variable:
                yield from self.replace_value(node, new)
            case ast.Name(name) if name == node.variable:
                pass
            case ast.Name(name) if name in self.values and node.variable is None:
                yield from self.replace_value(node, self.values[name])  # no text refers to it any more
            case _ if node.variable is None:
                yield from self.replace_value(node, value)
            case _:
                raise DataFileError("an alias of the value has another one")

    def replace_value(self, node: Node, value: ast.expr) -> Iterator[_Replacement]:
        """The replacements that make a node's data those of an expression, which binds no variable for it."""
        match value:
            case ast.Dict(keys, values) if node.pairs is not None and len(keys) >= _entry_count(node):
                for mapping, key, new in zip(node.merged, keys, values, strict=False):
                    if key is not None:
                        raise DataFileError("a mapping would no longer be merged")
                    yield from self.replace_node(mapping, new)
                own = zip(keys[len(node.merged) :], values[len(node.merged) :], strict=True)
                for (old_key, old_value), (key, new) in zip(node.pairs, own, strict=False):
                    if key is None:
                        raise DataFileError("the result wouldn't be a literal")
                    if _evaluate(key) != old_key.value:
                        yield self._scalar(old_key, _evaluate(key))
                    yield from self.replace_node(old_value, new)
                added = {
                    _evaluate(key): _evaluate(new) for key, new in _entries_behind(value, _entry_count(node))
                }
                if added:
                    yield self._insertion(node, added)
            case ast.List(items) if node.items is not None and len(items) == len(node.items):
                for item, new in zip(node.items, items, strict=True):
                    yield from self.replace_node(item, new)
            case ast.Call(ast.Name(), [new, _]) if self.file.is_settings:
                yield from self.replace_value(node, new)
            case _ if self.file.is_settings and (parts := text_parts(node)):
                yield from self._replace_text(node, parts, value)
            case _:
                new_value = _evaluate(value)
                if node.items is not None or node.pairs is not None or new_value != node.value:
                    yield self._scalar(node, new_value)

    def _replace_text(
        self, node: Node, parts: Sequence[str | Reference], value: ast.expr
    ) -> Iterator[_Replacement]:
        """The replacements that make a text with references that of a sum."""
        references = {
            part.node.variable if part.node is not None else part.variable: part
            for part in parts
            if isinstance(part, Reference)
        }
        new_text = ""
        for term in _terms(value):
            match term:
                case ast.Constant(str(literal)):
                    if has_reference(literal):
                        raise DataFileError("a value would have another reference")
                    new_text += literal
                case ast.Call(ast.Attribute(), [ast.Constant(str(name)), *defaults]) if name in references:
                    default = _evaluate(defaults[0]) if defaults else None
                    new_text += (
                        references[name].with_default(str(default)) if defaults else references[name].written
                    )
                case ast.Name(name) if name in references:
                    new_text += references[name].written
                case _:
                    raise DataFileError("the result wouldn't be a text")
        if new_text != node.value:
            yield self._scalar(node, new_text)

    def _insertion(self, node: Node, added: dict[object, object]) -> _Replacement:
        """New entries behind the last one of a mapping."""
        if not node.pairs:
            return _Replacement(node.start, node.end, json.dumps(added))
        key, last = node.pairs[-1]
        line = self.file.raw.rfind("\n", 0, key.start) + 1
        indent = self.file.raw[line : key.start]
        between = f"\n{indent}" if not indent.strip() and line else " "
        entries = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in added.items()]
        if not node.is_flow:
            entries = [f"{name}: {json.dumps(value)}" for name, value in added.items()]
            between = "\n" + " " * key.column
        separator = "," if node.is_flow else ""
        return _Replacement(last.end, last.end, "".join(f"{separator}{between}{entry}" for entry in entries))

    def _scalar(self, node: Node, value: object) -> _Replacement:
        if node.start < 0:
            raise DataFileError("a value isn't written out on one line")
        return _Replacement(node.start, node.end, self._spelling(node, value))

    def _spelling(self, node: Node, value: object) -> str:
        """A value in the style of the node that it replaces."""
        if value is ...:
            raise DataFileError("a value can't be written as a literal")
        if self.file.suffix in INI_SUFFIXES:
            return _plain_line(value, has_references=bool(node.parts))
        if self.file.suffix == TOML and isinstance(value, str) and node.style == "'" and "'" not in value:
            return f"'{value}'"
        written = json.dumps(value, ensure_ascii=self.file.raw.isascii())
        if not isinstance(value, str) or node.style == '"':
            return written
        if node.style == "'" and value.isprintable() and self.file.suffix != TOML:
            return "'" + value.replace("'", "''") + "'"
        is_plain = node.style is None and _is_plain_yaml(value, in_brackets=_is_plain_yaml(node.value))
        return value if is_plain else written


def _terms(value: ast.expr) -> Sequence[ast.expr]:
    """The terms of a sum, in order."""
    terms: list[ast.expr] = []
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        terms.append(value.right)
        value = value.left
    return [value, *reversed(terms)]


def _entry_count(node: Node) -> int:
    """The entries of the literal of a mapping."""
    return len(node.merged) + len(node.pairs or ())


def _entries_behind(value: ast.Dict, count: int) -> list[tuple[ast.expr, ast.expr]]:
    rest = list(zip(value.keys, value.values, strict=True))[count:]
    pairs = [(key, item) for key, item in rest if key is not None]
    if len(pairs) != len(rest):
        raise DataFileError("the result wouldn't be a literal")
    return pairs


def _evaluate(value: ast.expr) -> object:
    try:
        return ast.literal_eval(value)
    except ValueError:
        raise DataFileError("the result wouldn't be a literal") from None


def _plain_line(value: object, *, has_references: bool) -> str:
    """A text as a value of an INI file, which has no quotes. Raises DataFileError if it isn't one line."""
    if not isinstance(value, str) or not value.isprintable() or value != value.strip():
        raise DataFileError("a value can't be written on one line")
    if "%" in value and not has_references:
        raise DataFileError("a value can't be written on one line")
    return value


def _is_plain_yaml(value: object, *, in_brackets: bool = True) -> bool:
    """Whether YAML reads a text without quotes as that text, in brackets or as the value of a block's key."""
    text, expected = (f"[{value}]", [value]) if in_brackets else (f"key: {value}", {"key": value})
    try:
        with yaml_errors():
            return bool(yaml.safe_load(text) == expected and yaml.safe_load(str(value)) == value)
    except yaml.YAMLError:
        return False
