"""Entry points: functions without a caller in the program, run with unknown arguments."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from typing import cast

import libcst as cst

from kognitos_migrate.debug_log import log
from kognitos_migrate.interpret import budgets, deferred_runs, function_calls
from kognitos_migrate.interpret.argument_binding import bind_parameters
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import is_class_method, mro_of
from kognitos_migrate.interpret.classes.instances import instantiate
from kognitos_migrate.interpret.classes.receivers import any_instance
from kognitos_migrate.interpret.containers import heap_objects
from kognitos_migrate.interpret.function_definitions import parameters_of
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter
from kognitos_migrate.interpret.library.testing import collection_rank, parameters_from_pytest
from kognitos_migrate.interpret.names import is_stale, run_module
from kognitos_migrate.interpret.state.facts import CALLERS, WALKERS, UseKind
from kognitos_migrate.interpret.state.frames import Activation, ReadSet
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.module_references import is_public
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Operand
from kognitos_migrate.values.heap_store import State, object_state
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Class, Function, Ref, Unknown, Value

_CONSTRUCTION_METHODS = ("__new__", "__init__", "__post_init__")
"""Methods that are called when an instance is created."""
_HANDLER_PARAMETERS = ("event", "context")
"""The parameters of a function that a platform runs for each event; a deployment names the function."""
_TEST_ROUNDS = 2
"""How often a test runs whose doubles are called where they are installed: they may read what the test sets
later."""
_NESTED_ROUNDS = 2
"""The number of additional rounds in which nested functions always run."""


def run_entry_points(m: Interpreter, unused: Mapping[str, frozenset[str]]) -> None:
    """Run the functions without a caller in rounds, until the shared objects no longer change.

    Modules whose bodies read what changed are run again. The functions and classes in `unused`, by module,
    are not run.
    """
    entries: list[_EntryPoint] = []
    m.functions.handlers = _platform_handlers(m)
    m.functions.registered |= m.functions.handlers
    for tree, node in _functions_in_call_order(m, unused):
        entries.append(_EntryPoint(tree, node))
        entries[-1].run(m)
    _run_lambdas(m)
    for number in range(budgets.ENTRY_ROUNDS - 1):
        settled = not deferred_runs.rerun_deferred(m)
        sites = {entry.tree.site(entry.node) for entry in entries}
        for tree, node in _escaped_functions(m):
            if tree.site(node) not in sites:
                settled = False
                entries.append(_EntryPoint(tree, node))
                entries[-1].run(m)
        for path, body in m.modules.items():
            if is_stale(m, path):
                settled = False
                run_module(m, body)
        for entry in entries:
            if entry.is_stale(m) or (entry.is_nested and number < _NESTED_ROUNDS):
                settled = False
                entry.run(m)
        log("entry round", number=number + 1, entry_points=len(entries), settled=settled)
        if settled:
            return
    for entry in entries:
        if entry.is_stale(m):
            m.mark_incomplete(Site(entry.tree.path, 0))


def _platform_handlers(m: Interpreter) -> frozenset[Site]:
    """The public functions that a platform calls with an event, even if the program calls them, too."""
    return frozenset(
        tree.site(node)
        for path, tree in m.trees.items()
        if path not in m.testing.modules
        for node in tree.of_kind(cst.FunctionDef)
        if tuple(param.name.value.lstrip("_") for param in parameters_of(node)) == _HANDLER_PARAMETERS
        if is_public(tree, node) and tree.enclosing(node, cst.ClassDef) is None
    )


def _escaped_functions(m: Interpreter) -> Iterator[tuple[Tree, cst.FunctionDef]]:
    """The functions that unanalysed code may call, even if the program calls them, too.

    These are functions that were passed to it, and the public and special methods of instances that were
    passed to it. By convention, names with a leading underscore aren't called, and neither are class methods
    that make instances, unless the class itself was passed.
    """
    for site in sorted(m.functions.registered):
        tree = m.trees[site.path]
        node = tree.node(site)
        if isinstance(node, cst.FunctionDef):
            yield tree, node
        elif isinstance(node, cst.ClassDef):
            for info in mro_of(m, Class(site, 0)).infos:
                class_tree = m.trees[info.site.path]
                for method in class_tree.of_kind(cst.FunctionDef):
                    owner = _class_of_method(class_tree, method)
                    if owner is not class_tree.node(info.site) or not _is_public(method.name.value):
                        continue
                    if site in m.functions.passed or not _makes_instances(m, class_tree, method):
                        yield class_tree, method


def _makes_instances(m: Interpreter, tree: Tree, method: cst.FunctionDef) -> bool:
    """Whether a class method that the program calls returns instances of its class alone."""
    if not _is_class_method(m, tree, method):
        return False
    owner = _class_of_method(tree, method)
    subclasses = m.classes.with_subclasses(tree.site(owner)) if owner is not None else ()
    results = alternatives(m.functions.results.get(tree.site(method), NEVER))
    instances = [m.heap[choice] if isinstance(choice, Ref) else None for choice in results]
    return bool(instances) and all(
        isinstance(instance, Instance) and instance.cls is not None and instance.cls.site in subclasses
        for instance in instances
    )


def _is_public(name: str) -> bool:
    """Whether unanalysed code calls a method: by a public name, or as a special method of an existing
    instance."""
    return not name.startswith("_") or (name.endswith("__") and name not in _CONSTRUCTION_METHODS)


def _functions_in_call_order(
    m: Interpreter, unused: Mapping[str, frozenset[str]]
) -> Iterator[tuple[Tree, cst.FunctionDef]]:
    """The functions that were not run yet, callers first, because a function that is called by then is no
    entry point.

    Functions that mention each other are in source order.
    """
    waiting = {
        tree.site(node): (tree, node)
        for tree in m.trees.values()
        for node in tree.of_kind(cst.FunctionDef)
        if tree.site(node) not in m.functions.called or tree.site(node) in m.functions.registered
        if _top_name(tree, node) not in unused.get(tree.path, ())
    }
    call_names = {site: _calling_names(m, *definition) for site, definition in waiting.items()}
    mentions = {site: _mentioned_names(m, *definition) for site, definition in waiting.items()}
    mention_counts = Counter(name for names in mentions.values() for name in names)
    sites_by_name: dict[str, list[Site]] = {}
    for site, names in call_names.items():
        for name in names:
            sites_by_name.setdefault(name, []).append(site)
    anywhere = {name for tree in m.trees.values() for name in (*tree.memoize(_used_names), *tree.gaps.words)}

    def is_ready(site: Site) -> bool:
        return all(mention_counts[name] == (name in mentions[site]) for name in call_names[site])

    def late(site: Site) -> tuple[int, bool]:
        """The sort key: pytest's order in test modules; then functions whose names are used somewhere come
        last."""
        turn = collection_rank(waiting[site][1]) if site.path in m.testing.modules else 1
        return turn, not anywhere.isdisjoint(call_names[site])

    ready = deque(sorted(filter(is_ready, waiting), key=late))
    rest = iter(list(waiting))
    while waiting:
        site = ready.popleft() if ready else next(rest)
        if site not in waiting:
            continue
        tree, node = waiting.pop(site)
        if site not in m.functions.called or site in m.functions.registered:
            yield tree, node
        for name in sorted(mentions[site]):  # a set has no fixed order
            mention_counts[name] -= 1
            if mention_counts[name] <= 1:
                ready.extend(
                    candidate
                    for candidate in sites_by_name.get(name, ())
                    if candidate in waiting and is_ready(candidate)
                )


def _top_name(tree: Tree, function: cst.FunctionDef) -> str | None:
    """The name of the top-level function or class that contains a function, or of the function itself."""
    enclosing_nodes = (function, *tree.ancestors(function))
    definitions = [node for node in enclosing_nodes if isinstance(node, cst.FunctionDef | cst.ClassDef)]
    return definitions[-1].name.value


def _calling_names(m: Interpreter, tree: Tree, function: cst.FunctionDef) -> frozenset[str]:
    """The names that call a function: its own; for a special method, those of its class and its
    subclasses."""
    name, owner = function.name.value, _class_of_method(tree, function)
    if owner is None or not (name.startswith("__") and name.endswith("__")):
        return frozenset((name,))
    subclasses = (m.trees[site.path].node(site) for site in m.classes.with_subclasses(tree.site(owner)))
    return frozenset(node.name.value for node in subclasses if isinstance(node, cst.ClassDef))


def _mentioned_names(m: Interpreter, tree: Tree, function: cst.FunctionDef) -> set[str]:
    """The names in a function's source. A class method also mentions its class, by `cls`."""
    names = {node.value for node in tree.descendants_of_kind(function, cst.Name) if node is not function.name}
    owner = _class_of_method(tree, function)
    if owner is not None and _is_class_method(m, tree, function):
        names.add(owner.name.value)
    return names


def _class_of_method(tree: Tree, function: cst.FunctionDef) -> cst.ClassDef | None:
    """The class of a method; None for any other function."""
    owner = tree.parent(tree.parent(function) or function)
    return owner if isinstance(owner, cst.ClassDef) else None


def _is_class_method(m: Interpreter, tree: Tree, function: cst.FunctionDef) -> bool:
    return is_class_method(m, Function(tree.site(function), m.modules[tree.path].frame.id))


def _used_names(tree: Tree) -> frozenset[str]:
    """The names that a module uses other than as the name of a definition."""
    definition_names = {id(node.name) for node in tree.of_kind(cst.FunctionDef)}
    definition_names |= {id(node.name) for node in tree.of_kind(cst.ClassDef)}
    return frozenset(
        name for name, nodes in tree.names.items() if any(id(node) not in definition_names for node in nodes)
    )


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

    def run(self, m: Interpreter) -> None:
        """Run the function with unknown arguments, and record what it reads."""
        self.closure = _closure_frame(m, self.tree, self.node)
        self.receivers = self._receivers_now(m)
        heap_size = len(m.heap.objects)
        m.heap.states_read = self.states = {}
        m.read_set = ReadSet()
        self.instance_counts = m.read_set.instance_counts
        self.shared_binds = m.shared.binds
        m.testing.runs = self.tree.path in m.testing.modules
        m.running.is_entry = not m.testing.runs
        m.testing.answers = False
        for _ in range(_TEST_ROUNDS if self.closure is not None else 0):
            _run_entry_point(m, self.tree, self.node, cast(int, self.closure), self.receivers)
            if not m.testing.answers:
                break
        m.testing.runs = m.running.is_entry = False
        self.states.update(
            (index, object_state(m.heap.objects[index])) for index in self.states if index >= heap_size
        )
        self.requests = bool(m.facts.requests)
        m.heap.states_read, m.read_set = {}, ReadSet()

    @property
    def is_nested(self) -> bool:
        """Whether it may read variables of an enclosing function. Changes of these are not tracked."""
        return self.tree.enclosing(self.node, cst.FunctionDef) is not None

    def _receivers_now(self, m: Interpreter) -> list[Value | None]:
        return _receivers(m, self.tree, self.node, self.closure) if self.closure is not None else []

    def is_stale(self, m: Interpreter) -> bool:
        """Whether something that the last run read has changed."""
        objects = m.heap.objects
        return (
            self.shared_binds != m.shared.binds
            or self.requests != bool(m.facts.requests)
            or self.closure != _closure_frame(m, self.tree, self.node)
            or self.receivers != self._receivers_now(m)
            or any(
                len(m.classes.instances[site]) != number
                for site, number in self.instance_counts.items()
                if site in m.classes.instances
            )
            or any(object_state(objects[index]) != state for index, state in self.states.items())
        )


def _run_lambdas(m: Interpreter) -> None:
    """Run the lambdas without a caller, and those that unanalysed code may call, in their closures."""
    done: set[Site] = set()
    while waiting := _pending_lambdas(m) - done:
        done |= waiting
        for site in sorted(waiting):
            tree = m.trees[site.path]
            node = tree.node(site)
            assert isinstance(node, cst.Lambda)
            frame = m.frames.of(site, None, None, m.functions.lambdas[site], None)
            inner = Activation(frame, tree)
            m.activations[frame.id] = inner
            m.functions.called.add(site)
            bind_parameters(CallPoint(m, inner, node, Arguments()), inner, node, None)
            m.running.frames.append(frame)
            value = m.evaluate(inner, node.body)
            m.running.frames.pop()
            m.mark_escaped(value)
            m.use(UseKind.ESCAPE, value, inner, node, tree.site(node.body), detail=CALLERS)


def _pending_lambdas(m: Interpreter) -> set[Site]:
    functions = m.functions
    return {
        site for site in functions.lambdas if site not in functions.called or site in functions.registered
    }


def _receivers(m: Interpreter, tree: Tree, node: cst.FunctionDef, closure: int) -> list[Value | None]:
    owner = _class_of_method(tree, node)
    if owner is None:
        return [None]
    if _is_class_method(m, tree, node):
        return [Class(tree.site(owner), closure)]
    receiver = _receiver(m, tree, owner)
    return list(alternatives(receiver))


def _run_entry_point(
    m: Interpreter, tree: Tree, node: cst.FunctionDef, closure: int, receivers: list[Value | None]
) -> None:
    site = tree.site(node)
    for receiver in receivers:
        operand = Operand(receiver, site, closure) if receiver is not None else None
        frame = m.frames.of(site, None, None, closure, operand)
        inner = Activation(frame, tree)
        m.activations[frame.id] = inner
        m.functions.called.add(site)
        bind_parameters(CallPoint(m, inner, node, Arguments()), inner, node, receiver)
        inner.env.update(parameters_from_pytest(m, inner, node))
        _fill_spread_parameters(m, inner, node)
        function_calls.run_to_fixpoint(m, inner, node)
        if inner.generator and inner.yields != NEVER:
            m.mark_escaped(inner.yields)
            m.use(UseKind.ESCAPE, inner.yields, inner, node, site, detail=WALKERS)
        if site in m.functions.handlers:
            _note_result_keys(m, inner, m.functions.results.get(site, NEVER))


def _note_result_keys(m: Interpreter, inner: Activation, result: Value) -> None:
    """Record the keys of a handler's result: a state machine puts them into the events of other handlers."""
    for heap_object in heap_objects(m, result):
        if isinstance(heap_object, DictObject):
            m.notes.outside_names(inner).puts.update(dict.fromkeys(heap_object.entries))


def _fill_spread_parameters(m: Interpreter, inner: Activation, node: cst.FunctionDef) -> None:
    """Fill `*args` and `**kwargs` of an entry point with unknown values."""
    star = node.params.star_arg
    if isinstance(star, cst.Param):
        m.sequence(inner, star, (), Unknown(star.name.value, error=True))
    if node.params.star_kwarg is not None:
        _, record = m.record(inner, node.params.star_kwarg)
        record.open = True
        record.others = Unknown(node.params.star_kwarg.name.value, error=True)


def _closure_frame(m: Interpreter, tree: Tree, node: cst.FunctionDef) -> int | None:
    """The frame that the function closes over; None if the enclosing function was never run."""
    enclosing_function = tree.enclosing(node, cst.FunctionDef)
    if enclosing_function is None:
        return m.modules[tree.path].frame.id
    return m.frames.last.get(tree.site(enclosing_function))


def _receiver(m: Interpreter, tree: Tree, owner: cst.ClassDef) -> Value:
    """The instances of a class and its subclasses that the program creates, or a new one if there are
    none."""
    site = tree.site(owner)
    module = m.modules[tree.path]
    instance = any_instance(m, Class(site, module.frame.id))
    if instance is not NEVER:
        return instance
    return instantiate(
        CallPoint(m, module, owner, _unknown_arguments(m, tree, owner)), Class(site, module.frame.id)
    )


def _unknown_arguments(m: Interpreter, tree: Tree, owner: cst.ClassDef) -> Arguments:
    operand = Operand(UNKNOWN, tree.site(owner), m.modules[tree.path].frame.id)
    return Arguments(spread=[operand], keyword_spread=[operand])
