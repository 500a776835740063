"""Runs a function in one call context, and a recursion to a fixpoint."""

from collections.abc import Iterable, Iterator, Set

import libcst as cst

from kognitos_migrate.interpret import budgets, exceptions
from kognitos_migrate.interpret.argument_binding import bind_parameters
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.checked_arguments import note_call, note_facts_at_end, note_facts_at_return
from kognitos_migrate.interpret.containers import use_in_set
from kognitos_migrate.interpret.deferred_runs import run_now_and_later
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.library.command_contexts import command_arguments
from kognitos_migrate.interpret.library.testing import is_called_by_pytest
from kognitos_migrate.interpret.loops import GROWING, text_only_grows
from kognitos_migrate.interpret.mocking import doubles
from kognitos_migrate.interpret.public_surface import note_arguments
from kognitos_migrate.interpret.result_predicates import call_result_predicates
from kognitos_migrate.interpret.state.facts import Frame, UseKind
from kognitos_migrate.interpret.state.frames import NARROWED, Activation, CallKey
from kognitos_migrate.interpret.state.tracked_values import values_in_object
from kognitos_migrate.interpret.summaries import (
    RecordedRun,
    context_free_summary,
    is_valid,
    may_be_built_text,
    record_reads,
    summary_of,
)
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.interpret.unrolled_iteration import descends
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.functions import is_generator
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Iterated
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, NONE, Bound, Const, Function, Ref, Text, Value


def enclosing_frame(interpreter: Interpreter, function: Site) -> Frame | None:
    """The outermost running frame of a function; None if the function isn't running."""
    return next((frame for frame in interpreter.running.frames if frame.function == function), None)


def is_recursive(interpreter: Interpreter) -> bool:
    """Whether a function is active more than once. One nested activation is enough to reach the fixpoint."""
    return len({frame.function for frame in interpreter.running.frames}) < len(interpreter.running.frames)


def _functions_from(interpreter: Interpreter, outermost: Frame) -> Iterator[Site]:
    """The functions that are running since a frame."""
    at = interpreter.running.frames.index(outermost)
    return (frame.function for frame in interpreter.running.frames[at:] if frame.function is not None)


def run_to_fixpoint(
    interpreter: Interpreter, inner: Activation, definition: cst.FunctionDef | cst.Lambda
) -> Value:
    """The result of a function whose parameters are bound. Raises NeedsFullParseError if its body wasn't
    parsed."""
    inner.tree.require(definition)
    inner.generator = _is_generator(interpreter, inner.site(definition))
    interpreter.running.frames.append(inner.frame)
    _run_rounds(interpreter, inner, definition)
    interpreter.running.frames.pop()
    site, value = inner.site(definition), _result_so_far(interpreter, inner, definition)
    interpreter.functions.results[site] = join(interpreter.functions.results.get(site, NEVER), value)
    return value


def _run_rounds(
    interpreter: Interpreter, inner: Activation, definition: cst.FunctionDef | cst.Lambda
) -> None:
    own, env = inner.frame.id, inner.env
    for number in range(budgets.LOOP_ROUNDS):
        interpreter.running.rounds += number > 0
        inner.env = dict(env)
        outer_reads, interpreter.read_set.assumed_results = interpreter.read_set.assumed_results, {}
        if isinstance(definition, cst.Lambda):
            body = interpreter.operand(inner, definition.body)
            EvalPoint(interpreter, inner, definition).note_flows(body)
            inner.returns = join(inner.returns, body.value)
            note_facts_at_return(interpreter.facts, inner, definition.body, body.value)
        elif _reaches_end(interpreter, inner, definition):
            inner.returns = join(inner.returns, NONE)
            note_facts_at_end(inner)
        read, interpreter.read_set.assumed_results = interpreter.read_set.assumed_results, outer_reads
        interpreter.running.results[own] = join(
            interpreter.running.results.get(own, NEVER), _result_so_far(interpreter, inner, definition)
        )
        if read and any(frame.id in read for frame in interpreter.running.frames[:-1]):
            for frame_id, value in read.items():
                outer_reads.setdefault(frame_id, value)
            break
        if not _has_new_results(interpreter, read, number):
            break
    else:
        interpreter.mark_incomplete(Site(inner.frame.path, 0))


def _reaches_end(interpreter: Interpreter, inner: Activation, definition: cst.FunctionDef) -> bool:
    """Run a function's body, and return whether it may end without a `return`."""
    with interpreter.regions.run_region(inner.frame.id, interpreter.guards):
        return interpreter.execute(inner, definition.body.body)


def _has_new_results(interpreter: Interpreter, read: dict[int, Value], number: int) -> bool:
    """Whether the result of a recursive call differs from the assumed one. After GROWING rounds, values that
    only grow don't count."""
    differences = [
        (value, current)
        for frame_id, value in read.items()
        if (current := interpreter.running.results.get(frame_id, NEVER)) != value
    ]
    return bool(differences) and not (
        number > GROWING and all(text_only_grows(interpreter, *pair) for pair in differences)
    )


def _result_so_far(interpreter: Interpreter, inner: Activation, definition: cst.CSTNode) -> Value:
    """The result of a function so far; of a generator function, the iterator."""
    if not inner.generator:
        return inner.returns
    ref = interpreter.allocate_iterator(inner, definition, inner.yields)
    for iterator in interpreter.heap.objects_of(ref):
        assert isinstance(iterator, Iterated)
        iterator.returned = join(iterator.returned, inner.returns)
    exceptions.note_generator_result(interpreter, inner, definition, inner.returns)
    return ref


def run_function(call: CallPoint, function: Function, receiver: Value | None) -> Value:
    """The result of a call of `function`: run, or taken from a call summary."""
    received = doubles.received_call(call, function)
    if received is not None:
        received.note_answer(
            _run_now_or_later(replace(call, arguments=received.arguments), function, receiver)
        )
        return NEVER
    if doubles.is_double(call.interpreter, call.act, function):
        doubles.note_double_reply(call, Bound(function, receiver) if receiver is not None else function)
        return NEVER
    value = _run_now_or_later(call, function, receiver)
    if function.site in call.interpreter.functions.recoded:
        call.interpreter.mark_escaped(receiver if receiver is not None else NEVER)
        return join(value, call_unmodeled(call, "a function whose code is replaced"))
    return value


def _run_now_or_later(call: CallPoint, function: Function, receiver: Value | None) -> Value:
    """The result of a call, from a run or from a call summary. The body of a generator, or of a coroutine
    that isn't awaited at once, runs later, when other code may have changed what it reads."""
    if not _runs_later(call, function):
        return _run_or_repeat(call, function, receiver)
    place = (call.site, call.act.frame.id, function.site)
    return run_now_and_later(call.interpreter, place, lambda: _run_or_repeat(call, function, receiver))


def _runs_later(call: CallPoint, function: Function) -> bool:
    interpreter, site = call.interpreter, function.site
    definition = interpreter.trees[site.path].node(site)
    is_coroutine = isinstance(definition, cst.FunctionDef) and definition.asynchronous is not None
    return _is_generator(interpreter, site) or (
        is_coroutine and not isinstance(call.act.tree.parent(call.node), cst.Await)
    )


def _is_generator(interpreter: Interpreter, site: Site) -> bool:
    if site not in interpreter.functions.generators:
        tree = interpreter.trees[site.path]
        interpreter.functions.generators[site] = is_generator(tree, tree.node(site))
    return interpreter.functions.generators[site]


def _run_or_repeat(call: CallPoint, function: Function, receiver: Value | None) -> Value:
    """The result of a function of the program that is entered: run, or taken from a call summary."""
    interpreter, site = call.interpreter, function.site
    outermost = enclosing_frame(interpreter, site)
    if outermost is not None and not descends(interpreter, site, call.arguments):
        interpreter.frames.recursive.update(_functions_from(interpreter, outermost))
        if is_recursive(interpreter):
            return interpreter.assumed_result(outermost)
    if call.act.frame.depth > budgets.CALL_DEPTH:
        return _call_beyond_budget(call, site, "a call that is nested too deeply")
    call.note_flows(*call.arguments.everything(), *call.arguments.merged)
    if site in interpreter.functions.commands:
        call = command_arguments(call)
    note_arguments(call, site)
    if site in interpreter.functions.memoizing:
        for argument in call.arguments.everything():
            use_in_set(call, argument)
    key = _call_key(function, receiver, call.arguments)
    value = _result(
        call,
        function,
        receiver,
        interpreter.summaries.numbers.setdefault(key, len(interpreter.summaries.numbers)),
    )
    if site not in interpreter.facts.memoized:
        return value
    results = interpreter.summaries.memoized.setdefault(site, {})
    earlier = [result for other, result in results.items() if _may_share_result(key, other)]
    results[key] = join(value, results.get(key, NEVER))
    return join(value, *_shared_results(value, earlier))


def _may_share_result(key: CallKey, other: CallKey) -> bool:
    """Whether two calls of a memoized function may have equal receivers and arguments."""
    return all(
        _may_be_equal(*pair) for pair in zip(_known_arguments(key), _known_arguments(other), strict=False)
    )


def _may_be_equal(value: object, other: object) -> bool:
    return value is None or other is None or value == other


def _known_arguments(key: CallKey) -> list[object]:
    """The receiver and the positional arguments of a call; None for one that isn't known exactly."""
    _, receiver, positional, *_ = key
    return [
        value.literal if isinstance(value, Text) else value if isinstance(value, Ref | Const) else None
        for value in (receiver, *positional)
    ]


def _shared_results(value: Value, earlier: Iterable[Value]) -> Iterator[Value]:
    """The literal texts and objects of earlier results that a result doesn't have."""
    choices = set(alternatives(value))
    literals = {choice.literal for choice in choices if isinstance(choice, Text)}
    for choice in (choice for result in earlier for choice in alternatives(result)):
        if isinstance(choice, Text) and choice.literal not in (None, *literals):
            yield choice
        elif isinstance(choice, Ref) and choice not in choices:
            yield choice


def _result(call: CallPoint, function: Function, receiver: Value | None, number: int) -> Value:
    """The result of a call of `function` with the arguments of this number."""
    interpreter, site = call.interpreter, function.site
    quiet = interpreter.summaries.context_free.get(number)
    if quiet is not None and is_valid(interpreter, quiet, -1):
        return _repeat_result(call, quiet.value)
    receiver_operand = call.operand(receiver) if receiver is not None else None
    frame = interpreter.frames.of(site, call.site, call.act.frame, function.closure, receiver_operand)
    if frame.id not in interpreter.activations and not interpreter.frames.may_enter(
        site, call.act.frame.function
    ):
        return _call_beyond_budget(call, site, "a function with too many call sites")
    key = (frame.id, number)
    before = interpreter.summaries.by_frame.get(key)
    if before is not None and is_valid(interpreter, before, frame.id):
        return _repeat_result(call, before.value)
    runs = interpreter.summaries.runs[key] = interpreter.summaries.runs.get(key, 0) + 1
    if runs > budgets.RUNS and key in interpreter.summaries.results:
        interpreter.mark_incomplete(site)
        return _repeat_result(call, interpreter.summaries.results[key])
    return _run_and_store(call, site, frame, number, receiver)


def _repeat_result(call: CallPoint, value: Value) -> Value:
    """Return the result of an earlier run, and record that no facts about it are established by tests."""
    call.interpreter.summaries.hits += 1
    note_call(call.interpreter.facts, call.act.tree, (call.site, call.act.frame.id), None)
    return value


def _call_key(function: Function, receiver: Value | None, arguments: Arguments) -> CallKey:
    """The key of a call: function, receiver and arguments. Equal keys have equal results unless the read set
    changed."""
    return (
        function,
        receiver,
        tuple(argument.value for argument in arguments.positional),
        tuple((name, argument.value) for name, argument in arguments.keywords.items()),
        tuple(argument.value for argument in arguments.spread),
        tuple(argument.value for argument in arguments.keyword_spread),
    )


def _call_beyond_budget(call: CallPoint, function: Site, why: str) -> Value:
    """Treat a call that exceeds a budget as a call of unanalysed code, and mark the function as
    incomplete."""
    call.interpreter.mark_incomplete(function)
    return join(call.interpreter.functions.results.get(function, NEVER), call_unmodeled(call, why))


def _run_and_store(call: CallPoint, site: Site, frame: Frame, number: int, receiver: Value | None) -> Value:
    """Run a function, and store the summary."""
    interpreter = call.interpreter
    inner = Activation(frame, interpreter.trees[site.path])
    definition = inner.tree.node(site)
    assert isinstance(definition, cst.FunctionDef | cst.Lambda)
    earlier = interpreter.activations.get(frame.id)
    interpreter.activations[frame.id] = inner
    if not interpreter.testing.runs or site.path in interpreter.testing.modules:
        interpreter.functions.called.add(site)
    with record_reads(interpreter, frame.id) as run:
        bind_parameters(call, inner, definition, receiver)
        if earlier is not None:
            _join_earlier_variables(inner, earlier, _names_in_inner_functions(inner.tree, definition))
        value = _run(interpreter, inner, definition)
    judged = call_result_predicates(call, frame, value)
    note_call(interpreter.facts, call.act.tree, (call.site, call.act.frame.id), inner, judged)
    if site in interpreter.functions.wrapped:
        call.note_use(UseKind.ESCAPE, value, call.site, detail=interpreter.functions.wrapped[site])
    if (
        interpreter.notes.events != run.events
        or may_be_built_text(value)
        or _creates_texts(interpreter, site, run, value)
    ):
        interpreter.frames.eventful.add(site)
        if frame.id in interpreter.facts.merged:
            interpreter.mark_incomplete(site)
    _store_summaries(call, frame, number, run, value)
    return value


def _creates_texts(interpreter: Interpreter, site: Site, run: RecordedRun, value: Value) -> bool:
    """Whether a function returns an object that it created with a text of its arguments. Recursive functions
    are left out: they create trees, whose texts come from everywhere."""
    if site in interpreter.frames.recursive:
        return False
    created = {choice.id for choice in alternatives(value) if isinstance(choice, Ref)}
    worklist = list(created)
    while worklist:
        number = worklist.pop()
        for content in (
            values_in_object(interpreter.heap.objects[number]) if number >= run.allocations else ()
        ):
            if may_be_built_text(content):
                return True
            inner = {choice.id for choice in alternatives(content) if isinstance(choice, Ref)} - created
            created |= inner
            worklist += sorted(inner)
    return False


def _run(interpreter: Interpreter, inner: Activation, definition: cst.FunctionDef | cst.Lambda) -> Value:
    """The result of a function. While a test function runs, `testing.runs` is set."""
    before = interpreter.testing.runs
    is_test = isinstance(definition, cst.FunctionDef) and is_called_by_pytest(definition)
    interpreter.testing.runs = before or (is_test and inner.tree.path in interpreter.testing.modules)
    try:
        return run_to_fixpoint(interpreter, inner, definition)
    finally:
        interpreter.testing.runs = before


def _names_in_inner_functions(tree: Tree, definition: cst.CSTNode) -> frozenset[str]:
    """The names in the functions that a function contains. They may use its variables after it has
    returned."""
    inner = (
        node
        for kind in (cst.Lambda, cst.FunctionDef)
        for node in tree.descendants_of_kind(definition, kind)
        if node is not definition
    )
    return frozenset(name.value for node in inner for name in tree.descendants_of_kind(node, cst.Name))


def _join_earlier_variables(inner: Activation, before: Activation, names: Set[str]) -> None:
    """Join the variables of these names with those of an earlier run of the frame, because closures that it
    returned use these."""
    if names:
        inner.env.pop(NARROWED, None)
    for name in names & inner.env.keys():
        inner.env[name] = join(before.env.get(name, NEVER), inner.env[name])


def _store_summaries(call: CallPoint, frame: Frame, number: int, run: RecordedRun, value: Value) -> None:
    """Store the summary of a run for the same call, and for calls from any context if it is context-free."""
    interpreter, key = call.interpreter, (frame.id, number)
    interpreter.summaries.results[key] = value
    summary = summary_of(interpreter, run, value)
    if summary is not None:
        interpreter.summaries.by_frame[key] = summary
        shared_summary = context_free_summary(interpreter, summary, call.arguments.everything(), frame.id)
        if shared_summary is not None:
            interpreter.summaries.context_free[number] = shared_summary
