"""Findings of tests that still expect the old version."""

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.findings.factories import new_call
from kognitos_migrate.findings.manual_findings import manual_finding
from kognitos_migrate.findings.result import MOCKS, Applicability, Finding, PlaceConverter, Step
from kognitos_migrate.half_migrated.checks import other_changes
from kognitos_migrate.half_migrated.outdated_tests import OldWord, OutdatedTest
from kognitos_migrate.rulebook.codes import HALF_TEST
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site

_MOST_WORDS = 6
"""The limit on the old words that a message lists."""


def outdated_test_findings(
    findings: Iterable[Finding], program: ProgramFacts, tests: Sequence[OutdatedTest], places: PlaceConverter
) -> list[Finding]:
    """`findings`, with one for each outdated test in place of those by hand at the old words of tests, and of
    stubs in the code that it runs."""
    of_words = _rows(program, places, (word.site for test in tests for word in test.words))
    of_code = _rows(program, places, (site for test in tests for site in test.functions))

    def is_covered(finding: Finding) -> bool:
        if finding.fix.applicability is not Applicability.MANUAL:
            return False
        own = {(finding.place.path, row) for row in range(finding.place.row, finding.place.end_row + 1)}
        return not own.isdisjoint(of_code if finding.message.startswith(MOCKS) else of_words)

    others = (finding for finding in findings if not is_covered(finding))
    return [*others, *(outdated_test_finding(program, test, places) for test in tests)]


def _rows(program: ProgramFacts, places: PlaceConverter, sites: Iterable[Site]) -> set[tuple[str, int]]:
    """The rows of some code, each with its file."""
    spans = {places.of(program.span(site)) for site in sites}
    return {(place.path, row) for place in spans for row in range(place.row, place.end_row + 1)}


def outdated_test_finding(program: ProgramFacts, test: OutdatedTest, places: PlaceConverter) -> Finding:
    """The finding of an outdated test, at its name (of a module, at its first statement): what to change, and
    where."""
    definition = program.node(test.site)
    named = definition.body[0] if isinstance(definition, cst.Module) else definition
    named = definition.name if isinstance(definition, cst.FunctionDef) else named
    calls = [(match, places.of(program.span(match.request.site))) for match in test.calls]
    trace = (
        *(Step(place, f"the program calls {new_call(match.operation)} here") for match, place in calls),
        *(
            Step(places.of(program.span(word.site)), f"the test has {word.text!r} here")
            for word in test.words
        ),
    )
    if test.words and (test.calls or test.reaches_change):
        message, to_do = HALF_TEST.message, f"change {_words_with_places(program, test, places)}"
    elif test.words:
        message = "expects v1, and may reach a call that the program now makes in v2"
        to_do = f"run it, and change {_words_with_places(program, test, places)}"
    else:
        message = "reaches code that was migrated to v2, and may expect v1 of it"
        to_do = "run it, and change what it expects of v1"
    place = places.of(program.tree(test.site).span(named))
    finding = manual_finding(HALF_TEST, message, place, to_do, "left-test")
    return replace(
        finding,
        trace=(*trace, Step(place, f"here: {message}")),
        url=test.calls[0].operation.url if test.calls else None,
        help="\n".join(
            f"{match.operation.old.call} is {new_call(match.operation)}{other_changes(match.operation)}"
            for match in test.calls
        )
        or None,
    )


def _words_with_places(program: ProgramFacts, test: OutdatedTest, places: PlaceConverter) -> str:
    """The old words with their places: `'id' (line 12), 'path' (tests/fakes.py:3)`."""
    rows: dict[str, list[str]] = {}
    for word in test.words:
        rows.setdefault(word.text, []).append(_location(program, word, test, places))
    entries = [f"{text!r} ({', '.join(_distinct(where))})" for text, where in rows.items()]
    more = len(entries) - _MOST_WORDS
    return ", ".join(entries[:_MOST_WORDS]) + (f" and {more} more" if more > 0 else "")


def _location(program: ProgramFacts, word: OldWord, test: OutdatedTest, places: PlaceConverter) -> str:
    place = places.of(program.span(word.site))
    if word.site.path == test.site.path:
        return f"line {place.row}"
    return places.location_text(place).rpartition(":")[0]


def _distinct(locations: Sequence[str]) -> Iterator[str]:
    yield from tuple(dict.fromkeys(locations))[:_MOST_WORDS]
