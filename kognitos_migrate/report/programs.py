"""The programs of a run: the progress of each, and the blockers of the others, most valuable first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum

from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.findings.reasons import next_step
from kognitos_migrate.findings.result import HELD_BACK, Applicability, Finding, Place
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.rulebook.codes import TOO_DYNAMIC
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.structs import Struct

MOST_BLOCKERS = 10
"""The limit on listed blockers."""

_OPTIONS = {
    Applicability.ADAPT: "responses are passed to code that can't be followed",
    Applicability.UNSAFE: "the version is outside the code (`fix --unsafe`)",
}
"""The blocker of findings that an option of `fix` fixes."""


class ProgramProgress(Enum):
    """The extent to which a fix migrates a program."""

    WHOLE = "migrated"
    PART = "partly migrated"
    NOTHING = "blocked"


AFTER_FIX = {progress: progress.value for progress in ProgramProgress}
"""The words for a fix that has been made."""

PREVIEW = {**AFTER_FIX, ProgramProgress.WHOLE: "fixable", ProgramProgress.PART: "partly fixable"}
"""The words for a fix that may be made."""


class Blocker(Struct, frozen=True):
    """A cause that blocks the fix of findings, with their number and programs."""

    message: str
    places: tuple[Place, ...]
    """Its places. One cause may occur in several."""
    uses: int
    programs: tuple[str, ...]
    """The first file of each program."""
    reason: str | None
    to_do: str | None
    """The next step that unlocks a fix."""


class Programs:
    """The programs of a run. Files belong to one program if conversations connect them."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Group the files of `findings` that are calls or possible calls."""
        self._calls = [finding for finding in findings if _is_call(finding)]
        self._files = DisjointSets(finding.place.path for finding in self._calls)
        first: dict[str, str] = {}
        for finding in self._calls:
            if finding.conversation is not None:
                path = finding.place.path
                self._files.join(first.setdefault(finding.conversation, path), path)
        self.names = {path: group[0] for group in self._files.groups() for path in group}
        """The first file of the program, by file."""

    @property
    def count(self) -> int:
        """The number of programs."""
        return len({*self.names.values()})

    def progress(self, remaining: Sequence[Finding]) -> dict[ProgramProgress, int]:
        """The number of programs by progress if the `remaining` findings stay."""
        total = self._call_counts(self._calls)
        rest = self._call_counts([finding for finding in remaining if _is_call(finding)])
        counts = dict.fromkeys(ProgramProgress, 0)
        for name, uses in total.items():
            stays = rest.get(name, 0)
            counts[
                ProgramProgress.WHOLE
                if not stays
                else ProgramProgress.PART
                if stays < uses
                else ProgramProgress.NOTHING
            ] += 1
        return counts

    def blockers(self, remaining: Sequence[Finding]) -> list[Blocker]:
        """The blockers of the remaining findings, those of most findings first."""
        findings_by_blocker: dict[tuple[str, str | None], list[Finding]] = {}
        unfollowed = {
            finding.place: finding.message for finding in remaining if finding.code == TOO_DYNAMIC.code
        }
        for finding in remaining:
            message = unfollowed.get(_place_of(finding)) or _blocker_of(finding)
            if message is not None:
                # Findings with equal message and help have one blocker: one edit unlocks them all.
                findings_by_blocker.setdefault((message, finding.help), []).append(finding)
        findings_by_blocker = self._by_program(findings_by_blocker)
        blockers = [
            Blocker(
                message,
                tuple(sorted({_place_of(finding) for finding in findings})),
                len(findings),
                tuple(
                    sorted({self.names.get(finding.place.path, finding.place.path) for finding in findings})
                ),
                origin.reason,
                next_step(origin),
            )
            for (message, _), findings in findings_by_blocker.items()
            if (origin := _finding_at_blocker(findings))
        ]
        return sorted(blockers, key=lambda blocker: (-blocker.uses, blocker.places, blocker.message))

    def _by_program(
        self, groups: Mapping[tuple[str, str | None], list[Finding]]
    ) -> dict[tuple[str, str | None], list[Finding]]:
        """The groups, with unresolved places of one program merged: a user looks at them together."""
        first: dict[str, tuple[str, str | None]] = {}
        joined: dict[tuple[str, str | None], list[Finding]] = {}
        for key, findings in sorted(groups.items(), key=lambda row: min(map(_place_of, row[1]))):
            programs = {self.names.get(finding.place.path, finding.place.path) for finding in findings}
            is_alone = len(programs) == 1 and all(finding.code == TOO_DYNAMIC.code for finding in findings)
            group_key = first.setdefault(next(iter(programs)), key) if is_alone else key
            joined.setdefault(group_key, []).extend(findings)
        return joined

    def _call_counts(self, findings: Sequence[Finding]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for finding in findings:
            name = self.names.get(finding.place.path, finding.place.path)
            counts[name] = counts.get(name, 0) + 1
        return counts


def exclude_safe(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that `fix` leaves."""
    return [finding for finding in findings if finding.fix.applicability is not Applicability.SAFE]


def _is_call(finding: Finding) -> bool:
    return finding.conversation is not None or finding.code == TOO_DYNAMIC.code


def _blocker_of(finding: Finding) -> str | None:
    """A description of a finding's blocker. None if its own message is the only cause."""
    applicability = finding.fix.applicability
    if applicability in _OPTIONS:
        return _OPTIONS[applicability] if _is_call(finding) else None
    if applicability is not Applicability.MANUAL:
        return None
    last = finding.trace[-1].text if finding.trace else ""
    if last.startswith(HELD_BACK):
        return last.removeprefix(HELD_BACK)
    return finding.message if finding.code == TOO_DYNAMIC.code else None


def _finding_at_blocker(findings: Sequence[Finding]) -> Finding:
    """The finding at the place of its blocker; the first one, if none is there."""
    return next((finding for finding in findings if finding.place == _place_of(finding)), findings[0])


def _place_of(finding: Finding) -> Place:
    """The place of a finding's blocker."""
    last = finding.trace[-1] if finding.trace else None
    return last.place if last is not None and last.text.startswith(HELD_BACK) else finding.place


def program_lines(
    findings: Sequence[Finding],
    remaining: Sequence[Finding],
    locations: DisplayLocations,
    progress_words: Mapping[ProgramProgress, str],
) -> Iterator[str]:
    """The lines on a fix of several programs: the number migrated, and the blockers of the others.
    `progress_words` say that the fix was made or may be made."""
    programs = Programs(findings)
    if programs.count < 2:
        return
    counts = programs.progress(remaining)
    states = ", ".join(f"{count} {progress_words[state]}" for state, count in counts.items() if count)
    yield f"Programs: {states}."
    blockers = programs.blockers(remaining)
    if blockers:
        total_uses = sum(blocker.uses for blocker in blockers)
        affects = "affects" if len(blockers) == 1 else "affect"
        yield f"{pluralize(len(blockers), 'blocker')} {affects} {pluralize(total_uses, 'call')}:"
    for blocker in blockers[:MOST_BLOCKERS]:
        yield f"  {_uses_in_programs(blocker)}: {plain(blocker.message)}"
        to_do = f": {blocker.to_do}" if blocker.to_do is not None else ""
        yield f"    {plain(describe_places(blocker, locations))}{plain(to_do)}"
    if rest := blockers[MOST_BLOCKERS:]:
        uses = sum(blocker.uses for blocker in rest)
        yield f"  {pluralize(uses, 'call')}: {len(rest)} more"


def _uses_in_programs(blocker: Blocker) -> str:
    return f"{pluralize(blocker.uses, 'call')} in {pluralize(len(blocker.programs), 'program')}"


def describe_places(blocker: Blocker, locations: DisplayLocations) -> str:
    """The first place of a blocker, and the number of further ones."""
    first, *others = blocker.places
    location = locations.format(first.path, first.row, first.column)
    return f"{location} and {len(others)} more" if others else location
