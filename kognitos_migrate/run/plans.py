"""Plans conversations, and applies their edits to texts."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from kognitos_migrate.conversations.link import Conversation, split_conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.conversation_spans import conversation_spans, spans_touch
from kognitos_migrate.edits.pending_edit import OverlapError
from kognitos_migrate.edits.plan import Plan, Refusal
from kognitos_migrate.edits.plan_composition import compose_plans
from kognitos_migrate.findings.factories import PlannedConversation, applicability
from kognitos_migrate.findings.result import Applicability, Change
from kognitos_migrate.run.program_analysis import AnalyzedProgram, url_literal_ties
from kognitos_migrate.source.text_edits import Edit, apply_edits
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.parser_input import SourceSyntaxError
from kognitos_migrate.syntax.parsing import parse, reparse, require_compilable
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.tree import Site, Tree

Planner = Callable[[Conversation], PlannedConversation]


def import_planners() -> None:
    """Import the planners and the validation, so that processes forked afterwards needn't. They are slow to
    import, so without this a run imports them when it plans its first conversation."""
    from kognitos_migrate.edits import planning
    from kognitos_migrate.validate import validation

    del planning, validation


def plans_of(
    program: AnalyzedProgram, conversations: Iterable[Conversation], planner: Planner
) -> Iterator[PlannedConversation]:
    """The plan of each conversation, or of smaller ones if some of these can be changed and the whole can't.

    The smaller ones first keep requests together that share literals. If that doesn't help, and one of them
    blocks the others, each of the others gets its own copy of the shared literal.
    """
    for conversation in conversations:
        whole = planner(conversation)
        parts = (
            []
            if _has_no_adapters(whole)
            else _plans_of_parts(program, conversation, planner, partial(url_literal_ties, program.context))
        )
        if isinstance(whole.outcome, Refusal) and not any(map(_has_no_adapters, parts)):
            apart = _plans_of_parts(program, conversation, planner, lambda _: ())
            blockers = {part.outcome.reason for part in apart if isinstance(part.outcome, Refusal)}
            parts = apart if blockers and blockers.isdisjoint(_OF_FILES) else parts
        yield from parts if any(map(_has_no_adapters, parts)) else [whole]


_OF_FILES = ("not-given", "generated")
"""The refusal reasons that more files on the command line would remove. Then the shared literal itself is
edited."""


def _has_no_adapters(planned: PlannedConversation) -> bool:
    """Whether a conversation is changed without adapters."""
    return isinstance(planned.outcome, Plan) and planned.outcome.avoided_refusal is None


def _plans_of_parts(
    program: AnalyzedProgram,
    conversation: Conversation,
    planner: Planner,
    ties: Callable[[Match], Iterable[Hashable]],
) -> list[PlannedConversation]:
    """The plans of the conversations that one splits into. None of them edits code that is active in another
    one.

    Empty if it can't be split. Conversations of tests are not split.
    """
    context = program.context
    if any(match.request.stub is not None for match in conversation.matches):
        return []
    parts = split_conversation(conversation, context.facts, ties, program.channels)
    while len(parts) > 1:
        plans = [planner(part) for part in parts]
        joined = _merge_conversations(program, plans)
        if len(joined) == len(parts):
            return plans
        parts = joined
    return []


def _merge_conversations(
    program: AnalyzedProgram, plans: Sequence[PlannedConversation]
) -> list[Conversation]:
    """The conversations, merged if the edits of one touch code that is active in another."""
    tied = DisjointSets(range(len(plans)))
    active = [list(conversation_spans(program.context, planned.conversation)) for planned in plans]
    for number, planned in enumerate(plans):
        for other, spans in enumerate(active):
            if other != number and any(
                spans_touch(edit.span, span) for edit in planned.edits for span in spans
            ):
                tied.join(number, other)
    return [_join_conversations([plans[number].conversation for number in group]) for group in tied.groups()]


def _join_conversations(conversations: Sequence[Conversation]) -> Conversation:
    return Conversation(
        tuple(match for conversation in conversations for match in conversation.matches),
        conversations[0].signs,
        tuple(passage for conversation in conversations for passage in conversation.passages),
    )


OVERLAP = "its edits overlap with those of another conversation"
BUG = "the result would not be valid Python; this is a bug of kognitos-migrate, please report it"


def is_applied(planned: PlannedConversation, level: Applicability) -> bool:
    """Whether a fix up to `level` changes the conversation."""
    return isinstance(planned.outcome, Plan) and level.applies(applicability(planned.outcome))


class PlannedChanges(Struct, frozen=True):
    """The plans that are carried out, the changed texts, and their trees by file."""

    planned: list[PlannedConversation]
    texts: list[Change]
    trees: Mapping[str, Tree]


def planned_changes(
    context: PlanContext, conversations: list[PlannedConversation], level: Applicability
) -> PlannedChanges:
    """The changes of the plans. A conversation whose edits overlap another's, or break the syntax, is
    withdrawn."""
    texts = {path: tree.text for path, tree in context.trees.items()}
    while True:
        conversations, edits = compatible_edits(context, conversations, level)
        changes = list(apply_to_texts(texts, edits))
        try:
            return PlannedChanges(
                conversations, changes, {change.path: _parse_change(context, change) for change in changes}
            )
        except SourceSyntaxError:
            guilty = _plans_breaking_syntax(context, conversations, level) or [
                _last_applied_plan(conversations, level)
            ]
            conversations = [
                withdraw(planned, "bug", BUG) if planned in guilty else planned for planned in conversations
            ]


def _plans_breaking_syntax(
    context: ProgramTrees, conversations: list[PlannedConversation], level: Applicability
) -> list[PlannedConversation]:
    """The conversations whose edits break the syntax on their own."""
    return [
        planned
        for planned in conversations
        if is_applied(planned, level) and not _is_valid_alone(context, planned)
    ]


def _is_valid_alone(context: ProgramTrees, plan: PlannedConversation) -> bool:
    """Whether the edits of one plan, and no others, leave valid Python."""
    try:
        texts = {path: tree.text for path, tree in context.trees.items()}
        for change in apply_to_texts(texts, _edits_by_file(plan.edits)):
            _parse_change(context, change)
    except SourceSyntaxError:
        return False
    return True


def _parse_change(context: ProgramTrees, change: Change) -> Tree:
    """The tree of a changed text. Raises SourceSyntaxError if Python doesn't compile it."""
    require_compilable(change.path, change.before, change.after)
    before = context.trees.get(change.path)
    if before is None:
        return parse(change.path, change.after)
    return reparse(before, change.edits, change.after)


def compatible_edits(
    context: PlanContext, conversations: list[PlannedConversation], level: Applicability
) -> tuple[list[PlannedConversation], Mapping[str, list[Edit]]]:
    """The plans and their edits by file. A conversation whose edits overlap another's is withdrawn."""
    while True:
        accepted = [planned for planned in conversations if is_applied(planned, level)]
        if len(accepted) == 1 and accepted[0].edits:
            return conversations, _edits_by_file(accepted[0].edits)
        plans = [planned.outcome for planned in accepted if isinstance(planned.outcome, Plan)]
        try:
            return conversations, compose_plans(context, plans)
        except OverlapError:
            last = _last_applied_plan(conversations, level)
            conversations = [
                withdraw(planned, "overlap", OVERLAP) if planned is last else planned
                for planned in conversations
            ]


def _edits_by_file(edits: Iterable[Edit]) -> Mapping[str, list[Edit]]:
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.span.path, []).append(edit)
    return by_path


def _last_applied_plan(conversations: list[PlannedConversation], level: Applicability) -> PlannedConversation:
    """The last plan that is carried out."""
    return [planned for planned in conversations if is_applied(planned, level)][-1]


def withdraw(
    planned: PlannedConversation, reason: str, message: str, site: Site | None = None, help: str | None = None
) -> PlannedConversation:
    """The conversation with its plan replaced by a refusal at `site`, or else at the first request. An
    existing refusal stays."""
    place = site or planned.conversation.matches[0].request.site
    return refuse(planned, Refusal(place, reason, message, help))


def refuse(planned: PlannedConversation, refusal: Refusal) -> PlannedConversation:
    """The conversation with its plan replaced by `refusal`. An existing refusal stays."""
    if isinstance(planned.outcome, Refusal):
        return planned
    return PlannedConversation(planned.conversation, refusal, ())


def apply_to_texts(texts: Mapping[str, str], edits: Mapping[str, list[Edit]]) -> Iterator[Change]:
    """The changes that `edits` (by file) make to `texts` (by file). A file that is not in `texts` is new."""
    for path, file_edits in edits.items():
        before = texts.get(path)
        after = apply_edits(before or "", file_edits)
        if after != before:
            yield Change(path, before, after, tuple(file_edits))
