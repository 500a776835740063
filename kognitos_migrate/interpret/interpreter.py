"""The state of one run of the interpreter, and its dispatch to transfer functions.

The rooms (expressions, statements, calls, ...) are plain functions that take the machine and the
activation in which they work; they reach each other through the machine's tables, never by import.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import filterfalse

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.state.classes import ClassTable, SharedNames
from kognitos_migrate.interpret.state.declarations import ClassInfo, Mro
from kognitos_migrate.interpret.state.event_log import EventLog
from kognitos_migrate.interpret.state.facts import AccessKind, Facts, Frame, UseKind
from kognitos_migrate.interpret.state.frames import (
    Activation,
    ActiveCalls,
    Frames,
    FunctionTable,
    KnownTests,
    ReadSet,
    SummaryCache,
)
from kognitos_migrate.interpret.state.library_index import LibraryIndex
from kognitos_migrate.interpret.state.tracked_values import export_of, held_objects
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.message_inspection import error_text_patterns_of, log_text_patterns
from kognitos_migrate.syntax.module_references import looks_into_frames
from kognitos_migrate.syntax.module_resolution import ModuleFiles
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import (
    DictObject,
    Heap,
    Instance,
    Iterated,
    Operand,
    SequenceObject,
    State,
    Task,
)
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Bound, Class, Function, Ref, Reply, Value


class ExhaustedError(Exception):
    """The run has taken all its steps: what was found is not all there is."""


class EvalPoint(Struct, frozen=True):
    """Where something happens in a run: the machine, the activation, the node that is evaluated."""

    machine: "Interpreter"
    act: Activation
    node: cst.CSTNode

    @property
    def site(self) -> Site:
        """The node's site."""
        return self.act.site(self.node)

    def given(self, value: Value) -> Operand:
        """A value that comes from here."""
        return Operand(value, self.site, self.act.frame.id)

    def call(self, function: Value, arguments: Arguments) -> Value:
        """What a function gives that is called here."""
        return self.machine.call(self.act, self.node, function, arguments)

    def attribute(self, value: Value, name: str) -> Value:
        """An attribute that is asked for here."""
        return self.machine.attribute(self.act, self.node, value, name)

    def use(
        self, kind: UseKind, value: Value, operand: Site, other: Value | None = None, detail: str = ""
    ) -> None:
        """Note what is done here with a value."""
        self.machine.use(kind, value, self.act, self.node, operand, other, detail)

    def access(self, kind: AccessKind, given: Operand, key: str | None = None) -> None:
        """Note what is done here with the objects that an expression gives."""
        self.machine.access(kind, given.value, given.site, self.site, key)

    def flows(self, *passed: Operand) -> None:
        """Note that objects go on from here as they are."""
        for given in passed:
            self.access(AccessKind.FLOW, given)


class CallPoint(EvalPoint, frozen=True):
    """A call that is being evaluated."""

    arguments: Arguments


def receiver_of(call: CallPoint) -> Site:
    """The expression whose method is called."""
    func = call.node.func if isinstance(call.node, cst.Call) else None
    return call.act.site(func.value) if isinstance(func, cst.Attribute) else call.site


Evaluator = Callable[["Interpreter", Activation, cst.CSTNode], Value]
Executor = Callable[["Interpreter", Activation, cst.CSTNode], bool]
Model = Callable[[CallPoint], Value]
Method = Callable[[CallPoint, Value], Value]


class TransferFunctions(Struct, frozen=True):
    """The rooms that the machine calls, put together by `dispatch.py`."""

    expressions: Mapping[type[cst.CSTNode], Evaluator]
    statements: Mapping[type[cst.CSTNode], Executor]
    call: Callable[["Interpreter", Activation, cst.CSTNode, Value, Arguments], Value]
    attribute: Callable[["Interpreter", Activation, cst.CSTNode, Value, str], Value]
    assign: Callable[["Interpreter", Activation, cst.CSTNode, Value, Site], None]
    set_attribute: Callable[[EvalPoint, Operand, str, Operand], None]
    load_module: Callable[["Interpreter", str], Activation | None]
    symbols: Mapping[str, Model]
    methods: Mapping[str, Method]


class Interpreter:
    """Runs programs on abstract values."""

    def __init__(
        self,
        trees: Mapping[str, Tree],
        files: ModuleFiles,
        libraries: LibraryIndex,
        watch: Iterable[str],
        rooms: TransferFunctions,
    ) -> None:
        self.trees = trees
        self.files = files
        self.libraries = libraries
        self.rooms = rooms
        self.heap = Heap()
        self.facts = Facts([], self.heap, [], [], {}, set(), [])
        self.frames = Frames(self.facts, len(trees))
        self.classes = ClassTable(self.facts)
        self._parsed_classes: set[Site] = set()
        self.shared = SharedNames(self.classes)
        self.notes = EventLog(self.facts, self.classes, watch)
        self.functions = FunctionTable()
        self.running = ActiveCalls()
        self.kept = SummaryCache()
        self.testing = KnownTests()
        self.looks = ReadSet()
        """What was looked at since this was emptied."""
        self.activations: dict[int, Activation] = {}
        """By frame: the last that was run in it."""
        self.modules: dict[str, Activation] = {}
        """By file: what running the module left."""
        self.looked_at: dict[str, dict[int, State]] = {}
        """By module: the things that its body looked at, as it left them."""
        self.found_modules: dict[tuple[str, str, int], str | None] = {}
        """By who imports, and what: the file that it means."""
        self.sought_in_errors = error_text_patterns_of(trees.values())
        self.sought_in_logs = frozenset[str | None]().union(*map(log_text_patterns, trees.values()))
        self.looks_into_frames = any(tree.cached(looks_into_frames) for tree in trees.values())
        self.ended: Ref | None = None
        """The thing that holds what generators give in the end, whichever they are."""
        self.messages = self.heap.at(SequenceObject, Site("", 0), 0)
        """The list of the errors that the program makes of what is tracked: their classes, and where."""
        self.failures = self.heap.at(SequenceObject, Site("", 1), 0)
        """The list of the replies for which a client may raise an error that tells of them."""
        self.failed_replies: set[Reply] = set()
        """Those on it."""
        self.attempt: Ref | None = None
        """The thing that holds what functions give that are called again for it."""
        self.specifiers: dict[tuple[Site, int], dict[str, Operand]] = {}
        """By call: what it says of the field of a class that it specifies."""
        self.exposed: set[str] = set()
        """Modules all of whose names code that can't be followed gets at."""
        self.put_off: dict[tuple[Site, int], Callable[[], bool]] = {}
        """By call: what runs again what is handed over there to be called later, and says whether it did."""
        self.guards = 0
        """How many conditions stand around what is being run, of which nobody knows how they come out."""
        self.guard_of: dict[int, int] = {}
        """By dict: how many stood around where it was made."""
        self.steps = 0
        self.limit = budgets.STEPS + budgets.STEPS_A_MODULE * len(trees)
        self.stores = 0
        """How often something new was put on the heap."""
        # Said and looked at for every single expression or statement.
        self.use_replies = self.notes.use_replies
        self.use, self.use_at = self.notes.use, self.notes.use_at
        self.access = self.notes.access
        self.tracked, self.leaves = self.notes.tracked, self.notes.leaves
        self._expressions, self._statements = rooms.expressions, rooms.statements
        self._values = self.facts.values

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

    def given(self, act: Activation, node: cst.CSTNode) -> Operand:
        """The value of an expression, with the expression."""
        return Operand(self.evaluate(act, node), act.tree.sites[id(node)], act.frame.id)

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
        found = list(self.classes.instances.get(site, ()))
        self.looks.asked.setdefault(site, len(found))
        return found

    def instances_below(self, site: Site) -> list[Ref]:
        """Those of a class and of the classes derived from it, so far."""
        asked, instances = self.looks.asked, self.classes.instances
        found: list[Ref] = []
        for derived in self.classes.below(site):
            refs = instances.get(derived, ())
            asked.setdefault(derived, len(refs))
            found.extend(refs)
        return found

    def views(self, number: int) -> Mapping[str, View]:
        """What the members of a request's reply give; of what was sent, where a stub waits for it."""
        return self.libraries.views(self.facts.requests[number])

    def class_info(self, site: Site) -> ClassInfo | None:
        """What is known of a class: a look at it."""
        self._require_parsed(site)
        self.looks.classes.setdefault(site, self.classes.binds.get(site, 0))
        return self.classes.infos.get(site)

    def note_order_read(self, site: Site, order: Mro) -> None:
        """Note that what a class and its bases hold was asked for: what one of them gets, the class gets,
        too. Raises NeedsFullParseError where one was not parsed."""
        for one in filterfalse(self._parsed_classes.__contains__, order.sites):
            self._require_parsed(one)
            self._parsed_classes.add(one)
        self.looks.classes.setdefault(site, self.classes.binds.get(site, 0))

    def _require_parsed(self, site: Site) -> None:
        tree = self.trees[site.path]
        if tree.is_left_out(tree.node(site)):
            raise NeedsFullParseError(site.path)

    def assumed_result(self, frame: Frame) -> Value:
        """What a frame that is being run is known to give so far: a look at it."""
        found = self.running.gives.get(frame.id, NEVER)
        self.looks.given.setdefault(frame.id, found)
        return found

    def mark_incomplete(self, site: Site) -> None:
        """Note a function, or a module, of which not all was seen."""
        if site not in self.facts.exhausted:
            self.facts.exhausted.append(site)

    # The heap.

    def record(self, act: Activation, node: cst.CSTNode) -> tuple[Ref, DictObject]:
        """The dict that is made at `node`."""
        return self.record_at(act.site(node), act.frame.id)

    def record_at(self, site: Site, frame: int) -> tuple[Ref, DictObject]:
        """The dict that is made at a site in a frame, of any module."""
        ref = self.heap.at(DictObject, site, frame)
        self.guard_of.setdefault(ref.id, self.guards)
        thing = self.heap[ref]
        assert isinstance(thing, DictObject)
        return ref, thing

    def sequence(
        self, act: Activation, node: cst.CSTNode, items: Iterable[Operand] = (), rest: Value = NEVER
    ) -> Ref:
        """The list (tuple, set) that is made at `node`."""
        ref = self.heap.at(SequenceObject, act.site(node), act.frame.id)
        thing = self.heap[ref]
        assert isinstance(thing, SequenceObject)
        given = list(items)
        if len(given) >= len(thing.items):
            thing.items = given
        thing.rest = join(thing.rest, rest)
        return ref

    def add(self, thing: SequenceObject, value: Value) -> None:
        """Put something into a list, wherever."""
        before = thing.rest
        thing.rest = join(before, value)
        self.stores += thing.rest != before

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

    def mark_escaped(self, value: Value) -> None:
        """Code out of sight gets functions of the program, or instances whose methods it may call. A test is
        no such code."""
        for choice in alternatives(value) if not self.testing.runs else ():
            method = choice.function if isinstance(choice, Bound) else choice
            if isinstance(method, Function | Class):
                self.functions.registered.add(method.site)
            elif isinstance(choice, Ref):
                self.functions.registered |= held_objects(choice, self.heap).definitions

    def replace(self, name: str, value: Value, site: Site) -> None:
        """Something is put in the place of what a library has under this name: if it is of the program, the
        library does what nobody can tell from then on."""
        own = any(isinstance(choice, Function | Bound | Class) for choice in alternatives(value))
        if (own or held_objects(value, self.heap).definitions) and not self.testing.runs:
            for client in self.libraries.concerned(name):
                self.facts.replaced.setdefault(client, site)

    def finish(self) -> Facts:
        """All that was found."""
        self.facts.uses = list(self.notes.uses)
        self.facts.steps = self.steps
        self.facts.tests = self.testing.modules
        self.facts.results = self.functions.gives
        self.facts.classes = self.classes.infos
        made = self.heap.things[self.messages.id]
        messages = made.items if isinstance(made, SequenceObject) else ()
        kept = [self.heap.at(Task, one.site, one.frame) for one in messages]
        self.facts.errors = (*kept, *filter(None, (self.ended, self.attempt)))
        for (importer, _, _), path in self.found_modules.items():
            if path is not None:
                self.facts.imports.setdefault(importer, set()).add(path)
        for path, body in self.modules.items():
            for name, value in body.env.items():
                held = held_objects(value, self.heap)
                if held.replies or held.definitions:
                    self.facts.holdings[path, name] = held
        meant = {path for one in self.facts.unresolved.values() for path in one.candidates}
        for path in meant & self.modules.keys():
            for name, value in self.modules[path].env.items():
                self.facts.exports[path, name] = export_of(value)
        return self.facts
