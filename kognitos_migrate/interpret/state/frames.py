"""Frames, activations, running functions, and the read sets of calls."""

from collections.abc import Mapping

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.state.facts import Facts, Frame
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Operand, State
from kognitos_migrate.values.lattice import NEVER, Ref, Value


class ReadSet(Struct, eq=False):
    """What a run looked at besides the heap, as it was then."""

    names: dict[tuple[int, str], Value] = field(default_factory=dict)
    """By frame and name: what functions inside read of it. Never where it had no such name."""
    given: dict[int, Value] = field(default_factory=dict)
    """By frame: what it was said to give, where its function is called in the midst of itself."""
    asked: dict[Site, int] = field(default_factory=dict)
    """By class whose instances were asked for: how many there were."""
    classes: dict[Site, int] = field(default_factory=dict)
    """By class: how often its attributes had changed."""

    def add(self, other: "ReadSet", own: int) -> None:
        """Add what a run inside looked at, but for the names of its own frame."""
        for place, value in other.names.items():
            if place[0] != own:
                self.names.setdefault(place, value)
        for frame, value in other.given.items():
            self.given.setdefault(frame, value)
        for site, number in other.asked.items():
            self.asked.setdefault(site, number)
        for site, number in other.classes.items():
            self.classes.setdefault(site, number)


class CallSummary(Struct, frozen=True):
    """What a run gave, and all that it went by."""

    value: Value
    things: dict[int, State]
    looks: ReadSet
    stubs: int
    requests: bool
    round: int


Environment = dict[str, Value]
NARROWED = "_ narrowed"
"""The name under which an environment has what tests have shown of the others."""


class Loop(Struct, eq=False):
    """A loop that is being run: the environments that leave it or start it over."""

    breaks: list[Environment] = field(default_factory=list)
    continues: list[Environment] = field(default_factory=list)


class Activation(Struct, eq=False):
    """A frame while it runs."""

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
    """For each `try` around: the environments in which something may have been raised."""
    class_scope: bool = False
    shown: Mapping[str, frozenset[str]] | None = None
    """By field: what is shown of the replies that are returned; None before one is."""
    truths: Mapping[str, Mapping[str, frozenset[str]]] | None = None
    """By parameter: what is shown of it where a true value is returned; None before one is."""

    def site(self, node: cst.CSTNode) -> Site:
        """The name of a node of this activation's module."""
        return self.tree.sites[id(node)]


class FunctionTable(Struct, eq=False):
    """The functions by their sites."""

    entered: set[Site] = field(default_factory=set)
    """Those that the program itself calls; tests are no callers of what they test."""
    registered: set[Site] = field(default_factory=set)
    """Those that code out of sight may call, and classes whose instances it may have."""
    redefaulted: set[Site] = field(default_factory=set)
    """Those whose defaults are read or set as attributes: they may be others than those that are written."""
    wrapped: dict[Site, str] = field(default_factory=dict)
    """Those with a decorator that can't be followed."""
    remembering: set[Site] = field(default_factory=set)
    """Those that give again what they gave before, to who asks for the same."""
    judges: dict[Site, list[Operand]] = field(default_factory=dict)
    """By function: those that a decorator asks what to make of its results."""
    commands: set[Site] = field(default_factory=set)
    """Those that are called by a command line."""
    lambdas: dict[Site, int] = field(default_factory=dict)
    """By lambda: the frame in which it was made last."""
    gives: dict[Site, Value] = field(default_factory=dict)
    """What each gives, in all calls together."""


class ActiveCalls(Struct, eq=False):
    """The calls that are not over yet, and how often those in the midst of themselves went round."""

    frames: list[Frame] = field(default_factory=list)
    """The outermost first."""
    gives: dict[int, Value] = field(default_factory=dict)
    """By frame: what its function gives, as far as it was run."""
    rounds: int = 0
    """How often the body of a function was run once more."""


class SummaryCache(Struct, eq=False):
    """What is kept of calls that are over. A call is known by the number of its function and arguments
    (`numbers`), which are long to compare, and by its frame."""

    numbers: dict[tuple[object, ...], int] = field(default_factory=dict)
    runs: dict[tuple[int, int], int] = field(default_factory=dict)
    results: dict[tuple[int, int], Value] = field(default_factory=dict)
    repeated: dict[tuple[int, int], CallSummary] = field(default_factory=dict)
    """The last run, while it can be told that another would give the same."""
    quiet: dict[int, CallSummary] = field(default_factory=dict)
    """The same by number alone, of calls that give nothing that knows where it comes from."""
    hits: int = 0
    """Calls that a summary answered."""


class KnownTests(Struct, eq=False):
    """The modules that hold tests, and their fixtures."""

    modules: frozenset[str] = frozenset()
    runs: bool = False
    """Whether a test is being run."""
    fixtures: dict[str, list[tuple[Tree, cst.FunctionDef]]] | None = None
    """By name, once somebody has asked for one."""


class Frames:
    """Makes the frames, and knows them again."""

    def __init__(self, facts: Facts, modules: int) -> None:
        self.eventful: set[Site] = set()
        """The functions that send or use something, themselves or further down, and those that make texts."""
        self.last: dict[Site, int] = {}
        """By function: the frame that was made last."""
        self._facts = facts
        self._calls: dict[Site, int] = {}
        self._limit = budgets.CONTEXTS + budgets.CONTEXTS_A_MODULE * modules
        self._known: dict[tuple[object, ...], Frame] = {}
        self._apart: dict[tuple[object, ...], Frame] = {}
        """By function, closure and receiver: the frame for further calls of those that are not eventful."""

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
        """The frame of a function (or the body of a class) that is called in the frame `above`; the same one
        when the same call is run again."""
        made = self._made_by(receiver, function, call, above)
        if made is not None:
            return made
        own = (function, closure, receiver.value if receiver else None)
        key = (*own, call, above.id if above else None)
        frame = self._known.get(key)
        if frame is not None:
            return frame
        frame = self._merged(own) if above is not None else None
        if frame is None:
            frame = self._add(function.path, function, call, above, closure, receiver)
            self.last[function] = frame.id
            self._apart[own] = frame
        self._known[key] = frame
        return frame

    def may_enter(self, function: Site) -> bool:
        """Whether a function may have one more activation."""
        self._calls[function] = self._calls.get(function, 0) + 1
        return self._calls[function] <= self._limit

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

    def _made_by(
        self, receiver: Operand | None, function: Site, call: Site | None, above: Frame | None
    ) -> Frame | None:
        """The frame of this same call that has made its receiver: where a thing is replaced by what its own
        method gives, round by round, there is no new frame for each."""
        if receiver is None or not isinstance(receiver.value, Ref):
            return None
        frame = self._facts.frames[self._facts.heap.things[receiver.value.id].frame]
        same = (frame.function, frame.call, frame.caller) == (function, call, above.id if above else None)
        return frame if same else None

    def _merged(self, own: tuple[Site, int | None, object]) -> Frame | None:
        """The frame that a call shares with others; None where it is to have one of its own."""
        function = own[0]
        if function in self.eventful or self._calls.get(function, 0) < budgets.CONTEXTS_APART:
            return None
        frame = self._apart.get(own)
        if frame is not None:
            self._facts.merged.add(frame.id)
        return frame
