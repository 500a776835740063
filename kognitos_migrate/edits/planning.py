"""Plans one conversation by the planners of its parts."""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.setting_keys import with_all_keys
from kognitos_migrate.conversations.unversioned_requests import (
    sources_in_sight,
    sources_out_of_sight,
)
from kognitos_migrate.debug_log import log
from kognitos_migrate.edits.adapted_replies import AdaptedReplies
from kognitos_migrate.edits.body.correlated_field import add_owner_field
from kognitos_migrate.edits.body.moved_fields import MovedFields
from kognitos_migrate.edits.body.query_motion import migrate_query
from kognitos_migrate.edits.body.rewrite import migrate_body
from kognitos_migrate.edits.context import TOO_MANY, PlanContext
from kognitos_migrate.edits.debug_text import preserve_debug_text
from kognitos_migrate.edits.doctest_examples import require_no_expected_path
from kognitos_migrate.edits.doctest_replies import migrate_examples
from kognitos_migrate.edits.emptied_texts import require_no_tested_text_emptied
from kognitos_migrate.edits.evaluation_order import require_evaluation_order
from kognitos_migrate.edits.generated_code import (
    Helpers,
)
from kognitos_migrate.edits.item_removals import join_removals
from kognitos_migrate.edits.name_clashes import require_free_names
from kognitos_migrate.edits.pending_edit import OverlapError, PendingEdit, compose
from kognitos_migrate.edits.plan import Plan, Refusal, notes_of_version_settings
from kognitos_migrate.edits.refusal import RefusalError, ReplyEscapesError, UnseenKeyError
from kognitos_migrate.edits.renaming import rename_in_prose, rename_locals
from kognitos_migrate.edits.replies.public_return_notes import public_return_notes
from kognitos_migrate.edits.replies.rewrite import migrate_replies
from kognitos_migrate.edits.reply_adapters import adapt_replies
from kognitos_migrate.edits.side_effects import require_effects_preserved
from kognitos_migrate.edits.stand_ins import notes_of_stand_ins, require_stand_ins
from kognitos_migrate.edits.stubs.expected_answers import migrate_expected_answers
from kognitos_migrate.edits.stubs.expected_words import migrate_expected_words
from kognitos_migrate.edits.stubs.replaced_results import migrate_replaced_results
from kognitos_migrate.edits.stubs.rewrite import migrate_stubs
from kognitos_migrate.edits.stubs.unchecked_keys import unchecked_keys
from kognitos_migrate.edits.stubs.unreached_responses import (
    require_all_responses_rewritten,
    require_no_old_method,
)
from kognitos_migrate.edits.table_home import share_tables
from kognitos_migrate.edits.table_lookup import TableUses
from kognitos_migrate.edits.upload_form import WidenedReads, migrate_upload
from kognitos_migrate.edits.url.rewrite import migrate_urls
from kognitos_migrate.edits.url.url_observers import migrate_mounts
from kognitos_migrate.edits.url.version_settings import (
    require_unshared_settings,
    require_untested_settings,
)
from kognitos_migrate.interpret.state.facts import Frame
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.tree import Site


def _is_affected_by_budget(context: PlanContext, match: Match) -> bool:
    """Whether a request is sent, or its reply used, in a function or module whose analysis reached a
    limit."""
    functions, modules = context.memoize(_places_over_budget)
    return bool(functions or modules) and any(
        frame.function in functions or frame.path in modules for frame in _frames(context, match)
    )


def _places_over_budget(context: PlanContext) -> tuple[frozenset[Site | None], frozenset[str]]:
    """The functions, and the paths of the modules, whose analysis reached a limit."""
    functions = frozenset(
        site
        for site in context.facts.exhausted
        if isinstance(context.node(site), cst.FunctionDef | cst.Lambda)
    )
    modules = frozenset(site.path for site in context.facts.exhausted if site not in functions)
    return functions, modules


def _frames(context: PlanContext, match: Match) -> Iterator[Frame]:
    """The frames in which a request is sent and its reply used, and their callers."""
    waiting = [match.request.frame, *(use.frame for use in context.uses.get(match.request.id, ()))]
    visited: set[int] = set()
    for number in waiting:
        for frame in context.facts.stack(number):
            if frame.id in visited:
                break
            visited.add(frame.id)
            yield frame


def plan(context: PlanContext, conversation: Conversation) -> Plan | Refusal:
    """Plan one conversation. Writes nothing.

    If the only obstacle is that replies escape, the plan adapts these replies."""
    first: Refusal | None = None
    adapted = AdaptedReplies()
    context.begin_plan()
    try:
        while True:
            try:
                return _plan(context, list(conversation.matches), adapted, first)
            except ReplyEscapesError as escapes:
                first = first or _refusal_of_error(escapes)
                wider = adapted.with_escaping_replies(escapes)
                log("plan retry", cause=escapes.reason, message=escapes.message, path=escapes.site.path)
                if wider == adapted:
                    return first
                adapted = wider
    except RefusalError as refused:
        if first is None:
            return _refusal_of_error(refused)
        where = "" if refused.site == first.site else f" ({context.place(refused.site)})"
        return first.without_adapters(f"{refused.message}{where}")
    except OverlapError as overlap:
        site = conversation.matches[0].request.site
        return Refusal(site, "overlap", f"two edits meet in line {_line_number(context, overlap.span)}", None)


def _refusal_of_error(error: RefusalError) -> Refusal:
    source = error.source if isinstance(error, UnseenKeyError) else None
    return Refusal(error.site, error.reason, error.message, error.help, source)


def _line_number(context: PlanContext, span: Span) -> int:
    return context.trees[span.path].utf8_text[: span.start].count(b"\n") + 1


def _plan(
    context: PlanContext, matches: list[Match], adapted: AdaptedReplies, refusal: Refusal | None
) -> Plan:
    tables, helpers, widening = TableUses(imports=context.state.imports), Helpers(), WidenedReads()
    _require_known_requests(context, matches)
    require_unshared_settings(context, matches)
    require_stand_ins(context, matches)
    require_no_expected_path(context, matches)
    of_urls = migrate_urls(context, matches)
    of_urls += migrate_mounts(context, matches, of_urls)
    require_untested_settings(context, matches, of_urls)
    edits = list(of_urls)
    whole, matches = matches, [match for match in matches if match.request.stub is None]
    moved_fields: dict[int, MovedFields] = {}
    edits.extend(_migrate_arguments(context, matches, moved_fields, tables, helpers, widening))
    edits.extend(edit for edit in tables.bindings if edit not in edits)
    edits.extend(widening.edits)
    edits.extend(migrate_replies(context, matches, helpers, widening.slots, adapted))
    edits.extend(adapt_replies(context, matches, adapted, helpers))
    context.state.restored_words.update(
        (match.operation.id, member.name)
        for match in matches
        if match.request.id in adapted.requests
        for member in match.operation.old.reply
    )
    edits.extend(migrate_stubs(context, whole, moved_fields, adapted, tables, helpers))
    checks = [(check, check.body_check(context)) for check in unchecked_keys(context, whole)]
    edits.extend(edit for _, edit in checks if edit is not None)
    edits.extend(migrate_replaced_results(context, matches, adapted, widening.slots))
    edits.extend([*migrate_expected_words(context), *migrate_expected_answers(context)])
    edits.extend(migrate_examples(context, matches, adapted.requests))
    edited = {edit.span.path for edit in edits}
    edits.extend(rename_locals(context, matches, adapted.requests, edited, edits))
    edits.extend(rename_in_prose(context, matches, edits))
    edits.extend([*preserve_debug_text(context, edits)])
    joined = join_removals(context.trees, edits)
    of_urls.extend(set(joined) - {*edits})
    edits = joined
    helpers.annotate(context.trees)
    share_tables(context, tables, of_urls)
    require_free_names(context, whole, tables, helpers)
    require_all_responses_rewritten(context, whole, edits, of_urls, adapted)
    require_no_old_method(context, whole, edits, adapted)
    require_effects_preserved(context, edits, frozenset(of_urls), tables.moved)
    require_evaluation_order(context, edits)
    require_no_tested_text_emptied(context, edits)
    compose(edits, context.trees)
    if context.shared_frames:
        raise RefusalError((matches or whole)[0].request.site, "too-large", TOO_MANY)
    plain = [match for match in matches if match.request.id not in adapted.requests]
    returns = public_return_notes(context, plain, helpers)
    notes = {
        match.request.id: (
            *_notes_of_match(context, match),
            *returns.get(match.request.id, ()),
            *(moved_fields[match.request.id].notes if match.request.id in moved_fields else ()),
        )
        for match in whole
    }
    sources = sorted({source for match in whole for source in sources_out_of_sight(context, match)})
    unchecked_by_tests = tuple(check for check, edit in checks if edit is None)
    return Plan(
        tuple(dict.fromkeys(edits)), tables, helpers, notes, refusal, unchecked_by_tests, tuple(sources)
    )


def _require_known_requests(context: PlanContext, matches: Iterable[Match]) -> None:
    """Refuse requests that the analysis doesn't follow everywhere, or that may go to another service."""
    for match in matches:
        if _is_affected_by_budget(context, match):
            raise RefusalError(match.request.site, "too-large", TOO_MANY)
        replaced = context.facts.replaced.get(match.request.client)
        if replaced is not None:
            raise RefusalError(
                replaced,
                "library-changed",
                "this replaces or intercepts functions of a library, so it sees all requests and responses",
            )
        if match.foreign:
            raise RefusalError(
                match.foreign_base or match.request.site,
                "another-service",
                "this request may also go to another service"
                + (", whose address is written here" if match.foreign_base is not None else ""),
            )


def _migrate_arguments(
    context: PlanContext,
    matches: list[Match],
    moved_fields: dict[int, MovedFields],
    tables: TableUses,
    helpers: Helpers,
    widening: WidenedReads,
) -> list[PendingEdit]:
    """The pending edits of uploads, queries and bodies. Fields that move into a body are added to
    `moved_fields`, by request."""
    edits: list[PendingEdit] = []
    for match in matches:
        if match.operation.new.form is not None:
            edits.extend(migrate_upload(context, match, widening, helpers))
            continue
        additions = MovedFields()
        edits.extend(migrate_query(context, match, additions))
        add_owner_field(context, match, matches, additions, tables)
        edits.extend(additions.edits)
        moved_fields[match.request.id] = additions
    for match in matches:
        if match.operation.new.form is None:
            edits.extend(migrate_body(context, match, moved_fields, tables))
    return edits


def _notes_of_match(context: PlanContext, match: Match) -> list[str]:
    _, settings = sources_in_sight(context, match)
    names = sorted({with_all_keys(context, match, name) for name in (*match.overridden, *settings)})
    return [
        *(f"{name} can override this; if it points to v1, change it, too" for name in names),
        *notes_of_version_settings(context, match, {*match.version_sources} - settings),
        *notes_of_stand_ins(context, match),
    ]
