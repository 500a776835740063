"""The keys of configured tables that the code uses, and the rows of the tables for them."""

from collections.abc import Mapping

from kognitos_migrate.config.scaffold import keys_to_add
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import known_statuses
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError, UnseenKeyError
from kognitos_migrate.edits.source_descriptions import source_of_key
from kognitos_migrate.edits.supplied_keys import SuppliedKeys
from kognitos_migrate.rulebook.model import LayoutMember, Table, ValueFormat
from kognitos_migrate.syntax.tree import Site


def table_of(context: PlanContext, match: Match, member: LayoutMember) -> Table:
    """The table of a member's rows."""
    return context.api(match.operation).tables[member.table or ""]


def _site_of_key(match: Match, slot: str, key: str) -> Site | None:
    """The place where a key in the URL is written, perhaps in a test that passes it."""
    segments = (
        segment
        for path in match.paths
        for part, segment in zip(match.layout.path, path.segments, strict=True)
        if part.slot == slot and segment.text == key
    )
    return next((piece.site for segment in segments for piece in segment.pieces), None)


def require_configured_keys(context: PlanContext, match: Match, slot: str, table: Table) -> None:
    """Raises RefusalError if the configuration has no keys at all, or lacks one that the code contains or a
    setting supplies."""
    rows = context.settings.tables.get(table.setting, {})
    unknown = [
        key
        for key in match.keys(slot)
        if key is not None and key not in rows and not _is_unlisted(context, match, slot, table, key)
    ]
    for key in unknown:
        if (fault := table.fault(key)) is not None:
            raise RefusalError(
                _site_of_key(match, slot, key) or match.request.site,
                "malformed-key",
                f"{key!r} can't be a {table.key}: {fault}",
                f"replace it with a real {table.key}, or delete the call",
            )
    if unknown:
        of_tests = _tests_with_key(context, match, slot, unknown[0]) if len(unknown) == 1 else []
        place = f" ({context.place(of_tests[0])})" if of_tests else ""
        fault = context.settings.fault_of_keys(table.setting, table.key, unknown, place)
        lines = keys_to_add(context.settings, table, unknown)
        raise RefusalError(
            match.request.site,
            "not-configured",
            fault,
            f"{lines}\n# only tests use it, so any values will do" if of_tests else lines,
        )
    all_supplied = context.memoize(SuppliedKeys).required_keys(match, slot, table.setting)
    supplied = {
        key.key: key for key in all_supplied if not context.settings.is_decided(table.setting, key.key)
    }
    if supplied:
        first = next(iter(supplied.values()))
        place = f" ({first.source}, {first.setting.path}:{first.setting.row})"
        raise RefusalError(
            match.request.site,
            "not-configured",
            context.settings.fault_of_keys(table.setting, table.key, list(supplied), place),
            keys_to_add(context.settings, table, list(supplied)),
        )
    if not rows:
        unfilled = context.settings.unfilled.get(table.setting)
        to_add = unfilled or _keys_elsewhere(context, match, slot, table) or [f"<{table.key}>"]
        source = _key_source(context, match, slot)
        raise UnseenKeyError(
            match.request.site,
            "not-configured",
            f"no {table.key} is configured, and this one comes from {source}",
            keys_to_add(context.settings, table, to_add),
            source,
        )


def _tests_with_key(context: PlanContext, match: Match, slot: str, key: str) -> list[Site]:
    """The places in tests where a key is written; empty if the program uses it, too."""
    users = [
        other
        for other in context.requests.matches.values()
        if other.operation.id == match.operation.id and key in other.keys(slot)
    ]
    sites = [_site_of_key(user, slot, key) for user in users]
    of_tests = [site for site in sites if site is not None and site.path in context.facts.tests]
    return of_tests if len(of_tests) == len(sites) else []


def _keys_elsewhere(context: PlanContext, match: Match, slot: str, table: Table) -> list[str]:
    """The keys in other requests of the operation, such as those of tests."""
    keys = {
        key
        for other in context.requests.matches.values()
        if other.operation.id == match.operation.id
        for key in other.keys(slot)
        if key is not None
    }
    return sorted(key for key in keys if table.fault(key) is None)


def _key_source(context: PlanContext, match: Match, slot: str) -> str:
    """The source of the key in the URL of a request."""
    segments = (
        segment
        for path in match.paths
        for part, segment in zip(match.layout.path, path.segments, strict=True)
        if part.slot == slot
    )
    pieces = (piece for segment in segments for piece in segment.pieces)
    return source_of_key(context, [piece.via[-1] for piece in pieces if piece.text is None and piece.via])


def _is_unlisted(context: PlanContext, match: Match, slot: str, table: Table, key: str) -> bool:
    """Whether the configuration says that no version knows a key, or a test that is the only user answers
    that it is unknown, or the old version can't have given it to anything, and a test uses it for its
    doubles, or the program for a server on this machine. To the new version it is an unknown key, as to the
    old one."""
    if key in context.settings.unlisted.get(table.setting, ()):
        return True
    if is_unknown_in_tests(context, match, slot, table, key):
        return True
    if table.unlisted is None or table.fault(key) is None:
        return False
    place = _site_of_key(match, slot, key)
    is_of_test = place is not None and place.path in context.facts.tests
    has_real_key = any(other is not None and table.fault(other) is None for other in match.keys(slot))
    return is_of_test or (bool(match.stand_ins) and has_real_key)


def is_unknown_in_tests(context: PlanContext, match: Match, slot: str, table: Table, key: str) -> bool:
    """Whether only tests use a key, and each of their stubs for it has the status for an unknown key."""
    stubs = [
        other.request.stub
        for other in context.requests.matches.values()
        if other.operation.id == match.operation.id and key in other.keys(slot) and other.request.stub
    ]
    replies = [reply for stub in stubs for reply in stub.replies.values()]
    return (
        bool(stubs)
        and not context.settings.is_unfilled(table.setting, key)
        and table.unlisted is not None
        and all(stub.replies for stub in stubs)
        and all(known_statuses(reply) == {table.unlisted.status} for reply in replies)
        and bool(_tests_with_key(context, match, slot, key))
    )


def row_of(context: PlanContext, table: Table, key: str) -> Mapping[str, str]:
    """The fields for a key. A key without a row has the fields that the table's function returns."""
    rows = context.settings.tables[table.setting]
    unlisted = table.unlisted
    if key in rows or unlisted is None:
        return rows[key]
    return {**default_fields(table, next(iter(rows.values()))), unlisted.field: key}


def default_fields(table: Table, row: Mapping[str, str]) -> dict[str, str]:
    """The fields, except for the key's own, of a key without a row. `row` is any row of the table."""
    return {
        field.name: f"unknown {table.key}" if field.format is ValueFormat.TEXT else row.get(field.name, "")
        for field in table.fields
    }
