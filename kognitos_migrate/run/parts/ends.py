"""What the conversations of a part may give to other programs, and take of them, as far as its text tells."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from kognitos_migrate.conversations.link import End, Ends
from kognitos_migrate.conversations.ways import Way, WayKind
from kognitos_migrate.discover.senders import Senders, may_send
from kognitos_migrate.discover.signature import asked_slots, is_part, path_words
from kognitos_migrate.rulebook.model import Operation, Rulebook
from kognitos_migrate.run.parts.part import Part, encoded


def ends_in_text(part: Part, rulebook: Rulebook, senders: Senders) -> Ends | None:
    """The ends of a part that isn't analysed; None where it has none."""
    texts = {source.path: encoded(source) for source in part.sources}
    operations = list(_operations(rulebook, b"\n".join(texts.values())))
    if not operations or not may_send(texts, senders):
        return None
    ways = {Way(kind, word) for word in _words(part) for kind in WayKind if kind is not WayKind.IMPORT}
    given = {member.slot for one in operations for member in one.old.reply if member.slot is not None}
    asked = {slot for one in operations for slot in asked_slots(one)}
    return Ends(
        frozenset(End(slot, way) for slot in given for way in ways),
        frozenset(End(slot, way) for slot in asked for way in ways),
    )


def _words(part: Part) -> Iterator[str]:
    """All that may be a name in a part: a way may lead through each."""
    for source in part.sources:
        yield PurePosixPath(source.path).name
        yield from set(re.split(r"\W+", source.text))
        yield from {word for line in source.text.splitlines() for word in re.split(r"[\"']", line)}


def _operations(rulebook: Rulebook, text: bytes) -> Iterator[Operation]:
    """Those whose old paths may be in a text, and those that are reached from a reply of one."""
    for one in rulebook.operations:
        words = path_words(rulebook.apis[one.api], one)
        if words is None or (is_part(words.version, text) and is_part(words.word, text)):
            yield one
