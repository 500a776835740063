"""The result of a fix as text for a terminal, with the next steps."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain

from kognitos_migrate.edits.todo_comments import MARK, count_todos
from kognitos_migrate.findings.result import Result
from kognitos_migrate.report.deployment import deployment_lines
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.excerpt import Excerpts
from kognitos_migrate.report.plural import REVIEW, files_phrase, nothing_found_summary, pluralize
from kognitos_migrate.report.programs import AFTER_FIX, program_lines
from kognitos_migrate.report.summary import (
    Counts,
    blocking_tests_lines,
    lines_by_reason,
    outdated_tests_line,
    preview_command,
    unanalysed_phrase,
)
from kognitos_migrate.report.text import TextOptions, concise, full
from kognitos_migrate.rulebook.codes import HALF_SETTING, HALF_TEST
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile

_MOST_FILES = 3
"""The limit on listed files of a program that aren't in PATHS."""


def text_after_fix(
    result: Result,
    sources: Mapping[str, SourceFile],
    options: TextOptions,
    *,
    in_brief: bool,
    quiet: bool,
) -> str:
    """The changes of a fix and the remaining findings, or only the latter if `quiet`. Findings that the user
    has just skipped are only counted.

    `sources` are the files after the fix, to which the places of remaining findings refer.
    """
    findings = [finding for finding in result.remaining if finding.reason != "skipped"]
    remaining = concise(findings, options) if in_brief else full(findings, Excerpts(sources), options)
    deployment = list(deployment_lines(result.deployment, options.locations))
    if quiet:
        return "\n\n".join(part for part in (remaining, "\n".join(deployment)) if part)
    locations = options.locations
    end = "\n".join(
        chain(
            _change_lines(result, options),
            _remaining_lines(result),
            program_lines(result.findings, result.remaining, locations, AFTER_FIX),
            _todo_lines(sources),
            deployment,
            _next_step_lines(result, locations),
        )
    )
    return "\n\n".join(part for part in (remaining, end) if part)


def preview_lines(result: Result, locations: DisplayLocations) -> Iterator[str]:
    """The lines on a fix that isn't written: the number of changed files, or why nothing would change."""
    remaining = pluralize(len(result.remaining), "finding")
    if result.changes:
        settings = sum(finding.code == HALF_SETTING.code for finding in result.remaining)
        tests = sum(finding.code == HALF_TEST.code for finding in result.remaining)
        outside = sum(_findings_by_files_outside_paths(result).values())
        others = len(result.remaining) - settings - tests - outside
        yield f"Would change {pluralize(len(result.changes), 'file')}{_remaining_phrase(others, settings)}."
        yield from _files_outside_paths_lines(result)
    elif result.remaining:
        yield f"Nothing would change: no fix applies to {remaining}."
        yield from lines_by_reason(result.remaining)
        yield from _files_outside_paths_lines(result)
        yield from blocking_tests_lines(result.remaining)
        yield from _next_step_lines(result, locations)
    elif not result.problems:
        yield f"Nothing would change. {_completion_line(result)}"
        yield from _calls_outside_paths_line(result, locations)


_UNKNOWN_SETTINGS = frozenset({"version-elsewhere", "possible-use"})
"""The reasons of findings that a setting may cause whose file isn't to change."""


def settings_outside_plan_line(result: Result) -> Iterator[str]:
    """The line on fixes that a plan leaves out because they also change settings files."""
    count = sum(finding.reason in _UNKNOWN_SETTINGS for finding in result.remaining)
    if count:
        yield (
            f"Plans contain changes of Python files only; {pluralize(count, 'finding')} may need a changed "
            "settings file: `kognitos-migrate fix --diff` shows both changes, and `fix` makes them."
        )


def _files_outside_paths_lines(result: Result) -> Iterator[str]:
    """The lines on findings that would remain because files outside of PATHS would have to change too."""
    for message, count in _findings_by_files_outside_paths(result).items():
        yield (
            f"{pluralize(count, 'finding')} would remain (not-given): {plain(message)}. "
            "Pass these files, too, or the folder of the project."
        )


def _findings_by_files_outside_paths(result: Result) -> Counter[str]:
    """The number of findings that files outside of PATHS keep from a fix, by the message on these files."""
    return Counter(
        finding.fix.message
        for finding in result.remaining
        if finding.reason == "not-given" and finding.code != HALF_SETTING.code
    )


def _remaining_phrase(findings: int, settings: int) -> str:
    """The phrase on the findings of a check that would remain, and on v1 settings of the migrated code."""
    rest = (
        f"; {pluralize(findings, 'finding')} would remain: `kognitos-migrate check` shows why"
        if findings
        else ""
    )
    return f"{rest}. {pluralize(settings, 'v1 setting')} would remain, listed below" if settings else rest


def _change_lines(result: Result, options: TextOptions) -> Iterator[str]:
    for change in result.changes:
        done = "changed" if change.before is not None else "created"
        yield f"{options.paint.good(done)} {plain(change.path)}"
    fixed = len(result.findings) - len(result.remaining)
    if fixed and result.changes:
        changed = pluralize(len(result.changes), "file")
        yield f"Fixed {pluralize(fixed, 'v1 call')}; changed {changed}."
    elif not (result.changes or result.problems) and result.files:
        is_skipped = any(finding.reason == "skipped" for finding in result.remaining)
        yield "Nothing changed: you accepted no fix." if is_skipped else "Nothing to change."
        yield from _calls_outside_paths_line(result, options.locations)


def _calls_outside_paths_line(result: Result, locations: DisplayLocations) -> Iterator[str]:
    """The line on v1 calls that lead through the files in PATHS, and are in files outside of PATHS."""
    first = {place.path: place for place in reversed(result.calls_around)}
    if result.findings or not first:
        return
    places = [locations.format(place.path, place.row, place.column) for _, place in sorted(first.items())]
    names = ", ".join(plain(place.rpartition(":")[0]) for place in places[:_MOST_FILES])
    more = f" and {len(places) - _MOST_FILES} more" if len(places) > _MOST_FILES else ""
    yield f"v1 calls of the same program aren't in PATHS: {names}{more}. Pass these files, too."


def _remaining_lines(result: Result) -> Iterator[str]:
    counts = Counts.of(result.remaining)
    if counts.total:
        yield f"Remaining: {counts.phrase()}: {counts.applicability_phrase()}."
        yield from lines_by_reason(result.remaining)
        yield from blocking_tests_lines(result.remaining)
        yield from outdated_tests_line(result.remaining)
    elif not result.problems:
        yield _completion_line(result)
    if result.problems:
        yield f"{pluralize(len(result.problems), 'error')}: not all changes were made."


def _completion_line(result: Result) -> str:
    files, binary = result.files, result.skipped.binary
    if not result.blind_spots:
        return nothing_found_summary("No v1 calls left", files, binary)
    return (
        f"{files_phrase('No recognized v1 calls left', files, binary)}, but {unanalysed_phrase(result)} "
        "(`kognitos-migrate check -v` lists them)."
    )


def _todo_lines(sources: Mapping[str, SourceFile]) -> Iterator[str]:
    markers = sum(count_todos(source.text) for source in sources.values())
    if markers:
        listed = "lists it" if markers == 1 else "lists them"
        yield f'Marked {pluralize(markers, "place")}; `grep -rn "{MARK}" .` {listed}.'


def _next_step_lines(result: Result, locations: DisplayLocations) -> Iterator[str]:
    further = list(_further_step_lines(result, locations))
    if result.changes:
        yield REVIEW
        further = [line.replace("Next:", "Then:", 1) for line in further]
    yield from further


def _further_step_lines(result: Result, locations: DisplayLocations) -> Iterator[str]:
    """The steps for adapted calls and for what remains."""
    if any(change.before is None for change in result.changes):
        yield "Next: `kognitos-migrate check --select KOG5` lists the adapted calls."
    if any(not missing.is_unfilled for missing in result.missing):
        yield "Next: `kognitos-migrate init` adds the missing keys to the configuration; fill them in."
    elif result.missing:
        yield "Next: fill in the keys without values (`kognitos-migrate check` lists them)."
    else:
        yield from preview_command(result.remaining, locations)
