"""Programs that only their tests hold back: how a check marks them, and how `fix --leave-tests` fixes them.

Such a program is analysed again without its tests. Nothing that a test does is a fact then: what it patches,
the doubles that it passes, the calls that it makes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.findings.half_migrated_findings import outdated_test_findings, relocate_finding
from kognitos_migrate.findings.result import (
    OF_CONFIGURATION,
    Applicability,
    Change,
    Finding,
    Missing,
    Place,
    Result,
)
from kognitos_migrate.half_migrated.checks import calls_that_tests_reach
from kognitos_migrate.half_migrated.outdated_tests import outdated_tests
from kognitos_migrate.modules.definition_links import connected_files, links_of_sources
from kognitos_migrate.modules.modules_of_tests import modules_of_tests
from kognitos_migrate.rulebook.codes import HALF_TEST
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.components import encode_text
from kognitos_migrate.run.engine import PlannedComponent, analyse, plan_components
from kognitos_migrate.run.result_join import join_results, merge_missing
from kognitos_migrate.run.vocabulary_check import with_vocabulary_findings
from kognitos_migrate.source.file import SourceFile, new_source
from kognitos_migrate.source.line_diff import hunks_of
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.structs import Struct, replace

_Key = tuple[Place, str]
_Row = tuple[str, int, str]
"""A file, a row of it, and the code of a finding."""


class AnalysisInputs(Struct, frozen=True, dict=True):
    """The parameters of an analysis, as `analyse` has them."""

    sources: tuple[SourceFile, ...]
    rulebook: Rulebook
    settings: Settings
    level: Applicability | None
    target_paths: frozenset[str]
    workers: int = 1

    def analyse(self, only: Collection[str] | None = None) -> Result:
        """The result, which no cache contains. With `only`, that of components with one of these files."""
        return analyse(
            self.sources,
            self.rulebook,
            self.settings,
            self.level,
            self.target_paths,
            self.workers,
            only=only,
        )

    def without_sources(self, paths: frozenset[str]) -> "AnalysisInputs":
        """The inputs without some of the sources, and with examples in docstrings that may fail."""
        sources = tuple(source for source in self.sources if source.path not in paths)
        settings = replace(self.settings, leaves_examples=True)
        return replace(self, sources=sources, target_paths=self.target_paths - paths, settings=settings)

    def only_components_of(self, paths: Collection[str]) -> "AnalysisInputs":
        """The inputs with the components that contain one of the files."""
        kept = {path for program in self.programs if not program.isdisjoint(paths) for path in program}
        return replace(self, sources=tuple(source for source in self.sources if source.path in kept))

    @cached_property
    def programs(self) -> Sequence[frozenset[str]]:
        """The files that belong together, as far as is known before they are analysed."""
        return [frozenset(group) for group in connected_files(links_of_sources(self.sources))]

    def with_changes(self, changes: Iterable[Change]) -> "AnalysisInputs":
        """The inputs with the texts of some files changed, and with new files."""
        texts = {change.path: change.after for change in changes}
        sources = [
            replace(source, text=texts.pop(source.path), digest="") if source.path in texts else source
            for source in self.sources
        ]
        added = [new_source(path, text) for path, text in texts.items()]
        return replace(self, sources=(*sources, *added), target_paths=self.target_paths.union(texts))


def mark_fixable_without_tests(result: Result, inputs: AnalysisInputs) -> Result:
    """`result` with the findings marked that have a safe fix in the program without its tests. The others get
    the program's own reason, which tests may hide."""
    tests = _tests_that_may_hold_back(result, inputs)
    if tests is None:
        return result
    without = replace(inputs.without_sources(tests), level=None).analyse(
        _files_of_test_programs(result, inputs, tests)
    )
    marked = _mark(result, without.findings, tests)
    missing = merge_missing((result.missing, _missing_of_findings(marked.findings, without.missing)))
    return replace(marked, missing=missing)


def _missing_of_findings(findings: Iterable[Finding], missing: Iterable[Missing]) -> Iterator[Missing]:
    """The keys and words that findings with a reason of the configuration lead to."""
    needed = [finding for finding in findings if finding.reason in OF_CONFIGURATION]
    rows = {(path, row) for finding in needed for path, row, _ in _trace_rows(finding)}
    for entry in missing:
        if any((place.path, place.row) in rows for place in entry.places):
            yield entry


def _mark(result: Result, without_tests: Sequence[Finding], tests: frozenset[str]) -> Result:
    """`result` with its findings compared with those of the programs without tests."""
    fixable: dict[_Row, bool] = {}
    for finding in without_tests:
        for row in _trace_rows(finding):
            fixable[row] = fixable.get(row, True) and _has_safe_fix(finding)
    own = {_key(finding): finding for finding in without_tests}

    def mark(finding: Finding) -> Finding:
        if not _may_be_held_back(finding, tests) or finding.reason == "not-given":
            return finding  # with the tests outside of PATHS, a fix may change both
        if _is_fixable(finding, fixable):
            return replace(finding, is_held_by_tests=True)
        without = own.get(_key(finding), finding)
        if (
            finding.fix.applicability is Applicability.MANUAL
            and without.fix.applicability is Applicability.ADAPT
        ):
            return replace(finding, is_held_from_adapters=True)
        return _prefer_own_reason(finding, without)

    return replace(
        result,
        findings=_deduplicate_notes(map(mark, result.findings)),
        remaining=_deduplicate_notes(map(mark, result.remaining)),
    )


_IN_TESTS = "tests hold it back, too "
"""The prefix of the note on the reason that tests add to the program's own."""


def _prefer_own_reason(finding: Finding, own: Finding) -> Finding:
    """`finding` with the reason that it has without tests, `own`, and a note on the one in tests."""
    if own.fix.applicability is not Applicability.MANUAL or own.fix.message == finding.fix.message:
        return finding
    note = f"{_IN_TESTS}({finding.reason}): {finding.fix.message}"
    return replace(own, conversation=finding.conversation, notes=(*own.notes, note))


def _deduplicate_notes(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, with each note on tests at the first finding of a conversation only."""
    noted: set[tuple[str | None, str]] = set()

    def with_new_notes(finding: Finding) -> Finding:
        notes = [note for note in finding.notes if (finding.conversation, note) not in noted]
        noted.update((finding.conversation, note) for note in notes if note.startswith(_IN_TESTS))
        return replace(finding, notes=tuple(notes))

    return tuple(map(with_new_notes, findings))


def _trace_rows(finding: Finding) -> Iterator[_Row]:
    """The rows of a finding and of the steps to it, each with its code. The request is sent in one of them,
    and the primary call is another one if tests call it, too."""
    for place in (finding.place, *(step.place for step in finding.trace)):
        yield place.path, place.row, finding.code


def _is_fixable(finding: Finding, fixable: Mapping[_Row, bool]) -> bool:
    """Whether all findings of its request have a safe fix without tests."""
    fixes = [fixable[row] for row in _trace_rows(finding) if row in fixable]
    return bool(fixes) and all(fixes)


def fix_without_tests(result: Result, inputs: AnalysisInputs) -> Result:
    """`result` with the programs fixed, too, that only tests hold back.

    Of the tests, those remain that reach a call which the program makes in the new version now.
    """
    tests = _tests_that_may_hold_back(result, inputs)
    if tests is None:
        return result
    fixed = inputs.with_changes(result.changes)
    without_tests = fixed.without_sources(tests).analyse()
    if not without_tests.changes:
        return _mark(result, without_tests.findings, tests)
    changed_files = {change.path for change in without_tests.changes}
    program = fixed.with_changes(without_tests.changes).only_components_of(changed_files)
    before = {source.path: source.text for source in inputs.sources}
    outdated = _findings_in_tests(program, tests, _changed_rows(without_tests))
    in_tests = _PlaceRestorer(before, program.sources).findings(outdated)
    of_program = _PlaceRestorer(before, fixed.sources).findings(without_tests.remaining)
    judged_tests = tests.intersection(source.path for source in program.sources)
    in_other_tests = tuple(
        finding for finding in result.remaining if finding.place.path in tests - judged_tests
    )
    of_judged_tests = {_key(finding) for finding in result.remaining if finding.place.path in judged_tests}
    not_fixed = of_judged_tests.union(map(_key, (*of_program, *in_other_tests)))
    fixed_findings = [finding for finding in result.findings if _key(finding) not in not_fixed]
    joined = join_results(
        [
            replace(
                result, findings=(*fixed_findings, *in_other_tests), remaining=in_other_tests, changes=()
            ),
            Result(findings=of_program, remaining=of_program, deployment=without_tests.deployment),
            Result(findings=in_tests, remaining=in_tests),
        ]
    )
    changes = _join_changes(before, result.changes, without_tests.changes)
    return replace(
        result,
        findings=joined.findings,
        remaining=joined.remaining,
        changes=changes,
        deployment=joined.deployment,
    )


def _changed_rows(result: Result) -> Mapping[str, frozenset[int]]:
    """The rows that a fix has changed, by file, in the texts after it."""
    return {
        change.path: frozenset(
            row + 1
            for hunk in hunks_of(change.before or "", change.after)
            for row in range(hunk.new_start, max(hunk.new_end, hunk.new_start + 1))
        )
        for change in result.changes
    }


def _tests_that_may_hold_back(result: Result, inputs: AnalysisInputs) -> frozenset[str] | None:
    """The modules of tests, if a program with tests, or with examples in docstrings, has a finding without a
    safe fix. None if none has."""
    modules = [source for source in inputs.sources if source.fault is None and source.data is None]
    tests = modules_of_tests({source.path: encode_text(source) for source in modules}, inputs.settings)
    tests |= {
        source.path for source in inputs.sources if source.data is not None and not source.data.is_settings
    }
    examples = {source.path for source in modules if _PROMPT in source.text}
    findings = [finding for finding in result.remaining if _may_be_held_back(finding, tests)]
    paths = {finding.place.path for finding in findings}
    of_stubs = {finding.place.path for finding in findings if finding.reason in _REASONS_OF_EXAMPLES}
    may_be_held = any(
        (paths & program and tests & program) or (of_stubs & program and examples & program)
        for program in inputs.programs
    )
    return tests if may_be_held else None


_REASONS_OF_EXAMPLES = ("stub", "stand-in")
"""The reasons of findings that an example in a docstring may hold back."""

_PROMPT = ">>> "
"""The beginning of an example in a docstring."""


def _files_of_test_programs(result: Result, inputs: AnalysisInputs, tests: frozenset[str]) -> frozenset[str]:
    """The files of the programs with tests, and of those that share a conversation with one of them."""
    files = DisjointSets(source.path for source in inputs.sources)
    for first, *others in inputs.programs:
        for path in others:
            files.join(first, path)
    first_file: dict[str, str] = {}
    for finding in result.findings:
        path, conversation = finding.place.path, finding.conversation
        if conversation is not None and path in files:
            files.join(first_file.setdefault(conversation, path), path)
    beside = tests or {finding.place.path for finding in result.remaining}
    return frozenset(path for group in files.groups() if not beside.isdisjoint(group) for path in group)


def _may_be_held_back(finding: Finding, tests: frozenset[str]) -> bool:
    """Whether a finding in the program is a call that has no safe fix."""
    return finding.conversation is not None and finding.place.path not in tests and not _has_safe_fix(finding)


def _has_safe_fix(finding: Finding) -> bool:
    return finding.fix.applicability is Applicability.SAFE


def _key(finding: Finding) -> _Key:
    return finding.place, finding.code


def _join_changes(
    before: Mapping[str, str], first: Iterable[Change], second: Iterable[Change]
) -> tuple[Change, ...]:
    """The changes of two fixes, one after the other. The edits of a file that both change aren't known."""
    changes = {change.path: change for change in first}
    for change in second:
        earlier = changes.get(change.path)
        changes[change.path] = (
            change if earlier is None else Change(change.path, before.get(change.path), change.after)
        )
    return tuple(changes.values())


def _findings_in_tests(
    inputs: AnalysisInputs, tests: frozenset[str], changed_rows: Mapping[str, frozenset[int]]
) -> tuple[Finding, ...]:
    """The findings in the tests of a fixed program, and those of all tests that reach changed rows."""
    components = plan_components(
        inputs.sources, inputs.rulebook, inputs.settings, {source.path for source in inputs.sources}
    )
    results = [_result_with_tests(component, changed_rows) for component in components]
    within = tests.intersection(source.path for source in inputs.sources)
    findings = with_vocabulary_findings(
        join_results(results or [Result()]), inputs.sources, inputs.rulebook, inputs.settings, within, within
    ).findings
    in_tests = (
        finding for finding in findings if finding.place.path in tests or finding.code == HALF_TEST.code
    )
    return tuple(sorted(in_tests, key=_key))


def _result_with_tests(component: PlannedComponent, changed_rows: Mapping[str, frozenset[int]]) -> Result:
    """The result of a component with the findings of all tests that reach changed rows, or may do so."""
    result, planned_program = component.outcome.result, component.planned_program
    if planned_program is None:
        return result
    program = planned_program.program
    calls = calls_that_tests_reach(program.context, program.calls)
    left = [
        test
        for test in outdated_tests(program.context, calls, program.matches, changed_rows)
        if test.reaches_change or test.expects_old_version
    ]
    rest = [finding for finding in result.findings if finding.code != HALF_TEST.code]
    findings = outdated_test_findings(rest, program.context, left, planned_program.places)
    return replace(result, findings=tuple(findings), remaining=())


class _PlaceRestorer:
    """Maps places of fixed files back to the texts before the fixes."""

    def __init__(self, before: Mapping[str, str], fixed: Iterable[SourceFile]) -> None:
        self._hunks = {
            source.path: hunks_of(source.text, before[source.path])
            for source in fixed
            if source.path in before and source.text != before[source.path]
        }
        self._lines = {path: LineIndex(before[path]).lines for path in self._hunks}

    def findings(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Findings with their places mapped back. The edits of a fix in a changed file are left out."""
        return tuple(map(self._finding, findings))

    def _finding(self, finding: Finding) -> Finding:
        is_moved = any(edit.span.path in self._hunks for edit in finding.fix.edits)
        fix = replace(finding.fix, edits=()) if is_moved else finding.fix
        return relocate_finding(replace(finding, fix=fix), self._place)

    def _place(self, place: Place) -> Place:
        """The place in the old text. A place in changed lines becomes the start of their first one."""
        if place.path not in self._hunks:
            return place
        shift = 0
        for hunk in self._hunks[place.path]:
            if place.end_row - 1 < hunk.start:
                break
            if place.row - 1 < hunk.end:
                row = min(hunk.new_start + 1, self._lines[place.path])
                return Place(place.path, row, 1, row, 1)
            shift = hunk.new_end - hunk.end
        return replace(place, row=place.row + shift, end_row=place.end_row + shift)
