"""A source file as decoded text, and its encoding back to bytes."""

from __future__ import annotations

import codecs
import re
import tokenize
from enum import Enum
from io import BytesIO
from typing import TYPE_CHECKING

from kognitos_migrate.errors import Fault, SourceError
from kognitos_migrate.source.content import (
    UnreadableSourceError,
    digest_of,
    is_notebook,
    read_bytes,
    shown_path,
)
from kognitos_migrate.structs import Struct, replace

if TYPE_CHECKING:
    from pathlib import Path

    from kognitos_migrate.source.data_file.conversion import DataFile
    from kognitos_migrate.source.notebook.conversion import Notebook


_HEAD_LENGTH = 5_000
"""Characters at the start of a file that are searched for marks of generated code."""
_LINES = r"(?:[ \t]*(?:\#[^\n]*)?\r?\n)*"
_HEAD = re.compile(
    _LINES
    + r'(?:[rRuU]?(?:"""(?:\\.|[^\\])*?"""|\'\'\'(?:\\.|[^\\])*?\'\'\'|"[^"\n]*"|\'[^\'\n]*\')[^\n]*\n)?'
    + _LINES,
    re.DOTALL,
)
"""The part of a module before its first statement: comments and the module's docstring."""
_EDIT = r"\bdo\s+not\s+(?:manually\s+)?(?:edit|modify|change)\b"
_MARK = re.compile(r"@generated\b|\bDO NOT (?:EDIT|MODIFY)\b")
_SENTENCE = re.compile(
    rf"generated\b.{{0,1000}}?{_EDIT}|{_EDIT}.{{0,200}}?generated\b", re.DOTALL | re.IGNORECASE
)


def is_generated(text: str) -> bool:
    """Whether the head of a module marks it as generated code.

    The marks are `@generated`, `DO NOT EDIT` (or `MODIFY`), and a sentence that has both "generated" and "do
    not edit".
    """
    head = _HEAD.match(text, 0, _HEAD_LENGTH)
    return head is not None and any(mark.search(head[0]) for mark in (_MARK, _SENTENCE))


class ContentKind(Enum):
    """How the text of a file is analysed."""

    PYTHON = "python"
    TEXT = "text"
    """Lines of any format. Only the old version's URLs and words are searched in it."""


LARGEST_MODULE = 2_000_000
"""The maximum length of a parsed file, in characters. Its tree may take 500 times as much memory."""


class SourceFile(Struct, frozen=True):
    """A file's text, with its original line endings, and its encoding.

    `path` is the path shown to users: relative to the working folder, separated by `/`. It also opens the
    file. `text` excludes the byte order mark, which `bom` records. For a notebook, `text` is the module made
    of its cells. `digest` is the SHA-256 of the file's bytes, which shows whether the file on disk has
    changed since it was read.
    """

    path: str
    text: str
    encoding: str
    bom: bool
    digest: str
    above: tuple[str, ...] = ()
    """The folder names from the root of the file system to the working folder.

    A package may begin above it.
    """
    packages: tuple[str, ...] = ()
    """The enclosing folders that have an `__init__.py`, innermost first."""
    project: str = ""
    """The folder of the project that contains the file, from the root of the file system on."""
    roots: tuple[str, ...] = ()
    """The enclosing folders at which absolute imports may begin, from the root of the file system on."""
    requirements: tuple[str, ...] = ()
    """The distributions that files around it require, as names of modules in small letters."""
    is_exported: bool = False
    """Whether the file is a public module of a distribution, so that unanalysed code may import it."""
    content_kind: ContentKind = ContentKind.PYTHON
    notebook: Notebook | None = None
    """The parsed notebook; None for every other file."""
    data: DataFile | None = None
    """The data file, whose text is a module with its data; None for every other file."""
    fault: Fault | None = None
    """Why a file that is named like a notebook can't be read as one. `text` is then the file's whole text."""

    @property
    def original_text(self) -> str:
        """The text of the file itself, also for a notebook or a data file."""
        converted = self.notebook or self.data
        return converted.raw if converted is not None else self.text

    def with_location(
        self,
        above: tuple[str, ...],
        packages: tuple[str, ...],
        project: str,
        roots: tuple[str, ...],
        requirements: tuple[str, ...],
        *,
        is_exported: bool,
    ) -> SourceFile:
        """A copy of this source with the given location in folders, packages and project."""
        return replace(
            self,
            above=above,
            packages=packages,
            project=project,
            roots=roots,
            requirements=requirements,
            is_exported=is_exported,
        )


class UnwritableSourceError(SourceError):
    """A changed text can't be encoded in the file's encoding, or has no place in the notebook's cells."""


def read_source(path: str | Path) -> SourceFile:
    """Read and decode the file at `path`. Raises UnreadableSourceError."""
    display_path = shown_path(path)
    return decode_module(read_bytes(display_path), display_path)


def decode_module(data: bytes, path: str) -> SourceFile:
    """The source with the content `data`, shown to users as `path`.

    Python is decoded as its declaration says (PEP 263), a notebook as UTF-8. Raises UnreadableSourceError if
    the content can't be decoded, or if encoding it again gives other bytes. A file that is named like a
    notebook and isn't one has a `fault`.
    """
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if bom else data
    encoding = "utf-8" if is_notebook(path) else declared_encoding(data, path)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(body, encoding, error.start, path) from error
    except (LookupError, ValueError) as error:  # codecs such as rot13 don't decode bytes to text
        raise _not_a_text_encoding(encoding, path) from error
    if encoding != "utf-8" and not _is_reversible(text, encoding, body):
        raise UnreadableSourceError(
            f"read as {encoding} and written again, it is not what it was",
            path=path,
            line=1,
            expected="use utf-8",
        )
    source = SourceFile(path, text, encoding, bom, digest_of(data))
    return _with_notebook(source) if is_notebook(path) else source


def _is_reversible(text: str, encoding: str, body: bytes) -> bool:
    """Whether encoding `text` gives `body` again.

    Some encodings have several byte sequences for one character.
    """
    try:
        return text.encode(encoding) == body
    except ValueError:
        return False


def _with_notebook(source: SourceFile) -> SourceFile:
    """The source for `source`, whose text is the JSON of a notebook; with a fault if it isn't one."""
    from kognitos_migrate.source.notebook.conversion import NotebookError, read_notebook

    try:
        return as_notebook(source, read_notebook(source.text))
    except NotebookError as error:
        return replace(source, fault=Fault(error.message, source.path, error.line))


def as_notebook(source: SourceFile, notebook: Notebook) -> SourceFile:
    """`source` with `notebook` and the module text of its cells."""
    from kognitos_migrate.source.notebook.conversion import module_text

    return replace(source, text=module_text(notebook), notebook=notebook)


def new_source(path: str, text: str) -> SourceFile:
    """A UTF-8 source that has no file yet; its digest is empty."""
    return SourceFile(path, text, "utf-8", bom=False, digest="")


def file_bytes(source: SourceFile, text: str) -> bytes:
    """The bytes of the file if the text of `source` becomes `text`.

    Raises UnwritableSourceError if the encoding lacks a character.
    """
    text = file_text(source, text)
    try:
        body = text.encode(source.encoding)
    except UnicodeEncodeError as error:
        character = text[error.start]
        raise UnwritableSourceError(
            f"{character!a} can't be written in the file's encoding, {source.encoding}",
            path=source.path,
            line=text.count("\n", 0, error.start) + 1,
            expected="declare and use utf-8",
        ) from error
    marks = {name: mark for mark, name in _BYTE_ORDER_MARKS}
    return marks[source.encoding] + body if source.bom else body


def file_text(source: SourceFile, text: str) -> str:
    """The file's text if the module text of `source` becomes `text`: for a notebook or a data file its own.

    Raises UnwritableSourceError if a cell of the notebook can't be found in `text`, or isn't Python and was
    changed, or if a data file would contain more than data.
    """
    if source.data is not None:
        return _rewrite_data_file(source, source.data, text)
    if source.notebook is None:
        return text
    from kognitos_migrate.source.notebook.conversion import LostCellError, notebook_json

    try:
        return notebook_json(source.notebook, text)
    except LostCellError as error:
        raise UnwritableSourceError(str(error), path=source.path) from error


def _rewrite_data_file(source: SourceFile, data: DataFile, text: str) -> str:
    from kognitos_migrate.source.data_file.nodes import DataFileError
    from kognitos_migrate.source.data_file.rewriting import data_file_text

    try:
        return data_file_text(data, text)
    except DataFileError as error:
        raise UnwritableSourceError(str(error), path=source.path) from error


def declared_encoding(data: bytes, path: str) -> str:
    """The encoding in which Python reads a file (PEP 263): utf-8 if none is declared. Raises
    UnreadableSourceError if it doesn't know the declared one."""
    lines = BytesIO(data)
    try:
        # Python 3.12 and later reject a NUL here; the parser reports it
        encoding, _ = tokenize.detect_encoding(lambda: lines.readline().replace(b"\0", b"?"))
    except SyntaxError as error:
        if data.isascii() or _cookie_is_wrong(error):
            message = error.msg.removesuffix(f" for {path!r}")
            raise UnreadableSourceError(
                message, path=path, line=1, expected="declare an encoding that Python knows"
            ) from error
        return "utf-8"  # the first lines aren't utf-8: decoding reports the offset
    except LookupError as error:  # from Python 3.14 on
        _, _, encoding = str(error).partition("'")
        raise _not_a_text_encoding(encoding.partition("'")[0], path) from error
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _not_a_text_encoding(encoding: str, path: str) -> UnreadableSourceError:
    return UnreadableSourceError(f"`{encoding}` is not an encoding of text", path=path, line=1)


def _cookie_is_wrong(error: SyntaxError) -> bool:
    return "unknown encoding" in error.msg or "encoding problem" in error.msg


def _undecodable(body: bytes, encoding: str, offset: int, path: str) -> UnreadableSourceError:
    return UnreadableSourceError(
        f"byte 0x{body[offset]:02x} at offset {offset} is not {encoding}",
        path=path,
        line=body.count(b"\n", 0, offset) + 1,
        expected="declare the file's encoding in its first line, or convert it to utf-8",
    )


_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is a prefix of it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_other_file(data: bytes, path: str) -> SourceFile:
    """Decode a file that isn't Python: by its byte order mark, else as UTF-8, else as Latin-1."""
    mark, encoding = next(
        ((mark, name) for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)),
        (b"", "utf-8"),
    )
    body = data[len(mark) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        encoding = encoding if mark else "latin-1"
        text = body.decode(encoding, "replace")
    source = replace(new_source(path, text), encoding=encoding, bom=bool(mark), digest=digest_of(data))
    return replace(source, content_kind=ContentKind.TEXT)
