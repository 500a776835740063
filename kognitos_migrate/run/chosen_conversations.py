"""The conversations that a user chooses to fix, each with those that change the same text."""

from collections.abc import Collection, Sequence

from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.edits.plan import Plan
from kognitos_migrate.findings.factories import PlannedConversation
from kognitos_migrate.findings.result import Applicability, Place
from kognitos_migrate.findings.trace import primary_call
from kognitos_migrate.run.plans import is_applied, withdraw
from kognitos_migrate.run.program_result import PlannedProgram
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import replace


def with_chosen_plans(
    planned_program: PlannedProgram, level: Applicability, chosen: Collection[Place]
) -> PlannedProgram:
    """The program with the plans up to `level` withdrawn, except those of conversations with a finding at one
    of the `chosen` places, and of those that change the same text."""
    groups = conversation_groups(
        [planned for planned in planned_program.planned if is_applied(planned, level)]
    )
    context, places = planned_program.program.context, planned_program.places

    def is_chosen(planned: PlannedConversation) -> bool:
        calls = (primary_call(context, match) for match in planned.conversation.matches)
        return any(places.of(context.span(call)) in chosen for call in calls)

    return without_plans(
        planned_program, [planned for group in groups if not any(map(is_chosen, group)) for planned in group]
    )


def without_plans(planned_program: PlannedProgram, skipped: Sequence[PlannedConversation]) -> PlannedProgram:
    """The program with the plans of these conversations withdrawn."""
    numbers = {id(planned.conversation) for planned in skipped}
    conversations = [
        withdraw(planned, "skipped", "you skipped its conversation")
        if id(planned.conversation) in numbers
        else planned
        for planned in planned_program.planned
    ]
    return replace(planned_program, planned=conversations)


def conversation_groups(conversations: Sequence[PlannedConversation]) -> list[list[PlannedConversation]]:
    """The conversations, grouped if they change the same text."""
    together = DisjointSets(range(len(conversations)))
    reach: tuple[str, int, int] | None = None
    for span, number in sorted(
        (span, number) for number, planned in enumerate(conversations) for span in _spans(planned)
    ):
        if reach is not None and reach[0] == span.path and span.start < reach[1]:
            together.join(reach[2], number)
            reach = (span.path, max(reach[1], span.end), number)
        else:
            reach = (span.path, span.end, number)
    return [[conversations[number] for number in group] for group in together.groups()]


def _spans(planned: PlannedConversation) -> set[Span]:
    """The spans that a plan replaces, without its insertions."""
    if not isinstance(planned.outcome, Plan):
        return set()
    return {edit.span for edit in planned.outcome.edits if edit.span.start < edit.span.end}
