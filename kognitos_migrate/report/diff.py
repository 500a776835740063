"""Unified diffs: exact bytes for `git apply`, and coloured lines for a terminal."""

import codecs
from collections.abc import Iterator, Mapping, Sequence

from kognitos_migrate.findings.result import Change
from kognitos_migrate.report.escape import plain, plain_lines
from kognitos_migrate.report.style import TextStyle
from kognitos_migrate.source.file import SourceFile, file_text
from kognitos_migrate.source.line_diff import BoundedMatcher, lines_with_ends
from kognitos_migrate.structs import Struct

_NO_NEWLINE = "\\ No newline at end of file"


class FileDiff(Struct, frozen=True):
    r"""The diff of one file: two header lines, and the hunks. Lines have no `\n`."""

    header: tuple[str, str]
    hunks: tuple[str, ...]


def file_diff(change: Change, *, bom: bool = False) -> FileDiff:
    """The diff of `change`, which covers a whole file. `bom` is whether the file starts with a BOM."""
    mark = codecs.BOM_UTF8.decode() if bom else ""
    before, after = lines_with_ends(mark + (change.before or "")), lines_with_ends(mark + change.after)
    hunks = tuple(line for text in _hunks(before, after) for line in _with_end(text))
    old = "/dev/null" if change.before is None else _git_name("a/", change.path)
    return FileDiff((f"--- {old}", f"+++ {_git_name('b/', change.path)}"), hunks)


def _hunks(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """The lines of the hunks, with three lines of context."""
    for group in BoundedMatcher(before, after).get_grouped_opcodes(3):
        (_, old, _, new, _), (_, _, old_end, _, new_end) = group[0], group[-1]
        yield f"@@ -{_range(old, old_end)} +{_range(new, new_end)} @@\n"
        for tag, old, old_end, new, new_end in group:
            if tag == "equal":
                yield from (f" {line}" for line in before[old:old_end])
            else:
                yield from (f"-{line}" for line in before[old:old_end])
                yield from (f"+{line}" for line in after[new:new_end])


def _range(start: int, end: int) -> str:
    """A range of lines in a hunk header. An empty range has the number of the line before it."""
    length = end - start
    return f"{start + 1}" if length == 1 else f"{start + bool(length)},{length}"


def diff_bytes(change: Change, source: SourceFile) -> bytes:
    """The diff of `change` as bytes for `git apply` and `patch`, in the encoding of the file."""
    if source.notebook is not None or source.data is not None:
        change = Change(change.path, source.original_text, file_text(source, change.after))
    diff = file_diff(change, bom=source.bom)
    header = "".join(f"{line}\n" for line in diff.header).encode("utf-8", "surrogateescape")
    body = "".join(f"{line}\n" for line in diff.hunks)
    return header + body.encode(source.encoding, "backslashreplace")


def diff_text(
    changes: Sequence[Change], paint: TextStyle, sources: Mapping[str, SourceFile] | None = None
) -> str:
    """The diff of `changes` for reading. Control characters are visible, and notebooks are shown by cell."""
    parts = (part for change in changes for part in change_parts(change, (sources or {}).get(change.path)))
    return "\n".join(line for part in parts for line in _diff_lines(part, paint))


def change_parts(change: Change, source: SourceFile | None) -> Iterator[FileDiff]:
    """The diff of a file, or one diff per changed cell of a notebook."""
    if source is None or source.notebook is None:
        if source is not None and source.data is not None:
            change = Change(change.path, source.original_text, file_text(source, change.after))
        yield file_diff(change)
        return
    from kognitos_migrate.source.notebook.conversion import changed_cells

    for cell, code in changed_cells(source.notebook, change.after):
        if code != cell.code:
            name = f"{change.path}:cell {cell.number}"
            cell_diff = file_diff(Change(name, _with_newline(cell.code), _with_newline(code)))
            yield FileDiff((f"--- {name}", f"+++ {name}"), cell_diff.hunks)


def _with_newline(code: str) -> str:
    """`code` with a newline at its end, which few cells have."""
    return code if code.endswith("\n") or not code else f"{code}\n"


def _diff_lines(diff: FileDiff, paint: TextStyle) -> Iterator[str]:
    for line in diff.header:
        yield paint.strong(plain(line.rstrip("\t")))
    for line in diff.hunks:
        text = plain_lines(line.removesuffix("\r"))
        if line.startswith("@@"):
            yield paint.frame(text)
        elif line.startswith("+"):
            yield paint.good(text)
        elif line.startswith("-"):
            yield paint.bad(text)
        else:
            yield text


def _with_end(text: str) -> Iterator[str]:
    yield text.removesuffix("\n")
    if not text.endswith("\n"):
        yield _NO_NEWLINE


def _git_name(prefix: str, path: str) -> str:
    """A file's name as git writes it. Names with control characters, quotes or backslashes are quoted."""
    name = prefix + path
    if any(ord(character) < 0x20 or character in '"\\\x7f' for character in name):
        return '"' + "".join(map(_quote_character, name)) + '"'
    return f"{name}\t" if " " in name else name


def _quote_character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return f"\\{ord(character):03o}" if ord(character) < 0x20 or character == "\x7f" else character
