"""The model of findings, and of the result of a run."""

from collections.abc import Iterable, Mapping
from enum import Enum

from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.structs import Struct, field


class Applicability(Enum):
    """How a finding can be fixed, in falling order of certainty."""

    SAFE = "safe"
    """Applied by `fix`. Given the configuration, the program does the same thing on the new version."""
    ADAPT = "adapt"
    """Applied by `fix --adapt`. The reply is put back into its old shape where it is read."""
    UNSAFE = "unsafe"
    """Applied by `fix --unsafe`. Needs a judgement, which the finding states."""
    MANUAL = "manual"
    """Not applied. The finding says what to do by hand."""

    def applies(self, other: "Applicability") -> bool:
        """Whether a fix of the `other` kind is applied where all up to this one are asked for."""
        order = list(Applicability)
        return other is not Applicability.MANUAL and order.index(other) <= order.index(self)


class Place(Struct, frozen=True, order=True):
    """A range of a file: rows and columns start at 1, columns count characters, the end is exclusive."""

    path: str
    row: int
    column: int
    end_row: int
    end_column: int


HELD_BACK = "this holds it back: "
"""How the last step of a trace begins whose finding is left as it is."""


class Step(Struct, frozen=True):
    """One step of a trace: what happens to the request, or to its reply, and where."""

    place: Place
    text: str


class Fix(Struct, frozen=True):
    """How a finding is fixed. The edits are those of its whole conversation: all of them, or none."""

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...] = ()


def distinct_edits(fixes: Iterable[Fix]) -> Mapping[Edit, None]:
    """Return the edits of fixes, each once and in order. Fixes of one conversation share a tuple of edits."""
    shared = {id(fix.edits): fix.edits for fix in fixes}
    return {edit: None for edits in shared.values() for edit in edits}


class Finding(Struct, frozen=True):
    """One use of the old version (or one thing that could not be analysed) and what to do about it.

    `reason` is a stable word for why it can't be fixed as it stands, None where it can. `help` is what
    the user can do, for instance the configuration to add; it may have several lines.
    """

    code: str
    name: str
    message: str
    severity: Severity
    place: Place
    fix: Fix
    reason: str | None = None
    conversation: str | None = None
    trace: tuple[Step, ...] = ()
    url: str | None = None
    help: str | None = None
    notes: tuple[str, ...] = ()


class SuppressionKind(Enum):
    """Why a finding is not reported."""

    IGNORE = "ignore"
    """A comment says that it is not of the old version, or of no concern."""
    KEEP = "keep"
    """A comment says that the old version is used on purpose."""
    NOQA = "noqa"
    """A comment as other linters have it says so."""
    BASELINE = "baseline"
    """It was known when the baseline was made."""


class Suppressed(Struct, frozen=True):
    """A finding that is not reported, and what suppresses it: the place of the comment, its reason, and the
    last day (as in 2027-03-31) on which it does."""

    finding: Finding
    by: SuppressionKind
    place: Place | None = None
    reason: str | None = None
    until: str | None = None


class BaselineEntry(Struct, frozen=True, order=True):
    """What a baseline says of a finding: where it was, its fingerprint, and how its statement begins."""

    path: str
    code: str
    fingerprint: str
    statement: str


class MigratedCall(Struct, frozen=True, order=True):
    """A call of the new version, of a conversation in which nothing is half-migrated. `code` and `name` are
    those of the operation that it was, `message` is what it is now."""

    place: Place
    code: str
    name: str
    message: str
    conversation: str
    is_overridable: bool = False
    """Whether settings may give its URL another version."""


class BlindSpot(Struct, frozen=True, order=True):
    """What could not be followed or looked into, and shows no sign of the API."""

    place: Place
    message: str


class Problem(Struct, frozen=True, order=True):
    """Something that kept a file (or the run) from being looked at: an error for the user."""

    path: str
    line: int | None
    message: str
    detail: str = ""
    """A traceback, of a bug of ours."""


class Missing(Struct, frozen=True):
    """A key that the code uses and the configuration's table lacks."""

    setting: str
    key: str
    places: tuple[Place, ...]


class Change(Struct, frozen=True):
    """A file's text before and after the fix."""

    path: str
    before: str | None
    """None where the file is new."""
    after: str
    edits: tuple[Edit, ...] = ()
    """Those that the engine made of `before`; without them, the text is all that is known."""


class SettingKind(Enum):
    """What overrides something that stands in code."""

    ENVIRONMENT = "environment variable"
    OPTION = "option"
    ARGUMENT = "argument"
    SETTING = "setting"
    """A key of a settings file, or of whatever the program asks for settings."""
    TABLE = "table"
    """A table in the new code, of which the program gets the keys at run time."""
    FILE = "file"
    """A line of a file that holds the old version."""
    OTHER = "other"


class DeployStep(Struct, frozen=True):
    """A setting to look at before a changed program is deployed: it can override what was changed in code, or
    still holds the old version."""

    kind: SettingKind
    name: str
    """The variable, option or key; empty where a line gives none."""
    place: Place
    """The request that it reaches, or the text in a file that sets it."""
    written: str = ""
    """The text in a file; of a table, the keys that it must list, in words."""
    instead: str = ""
    """What is to stand there."""


class SearchedFiles(Struct, frozen=True):
    """The files that are not Python: how many were searched, and how many were not, and why."""

    files: int = 0
    binary: int = 0
    too_large: int = 0

    @property
    def seen(self) -> int:
        """How many there are."""
        return self.files + self.binary + self.too_large


class SkippedFiles(Struct, frozen=True):
    """Files of Python, by their names, that were not looked at as a whole, and why; generated ones were, and
    are never changed."""

    binary: int = 0
    too_large: int = 0
    generated: int = 0


class Result(Struct, frozen=True):
    """All that one run found, in the order of place."""

    findings: tuple[Finding, ...] = ()
    blind_spots: tuple[BlindSpot, ...] = ()
    problems: tuple[Problem, ...] = ()
    changes: tuple[Change, ...] = ()
    """What applying the chosen fixes makes of the files that they touch."""
    remaining: tuple[Finding, ...] = ()
    """The findings that `changes` leaves."""
    suppressed: tuple[Suppressed, ...] = ()
    """What would be findings, were they not suppressed; fixes leave them as they are."""
    gone: tuple[BaselineEntry, ...] = ()
    """What the baseline knows and is there no more."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By table: the keys that the code uses as literals."""
    missing: tuple[Missing, ...] = ()
    deployment: tuple[DeployStep, ...] = ()
    """What to look at before the changed program is deployed."""
    migrated: tuple[MigratedCall, ...] = ()
    """What is on the new version already."""
    accounted: tuple[Place, ...] = ()
    """The texts in the URLs of requests that are understood, or go to hosts of others; of programs that bear
    a signature only."""
    files_around: tuple[str, ...] = ()
    """The files of which something is found that is not reported: they are there because others belong with
    them."""
    credentials: tuple[Span, ...] = ()
    """The string literals that are sent in the API's key header. No report shows their text."""
    files: int = 0
    """Files looked at, whether or not they were parsed."""
    searched: SearchedFiles = SearchedFiles()
    """What was searched as text."""
    skipped: SkippedFiles = SkippedFiles()


class Places:
    """Rows and columns of spans, by file."""

    def __init__(self, sources: Mapping[str, SourceFile]) -> None:
        self._sources = sources
        self._locations = DisplayLocations(sources)
        self._indexes: dict[str, LineIndex] = {}

    def of(self, span: Span) -> Place:
        """The place of a span."""
        if span.path not in self._indexes:
            self._indexes[span.path] = LineIndex(self._sources[span.path].text)
        located = self._indexes[span.path].place(span.path, span.start, span.end)
        return Place(*located)

    def said(self, place: Place) -> str:
        """A place in words: `file.py:12:5`, of a notebook with the cell."""
        return self._locations.format(place.path, place.row, place.column)
