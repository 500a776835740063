"""Notes on findings: persisted ids, unseen flows, overriding settings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import libcst as cst

from kognitos_migrate.conversations.flow_channels import ChannelKind, FlowChannel
from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.path_settings import template_of_path
from kognitos_migrate.conversations.setting_keys import with_all_keys
from kognitos_migrate.conversations.unversioned_requests import sources_in_sight, versions_in_setting
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.source_descriptions import UNFOLLOWED, source_of
from kognitos_migrate.edits.stand_ins import stand_in_address
from kognitos_migrate.edits.url.version_settings import has_setting
from kognitos_migrate.findings.result import (
    DeployStep,
    PlaceConverter,
    SettingKind,
    ValueFlow,
    described_flows,
    setting_named,
)
from kognitos_migrate.findings.setting_reads import place_of_read, url_parameters
from kognitos_migrate.findings.trace import primary_call
from kognitos_migrate.interpret.library_effects import only_shows
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import BY_CALLERS, DECORATOR, ENUM, HOOK, INDEX, SLICE
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.shapes import is_method_call, last_name
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply

_KEEPERS = {
    "a database": ("execute", "executemany", "executescript", "add", "insert", "insert_one", "merge", "save"),
    "a file": ("dump", "write", "writelines", "write_text", "write_bytes", "writerow", "writerows", "to_csv"),
    "a queue": ("put", "put_nowait", "publish", "send_message", "enqueue", "delay", "apply_async", "lpush"),
    "a store": ("set", "setex", "hset", "put_item"),
}
_KEPT_BY = {name: where for where, names in _KEEPERS.items() for name in names}
_NOT_KEPT = ("print", "pprint", "echo", "secho", "format", "join")
_INSIDE = (INDEX, SLICE, ENUM, HOOK, DECORATOR)


class _PersistedValue(Struct, frozen=True):
    """A place where a value leaves the program's run, or enters it."""

    match: Match
    note: str
    site: Site
    description: str


def _persisted_values_by_note(
    context: PlanContext, conversation: Conversation
) -> Mapping[str, Sequence[_PersistedValue]]:
    tests = context.facts.tests
    matches = [
        match
        for match in conversation.matches
        if match.request.stub is None and match.request.site.path not in tests
    ]
    flights = [
        flight
        for match in matches
        for flight in (*_persisted_values(context, match), *_outside_sources(context, match))
        if flight.site.path not in tests
    ]
    by_note: dict[str, list[_PersistedValue]] = {}
    for flight in flights or [flight for match in matches for flight in _values_returned(context, match)]:
        by_note.setdefault(flight.note, []).append(flight)
    return by_note


def notes_on_persisted_ids(
    context: PlanContext, conversation: Conversation, places: PlaceConverter
) -> Mapping[int, tuple[str, ...]]:
    """The notes on persisted ids by request id. Each note appears once per conversation."""
    notes_by_request: dict[int, tuple[str, ...]] = {}
    for note, flights in _persisted_values_by_note(context, conversation).items():
        number = flights[0].match.request.id
        described = described_flows(_flows(context, flights, places), places.location_text)
        notes_by_request[number] = (*notes_by_request.get(number, ()), f"{note} ({described})")
    return notes_by_request


def steps_of_persisted_ids(
    context: PlanContext, conversations: Iterable[Conversation], places: PlaceConverter
) -> Iterator[DeployStep]:
    """The notes on persisted ids as steps before deployment, each with its request."""
    for conversation in conversations:
        for note, flights in _persisted_values_by_note(context, conversation).items():
            place = places.of(context.span(primary_call(context, flights[0].match)))
            flows = _flows(context, flights, places)
            yield DeployStep(SettingKind.STORED, "", place, note, flows=flows)


def _flows(
    context: PlanContext, flights: Iterable[_PersistedValue], places: PlaceConverter
) -> tuple[ValueFlow, ...]:
    flows = (ValueFlow(flight.description, places.of(context.span(flight.site))) for flight in flights)
    return tuple(dict.fromkeys(flows))


def _persisted_values(context: PlanContext, match: Match) -> Iterator[_PersistedValue]:
    """The places where a value of the reply is stored beyond the program's run."""
    for member in match.operation.old.reply:
        if member.note is None:
            continue
        position = Reply(match.request.id, (View.JSON, member.name))
        for use in context.uses.get(match.request.id, []):
            keeper = (
                _storing_code(context, use) if use.value == position and use.kind is UseKind.ESCAPE else None
            )
            if keeper is not None:
                yield _PersistedValue(match, member.note, use.site, f"{member.name!r} is passed to {keeper}")


def _values_returned(context: PlanContext, match: Match) -> Iterator[_PersistedValue]:
    """The places where a value of the reply goes to callers out of sight, which may store it."""
    for member in match.operation.old.reply:
        position = Reply(match.request.id, (View.JSON, member.name))
        for use in context.uses.get(match.request.id, []) if member.note is not None else ():
            if member.note is not None and use.value == position and use.detail in BY_CALLERS:
                yield _PersistedValue(
                    match, member.note, use.site, f"{member.name!r} is returned to {use.detail}"
                )


def _storing_code(context: PlanContext, use: Use) -> str | None:
    """A description of the code that may store an escaping value. None if it is only shown."""
    if use.detail in (*_INSIDE, *BY_CALLERS):
        return None
    node = context.node(use.site)
    if not isinstance(node, cst.Call):
        return "a store" if isinstance(node, cst.Subscript) else use.detail
    name = last_name(node.func)
    if name in _NOT_KEPT:
        return None
    if name is None:
        return UNFOLLOWED
    return _KEPT_BY.get(name, f"`{name}`, which can't be followed")


def _outside_sources(context: PlanContext, match: Match) -> Iterator[_PersistedValue]:
    """The places where a slot of the path gets a value that isn't from a reply."""
    notes = {
        member.slot: member.note
        for operation in context.rules.operations
        if operation.api == match.operation.api
        for member in operation.old.reply
        if member.note is not None
    }
    for path in match.paths:
        for part, segment in zip(match.operation.old.path, path.segments, strict=True):
            note = notes.get(part.slot or "")
            if note is None:
                continue
            site = segment.pieces[0].site
            if segment.text in context.settings.keys:
                continue  # a key of the configuration is the id of something else
            if segment.text is not None and site is not None:
                yield _PersistedValue(match, note, site, f"{segment.text!r} is in the code")
            for piece in segment.pieces:
                source = source_of(context, piece.via[-1]) if piece.text is None else None
                if source is not None:
                    yield _PersistedValue(match, note, piece.via[-1].site, f"an id comes from {source}")


def notes_of_passages(
    context: PlanContext, conversation: Conversation, places: PlaceConverter
) -> Mapping[int, tuple[str, ...]]:
    """The notes on requests in other modules that are changed together, by request id.

    A note names the other request and the channel between the two.
    """
    requests = context.facts.requests
    notes: dict[int, tuple[str, ...]] = {}
    for passage in conversation.passages:
        giver, taker = requests[passage.source].site, requests[passage.taker].site
        if giver.path == taker.path:
            continue
        for number, other in ((passage.source, taker), (passage.taker, giver)):
            place = places.location_text(places.of(context.span(other))).rpartition(":")[0]
            note = f"changed together with {place} or not at all: {channel_description(passage.channel)}"
            notes.setdefault(number, (note,))
    return notes


def channel_description(channel: FlowChannel) -> str:
    """A description of the channel of a value between two places."""
    name = channel.name
    match channel.kind:
        case ChannelKind.IMPORT:
            return f"ids may be passed through {name}"
        case ChannelKind.STORAGE | ChannelKind.KEY:
            return f"ids may be passed through {name!r}, which both use"
        case ChannelKind.TASK:
            return f"ids may be passed through the task {name!r}"
        case ChannelKind.LIBRARY | ChannelKind.NAMED_LIBRARY:
            return f"ids may be passed through the package {name!r}"


def overrides_of(
    context: PlanContext, conversations: Iterable[Conversation], places: PlaceConverter
) -> list[DeployStep]:
    """The settings that can override a part of the conversations' URLs, each with its requests."""
    steps = dict.fromkeys(_overrides(context, conversations, places))
    return sorted(steps, key=lambda step: step.place)


def _overrides(
    context: PlanContext, conversations: Iterable[Conversation], places: PlaceConverter
) -> Iterator[DeployStep]:
    for conversation in conversations:
        for match in conversation.matches:
            place = places.of(context.span(primary_call(context, match)))
            settings = sources_in_sight(context, match)[1]
            for source in (*match.overridden, *sorted(settings)):
                read_at = place_of_read(context, source, match, places)
                name = with_all_keys(context, match, source)
                yield DeployStep(*setting_named(name), place, read_at=read_at)
            for file, source in _other_files(context, match):
                yield DeployStep(SettingKind.FILE_NAME, source, place, file)
            if match.stand_ins:
                api, written = context.api(match.operation), places.of(context.span(match.stand_ins[0]))
                yield DeployStep(SettingKind.SERVER, stand_in_address(match), written, api.old, api.new)
            for parameter in url_parameters(context, match):
                yield DeployStep(SettingKind.PARAMETER, parameter, place)
            for source in (source for source in match.version_sources if source not in settings):
                reads = _reads_of_setting(context, source)
                flows = (ValueFlow(text, places.of(context.span(site))) for text, site in reads)
                old, new = versions_in_setting(context, match)
                if match.path_setting is not None:
                    operation = context.rules.operation(match.operation.id)
                    old, new = (template_of_path(match, layout) for layout in (operation.old, operation.new))
                read_at = place_of_read(context, source, match, places)
                yield DeployStep(*setting_named(source), place, old, new, tuple(flows), read_at)


def _other_files(context: PlanContext, match: Match) -> Iterator[tuple[str, str]]:
    """The settings files with a part of a request's URL, each with the settings that can name another one."""
    sites = (site for path in match.paths for site in path.url.sites())
    for file in dict.fromkeys(site.path for site in sites):
        for source in context.facts.file_names.get(file, ()):
            yield file, source


_SPLITS = ("split", "rsplit", "partition", "rpartition", "splitlines")


def _reads_of_setting(context: PlanContext, source: str) -> Iterator[tuple[str, Site]]:
    """The calls that show a setting with the version, or read a part of it, each with a description."""
    for tree in context.trees.values():
        for call in tree.of_kind(cst.Call):
            callees = [
                choice for value in context.values_at(tree.site(call.func)) for choice in alternatives(value)
            ]
            arguments = (argument.value for argument in call.args)
            if any(only_shows(callee, call) for callee in callees):
                if any(_holds_setting(context, tree.site(argument), source) for argument in arguments):
                    yield "also shown", tree.site(call)
            elif is_method_call(call, *_SPLITS) and isinstance(call.func, cst.Attribute):
                if _holds_setting(context, tree.site(call.func.value), source):
                    yield "also taken apart", tree.site(call)


def _holds_setting(context: PlanContext, site: Site, source: str) -> bool:
    return any(has_setting(value, (source,)) for value in context.values_at(site))
