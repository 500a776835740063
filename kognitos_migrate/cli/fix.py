"""The command `fix`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import click
from click.exceptions import Exit

from kognitos_migrate.cli.apply import (
    no_undo_option,
    open_project_journals,
    print_interrupted_runs,
    refuse_uncommitted,
    write_and_journal,
)
from kognitos_migrate.cli.command_classes import SectionedCommand
from kognitos_migrate.cli.exit_codes import after_diff, after_fix
from kognitos_migrate.cli.options import (
    STDIN,
    ScanOptions,
    Verbosity,
    color_option,
    examples_help,
    option_group,
    paths_argument,
    refuse_if,
    scan_options,
    verbosity_options,
)
from kognitos_migrate.cli.output import Output, print_problems, print_unread_configurations
from kognitos_migrate.cli.terminal import progress_bar
from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.fix_text import preview_lines, settings_outside_plan_line, text_after_fix
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.report.style import TextStyle
from kognitos_migrate.report.text import TextOptions
from kognitos_migrate.run.session import Options, Session, run_check
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.structs import Struct, replace

if TYPE_CHECKING:
    from kognitos_migrate.writing.journal import Journal


class FixMode(NamedTuple):
    """How `fix` handles the changes: write them, print a diff, or write a plan."""

    diff: bool
    plan: Path | None
    mark: bool
    interactive: bool
    allow_dirty: bool
    no_undo: bool
    output_format: str

    @classmethod
    def of(
        cls,
        *,
        diff: bool,
        plan: Path | None,
        mark: bool,
        interactive: bool,
        allow_dirty: bool,
        no_undo: bool,
        output_format: str | None,
    ) -> "FixMode":
        """The mode that the options choose. Raises UsageError if they exclude each other."""
        refuse_if(diff and plan, "--diff can't be combined with --plan")
        refuse_if(diff and output_format, "--diff can't be combined with --output-format")
        refuse_if(
            interactive and diff, "--interactive can't be combined with --diff", "it always shows the diff"
        )
        refuse_if(
            interactive and output_format == "json",
            "--interactive can't be combined with --output-format json",
        )
        return cls(diff, plan, mark, interactive, allow_dirty, no_undo, output_format or "text")

    @property
    def leaves_files(self) -> bool:
        """Whether no file of the program is changed."""
        return self.diff or self.plan is not None


mode_options = option_group(
    "way",
    FixMode.of,
    click.option("--diff", "--dry-run", "diff", is_flag=True, help="Show the changes without writing them."),
    click.option(
        "--plan",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Save the changes to FILE for `apply` instead of making them.",
    ),
    click.option(
        "--mark",
        is_flag=True,
        help="Add a TODO(kognitos-migrate) comment above each remaining finding; remove outdated ones.",
    ),
    click.option("-i", "--interactive", is_flag=True, help="Show the diff of each conversation, and ask."),
    click.option("--allow-dirty", is_flag=True, help="Change files even if they have uncommitted changes."),
    no_undo_option,
    click.option(
        "--output-format",
        type=click.Choice(["text", "full", "concise", "json"]),
        help="Format of the remaining findings; text (the default) and full are the same.",
    ),
)


class Level(NamedTuple):
    """The highest applicability of changes, whether code of the project's own rules may be written, whether
    programs are changed without their tests, and whether the user passed --adapt, which --unsafe implies."""

    applicability: Applicability
    writes_rule_code: bool
    leaves_tests: bool
    adapts: bool

    @classmethod
    def of(cls, *, adapt: bool, unsafe: bool, allow_rule_code: bool, leave_tests: bool) -> "Level":
        """The level that the options choose."""
        adapted = Applicability.ADAPT if adapt else Applicability.SAFE
        return cls(Applicability.UNSAFE if unsafe else adapted, allow_rule_code, leave_tests, adapt)


level_options = option_group(
    "level",
    Level.of,
    click.option(
        "--adapt", is_flag=True, help="Convert responses back to v1 shape where they can't be followed."
    ),
    click.option("--unsafe", is_flag=True, help="Also make changes that need your review."),
    click.option(
        "--leave-tests",
        is_flag=True,
        help="Also fix code that only its tests block, and list the tests to update.",
    ),
    click.option(
        "--allow-rule-code",
        is_flag=True,
        help="Insert functions from the project's client files (rules:) into the code, after printing them.",
    ),
)


@click.command(
    cls=SectionedCommand,
    epilog=examples_help(
        ("fix --diff", "preview the changes"),
        ("fix", "apply them"),
        (
            "fix --interactive --adapt src",
            "review each conversation; adapt responses if necessary",
        ),
        ("fix --mark", "apply them, and mark remaining work with TODO comments"),
        ("fix --leave-tests --mark", "migrate the program, and mark the tests to change"),
        ("fix --plan plan.json", "save them, to review and apply later"),
    ),
)
@paths_argument
@mode_options
@level_options
@scan_options
@color_option
@verbosity_options("Print only remaining findings and the deploy checklist.")
def fix(
    paths: tuple[str, ...], way: FixMode, level: Level, scope: ScanOptions, color: str, verbosity: Verbosity
) -> None:
    """Rewrite v1 calls in PATHS (default: current directory) to v2 where that is safe.

    Exits with 0 if no v1 call is left, 1 if some are (with --diff: or files would change), 2 on an error.
    """
    refuse_if(STDIN in paths, "fix can't read from stdin", "pass files or folders")
    refuse_if(
        way.mark and any(scope.codes),
        "--mark can't be combined with a selection of codes",
        "it marks every remaining finding",
    )
    refuse_if(
        way.interactive and level.leaves_tests,
        "--interactive can't be combined with --leave-tests",
        "use `fix --leave-tests --plan FILE` to review the changes, then `apply FILE`",
    )
    options = replace(
        scope.options(),
        level=level.applicability,
        writes_rule_code=level.writes_rule_code,
        leaves_tests=level.leaves_tests,
        only_python=way.plan is not None,
    )
    output = Output.of(color)
    if way.leaves_files:
        print_interrupted_runs(paths)
        _fix(paths, options, way, output, verbosity, None)
    with open_project_journals(paths, _command(way, level), keeps_runs=not way.no_undo) as journal:
        _fix(paths, options, way, output, verbosity, journal)


def _command(mode: FixMode, level: Level) -> str:
    """The command with the options that determine the changes, for the journal."""
    options = {
        "--mark": mode.mark,
        "--adapt": level.adapts,
        "--unsafe": level.applicability is Applicability.UNSAFE,
        "--leave-tests": level.leaves_tests,
    }
    return " ".join(("fix", *(name for name, is_set in options.items() if is_set)))


def _fix(
    paths: tuple[str, ...],
    options: Options,
    mode: FixMode,
    output: Output,
    verbosity: Verbosity,
    journal: "Journal | None",
) -> NoReturn:
    run = _run(paths or (".",), options, mode, output, verbosity)
    session = _with_markers(run.session, mark=mode.mark)
    _print_rule_code(session)
    verbosity.print_verbose(f"configuration: {session.settings.source or 'none'}")
    print_problems(session.result, verbose=verbosity.verbose)
    if not verbosity.quiet:
        print_unread_configurations(session.settings)
    if mode.diff:
        _print_diff(session, output, verbosity)
    if mode.plan is not None:
        _plan(session, mode.plan, verbosity)
    if journal is None:
        raise Exit(after_diff(session.result))
    if not mode.allow_dirty:
        refuse_uncommitted(session.result.changes, run.edited)
    session = _write_changes(session, paths, journal)
    output.write(_report(session, mode.output_format, output, quiet=verbosity.quiet))
    raise Exit(after_fix(session.result))


class _Run(Struct, frozen=True):
    """A run, and the files that the user has edited during it."""

    session: Session
    edited: frozenset[str] = frozenset()


def _run(
    paths: tuple[str, ...], options: Options, mode: FixMode, output: Output, verbosity: Verbosity
) -> _Run:
    """Analyse the paths, with all changes or those that the user accepts."""
    if mode.interactive:
        from kognitos_migrate.cli.interactive import choose_changes, require_terminal

        require_terminal()
        may_be_dirty = mode.allow_dirty or mode.leaves_files
        return _Run(*choose_changes(paths, options, output, allow_dirty=may_be_dirty, quiet=verbosity.quiet))
    with progress_bar(quiet=verbosity.quiet) as progress:
        return _Run(run_check(paths, options, progress))


def _print_rule_code(session: Session) -> None:
    """Print code of the project's own rules that will be written to stderr."""
    for code in session.settings.rule_code if session.settings.writes_rule_code else ():
        heads = [line for line in code.split("\n") if line.startswith(("def ", "async def "))]
        for change in session.result.changes:
            fresh = [head for head in heads if head not in (change.before or "")]
            if any(head.partition("(")[0] in change.after for head in fresh):
                click.echo(f"code from the project's rules, inserted into {plain(change.path)}:", err=True)
                click.echo("\n".join(f"    {plain(line)}" for line in code.split("\n")), err=True)


def _with_markers(session: Session, *, mark: bool) -> Session:
    """The run with TODO comments for remaining findings, or without those of migrated code."""
    if not session.sources:
        return session
    from kognitos_migrate.run.fix_options import with_todo_comments, without_done_todos

    return with_todo_comments(session) if mark else without_done_todos(session)


def _print_diff(session: Session, output: Output, verbosity: Verbosity) -> None:
    """Print the diff to stdout (unchanged bytes, unless it is colored), and a summary to stderr."""
    from kognitos_migrate.report.diff import diff_bytes, diff_text
    from kognitos_migrate.source.file import new_source

    changes = session.result.changes
    if output.paint.color or sys.stdout.isatty():
        from kognitos_migrate.report.redact import redact_session

        redacted = redact_session(session)
        output.write(diff_text(redacted.result.changes, output.paint, redacted.sources))
    else:
        stdout = sys.stdout.buffer
        for change in changes:
            stdout.write(
                diff_bytes(change, session.sources.get(change.path) or new_source(change.path, change.after))
            )
        stdout.flush()
    shown = _redacted_outcome(session)
    if not verbosity.quiet:
        for line in preview_lines(session.result, DisplayLocations(session.sources)):
            click.echo(line, err=True)
        _print_programs(shown)
    _print_deployment(shown)


def _redacted_outcome(session: Session) -> Session:
    """A run with the secrets of its sources masked, without the texts of its changes."""
    from kognitos_migrate.report.redact import redact_session

    return redact_session(session, shows_changes=False)


def _print_programs(session: Session) -> None:
    """Print the progress of each program to stderr, if stdout has only the diff or the plan."""
    from kognitos_migrate.report.programs import PREVIEW, program_lines
    from kognitos_migrate.report.summary import outdated_tests_line

    result, locations = session.result, DisplayLocations(session.sources)
    for line in program_lines(result.findings, result.remaining, locations, PREVIEW):
        click.echo(line, err=True)
    for line in outdated_tests_line(result.remaining):
        click.echo(line, err=True)


def _print_deployment(session: Session) -> None:
    """Print the settings to change before deployment to stderr, if stdout has only the diff or the plan."""
    for line in _deployment(session):
        click.echo(line, err=True)


def _deployment(session: Session) -> Iterator[str]:
    """The lines on the settings to change before deployment."""
    from kognitos_migrate.report.deployment import deployment_lines

    return deployment_lines(session.result.deployment, DisplayLocations(session.sources))


def _plan(session: Session, file: Path, verbosity: Verbosity) -> None:
    """Write the changes to a plan file."""
    from kognitos_migrate.writing.change_application import programs_of
    from kognitos_migrate.writing.plan_file import plan_text

    changes, shown = session.result.changes, _redacted_outcome(session)
    programs = programs_of(session.result.findings, [change.path for change in changes])
    Output(TextStyle(color=False), file).write(
        plan_text(changes, session.sources, programs, list(_deployment(shown)))
    )
    if not verbosity.quiet:
        command = f"kognitos-migrate apply {plain(str(file))}"
        saved = f"Saved the changes of {pluralize(len(changes), 'file')}; to make them, run `{command}`."
        lines = [saved] if changes else preview_lines(session.result, DisplayLocations(session.sources))
        for line in (*lines, *settings_outside_plan_line(session.result)):
            click.echo(line, err=True)
        _print_programs(shown)
    _print_deployment(shown)


def _write_changes(session: Session, paths: tuple[str, ...], journal: "Journal") -> Session:
    """Write the changes to disk. If that fails, the result has the problems and no changes."""
    from kognitos_migrate.run.relocation import relocate_remaining, with_unwritten_changes
    from kognitos_migrate.writing.change_application import programs_of

    changes = session.result.changes
    programs = programs_of(session.result.findings, [change.path for change in changes])
    problems = write_and_journal(changes, session.sources.values(), journal, programs, paths)
    if not problems:
        return relocate_remaining(session)
    failed = Result(problems=tuple(problems))
    print_problems(failed)
    return with_unwritten_changes(session, failed)


def _report(session: Session, output_format: str, output: Output, *, quiet: bool) -> str:
    """The report of a fix that has been written. If it fails, the changed files are printed to stderr."""
    try:
        return _format_session(session, output_format, output, quiet=quiet)
    except Exception:
        for change in session.result.changes:
            click.echo(f"changed {plain(change.path)}", err=True)
        raise


def _format_session(session: Session, output_format: str, output: Output, *, quiet: bool) -> str:
    session = _redacted_outcome(session)
    if output_format == "json":
        from kognitos_migrate.report.json_report import fix_report

        return fix_report(session.result, session.sources, session.settings.root)
    options = TextOptions(output.paint, locations=DisplayLocations(session.sources))
    return text_after_fix(
        session.result, session.sources, options, in_brief=output_format == "concise", quiet=quiet
    )
