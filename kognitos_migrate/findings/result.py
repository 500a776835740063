"""The model of findings, and of the result of a run."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Annotated

from msgspec import Meta

from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.structs import Struct, field, replace


class Applicability(Enum):
    """The kind of fix that a finding has, in falling order of certainty."""

    SAFE = "safe"
    """Applied by `fix`. Given the configuration, the program does the same thing on the new version."""
    ADAPT = "adapt"
    """Applied by `fix --adapt`. An adapter rebuilds the old layout of the reply where the program reads
    it."""
    UNSAFE = "unsafe"
    """Applied by `fix --unsafe`. Needs a judgement, which the finding states."""
    MANUAL = "manual"
    """Not applied. The finding describes the manual change."""

    def applies(self, other: "Applicability") -> bool:
        """Whether a fix up to this level applies a fix of the `other` kind."""
        order = list(Applicability)
        return other is not Applicability.MANUAL and order.index(other) <= order.index(self)


class Place(Struct, frozen=True, order=True):
    """A range of a file.

    Rows and columns start at 1, columns count characters, and the end is exclusive.
    """

    path: str
    row: int
    column: int
    end_row: int
    end_column: int


HELD_BACK = "blocked by: "
"""The prefix of the last step in the trace of a refused finding."""

MOCKS = "mocks a call that "
"""The prefix of the message of a test's stub, before that of the call."""


class Step(Struct, frozen=True):
    """One step of a trace: a place, and what happens there to the request or its reply."""

    place: Place
    text: str


class Fix(Struct, frozen=True):
    """The fix of a finding.

    The edits are those of its whole conversation, and are applied together.
    """

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...] = ()


def distinct_edits(fixes: Iterable[Fix]) -> Mapping[Edit, None]:
    """Return the edits of fixes, each once and in order. Fixes of one conversation share a tuple of edits."""
    shared = {id(fix.edits): fix.edits for fix in fixes}
    return {edit: None for edits in shared.values() for edit in edits}


OF_CONFIGURATION = ("not-configured", "owner-unknown", "word-unknown")
"""The reasons that an entry of the configuration resolves."""
OF_CHOICE = ("not-given", "skipped")
"""The reasons that the user chose, for whole conversations."""


class Finding(Struct, frozen=True):
    """A use of the old version, or a failure of the analysis, and what to do about it.

    `reason` is the stable name of the reason why there is no safe fix, or None. `help` is what the user can
    do, for instance the configuration to add. It may have several lines.
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
    is_held_by_tests: bool = False
    """Whether only tests keep it from a safe fix: `fix --leave-tests` makes it."""
    is_held_from_adapters: bool = False
    """Whether only tests keep it from a fix with adapters: `fix --leave-tests --adapt` makes it."""
    key_source: str | None = None
    """The source of the keys that its conversation lacks, if no searched file contains them."""
    is_blocked_elsewhere: bool = False
    """Whether another call of its conversation is what can't be migrated."""

    @property
    def needs_configuration(self) -> bool:
        """Whether its conversation only lacks an entry of the configuration, as far as is known."""
        is_manual = self.fix.applicability is Applicability.MANUAL
        return is_manual and self.conversation is not None and self.reason in OF_CONFIGURATION


class SuppressionKind(Enum):
    """The reason why a finding is not reported."""

    IGNORE = "ignore"
    """A comment marks it as another API, or as irrelevant."""
    KEEP = "keep"
    """A comment states that the old version is used on purpose."""
    NOQA = "noqa"
    """A `noqa` comment, as in other linters, names its code."""
    BASELINE = "baseline"
    """The baseline contains it."""


class Suppressed(Struct, frozen=True):
    """A finding that is not reported.

    `place` and `reason` are those of the suppressing comment, and `until` is its last day (as in 2027-03-31).
    """

    finding: Finding
    by: SuppressionKind
    place: Place | None = None
    reason: str | None = None
    until: str | None = None


class BaselineEntry(Struct, frozen=True, order=True):
    """A finding in a baseline: its file, its code, its fingerprint, and its line."""

    path: str
    code: str
    fingerprint: str
    statement: str


class MigratedCall(Struct, frozen=True, order=True):
    """A call of the new version, in a conversation without half-migrated uses.

    `code` and `name` are those of the operation, and `message` is the new call.
    """

    place: Place
    code: str
    name: str
    message: str
    conversation: str
    is_overridable: bool = False
    """Whether settings contain the version in its URL, or can replace it."""
    overridden: tuple[str, ...] = ()
    """The settings that do, in the interpreter's notation: `option base`."""


class BlindSpotKind(str, Enum):
    """The reason why a place was not analysed."""

    UNRESOLVED = "unresolved"
    """Code that can't be followed, or a file that is too large, without evidence of the API."""
    UNSEARCHED = "unsearched"
    """A file that isn't Python and names the old version, in a run that searches Python."""


class BlindSpot(Struct, frozen=True, order=True):
    """A place that was not analysed."""

    place: Place
    message: str
    kind: BlindSpotKind = BlindSpotKind.UNRESOLVED


class Problem(Struct, frozen=True, order=True):
    """An error that kept a file, or the whole run, from being analysed."""

    path: str
    line: int | None
    message: str
    detail: str = ""
    """The traceback of an internal error."""


class Missing(Struct, frozen=True):
    """A key that the code uses and that has no values in the configuration."""

    setting: str
    key: str
    places: tuple[Place, ...]
    is_unfilled: bool = False  # whether the configuration has the key, without values


class Change(Struct, frozen=True):
    """A file's text before and after the fix."""

    path: str
    before: str | None
    """None for a new file."""
    after: str
    edits: tuple[Edit, ...] = ()
    """The engine's edits of `before`. Empty if only the texts are known."""


class SettingKind(Enum):
    """The kind of a setting that can override a value in code."""

    ENVIRONMENT = "environment variable"
    OPTION = "option"
    ARGUMENT = "argument"
    PARAMETER = "parameter"  # with a default that contains the version; callers out of sight may pass it
    SETTING = "setting"
    """A key of a settings file, or of another source of settings."""
    TABLE = "table"  # in the new code, whose keys come from outside at run time
    FILE = "file"
    """A line of a file that contains the old version."""
    FILE_NAME = "file name"
    """A setting that can name another settings file than the one in sight."""
    SERVER = "server"
    """A server in sight that the program may call in place of the API."""
    SHARED = "shared"
    """A setting of the changed code that code of the old version may read, too."""
    STORED = "stored"
    """A value of the old version that outlives the program's run, such as a stored id."""
    TEST = "test"  # that checks less of the changed code
    OTHER = "other"


def setting_named(source: str) -> tuple[SettingKind, str]:
    """The kind and the name of a setting in the interpreter's notation: `option base`."""
    for kind in SettingKind:
        if source.startswith(f"{kind.value} "):
            return kind, source.removeprefix(f"{kind.value} ")
    return SettingKind.OTHER, source


class ValueFlow(Struct, frozen=True, order=True):
    """A place where a value leaves the program's run, or enters it."""

    description: str
    place: Place


_MOST_FLOWS = 3
"""The limit on flows in a message."""


def described_flows(flows: Iterable[ValueFlow], locate: Callable[["Place"], str]) -> str:
    """Flows with their files and rows, each description once. `locate` returns a place as text, with its
    column."""
    described = [(flow.description, locate(flow.place).rpartition(":")[0]) for flow in flows]
    described = list(dict.fromkeys(described))
    places: dict[str, list[str]] = {}
    for description, place in described[:_MOST_FLOWS]:
        places.setdefault(description, []).append(place)
    more = f"; and {len(described) - _MOST_FLOWS} more" if len(described) > _MOST_FLOWS else ""
    return "; ".join(f"{description}, {' and '.join(rows)}" for description, rows in places.items()) + more


class DeployStep(Struct, frozen=True):
    """A setting, or stored values, to check before a changed program is deployed.

    A setting can override a changed value, or contains the old version.
    """

    kind: SettingKind
    name: str
    """The variable, option or key. Empty if a line sets none. For a shared setting, its variable or file."""
    place: Place
    """The request that the setting reaches, or the text that sets it. For a shared setting, the call that
    remains."""
    written: str = ""
    """The text in the file. For a file name, the file in sight. For a server, the old version. For a table, a
    description of the keys that it must list; for stored values, what to do about them."""
    instead: str = ""
    """The new text. For a table, the effect of a key that it lacks."""
    flows: tuple[ValueFlow, ...] = ()
    """The places where values are stored, and where stored ones, or the setting, are read. For a table, the
    values of the setting in files."""
    read_at: Place | None = None
    """The expression that reads the setting. None if it isn't known, or in the list for users, where it is
    the place."""

    def relocate(self, move: Callable[["Place"], "Place"]) -> "DeployStep":
        """The step with its places mapped by `move`."""
        flows = tuple(ValueFlow(flow.description, move(flow.place)) for flow in self.flows)
        return replace(self, place=move(self.place), flows=flows)


Count = Annotated[int, Meta(ge=0)]


class SearchedFiles(Struct, frozen=True, rename={"files": "searched"}):
    """The number of files searched outside Python, and of those not searched, by cause."""

    files: Count = 0
    binary: Count = 0
    too_large: Count = 0

    @property
    def total(self) -> int:
        """The number of all these files."""
        return self.files + self.binary + self.too_large


class SkippedFiles(Struct, frozen=True):
    """The number of Python files that were not analysed, by cause.

    Generated files are analysed, but never changed.
    """

    binary: Count = 0
    too_large: Count = 0
    generated: Count = 0


class Result(Struct, frozen=True):
    """The result of one run. Sequences are in the order of place."""

    findings: tuple[Finding, ...] = ()
    blind_spots: tuple[BlindSpot, ...] = ()
    problems: tuple[Problem, ...] = ()
    changes: tuple[Change, ...] = ()
    """The files that the selected fixes change."""
    remaining: tuple[Finding, ...] = ()
    """The findings that remain after `changes`."""
    suppressed: tuple[Suppressed, ...] = ()
    """The suppressed findings. Fixes leave them unchanged."""
    gone: tuple[BaselineEntry, ...] = ()
    """The baseline's entries that no longer occur."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The literal keys in the code, by table."""
    missing: tuple[Missing, ...] = ()
    deployment: tuple[DeployStep, ...] = ()
    """The settings to check before the changed program is deployed."""
    migrated: tuple[MigratedCall, ...] = ()
    """The calls that are on the new version already."""
    migrated_modules: tuple[tuple[str, str], ...] = ()
    """The modules that make calls of the new version or lead to them, in all files, each with the API."""
    literals_without_finding: tuple[Place, ...] = ()
    """Literals in URLs of requests that are resolved or go elsewhere, if the program bears a signature."""
    settings_of_others: tuple[Place, ...] = ()
    """Texts of settings files in the URLs of requests that aren't calls of the API, and in no call."""
    files_around: tuple[str, ...] = ()
    """Files that have findings but are only context, so that these are not reported."""
    calls_around: tuple[Place, ...] = ()
    """The calls in those files whose trace leads through a file of the run."""
    credentials: tuple[Span, ...] = ()
    """The string literals that are sent in the API's key header. Reports redact them."""
    files: int = 0
    """The number of files read, parsed or not."""
    searched: SearchedFiles = SearchedFiles()
    """The files searched as text."""
    skipped: SkippedFiles = SkippedFiles()


class PlaceConverter:
    """Converts spans to rows and columns, by file."""

    def __init__(self, sources: Mapping[str, SourceFile]) -> None:
        self._sources = sources
        self._locations = DisplayLocations(sources)
        self._indexes: dict[str, LineIndex] = {}

    def of(self, span: Span) -> Place:
        """The place of a span. In a data file it is a place in the file, and not in its module."""
        source = self._sources[span.path]
        if span.path not in self._indexes:
            self._indexes[span.path] = LineIndex(source.text)
        index = self._indexes[span.path]
        if source.data is None:
            return Place(*index.place(span.path, span.start, span.end))
        start, end = source.data.file_places(index.position(span.start), index.position(span.end))
        return Place(span.path, *start, *end)

    def location_text(self, place: Place) -> str:
        """A place as `file.py:12:5`. In a notebook, with the cell."""
        return self._locations.format(place.path, place.row, place.column)


def merge_findings(findings: Iterable[Finding], more: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of both groups, by place and code."""
    return tuple(sorted((*findings, *more), key=lambda finding: (finding.place, finding.code)))
