"""The state of a migration as a Markdown page."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.findings.result import Applicability, Finding, Place, Result
from kognitos_migrate.report.deployment import DEPLOYMENT_TITLE, deployment_message
from kognitos_migrate.report.escape import markdown, markdown_block, markdown_code, markdown_link
from kognitos_migrate.report.place_mapping import file_and_cell
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.report.programs import ProgramProgress, Programs, describe_places, exclude_safe
from kognitos_migrate.report.summary import (
    APPLICABILITY_PHRASES,
    NEEDS_CONFIGURATION,
    Counts,
    blocking_tests_lines,
    code_description,
    nothing_found_line,
)
from kognitos_migrate.source.display_locations import DisplayLocations

PAGE_TITLE = "Kognitos v1 to v2 migration"


def markdown_report(
    result: Result, configuration: str = "", missing: str = "", locations: DisplayLocations | None = None
) -> str:
    """The page: numbers, operations, files, reasons, missing configuration, and every finding.

    `missing` is the text to add to the file `configuration`, and `locations` formats places.
    """
    return page(result, locations or DisplayLocations(), gaps=[gap(configuration, missing)])


def page(
    result: Result,
    locations: DisplayLocations,
    progress: Iterable[Iterable[str]] = (),
    gaps: Iterable[Iterable[str]] = (),
) -> str:
    """The page with further sections: on the `progress`, and on the `gaps` of configurations."""
    sections = (
        _overview(result),
        *progress,
        _operation_section(result.findings),
        _file_section(result.findings),
        _reasons(result.findings, locations),
        _programs(result, locations),
        *gaps,
        _deployment(result, locations),
        _details(result.findings, locations),
        _suppressed_section(result, locations),
        _gone_entries(result),
        _blind_spots(result, locations),
        _problems(result),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _overview(result: Result) -> Iterator[str]:
    counts = Counts.of(result.findings)
    yield f"# {PAGE_TITLE}"
    yield ""
    if not counts.total:
        yield nothing_found_line(result)
        return
    yield f"{pluralize(result.files, 'file')} checked. Found {counts.phrase()}:"
    yield ""
    yield from (f"- {way}" for way in counts.applicability_phrases())
    for line in blocking_tests_lines(result.findings):
        yield ""
        yield line
    skipped = sum(files.binary + files.too_large for files in (result.searched, result.skipped))
    if skipped:
        yield ""
        yield f"Skipped: {pluralize(skipped, 'file')}, binary or too large."
    if result.skipped.generated:
        yield ""
        yield f"Generated, and never changed: {pluralize(result.skipped.generated, 'file')}."


def _operation_section(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        return
    by_code: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_code[finding.code].append(finding)
    yield "## By operation"
    yield ""
    yield "| code | meaning | findings | fixable | not fixable |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for code, same in sorted(by_code.items()):
        safe = _safe(same)
        meaning = markdown(code_description(same[0]))
        yield f"| {markdown(code)} | {meaning} | {len(same)} | {safe} | {len(same) - safe} |"


def _file_section(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        return
    yield "## By file"
    yield ""
    yield "| file | findings | fixable | not fixable |"
    yield "| --- | ---: | ---: | ---: |"
    for path, file_findings in _files(findings):
        safe = _safe(file_findings)
        yield f"| {markdown_code(path)} | {len(file_findings)} | {safe} | {len(file_findings) - safe} |"


def _reasons(findings: Sequence[Finding], locations: DisplayLocations) -> Iterator[str]:
    """The reasons why findings have no safe fix, most frequent first."""
    by_reason: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.reason:
            by_reason[finding.reason].append(finding)
    if not by_reason:
        return
    yield "## Why findings have no safe fix"
    yield ""
    yield "| reason | findings | example |"
    yield "| --- | ---: | --- |"
    for reason, reason_findings in sorted(by_reason.items(), key=lambda row: (-len(row[1]), row[0])):
        first = reason_findings[0]
        at = markdown_place(first.place, locations)
        yield f"| {markdown(reason)} | {len(reason_findings)} | {at}: {markdown(first.fix.message)} |"


def _programs(result: Result, locations: DisplayLocations) -> Iterator[str]:
    """The progress of programs under `fix`, and the blockers. Empty for a single program."""
    programs = Programs(result.findings)
    if programs.count < 2:
        return
    left = exclude_safe(result.findings)
    counts = programs.progress(left)
    yield "## By program"
    yield ""
    yield f"`kognitos-migrate fix` migrates {_share(counts, programs.count)}."
    blockers = programs.blockers(left)
    if not blockers:
        return
    yield ""
    yield "| calls | programs | blocker | where | next step |"
    yield "| ---: | ---: | --- | --- | --- |"
    for blocker in blockers:
        at, to_do = markdown_code(describe_places(blocker, locations)), markdown(blocker.to_do or "")
        yield f"| {blocker.uses} | {len(blocker.programs)} | {markdown(blocker.message)} | {at} | {to_do} |"


def _share(counts: Mapping[ProgramProgress, int], total: int) -> str:
    whole, part = counts[ProgramProgress.WHOLE], counts[ProgramProgress.PART]
    also = f", and {part} in part" if part else ""
    return f"{whole} of {pluralize(total, 'program')}{also}"


def gap(configuration: str, missing: str) -> Iterator[str]:
    """The section on missing configuration. Empty if nothing is missing."""
    if not missing:
        return
    yield "## Missing from the configuration"
    yield ""
    yield f"Fill in and add to {markdown_code(configuration)} (`kognitos-migrate init` does it):"
    yield ""
    yield markdown_block(missing, "toml" if configuration.endswith(".toml") else "yaml")


def _details(findings: Sequence[Finding], locations: DisplayLocations) -> Iterator[str]:
    if not findings:
        return
    yield "## Every finding"
    for path, file_findings in _files(findings):
        yield ""
        yield f"### {markdown_code(path)}"
        yield ""
        for finding in file_findings:
            yield from _detail(path, finding, locations)


def _detail(path: str, finding: Finding, locations: DisplayLocations) -> Iterator[str]:
    location = locations.format(finding.place.path, finding.place.row, finding.place.column)
    place = location.removeprefix(f"{path}:")
    code = markdown_link(finding.code, finding.url)
    yield f"- {markdown(place)} **{code}** {markdown(finding.message)} ({_fix_text(finding)})"
    for text in (finding.fix.message, *finding.notes):
        if text:
            yield f"  - {markdown(text)}"
    if finding.help:
        yield ""
        yield _indent_lines(markdown_block(finding.help, "text"))
        yield ""


def _suppressed_section(result: Result, locations: DisplayLocations) -> Iterator[str]:
    if not result.suppressed:
        return
    yield "## Suppressed"
    yield ""
    yield "| where | code | by | reason | until |"
    yield "| --- | --- | --- | --- | --- |"
    for suppression in result.suppressed:
        reason = markdown(suppression.reason or "")
        at = markdown_place(suppression.finding.place, locations)
        yield (
            f"| {at} | {markdown(suppression.finding.code)} | {suppression.by.value} "
            f"| {reason} | {markdown(suppression.until or '')} |"
        )


def _gone_entries(result: Result) -> Iterator[str]:
    if not result.gone:
        return
    yield "## Gone"
    yield ""
    yield "These baseline entries no longer occur; run `kognitos-migrate baseline update`."
    yield ""
    for entry in result.gone:
        yield f"- {markdown_code(entry.path)}: {markdown(entry.code)} {markdown_code(entry.statement)}"


def _deployment(result: Result, locations: DisplayLocations) -> Iterator[str]:
    if not result.deployment:
        return
    yield f"## {DEPLOYMENT_TITLE}"
    yield ""
    for step in result.deployment:
        yield f"- {markdown_place(step.place, locations)}: {markdown(deployment_message(step, locations))}"


def _blind_spots(result: Result, locations: DisplayLocations) -> Iterator[str]:
    if not result.blind_spots:
        return
    yield "## Blind spots"
    yield ""
    yield "Code that can't be followed or is too large, without signs of v1."
    yield ""
    for spot in result.blind_spots:
        yield f"- {markdown_place(spot.place, locations)}: {markdown(spot.message)}"


def _problems(result: Result) -> Iterator[str]:
    if not result.problems:
        return
    yield "## Not checked"
    yield ""
    for problem in result.problems:
        line = f":{problem.line}" if problem.line is not None else ""
        yield f"- {markdown_code(problem.path + line)}: {markdown(problem.message)}"


def _files(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """The findings by file. A finding in a cell is one of the notebook."""
    by_file: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_file[file_and_cell(finding.place.path)[0]].append(finding)
    return sorted(by_file.items())


def _safe(findings: Iterable[Finding]) -> int:
    return sum(finding.fix.applicability is Applicability.SAFE for finding in findings)


def _fix_text(finding: Finding) -> str:
    phrase = (
        NEEDS_CONFIGURATION
        if finding.needs_configuration
        else APPLICABILITY_PHRASES[finding.fix.applicability]
    )
    return f"{phrase}: {markdown(finding.reason)}" if finding.reason else phrase


def markdown_place(place: Place, locations: DisplayLocations) -> str:
    return markdown_code(locations.format(place.path, place.row, place.column))


def _indent_lines(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.split("\n"))
