"""Markers for what remains, as further changes of a run."""

import ast
from collections.abc import Callable
from posixpath import basename

from kognitos_migrate.discover.statements import parsed
from kognitos_migrate.edits.markers import MARK, Todo, with_markers, without_markers
from kognitos_migrate.findings.finding import Change, Finding
from kognitos_migrate.findings.refusals import TODO_WIDTH
from kognitos_migrate.findings.unlock import what_to_do
from kognitos_migrate.record import replace
from kognitos_migrate.run.session import Session
from kognitos_migrate.run.shift import Shift
from kognitos_migrate.source.generated import is_generated

_NOT_MARKED = ("KOG4", "KOG5", "KOG901", "KOG91")
"""Findings where no work remains, that comments are the matter of, or in files that can't be parsed."""


def marked(session: Session) -> Session:
    """`session` with markers for all that remains, and without those of what is done."""
    todos: dict[str, list[Finding]] = {}
    for finding in session.result.remaining:
        if not finding.code.startswith(_NOT_MARKED):
            todos.setdefault(finding.place.path, []).append(finding)

    def changed(change: Change) -> str:
        shift = Shift(change)
        return with_markers(change.after, [_todo(one, shift) for one in todos.get(change.path, ())])

    return _with_texts(session, changed)


def tidied(session: Session) -> Session:
    """`session` without the markers of what its changes have done; nothing else is marked or unmarked."""
    remaining = {(one.place, one.code) for one in session.result.remaining}
    done = [one for one in session.result.findings if (one.place, one.code) not in remaining]

    def changed(change: Change) -> str:
        if MARK not in change.after:
            return change.after
        shift = Shift(change)
        codes: dict[int, set[str]] = {}
        for one in done:
            if one.place.path == change.path:
                codes.setdefault(shift.place(one.place).row, set()).add(one.code)
        for one in session.result.remaining:
            if one.place.path == change.path:
                codes.get(shift.place(one.place).row, set()).discard(one.code)
        return without_markers(change.after, codes)

    return _with_texts(session, changed)


def _todo(finding: Finding, shift: Shift) -> Todo:
    known = what_to_do(finding)
    what = known or finding.fix.message
    if known is None and len(what) > TODO_WIDTH:
        what = f"{what[:TODO_WIDTH].rpartition(' ')[0]} ..."
    return Todo(shift.place(finding.place).row, finding.code, _ascii(what), _ascii(_why(finding)))


def _why(finding: Finding) -> str:
    """The reason, and where it holds, if that is elsewhere."""
    reason = finding.reason or ""
    if finding.conversation is None or not finding.trace:
        return reason
    place, held = finding.place, finding.trace[-1].place
    if held.path != place.path:
        name = basename(held.path)
        return f"{reason}, {held.path if name == basename(place.path) else name}"
    if place.row <= held.row <= place.end_row:
        return reason
    return f"{reason}, {'above' if held.row < place.row else 'below'}"


def _ascii(text: str) -> str:
    """A text that any file's encoding can hold."""
    return text.encode("ascii", "replace").decode()


def _with_texts(session: Session, changed: Callable[[Change], str]) -> Session:
    """`session` with the texts that `changed` makes, after its changes, of the files it is about.

    Comments change no program: a file where that can't be shown stays as it is, and a generated one, too.
    """
    changes = {change.path: change for change in session.result.changes}
    for path in session.looked_at:
        source = session.sources.get(path)
        if source is None or is_generated(source.text):
            continue
        change = changes.get(path) or Change(path, source.text, source.text)
        after = changed(change)
        if after != change.after and _is_same_program(change.after, after):
            changes[path] = replace(change, after=after)
    return replace(session, result=replace(session.result, changes=tuple(changes.values())))


def _is_same_program(before: str, after: str) -> bool:
    old, new = parsed(before), parsed(after)
    try:
        return old is not None and new is not None and ast.dump(old) == ast.dump(new)
    except RecursionError:
        return False
