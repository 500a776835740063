"""The changes that the segments of an old path need to become the new one."""

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.path_fit import PathMatch
from kognitos_migrate.conversations.stub_urls import ends_pattern
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.structs import Struct
from kognitos_migrate.values.lattice import Unknown


class SegmentChange(Struct, frozen=True):
    """The change of one path segment: its new text, or None if it is removed with its slash."""

    index: int
    text: str | None


def segment_changes(match: Match) -> list[SegmentChange]:
    """The changes of the old path's segments. Raises RefusalError if slots change places."""
    old, new = match.operation.old.path, match.operation.new.path
    new_slots = [part.slot for part in new if part.slot]
    if [part.slot for part in old if part.slot in new_slots] != new_slots:
        raise RefusalError(
            match.request.site, "path", "the new path has the parts of the old path in another order"
        )
    words = [part.text for part in new if part.text]
    changes: list[SegmentChange] = []
    place = 0
    for index, part in enumerate(old):
        if part.slot is not None:
            if part.slot not in new_slots:
                changes.append(SegmentChange(index, None))
            continue
        if place >= len(words):
            changes.append(SegmentChange(index, None))
        elif words[place] != part.text:
            changes.append(SegmentChange(index, words[place]))
        place += 1
    return changes


def needs_end_anchor(match: Match, path: PathMatch, change: SegmentChange) -> bool:
    """Whether a pattern for requests of any method would also match longer paths, if it ends with the word
    of a change because the rest of the old path is removed."""
    removed = {other.index for other in segment_changes(match) if other.text is None}
    rest = range(change.index + 1, len(path.segments))
    stub = match.request.stub
    is_open = stub is not None and stub.is_pattern and isinstance(match.request.method, Unknown)
    return is_open and bool(rest) and removed.issuperset(rest) and not ends_pattern(path.url)
