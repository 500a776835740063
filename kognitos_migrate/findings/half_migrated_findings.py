"""Findings in half-migrated code: misused calls of the new version, and outdated tests."""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

import libcst as cst

from kognitos_migrate.conversations.flow_channels import FlowChannels
from kognitos_migrate.conversations.link import link
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.reachability import program_tests
from kognitos_migrate.conversations.setting_keys import with_all_keys
from kognitos_migrate.conversations.signs import Matches, decisive_signs, signs_of
from kognitos_migrate.conversations.unversioned_requests import settings_of_version
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.findings.factories import new_call, operation_of_rules
from kognitos_migrate.findings.manual_findings import manual_finding
from kognitos_migrate.findings.result import (
    MOCKS,
    Applicability,
    Finding,
    MigratedCall,
    Place,
    PlaceConverter,
    Step,
)
from kognitos_migrate.findings.trace import Traces
from kognitos_migrate.half_migrated.checks import other_changes
from kognitos_migrate.half_migrated.new_version_calls import HalfMigratedUse, NewVersionCalls
from kognitos_migrate.half_migrated.outdated_tests import OldWord, OutdatedTest
from kognitos_migrate.rulebook.codes import HALF_TEST
from kognitos_migrate.structs import Struct, replace
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
            f"{operation.old.call} becomes {new_call(operation)}{other_changes(operation)}"
            for operation in (operation_of_rules(program, match.operation) for match in test.calls)
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


def relocate_finding(finding: Finding, new_place: Callable[[Place], Place]) -> Finding:
    """`finding` with its place, its trace, and the lines of its own file that its message names and the trace
    has."""
    trace = tuple(replace(step, place=new_place(step.place)) for step in finding.trace)
    rows = {
        old.place.row: new.place.row
        for old, new in zip(finding.trace, trace, strict=True)
        if old.place.path == finding.place.path
    }
    message = _LINE.sub(lambda match: f"line {rows.get(int(match[1]), match[1])}", finding.fix.message)
    fix = replace(finding.fix, message=message)
    return replace(finding, place=new_place(finding.place), trace=trace, fix=fix)


_LINE = re.compile(r"\bline (\d+)\b")


_BY_HAND = "not changed: finish half-migrated code by hand"


def fault_findings(
    context: PlanContext,
    faults: Iterable[HalfMigratedUse],
    places: PlaceConverter,
    conversations: Mapping[int, str],
) -> list[Finding]:
    """A finding for each fault. `conversations` are the names of the new version's conversations, by request
    id."""
    traces = Traces(context, places)
    return [
        _half_migrated_finding(context, fault, traces, conversations.get(fault.match.request.id))
        for fault in faults
    ]


def _half_migrated_finding(
    context: ProgramFacts, fault: HalfMigratedUse, traces: Traces, conversation: str | None
) -> Finding:
    signs = signs_of(context, fault.match, Matches({}, {}))
    last = traces.step(fault.site, f"here: {fault.message}")
    place = traces.places.of(context.span(fault.site))
    return replace(
        manual_finding(fault.kind, fault.message, place, _BY_HAND, "half-migrated"),
        conversation=conversation,
        trace=(*traces.of(fault.match, decisive_signs(signs, fault.match.request.id)), last),
        url=fault.match.operation.url,
        help=fault.help,
    )


class NewConversations(Struct, frozen=True):
    """The calls of the new version, and the names of their conversations by request id."""

    matches: tuple[Match, ...]
    names: Mapping[int, str]

    @classmethod
    def of(cls, context: PlanContext, calls: NewVersionCalls) -> "NewConversations":
        """Link `calls` into conversations, as calls of the old version are linked."""
        linked = link(
            list(calls.matches), context.facts, _url_literals, FlowChannels(context, context.files.links)
        )
        names = {
            number: f"n{index}"
            for index, conversation in enumerate(linked, 1)
            for number in conversation.requests
        }
        return cls((*calls.right, *calls.unversioned), names)

    def migrated_calls(
        self, faults: Iterable[HalfMigratedUse], places: PlaceConverter, context: ProgramFacts
    ) -> Sequence[MigratedCall]:
        """The calls in conversations without half-migrated uses, in the order of place."""
        whole = self._whole_matches(faults, context)
        return sorted(dict.fromkeys(self._call(match, places, context) for match in whole))

    def migrated_modules(
        self, faults: Iterable[HalfMigratedUse], context: ProgramFacts
    ) -> frozenset[tuple[str, str]]:
        """The modules of these calls, each with the call's API. If the program calls no library out of sight,
        which may send other calls, also the modules of the functions that lead to them."""
        is_in_sight = not any(outside.libraries for outside in context.facts.outside.values())
        return frozenset(
            (path, match.operation.api)
            for match in self._whole_matches(faults, context)
            for path in (
                match.request.site.path,
                *(frame.path for frame in context.facts.stack(match.request.frame) if is_in_sight),
            )
        )

    def _whole_matches(self, faults: Iterable[HalfMigratedUse], context: ProgramFacts) -> Sequence[Match]:
        """The matches in conversations without half-migrated uses. Literals of tests are no faults of calls
        elsewhere."""
        faults = tuple(faults)
        tests = program_tests(context) if faults else frozenset[str]()
        half = {
            self.names.get(fault.match.request.id)
            for fault in faults
            if fault.site.path not in tests or fault.match.request.site.path in tests
        }
        return [match for match in self.matches if self.names[match.request.id] not in half]

    def _call(self, match: Match, places: PlaceConverter, context: ProgramFacts) -> MigratedCall:
        operation = match.operation
        place = places.of(context.span(match.request.site))
        name = self.names[match.request.id]
        overridden = {with_all_keys(context, match, source) for source in match.overridden}
        overridden.update(settings_of_version(context, match))
        return MigratedCall(
            place,
            operation.code,
            operation.name,
            new_call(operation_of_rules(context, operation)),
            name,
            is_overridable=bool(overridden or match.other_urls),
            overridden=tuple(sorted(overridden)),
        )


def _url_literals(match: Match) -> Iterator[Hashable]:
    """The literals of a URL's fixed segments. Requests that share one belong together."""
    for path in match.paths:
        for part, segment in zip(match.layout.path, path.segments, strict=True):
            if part.text is not None:
                yield from (piece.lit.site for piece in segment.pieces if piece.lit and piece.lit.site)
