"""The state of one run of the interpreter, and its dispatch to transfer functions.

Transfer functions (of expressions, statements, calls, ...) take the interpreter and the activation in which
they work. They evaluate nodes through its tables, so no module has to import the dispatch.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import filterfalse
from typing import Any

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.state.class_table import ClassTable
from kognitos_migrate.interpret.state.declarations import ClassInfo, Mro
from kognitos_migrate.interpret.state.error_objects import ErrorObjects
from kognitos_migrate.interpret.state.event_log import EventLog
from kognitos_migrate.interpret.state.facts import AccessKind, Facts, Frame, UseKind
from kognitos_migrate.interpret.state.frames import (
    Activation,
    ActiveCalls,
    Frames,
    FunctionTable,
    KnownTests,
    LaterPlace,
    LaterRun,
    ModuleRun,
    OptionSources,
    ReadSet,
    SummaryCache,
)
from kognitos_migrate.interpret.state.library_index import LibraryIndex
from kognitos_migrate.interpret.state.list_growth import Conditions, ListGrowth
from kognitos_migrate.interpret.state.log_sinks import LogSinks
from kognitos_migrate.interpret.state.program_readers import ProgramReaders
from kognitos_migrate.interpret.state.regions import Regions
from kognitos_migrate.interpret.state.shared_names import SharedNames
from kognitos_migrate.interpret.state.tracked_values import note_module_values, reachable_objects
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.module_resolution import ModuleFiles
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import (
    DictObject,
    Instance,
    Iterated,
    Operand,
    SequenceObject,
    Task,
)
from kognitos_migrate.values.heap_store import Heap
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    Bound,
    Class,
    Const,
    Function,
    MemberRef,
    Ref,
    Symbol,
    Value,
)


class EvalPoint(Struct, frozen=True):
    """A point of a run: the interpreter, the activation, and the node that is evaluated."""

    interpreter: "Interpreter"
    act: Activation
    node: cst.CSTNode

    @property
    def site(self) -> Site:
        return self.act.site(self.node)

    def operand(self, value: Value) -> Operand:
        """A value as the operand at this point."""
        return Operand(value, self.site, self.act.frame.id)

    def call(self, function: Value, arguments: Arguments) -> Value:
        """The result of a function that is called here."""
        return self.interpreter.call(self.act, self.node, function, arguments)

    def attribute(self, value: Value, name: str) -> Value:
        """The value of an attribute that is read here."""
        return self.interpreter.attribute(self.act, self.node, value, name)

    def note_use(
        self, kind: UseKind, value: Value, operand: Site, other: Value | None = None, detail: str = ""
    ) -> None:
        """Record an operation on a value here."""
        self.interpreter.note_use(kind, value, self.act, self.node, operand, other, detail)

    def note_access(self, kind: AccessKind, operand: Operand, key: str | None = None) -> None:
        """Record an access here to the objects that an expression yields."""
        self.interpreter.note_access(kind, operand.value, operand.site, self.site, key)

    def note_flows(self, *operands: Operand) -> None:
        """Record that objects are passed on unchanged here."""
        for operand in operands:
            self.note_access(AccessKind.FLOW, operand)


class CallPoint(EvalPoint, frozen=True):
    """A call that is being evaluated."""

    arguments: Arguments


def receiver_of(call: CallPoint) -> Site:
    """The expression whose method is called; the call itself if there is none."""
    func = call.node.func if isinstance(call.node, cst.Call) else None
    return call.act.site(func.value) if isinstance(func, cst.Attribute) else call.site


Evaluator = Callable[["Interpreter", Activation, Any], Value]
Executor = Callable[["Interpreter", Activation, Any], bool]
"""Transfer functions: their last parameter is a node of the class that the table has them for."""
Model = Callable[[CallPoint], Value]
Method = Callable[[CallPoint, MemberRef], Value]


class TransferFunctions(Struct, frozen=True):
    """The transfer functions and library models, assembled by `dispatch.py`."""

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
    """Runs a program on abstract values."""

    def __init__(
        self,
        trees: Mapping[str, Tree],
        files: ModuleFiles,
        libraries: LibraryIndex,
        watch: Iterable[str],
        transfer: TransferFunctions,
    ) -> None:
        self.trees = trees
        self.files = files
        self.libraries = libraries
        self.transfer = transfer
        self.heap = Heap()
        self.facts = Facts([], self.heap, [], [], {}, set(), [])
        self.frames = Frames(self.facts, len(trees))
        self.classes = ClassTable(self.facts)
        self._parsed_classes: set[Site] = set()
        self.shared = SharedNames(self.classes)
        self.notes = EventLog(self.facts, self.classes, watch)
        self.functions = FunctionTable()
        self.running = ActiveCalls()
        self.summaries = SummaryCache()
        self.testing = KnownTests()
        self.read_set = ReadSet()
        """The current read set."""
        self.activations: dict[int, Activation] = {}
        """By frame: its newest activation."""
        self.modules: dict[str, Activation] = {}
        """By path: the activation of the module's body."""
        self.module_runs: dict[str, ModuleRun] = {}
        """By module: what the last run of its body has read."""
        self.found_modules: dict[tuple[str, str, int], str | None] = {}
        """By importing module, dotted name and level: the path of the imported module; None if it isn't the
        program's."""
        self.readers = ProgramReaders.of(trees.values(), self.libraries.call_records)
        self.log_sinks = LogSinks()
        self.options = OptionSources(self.facts.options)
        self.errors = ErrorObjects.in_heap(self.heap)
        self.specifiers: dict[tuple[Site, int], dict[str, Operand]] = {}
        """By site and frame of a field specifier: its arguments."""
        self.exposed: set[str] = set()
        """Modules whose namespace is passed to code that isn't analysed."""
        self.scheduled_runs: dict[LaterPlace, LaterRun] = {}
        """The code that may run later, and so runs again if something that it reads has changed."""
        self.growth = ListGrowth(Conditions())
        self.guard_of: dict[int, int] = {}
        """By id of a dict or an instance: `guards` when it was created."""
        self.regions = Regions()
        self.steps = 0
        self.limit = budgets.steps_of_run(len(trees))
        self.stores = 0
        """The number of changes to heap objects."""
        # Bound here because they are read for every expression or statement.
        self.note_replies_escaped = self.notes.note_replies_escaped
        self.note_use, self.note_use_at = self.notes.note_use, self.notes.note_use_at
        self.note_access = self.notes.note_access
        self.tracked, self.tracked_leaves = self.notes.is_tracked, self.notes.tracked_leaves
        self._expressions, self._statements = transfer.expressions, transfer.statements
        self._values = self.facts.values

    @property
    def guards(self) -> int:
        """The number of conditions with an unknown outcome around the code that is running."""
        return len(self.growth.conditions.running)

    @guards.setter
    def guards(self, depth: int) -> None:
        self.growth.conditions.set_depth(depth)

    # Evaluation.

    def evaluate(self, act: Activation, node: cst.CSTNode) -> Value:
        """The value of an expression with a transfer function. Raises ExhaustedError if no steps are left."""
        self.steps += 1
        if self.steps > self.limit:
            raise budgets.ExhaustedError
        value = self._expressions[type(node)](self, act, node)
        self.note_value(act, node, value)
        return value

    def note_value(self, act: Activation, node: cst.CSTNode, value: Value) -> None:
        """Record the value of an expression, or the subject of a pattern. Values of one frame are joined."""
        key = (act.tree.sites[id(node)], act.frame.id)
        previous = self._values.setdefault(key, value)
        if previous is not value and previous != value:
            self._values[key] = join(previous, value)

    def operand(self, act: Activation, node: cst.CSTNode) -> Operand:
        """The value of an expression, with its site and frame."""
        return Operand(self.evaluate(act, node), act.tree.sites[id(node)], act.frame.id)

    def execute(self, act: Activation, statements: Iterable[cst.CSTNode]) -> bool:
        """Run statements; return False if control doesn't reach their end."""
        for statement in statements:
            if act.attempts:
                act.attempts[-1].append(dict(act.env))
            if not self._statements[type(statement)](self, act, statement):
                return False
        return True

    def call(self, act: Activation, node: cst.CSTNode, callee: Value, arguments: Arguments) -> Value:
        """The value of a call."""
        return self.transfer.call(self, act, node, callee, arguments)

    def attribute(self, act: Activation, node: cst.CSTNode, value: Value, name: str) -> Value:
        """The value of an attribute."""
        return self.transfer.attribute(self, act, node, value, name)

    def assign(self, act: Activation, target: cst.CSTNode, value: Value, site: Site) -> None:
        """Bind a target. `site` is the expression that yields the value."""
        self.transfer.assign(self, act, target, value, site)

    def instances_of(self, site: Site) -> list[Ref]:
        """The instances of a class that were created so far; added to the read set."""
        refs = list(self.classes.instances.get(site, ()))
        self.read_set.instance_counts.setdefault(site, len(refs))
        return refs

    def instances_of_subclasses(self, site: Site) -> list[Ref]:
        """The instances of a class and its subclasses that were created so far; added to the read set."""
        instance_counts, instances = self.read_set.instance_counts, self.classes.instances
        all_refs: list[Ref] = []
        for derived in self.classes.with_subclasses(site):
            refs = instances.get(derived, ())
            instance_counts.setdefault(derived, len(refs))
            all_refs.extend(refs)
        return all_refs

    def reply_members(self, number: int) -> Mapping[str, View]:
        """The members of a request's reply; for a stub, the members of the received request."""
        return self.libraries.reply_members(self.facts.requests[number])

    def class_info(self, site: Site) -> ClassInfo | None:
        """The class defined at `site`, added to the read set; None if its statement wasn't run yet."""
        self._require_parsed(site)
        self.read_set.classes.setdefault(site, self.classes.binds.get(site, 0))
        return self.classes.infos.get(site)

    def note_order_read(self, site: Site, order: Mro) -> None:
        """Add a class and its bases to the read set. Raises NeedsFullParseError if one isn't parsed."""
        self.steps += len(order.sites) // budgets.CLASSES_A_STEP
        for class_site in filterfalse(self._parsed_classes.__contains__, order.sites):
            self._require_parsed(class_site)
            self._parsed_classes.add(class_site)
        self.read_set.classes.setdefault(site, self.classes.binds.get(site, 0))

    def _require_parsed(self, site: Site) -> None:
        tree = self.trees[site.path]
        if tree.is_elided(tree.node(site)):
            raise NeedsFullParseError(site.path)

    def assumed_result(self, frame: Frame) -> Value:
        """The result of a running frame so far, which a recursive call assumes; added to the read set."""
        result = self.running.results.get(frame.id, NEVER)
        self.read_set.assumed_results.setdefault(frame.id, result)
        return result

    def mark_incomplete(self, site: Site) -> None:
        """Record that a function or a module was not analysed completely."""
        if site not in self.facts.exhausted:
            self.facts.exhausted.append(site)

    # The heap.

    def allocate_dict(self, act: Activation, node: cst.CSTNode) -> tuple[Ref, DictObject]:
        """The dict that is created at `node`."""
        return self.allocate_dict_at(act.site(node), act.frame.id)

    def allocate_dict_at(self, site: Site, frame: int) -> tuple[Ref, DictObject]:
        """The dict that is created at a site in a frame, in any module."""
        ref, record = self.heap.allocate(DictObject(site, frame))
        self.note_guard_depth(ref)
        return ref, record

    def note_guard_depth(self, ref: Ref) -> None:
        """Record the conditions around the creation of an object: what is written under more of them may be
        missing, and what is written behind an early exit is missing if that was taken."""
        self.guard_of.setdefault(ref.id, self.guards)
        self.regions.note_creation(ref.id)

    def allocate_sequence(
        self, act: Activation, node: cst.CSTNode, items: Iterable[Operand] = (), rest: Value = NEVER
    ) -> Ref:
        """The list, tuple or set that is created at `node`."""
        ref = self.heap.at(SequenceObject, act.site(node), act.frame.id)
        sequence = self.heap[ref]
        assert isinstance(sequence, SequenceObject)
        elements = list(items)
        if sequence.variants is not None:
            sequence.rest, sequence.variants = NEVER, None
        if self.growth.note_creation(ref.id, act) or len(elements) >= len(sequence.items):
            sequence.items = elements
        self.regions.note_creation(ref.id)
        sequence.rest = join(sequence.rest, rest)
        return ref

    def allocate_iterator(self, act: Activation, node: cst.CSTNode, element: Value) -> Ref:
        """The iterator that is created at `node`."""
        ref, iterator = self.heap.allocate(Iterated(act.site(node), act.frame.id))
        iterator.element = join(iterator.element, element)
        return ref

    def allocate_task(self, act: Activation, node: cst.CSTNode, result: Value) -> Ref:
        """The task or future that is created at `node`."""
        ref, task = self.heap.allocate(Task(act.site(node), act.frame.id))
        task.result = join(task.result, result)
        return ref

    def allocate_library_instance(
        self, act: Activation, node: cst.CSTNode, client: str | None = None
    ) -> tuple[Ref, Instance]:
        """The instance of a library's type that is created at `node`."""
        return self.heap.allocate(Instance(act.site(node), act.frame.id, None, client))

    # Events, and the result.

    def mark_escaped(self, value: Value) -> None:
        """Record that functions or instances of the program are passed to unanalysed code, other than tests,
        which may call them."""
        self.expose(value)
        for choice in alternatives(value) if not self.testing.runs else ():
            method = choice.function if isinstance(choice, Bound) else choice
            if isinstance(method, Function | Class):
                self.functions.register((method.site,), (method.site,))
            elif isinstance(choice, Ref):
                self.stores += choice not in self.heap.escaped
                self.heap.escaped.add(choice)
                objects = reachable_objects(choice, self.heap)
                self.functions.register(objects.definitions, objects.classes)

    def expose(self, value: Value) -> None:
        """Record that an expression without a model, other than in tests, reads from these objects."""
        self.stores += self.heap.expose(value) if not self.testing.runs else 0

    def note_rebinding(self, name: str, value: Value, site: Site) -> None:
        """Record that the program rebinds a library's name, outside of tests. With something else in its
        place than a name of a library, the clients concerned are no longer predictable."""
        is_foreign = all(isinstance(choice, Symbol | Const) for choice in alternatives(value))
        if not is_foreign and not self.testing.runs:
            for client in self.libraries.affected_clients(name):
                self.facts.replaced.setdefault(client, site)

    def finish(self) -> Facts:
        """Complete the facts and return them."""
        self.log_sinks.note_containers(self.heap, self.facts.mutations.values())
        self.facts.uses = self.log_sinks.as_read(self.notes.uses, self.facts.outside)
        self.facts.has_log_files = bool(self.log_sinks.files)
        self.facts.steps = self.steps
        self.facts.tests = self.testing.modules
        self.facts.results = self.functions.results
        self.facts.classes, self.facts.passed = self.classes.infos, frozenset(self.functions.passed)
        self.facts.errors = self.errors.all_contents(self.heap)
        for (importer, _, _), path in self.found_modules.items():
            if path is not None:
                self.facts.imports.setdefault(importer, set()).add(path)
        note_module_values(self.facts, {path: body.env for path, body in self.modules.items()}, self.heap)
        return self.facts
