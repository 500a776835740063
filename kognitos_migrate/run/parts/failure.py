"""A part whose analysis failed by an error of the tool's own: what becomes of it, and what it may tie."""

from kognitos_migrate.discover.screen import Anchors, names_api
from kognitos_migrate.discover.senders import senders
from kognitos_migrate.findings.internal_error import internal_error
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.parts.ends import ends_in_text
from kognitos_migrate.run.parts.outcome import Loose, Outcome
from kognitos_migrate.run.parts.part import Part, encoded


def failure(part: Part, error: Exception, rulebook: Rulebook, anchors: Anchors) -> Outcome:
    """The outcome of a part that could not be analysed. What it may store for other programs, or ask of
    them, is told by its text, and is not fixed."""
    naming = (source for source in part.sources if names_api(encoded(source), anchors))
    result = internal_error(next(naming, part.sources[0]), error)
    ends = ends_in_text(part, rulebook, senders(rulebook))
    return Outcome(result, () if ends is None else (Loose(ends, True, False),))
