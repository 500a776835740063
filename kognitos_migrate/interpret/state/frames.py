"""Frames, activations, running functions, and the read sets of calls."""

from collections.abc import Callable, Iterable, Mapping

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.state.facts import Facts, Frame
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.settable_names import SettableName
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Operand, RegionKey
from kognitos_migrate.values.heap_store import State
from kognitos_migrate.values.lattice import NEVER, FieldFact, Function, Ref, Value


class ReadSet(Struct, eq=False):
    """The reads of a run other than those of the heap, with the values at that time."""

    names: dict[tuple[int, str], Value] = field(default_factory=dict)
    """By frame and name: the variable's value as read from an enclosed function. Never if it was unbound."""
    assumed_results: dict[int, Value] = field(default_factory=dict)
    """By frame: its assumed result, read by a recursive call."""
    instance_counts: dict[Site, int] = field(default_factory=dict)
    """By class whose instances were listed: their number."""
    classes: dict[Site, int] = field(default_factory=dict)
    """By class: how many times its attributes had changed."""
    regions: set[RegionKey] = field(default_factory=set)
    """The regions whose exits lay behind, so that an entry of a dict was certain."""

    def regions_outside(self, own: int) -> set[RegionKey]:
        """The regions without those of the frame `own`."""
        return {region for region in self.regions if region[0] != own}

    def names_outside(self, own: int) -> dict[tuple[int, str], Value]:
        """The variables that were read, without those of the frame `own`."""
        return {place: value for place, value in self.names.items() if place[0] != own}

    def add(self, other: "ReadSet", own: int) -> None:
        """Add the reads of a nested run, except for names of its own frame."""
        for place, value in other.names.items():
            if place[0] != own:
                self.names.setdefault(place, value)
        for frame, value in other.assumed_results.items():
            self.assumed_results.setdefault(frame, value)
        for site, number in other.instance_counts.items():
            self.instance_counts.setdefault(site, number)
        for site, number in other.classes.items():
            self.classes.setdefault(site, number)
        self.regions |= other.regions_outside(own)


class ModuleRun(Struct, frozen=True):
    """The reads of a module's body: the states of heap objects and of class tables at its end, variables of
    other frames, and how many bindings had been deferred when it began."""

    states: dict[int, State]
    names: dict[tuple[int, str], Value]
    classes: dict[Site, int]
    """By class: how many times its attributes had changed."""
    deferrals: int


class CallSummary(Struct, frozen=True):
    """The result of a run, with its read set and heap objects."""

    value: Value
    states: dict[int, State]
    read_set: ReadSet
    stubs: int
    requests: bool
    round: int
    deferrals: int


class LaterRun(Struct, eq=False):
    """Code that runs later than the facts show, with the join of its results and the summary of its last
    run. `frames` were running when it was created, so that a recursive call stays one."""

    evaluate: Callable[[], Value]
    frames: list[Frame]
    value: Value = NEVER
    summary: CallSummary | None = None


LaterPlace = tuple[Site, int, Site | None]
"""The place of code that runs later: the site and frame that create it, and the function, if it is one."""


Environment = dict[str, Value]
NARROWED = "_ narrowed"
"""The reserved name under which an environment stores the narrowings of its variables."""


class Loop(Struct, eq=False):
    """The environments that leave a running loop (`break`) or start it over (`continue`)."""

    breaks: list[Environment] = field(default_factory=list)
    continues: list[Environment] = field(default_factory=list)
    round: int = 0
    """The number of the element that the body runs for, if it runs for each element."""
    element: Operand | None = None
    """The element that the body runs for. None if it runs for all of them."""


class Activation(Struct, eq=False):
    """A frame while it runs: its environment, results and enclosing loops."""

    frame: Frame
    tree: Tree
    env: Environment = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)
    """Names declared global or nonlocal."""
    returns: Value = NEVER
    yields: Value = NEVER
    generator: bool = False
    loops: list[Loop] = field(default_factory=list)
    attempts: list[list[Environment]] = field(default_factory=list)
    """For each enclosing `try`, the outermost first: the environments in which an error may have been
    raised."""
    handlers: int = 0
    """The number of enclosing `try` statements with handlers."""
    catches: bool = False
    """Whether a generator may catch an error that is raised at its `yield`, as a context manager."""
    class_scope: bool = False
    is_supplied: bool = False
    """Whether a namespace that isn't known supplies names of a class body."""
    shown: Mapping[str, FieldFact] | None = None
    """By field: the facts about the replies returned so far; None before the first one."""
    truths: Mapping[str, Mapping[str, FieldFact]] | None = None
    """By parameter: the facts that hold if a true value is returned; None before the first `return`."""
    falsities: Mapping[str, Mapping[str, FieldFact]] | None = None
    """The facts that hold if a false value is returned, as in `truths`."""
    exits: Mapping[str, Mapping[str, FieldFact]] | None = None
    """The facts that hold if anything is returned, as in `truths`."""

    def site(self, node: cst.CSTNode) -> Site:
        """The site of a node in this activation's module."""
        return self.tree.sites[id(node)]


class ResultPredicate(Struct, frozen=True):
    """A predicate that a retry decorator applies to the results of a function."""

    function: Operand
    last: bool | None
    """The predicate's truth value for each result that callers get; None if it may be either."""
    closure: int | None = None
    """The frame that the decorated function is defined in."""


class FunctionTable(Struct, eq=False):
    """Properties of functions, by site."""

    called: set[Site] = field(default_factory=set)
    """Functions that are called. Calls from a test count only for functions in test modules."""
    registered: set[Site] = field(default_factory=set)
    """Functions that unanalysed code may call, and classes whose instances it may have."""
    handlers: frozenset[Site] = frozenset()
    """Functions that a platform runs for each event."""
    passed: set[Site] = field(default_factory=set)
    """Classes that unanalysed code may have themselves, not only their instances."""
    redefaulted: set[Site] = field(default_factory=set)
    """Functions whose defaults are read or set as attributes, so that the written defaults may not apply."""
    recoded: set[Site] = field(default_factory=set)
    """Functions whose code may be replaced by that of another one."""
    settable: frozenset[SettableName] = frozenset()
    """The names that code out of sight may set: optional parameters, and others in tests."""
    wrapped: dict[Site, str] = field(default_factory=dict)
    """Functions with a decorator that isn't modelled, and the detail of the escape of their results."""
    originals: dict[Site, Value] = field(default_factory=dict)
    """By function: what a call of `functools.update_wrapper` says that it wraps."""
    memoizing: set[Site] = field(default_factory=set)
    """Functions that cache their results by argument."""
    substitutable: set[Site] = field(default_factory=set)
    """Methods of a protocol or abstract class whose instances code out of sight supplies, perhaps with other
    methods instead."""
    result_predicates: dict[Site, list[ResultPredicate]] = field(default_factory=dict)
    """By function: the predicates that a retry decorator applies to its results, also of functions that one
    statement defines repeatedly."""
    reconfigured: set[Site] = field(default_factory=set)
    """Functions whose retry policy is read as an attribute, so that another one may apply."""
    may_be_public: bool = False
    """Whether code out of sight may call functions by public names of the program."""
    commands: set[Site] = field(default_factory=set)
    """Functions that a command-line library calls."""
    lambdas: dict[Site, int] = field(default_factory=dict)
    """By lambda: the id of the frame that created it last."""
    results: dict[Site, Value] = field(default_factory=dict)
    """By function: the join of its results."""
    generators: dict[Site, bool] = field(default_factory=dict)
    """By function: whether it is a generator function."""

    def register(self, definitions: Iterable[Site], classes: Iterable[Site]) -> None:
        """Record functions and classes of instances that unanalysed code may have, and classes that it may
        have themselves."""
        self.registered.update(definitions)
        self.passed.update(classes)


class ActiveCalls(Struct, eq=False):
    """The calls that are still running, and the rounds of recursive ones."""

    frames: list[Frame] = field(default_factory=list)
    """The outermost first."""
    is_entry: bool = False
    """Whether code out of sight has called the outermost one, at any time."""
    results: dict[int, Value] = field(default_factory=dict)
    """By frame: the result of its function so far."""
    rounds: int = 0
    """The number of repeated runs of a function body."""
    joins_settings: bool = False
    """Whether loops that may act run over all entries of settings at once, because such loops ran in rounds
    before and did not settle."""
    has_settings_rounds: bool = False
    """Whether such a loop has run once for each entry."""


CallKey = tuple[
    Function,
    Value | None,
    tuple[Value, ...],
    tuple[tuple[str, Value], ...],
    tuple[Value, ...],
    tuple[Value, ...],
]
"""A call's function, receiver and arguments: by position, by name, and spread."""


class SummaryCache(Struct, eq=False):
    """The summaries of finished calls.

    A call is identified by its frame and by the number of its function and arguments (`numbers`), which are
    slow to compare.
    """

    numbers: dict[CallKey, int] = field(default_factory=dict)
    runs: dict[tuple[int, int], int] = field(default_factory=dict)
    results: dict[tuple[int, int], Value] = field(default_factory=dict)
    by_frame: dict[tuple[int, int], CallSummary] = field(default_factory=dict)
    """By frame and number: the summary of the last run that recorded no request and no use."""
    context_free: dict[int, CallSummary] = field(default_factory=dict)
    """By number: context-free summaries, which hold for calls from any frame."""
    memoized: dict[Site, dict[CallKey, Value]] = field(default_factory=dict)
    """By function that keeps its results: the results of its calls."""
    hits: int = 0
    """The number of calls answered from a summary or an earlier result."""


class KnownTests(Struct, eq=False):
    """The modules that contain tests, and their fixtures."""

    modules: frozenset[str] = frozenset()
    data: frozenset[str] = frozenset()
    """The data files that the tests read."""
    runs: bool = False
    """Whether a test is running."""
    answers: bool = False
    """Whether the running test has called a double where it installs it, ahead of the code under test."""
    fixtures: dict[str, list[tuple[Tree, cst.FunctionDef]]] | None = None
    """By name; None before the first lookup."""
    unmet_calls: dict[Ref, None] = field(default_factory=dict)
    """The call objects that no comparison with a double's calls was seen of."""


class OptionSources(Struct, eq=False):
    """The dicts from which parsers of settings files get options."""

    sections: list[Ref]
    """The sections of the files that parsers have read."""
    defaults: list[Ref] = field(default_factory=list)
    """The defaults of all parsers."""


class Frames:
    """Creates frames, and finds the frame of a call that is run again."""

    def __init__(self, facts: Facts, modules: int) -> None:
        self.eventful: set[Site] = set()
        """Functions that send requests or use tracked values, directly or through calls, and those that
        return texts of their arguments, alone or in new objects."""
        self.last: dict[Site, int] = {}
        """By function: the id of its newest frame."""
        self._facts = facts
        self._calls: dict[Site, int] = {}
        self._limit = budgets.CONTEXTS + budgets.CONTEXTS_A_MODULE * modules
        self._frames: dict[tuple[object, ...], Frame] = {}
        self._apart: dict[tuple[object, ...], Frame] = {}
        """By function, closure and receiver: the frame that calls of functions that are not eventful
        share."""
        self.recursive: set[Site] = set()
        """The functions that call themselves, directly or through others."""
        self._cycle_calls = budgets.CONTEXTS_IN_CYCLES + budgets.CONTEXTS_A_MODULE * modules
        """The number of activations that functions of `recursive` may still have by each other."""

    def of_module(self, path: str) -> Frame:
        """The frame of a module's body."""
        return self._add(path, None, None, None, None, None)

    def of(
        self,
        function: Site,
        call: Site | None,
        above: Frame | None,
        closure: int | None,
        receiver: Operand | None,
    ) -> Frame:
        """The frame of a function or class body that is called in the frame `above`. A repeated call has the
        same frame."""
        made = self._frame_of_creating_call(receiver, function, call, above)
        if made is not None:
            return made
        own = (function, closure, receiver.value if receiver else None)
        key = (*own, call, above.id if above else None)
        frame = self._frames.get(key)
        if frame is not None:
            return frame
        frame = self._shared_frame(own) if above is not None else None
        if frame is None:
            frame = self._add(function.path, function, call, above, closure, receiver)
            self.last[function] = frame.id
            self._apart[own] = frame
        self._frames[key] = frame
        return frame

    def may_enter(self, function: Site, caller: Site | None) -> bool:
        """Count a call, and return whether the function may have one more activation."""
        self._calls[function] = self._calls.get(function, 0) + 1
        is_in_cycle = function in self.recursive and caller in self.recursive
        self._cycle_calls -= is_in_cycle
        return self._calls[function] <= self._limit and not (is_in_cycle and self._cycle_calls < 0)

    def _add(
        self,
        path: str,
        function: Site | None,
        call: Site | None,
        above: Frame | None,
        closure: int | None,
        receiver: Operand | None,
    ) -> Frame:
        frames = self._facts.frames
        caller, depth = (above.id, above.depth + 1) if above else (None, 0)
        frames.append(Frame(len(frames), path, function, call, caller, closure, receiver, {}, depth))
        return frames[-1]

    def _frame_of_creating_call(
        self, receiver: Operand | None, function: Site, call: Site | None, above: Frame | None
    ) -> Frame | None:
        """The frame of this same call that created its receiver, or None.

        In `x = x.method()`, it prevents a new frame for every round of a loop.
        """
        if receiver is None or not isinstance(receiver.value, Ref):
            return None
        frame = self._facts.frames[self._facts.heap.objects[receiver.value.id].frame]
        same = (frame.function, frame.call, frame.caller) == (function, call, above.id if above else None)
        return frame if same else None

    def _shared_frame(self, own: tuple[Site, int | None, object]) -> Frame | None:
        """The frame that a call shares with others; None if it needs its own."""
        function = own[0]
        if function in self.eventful or self._calls.get(function, 0) < budgets.CONTEXTS_APART:
            return None
        frame = self._apart.get(own)
        if frame is not None:
            self._facts.merged.add(frame.id)
        return frame
