"""From the paths that a user gave to all that was found there."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.screen import anchors
from kognitos_migrate.discover.walk import Discovery, discover, is_excluded
from kognitos_migrate.findings.finding import Applicability, Problem, Result
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.around import project_paths
from kognitos_migrate.run.collector import resting_collector
from kognitos_migrate.run.configuration import Configuration, configure
from kognitos_migrate.run.problems import problem_of
from kognitos_migrate.run.progress import Progress, Silent
from kognitos_migrate.run.reading import Reading, read_files, read_given, read_within
from kognitos_migrate.run.selection import narrow, shown
from kognitos_migrate.source.file import SourceFile, shown_path


@dataclass(frozen=True, slots=True)
class Stdin:
    """A file whose content comes from the standard input."""

    filename: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says about a run."""

    config: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    force_exclude: bool = False
    level: Applicability = Applicability.SAFE
    stdin: Stdin | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A run that is over: what it found, and what it went by."""

    result: Result
    sources: Mapping[str, SourceFile]
    """By path: the files that were analysed."""
    rulebook: Rulebook
    settings: Settings
    passed_over: tuple[str, ...] = ()
    """Folders that were not walked into."""
    looked_at: tuple[str, ...] = ()
    """All files that could be read, whether or not they were analysed."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a run looks at: the configuration, the sources, and the files of which is reported."""

    configured: Configuration
    reading: Reading
    given: tuple[str, ...]
    passed_over: tuple[str, ...] = ()


class Analyse(Protocol):
    """The engine."""

    def __call__(
        self,
        sources: Sequence[SourceFile],
        rulebook: Rulebook,
        settings: Settings,
        level: Applicability,
        given: Collection[str] | None = None,
    ) -> Result:
        """All that `sources` hold of the old version, and what fixing up to `level` makes of them.

        Only those that are `given` are reported and changed.
        """


def run_check(paths: Sequence[str], options: Options, progress: Progress | None = None) -> Session:
    """Look at the files that `paths` name or hold, or at the standard input.

    A file that can't be read is a problem of the result; the others are still looked at. Raises UserError
    for what keeps the whole run from being done.
    """
    progress = progress or Silent()
    gathered = gather(paths, options, progress)
    session = _session(gathered, options.level, progress)
    unread = {problem.path for problem in gathered.reading.problems}
    looked_at = tuple(file for file in gathered.given if file not in unread)
    return replace(session, passed_over=gathered.passed_over, looked_at=looked_at)


def gather(paths: Sequence[str], options: Options, progress: Progress) -> Gathered:
    """What a run looks at. Raises UserError for what keeps the whole run from being done."""
    starts = [options.stdin.filename] if options.stdin else list(paths)
    configured = configure(starts, options.config)
    settings = narrow(configured, options.select, options.ignore)
    configured = replace(configured, settings=settings)
    wanted = anchors(configured.rulebook, settings)
    around = project_paths(starts, settings)
    discovery = _discovery(paths, settings, options)
    given = discovery.files
    if around and not options.stdin and all(map(os.path.isdir, starts)):
        reading = read_within(given, lambda: discover([*given, *around], settings).files, wanted, progress)
    elif around or options.stdin:
        contents = {shown_path(options.stdin.filename): options.stdin.data} if options.stdin else {}
        reading = read_given(
            given, contents, lambda: discover([*given, *around], settings).files, wanted, progress
        )
    else:
        reading = read_files(given, wanted, progress)
    reading = replace(reading, problems=(*discovery.problems, *reading.problems))
    return Gathered(configured, reading, tuple(given), discovery.passed_over)


def load_engine() -> Analyse:
    """The engine, which is heavy: it is loaded when a file matters."""
    from kognitos_migrate.run.pipeline import analyse

    return analyse


def _discovery(paths: Sequence[str], settings: Settings, options: Options) -> Discovery:
    """What `paths` name or hold; of the standard input, its file name, even if there is no such file."""
    if options.stdin is None:
        return discover(paths, settings, options.force_exclude)
    excluded = options.force_exclude and is_excluded(options.stdin.filename, settings)
    return Discovery(() if excluded else (shown_path(options.stdin.filename),))


def _session(gathered: Gathered, level: Applicability, progress: Progress) -> Session:
    rulebook, settings = gathered.configured.rulebook, gathered.configured.settings
    reading = gathered.reading
    result = Result()
    if reading.sources:
        progress.phase(f"analysing {len(reading.sources)} files")
        with resting_collector():
            result = load_engine()(reading.sources, rulebook, settings, level, frozenset(gathered.given))
    return session_of(gathered, result)


def session_of(gathered: Gathered, result: Result) -> Session:
    """What a run shows of all that was found in its sources."""
    rulebook, settings = gathered.configured.rulebook, gathered.configured.settings
    reading, within = gathered.reading, frozenset(gathered.given)
    if reading.sources:
        from kognitos_migrate.run.silenced import silenced

        texts = {source.path: source.text for source in reading.sources if source.path in within}
        result = silenced(result, texts, rulebook, settings)
    problems = {*result.problems, *map(problem_of, reading.problems)}
    result = replace(shown(result, settings), problems=_in_order(problems), files=len(gathered.given))
    return Session(result, {source.path: source for source in reading.sources}, rulebook, settings)


def _in_order(problems: set[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: (problem.path, problem.line or 0, problem.message)))
