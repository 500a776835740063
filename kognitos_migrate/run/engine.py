"""The engine: sources in, findings and changed texts out, component by component."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar

from kognitos_migrate.cache import NO_STORE, Store
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.debug_log import log
from kognitos_migrate.discover.call_signs import any_has_call_sign
from kognitos_migrate.discover.prefilter import Anchors, anchors
from kognitos_migrate.errors import UserError
from kognitos_migrate.findings.result import Applicability, Place, Result
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.chosen_conversations import with_chosen_plans
from kognitos_migrate.run.component_cache import ComponentCache
from kognitos_migrate.run.components import (
    Component,
    ComponentOutcome,
    DeferredComponents,
    connected_components,
    encode_text,
    failed_outcome,
    merge_linked,
    relevant_components,
)
from kognitos_migrate.run.garbage_collection import GARBAGE_BACKLOG, paused_collector
from kognitos_migrate.run.pipeline import apply_fixes, findings_of_program, plan_program
from kognitos_migrate.run.plans import import_planners
from kognitos_migrate.run.program_result import PlannedProgram
from kognitos_migrate.run.result_join import join_results
from kognitos_migrate.run.shards import Bodies, LazyShard, Shard, SliceSequence, join_shards
from kognitos_migrate.run.vocabulary_check import with_vocabulary_findings
from kognitos_migrate.run.worker_processes import map_in_processes
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.parser_input import SourceSyntaxError, UnfaithfulError
from kognitos_migrate.syntax.parsing import parse


def may_call(component: Component, anchors: Anchors) -> bool:
    """Whether a component may contain a call, an address or a key of the API. An unreadable one may."""
    if any(source.fault is not None for source in component.sources):
        return True
    return any_has_call_sign({source.path: encode_text(source) for source in component.sources}, anchors)


def components_with_calls(components: Iterable[Component], anchors: Anchors) -> list[Component]:
    """The components that may contain a call."""
    return [component for component in components if may_call(component, anchors)]


WORTH_PROCESSES = 30_000
"""Characters that take longer to analyse than a process takes to start."""
_SHARES = 16
"""The number of shares per process. There are several, since some take longer than others."""

Outcome = TypeVar("Outcome")
Work = Component | SliceSequence | LazyShard | Shard
"""The unit of one analysis: a component, a component with its slices, or a shard, cut out or yet to be."""


class PlannedComponent(Struct, frozen=True):
    """A component with its facts and plans (None if the tool fails on it), and its outcome."""

    component: Component
    planned_program: PlannedProgram | None
    outcome: ComponentOutcome


class AnalysisTask(Struct, frozen=True):
    """The parameters of one analysis, picklable for worker processes.

    `level` is the highest applicability that is fixed (None: report only), `chosen` the places of the
    findings that are (empty: all). Only files in `target_paths` (None: all) are reported and edited.
    """

    rulebook: Rulebook
    settings: Settings
    level: Applicability | None
    target_paths: Collection[str] | None
    anchors: Anchors
    chosen: frozenset[Place] = frozenset()

    def __call__(self, shares: Sequence[Sequence[Work]]) -> list[list[ComponentOutcome | None]]:
        """The outcomes of the components of each share. None for a shard that can't be analysed alone."""
        return [[self.outcome(work) for work in share] for share in shares]

    def outcome(self, work: Work) -> ComponentOutcome | None:
        """The outcome of one component or shard. None for a shard that can't be analysed alone."""
        GARBAGE_BACKLOG.free_if_large()
        with paused_collector():
            outcome = (
                self._shard_outcome(work)
                if isinstance(work, LazyShard | Shard)
                else self._component_outcome(work)
            )
        GARBAGE_BACKLOG.add(work.size)
        return outcome

    def _shard_outcome(self, work: LazyShard | Shard) -> ComponentOutcome | None:
        """The outcome of a shard. None if code outside of it may use its values, or if the tool fails on it.
        Then the whole component is analysed."""
        try:
            shard = work.shard if isinstance(work, LazyShard) else work
            planned_program = plan_program(shard.component, self.rulebook, self.settings, self.target_paths)
            if shard.shared_definitions(planned_program) or shard.channels(planned_program):
                log("shard given up", cause="its definitions are used elsewhere", files=shard.component.paths)
                return None
            return self._outcome_of(planned_program)
        except UnfaithfulError as error:
            log("shard given up", cause="not read back", path=error.path)
            return None
        except NeedsFullParseError as error:
            log("shard retry", cause="needs a full parse", path=error.path)
            return self._shard_outcome(replace(shard, component=replace(shard.component, elided_spans={})))
        except UserError:
            raise
        except Exception:
            return None

    def _component_outcome(self, work: Component | SliceSequence) -> ComponentOutcome:
        """The outcome of a component. An internal error becomes a finding of the component, and the run goes
        on."""
        try:
            return self._outcome(
                work if isinstance(work, SliceSequence) else SliceSequence(work, self.anchors)
            )
        except UserError:
            raise
        except Exception as error:
            component = work if isinstance(work, Component) else work.component
            return failed_outcome(component, error, self.rulebook, self.anchors)

    def _outcome(self, slices: SliceSequence) -> ComponentOutcome:
        while True:
            try:
                return self._outcome_of(self._plan_slices(slices))
            except UnfaithfulError as error:
                log("component retry", cause="not read back", path=error.path)
                slices = SliceSequence(_exclude_unfaithful(slices.component, error), self.anchors)
            except NeedsFullParseError as error:
                log("component retry", cause="needs a full parse", path=error.path)
                slices = SliceSequence(slices.component, self.anchors, Bodies.ALL)

    def _outcome_of(self, planned_program: PlannedProgram) -> ComponentOutcome:
        if self.level is None:
            outcome = findings_of_program(planned_program)
        else:
            chosen = (
                with_chosen_plans(planned_program, self.level, self.chosen)
                if self.chosen
                else planned_program
            )
            outcome = apply_fixes(chosen, self.level)
        GARBAGE_BACKLOG.add_release(planned_program.program.context.forget)
        return outcome

    def plan(self, component: Component) -> PlannedComponent:
        """A component with its facts, plans and outcome. All function bodies are parsed, since a query may
        concern any."""
        try:
            planned_program, outcome = self._plan(component)
        except UserError:
            raise
        except Exception as error:
            return PlannedComponent(
                component, None, failed_outcome(component, error, self.rulebook, self.anchors)
            )
        return PlannedComponent(component, planned_program, outcome)

    def _plan(self, component: Component) -> tuple[PlannedProgram, ComponentOutcome]:
        while True:
            try:
                planned_program = self._plan_slices(SliceSequence(component, self.anchors, Bodies.ALL))
                return planned_program, findings_of_program(planned_program)
            except UnfaithfulError as error:
                log("component retry", cause="not read back", path=error.path)
                component = _exclude_unfaithful(component, error)

    def _plan_slices(self, slices: SliceSequence) -> PlannedProgram:
        """The facts and plans of a component. A large one is analysed in slices, widened until nothing
        outside matters."""
        current: Shard | None = slices.first()
        while current is not None:
            log(
                "slice",
                files=current.component.paths,
                size=current.size,
                whole=current.component is slices.component,
            )
            planned_program = plan_program(current.component, self.rulebook, self.settings, self.target_paths)
            current = slices.widen(current, planned_program)
            if current is not None:
                planned_program.program.context.forget()
        return planned_program


def analyse(  # noqa: PLR0913  an analysis has as many inputs
    sources: Sequence[SourceFile],
    rulebook: Rulebook,
    settings: Settings,
    level: Applicability | None = Applicability.SAFE,
    target_paths: Collection[str] | None = None,
    workers: int = 1,
    store: Store = NO_STORE,
    chosen: frozenset[Place] = frozenset(),
    only: Collection[str] | None = None,
) -> Result:
    """The findings of the old version in `sources`, and their texts fixed up to `level` (None: report only).

    Sources outside `target_paths` (default: all) are context: they are neither reported nor changed.
    `store` may contain the outcomes of unchanged components. With `chosen`, only conversations with a finding
    at one of these places are fixed. With `only`, only components with one of these files are analysed.
    """
    task = AnalysisTask(rulebook, settings, level, target_paths, anchors(rulebook, settings), chosen)
    within = {source.path for source in sources} if target_paths is None else target_paths
    component_cache = ComponentCache(store, settings, None if chosen else level, within)
    components = components_with_calls(components_to_analyse(sources, rulebook, settings), task.anchors)
    if only is not None:
        components = [component for component in components if any(path in only for path in component.paths)]
    analysed: set[str] = set()

    def analyse(fresh: Sequence[Component]) -> list[ComponentOutcome]:
        analysed.update(path for component in fresh for path in component.paths)
        if chosen:
            return [_outcome_of_choice(task, component, workers, component_cache) for component in fresh]
        return _outcomes(task, fresh, workers, component_cache)

    outcomes = _analyse_until_settled(
        components, DeferredComponents(rulebook, task.anchors), analyse, _return_outcome
    )
    if not chosen:
        component_cache.write()
    result = replace(join_results([outcome.result for outcome in outcomes]), files=len(sources))
    return with_vocabulary_findings(result, sources, rulebook, settings, within, analysed)


def _analyse_until_settled(
    components: Sequence[Component],
    deferred: DeferredComponents,
    analyse: Callable[[Sequence[Component]], Sequence[Outcome]],
    outcome: Callable[[Outcome], ComponentOutcome],
) -> list[Outcome]:
    """The results of `analyse` for the components that are analysed, in their order.

    First come those that name the API. Then come deferred ones that may continue a conversation of these, and
    merged ones, until no component is linked to another.
    """
    order = {path: number for number, component in enumerate(components) for path in component.paths}
    results: dict[tuple[str, ...], Outcome] = {}
    more: Sequence[Component] | None = deferred.first(components)
    cause = "names the API"
    current: list[Component] = []
    while more is not None:
        current = sorted(more, key=lambda component: min(map(order.__getitem__, component.paths)))
        fresh = [component for component in current if component.paths not in results]
        for component in fresh:
            log("component", cause=cause, files=component.paths, size=component.size)
        results.update(zip((component.paths for component in fresh), analyse(fresh), strict=True))
        outcomes = [outcome(results[component.paths]) for component in current]
        continuations = deferred.take_continuations(current, outcomes)
        more = [*current, *continuations] if continuations else merge_linked(current, outcomes)
        cause = "may continue a conversation" if continuations else "linked to another component"
    return [results[component.paths] for component in current]


def _return_outcome(outcome: ComponentOutcome) -> ComponentOutcome:
    return outcome


def plan_components(
    sources: Sequence[SourceFile],
    rulebook: Rulebook,
    settings: Settings,
    target_paths: Collection[str] | None,
    place: str | None = None,
) -> list[PlannedComponent]:
    """The components of `sources` with their facts and plans, unchanged. The one with the file `place` is
    always included."""
    task = AnalysisTask(rulebook, settings, None, target_paths, anchors(rulebook, settings))
    components = components_to_analyse(sources, rulebook, settings)
    return _analyse_until_settled(
        components,
        DeferredComponents(rulebook, task.anchors, place),
        lambda fresh: [task.plan(component) for component in fresh],
        lambda component: component.outcome,
    )


def _exclude_unfaithful(component: Component, error: UnfaithfulError) -> Component:
    """A component whose unfaithfully parsed files are marked as faults. Such files rarely come alone, so all
    files are checked now and the component is analysed only once more."""
    errors = [error, *(_unfaithful(source) for source in component.sources if source.fault is None)]
    for file_error in errors:
        if file_error is not None:
            component = component.exclude({file_error.path}, file_error.message, file_error.reason)
    return component


def _unfaithful(source: SourceFile) -> UnfaithfulError | None:
    """The error of a file whose tree doesn't reproduce its text. None if it does, or if the file has a syntax
    error."""
    try:
        tree = parse(source.path, source.text)
        tree.span(tree.module)
    except UnfaithfulError as error:
        return error
    except SourceSyntaxError:
        pass
    return None


def components_to_analyse(
    sources: Sequence[SourceFile], rulebook: Rulebook, settings: Settings
) -> list[Component]:
    """The components of `sources` that may have findings."""
    return relevant_components(connected_components(sources), anchors(rulebook, settings))


def _outcomes(
    task: AnalysisTask, components: Sequence[Component], workers: int, component_cache: ComponentCache
) -> list[ComponentOutcome]:
    """The outcomes of the components, in their order, from the cache if they are there."""
    cached_outcomes = [component_cache.cached_outcome(component) for component in components]
    for component, outcome in zip(components, cached_outcomes, strict=True):
        if outcome is not None:
            log("component cached", files=component.paths)
    fresh = [
        component for component, outcome in zip(components, cached_outcomes, strict=True) if outcome is None
    ]
    fresh_outcomes = _analyse_components(task, fresh, workers)
    component_cache.note(fresh, fresh_outcomes)
    rest = iter(fresh_outcomes)
    return [next(rest) if outcome is None else outcome for outcome in cached_outcomes]


def _outcome_of_choice(
    task: AnalysisTask, component: Component, workers: int, checked: ComponentCache
) -> ComponentOutcome:
    """The outcome of a component in which only the chosen conversations are fixed. Without one, it is that of
    a check, which the cache may contain."""
    if any(place.path in component.paths for place in task.chosen):
        return _analyse_components(task, [component], workers)[0]
    return _outcomes(replace(task, level=None, chosen=frozenset()), [component], workers, checked)[0]


def _analyse_components(
    task: AnalysisTask, components: Sequence[Component], workers: int
) -> list[ComponentOutcome]:
    """The outcomes of the components, in their order. A component that falls into shards is analysed as a
    whole only if its shards don't suffice."""
    slices = [SliceSequence(component, task.anchors) for component in components]
    shards_of_slices = [sequence.shards(workers) for sequence in slices]
    for component, shards in zip(components, shards_of_slices, strict=True):
        if shards:
            log("shards", number=len(shards), files=component.paths)
    of_shards = iter(_spread(task, [shard for shards in shards_of_slices for shard in shards], workers))
    from_shards = [
        join_shards(component, [next(of_shards) for _ in shards]) if shards else None
        for component, shards in zip(components, shards_of_slices, strict=True)
    ]
    rest = [sequence for sequence, outcome in zip(slices, from_shards, strict=True) if outcome is None]
    whole = _spread(task, rest if len(rest) == 1 else [sequence.component for sequence in rest], workers)
    GARBAGE_BACKLOG.add(sum(sequence.size for sequence in slices), *slices)
    of_components = (outcome for outcome in whole if outcome is not None)
    return [next(of_components) if outcome is None else outcome for outcome in from_shards]


def _spread(task: AnalysisTask, items: Sequence[Work], workers: int) -> list[ComponentOutcome | None]:
    """The outcomes of components and shards, in their order. The largest are started first."""
    order = sorted(range(len(items)), key=lambda number: -items[number].size)
    if len(items) < 2 or sum(work.size for work in items) < WORTH_PROCESSES:
        workers = 1
    if workers > 1:
        import_planners()
    count = max(1, min(len(items), workers * _SHARES))
    shares = [order[start::count] for start in range(count)]
    results = map_in_processes(task, [[items[number] for number in share] for share in shares], workers)
    by_number = {
        number: outcome
        for share, outcomes in zip(shares, results, strict=True)
        for number, outcome in zip(share, outcomes, strict=True)
    }
    return [by_number[number] for number in range(len(items))]
