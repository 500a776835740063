"""A source file as decoded text, and its encoding back to bytes."""

from __future__ import annotations

import codecs
import re
import tokenize
from enum import Enum
from io import BytesIO
from typing import TYPE_CHECKING

from kognitos_migrate.errors import Fault, SourceError
from kognitos_migrate.source.content import UnreadableSource, digest_of, is_notebook, read_bytes, shown_path
from kognitos_migrate.structs import Struct, replace

if TYPE_CHECKING:
    from pathlib import Path

    from kognitos_migrate.source.notebook.conversion import Notebook


_MOST = 5_000
"""Characters of a file's head."""
_LINES = r"(?:[ \t]*(?:\#[^\n]*)?\r?\n)*"
_HEAD = re.compile(
    _LINES
    + r'(?:[rRuU]?(?:"""(?:\\.|[^\\])*?"""|\'\'\'(?:\\.|[^\\])*?\'\'\'|"[^"\n]*"|\'[^\'\n]*\')[^\n]*\n)?'
    + _LINES,
    re.DOTALL,
)
"""What stands before the first statement: comments, and the text that documents the module."""
_EDIT = r"\bdo\s+not\s+(?:manually\s+)?(?:edit|modify|change)\b"
_MARK = re.compile(r"@generated\b|\bDO NOT (?:EDIT|MODIFY)\b")
_SENTENCE = re.compile(
    rf"generated\b.{{0,1000}}?{_EDIT}|{_EDIT}.{{0,200}}?generated\b", re.DOTALL | re.IGNORECASE
)


def is_generated(text: str) -> bool:
    """Whether the head of a module says so: by `@generated` or `DO NOT EDIT`, or in a sentence."""
    head = _HEAD.match(text, 0, _MOST)
    return head is not None and any(mark.search(head[0]) for mark in (_MARK, _SENTENCE))


class Language(Enum):
    """What a file is read as."""

    PYTHON = "python"
    TEXT = "text"
    """Lines, of whatever they are."""


class SourceFile(Struct, frozen=True):
    """A file's text, with its line endings as they are, and what it takes to write it back.

    `path` is as shown to the user: relative to the working folder, with `/` between its parts; it also
    opens the file. `text` has no BOM, which `bom` remembers. `digest` tells whether the file on disk is
    still the one that was read. Of a notebook, `text` is the module that its cells are.
    """

    path: str
    text: str
    encoding: str
    bom: bool
    digest: str
    above: tuple[str, ...] = ()
    """The names that lead to the working folder from the root: a package may begin above it."""
    packages: tuple[str, ...] = ()
    """The folders with an `source/__init__.py` that it lies in, from its own upwards."""
    project: str = ""
    """The folder of the project that it belongs to, from the root on."""
    roots: tuple[str, ...] = ()
    """The folders that it lies in and that imports of other files may begin at, from the root on."""
    is_exported: bool = False
    """Whether it is a public module of a distribution: code out of sight may import it."""
    language: Language = Language.PYTHON
    notebook: Notebook | None = None
    """What the file is, if it isn't a module itself."""
    fault: Fault | None = None
    """Why the file can't be looked at: it is no notebook, though its name says so. `text` is all it holds."""

    def placed(
        self,
        above: tuple[str, ...],
        packages: tuple[str, ...],
        project: str,
        roots: tuple[str, ...],
        is_exported: bool,
    ) -> SourceFile:
        """The same, in these folders."""
        return replace(
            self, above=above, packages=packages, project=project, roots=roots, is_exported=is_exported
        )


class UnwritableSource(SourceError):
    """A text that the file's own encoding can't hold."""


def read_source(path: str | Path) -> SourceFile:
    """The file at `path`. Raises UnreadableSource."""
    shown = shown_path(path)
    return decode(read_bytes(shown), shown)


def decode(data: bytes, path: str) -> SourceFile:
    """The source whose bytes are `data`, shown as `path`. Raises UnreadableSource."""
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if bom else data
    encoding = "utf-8" if is_notebook(path) else _declared_encoding(data, path)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(body, encoding, error.start, path) from error
    except (LookupError, ValueError) as error:  # rot13 and such: codecs, but not of text
        raise _no_text(encoding, path) from error
    if encoding != "utf-8" and not _comes_back(text, encoding, body):
        raise UnreadableSource(
            f"read as {encoding} and written again, it is not what it was",
            path=path,
            line=1,
            expected="use utf-8",
        )
    source = SourceFile(path, text, encoding, bom, digest_of(data))
    return _notebook(source) if is_notebook(path) else source


def _comes_back(text: str, encoding: str, body: bytes) -> bool:
    """Whether `text` is written as it was read; some encodings have several spellings of the same."""
    try:
        return text.encode(encoding) == body
    except ValueError:
        return False


def _notebook(source: SourceFile) -> SourceFile:
    """The source whose text is the JSON of a notebook."""
    from kognitos_migrate.source.notebook.conversion import NotebookError, read_notebook

    try:
        return as_notebook(source, read_notebook(source.text))
    except NotebookError as error:
        return replace(source, fault=Fault(error.message, source.path, error.line))


def as_notebook(source: SourceFile, notebook: Notebook) -> SourceFile:
    """The source, where `notebook` is what it is."""
    from kognitos_migrate.source.notebook.conversion import module_text

    return replace(source, text=module_text(notebook), notebook=notebook)


def new_source(path: str, text: str) -> SourceFile:
    """A file that isn't there yet."""
    return SourceFile(path, text, "utf-8", False, "")


def encode(source: SourceFile, text: str) -> bytes:
    """`text` as the bytes to write in the place of `source`. Raises UnwritableSource."""
    text = written_text(source, text)
    try:
        body = text.encode(source.encoding)
    except UnicodeEncodeError as error:
        character = text[error.start]
        raise UnwritableSource(
            f"{character!a} can't be written in the file's encoding, {source.encoding}",
            path=source.path,
            line=text.count("\n", 0, error.start) + 1,
            expected="declare and use utf-8",
        ) from error
    return codecs.BOM_UTF8 + body if source.bom else body


def written_text(source: SourceFile, text: str) -> str:
    """What is written in the place of `source` where its module becomes `text`. Raises UnwritableSource."""
    if source.notebook is None:
        return text
    from kognitos_migrate.source.notebook.conversion import LostCellError, json_text

    try:
        return json_text(source.notebook, text)
    except LostCellError as error:
        raise UnwritableSource(str(error), path=source.path) from error


def _declared_encoding(data: bytes, path: str) -> str:
    """The encoding that Python would read the file with (PEP 263), utf-8 where none is declared."""
    lines = BytesIO(data)
    try:
        # later Pythons refuse a NUL here; that is for the parser to tell
        encoding, _ = tokenize.detect_encoding(lambda: lines.readline().replace(b"\0", b"?"))
    except SyntaxError as error:
        if data.isascii() or _cookie_is_wrong(error):
            said = error.msg.removesuffix(f" for {path!r}")
            raise UnreadableSource(
                said, path=path, line=1, expected="declare an encoding that Python knows"
            ) from error
        return "utf-8"  # the first lines aren't utf-8: decoding says where
    except LookupError as error:  # from Python 3.14 on
        _, _, encoding = str(error).partition("'")
        raise _no_text(encoding.partition("'")[0], path) from error
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _no_text(encoding: str, path: str) -> UnreadableSource:
    return UnreadableSource(f"`{encoding}` is not an encoding of text", path=path, line=1)


def _cookie_is_wrong(error: SyntaxError) -> bool:
    return "unknown encoding" in error.msg or "encoding problem" in error.msg


def _undecodable(body: bytes, encoding: str, offset: int, path: str) -> UnreadableSource:
    return UnreadableSource(
        f"byte 0x{body[offset]:02x} at offset {offset} is not {encoding}",
        path=path,
        line=body.count(b"\n", 0, offset) + 1,
        expected="declare the file's encoding in its first line, or convert it to utf-8",
    )


_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_text(data: bytes, path: str) -> SourceFile:
    """The text of a file that is not Python: by its mark, else as UTF-8, else byte by byte."""
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    body = data[len(mark) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        encoding = encoding if mark else "latin-1"
        text = body.decode(encoding, "replace")
    source = replace(new_source(path, text), encoding=encoding, bom=bool(mark), digest=digest_of(data))
    return replace(source, language=Language.TEXT)
