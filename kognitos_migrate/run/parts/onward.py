"""Which of the parts that do not name the API are analysed: those that may go on with a conversation of one
that does.

A path alone shows nothing, and nor do comments for this tool, so such a part has no findings of its own. But
it may ask for the id that another program of its project has stored, or store what that asks for; then both
are changed together.
"""

from collections.abc import Iterable, Sequence

from kognitos_migrate.conversations.link import Ends
from kognitos_migrate.discover.screen import Anchors, names_api
from kognitos_migrate.discover.senders import senders
from kognitos_migrate.discover.signature import is_signed
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.around import lies_in
from kognitos_migrate.run.parts.ends import ends_in_text
from kognitos_migrate.run.parts.outcome import Meetings, Outcome
from kognitos_migrate.run.parts.part import Part, encoded
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.syntax.tree import TOOL


class Onward:
    """Parts that wait for others: for what these store, or ask for."""

    def __init__(self, rulebook: Rulebook, anchors: Anchors, place: str | None = None) -> None:
        """Nothing waits yet. The part with the file `place` never does."""
        self._rulebook, self._anchors, self._place = rulebook, anchors, place
        self._senders = senders(rulebook)
        self._waiting: list[tuple[Part, Ends]] = []

    def first(self, parts: Iterable[Part]) -> list[Part]:
        """Those that name the API or bear its signature, or can't be looked at; the others wait, as far as
        they may be met."""
        found: list[Part] = []
        others: list[Part] = []
        for part in parts:
            is_first = any(map(self._is_first, part.sources)) or self._is_signed(part)
            (found if is_first else others).append(part)
        homes = {home for part in found for home in part.projects}
        for part in others if homes else ():
            if not any(lies_in(one, home) or lies_in(home, one) for one in part.projects for home in homes):
                continue  # nothing of its project names the API
            if (ends := ends_in_text(part, self._rulebook, self._senders)) is not None:
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
        return names_api(encoded(source).lower().replace(TOOL.encode(), b""), self._anchors)

    def _is_signed(self, part: Part) -> bool:
        texts = [encoded(source) for source in part.sources]
        return is_signed(texts, self._anchors.ties, self._anchors.clients)
