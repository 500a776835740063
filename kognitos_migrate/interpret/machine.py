"""The state of one run of the interpreter, and the floor that its rooms stand on.

The rooms (expressions, statements, calls, ...) are plain functions that take the machine and the
activation in which they work; they reach each other through the machine's tables, never by import.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.declarations import ClassInfo
from kognitos_migrate.interpret.events import Facts, Frame, Request, Use, UseKind
from kognitos_migrate.interpret.lineage import Lineage
from kognitos_migrate.interpret.looks import Looks, Recalled
from kognitos_migrate.interpret.tracked import held_by, holding, leaves
from kognitos_migrate.rulebook.model import Client, Mock, View
from kognitos_migrate.syntax.files import Files
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Never,
    Ref,
    Reply,
    Symbol,
    Unknown,
    Value,
)
from kognitos_migrate.values.heap import Given, Heap, Instance, Iterated, Record, State, Task, together
from kognitos_migrate.values.heap import Sequence as SequenceThing
from kognitos_migrate.values.join import alternatives, join

Environment = dict[str, Value]

_LEAFLESS = frozenset((Never, Unknown, Const, Symbol, Function))
"""Values that hold nothing that is tracked."""


class ExhaustedError(Exception):
    """The run has taken all its steps: what was found is not all there is."""


@dataclass(eq=False, slots=True)
class Loop:
    """A loop that is being run: the environments that leave it or start it over."""

    breaks: list[Environment] = field(default_factory=list)
    continues: list[Environment] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Activation:
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

    def site(self, node: cst.CSTNode) -> Site:
        """The name of a node of this activation's module."""
        return self.tree.sites[id(node)]


@dataclass(eq=False, slots=True)
class Arguments:
    """The arguments of a call. `spread` and `keyword_spread` are what can't be taken apart."""

    positional: list[Given] = field(default_factory=list)
    keywords: dict[str, Given] = field(default_factory=dict)
    spread: list[Given] = field(default_factory=list)
    keyword_spread: list[Given] = field(default_factory=list)
    holders: dict[str, Site] = field(default_factory=dict)

    def everything(self) -> Iterator[Given]:
        """All that is given."""
        yield from self.positional
        yield from self.keywords.values()
        yield from self.spread
        yield from self.keyword_spread

    def first(self, *names: str, place: int = 0) -> Given | None:
        """The argument at `place`, or by one of `names`."""
        if place < len(self.positional):
            return self.positional[place]
        return next((self.keywords[name] for name in names if name in self.keywords), None)


@dataclass(frozen=True)
class Call:
    """A call that is being evaluated, as library models see it."""

    machine: "Machine"
    act: Activation
    node: cst.CSTNode
    arguments: Arguments

    @property
    def site(self) -> Site:
        """The call's own site."""
        return self.act.site(self.node)


Evaluator = Callable[["Machine", Activation, cst.CSTNode], Value]
Executor = Callable[["Machine", Activation, cst.CSTNode], bool]
Model = Callable[[Call], Value]
Method = Callable[[Call, Value], Value]


@dataclass(frozen=True)
class Rooms:
    """The rooms that the machine calls, put together by `engine.py`."""

    expressions: Mapping[type[cst.CSTNode], Evaluator]
    statements: Mapping[type[cst.CSTNode], Executor]
    call: Callable[["Machine", Activation, cst.CSTNode, Value, Arguments], Value]
    attribute: Callable[["Machine", Activation, cst.CSTNode, Value, str], Value]
    assign: Callable[["Machine", Activation, cst.CSTNode, Value, Site], None]
    load_module: Callable[["Machine", str], Activation | None]
    symbols: Mapping[str, Model]
    methods: Mapping[str, Method]


class Machine:
    """Runs programs on abstract values."""

    def __init__(
        self,
        trees: Mapping[str, Tree],
        files: Files,
        clients: Sequence[Client],
        mocks: Sequence[Mock],
        watch: Iterable[str],
        rooms: Rooms,
    ) -> None:
        self.trees = trees
        self.files = files
        self.clients = clients
        self.of_clients = frozenset(
            name
            for client in clients
            for name in (*client.functions, *client.session_types, *client.transparent)
        )
        """The functions and types of clients."""
        self.mocks = {mock.id: mock for mock in mocks}
        self.mock_names = {name: mock for mock in mocks for name in mock.names()}
        """The mock libraries by the qualified names that they have something for."""
        self.watch = frozenset(watch)
        self.rooms = rooms
        self.heap = Heap()
        self.facts = Facts([], self.heap, [], [], {}, set(), [])
        # What is looked at for every single expression or statement.
        self._expressions, self._statements = rooms.expressions, rooms.statements
        self._values = self.facts.values
        self.activations: dict[int, Activation] = {}
        self.modules: dict[str, Activation] = {}
        self.looked_at: dict[str, dict[int, State]] = {}
        """By module: the things that its body looked at, as it left them."""
        self.found_modules: dict[tuple[str, str, int], str | None] = {}
        self.classes: dict[Site, ClassInfo] = {}
        self.lineages: dict[Site, Lineage] = {}
        """By class, as long as no class is defined anew."""
        self.class_replies: dict[Site, Value] = {}
        """By class: what hands on replies among its attributes and those of its bases."""
        self.instances: dict[Site, dict[Ref, None]] = {}
        self.fixtures: dict[str, list[tuple[Tree, cst.FunctionDef]]] | None = None
        """The fixtures of the program's tests by name, once somebody has asked for one."""
        self.looks = Looks()
        """What was looked at since this was emptied."""
        self.derived: dict[Site, list[Site]] = {}
        """By class: the classes right below it."""
        self.last_frame: dict[Site, int] = {}
        """By function: the frame that was made last."""
        self.shared_binds = 0
        """How often a name that functions share (a global, a class's attribute) got a value that it had never
        had."""
        self.shared: dict[tuple[int | Site, str], set[Value]] = {}
        self.class_binds: dict[Site, int] = {}
        """By class: how often one of its attributes got another value than it had."""
        self.rounds = 0
        """How often the body of a function was run once more."""
        self.stubs = 0
        """How many of the requests are stubs."""
        self.summaries: dict[Site, Value] = {}
        """By function: what it gives."""
        self.given_by: dict[int, Value] = {}
        """The same by frame, as far as it was run."""
        self.entered: set[Site] = set()
        """The functions that the program itself calls; tests are no callers of what they test."""
        self.test_modules: frozenset[str] = frozenset()
        self.testing = False
        """Whether a test is being run."""
        self.registered: set[Site] = set()
        """Functions that code out of sight may call, and classes whose instances it may have."""
        self.lambdas: dict[Site, int] = {}
        """By lambda: the frame in which it was made last."""
        self.wrapped: set[Site] = set()
        self.running: list[Frame] = []
        """The frames that are being run, the outermost first."""
        self.contexts: dict[Site, int] = {}
        self.eventful: set[Site] = set()
        """The functions that send or use something, themselves or further down, and those that make texts."""
        self._apart: dict[tuple[object, ...], Frame] = {}
        """By function, closure and receiver: the frame for further calls of those that don't."""
        self.said: dict[tuple[object, ...], int] = {}
        """By function and arguments of a call: their number, for they are long to compare."""
        self.runs: dict[tuple[int, int], int] = {}
        self.results: dict[tuple[int, int], Value] = {}
        self.repeated: dict[tuple[int, int], Recalled] = {}
        """By frame and arguments: the last run, while it can be told that another would give the same."""
        self.quiet_calls: dict[int, Recalled] = {}
        """The same by function and arguments, of calls that give nothing that knows where it comes from."""
        self.specifiers: dict[tuple[Site, int], dict[str, Given]] = {}
        self.guards = 0
        self.guard_of: dict[int, int] = {}
        self.steps = 0
        self.limit = budgets.STEPS + budgets.STEPS_A_MODULE * len(trees)
        self.context_limit = budgets.CONTEXTS + budgets.CONTEXTS_A_MODULE * len(trees)
        self.events = 0
        self.stores = 0
        """How often something new was put on the heap."""
        self._frames: dict[tuple[object, ...], Frame] = {}
        self._requests: dict[tuple[Site, int], Request] = {}
        self._uses: dict[Use, None] = {}

    # What the rooms are called by.

    def evaluate(self, act: Activation, node: cst.CSTNode) -> Value:
        """The value of an expression."""
        self.steps += 1
        if self.steps > self.limit:
            raise ExhaustedError
        handler = self._expressions.get(type(node))
        value = handler(self, act, node) if handler is not None else UNKNOWN
        self.note(act, node, value)
        return value

    def note(self, act: Activation, node: cst.CSTNode, value: Value) -> None:
        """Remember what an expression gave, or what a pattern was held against."""
        key = (act.tree.sites[id(node)], act.frame.id)
        known = self._values.setdefault(key, value)
        if known is not value and known != value:
            self._values[key] = join(known, value)

    def given(self, act: Activation, node: cst.CSTNode) -> Given:
        """The value of an expression, with the expression."""
        return Given(self.evaluate(act, node), act.tree.sites[id(node)], act.frame.id)

    def execute(self, act: Activation, statements: Iterable[cst.CSTNode]) -> bool:
        """Run statements; False where their end isn't reached."""
        for statement in statements:
            if act.attempts:
                act.attempts[-1].append(dict(act.env))
            handler = self._statements.get(type(statement))
            if handler is not None and not handler(self, act, statement):
                return False
        return True

    def call(self, act: Activation, node: cst.CSTNode, callee: Value, arguments: Arguments) -> Value:
        """The value of a call."""
        return self.rooms.call(self, act, node, callee, arguments)

    def attribute(self, act: Activation, node: cst.CSTNode, value: Value, name: str) -> Value:
        """The value of an attribute."""
        return self.rooms.attribute(self, act, node, value, name)

    def assign(self, act: Activation, target: cst.CSTNode, value: Value, site: Site) -> None:
        """Bind a target; `site` is the expression that gave the value."""
        self.rooms.assign(self, act, target, value, site)

    def instances_of(self, site: Site) -> list[Ref]:
        """The instances of a class that the program makes, so far."""
        found = list(self.instances.get(site, ()))
        self.looks.asked.setdefault(site, len(found))
        return found

    def views(self, number: int) -> Mapping[str, View]:
        """What the members of a request's reply give; of what was sent, where a stub waits for it."""
        request = self.facts.requests[number]
        if request.stub is not None:
            return self.mocks[request.stub.mock].sent
        return next((client.reply for client in self.clients if client.id == request.client), {})

    def class_info(self, site: Site) -> ClassInfo | None:
        """What is known of a class: a look at it."""
        self.look_at_classes((site,))
        return self.classes.get(site)

    def look_at_classes(self, sites: Iterable[Site]) -> None:
        """Note that what classes hold was asked for."""
        looked_at = self.looks.classes
        for site in sites:
            if site not in looked_at:
                looked_at[site] = self.class_binds.get(site, 0)

    def define(self, info: ClassInfo) -> None:
        """A class statement has been run. What functions gave the class is to be given again."""
        known = self.classes.get(info.site)
        if known is None or known.attributes != info.attributes:
            self.class_binds[info.site] = self.class_binds.get(info.site, 0) + 1
        self.classes[info.site] = info
        self.lineages.clear()
        self.hold(info)

    def hold(self, info: ClassInfo) -> None:
        """Something was put into the attributes of a class."""
        if not self.facts.requests:
            return
        for site in (info.site, *self.derived.get(info.site, ())):
            order = Lineage.of(Class(site, self.classes[site].frame), self.classes).infos
            held = join(*(held_by(one.attributes, self.heap) for one in order))
            if held != NEVER:
                self.class_replies[site] = held

    def said_to_give(self, frame: Frame) -> Value:
        """What a frame that is being run is known to give so far: a look at it."""
        found = self.given_by.get(frame.id, NEVER)
        self.looks.given.setdefault(frame.id, found)
        return found

    def bind_shared(self, owner: int | Site, names: Environment, name: str, value: Value) -> None:
        """Give a value to a name that more than one function sees, in the frame or class `owner`."""
        known = self.shared.setdefault((owner, name), set())
        news = {choice for choice in alternatives(value) if choice not in known}
        if news and len(known) < budgets.SHARED:
            self.shared_binds += 1
            known.update(news)
        if isinstance(owner, Site) and names.get(name) != value:
            self.class_binds[owner] = self.class_binds.get(owner, 0) + 1
        names[name] = value

    # Frames.

    def frame(
        self,
        path: str,
        function: Site | None,
        call: Site | None,
        caller: Activation | None,
        closure: int | None,
        receiver: Given | None,
        arguments: dict[str, Given],
    ) -> Frame:
        """The frame of this activation; the same one when the same call is run again."""
        above = caller.frame if caller else None
        made = self._made_by(receiver, function, call, above)
        if made is not None:
            return made
        key = (
            path,
            function,
            call,
            above.id if above else None,
            closure,
            receiver.value if receiver else None,
        )
        frame = self._frames.get(key)
        if frame is None and function is not None and above is not None:
            frame = self._merged(function, closure, receiver)
            if frame is not None:
                self._frames[key] = frame
        if frame is None:
            depth = above.depth + 1 if above else 0
            frame = Frame(
                len(self.facts.frames),
                path,
                function,
                call,
                above.id if above else None,
                closure,
                receiver,
                {},
                depth,
            )
            self._frames[key] = frame
            self.facts.frames.append(frame)
            if function is not None:
                self.last_frame[function] = frame.id
                self._apart[function, closure, receiver.value if receiver else None] = frame
        frame.arguments.update(arguments)
        return frame

    def _made_by(
        self, receiver: Given | None, function: Site | None, call: Site | None, above: Frame | None
    ) -> Frame | None:
        """The frame of this same call that has made its receiver: where a thing is replaced by what its own
        method gives, round by round, there is no new frame for each."""
        if receiver is None or not isinstance(receiver.value, Ref):
            return None
        frame = self.facts.frames[self.heap.things[receiver.value.id].frame]
        same = (frame.function, frame.call, frame.caller) == (function, call, above.id if above else None)
        return frame if same else None

    def _merged(self, function: Site, closure: int | None, receiver: Given | None) -> Frame | None:
        """The frame that this call shares with others; None where it is to have one of its own."""
        if function in self.eventful or self.contexts.get(function, 0) < budgets.CONTEXTS_APART:
            return None
        frame = self._apart.get((function, closure, receiver.value if receiver else None))
        if frame is not None:
            self.facts.merged.add(frame.id)
        return frame

    def may_enter(self, function: Site) -> bool:
        """Whether a function may have one more activation."""
        self.contexts[function] = self.contexts.get(function, 0) + 1
        if self.contexts[function] <= self.context_limit:
            return True
        self.cut_short(function)
        return False

    def cut_short(self, site: Site) -> None:
        """Note a function, or a module, of which not all was seen."""
        if site not in self.facts.exhausted:
            self.facts.exhausted.append(site)

    # The heap.

    def record(self, act: Activation, node: cst.CSTNode) -> tuple[Ref, Record]:
        """The dict that is made at `node`."""
        ref = self.heap.at(Record, act.site(node), act.frame.id)
        self.guard_of.setdefault(ref.id, self.guards)
        thing = self.heap[ref]
        assert isinstance(thing, Record)
        return ref, thing

    def sequence(
        self, act: Activation, node: cst.CSTNode, items: Iterable[Given] = (), rest: Value = NEVER
    ) -> Ref:
        """The list (tuple, set) that is made at `node`."""
        ref = self.heap.at(SequenceThing, act.site(node), act.frame.id)
        thing = self.heap[ref]
        assert isinstance(thing, SequenceThing)
        given = list(items)
        if len(given) >= len(thing.items):
            thing.items = given
        thing.rest = join(thing.rest, rest)
        return ref

    def iterated(self, act: Activation, node: cst.CSTNode, element: Value) -> Ref:
        """The iterator that is made at `node`."""
        ref = self.heap.at(Iterated, act.site(node), act.frame.id)
        thing = self.heap[ref]
        assert isinstance(thing, Iterated)
        thing.element = join(thing.element, element)
        return ref

    def task(self, act: Activation, node: cst.CSTNode, result: Value) -> Ref:
        """The task (or future) that is made at `node`."""
        ref = self.heap.at(Task, act.site(node), act.frame.id)
        thing = self.heap[ref]
        assert isinstance(thing, Task)
        thing.result = join(thing.result, result)
        return ref

    def instance(self, act: Activation, node: cst.CSTNode, client: str | None = None) -> tuple[Ref, Instance]:
        """The instance (of a library's type) that is made at `node`."""
        return self.heap.made(Instance(act.site(node), act.frame.id, None, client))

    # What happens.

    def request(self, request: Request) -> Reply:
        """Note a request; what the same call sends again is added to it."""
        self.events += 1
        key = (request.site, request.frame)
        known = self._requests.get(key)
        if known is None:
            request.id = len(self.facts.requests)
            self.stubs += request.stub is not None
            self._requests[key] = request
            self.facts.requests.append(request)
            return Reply(request.id)
        known.method = join(known.method, request.method)
        for role, values in request.given.items():
            known.given[role] = together(known.given.get(role, []), values)
        known.bases = together(known.bases, request.bases)
        known.holders = {**known.holders, **request.holders}
        known.session_headers = request.session_headers
        if request.stub is not None and known.stub is not None:
            known.stub.replies.update(request.stub.replies)
        return Reply(known.id)

    def use(
        self,
        kind: UseKind,
        value: Value,
        act: Activation,
        node: cst.CSTNode,
        operand: Site,
        other: Value | None = None,
        detail: str = "",
    ) -> None:
        """Note what is done with `value`, if it (or something in it) is tracked."""
        if type(value) in _LEAFLESS:
            return
        for leaf in self.leaves(value):
            self.events += 1
            self._uses[Use(kind, leaf, act.site(node), act.frame.id, operand, other, detail)] = None

    def hand_out(self, value: Value) -> None:
        """Code out of sight gets functions of the program, or instances whose methods it may call. A test is
        no such code."""
        for choice in alternatives(value) if not self.testing else ():
            method = choice.function if isinstance(choice, Bound) else choice
            if isinstance(method, Function | Class):
                self.registered.add(method.site)
            elif isinstance(choice, Ref):
                self.registered |= holding(choice, self.heap).definitions

    def tracked(self, value: Value) -> bool:
        """Whether uses of `value` matter."""
        return next(iter(self.leaves(value)), None) is not None

    def leaves(self, value: Value) -> Iterator[Value]:
        """The positions in replies and the watched texts that `value` holds."""
        return leaves(value, self.watch, self.heap if self.facts.requests else None, self.class_replies)

    def finish(self) -> Facts:
        """All that was found."""
        self.facts.uses = list(self._uses)
        self.facts.steps = self.steps
        self.facts.tests = self.test_modules
        self.facts.results = self.summaries
        for path, body in self.modules.items():
            for name, value in body.env.items():
                held = holding(value, self.heap)
                if held.replies or held.definitions:
                    self.facts.holdings[path, name] = held
        return self.facts
