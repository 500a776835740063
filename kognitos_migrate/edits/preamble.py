"""The preamble of a rewritten module: imports, tables and helper functions that new code needs."""

from collections.abc import Sequence

from kognitos_migrate.edits.code_layout import newline
from kognitos_migrate.edits.import_placement import import_offset, import_range, starts_section
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.tree import Tree


def preamble_edits(
    tree: Tree, imports: Sequence[str], sources: Sequence[str], use: int | None = None
) -> list[PendingEdit]:
    """Pending edits that add imports to the existing ones, and definitions after them. `use` is the offset of
    their first use, in bytes."""
    end = newline(tree)
    edits: list[PendingEdit] = []
    if not imports and not sources:
        return []
    first, after = import_range(tree, use)
    places: dict[int, list[str]] = {}
    separate_imports = [line for line in imports if starts_section(tree, line, first, after)]
    for line in imports:
        place = first if line in separate_imports else import_offset(tree, line, first, after)
        places.setdefault(place, []).append(line)
    for place, lines in places.items():
        parts = [f"{line}{end}" for line in lines]
        parts += [end] if lines[-1] in separate_imports else []
        edits.append(PendingEdit(Span(tree.path, place, place), tuple(parts), rank=-1))
    if sources:
        fresh = [source for source in sources if source not in tree.text]
        text = "".join(f"{end}{end}{source.replace(chr(10), end)}{end}" for source in fresh)
        if fresh and not _begins_with_block(fresh[0]) and tree.utf8_text[:after].endswith(b"\n"):
            text = text.removeprefix(end)
        if text:
            blank = _blank_lines(tree, after)
            text += end * (2 - blank if _ends_with_block(fresh[-1]) or not blank else 0)
            text = text if after else text.lstrip()
            edits.append(PendingEdit(Span(tree.path, after, after), (text,), rank=1))
    return edits


def _ends_with_block(definition: str) -> bool:
    """Whether a definition ends with a function or class. Two blank lines follow it (PEP 8)."""
    return definition.splitlines()[-1].startswith(" ")


def _begins_with_block(definition: str) -> bool:
    """Whether a definition begins with a function or class. Two blank lines precede it (PEP 8)."""
    first = next(line for line in definition.splitlines() if not line.startswith("#"))
    return first.startswith(("def ", "async def ", "class ", "@"))


def _blank_lines(tree: Tree, place: int) -> int:
    """The number of blank lines after `place`; two at the end of the text."""
    rest = tree.utf8_text[place:]
    text = rest.lstrip(b" \t\f\r\n")
    return rest[: len(rest) - len(text)].count(b"\n") if text else 2
