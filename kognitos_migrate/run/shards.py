"""Slices of a large component, the values that leave them without a name, and the shards of a slice."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache, cached_property

from kognitos_migrate.debug_log import log
from kognitos_migrate.discover.prefilter import Anchors, can_matter, may_matter, may_name_old_version
from kognitos_migrate.discover.signature import has_part_of_signature
from kognitos_migrate.discover.signature import has_signature as is_signed
from kognitos_migrate.edits.plan import Plan, Refusal
from kognitos_migrate.findings.result import distinct_edits
from kognitos_migrate.modules.channels import NO_CHANNELS, Channel, Channels
from kognitos_migrate.modules.definition_links import definition_links
from kognitos_migrate.modules.elision import Between
from kognitos_migrate.modules.slicing import Slice, Slicer, Statements
from kognitos_migrate.run.changed_values import channels_of_changed_values, classes_holding_changed_values
from kognitos_migrate.run.channel_readers import ChannelReaders, readers_by_channel
from kognitos_migrate.run.components import Component, ComponentOutcome, are_linked, encode_text
from kognitos_migrate.run.program_result import PlannedProgram
from kognitos_migrate.run.result_join import join_results
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, replace


class ShardStatement(Struct, frozen=True):
    """A top-level statement of a module."""

    start: int
    end: int
    names: frozenset[str]
    matters: bool
    """Whether it, or a definition that it uses, can matter."""
    is_import: bool


class Shard(Struct, frozen=True):
    """A slice of a component, with the top-level statements of its modules."""

    component: Component
    statements: Mapping[str, Sequence[ShardStatement]]
    beside: frozenset[Channel] = frozenset(Channel)
    """The channels that code outside the shard may read from."""

    @property
    def size(self) -> int:
        """The characters to analyse."""
        return self.component.size

    def shared_definitions(self, planned_program: PlannedProgram) -> list[tuple[str, str]]:
        """The definitions, by file and name, that code outside may use although they matter. They contain
        replies, use code that matters, or are edited, or are data of tests that hold a change back, because
        nothing in the slice uses them."""
        inner_names = self._inner_names()
        return [
            definition
            for definition in self._shared_definitions(planned_program)
            if definition not in inner_names
        ]

    def channels(self, planned_program: PlannedProgram) -> Channels:
        """The channels that carry changed values to code outside the shard, if that code may read from
        them."""
        carrying = channels_of_changed_values(planned_program.program.context)
        return Channels(carrying.kinds & self.beside, carrying.attributes)

    def relevant_statements(self) -> frozenset[tuple[str, int]]:
        """The statements that matter, by file and start offset."""
        return frozenset(
            (file, statement.start)
            for file, tops in self.statements.items()
            for statement in tops
            if statement.matters
        )

    def _inner_names(self) -> Collection[tuple[str, str]]:
        """The names, by file, whose uses are all in the shard: every statement that binds one matters."""
        matters_by_name: dict[tuple[str, str], bool] = {}
        for file, tops in self.statements.items():
            for statement in tops:
                for name in statement.names:
                    so_far = matters_by_name.get((file, name), not name.startswith("__"))
                    matters_by_name[file, name] = so_far and statement.matters
        return {place for place, matters in matters_by_name.items() if matters}

    def _shared_definitions(self, planned_program: PlannedProgram) -> Iterator[tuple[str, str]]:
        context = planned_program.program.context
        for (file, name), held_objects in context.facts.holdings.items():
            if held_objects.replies or any(
                self._matters(context.span(site)) for site in held_objects.definitions
            ):
                yield file, name
        for site in classes_holding_changed_values(context):
            statement = self._statement_at(context.span(site))
            if statement is not None and not statement.is_import:
                yield from ((site.path, name) for name in statement.names)
        for planned in planned_program.planned:
            is_changed = isinstance(planned.outcome, Plan)
            spans = [edit.span for edit in planned.edits] if is_changed else []
            if isinstance(planned.outcome, Refusal) and planned.outcome.reason == "stub":
                spans.append(context.span(planned.outcome.site))
            for span in spans:
                statement = self._statement_at(span) if span.path in context.trees else None
                if statement is not None and not statement.is_import:
                    yield from ((span.path, name) for name in statement.names)

    def _matters(self, span: Span) -> bool:
        statement = self._statement_at(span)
        return statement is not None and statement.matters and not statement.is_import

    def _statement_at(self, span: Span) -> ShardStatement | None:
        return next(
            (
                statement
                for statement in self.statements.get(span.path, ())
                if statement.start <= span.start < statement.end
            ),
            None,
        )


class LazyShard:
    """A shard that the process which analyses it cuts out, since that takes long. It is pickled as the
    finished shard."""

    def __init__(self, size: int, cut: Callable[[], Shard]) -> None:
        """`size` is the approximate number of characters to analyse."""
        self.size = size
        self._cut = cut

    @cached_property
    def shard(self) -> Shard:
        """The shard, cut out on first access."""
        return self._cut()

    def __reduce__(self) -> tuple[Callable[[Shard], Shard], tuple[Shard]]:
        return _itself, (self.shard,)


def _itself(shard: Shard) -> Shard:
    return shard


def join_shards(component: Component, outcomes: Sequence[ComponentOutcome | None]) -> ComponentOutcome | None:
    """The outcomes of a component's shards joined. None if the component has to be analysed as a whole: a
    shard failed, two shards change one file, or two may share a conversation."""
    shard_outcomes = [outcome for outcome in outcomes if outcome is not None]
    if len(shard_outcomes) < len(outcomes) or are_linked([component for _ in shard_outcomes], shard_outcomes):
        return None
    changed = [path for outcome in shard_outcomes for path in _changed_files(outcome)]
    if len({*changed}) < len(changed):
        return None
    open_conversations = tuple(
        conversation for outcome in shard_outcomes for conversation in outcome.open_conversations
    )
    return ComponentOutcome(join_results([outcome.result for outcome in shard_outcomes]), open_conversations)


def _changed_files(outcome: ComponentOutcome) -> set[str]:
    """The files that are changed, or would be by a fix."""
    edits = distinct_edits(finding.fix for finding in outcome.result.findings)
    return {*(edit.span.path for edit in edits), *(change.path for change in outcome.result.changes)}


LARGE = 2_000
"""Characters from which a component is analysed in slices, some sixty lines."""
VERY_LARGE = 150_000
"""Characters from which a component is split into shards, and sliced even if all function bodies are
parsed."""
MAX_SHARDS = 8
"""The limit on shards of a component. It exceeds the processors of most machines, and keeps the cost of
shared code low."""
_ROUNDS = 4
"""The number of slices before the whole component is analysed."""


class Bodies(Enum):
    """The functions in the files of a slice that are parsed with their bodies."""

    ALL = "all"
    NEEDED = "needed"
    """Only bodies that relevant code uses, that run on import, or that name the old version."""


class SliceSequence:
    """A component and ever wider slices of it."""

    def __init__(self, component: Component, anchors: Anchors, bodies: Bodies = Bodies.NEEDED) -> None:
        """Prepare the slices. A component below `LARGE` characters is analysed whole, and one below
        `VERY_LARGE` if `bodies` is ALL."""
        self.component = component
        self._bodies = bodies
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._channels = NO_CHANNELS
        self._rounds = 0 if component.size >= (LARGE if bodies is Bodies.NEEDED else VERY_LARGE) else _ROUNDS
        if self._rounds < _ROUNDS:
            self._texts = texts = {source.path: encode_text(source) for source in component.sources}
            has_signature = is_signed(texts.values(), anchors.signature, anchors.clients)
            self._seeds = [
                path
                for path, text in texts.items()
                if can_matter(text, anchors)
                or (has_signature and has_part_of_signature(text, anchors.signature))
            ]
            touched = cache(
                lambda text: (
                    may_matter(text, anchors)
                    or (has_signature and has_part_of_signature(text, anchors.signature))
                )
            )
            links = component.links or definition_links(texts)
            self._slicer = Slicer(texts, links, touched, lambda text: may_name_old_version(text, anchors))

    @property
    def size(self) -> int:
        """The characters of the component."""
        return self.component.size

    def first(self) -> Shard:
        """The first slice, or the whole component if it isn't large."""
        return self._slice()

    def shards(self, workers: int = 1) -> Sequence[LazyShard]:
        """The shards of the first slice. Empty if the component is not very large or doesn't fall apart. The
        data files of tests hold all code together: each of their entries needs the test that reads it."""
        has_data = any(source.data is not None for source in self.component.sources)
        if has_data or self._rounds >= _ROUNDS or self.size < VERY_LARGE or len(self.component.sources) < 2:
            return []
        whole = self._slicer.slice(self._seeds, {}, NO_CHANNELS)
        shards = self._slicer.shards(whole, MAX_SHARDS) if whole is not None else []
        if whole is None or not shards[1:]:
            return []
        readers = readers_by_channel(self._texts, self._slicer.parsed_statements(), workers)
        return [self._lazy_shard(whole, users, readers) for users in shards]

    def _lazy_shard(self, whole: Slice, users: Statements, readers: ChannelReaders) -> LazyShard:
        size = sum(len(source.text) for source in self.component.sources if source.path in users)
        within = {(file, statement.start) for file, statements in users.items() for statement in statements}
        outer_channels = frozenset(channel for channel, places in readers.items() if not places <= within)
        return LazyShard(
            size, lambda: self._cut_shard(self._slicer.shard_slice(whole, users), outer_channels)
        )

    def widen(self, current: Shard, planned_program: PlannedProgram) -> Shard | None:
        """A wider slice, or None if the current one suffices. It suffices unless code outside may use a
        changed definition or value, by name or by a channel."""
        if current.component is self.component:
            return None
        shared = current.shared_definitions(planned_program)
        for file, name in shared:
            self._names[file].add(name)
        channels = current.channels(planned_program)
        self._channels |= channels
        more = bool(channels) and not self._slicer.is_read_within(channels, current.relevant_statements())
        wider = self._slice() if shared or more else current
        if wider.component == current.component:
            return None
        log("slice widened", names=[f"{file}: {name}" for file, name in shared], by_channels=more)
        return wider

    def _slice(self) -> Shard:
        if self._rounds >= _ROUNDS:
            return Shard(self.component, {})
        self._rounds += 1
        program_slice = self._slicer.slice(self._seeds, self._names, self._channels)
        return self._cut_shard(program_slice) if program_slice is not None else Shard(self.component, {})

    def _cut_shard(
        self, program_slice: Slice, outer_channels: frozenset[Channel] = frozenset(Channel)
    ) -> Shard:
        within = tuple(
            source
            for source in self.component.sources
            if source.path in program_slice.files
            or (source.data is not None and not program_slice.files.isdisjoint(source.data.users))
        )
        left = {
            source.path: source.text
            for source in self.component.sources
            if source.path not in program_slice.files
        }
        outside = self.component.surroundings.with_texts(left, program_slice.unused)
        return Shard(
            replace(
                self.component,
                sources=within,
                surroundings=outside,
                elided_spans=self._elided_regions(program_slice),
            ),
            {source.path: self._shard_statements(program_slice, source.path) for source in within},
            outer_channels,
        )

    def _elided_regions(self, program_slice: Slice) -> Mapping[str, Sequence[Between]]:
        return self._slicer.elidable_regions(program_slice) if self._bodies is Bodies.NEEDED else {}

    def _shard_statements(self, program_slice: Slice, file: str) -> tuple[ShardStatement, ...]:
        mattering = {
            statement.start
            for statements in (program_slice.users, program_slice.imports)
            for statement in statements.get(file, ())
        }
        return tuple(
            ShardStatement(
                statement.start,
                statement.end,
                statement.names,
                statement.start in mattering,
                statement.is_import,
            )
            for statement in self._slicer.statements(file)
        )
