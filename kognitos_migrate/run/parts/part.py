"""The sources of a run in parts that know nothing of each other: each is a program of its own."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from kognitos_migrate.discover.connected import connected, links_of
from kognitos_migrate.discover.idle import Between
from kognitos_migrate.discover.screen import Anchors, screen
from kognitos_migrate.discover.signature import is_signed
from kognitos_migrate.edits.apart import NOTHING_APART, Apart
from kognitos_migrate.errors import Fault
from kognitos_migrate.record import Struct, field, replace
from kognitos_migrate.source.file import SourceFile


class Part(Struct, frozen=True):
    """Sources that are analysed together, and what else is there in the run."""

    sources: tuple[SourceFile, ...]
    apart: Apart = NOTHING_APART
    links: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By file, those whose definitions it may use, as far as this is known."""
    left_out: Mapping[str, Sequence[Between]] = field(default_factory=dict)
    """By file, where bodies of functions stand that are not parsed."""

    def without(self, paths: Collection[str], message: str, reason: str) -> "Part":
        """The part with sources that can't be looked at. Raises KeyError where there are no such sources."""
        if not {*paths} <= {*self.paths}:
            raise KeyError(*paths)
        sources = tuple(
            replace(source, fault=Fault(message, source.path, reason=reason))
            if source.path in paths
            else source
            for source in self.sources
        )
        return replace(self, sources=sources)

    @property
    def projects(self) -> frozenset[str]:
        """The folders of the projects that its files belong to."""
        return frozenset(source.project for source in self.sources)

    @property
    def paths(self) -> tuple[str, ...]:
        """What tells the part from the others."""
        return tuple(source.path for source in self.sources)

    @property
    def size(self) -> int:
        """How much there is to analyse, in characters."""
        blanks = sum(end - start for places in self.left_out.values() for start, end in places)
        return sum(len(source.text) for source in self.sources) - blanks


def parts_of(sources: Sequence[SourceFile]) -> list[Part]:
    """The parts, in the order of their first sources."""
    by_path = {source.path: source for source in sources}
    links = links_of({path: encoded(source) for path, source in by_path.items()})
    apart = Apart.of((source.path, source.text) for source in sources)
    return [
        Part(tuple(by_path[path] for path in group), apart.but(group), {path: links[path] for path in group})
        for group in connected(links)
    ]


def mattering(parts: Iterable[Part], anchors: Anchors) -> list[Part]:
    """Those in which something can be found: a file holds an anchor, or can't be read as a whole, or the
    files together bear a signature."""
    return [part for part in parts if _matters(part, anchors)]


def _matters(part: Part, anchors: Anchors) -> bool:
    if any(source.fault is not None for source in part.sources):
        return True
    texts = [encoded(source) for source in part.sources]
    return any(screen(text, anchors) for text in texts) or is_signed(texts, anchors.ties, anchors.clients)


def as_one(parts: Sequence[Part]) -> Part:
    """Some parts of a run as one."""
    sources = sorted((source for part in parts for source in part.sources), key=lambda source: source.path)
    links = {path: found for part in parts for path, found in part.links.items()}
    return Part(tuple(sources), parts[0].apart.but(source.path for source in sources), links)


def encoded(source: SourceFile) -> bytes:
    """The text of a source in UTF-8."""
    return source.text.encode("utf-8", "surrogatepass")
