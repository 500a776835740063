"""The search of a text, in whatever language, for what names the old version of an API."""

from bisect import bisect_right
from collections.abc import Sequence

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.mentions.apart import bases, keys, versions
from kognitos_migrate.mentions.mention import Mention
from kognitos_migrate.mentions.near import fields_near
from kognitos_migrate.mentions.paths import paths, with_keys
from kognitos_migrate.mentions.sought import Sight, Sought
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Rulebook


def searcher(rulebook: Rulebook, settings: Settings) -> "Searcher":
    """The search for everything that the rules and the configuration know."""
    return Searcher(tuple(Sought(rulebook, settings, api) for api in rulebook.apis.values()))


class Searcher(Struct, frozen=True):
    """The search of texts, for all APIs."""

    sought: tuple[Sought, ...]

    def search(self, text: str) -> Sequence[Mention]:
        """What `text` names of the old versions, in order of place."""
        found = [mention for sought in self.sought for mention in _search(Sight(sought, text))]
        return sorted(found, key=lambda mention: (mention.start, mention.end))


def _search(sight: Sight) -> Sequence[Mention]:
    """What a text names of one API's old version: the paths of calls, and what stands apart from them."""
    if not sight.names_api:
        return ()
    called = [*paths(sight)]
    taken = _Taken.by(called)
    alone = [one for one in keys(sight) if not taken.overlaps(one)]
    apart = [*bases(sight), *versions(sight), *fields_near(sight, called)]
    return [
        *with_keys(sight, called, alone),
        *alone,
        *(one for one in apart if not taken.overlaps(one)),
    ]


class _Taken(Struct, frozen=True):
    """The places of a text that are told already, in order."""

    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def by(cls, mentions: Sequence[Mention]) -> "_Taken":
        """The places of these mentions."""
        spans = sorted((one.start, one.end) for one in mentions)
        return cls([start for start, _ in spans], [end for _, end in spans])

    def overlaps(self, one: Mention) -> bool:
        """Whether a mention lies on one of them."""
        last = bisect_right(self.starts, one.end - 1) - 1
        return last >= 0 and self.ends[last] > one.start
