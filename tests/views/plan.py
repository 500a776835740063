"""`dev.py plan FILE[:LINE]`: the pending edits there, each with the calls that made it.

Of a conversation that is refused, the reason and the calls that refused it are shown.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from kognitos_migrate.edits.pending_edit import Origin, PendingEdit, in_source_order
from kognitos_migrate.edits.plan import Plan, Refusal
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.findings.factories import PlannedConversation
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.tree import Site
from tests.views.program import Program, Target, end_with_reader, program_around, target_of

Refused = dict[tuple[Site, str, str], tuple[str, ...]]
"""By site, reason and message of a refusal: the calls that made it, innermost first."""


@contextmanager
def recorded_origins() -> Iterator[Refused]:
    """Record what makes pending edits, and what refuses, meanwhile."""
    refused: Refused = {}
    raise_error = RefusalError.__init__

    def record(error: RefusalError, site: Site, reason: str, message: str, help: str | None = None) -> None:
        raise_error(error, site, reason, message, help)
        refused.setdefault((site, reason, message), _calls())

    with mock.patch.object(RefusalError, "__init__", record), mock.patch.object(Origin, "recording", True):
        yield refused


def _calls() -> tuple[str, ...]:
    """The calls of the package that are being made, innermost first, up to that of the planner."""
    calls: list[str] = []
    for frame in reversed(traceback.extract_stack()):
        _, found, path = frame.filename.rpartition("/kognitos_migrate/")
        if frame.name == "plan":
            break
        if found and not frame.name.startswith(("<", "__init__")):
            calls.append(f"{path}:{frame.lineno} {frame.name}")
    return tuple(calls)


class PlanView:
    """The plans of a program at some rows of a file."""

    def __init__(self, program: Program, target: Target, refused: Refused) -> None:
        self._program = program
        self._target = target
        self._refused = refused

    def lines(self) -> Iterator[str]:
        """The view, line by line."""
        for number, planned in enumerate(self._program.planned, 1):
            if isinstance(planned.outcome, Refusal):
                lines = [*self._refusal(planned.outcome)] if self._concerns(planned) else []
            else:
                lines = [line for edit in self._edits(planned.outcome) for line in self._edit(edit)]
            if lines:
                yield f"conversation {number}: {', '.join(self._requests(planned))}"
                yield from lines

    def _requests(self, planned: PlannedConversation) -> Iterator[str]:
        for match in planned.conversation.matches:
            yield f"{match.operation.id} at {self._program.place(self._span(match.request.site))}"

    def _span(self, site: Site) -> Span:
        tree = self._program.trees[site.path]
        return tree.span(tree.node(site))

    def _concerns(self, planned: PlannedConversation) -> bool:
        assert isinstance(planned.outcome, Refusal)
        sites = [planned.outcome.site, *(match.request.site for match in planned.conversation.matches)]
        return any(self._is_asked(self._span(site)) for site in sites)

    def _is_asked(self, span: Span) -> bool:
        return span.path == self._target.path and self._target.has(self._program.position(span).row)

    def _refusal(self, refusal: Refusal) -> Iterator[str]:
        yield f"    refused: {refusal.reason} at {self._program.place(self._span(refusal.site))}"
        yield f"        {refusal.message}"
        yield from _origin(self._refused.get((refusal.site, refusal.reason, refusal.message), ()))

    def _edits(self, plan: Plan) -> list[PendingEdit]:
        return [edit for edit in in_source_order(plan.edits) if self._is_asked(edit.span)]

    def _edit(self, edit: PendingEdit) -> Iterator[str]:
        tree = self._program.trees[edit.span.path]
        before = tree.slice(edit.span)
        after = "".join(part if isinstance(part, str) else f"⟨{tree.slice(part)}⟩" for part in edit.parts)
        yield f"    {self._program.place(edit.span)}"
        yield from (f"        - {line}" for line in before.splitlines() if line.strip())
        yield from (f"        + {line}" for line in after.splitlines() if line.strip())
        yield from _origin(edit.origin.calls)


def _origin(calls: tuple[str, ...]) -> Iterator[str]:
    """The innermost call with its place, and the functions that led to it from the planner."""
    if calls:
        callers = [call.split()[1] for call in calls[1:]]
        yield f"        by {' < '.join([calls[0], *(name for name in callers if name != '_plan')])}"


def main() -> None:
    """Print the pending edits at the place that the argument names."""
    target = target_of(sys.argv[1])
    with recorded_origins() as refused:
        program = program_around(target.path)
    print("\n".join(PlanView(program, target, refused).lines()) or "nothing is planned here")


if __name__ == "__main__":
    end_with_reader()
    main()
