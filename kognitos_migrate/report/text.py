"""Findings as text for a terminal: in full, or one line each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from kognitos_migrate.findings.result import (
    Applicability,
    Finding,
    Place,
    Problem,
    Result,
    Step,
    SuppressionKind,
)
from kognitos_migrate.report.escape import plain, plain_lines, plain_start
from kognitos_migrate.report.excerpt import Excerpts
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.report.style import TextStyle
from kognitos_migrate.report.summary import (
    BY_CHOICE,
    NEEDS_CONFIGURATION,
    Counts,
    blocking_tests_lines,
    code_description,
    lines_by_reason,
    listing_option,
    next_check_command,
    nothing_found_line,
    other_files_phrase,
    unresolved_place_count,
    unsearched_file_count,
)
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.structs import Struct, field, replace

FIXABLE = "[*]"

_MOST_KEYS = 5
"""The limit on listed keys that the configuration lacks."""

_FIX_LABELS = {
    Applicability.SAFE: "fix",
    Applicability.ADAPT: "fix --adapt",
    Applicability.UNSAFE: "fix --unsafe",
    Applicability.MANUAL: "by hand",
}


class TextOptions(Struct, frozen=True):
    """The options of how findings are shown."""

    paint: TextStyle = field(default_factory=TextStyle)
    trace: bool = False
    locations: DisplayLocations = field(default_factory=DisplayLocations)
    """The converter of places to text, in files or in cells."""
    blind_spots: bool = False
    """Whether blind spots are listed, not only counted."""


def full(findings: Sequence[Finding], excerpts: Excerpts, options: TextOptions) -> str:
    """Each finding with its source excerpt, its fix and its notes. Help that several share is shown once, and
    so are the notes on a conversation and the reason why it isn't fixed."""
    return "\n\n".join(
        "\n".join(_full_text(finding, excerpts, options))
        for finding in _without_repetition(findings, options.locations)
    )


def _without_repetition(findings: Sequence[Finding], locations: DisplayLocations) -> Iterator[Finding]:
    helps: set[str | None] = set()
    notes: set[tuple[str | None, str]] = set()
    blockers: dict[str | None, tuple[Place, str]] = {}
    for finding in findings:
        shown, conversation = finding, finding.conversation
        if finding.help in helps:
            shown = replace(shown, help=None)
        if conversation is not None:
            new = tuple(note for note in finding.notes if (conversation, note) not in notes)
            shown = replace(shown, notes=new)
        first, message = blockers.get(conversation, (None, ""))
        if first is not None and (finding.is_blocked_elsewhere or finding.fix.message == message):
            row = locations.format(first.path, first.row, first.column).rpartition(":")[0]
            shown = replace(shown, fix=replace(finding.fix, message=f"blocked together with {row}"))
        if conversation is not None and finding.fix.applicability is Applicability.MANUAL:
            blockers.setdefault(conversation, (finding.place, finding.fix.message))
        helps.add(finding.help)
        notes.update((conversation, note) for note in finding.notes)
        yield shown


def concise(findings: Sequence[Finding], options: TextOptions) -> str:
    """One line for each finding."""
    paint = options.paint
    return "\n".join(f"{_location(finding.place, options)}: {_title(finding, paint)}" for finding in findings)


def statistics(findings: Sequence[Finding], options: TextOptions) -> str:
    """The number of findings per code, most frequent first, and of those that `fix` fixes."""
    counts = Counts.of(findings).by_code
    by_code = {finding.code: finding for finding in reversed(findings)}
    fixable = Counter(finding.code for finding in findings if finding.fix.applicability is Applicability.SAFE)
    width = max((len(str(count)) for count in counts.values()), default=0)
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return "\n".join(
        f"{count:>{width}}  {options.paint.code(code)}  {_rule(by_code[code])}"
        + (f" {options.paint.good(f'({fixable[code]} fixable)')}" if fixable[code] else "")
        for code, count in rows
    )


def _rule(finding: Finding) -> str:
    return plain(f"{finding.name}: {code_description(finding)}")


def summary(result: Result, options: TextOptions) -> str:
    """The last lines: counts, fixes, reasons, and the next command."""
    return "\n".join(_summary(result, options))


def shows_sources(result: Result, options: TextOptions) -> bool:
    """Whether a report may contain text of the sources, as opposed to counts."""
    listed = result.blind_spots if options.blind_spots else ()
    return bool(result.findings or result.missing or result.gone or listed)


def problem_line(problem: Problem, paint: TextStyle) -> str:
    """A problem on one line: `error: file:line: what is wrong`."""
    place = plain(problem.path) + (f":{problem.line}" if problem.line is not None else "")
    return f"{paint.bad('error')}: " + ": ".join(part for part in (place, plain(problem.message)) if part)


def _full_text(finding: Finding, excerpts: Excerpts, options: TextOptions) -> Iterator[str]:
    paint = options.paint
    yield _title(finding, paint)
    margin = excerpts.margin(finding.place)
    yield f"{paint.frame(' ' * margin + '-->')} {_location(finding.place, options)}"
    excerpt = excerpts.excerpt(finding.place, paint)
    if excerpt:
        yield excerpt
    if finding.fix.message:
        yield _with_label(_fix_label(finding), plain(finding.fix.message), paint)
    if finding.help:
        yield _with_label("help", finding.help, paint)
    for note in finding.notes:
        yield _with_label("note", plain(note), paint)
    if options.trace and finding.trace:
        yield f"{paint.label('trace')}:"
        yield from _steps(finding.trace, options)


def _title(finding: Finding, paint: TextStyle) -> str:
    mark = f"{paint.good(FIXABLE)} " if finding.fix.applicability is Applicability.SAFE else ""
    return f"{paint.code(finding.code, finding.url)} {mark}{plain(finding.message)}"


def _location(place: Place, options: TextOptions) -> str:
    return plain_start(options.locations.format(place.path, place.row, place.column))


def _fix_label(finding: Finding) -> str:
    if finding.reason in BY_CHOICE:
        return BY_CHOICE[finding.reason]
    label = NEEDS_CONFIGURATION if finding.needs_configuration else _FIX_LABELS[finding.fix.applicability]
    return f"{label} ({finding.reason})" if finding.reason else label


def _with_label(label: str, text: str, paint: TextStyle) -> str:
    first, *rest = plain_lines(text.rstrip()).split("\n")
    indent = " " * 4
    return "\n".join([f"{paint.label(label)}: {first}", *(f"{indent}{line}".rstrip() for line in rest)])


def _steps(trace: Sequence[Step], options: TextOptions) -> Iterator[str]:
    width = len(str(len(trace)))
    for number, step in enumerate(trace, 1):
        count = options.paint.frame(f"{number:>{width}}.")
        yield f"  {count} {_location(step.place, options)}: {plain(step.text)}"


def _summary(result: Result, options: TextOptions) -> Iterator[str]:
    counts = Counts.of(result.findings)
    if counts.total:
        yield f"Found {counts.phrase()}: {counts.applicability_phrase()}."
        yield from lines_by_reason(result.findings)
        yield from blocking_tests_lines(result.findings)
    elif result.files or not result.problems:
        yield nothing_found_line(result)
    yield from _suppressed_lines(result)
    yield from _missing_lines(result)
    if (unsearched := unsearched_file_count(result)) and counts.total:
        listed = "lists it" if unsearched == 1 else "lists them"
        command = f": `kognitos-migrate check {listing_option(result)}` {listed}"
        yield f"{other_files_phrase(unsearched)}{'' if options.blind_spots else command}."
    if (unresolved := unresolved_place_count(result)) and counts.total:
        spots = pluralize(unresolved, "blind spot")
        listed = "" if options.blind_spots else " (`-v` lists them)"
        yield f"{spots}: can't be followed or too large, without signs of v1{listed}."
    if options.blind_spots:
        for spot in result.blind_spots:
            yield f"  {_location(spot.place, options)}: {plain(spot.message)}"
    if result.problems:
        effect = "some files were not checked" if result.files else "nothing was checked"
        yield f"{pluralize(len(result.problems), 'error')}: {effect}."
    yield from next_check_command(result, options.locations)


def _suppressed_lines(result: Result) -> Iterator[str]:
    """The lines on suppressed findings, and on baseline entries that no longer occur."""
    baseline_count = sum(suppression.by is SuppressionKind.BASELINE for suppression in result.suppressed)
    if commented := len(result.suppressed) - baseline_count:
        listed = "lists it" if commented == 1 else "lists them"
        findings = pluralize(commented, "finding")
        yield f"Suppressed by comments: {findings}; `kognitos-migrate report` {listed}."
    if baseline_count:
        yield f"In the baseline: {pluralize(baseline_count, 'finding')}."
    if result.gone:
        verb = "no longer occurs" if len(result.gone) == 1 else "no longer occur"
        counted = pluralize(len(result.gone), "baseline entry")
        yield f"{counted} {verb}; run `kognitos-migrate baseline update`:"
    for entry in result.gone:
        yield f"  {plain(entry.path)}: {entry.code} {plain(entry.statement)}"


def _missing_lines(result: Result) -> Iterator[str]:
    """The lines on keys that the configuration lacks, and on keys that it has without values."""
    keys = sorted({(missing.setting, missing.key) for missing in result.missing if not missing.is_unfilled})
    if keys:
        them = "it" if len(keys) == 1 else "them"
        command = f"Run `kognitos-migrate init` to add {them}"
        yield f"Missing from the configuration: {_keys_phrase(keys)}. {command}."
    if unfilled := sorted({(empty.setting, empty.key) for empty in result.missing if empty.is_unfilled}):
        yield f"Not filled in yet: {_keys_phrase(unfilled)}."


def _keys_phrase(keys: Sequence[tuple[str, str]]) -> str:
    """The first keys, by setting."""
    groups = groupby(keys[:_MOST_KEYS], key=lambda pair: pair[0])
    settings = [f"{setting}: {', '.join(plain(key) for _, key in some)}" for setting, some in groups]
    more = f" and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else ""
    return "; ".join(settings) + more
