"""The options `--mark` and `--interactive` of a fix: TODO comments, and separate proposals."""

import ast
from collections.abc import Callable, Collection, Mapping
from posixpath import basename

from kognitos_migrate.edits.todo_comments import MARK, TodoComment, with_todos, without_todos
from kognitos_migrate.findings.factories import PlannedConversation
from kognitos_migrate.findings.fingerprint import Fingerprint
from kognitos_migrate.findings.reasons import TODO_WIDTH, next_step
from kognitos_migrate.findings.result import Applicability, Change, Finding, Result
from kognitos_migrate.modules.top_level import parse_module
from kognitos_migrate.rulebook.codes import ADAPTED, MENTIONS, SUPPRESSIONS, SYNTAX_ERROR
from kognitos_migrate.run.chosen_conversations import conversation_groups, without_plans
from kognitos_migrate.run.plans import is_applied, planned_changes
from kognitos_migrate.run.program_result import PlannedProgram
from kognitos_migrate.run.relocation import PositionShift
from kognitos_migrate.run.session import Session
from kognitos_migrate.run.verification import verify_changes
from kognitos_migrate.source.file import is_generated
from kognitos_migrate.structs import Struct, replace

_NOT_MARKED = {*MENTIONS, ADAPTED.code, SYNTAX_ERROR.code, *SUPPRESSIONS}
"""Codes without a TODO marker: no work remains, the finding is about a comment, or the file can't be
parsed."""


def with_todo_comments(session: Session) -> Session:
    """`session` with a TODO marker for each remaining finding, and without outdated markers."""
    todos: dict[str, list[Finding]] = {}
    for finding in session.result.remaining:
        if finding.code not in _NOT_MARKED:
            todos.setdefault(finding.place.path, []).append(finding)

    def add_todos(change: Change) -> str:
        shift = PositionShift(change)
        return with_todos(change.after, [_todo(finding, shift) for finding in todos.get(change.path, ())])

    return _with_texts(session, add_todos)


def without_done_todos(session: Session) -> Session:
    """`session` without the markers of findings that its changes resolve. No markers are added."""
    remaining = {(finding.place, finding.code) for finding in session.result.remaining}
    done = [finding for finding in session.result.findings if (finding.place, finding.code) not in remaining]

    def remove_done_todos(change: Change) -> str:
        if MARK not in change.after:
            return change.after
        shift = PositionShift(change)
        codes: dict[int, set[str]] = {}
        for finding in done:
            if finding.place.path == change.path:
                codes.setdefault(shift.place(finding.place).row, set()).add(finding.code)
        for finding in session.result.remaining:
            if finding.place.path == change.path:
                codes.get(shift.place(finding.place).row, set()).discard(finding.code)
        return without_todos(change.after, codes)

    return _with_texts(session, remove_done_todos)


def _todo(finding: Finding, shift: PositionShift) -> TodoComment:
    step = next_step(finding)
    what = step or finding.fix.message
    if step is None and len(what) > TODO_WIDTH:
        what = f"{what[:TODO_WIDTH].rpartition(' ')[0]} ..."
    return TodoComment(
        shift.place(finding.place).row, finding.code, _ascii(what), _ascii(_reason_and_place(finding))
    )


def _reason_and_place(finding: Finding) -> str:
    """The reason, and its place if that is elsewhere."""
    reason = finding.reason or ""
    if finding.conversation is None or not finding.trace:
        return reason
    place, blocking_place = finding.place, finding.trace[-1].place
    if blocking_place.path != place.path:
        name = basename(blocking_place.path)
        return f"{reason}, {blocking_place.path if name == basename(place.path) else name}"
    if place.row <= blocking_place.row <= place.end_row:
        return reason
    return f"{reason}, {'above' if blocking_place.row < place.row else 'below'}"


def _ascii(text: str) -> str:
    """The text in ASCII, which any file's encoding can represent."""
    return text.encode("ascii", "replace").decode()


def _with_texts(session: Session, new_text: Callable[[Change], str]) -> Session:
    """`session` with its files changed by `new_text`, after its own changes.

    A generated file stays unchanged, and so does one whose syntax tree would change.
    """
    changes = {change.path: change for change in session.result.changes}
    for path in session.readable_files:
        source = session.sources.get(path)
        if source is None or is_generated(source.text):
            continue
        change = changes.get(path) or Change(path, source.text, source.text)
        after = new_text(change)
        if after != change.after and _is_same_program(change.after, after):
            changes[path] = replace(change, after=after)
    return replace(session, result=replace(session.result, changes=tuple(changes.values())))


def _is_same_program(before: str, after: str) -> bool:
    old, new = parse_module(before), parse_module(after)
    try:
        return old is not None and new is not None and ast.dump(old) == ast.dump(new)
    except (RecursionError, ValueError):  # ValueError: a number that is too long to be written in decimal
        return False


class FixProposal(Struct, frozen=True):
    """Conversations that are changed together, with their findings and changes. `key` identifies the proposal
    in a later analysis: it contains fingerprints, not lines."""

    key: frozenset[str]
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    members: tuple[PlannedConversation, ...]


def proposals(
    planned_program: PlannedProgram,
    result: Result,
    level: Applicability,
    prints: Mapping[Finding, Fingerprint],
) -> list[FixProposal]:
    """The proposals of a fix up to `level`, in the order of place. `result` are the program's findings,
    `prints` their fingerprints."""
    numbers = {
        id(planned.conversation): f"c{number}" for number, planned in enumerate(planned_program.planned, 1)
    }
    conversations = verify_changes(planned_program.program, planned_program.planned, level).planned
    fix_proposals = []
    for group in conversation_groups([planned for planned in conversations if is_applied(planned, level)]):
        names = {numbers[id(member.conversation)] for member in group}
        findings = tuple(finding for finding in result.findings if finding.conversation in names)
        changes = planned_changes(planned_program.program.context, group, level).texts
        if findings and changes:
            key = frozenset(prints[finding].digest for finding in findings)
            fix_proposals.append(FixProposal(key, findings, tuple(changes), tuple(group)))
    return sorted(fix_proposals, key=lambda proposal: proposal.findings[0].place)


def without_proposals(planned_program: PlannedProgram, skipped: Collection[FixProposal]) -> PlannedProgram:
    """The program with the skipped conversations withdrawn."""
    left = {id(member.conversation) for proposal in skipped for member in proposal.members}
    return without_plans(
        planned_program, [planned for planned in planned_program.planned if id(planned.conversation) in left]
    )
