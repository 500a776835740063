"""`fix --interactive`: asks about each conversation with its diff, and writes after the last answer."""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

import click

from kognitos_migrate.cli.apply import refuse_uncommitted
from kognitos_migrate.cli.options import refuse_if
from kognitos_migrate.cli.output import Output
from kognitos_migrate.cli.terminal import progress_bar
from kognitos_migrate.findings.finding import Applicability, Result
from kognitos_migrate.findings.fingerprint import fingerprints
from kognitos_migrate.findings.secrets import Secrets
from kognitos_migrate.report.diff import diff_text
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.report.redact import credential_texts, redact
from kognitos_migrate.report.text import TextOptions, concise
from kognitos_migrate.run.engine import PlannedComponent, plan_components
from kognitos_migrate.run.fix_options import FixProposal, proposals, without_proposals
from kognitos_migrate.run.pipeline import apply_fixes
from kognitos_migrate.run.processes import paused_collector
from kognitos_migrate.run.program_result import PlannedProgram
from kognitos_migrate.run.result_join import join_results
from kognitos_migrate.run.session import (
    Options,
    RunInputs,
    Session,
    collect_inputs,
    session_of,
    with_settings_files,
    with_texts,
)
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, field

_KEYS = "y,n,a,e,q,?"
_HELP = """\
y - change this
n - leave this as it is
a - change this and all the rest
e - open it in your editor ({editor}), then look at the code again
q - leave this and all the rest as they are; what was taken so far is changed
? - show this help
Nothing is written before the last question is answered. Ctrl-C ends without writing anything."""
_BY_LINE = ("vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "ne")
"""Editors that take `+LINE` in front of a file's name."""


def require_terminal() -> None:
    """Raise a UsageError where nobody can answer."""
    refuse_if(
        not (sys.stdin.isatty() and sys.stdout.isatty()),
        "--interactive asks questions, and there is no terminal to answer them at",
        "`fix --plan FILE` notes the changes to be looked at, and `apply FILE` makes them",
    )


def choose_changes(
    paths: Sequence[str], options: Options, output: Output, *, allow_dirty: bool, quiet: bool = False
) -> tuple[Session, frozenset[str]]:
    """A run in which only what the user takes is changed, and the files that the user edited meanwhile.

    Raises UsageError for files with uncommitted changes, before any question.
    """
    talk, level = _Dialog(output), options.level or Applicability.SAFE
    while True:
        with progress_bar(quiet=quiet) as progress, paused_collector():
            gathered = collect_inputs(paths, options, progress)
            if not gathered.reading.sources:
                return with_texts(session_of(gathered, Result()), gathered, options, progress), frozenset()
            progress.phase(f"analysing {len(gathered.reading.sources)} files")
            talk.sources = {source.path: source for source in gathered.reading.sources}
            surveyed = _surveys(gathered)
            seen = [one.survey for one in surveyed if one.survey is not None]
            failed = [one.outcome.result for one in surveyed if one.survey is None]
            talk.credentials = [span for survey in seen for span in survey.credentials]
            offered = _offered(gathered, seen, level)
        if not allow_dirty:
            refuse_uncommitted([change for one in offered for change in one.changes], talk.edited)
        if talk.decides(offered):
            left = [one for one in offered if one.key not in talk.taken]
            with paused_collector():
                result = join_results(
                    [*(apply_fixes(without_proposals(one, left), level).result for one in seen), *failed]
                )
            session = with_texts(session_of(gathered, result), gathered, options, progress)
            session = with_settings_files(session, gathered)
            return session, frozenset(talk.edited)


def _surveys(gathered: RunInputs) -> list[PlannedComponent]:
    configured = gathered.configured
    given = frozenset(gathered.given)
    return plan_components(gathered.reading.sources, configured.rulebook, configured.settings, given)


def _offered(
    gathered: RunInputs, seen: Sequence[PlannedProgram], level: Applicability
) -> Sequence[FixProposal]:
    results = [apply_fixes(survey, level).result for survey in seen]
    sources = {source.path: source for source in gathered.reading.sources}
    findings = [finding for result in results for finding in result.findings]
    prints = fingerprints(findings, sources, gathered.configured.settings.root)
    offered = [
        proposal
        for survey, result in zip(seen, results, strict=True)
        for proposal in proposals(survey, result, level, prints)
    ]
    return sorted(offered, key=lambda one: one.findings[0].place)


class _Dialog(Struct):
    """The questions, and what was answered so far, by the proposals' keys."""

    output: Output
    sources: Mapping[str, SourceFile] = field(default_factory=dict)
    credentials: Sequence[Span] = ()
    taken: set[frozenset[str]] = field(default_factory=set)
    left: set[frozenset[str]] = field(default_factory=set)
    edited: set[str] = field(default_factory=set)

    @property
    def secrets(self) -> Secrets:
        """The secrets of the sources, and what they send as credentials."""
        texts = ((source.path, source.text) for source in self.sources.values())
        return Secrets.of(texts, sent=credential_texts(self.sources, self.credentials))

    def decides(self, offered: Sequence[FixProposal]) -> bool:
        """Ask for each proposal that is not decided yet. False: the code was edited, and has to be looked at
        again."""
        if not offered:
            click.echo("There is nothing to take.")
        for number, proposal in enumerate(offered, 1):
            if proposal.key in self.taken | self.left:
                continue
            shown = redact(proposal, self.secrets)
            self.output.write("\n".join(self._shown(shown, f"{number}/{len(offered)}")))
            answer = self._answer(proposal)
            if answer == "e":
                return False
            rest = {one.key for one in offered[number - 1 :]} - self.left
            if answer in ("a", "q"):
                (self.taken if answer == "a" else self.left).update(rest - self.taken)
                return True
            (self.taken if answer == "y" else self.left).add(proposal.key)
        return True

    def _shown(self, proposal: FixProposal, number: str) -> Iterator[str]:
        paint, where = self.output.paint, DisplayLocations(self.sources)
        files = ", ".join(plain(change.path) for change in proposal.changes)
        uses = pluralize(len(proposal.findings), "v1 use")
        yield paint.strong(f"({number}) {uses}, changed together in {files}:")
        yield concise(proposal.findings, TextOptions(paint, locations=where))
        for note in dict.fromkeys(note for one in proposal.findings for note in one.notes):
            yield f"{paint.label('note')}: {plain(note)}"
        yield diff_text(proposal.changes, paint, self.sources)

    def _answer(self, proposal: FixProposal) -> str:
        """One of `y`, `n`, `a`, `q`, and `e` once the editor is closed. Raises Abort on Ctrl-C."""
        while True:
            said = click.prompt(f"Change this? [{_KEYS}]", prompt_suffix=" ", default="?", show_default=False)
            answer = str(said).strip().lower()[:1]
            if answer in ("y", "n", "a", "q"):
                return answer
            if answer == "e":
                _edit(proposal, DisplayLocations(self.sources))
                self.edited.add(proposal.findings[0].place.path)
                return answer
            click.echo(_HELP.format(editor=_editor()))


def _edit(proposal: FixProposal, where: DisplayLocations) -> None:
    """Open the file of the first finding in the user's editor, at its line."""
    place = proposal.findings[0].place
    editor = _editor()
    if PurePath(shlex.split(editor)[0]).stem in _BY_LINE:
        editor = f"{editor} +{where.in_file(place.path, place.row, place.column).row}"
    click.edit(filename=place.path, editor=editor)


def _editor() -> str:
    """The editor that git would take as well."""
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
