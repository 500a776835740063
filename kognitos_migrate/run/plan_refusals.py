"""Refusals of planned conversations for reasons outside of their calls: ignored findings, generated files,
imports and defaults of settings that can't be resolved."""

from collections.abc import Collection, Iterable

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.possible_links import PossibleLink
from kognitos_migrate.conversations.unexplained_texts import UnexplainedText
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.plan import Refusal
from kognitos_migrate.edits.unresolved_imports import refusal_of_imports
from kognitos_migrate.findings.factories import PlannedConversation
from kognitos_migrate.findings.notes import channel_description
from kognitos_migrate.findings.result import PlaceConverter
from kognitos_migrate.findings.suppressions import Suppressions
from kognitos_migrate.findings.trace import primary_call
from kognitos_migrate.run.finding_filter import Selection
from kognitos_migrate.run.plans import refuse
from kognitos_migrate.run.settings_fixes import files_outside_paths
from kognitos_migrate.source.file import SourceFile, UnwritableSourceError, file_text
from kognitos_migrate.source.text_edits import apply_edits
from kognitos_migrate.syntax.tree import Site


def refusal_of_link(link: PossibleLink, conversation: Conversation) -> Refusal:
    """The refusal of a conversation that an unresolved request may take part in."""
    place = link.send
    is_near = any(match.request.site.path == place.site.path for match in conversation.matches)
    way = f": {channel_description(link.channel)}" if link.channel is not None and not is_near else ""
    return Refusal(
        place.site, "too-dynamic", f"{place.description}, and may belong to this conversation{way}", None
    )


def refuse_other_files(planned: PlannedConversation, others: Collection[str]) -> PlannedConversation:
    """The conversation, refused if its edits or requests reach `others`, files that are not given."""
    sites = [match.request.site for match in planned.conversation.matches]
    reached = {*(site.path for site in sites), *(edit.span.path for edit in planned.edits)}
    outside = sorted(reached.intersection(others))
    if not outside:
        return planned
    refusal = Refusal(
        next((site for site in sites if site.path not in others), sites[0]),
        "not-given",
        files_outside_paths(outside),
        "pass these files, too, or run `fix` on the folder that contains them all",
    )
    return refuse(planned, refusal)


def refuse_generated(planned: PlannedConversation, generated: Collection[str]) -> PlannedConversation:
    """The conversation, refused if it edits generated files."""
    touched = sorted({edit.span.path for edit in planned.edits}.intersection(generated))
    if not touched:
        return planned
    sites = [match.request.site for match in planned.conversation.matches]
    refusal = Refusal(
        next((site for site in sites if site.path in touched), sites[0]),
        "generated",
        f"{' and '.join(touched)} {'is' if len(touched) == 1 else 'are'} marked as generated",
        "regenerate it for v2",
    )
    return refuse(planned, refusal)


def refuse_unwritable(planned: PlannedConversation, sources: Iterable[SourceFile]) -> PlannedConversation:
    """The conversation, refused if its edits make more of a data file than data."""
    for source in sources:
        edits = [edit for edit in planned.edits if edit.span.path == source.path] if source.data else []
        try:
            file_text(source, apply_edits(source.text, edits) if edits else source.text)
        except UnwritableSourceError as error:
            refusal = Refusal(
                Site(source.path, 0),
                "stub",
                f"this file of a test can't be changed: {error.faults[0].message}",
                None,
            )
            return refuse(planned, refusal)
    return planned


def refuse_unresolved_imports(context: PlanContext, planned: PlannedConversation) -> PlannedConversation:
    """The conversation, refused if code that can't be resolved may import a name that it changes."""
    if isinstance(planned.outcome, Refusal) or not context.facts.unresolved:
        return planned
    refusal = refusal_of_imports(context, planned.conversation, planned.edits)
    return planned if refusal is None else refuse(planned, refusal)


def refuse_ignored(
    context: PlanContext, conversations: list[PlannedConversation], places: PlaceConverter
) -> list[PlannedConversation]:
    """The plans. A conversation with an ignored finding is refused, and so is one without a selected finding.

    The selection is a view: of a conversation with a selected finding, all calls are changed.
    """
    selection = Selection(context.settings)
    texts = {path: tree.text for path, tree in context.trees.items()}
    suppressions = Suppressions.of(texts, context.rules, context.settings.today)
    if selection.selects_all and not suppressions.holding:
        return conversations

    def refused_if_ignored(planned: PlannedConversation) -> PlannedConversation:
        if isinstance(planned.outcome, Refusal) and planned.outcome.reason != "not-given":
            return planned
        calls = [
            (primary_call(context, match), match.operation.code) for match in planned.conversation.matches
        ]
        uses = [(site, code, places.of(context.span(site))) for site, code in calls]
        for site, code, place in uses:
            if selection.is_ignored(code, place.path) or suppressions.is_suppressed(code, place):
                refusal = Refusal(site, "ignored", "a finding of its conversation is ignored", None)
                return PlannedConversation(planned.conversation, refusal, ())
        if uses and not any(selection.selects_code(code, place.path) for _, code, place in uses):
            refusal = Refusal(uses[0][0], "ignored", "no finding of its conversation is selected", None)
            return PlannedConversation(planned.conversation, refusal, ())
        return planned

    return [refused_if_ignored(planned) for planned in conversations]


def refuse_hidden_base_default(
    planned: PlannedConversation, default: UnexplainedText | None
) -> PlannedConversation:
    """The conversation, refused if `default` may be the base URL that it has without a setting."""
    if default is None:
        return planned
    message = f"{default.description} is named with the old version, and may be the default of the base URL"
    return refuse(planned, Refusal(default.site, "too-dynamic", message, None))
