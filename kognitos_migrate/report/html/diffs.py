"""Diffs as the page shows them: what has changed within a line is marked."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from kognitos_migrate.record import Struct
from kognitos_migrate.report.diff import FileDiff

_KINDS = {"@": "frame", "+": "good", "-": "bad", "\\": "frame"}


class Piece(Struct, frozen=True):
    """A run of characters of a line."""

    text: str
    marked: bool


class DiffLine(Struct, frozen=True):
    """A line of a diff, and which kind it is: frame, good, bad or same."""

    kind: str
    pieces: tuple[Piece, ...]


class DiffView(Struct, frozen=True):
    """The diff of one file."""

    header: str
    lines: tuple[DiffLine, ...]


def diff_view(diff: FileDiff) -> DiffView:
    """The diff as it is shown."""
    lines = [line.removesuffix("\r") for line in diff.hunks]
    runs = [(kind, list(run)) for kind, run in groupby(lines, lambda line: _KINDS.get(line[:1], "same"))]
    name = diff.header[1].rstrip("\t").removeprefix("+++ ").removeprefix("b/")
    return DiffView(name, tuple(_shown(runs)))


def _shown(runs: Sequence[tuple[str, list[str]]]) -> Iterator[DiffLine]:
    """The lines. Where as many come as go, they are taken for the same lines, changed."""
    for index, (kind, run) in enumerate(runs):
        others = _counterpart(runs, index)
        if others is None:
            yield from (DiffLine(kind, (Piece(line, False),)) for line in run)
        else:
            pairs = zip(run, others, strict=True)
            yield from (DiffLine(kind, tuple(_against(line, other))) for line, other in pairs)


def _counterpart(runs: Sequence[tuple[str, list[str]]], index: int) -> list[str] | None:
    """The lines that come in the place of those that go, or the other way round, if they are as many."""
    kind, run = runs[index]
    beside = {"bad": index + 1, "good": index - 1}.get(kind, -1)
    if not 0 <= beside < len(runs) or {kind, runs[beside][0]} != {"bad", "good"}:
        return None
    return runs[beside][1] if len(runs[beside][1]) == len(run) else None


def _against(line: str, other: str) -> Iterator[Piece]:
    """A line of which that part is marked which another line hasn't, if they have something in common."""
    before = _common(line[1:], other[1:]) + 1
    most = min(len(line), len(other)) - before
    after = min(most, _common(line[::-1], other[::-1]))
    middle = line[before : len(line) - after]
    if not middle or not (line[1:before].strip() or line[len(line) - after :].strip()):
        yield Piece(line, False)
        return
    yield Piece(line[:before], False)
    yield Piece(middle, True)
    if after:
        yield Piece(line[len(line) - after :], False)


def _common(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginnings."""
    differ = (index for index, (mine, others) in enumerate(zip(one, other, strict=False)) if mine != others)
    return next(differ, min(len(one), len(other)))
