"""The old version's vocabulary as findings, where nothing accounts for it."""

from kognitos_migrate.findings.by_hand import by_hand
from kognitos_migrate.findings.finding import Finding, Place
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.codes import POSSIBLE
from kognitos_migrate.rulebook.model import Api

_TODO = "look at what is sent from here; a comment with `ignore` says that it is another API"
_LONGEST = 60


def possible_use(api: Api, written: str, sign: str, place: Place) -> Finding:
    """A place where a path, or a field, of an API's old version is written; `sign` says what shows it."""
    shown = written if len(written) <= _LONGEST else f"{written[:_LONGEST]}…"
    shows = f" ({sign})" if sign else ""
    message = f"{shown}{shows} may be {api.old} of the {api.title}, and no request was followed from here"
    return replace(by_hand(POSSIBLE, message, place, _TODO, "possible-use"), url=api.url)
