"""Entry points: functions without a caller in the program, run with unknown arguments."""

from collections.abc import Iterator, Mapping
from typing import cast

import libcst as cst

from kognitos_migrate.debug_log import log
from kognitos_migrate.interpret import budgets, deferred_runs, function_calls
from kognitos_migrate.interpret.argument_binding import bind_parameters
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.call_order import functions_in_call_order
from kognitos_migrate.interpret.classes.attribute_lookup import (
    class_attribute,
    is_method_of_class,
    methods_in,
    mro_of,
)
from kognitos_migrate.interpret.classes.method_receivers import any_instance, new_instance
from kognitos_migrate.interpret.function_definitions import parameters_of
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter
from kognitos_migrate.interpret.library.testing import (
    HELPER,
    TEST_PREFIX,
    collection_rank,
    parameters_from_pytest,
)
from kognitos_migrate.interpret.module_loading import interpret_body, is_stale
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation, ReadSet
from kognitos_migrate.interpret.state.use_details import CALLERS, WALKERS
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.functions import class_of_method
from kognitos_migrate.syntax.module_references import is_public
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Operand
from kognitos_migrate.values.heap_store import State, object_state
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Class, Unknown, Value

_CONSTRUCTION_METHODS = ("__new__", "__init__", "__post_init__")
"""Methods that are called when an instance is created."""
_HANDLER_PARAMETERS = ("event", "context")
"""The parameters of a function that a platform runs for each event; a deployment names the function."""
_TEST_ROUNDS = 2
"""How often a test runs whose doubles are called where they are installed: they may read what the test sets
later."""
_NESTED_ROUNDS = 2
"""The number of additional rounds in which nested functions always run."""


def run_entry_points(interpreter: Interpreter, unused: Mapping[str, frozenset[str]]) -> None:
    """Run the functions without a caller in rounds, until the shared objects no longer change.

    Modules whose bodies read what changed are run again. The functions and classes in `unused`, by module,
    are not run.
    """
    entries: list[_EntryPoint] = []
    interpreter.functions.handlers = _platform_handlers(interpreter)
    interpreter.functions.registered |= interpreter.functions.handlers
    for tree, node in functions_in_call_order(interpreter, unused):
        entries.append(_EntryPoint(tree, node))
        entries[-1].run(interpreter)
    _run_lambdas(interpreter)
    for number in range(budgets.ENTRY_ROUNDS - 1):
        settled = not deferred_runs.rerun_deferred(interpreter)
        sites = {entry.tree.site(entry.node) for entry in entries}
        for tree, node in _escaped_functions(interpreter):
            if tree.site(node) not in sites:
                settled = False
                entries.append(_EntryPoint(tree, node))
                entries[-1].run(interpreter)
        settled &= not _instantiate_escaped_classes(interpreter)
        for path, body in interpreter.modules.items():
            if is_stale(interpreter, path):
                settled = False
                interpret_body(interpreter, body)
        for entry in entries:
            if entry.is_stale(interpreter) or (entry.is_nested and number < _NESTED_ROUNDS):
                settled = False
                entry.run(interpreter)
        log("entry round", number=number + 1, entry_points=len(entries), settled=settled)
        if settled:
            return
    for entry in entries:
        if entry.is_stale(interpreter):
            interpreter.mark_incomplete(Site(entry.tree.path, 0))


def _platform_handlers(interpreter: Interpreter) -> frozenset[Site]:
    """The public functions that a platform calls with an event, even if the program calls them, too."""
    return frozenset(
        tree.site(node)
        for path, tree in interpreter.trees.items()
        if path not in interpreter.testing.modules
        for node in tree.of_kind(cst.FunctionDef)
        if tuple(param.name.value.lstrip("_") for param in parameters_of(node)) == _HANDLER_PARAMETERS
        if is_public(tree, node) and tree.enclosing(node, cst.ClassDef) is None
    )


def _escaped_functions(interpreter: Interpreter) -> Iterator[tuple[Tree, cst.FunctionDef]]:
    """The functions that unanalysed code may call, even if the program calls them, too.

    These are functions that were passed to it, and the public and special methods of instances that were
    passed to it. By convention, names with a leading underscore aren't called, and neither are class methods
    that make instances, unless the class itself was passed.
    """
    for site in sorted(interpreter.functions.registered):
        tree = interpreter.trees[site.path]
        node = tree.node(site)
        if isinstance(node, cst.FunctionDef):
            yield tree, node
        elif isinstance(node, cst.ClassDef):
            for info in mro_of(interpreter, Class(site, 0)).infos:
                class_tree = interpreter.trees[info.site.path]
                for method in class_tree.of_kind(cst.FunctionDef):
                    owner = class_of_method(class_tree, method)
                    if owner is not class_tree.node(info.site) or not _is_public(method.name.value):
                        continue
                    if site in interpreter.functions.passed or not _makes_instances(
                        interpreter, class_tree, method
                    ):
                        yield class_tree, method


def _instantiate_escaped_classes(interpreter: Interpreter) -> bool:
    """Create an instance of each class that unanalysed code may call, with unknown arguments. Returns whether
    an object has changed."""
    stores = interpreter.stores
    for site in sorted(interpreter.functions.passed & interpreter.classes.infos.keys()):
        new_instance(interpreter, Class(site, interpreter.classes.infos[site].frame))
    return interpreter.stores != stores


def _makes_instances(interpreter: Interpreter, tree: Tree, method: cst.FunctionDef) -> bool:
    """Whether a class method that the program calls returns instances of its class alone."""
    if not is_method_of_class(interpreter, tree, method):
        return False
    owner = class_of_method(tree, method)
    subclasses = interpreter.classes.with_subclasses(tree.site(owner)) if owner is not None else ()
    results = alternatives(interpreter.functions.results.get(tree.site(method), NEVER))
    instances = [interpreter.heap.get(choice) for choice in results]
    return bool(instances) and all(
        isinstance(instance, Instance) and instance.cls is not None and instance.cls.site in subclasses
        for instance in instances
    )


def _is_public(name: str) -> bool:
    """Whether unanalysed code calls a method: by a public name, or as a special method of an existing
    instance."""
    return not name.startswith("_") or (name.endswith("__") and name not in _CONSTRUCTION_METHODS)


class _EntryPoint(Struct, eq=False):
    """A function without a caller, and the reads of its last run."""

    tree: Tree
    node: cst.FunctionDef
    closure: int | None = None
    receivers: list[Value | None] = field(default_factory=list)
    shared_binds: int = 0
    requests: bool = False
    states: dict[int, State] = field(default_factory=dict)
    """Heap objects with their state when they were first read; if the run created them, with their state at
    its end."""

    instance_counts: dict[Site, int] = field(default_factory=dict)

    def run(self, interpreter: Interpreter) -> None:
        """Run the function with unknown arguments, and record what it reads."""
        self.closure = _closure_frame(interpreter, self.tree, self.node)
        self.receivers = self._receivers_now(interpreter)
        heap_size = len(interpreter.heap.objects)
        interpreter.heap.states_read = self.states = {}
        interpreter.read_set = ReadSet()
        self.instance_counts = interpreter.read_set.instance_counts
        self.shared_binds = interpreter.shared.binds
        interpreter.testing.runs = self.tree.path in interpreter.testing.modules
        interpreter.running.is_entry = not interpreter.testing.runs
        interpreter.testing.answers = False
        for _ in range(_TEST_ROUNDS if self.closure is not None else 0):
            _run_entry_point(interpreter, self.tree, self.node, cast(int, self.closure), self.receivers)
            if not interpreter.testing.answers:
                break
        interpreter.testing.runs = interpreter.running.is_entry = False
        self.states.update(
            (index, object_state(interpreter.heap.objects[index]))
            for index in self.states
            if index >= heap_size
        )
        self.requests = bool(interpreter.facts.requests)
        interpreter.heap.states_read, interpreter.read_set = {}, ReadSet()

    @property
    def is_nested(self) -> bool:
        """Whether it may read variables of an enclosing function. Changes of these are not tracked."""
        return self.tree.enclosing(self.node, cst.FunctionDef) is not None

    def _receivers_now(self, interpreter: Interpreter) -> list[Value | None]:
        return _receivers(interpreter, self.tree, self.node, self.closure) if self.closure is not None else []

    def is_stale(self, interpreter: Interpreter) -> bool:
        """Whether something that the last run read has changed."""
        objects = interpreter.heap.objects
        return (
            self.shared_binds != interpreter.shared.binds
            or self.requests != bool(interpreter.facts.requests)
            or self.closure != _closure_frame(interpreter, self.tree, self.node)
            or self.receivers != self._receivers_now(interpreter)
            or any(
                len(interpreter.classes.instances[site]) != number
                for site, number in self.instance_counts.items()
                if site in interpreter.classes.instances
            )
            or any(object_state(objects[index]) != state for index, state in self.states.items())
        )


def _run_lambdas(interpreter: Interpreter) -> None:
    """Run the lambdas without a caller, and those that unanalysed code may call, in their closures."""
    done: set[Site] = set()
    while waiting := _pending_lambdas(interpreter) - done:
        done |= waiting
        for site in sorted(waiting):
            tree = interpreter.trees[site.path]
            node = tree.node(site)
            assert isinstance(node, cst.Lambda)
            frame = interpreter.frames.of(site, None, None, interpreter.functions.lambdas[site], None)
            inner = Activation(frame, tree)
            interpreter.activations[frame.id] = inner
            interpreter.functions.called.add(site)
            bind_parameters(CallPoint(interpreter, inner, node, Arguments()), inner, node, None)
            interpreter.running.frames.append(frame)
            value = interpreter.evaluate(inner, node.body)
            interpreter.running.frames.pop()
            interpreter.mark_escaped(value)
            interpreter.note_use(UseKind.ESCAPE, value, inner, node, tree.site(node.body), detail=CALLERS)


def _pending_lambdas(interpreter: Interpreter) -> set[Site]:
    functions = interpreter.functions
    return {
        site for site in functions.lambdas if site not in functions.called or site in functions.registered
    }


def _receivers(
    interpreter: Interpreter, tree: Tree, node: cst.FunctionDef, closure: int
) -> list[Value | None]:
    owner = class_of_method(tree, node)
    if owner is None:
        return [None]
    if is_method_of_class(interpreter, tree, node):
        return [Class(tree.site(owner), closure)]
    if tree.path in interpreter.testing.modules and collection_rank(node) != HELPER:
        return list(_test_instances(interpreter, tree, owner, node))
    return list(alternatives(_receiver(interpreter, tree, owner)))


def _run_entry_point(
    interpreter: Interpreter, tree: Tree, node: cst.FunctionDef, closure: int, receivers: list[Value | None]
) -> None:
    site = tree.site(node)
    for receiver in receivers:
        operand = Operand(receiver, site, closure) if receiver is not None else None
        frame = interpreter.frames.of(site, None, None, closure, operand)
        inner = Activation(frame, tree)
        interpreter.activations[frame.id] = inner
        interpreter.functions.called.add(site)
        bind_parameters(CallPoint(interpreter, inner, node, Arguments()), inner, node, receiver)
        inner.env.update(parameters_from_pytest(interpreter, inner, node))
        _fill_spread_parameters(interpreter, inner, node)
        function_calls.run_to_fixpoint(interpreter, inner, node)
        if inner.generator and inner.yields != NEVER:
            interpreter.mark_escaped(inner.yields)
            interpreter.note_use(UseKind.ESCAPE, inner.yields, inner, node, site, detail=WALKERS)
        if site in interpreter.functions.handlers:
            _note_result_keys(interpreter, inner, interpreter.functions.results.get(site, NEVER))


def _note_result_keys(interpreter: Interpreter, inner: Activation, result: Value) -> None:
    """Record the keys of a handler's result: a state machine puts them into the events of other handlers."""
    for heap_object in interpreter.heap.objects_of(result):
        if isinstance(heap_object, DictObject):
            interpreter.notes.outside_names(inner).puts.update(dict.fromkeys(heap_object.entries))


def _fill_spread_parameters(interpreter: Interpreter, inner: Activation, node: cst.FunctionDef) -> None:
    """Fill `*args` and `**kwargs` of an entry point with unknown values."""
    star = node.params.star_arg
    if isinstance(star, cst.Param):
        interpreter.allocate_sequence(inner, star, (), Unknown(star.name.value, error=True))
    if node.params.star_kwarg is not None:
        _, record = interpreter.allocate_dict(inner, node.params.star_kwarg)
        record.open = True
        record.names = record.others = Unknown(node.params.star_kwarg.name.value, error=True)


def _closure_frame(interpreter: Interpreter, tree: Tree, node: cst.FunctionDef) -> int | None:
    """The frame that the function closes over; None if the enclosing function was never run."""
    enclosing_function = tree.enclosing(node, cst.FunctionDef)
    if enclosing_function is None:
        return interpreter.modules[tree.path].frame.id
    return interpreter.frames.last.get(tree.site(enclosing_function))


def _test_instances(
    interpreter: Interpreter, tree: Tree, owner: cst.ClassDef, node: cst.FunctionDef
) -> Iterator[Value]:
    """The instances on which the test runner calls a method: those of each class that has or inherits it.

    A base class without tests has none if a subclass with tests inherits the method.
    """
    function, infos = tree.site(node), interpreter.classes.infos
    inheriting = [
        cls
        for site in interpreter.classes.with_subclasses(tree.site(owner))
        if site.path in interpreter.testing.modules and site in infos
        for cls in (Class(site, infos[site].frame),)
        if any(
            method.site == function
            for method in methods_in(class_attribute(interpreter, cls, node.name.value))
        )
    ]
    for cls in [cls for cls in inheriting if _has_tests(interpreter, cls)] or inheriting[:1]:
        instances: list[Value] = [
            ref
            for ref in interpreter.instances_of_subclasses(cls.site)
            if cast(Instance, interpreter.heap[ref]).cls == cls
        ]
        yield from instances or [new_instance(interpreter, cls)]


def _has_tests(interpreter: Interpreter, cls: Class) -> bool:
    return any(
        name.startswith(TEST_PREFIX) for info in mro_of(interpreter, cls).infos for name in info.attributes
    )


def _receiver(interpreter: Interpreter, tree: Tree, owner: cst.ClassDef) -> Value:
    """The instances of a class and its subclasses that the program creates, or a new one if there are
    none."""
    cls = Class(tree.site(owner), interpreter.modules[tree.path].frame.id)
    instance = any_instance(interpreter, cls)
    return new_instance(interpreter, cls) if instance is NEVER else instance
