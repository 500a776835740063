"""Notes on the keys of tables: those looked up at run time, and those that stubs no longer tell."""

from collections.abc import Iterable, Iterator, Mapping

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.source_descriptions import source_of_key
from kognitos_migrate.edits.stubs.unchecked_keys import UncheckedKey
from kognitos_migrate.edits.supplied_keys import SuppliedKey, SuppliedKeys
from kognitos_migrate.findings.result import (
    DeployStep,
    Place,
    PlaceConverter,
    SettingKind,
    ValueFlow,
    described_flows,
)
from kognitos_migrate.findings.trace import primary_call
from kognitos_migrate.rulebook.model import Role, Table
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site

_MOST_SOURCES = 3
"""The limit on sources of keys in a note."""


class _RuntimeKey(Struct, frozen=True):
    """A request that looks up a key known at run time only, and the source of that key."""

    match: Match
    table: Table
    version: str
    source: str
    supplied: tuple[ValueFlow, ...]
    """The values of the source in files, and whether the table has them."""


def notes_of_keys(
    context: PlanContext, conversation: Conversation, places: PlaceConverter
) -> Mapping[int, tuple[str, ...]]:
    """The notes on keys that are looked up at run time, by request id."""
    keys_by_call: dict[tuple[Site, str], list[_RuntimeKey]] = {}
    for key in _runtime_keys(context, conversation):
        call = primary_call(context, key.match), key.table.constant
        keys_by_call.setdefault(call, []).append(key)
    notes: dict[int, tuple[str, ...]] = {}
    for (_, constant), keys in keys_by_call.items():
        table = keys[0].table
        sources = _list_sources(dict.fromkeys(key.source for key in keys))
        supplied = dict.fromkeys(flow for key in keys for flow in key.supplied)
        described = described_flows(supplied, places.location_text)
        note = (
            f"the {table.key} comes from {sources}: the table {constant} must list each value"
            f"{f' ({described})' if described else ''}; a missing one {_effect(table)}"
        )
        for number in dict.fromkeys(key.match.request.id for key in keys):
            notes[number] = (*notes.get(number, ()), note)
    return notes


def _list_sources(sources: Iterable[str]) -> str:
    """Sources in one phrase. Many are shortened."""
    first, others = [*sources][:_MOST_SOURCES], [*sources][_MOST_SOURCES:]
    last = f"{len(others)} more" if others else first.pop()
    return f"{', '.join(first)} and {last}" if first else last


def notes_of_stubs(context: PlanContext, conversation: Conversation) -> Mapping[int, tuple[str, ...]]:
    """The notes on stubs that no longer depend on the key in their URL, by request id, if the program sends
    several keys and the stub expects no body."""
    sent: dict[str, set[str | None]] = {}
    for match in conversation.matches:
        if match.request.stub is None:
            sent.setdefault(match.operation.id, set()).update(_looked_up_keys(match))
    return {
        match.request.id: (
            f"the stub now matches every {_table_of(context, match).key}: "
            f"{context.api(match.operation).new} has none in the URL",
        )
        for match in conversation.matches
        if match.request.stub is not None
        and not match.request.value(Role.JSON)
        and any(_looked_up_keys(match))
        and len(sent.get(match.operation.id, ())) > 1
    }


def steps_of_unchecked_keys(
    context: PlanContext, keys: Iterable[UncheckedKey], places: PlaceConverter
) -> Iterator[DeployStep]:
    """The checks of keys that tests lose, as one step for each field that tells the key."""
    steps: dict[str, list[Place]] = {}
    for key in keys:
        api = context.api(key.stub.operation)
        table, new = api.tables[str(key.member.table)], api.new
        written = (
            f"no longer checks the {table.key}, which {new} has in the body; "
            f"compare {key.member.name!r} there"
        )
        steps.setdefault(written, []).append(places.of(context.span(key.site)))
    for written, (first, *others) in steps.items():
        flows = tuple(ValueFlow("nor do others", place) for place in others)
        yield DeployStep(SettingKind.TEST, "", first, written, flows=flows)


def _looked_up_keys(match: Match) -> list[str | None]:
    """The texts of the keys in a request's old path that the new version looks up in a table."""
    slots = {member.slot for member in match.operation.new.members if member.table}
    return [key for part in match.layout.path if part.slot in slots for key in match.keys(str(part.slot))]


def _table_of(context: PlanContext, match: Match) -> Table:
    name = next(member.table for member in match.operation.new.members if member.table)
    return context.api(match.operation).tables[name]


def steps_of_keys(
    context: PlanContext, conversations: Iterable[Conversation], places: PlaceConverter
) -> Iterator[DeployStep]:
    """The tables to complete before deployment, by the source of their keys, each with its first request."""
    first: dict[tuple[str, str], DeployStep] = {}
    for conversation in conversations:
        for key in _runtime_keys(context, conversation):
            place = places.of(context.span(primary_call(context, key.match)))
            written = f"each {key.table.key} from {key.source}"
            effect = _effect(key.table)
            step = DeployStep(SettingKind.TABLE, key.table.constant, place, written, effect, key.supplied)
            previous = first.setdefault((step.name, written), step)
            first[step.name, written] = min(previous, step, key=lambda step: step.place)
    yield from first.values()


def _runtime_keys(context: PlanContext, conversation: Conversation) -> Iterator[_RuntimeKey]:
    for match in conversation.matches:
        if match.request.stub is not None:
            continue
        tables = {member.slot: member.table for member in match.operation.new.members if member.table}
        api = context.api(match.operation)
        for path in match.paths:
            for part, segment in zip(match.operation.old.path, path.segments, strict=True):
                setting = tables.get(part.slot or "")
                if setting is None or segment.text is not None:
                    continue
                holes = [piece.via[-1] for piece in segment.pieces if piece.text is None and piece.via]
                source = source_of_key(context, holes)
                keys = context.memoize(SuppliedKeys).of(match, str(part.slot))
                flows = dict.fromkeys(_supplied_value(context, setting, key) for key in keys)
                yield _RuntimeKey(match, api.tables[setting], api.old, source, tuple(flows))


def _supplied_value(context: PlanContext, table: str, supplied: SuppliedKey) -> ValueFlow:
    """A value of a setting in a file, and whether the table lists it."""
    verb = "lists" if supplied.key in context.settings.tables.get(table, {}) else "lacks"
    value = supplied.setting
    end = value.column + len(value.value)
    place = Place(value.path, value.row, value.column, value.row, end)
    return ValueFlow(f"the table {verb} {supplied.key!r}", place)


def _effect(table: Table) -> str:
    """The effect of a key that the table lacks."""
    return "is sent unchanged, and the server rejects it" if table.unlisted else "raises KeyError"
