"""Summaries of a run: counts, reasons, next steps, progress of programs."""

from collections import Counter
from collections.abc import Iterator, Sequence

from kognitos_migrate.findings.reasons import next_step
from kognitos_migrate.findings.result import (
    Applicability,
    BlindSpotKind,
    Finding,
    Result,
)
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.place_mapping import file_and_cell
from kognitos_migrate.report.plural import NOTHING, files_phrase, nothing_found_summary, pluralize
from kognitos_migrate.rulebook.codes import (
    ADAPTED,
    HALF_SETTING,
    HALF_TEST,
    MENTIONS,
    OWN_CODES,
    SUPPRESSIONS,
    UNANALYSED,
)
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.structs import Struct


class Counts(Struct, frozen=True):
    """The numbers of findings by kind."""

    total: int
    files: int
    named: int
    unanalysed: int
    suppressions: int
    unconfigured: int
    """The findings that need an entry of the configuration. They are manual findings, too."""
    by_applicability: Counter[Applicability]
    by_code: Counter[str]
    by_reason: Counter[str]

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> "Counts":
        """The counts of `findings`."""
        return cls(
            total=len(findings),
            files=len({file_and_cell(finding.place.path)[0] for finding in findings}),
            named=sum(finding.code in MENTIONS for finding in findings),
            unanalysed=sum(finding.code in UNANALYSED for finding in findings),
            suppressions=sum(finding.code in SUPPRESSIONS for finding in findings),
            unconfigured=sum(finding.needs_configuration for finding in findings),
            by_applicability=Counter(finding.fix.applicability for finding in findings),
            by_code=Counter(finding.code for finding in findings),
            by_reason=Counter(finding.reason for finding in findings if finding.reason),
        )

    def applicable(self, applicability: Applicability) -> int:
        """The number of findings with this applicability."""
        return self.by_applicability[applicability]

    def phrase(self) -> str:
        """A phrase such as `3 v1 calls in 2 files`."""
        parts = []
        adapted, settings = self.by_code[ADAPTED.code], self.by_code[HALF_SETTING.code]
        tests = self.by_code[HALF_TEST.code]
        uses = self.total - self.named - self.unanalysed - self.suppressions - adapted - settings - tests
        if uses:
            parts.append(pluralize(uses, "v1 call"))
        if adapted:
            parts.append(pluralize(adapted, "adapted call"))
        if settings:
            parts.append(pluralize(settings, "v1 setting"))
        if tests:
            parts.append(pluralize(tests, "outdated test"))
        if self.named:
            parts.append(f"{pluralize(self.named, 'mention')} of v1")
        if self.unanalysed:
            parts.append(f"{pluralize(self.unanalysed, 'place')} that couldn't be analyzed")
        if self.suppressions:
            parts.append(f"{pluralize(self.suppressions, 'invalid or unused suppression')}")
        return f"{_enumerate_phrases(parts)} in {pluralize(self.files, 'file')}"

    def applicability_phrase(self) -> str:
        """A phrase such as `2 fixable with …, 1 to change by hand`."""
        return ", ".join(self.applicability_phrases())

    def applicability_phrases(self) -> Iterator[str]:
        """The parts of `applicability_phrase`."""
        counts = {**self.by_applicability}
        by_choice = {phrase: self.by_reason[reason] for reason, phrase in BY_CHOICE.items()}
        counts[Applicability.MANUAL] = (
            self.applicable(Applicability.MANUAL) - self.unconfigured - sum(by_choice.values())
        )
        for applicability, phrase in APPLICABILITY_PHRASES.items():
            if applicability is Applicability.MANUAL and self.unconfigured:
                yield f"{self.unconfigured} {'needs' if self.unconfigured == 1 else 'need'} configuration"
            if applicability is Applicability.MANUAL:
                yield from (f"{number} {way}" for way, number in by_choice.items() if number)
            if counts.get(applicability):
                yield f"{counts[applicability]} {phrase}"


APPLICABILITY_PHRASES = {
    Applicability.SAFE: "fixable with `kognitos-migrate fix`",
    Applicability.ADAPT: "fixable with `kognitos-migrate fix --adapt`",
    Applicability.UNSAFE: "fixable with `kognitos-migrate fix --unsafe`",
    Applicability.MANUAL: "to change by hand",
}
"""The phrase for each applicability."""

BY_CHOICE = {"not-given": "fixable with the whole project", "skipped": "skipped"}
"""The phrases for findings without a fix only because of what the user chose, by reason."""

NEEDS_CONFIGURATION = "needs configuration"
"""The phrase for a finding that only lacks an entry of the configuration."""


def _enumerate_phrases(parts: Sequence[str]) -> str:
    *most, last = parts or ("nothing",)
    return f"{', '.join(most)} and {last}" if most else last


def nothing_found_line(result: Result) -> str:
    """The line for a run without findings. It mentions unresolved places and suppressed findings."""
    files, binary = result.files, result.skipped.binary
    if not result.blind_spots:
        return nothing_found_summary("Nothing to report" if result.suppressed else NOTHING, files, binary)
    it = "it" if len(result.blind_spots) == 1 else "them"
    option = "-v" if unresolved_place_count(result) else listing_option(result)
    nothing = files_phrase("Nothing to report", files, binary)
    ways = f"`kognitos-migrate check {option}` lists {it}, `--strict` fails on {it}"
    return f"{nothing}, but {unanalysed_phrase(result)} ({ways})."


def unanalysed_phrase(result: Result) -> str:
    """A phrase such as `2 places couldn't be resolved and 1 other file contains v1`."""
    unresolved, unsearched = unresolved_place_count(result), unsearched_file_count(result)
    return " and ".join(
        phrase
        for number, phrase in (
            (unresolved, f"{pluralize(unresolved, 'place')} couldn't be resolved"),
            (unsearched, other_files_phrase(unsearched)),
        )
        if number
    )


def other_files_phrase(number: int) -> str:
    """A phrase such as `2 other files contain v1`."""
    return f"{pluralize(number, 'other file')} {'contains' if number == 1 else 'contain'} v1"


def listing_option(result: Result) -> str:
    """The option of `check` that lists the files which were not searched. With `--all-files`, those are left
    that git ignores."""
    return "-v" if result.searched.files else "--all-files"


def unresolved_place_count(result: Result) -> int:
    """The number of blind spots in code or files that could not be analysed."""
    return len(result.blind_spots) - unsearched_file_count(result)


def unsearched_file_count(result: Result) -> int:
    """The number of files other than Python that name the old version and were not searched."""
    return sum(spot.kind is BlindSpotKind.UNSEARCHED for spot in result.blind_spots)


def code_description(finding: Finding) -> str:
    """A short description of a finding's code. The tool's own codes have one, as their messages vary."""
    own = next((candidate for candidate in OWN_CODES if candidate.code == finding.code), None)
    return own.message if own is not None else finding.message


def lines_by_reason(findings: Sequence[Finding]) -> Iterator[str]:
    """A line per reason why findings have no safe fix, the most frequent first: its count and next step."""
    counts = Counter(
        (finding.reason, next_step(finding))
        for finding in findings
        if finding.reason and finding.code not in SUPPRESSIONS
    )
    width = max((len(str(count)) for count in counts.values()), default=0)
    for (name, todo), count in sorted(counts.items(), key=lambda row: (-row[1], row[0][0], row[0][1] or "")):
        yield f"  {count:>{width}}  {plain(name)}" + (f": {todo}" if todo is not None else "")


def blocking_tests_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """The lines on the findings that only tests keep from a fix, one for each option that makes it."""
    for options, calls in (
        ("--leave-tests", [finding for finding in findings if finding.is_held_by_tests]),
        ("--leave-tests --adapt", [finding for finding in findings if finding.is_held_from_adapters]),
    ):
        if calls:
            them = "it" if len(calls) == 1 else "them"
            yield (
                f"Only tests hold back {pluralize(len(calls), 'call')}: "
                f"`kognitos-migrate fix {options}` fixes {them}, and lists the tests to change."
            )


def outdated_tests_line(findings: Sequence[Finding]) -> Iterator[str]:
    """The line on tests that expect the old version of a migrated program. Empty if there are none."""
    paths = [finding.place.path for finding in findings if finding.code == HALF_TEST.code]
    if paths:
        verb = "expects" if len(paths) == 1 else "expect"
        yield (
            f"Tests to change: {pluralize(len(paths), 'test')} in {pluralize(len(set(paths)), 'file')} "
            f"{verb} v1 of a migrated program."
        )


def next_check_command(result: Result, locations: DisplayLocations) -> Iterator[str]:
    """The next command after a check. Empty if the configuration lacks keys, which another line covers."""
    counts = Counts.of(result.findings)
    if result.missing:
        return
    if counts.applicable(Applicability.SAFE):
        yield "Next: `kognitos-migrate fix --diff` previews the changes."
    else:
        yield from preview_command(result.findings, locations)


def preview_command(findings: Sequence[Finding], locations: DisplayLocations) -> Iterator[str]:
    """The command for findings that plain `fix` leaves: the option that fixes most of them, if one does."""
    counts = Counts.of(findings)
    adapted, unsafe = counts.applicable(Applicability.ADAPT), counts.applicable(Applicability.UNSAFE)
    if unsafe > adapted:
        yield "Next: `kognitos-migrate fix --unsafe --diff` previews the changes, which need your review."
    elif adapted:
        yield "Next: `kognitos-migrate fix --adapt --diff` previews the changes with adapters."
    else:
        yield from explain_command(findings, locations)


def explain_command(findings: Sequence[Finding], locations: DisplayLocations) -> Iterator[str]:
    """The command that explains the first finding to fix by hand. Settings and tests say what to change."""
    if any(finding.reason == "not-given" for finding in findings):
        yield "Next: `kognitos-migrate fix --diff` in the folder of the project previews the changes."
        return
    manual = (finding for finding in findings if finding.fix.applicability is Applicability.MANUAL)
    explained = (finding for finding in manual if finding.code not in (HALF_SETTING.code, HALF_TEST.code))
    first = next((finding for finding in explained if finding.reason != "skipped"), None)
    if first is not None:
        location = locations.format(first.place.path, first.place.row, first.place.column).rpartition(":")[0]
        place = f"'{plain(location)}'" if " " in location else plain(location)
        yield f"Next: `kognitos-migrate explain {place}` shows why, and what to do."
