"""`fix --interactive`: asks about each conversation with its diff, and writes after the last answer."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

import click

from kognitos_migrate.cli.apply import refuse_uncommitted
from kognitos_migrate.cli.options import refuse_if
from kognitos_migrate.cli.output import Output
from kognitos_migrate.cli.terminal import progress_bar
from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.fingerprint import fingerprints
from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.findings.secrets import Secrets
from kognitos_migrate.report.diff import diff_text
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.report.redact import credential_texts, query_parameters, redact
from kognitos_migrate.report.text import TextOptions, concise
from kognitos_migrate.run.engine import PlannedComponent, plan_components
from kognitos_migrate.run.fix_options import FixProposal, proposals, without_proposals
from kognitos_migrate.run.garbage_collection import paused_collector
from kognitos_migrate.run.pipeline import apply_fixes
from kognitos_migrate.run.program_result import PlannedProgram
from kognitos_migrate.run.result_join import join_results
from kognitos_migrate.run.session import (
    Options,
    RunInputs,
    Session,
    collect_inputs,
    session_of,
    with_other_files,
    with_settings_files,
)
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.writing.change_application import programs_of

_KEYS = "y,n,p,s,a,e,q,?"
_ANSWERS = ("y", "n", "p", "s", "a", "q")
_TAKING = ("y", "p", "a")
_OF_PROGRAM = ("p", "s")
_OF_REST = ("p", "s", "a", "q")
"""Answers for more than one question."""
_HELP = """\
y - yes, make this change
n - no, skip it
p - yes to this and the rest of its program
s - skip this and the rest of its program
a - yes to this and all that follow
e - open it in your editor ({editor}), then analyze the code again
q - quit; make the changes that you accepted so far
? - show this help
Files are written after your last answer. Ctrl-C quits without writing anything."""
_BY_LINE = ("vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "ne")
"""Editors that accept `+LINE` in front of a file name."""


def require_terminal() -> None:
    """Raise UsageError unless stdin and stdout are a terminal."""
    refuse_if(
        not (sys.stdin.isatty() and sys.stdout.isatty()),
        "--interactive needs a terminal",
        "use `fix --plan FILE` to save the changes for review, then `apply FILE`",
    )


def choose_changes(
    paths: Sequence[str], options: Options, output: Output, *, allow_dirty: bool, quiet: bool
) -> tuple[Session, frozenset[str]]:
    """A run with only the changes that the user accepts, and the files that the user has edited meanwhile.

    Raises UsageError for files with uncommitted changes, before the first question.
    """
    dialog, level = _Dialog(output), options.level or Applicability.SAFE
    while True:
        with progress_bar(quiet=quiet) as progress, paused_collector():
            inputs = collect_inputs(paths, options, progress)
            if not inputs.reading.sources:
                return with_other_files(session_of(inputs, Result()), inputs, options, progress), frozenset()
            progress.phase(f"analyzing {len(inputs.reading.sources)} files")
            dialog.sources = {source.path: source for source in inputs.reading.sources}
            components = _plan_all(inputs)
            programs = [
                component.planned_program for component in components if component.planned_program is not None
            ]
            failed_results = [
                component.outcome.result for component in components if component.planned_program is None
            ]
            dialog.parameters = query_parameters(inputs.configured.rulebook)
            dialog.credentials = [
                span for planned_program in programs for span in planned_program.credentials
            ]
            offers = _proposals_of(inputs, programs, level)
        if not allow_dirty:
            refuse_uncommitted([change for proposal in offers for change in proposal.changes], dialog.edited)
        if dialog.ask(offers):
            declined = [proposal for proposal in offers if proposal.key not in dialog.accepted]
            with paused_collector():
                result = join_results(
                    [
                        *(
                            apply_fixes(without_proposals(planned_program, declined), level).result
                            for planned_program in programs
                        ),
                        *failed_results,
                    ]
                )
            session = with_other_files(session_of(inputs, result), inputs, options, progress)
            session = with_settings_files(session, inputs, options)
            return session, frozenset(dialog.edited)


def _plan_all(inputs: RunInputs) -> list[PlannedComponent]:
    configured = inputs.configured
    reported = frozenset(inputs.target_paths)
    return plan_components(inputs.reading.sources, configured.rulebook, configured.settings, reported)


def _proposals_of(
    inputs: RunInputs, programs: Sequence[PlannedProgram], level: Applicability
) -> Sequence[FixProposal]:
    results = [apply_fixes(planned_program, level).result for planned_program in programs]
    sources = {source.path: source for source in inputs.reading.sources}
    findings = [finding for result in results for finding in result.findings]
    prints = fingerprints(findings, sources, inputs.configured.settings.root)
    offers = [
        proposal
        for planned_program, result in zip(programs, results, strict=True)
        for proposal in proposals(planned_program, result, level, prints)
    ]
    return sorted(offers, key=lambda proposal: proposal.findings[0].place)


class _Dialog(Struct):
    """The questions, and the answers so far by the proposals' keys."""

    output: Output
    sources: Mapping[str, SourceFile] = field(default_factory=dict)
    credentials: Sequence[Span] = ()
    parameters: frozenset[str] = frozenset()
    accepted: set[frozenset[str]] = field(default_factory=set)
    declined: set[frozenset[str]] = field(default_factory=set)
    edited: set[str] = field(default_factory=set)

    @property
    def secrets(self) -> Secrets:
        """The secrets in the sources, including the credentials that they send."""
        texts = ((source.path, source.text) for source in self.sources.values())
        sent = credential_texts(self.sources, self.credentials)
        return Secrets.of(texts, sent=sent, parameters=self.parameters)

    def ask(self, offers: Sequence[FixProposal]) -> bool:
        """Ask about each proposal without an answer.

        Returns False if the user has edited the code, which must then be analysed again.
        """
        if not offers:
            click.echo("No changes to make.")
        findings = (finding for proposal in offers for finding in proposal.findings)
        paths = dict.fromkeys(change.path for proposal in offers for change in proposal.changes)
        programs = programs_of(findings, list(paths))
        offers = sorted(offers, key=lambda offer: (programs[offer.changes[0].path], offer.findings[0].place))
        for number, proposal in enumerate(offers, 1):
            if proposal.key in self.accepted | self.declined:
                continue
            redacted = redact(proposal, self.secrets)
            self.output.write("\n".join(self._description(redacted, f"{number}/{len(offers)}")))
            answer = self._answer(proposal)
            if answer == "e":
                return False
            program = programs[proposal.changes[0].path] if answer in _OF_PROGRAM else None
            following = offers[number - 1 :] if answer in _OF_REST else [proposal]
            rest = {offer.key for offer in following if program in (None, programs[offer.changes[0].path])}
            (self.accepted if answer in _TAKING else self.declined).update(
                rest - self.accepted - self.declined
            )
        return True

    def _description(self, proposal: FixProposal, number: str) -> Iterator[str]:
        paint, locations = self.output.paint, DisplayLocations(self.sources)
        files = ", ".join(plain(change.path) for change in proposal.changes)
        uses = pluralize(len(proposal.findings), "v1 call")
        yield paint.strong(f"({number}) {uses} in {files}:")
        yield concise(proposal.findings, TextOptions(paint, locations=locations))
        for note in dict.fromkeys(note for finding in proposal.findings for note in finding.notes):
            yield f"{paint.label('note')}: {plain(note)}"
        yield diff_text(proposal.changes, paint, self.sources)

    def _answer(self, proposal: FixProposal) -> str:
        """The answer: one of `ynpsaq`, or `e` after the editor is closed. Raises Abort on Ctrl-C."""
        while True:
            response = click.prompt(
                f"Make this change? [{_KEYS}]", prompt_suffix=" ", default="?", show_default=False
            )
            answer = str(response).strip().lower()[:1]
            if answer in _ANSWERS:
                return answer
            if answer == "e":
                _open_in_editor(proposal, DisplayLocations(self.sources))
                self.edited.add(proposal.findings[0].place.path)
                return answer
            click.echo(_HELP.format(editor=_editor()))


def _open_in_editor(proposal: FixProposal, locations: DisplayLocations) -> None:
    """Open the file of the first finding in the user's editor, at its line."""
    place = proposal.findings[0].place
    command = shlex.split(_editor())
    if PurePath(command[0]).stem in _BY_LINE:
        command.append(f"+{locations.in_file(place.path, place.row, place.column).row}")
    # An absolute path is never an option or a command of the editor, whatever the repository names its files.
    command.append(os.path.abspath(place.path))
    try:
        subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UsageError(f"the editor failed: {error}", expected="set VISUAL or EDITOR") from error


def _editor() -> str:
    """The user's editor, chosen as git does."""
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
