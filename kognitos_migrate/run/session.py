"""A session: from the paths that a user gave to the result of the run."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from kognitos_migrate.cache import NO_STORE, Store
from kognitos_migrate.config.settings import BASELINE, Settings
from kognitos_migrate.discover.prefilter import FileSelection
from kognitos_migrate.errors import UserError
from kognitos_migrate.findings.manual_findings import (
    internal_problem,
    oversized_file_problem,
    problem_of,
    sort_problems,
    unaddressed_files,
    unparsable_file,
)
from kognitos_migrate.findings.result import (
    Applicability,
    Place,
    Result,
    SkippedFiles,
)
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.configuration import Configuration, configure
from kognitos_migrate.run.data_contents import data_of_program, paths_within
from kognitos_migrate.run.finding_filter import OFF_WHERE_TEXTS_ARE_SEARCHED, narrow_settings, select_findings
from kognitos_migrate.run.garbage_collection import paused_collector
from kognitos_migrate.run.progress import Progress, Silent
from kognitos_migrate.run.project import project_paths
from kognitos_migrate.run.result_cache import ResultCache
from kognitos_migrate.run.scan import EVERY_FILE, FileChoice, ScanRequest, ScanResult, Stdin, scan
from kognitos_migrate.run.source_loading import LoadedSources
from kognitos_migrate.run.visible_settings import with_project_settings
from kognitos_migrate.run.worker_processes import core_count, run_in_background
from kognitos_migrate.source.content import shown_path
from kognitos_migrate.source.file import SourceFile, is_generated
from kognitos_migrate.structs import Struct, replace

if TYPE_CHECKING:
    from kognitos_migrate.run.engine_protocol import Engine
    from kognitos_migrate.run.fix_without_tests import AnalysisInputs
    from kognitos_migrate.run.table_keys_outside_code import LookedUpKeys
    from kognitos_migrate.run.text_mentions import Mentions

WORTH_A_PROCESS = 500_000
"""Characters that take longer to search than a process takes to start."""


class Options(Struct, frozen=True):
    """The command-line options of a run."""

    config: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    files: FileChoice = EVERY_FILE
    level: Applicability | None = None
    """The highest applicability that is fixed. None: report only."""
    chosen: frozenset[Place] = frozenset()
    """The places of the findings whose conversations are fixed, and no others. Empty: all are."""
    stdin: Stdin | None = None
    store: Store = NO_STORE
    all_files: bool = False
    """Whether directories are searched for other files than Python. Files named in the command always are."""
    writes_rule_code: bool = False
    """Whether code of the project's client files may be written into the program."""
    leaves_tests: bool = False
    """Whether a program is fixed that only its tests hold back."""
    output_files: tuple[str, ...] = ()
    """The files that the run writes. Their present text isn't searched."""
    only_python: bool = False
    """Whether settings files stay as they are. A saved plan changes Python only."""

    def scan_request(self, paths: Sequence[str]) -> ScanRequest:
        """The scan request for `paths` with these options."""
        config = str(self.config) if self.config is not None else None
        return ScanRequest(paths, config, self.files, self.stdin, self.store)


class Session(Struct, frozen=True):
    """The result of a finished run, and the inputs that it was computed from."""

    result: Result
    sources: Mapping[str, SourceFile]
    """The analysed files by path. A settings file whose lines are changed or reported is its text here."""
    rulebook: Rulebook
    settings: Settings
    skipped_folders: tuple[str, ...] = ()
    """Directories that were not walked into."""
    readable_files: tuple[str, ...] = ()
    """All files that could be read, analysed or not."""
    data_modules: Mapping[str, SourceFile] = {}
    """The modules that were analysed for settings files which `sources` has as texts."""


class RunInputs(Struct, frozen=True):
    """The configuration, the files in scope and the files read for context."""

    configured: Configuration
    scope: FileSelection
    reading: LoadedSources
    target_paths: tuple[str, ...]
    skipped_folders: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()
    """Files and directories that are searched as text for mentions outside Python."""
    paths: tuple[str, ...] = ()
    """The paths that the user named."""
    unsearched: tuple[str, ...] = ()
    """The files other than Python that may name the old version, and that the run doesn't search."""


def run_check(
    paths: Sequence[str],
    options: Options,
    progress: Progress | None = None,
    scan_result: ScanResult | None = None,
) -> Session:
    """Analyse the files that `paths` name or contain, or the standard input.

    `scan_result` is the result of a scan that was already made. An unreadable file becomes a problem of the
    result, and the run goes on. Raises UserError if the configuration or a path is invalid.
    """
    progress = progress or Silent()
    inputs = collect_inputs(paths, options, progress, scan_result)
    session = with_other_files(_analyse(inputs, options, progress), inputs, options, progress)
    return with_unsearched_texts(with_settings_files(session, inputs, options), inputs, options)


def collect_inputs(
    paths: Sequence[str], options: Options, progress: Progress, scan_result: ScanResult | None = None
) -> RunInputs:
    """The inputs of a run. Raises UserError if the configuration or a path is invalid."""
    request = options.scan_request(paths)
    configured = configure(request.configured_from, options.config, options.store, options.files.overrides)
    settings = narrow_settings(configured, options.select, options.ignore, options.extend_select)
    settings = replace(settings, writes_rule_code=options.writes_rule_code)
    scan_result = scan_result or scan(request, progress)
    searched = tuple(paths) if options.all_files else scan_result.texts
    if searched:
        settings = replace(settings, off=OFF_WHERE_TEXTS_ARE_SEARCHED)
    reading = scan_result.reading
    target_paths = scan_result.files
    if reading.sources:
        settings = with_project_settings(settings, reading, scan_result.scope, configured.rulebook)
        if options.config is not None or options.files.isolated:
            settings = replace(settings, nested=())  # the user chose what isn't read
        inputs = (reading.sources, {file: file for file in reading.settings}, scan_result.scope.anchors)
        data = data_of_program(*inputs, configured.rulebook, settings, may_change=not options.only_python)
        of_tests = {source.path for source in data if source.data and not source.data.is_settings}
        beside = tuple(pair for pair in reading.adjacent_settings if pair.settings.path not in of_tests)
        reading = reading._replace(sources=(*reading.sources, *data), adjacent_settings=beside)
        if not options.only_python:
            target_paths = (*target_paths, *paths_within(sorted(source.path for source in data), paths))
    configured = replace(configured, settings=settings)
    return RunInputs(
        configured,
        scan_result.scope,
        reading,
        target_paths,
        scan_result.skipped_folders,
        searched,
        tuple(paths),
        scan_result.unsearched,
    )


def load_engine() -> "Engine":
    """Import the engine, which is slow, so only if a file matters."""
    from kognitos_migrate.run.engine import analyse

    return analyse


def _analyse(inputs: RunInputs, options: Options, progress: Progress) -> Session:
    rulebook, settings = inputs.configured.rulebook, inputs.configured.settings
    sources, target_paths = inputs.reading.sources, frozenset(inputs.target_paths)
    if not sources:
        return session_of(inputs, Result())
    adjacent, chosen = inputs.reading.adjacent_settings, options.chosen
    others = (*adjacent, options.leaves_tests, sorted(chosen))
    result_cache = ResultCache(options.store, sources, settings, options.level, target_paths, others)
    result = result_cache.read()
    if result is None:
        progress.phase(f"analyzing {len(sources)} files")
        with paused_collector(), _searching(inputs) as mentions:
            result = load_engine()(
                sources, rulebook, settings, options.level, target_paths, core_count(), options.store, chosen
            )
            result = result if chosen else _mark_test_obstacles(inputs, options, result)
            result = with_adjacent_settings(inputs, result)
            result = _with_comments(inputs, result, mentions)
        if not result.problems:
            result_cache.write(result)
    return _make_session(inputs, result)


def _mark_test_obstacles(inputs: RunInputs, options: Options, result: Result) -> Result:
    """The result with the programs that only tests hold back marked, or fixed if `options` says so."""
    if all(finding.fix.applicability is Applicability.SAFE for finding in result.remaining):
        return result
    from kognitos_migrate.run.fix_without_tests import fix_without_tests, mark_fixable_without_tests

    treat_tests = fix_without_tests if options.leaves_tests else mark_fixable_without_tests
    return treat_tests(result, analysis_inputs(inputs, options.level))


def analysis_inputs(inputs: RunInputs, level: Applicability | None) -> "AnalysisInputs":
    """The parameters of the analysis of a run that fixes up to `level`."""
    from kognitos_migrate.run.fix_without_tests import AnalysisInputs

    return AnalysisInputs(
        inputs.reading.sources,
        inputs.configured.rulebook,
        inputs.configured.settings,
        level,
        frozenset(inputs.target_paths),
        core_count(),
    )


def with_adjacent_settings(inputs: RunInputs, result: Result) -> Result:
    """The result with the modules that may read an API's address from an adjacent settings file."""
    if not inputs.reading.adjacent_settings:
        return result
    from kognitos_migrate.run.vocabulary_check import with_settings_findings

    rulebook, settings = inputs.configured.rulebook, inputs.configured.settings
    target_paths = frozenset(inputs.target_paths)
    return with_settings_findings(
        result, inputs.reading.sources, rulebook, settings, target_paths, inputs.reading.adjacent_settings
    )


def session_of(inputs: RunInputs, result: Result) -> Session:
    """The session of a result: with mentions in comments, suppressions applied, and findings selected."""
    return _make_session(inputs, _with_comments(inputs, result, partial(_mentions, inputs)))


def _searching(inputs: RunInputs) -> AbstractContextManager[Callable[[], "Mentions"]]:
    """The search of comments and strings, in a background process if the texts are large."""
    work = partial(_mentions, inputs)
    size = sum(len(source.text) for source in inputs.reading.sources)
    return run_in_background(work) if size >= WORTH_A_PROCESS else nullcontext(work)


def _mentions(inputs: RunInputs) -> "Mentions":
    """The mentions of the old version in the comments and strings of the files that are reported."""
    from kognitos_migrate.run.text_mentions import mentions_in

    return mentions_in(_texts(inputs), inputs.configured.rulebook, inputs.configured.settings)


def _texts(inputs: RunInputs) -> Mapping[str, str]:
    within = frozenset(inputs.target_paths)
    return {source.path: source.text for source in inputs.reading.sources if source.path in within}


def _with_comments(inputs: RunInputs, result: Result, mentions: Callable[[], "Mentions"]) -> Result:
    """The result with mentions in comments and strings, and without the findings that comments suppress."""
    if not inputs.reading.sources:
        return result
    from kognitos_migrate.findings.suppressions import suppress_findings
    from kognitos_migrate.run.text_mentions import with_comments

    rulebook, settings = inputs.configured.rulebook, inputs.configured.settings
    texts = _texts(inputs)
    try:
        return suppress_findings(
            with_comments(result, texts, mentions(), rulebook, settings), texts, rulebook, settings
        )
    except UserError:
        raise
    except Exception as error:  # the plans are still valid: they don't depend on comments
        return replace(result, problems=(*result.problems, internal_problem("", error)))


def _make_session(inputs: RunInputs, result: Result) -> Session:
    rulebook, settings = inputs.configured.rulebook, inputs.configured.settings
    reading = inputs.reading
    problems = {*result.problems, *map(problem_of, reading.problems)}
    sources = {source.path: source for source in reading.sources}
    unreadable = {problem.path for problem in reading.problems}
    looked_at = tuple(file for file in inputs.target_paths if file not in unreadable)
    result = replace(
        select_findings(result, settings),
        problems=sort_problems(problems),
        blind_spots=(
            *result.blind_spots,
            *map(oversized_file_problem, reading.too_large),
            *map(unparsable_file, reading.unparsable),
            *unaddressed_files(reading.unaddressed, set(sources)),
        ),
        files=len(looked_at),
        skipped=_skipped_files(inputs),
    )
    return Session(result, sources, rulebook, settings, inputs.skipped_folders, looked_at)


def _skipped_files(inputs: RunInputs) -> SkippedFiles:
    reading, target_paths = inputs.reading, frozenset(inputs.target_paths)
    generated = sum(source.path in target_paths and is_generated(source.text) for source in reading.sources)
    return SkippedFiles(len(reading.binary), len(reading.too_large), generated)


def with_other_files(session: Session, inputs: RunInputs, options: Options, progress: Progress) -> Session:
    """The session with mentions of the old version in other files than Python, if the run searches these."""
    if not inputs.searched:
        return session
    from kognitos_migrate.discover.other_files import other_files, read_texts
    from kognitos_migrate.run.text_mentions import join_text_results, text_results, with_notes_on_readers

    rulebook, settings = session.rulebook, session.settings
    own = (str(settings.root / BASELINE), *options.output_files)
    but = {*inputs.target_paths, *map(shown_path, own)}
    files = other_files(
        inputs.searched, inputs.scope, settings, force_exclude=options.files.force_exclude, but=but
    )
    progress.phase(f"searching {len(files)} other files")
    texts = read_texts(files, inputs.scope.anchors)
    looked_up = _looked_up_keys(session, inputs, options)
    text_result = select_findings(text_results(texts, rulebook, settings, looked_up), settings)
    if not session.sources:
        text_result = with_notes_on_readers(text_result, rulebook)
    problems = {*session.result.problems, *map(problem_of, texts.problems)}
    result = replace(join_text_results(session.result, text_result), problems=sort_problems(problems))
    sources = {**session.sources, **{source.path: source for source in texts.sources}}
    unread = {problem.path for problem in texts.problems}
    looked_at = (*session.readable_files, *(file for file in texts.files if file not in unread))
    return replace(session, result=result, sources=sources, readable_files=looked_at)


def _looked_up_keys(session: Session, inputs: RunInputs, options: Options) -> Callable[[], "LookedUpKeys"]:
    """The keys that the code looks up in tables, in the whole project around named files. Computed once."""
    from kognitos_migrate.run.table_keys_outside_code import LookedUpKeys

    @cache
    def looked_up() -> LookedUpKeys:
        folders = project_paths(inputs.paths, inputs.scope) if options.stdin is None else ()
        whole = Options(config=options.config, files=options.files, store=options.store)
        runs = (session, *((run_check(folders, whole),) if folders else ()))
        modules = (source.text for run in runs for source in run.sources.values())
        steps = (step for run in runs for step in run.result.deployment)
        return LookedUpKeys.of(modules, steps, session.rulebook)

    return looked_up


def with_unsearched_texts(session: Session, inputs: RunInputs, options: Options) -> Session:
    """The session with a blind spot for each file that isn't Python and names the old version.

    Files that a finding or a change covers are left out, and in a fix those of deployment steps.
    """
    if not inputs.unsearched:
        return session
    from kognitos_migrate.discover.other_files import without_own_files
    from kognitos_migrate.run.text_mentions import blind_spots_in_texts, covered_files

    settings, result, anchors = session.settings, session.result, inputs.scope.anchors
    steps = result.deployment if options.level is not None else ()
    listed = (*covered_files(result), *(step.place.path for step in steps))
    but = {*listed, str(settings.root / BASELINE), *options.output_files}
    spots = blind_spots_in_texts(
        without_own_files(inputs.unsearched, inputs.scope, settings, but),
        anchors,
        session.rulebook,
        settings,
        (source.text for source in inputs.reading.sources),
        _looked_up_keys(session, inputs, options),
    )
    return replace(session, result=replace(result, blind_spots=(*result.blind_spots, *spots)))


def with_settings_files(session: Session, inputs: RunInputs, options: Options) -> Session:
    """The session with findings in settings files, their changes, and deployment steps."""
    from kognitos_migrate.discover.context_files import ContextFiles
    from kognitos_migrate.run.deployment_steps import Surroundings, steps_of_files
    from kognitos_migrate.run.settings_fixes import fit_fixes_to_settings

    result = session.result
    may_change, files = not options.only_python, ContextFiles(inputs.scope)
    surroundings = Surroundings(inputs.paths, inputs.scope, inputs.target_paths, files, may_change=may_change)
    steps_of = partial(steps_of_files, sources=session.sources, rulebook=session.rulebook)
    steps_of = partial(steps_of, settings=session.settings, surroundings=surroundings)
    result, settings_steps = fit_fixes_to_settings(result, options.level, steps_of)
    settings = select_findings(
        Result(findings=settings_steps.findings, remaining=settings_steps.findings), session.settings
    )
    result = replace(
        result,
        findings=(*result.findings, *settings.findings),
        remaining=(*result.remaining, *settings.remaining),
        deployment=(*settings_steps.note_changed_lines(result.deployment), *settings_steps.steps),
    )
    texts = settings_steps.sources
    modules = {path: source for path, source in session.sources.items() if path in texts and source.data}
    return replace(session, result=result, sources={**session.sources, **texts}, data_modules=modules)
