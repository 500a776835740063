"""The sources of a run in parts that know nothing of each other: each is a program of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kognitos_migrate.discover.connected import connected
from kognitos_migrate.discover.screen import Anchors, screen
from kognitos_migrate.edits.apart import NOTHING_APART, Apart
from kognitos_migrate.findings.finding import Result
from kognitos_migrate.source.file import SourceFile


@dataclass(frozen=True, slots=True)
class Part:
    """Sources that are analysed together, and what else is there in the run."""

    sources: tuple[SourceFile, ...]
    apart: Apart = NOTHING_APART

    @property
    def paths(self) -> tuple[str, ...]:
        """What tells the part from the others."""
        return tuple(source.path for source in self.sources)

    @property
    def size(self) -> int:
        """How much there is to analyse, in characters."""
        return sum(len(source.text) for source in self.sources)


def parts_of(sources: Sequence[SourceFile]) -> list[Part]:
    """The parts, in the order of their first sources."""
    by_path = {source.path: source for source in sources}
    groups = connected({path: encoded(source) for path, source in by_path.items()})
    return _parts([[by_path[path] for path in group] for group in groups])


def mattering(parts: Iterable[Part], anchors: Anchors) -> list[Part]:
    """Those in which something can be found: a file holds an anchor, or can't be read as a whole."""
    return [
        part
        for part in parts
        if any(source.fault is not None or screen(encoded(source), anchors) for source in part.sources)
    ]


def merged(parts: Sequence[Part], results: Sequence[Result]) -> list[Part] | None:
    """The parts anew, those as one whose fixes would change the same file, or one of the other's; None where
    there are no such."""
    home = list(range(len(parts)))
    owners = {source.path: number for number, part in enumerate(parts) for source in part.sources}
    for number, result in enumerate(results):
        for path in _changed(result):
            owner = home[owners.setdefault(path, number)]
            home = [owner if one == home[number] else one for one in home]
    if home == list(range(len(parts))):
        return None
    groups: dict[int, list[SourceFile]] = {}
    for number, part in zip(home, parts, strict=True):
        groups.setdefault(number, []).extend(part.sources)
    return _parts(list(groups.values()))


def encoded(source: SourceFile) -> bytes:
    """The text of a source in UTF-8."""
    return source.text.encode("utf-8", "surrogatepass")


def _changed(result: Result) -> set[str]:
    return {edit.span.path for finding in result.findings for edit in finding.fix.edits}


def _parts(groups: Sequence[Sequence[SourceFile]]) -> list[Part]:
    apart = Apart.of((source.path, source.text) for group in groups for source in group)
    return [Part(tuple(group), apart.but(source.path for source in group)) for group in groups]
