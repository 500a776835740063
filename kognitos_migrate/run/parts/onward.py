"""Which of the parts that do not name the API are analysed: those that may go on with a conversation of one
that does.

A path alone shows nothing, so such a part has no findings of its own. But it may ask for the id that another
program of its project has stored, or store what that asks for; then both are changed together.
"""

from collections.abc import Iterable, Iterator, Sequence

from kognitos_migrate.conversations.link import Ends
from kognitos_migrate.discover.screen import Anchors, is_part, names_api, path_words
from kognitos_migrate.discover.senders import may_send, senders
from kognitos_migrate.rulebook.model import Operation, Rulebook
from kognitos_migrate.run.parts.outcome import Meetings, Outcome
from kognitos_migrate.run.parts.part import Part, encoded
from kognitos_migrate.source.file import SourceFile


class Onward:
    """Parts that wait for others: for what these store, or ask for."""

    def __init__(self, rulebook: Rulebook, anchors: Anchors, place: str | None = None) -> None:
        """Nothing waits yet. The part with the file `place` never does."""
        self._rulebook, self._anchors, self._place = rulebook, anchors, place
        self._senders = senders(rulebook)
        self._waiting: list[tuple[Part, Ends]] = []

    def first(self, parts: Iterable[Part]) -> list[Part]:
        """Those that name the API, or can't be looked at; the others wait, as far as they may be met."""
        found: list[Part] = []
        for part in parts:
            if any(map(self._is_first, part.sources)):
                found.append(part)
            elif (ends := self._ends(part)) is not None:
                self._waiting.append((part, ends))
        return found

    def met(self, parts: Sequence[Part], outcomes: Sequence[Outcome]) -> list[Part]:
        """Those that may go on with a conversation of what is analysed; they wait no more."""
        if not self._waiting:
            return []
        ends = Meetings()
        for part, outcome in zip(parts, outcomes, strict=True):
            for one in outcome.loose:
                ends.add(part.projects, one.ends, 0)
        met = [ends.meets(part.projects, own) for part, own in self._waiting]
        found = [part for (part, _), is_met in zip(self._waiting, met, strict=True) if is_met]
        self._waiting = [one for one, is_met in zip(self._waiting, met, strict=True) if not is_met]
        return found

    def _is_first(self, source: SourceFile) -> bool:
        if source.fault is not None or source.path == self._place:
            return True
        return names_api(encoded(source), self._anchors)

    def _ends(self, part: Part) -> Ends | None:
        """What the conversations of a part may give to others, and take, as far as its text tells; None where
        it has none."""
        texts = {source.path: encoded(source) for source in part.sources}
        operations = list(self._operations(b"\n".join(texts.values())))
        if not operations or not may_send(texts, self._senders):
            return None
        return Ends(
            frozenset(member.slot for one in operations for member in one.old.reply if member.slot),
            frozenset(slot for one in operations for slot in _asked(one)),
        )

    def _operations(self, text: bytes) -> Iterator[Operation]:
        """Those whose old paths may be in a text, and those that are reached from a reply of one."""
        for one in self._rulebook.operations:
            words = path_words(self._rulebook.apis[one.api], one)
            if words is None or (is_part(words.version, text) and is_part(words.word, text)):
                yield one


def _asked(operation: Operation) -> Iterator[str]:
    """The slots that a request is given in its URL."""
    slots = (*(part.slot for part in operation.old.path), *(one.slot for one in operation.old.query))
    return (slot for slot in slots if slot is not None)
