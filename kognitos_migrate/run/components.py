"""Connected components of a run, their outcomes, and the flows that link them.

A component that contains only a URL path of the old version has no findings of its own. But it may read the
id that another program of its project stored, or store an id that another one reads. Then both are migrated
together.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from kognitos_migrate.conversations.flow_channels import ANY_PACKAGE, ChannelKind, FlowChannel
from kognitos_migrate.conversations.link import ExternalFlows, FlowEnd
from kognitos_migrate.discover.call_signs import is_named_caller
from kognitos_migrate.discover.prefilter import (
    Anchors,
    ClientModules,
    can_matter,
    client_modules,
    may_send_requests,
    names_api,
)
from kognitos_migrate.discover.signature import has_signature, is_segment_in, path_words, requested_slots
from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.edits.slice_surroundings import NO_SURROUNDINGS, SliceSurroundings
from kognitos_migrate.errors import Fault
from kognitos_migrate.findings.manual_findings import internal_error
from kognitos_migrate.findings.result import Result, distinct_edits
from kognitos_migrate.modules.definition_links import connected_files, links_of_sources
from kognitos_migrate.modules.elision import Between
from kognitos_migrate.rulebook.model import Operation, Rulebook
from kognitos_migrate.run.flow_index import FlowIndex
from kognitos_migrate.run.project import is_inside
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import Struct, field, replace
from kognitos_migrate.syntax.tree import TOOL


class Component(Struct, frozen=True):
    """Sources that are analysed together, with their surroundings in the run."""

    sources: tuple[SourceFile, ...]
    surroundings: SliceSurroundings = NO_SURROUNDINGS
    links: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By file, the files whose definitions it may use, as far as this is known."""
    elided_spans: Mapping[str, Sequence[Between]] = field(default_factory=dict)
    """By file, the spans of function bodies that are not parsed."""

    def exclude(self, paths: Collection[str], message: str, reason: str) -> "Component":
        """The component with these sources marked as faults. Raises KeyError if a path isn't in it."""
        if not {*paths} <= {*self.paths}:
            raise KeyError(*paths)
        sources = tuple(
            replace(source, fault=Fault(message, source.path, reason=reason))
            if source.path in paths
            else source
            for source in self.sources
        )
        return replace(self, sources=sources)

    @property
    def projects(self) -> frozenset[str]:
        """The root directories of the projects that its files belong to."""
        return frozenset(source.project for source in self.sources)

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of its sources, which identify the component."""
        return tuple(source.path for source in self.sources)

    @property
    def size(self) -> int:
        """The characters to analyse, without the function bodies that are left out."""
        blanks = sum(end - start for places in self.elided_spans.values() for start, end in places)
        return sum(len(source.text) for source in self.sources) - blanks


def connected_components(sources: Sequence[SourceFile]) -> list[Component]:
    """The connected components, in the order of their first sources."""
    by_path = {source.path: source for source in sources}
    links = links_of_sources(sources)
    outside = SliceSurroundings.of((source.path, source.text) for source in sources)
    return [
        Component(
            tuple(by_path[path] for path in group),
            outside.without_files(group),
            {path: links[path] for path in group},
        )
        for group in connected_files(links)
    ]


def relevant_components(components: Iterable[Component], anchors: Anchors) -> list[Component]:
    """The components that may have findings. A file of them contains an anchor or can't be read, or the files
    together bear a signature."""
    return [component for component in components if _may_have_findings(component, anchors)]


def _may_have_findings(component: Component, anchors: Anchors) -> bool:
    if any(source.fault is not None for source in component.sources):
        return True
    texts = [encode_text(source) for source in component.sources]
    return (
        any(can_matter(text, anchors) for text in texts)
        or any(
            is_named_caller(text, source.path, anchors)
            for text, source in zip(texts, component.sources, strict=True)
        )
        or has_signature(texts, anchors.signature, anchors.clients)
    )


def join_components(components: Sequence[Component]) -> Component:
    """Merge components of a run into one."""
    sources = sorted(
        (source for component in components for source in component.sources), key=lambda source: source.path
    )
    links = {path: targets for component in components for path, targets in component.links.items()}
    return Component(
        tuple(sources), components[0].surroundings.without_files(source.path for source in sources), links
    )


def encode_text(source: SourceFile) -> bytes:
    """The text of a source in UTF-8."""
    return source.text.encode("utf-8", "surrogatepass")


def flows_in_text(component: Component, rulebook: Rulebook, senders: ClientModules) -> ExternalFlows | None:
    """The flow ends that the text of an unanalysed component allows. None if it has no old path or sends no
    requests."""
    texts = {source.path: encode_text(source) for source in component.sources}
    operations = list(_operations(rulebook, b"\n".join(texts.values())))
    if not operations or not may_send_requests(texts, senders):
        return None
    words = list(_channel_words(component))
    channels = {
        FlowChannel(kind, word)
        for word in words
        for kind in (ChannelKind.STORAGE, ChannelKind.TASK, ChannelKind.LIBRARY, ChannelKind.NAMED_LIBRARY)
    }
    channels.update(
        FlowChannel(kind, word, package)
        for word in words
        for kind in (ChannelKind.KEY, ChannelKind.TASK)
        for package in ANY_PACKAGE
    )
    reply_slots = {
        member.slot for operation in operations for member in operation.old.reply if member.slot is not None
    }
    request_slots = {slot for operation in operations for slot in requested_slots(operation)}
    return ExternalFlows(
        frozenset(FlowEnd(slot, channel) for slot in reply_slots for channel in channels),
        frozenset(FlowEnd(slot, channel) for slot in request_slots for channel in channels),
    )


def _channel_words(component: Component) -> Iterator[str]:
    """Every word, file name and string of a component that may name a channel."""
    for source in component.sources:
        yield PurePosixPath(source.path).name
        yield from set(re.split(r"\W+", source.text))
        yield from {word for line in source.text.splitlines() for word in re.split(r"[\"']", line)}


def _operations(rulebook: Rulebook, text: bytes) -> Iterator[Operation]:
    """The operations whose old paths may occur in a text, and those that are reached only from another's
    reply."""
    for operation in rulebook.operations:
        words = path_words(rulebook.apis[operation.api], operation)
        if words is None or (is_segment_in(words.version, text) and is_segment_in(words.word, text)):
            yield operation


class OpenConversation(Struct, frozen=True):
    """A conversation that may continue in another program: one stores the id of a run, and another reads
    it."""

    ends: ExternalFlows
    proven: bool
    """Whether evidence shows that it belongs to the API."""
    fixed: bool
    """Whether it is migrated if anything is."""


class ComponentOutcome(Struct, frozen=True):
    """The result of a component, and the open conversations that may link it to others."""

    result: Result
    open_conversations: tuple[OpenConversation, ...]


def merge_linked(
    components: Sequence[Component], outcomes: Sequence[ComponentOutcome]
) -> list[Component] | None:
    """The components, with those merged that have to be analysed together. None if there are none to merge.

    Two components are merged if their fixes change the same file, or one of them changes a file of the other.
    They are also merged if their conversations may be one, at least one of these is proven, and not all are
    fixed.
    """
    if len(components) == 1:
        return None
    numbers = DisjointSets(range(len(components)))
    for first, second in (*_pairs_sharing_flows(components, outcomes), *_linked_pairs(components, outcomes)):
        numbers.join(first, second)
    groups = numbers.groups()
    if len(groups) == len(components):
        return None
    return [
        join_components([components[at] for at in group]) if group[1:] else components[group[0]]
        for group in groups
    ]


def _pairs_sharing_flows(
    components: Sequence[Component], outcomes: Sequence[ComponentOutcome]
) -> Iterator[tuple[int, int]]:
    owners = {path: number for number, component in enumerate(components) for path in component.paths}
    for number, outcome in enumerate(outcomes):
        edits = distinct_edits(finding.fix for finding in outcome.result.findings)
        for path in sorted({edit.span.path for edit in edits}):
            yield owners.setdefault(path, number), number


def _linked_pairs(
    components: Sequence[Component], outcomes: Sequence[ComponentOutcome]
) -> Iterator[tuple[int, int]]:
    """Pairs of component numbers whose conversations may be one, with one proven and not all fixed."""
    for group in _possibly_same_conversations(components, outcomes):
        if any(conversation.proven for _, conversation in group) and not all(
            conversation.fixed for _, conversation in group
        ):
            yield from ((group[0][0], number) for number, _ in group)


def are_linked(components: Sequence[Component], outcomes: Sequence[ComponentOutcome]) -> bool:
    """Whether conversations of two of the components may be one."""
    groups = ({number for number, _ in group} for group in _possibly_same_conversations(components, outcomes))
    return any(len(numbers) > 1 for numbers in groups)


def _possibly_same_conversations(
    components: Sequence[Component], outcomes: Sequence[ComponentOutcome]
) -> Iterator[list[tuple[int, OpenConversation]]]:
    """Groups of conversations that may be one, with the numbers of their components."""
    open_conversations = [
        (number, conversation)
        for number, outcome in enumerate(outcomes)
        for conversation in outcome.open_conversations
    ]
    ends = FlowIndex()
    for at, (number, conversation) in enumerate(open_conversations):
        ends.add(components[number].projects, conversation.ends, at)
    conversations = DisjointSets(range(len(open_conversations)))
    for first, *rest in ends.groups():
        for other in rest:
            conversations.join(first, other)
    return ([open_conversations[at] for at in group] for group in conversations.groups())


def failed_outcome(
    component: Component, error: Exception, rulebook: Rulebook, anchors: Anchors
) -> ComponentOutcome:
    """The outcome of a component whose analysis raised an exception. Its flow ends come from its text, and
    count as proven and not fixed."""
    naming = (source for source in component.sources if names_api(encode_text(source), anchors))
    result = internal_error(next(naming, component.sources[0]), error)
    ends = flows_in_text(component, rulebook, client_modules(rulebook))
    return ComponentOutcome(
        result, () if ends is None else (OpenConversation(ends, proven=True, fixed=False),)
    )


class DeferredComponents:
    """Components that are analysed only if another one may share a conversation with them."""

    def __init__(self, rulebook: Rulebook, anchors: Anchors, place: str | None = None) -> None:
        """Start without deferred components. The component with the file `place` is never deferred."""
        self._rulebook, self._anchors, self._place = rulebook, anchors, place
        self._senders = client_modules(rulebook)
        self._waiting: list[tuple[Component, ExternalFlows]] = []

    def first(self, components: Iterable[Component]) -> list[Component]:
        """The components to analyse at once: they name the API, bear its signature, or contain a fault.
        Others are deferred if their project is near one of these and they have flow ends."""
        first: list[Component] = []
        others: list[Component] = []
        for component in components:
            is_first = any(map(self._is_analysed_at_once, component.sources)) or self._is_signed(component)
            (first if is_first else others).append(component)
        homes = {home for component in first for home in component.projects}
        for component in others if homes else ():
            if not any(
                is_inside(project, home) or is_inside(home, project)
                for project in component.projects
                for home in homes
            ):
                continue  # no file of its project names the API
            if (ends := flows_in_text(component, self._rulebook, self._senders)) is not None:
                self._waiting.append((component, ends))
        return first

    def take_continuations(
        self, components: Sequence[Component], outcomes: Sequence[ComponentOutcome]
    ) -> list[Component]:
        """Remove and return the deferred components that may continue a conversation of an analysed one."""
        if not self._waiting:
            return []
        ends = FlowIndex()
        for component, outcome in zip(components, outcomes, strict=True):
            for conversation in outcome.open_conversations:
                ends.add(component.projects, conversation.ends, 0)
        are_met = [ends.meets(component.projects, own) for component, own in self._waiting]
        continuations = [
            component for (component, _), is_met in zip(self._waiting, are_met, strict=True) if is_met
        ]
        self._waiting = [entry for entry, is_met in zip(self._waiting, are_met, strict=True) if not is_met]
        return continuations

    def _is_analysed_at_once(self, source: SourceFile) -> bool:
        if source.fault is not None or source.path == self._place:
            return True
        text = encode_text(source)
        is_named = names_api(text.lower().replace(TOOL.encode(), b""), self._anchors)
        return is_named or is_named_caller(text, source.path, self._anchors)

    def _is_signed(self, component: Component) -> bool:
        texts = [encode_text(source) for source in component.sources]
        return has_signature(texts, self._anchors.signature, self._anchors.clients)
