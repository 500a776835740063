"""Models of `functools`, of namespaces, and of sorting."""

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import PLAIN_OBJECTS
from kognitos_migrate.interpret.classes.comparison_methods import compare_by_methods
from kognitos_migrate.interpret.classes.typed_dicts import note_typed_dict
from kognitos_migrate.interpret.dict_merge import merge_and_note, non_payload_spreads
from kognitos_migrate.interpret.function_definitions import PROPERTY, WRAPPED
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.iteration import element_of, element_operand, joined_keys, note_iteration
from kognitos_migrate.interpret.library.builtins_ import as_list
from kognitos_migrate.interpret.names import instance_namespace
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.use_details import ORDERED
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.interpret.unrolled_iteration import views_of
from kognitos_migrate.values.heap import (
    PARTIAL_METHOD,
    PARTIAL_TARGET,
    DictObject,
    Instance,
    Operand,
    SequenceObject,
)
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Class,
    Function,
    MemberRef,
    Unknown,
    Value,
    library_result,
)


def partial(call: CallPoint) -> Value:
    """The result of `partial(function, ...)`, which stores the bound arguments. Unknown if it isn't known
    how many there are."""
    return _partial(call, PARTIAL_TARGET)


def partial_method(call: CallPoint) -> Value:
    """The result of `partialmethod(function, ...)`, which becomes a partial application when an instance's
    attribute is read."""
    return _partial(call, PARTIAL_METHOD)


def _partial(call: CallPoint, kind: str) -> Value:
    target = call.arguments.first()
    if target is None or call.arguments.spread:
        return call_unmodeled(call, "functools.partial")
    ref, instance = call.interpreter.allocate_library_instance(call.act, call.node)
    call.note_flows(*call.arguments.everything(), *call.arguments.merged)
    if isinstance(instance, Instance):
        instance.put(kind, target)
        for place, argument in enumerate(call.arguments.positional[1:]):
            instance.put(f"partial {place}", argument)
        for name, argument in call.arguments.keywords.items():
            instance.put(f"partial keyword {name}", argument)
        for spread in non_payload_spreads(call.arguments):
            instance.put("partial spread", spread)
    return ref


def partial_arguments(instance: Instance, arguments: Arguments) -> Arguments:
    """The arguments of a partial application's call: the bound ones, then those of the call."""
    bound_positional = [
        origins[-1]
        for name, origins in instance.origins.items()
        if name.startswith("partial ") and name[8:].isdigit()
    ]
    keywords = {
        name.removeprefix("partial keyword "): origins[-1]
        for name, origins in instance.origins.items()
        if name.startswith("partial keyword ")
    }
    spreads = list(non_payload_spreads(arguments))
    if spreads:  # a `**` argument of the call may replace bound keywords
        keywords = {
            name: bound._replace(value=join(bound.value, Unknown(name))) for name, bound in keywords.items()
        }
    return Arguments(
        [*bound_positional, *arguments.positional],
        {**keywords, **arguments.keywords},
        arguments.spread,
        [*instance.origins.get("partial spread", ()), *arguments.keyword_spread],
        {**{name: bound.site for name, bound in keywords.items()}, **arguments.holders},
    )


def return_argument(call: CallPoint) -> Value:
    """The argument: the result of a decorator or wrapper that changes nothing."""
    argument = call.arguments.first()
    if argument is not None:
        call.note_flows(argument)
    return argument.value if argument else UNKNOWN


def update_wrapper(call: CallPoint) -> Value:
    """The result of `functools.update_wrapper(wrapper, wrapped)`: the wrapper, which keeps what it wraps."""
    interpreter, original = call.interpreter, call.arguments.first("wrapped", place=1)
    wrapper = return_argument(call)
    if original is None:
        return wrapper
    for choice in alternatives(wrapper):
        if isinstance(choice, Function):
            originals = interpreter.functions.originals
            before = originals.get(choice.site, NEVER)
            originals[choice.site] = join(before, original.value)
            interpreter.stores += originals[choice.site] != before
        elif isinstance(instance := interpreter.heap.get(choice), Instance):
            interpreter.stores += instance.put(WRAPPED, original)
    return wrapper


def memoise(call: CallPoint) -> Value:
    """The result of `lru_cache(function)`, or of `lru_cache(128)`, which is a decorator."""
    argument = call.arguments.first()
    choices = alternatives(argument.value) if argument is not None else ()
    functions = [choice for choice in choices if isinstance(choice, Function)]
    call.interpreter.functions.memoizing.update(function.site for function in functions)
    call.interpreter.facts.memoized.update(function.site for function in functions)
    return argument.value if argument is not None and functions else library_result("functools.lru_cache")


def make_property(call: CallPoint) -> Value:
    """The result of a call `property(function)`."""
    getter = call.arguments.first("fget")
    ref, instance = call.interpreter.allocate_library_instance(call.act, call.node)
    if getter is not None:
        instance.put(PROPERTY, getter)
    return ref


def make_namespace(call: CallPoint) -> Value:
    """The result of `SimpleNamespace(name=value)` and `threading.local()`: an object that accepts any
    attribute."""
    ref, instance = call.interpreter.allocate_library_instance(call.act, call.node)
    for spread in call.arguments.keyword_spread:
        merge_and_note(call, instance_namespace(call.interpreter, instance)[1], spread)
    for name, argument in call.arguments.keywords.items():
        call.note_flows(argument)
        instance.put(name, argument)
    return ref


def reduce_elements(call: CallPoint) -> Value:
    """The result of `reduce(function, values, first)`: called for each value if all are known, else to a
    fixpoint."""
    function, values = call.arguments.first(), call.arguments.first(place=1)
    first = call.arguments.first("initial", place=2)
    if function is None or values is None:
        return UNKNOWN
    note_iteration(call, values, "iteration")
    lists = [
        heap_object
        for heap_object in call.interpreter.heap.objects_of(values.value)
        if isinstance(heap_object, SequenceObject)
    ]
    items = list(lists[0].items) if len(lists) == 1 and lists[0].rest is NEVER else None
    element = element_operand(call.interpreter, values)
    steps = items if items is not None else [element] * budgets.LOOP_ROUNDS
    if first is None:
        first, steps = (steps[0], steps[1:]) if steps else (element, [])
    result = first
    for step in steps:
        value = call.call(function.value, Arguments([result, step]))
        if items is None and join(result.value, value) == result.value:
            break
        result = Operand(
            value if items is not None else join(result.value, value), call.site, call.act.frame.id
        )
    return result.value


def declare_type(call: CallPoint) -> Value:
    """The result of `cast(type, value)`: the value."""
    declared, value = call.arguments.first("typ"), call.arguments.first("val", place=1)
    for choice in alternatives(declared.value) if declared is not None and value is not None else ():
        if isinstance(choice, Class) and value is not None:
            note_typed_dict(call.interpreter, choice, value.value)
    return value.value if value is not None else UNKNOWN


def sort_elements(call: CallPoint) -> Value:
    """The result of `sorted(values, key=function)`."""
    iterable = call.arguments.first()
    if iterable is not None:
        _compare(call, iterable._replace(value=_ordered_by(call, iterable.value)))
    result = as_list(call)
    _forget_order(call, result)
    return result


def min_or_max(call: CallPoint) -> Value:
    """The result of `min(values, key=function, default=value)` and `max(one, other)`: any of the values."""
    spread = [element_operand(call.interpreter, argument) for argument in call.arguments.spread]
    operands = [*call.arguments.positional, *spread]
    default = call.arguments.keywords.get("default")
    if not operands:
        return UNKNOWN
    is_iterable = len(operands) == 1 and not spread
    if is_iterable:
        note_iteration(call, operands[0], "iteration")
    values = (
        [element_of(call.interpreter, operands[0].value)]
        if is_iterable
        else [operand.value for operand in operands]
    )
    element = Operand(join(*values), operands[0].site, operands[0].frame)
    _compare(call, element)
    return join(element.value, *([default.value] if default else []))


def sort_in_place(call: CallPoint, member: MemberRef) -> Value:
    """The result of `values.sort(key=function)`."""
    receiver = member.receiver
    _compare(call, call.operand(element_of(call.interpreter, receiver)))
    _forget_order(call, receiver)
    return NONE


def _forget_order(call: CallPoint, value: Value) -> None:
    for heap_object in call.interpreter.heap.objects_of(value):
        if isinstance(heap_object, SequenceObject):
            heap_object.forget_order()


def _ordered_by(call: CallPoint, iterable: Value) -> Value:
    """The part of the elements that decides their order: the keys of a dict's items, which all differ."""
    views = views_of(call.interpreter, iterable) if "key" not in call.arguments.keywords else []
    records = [call.interpreter.heap[view.record] for view in views if view.method == "items"]
    keys = [
        joined_keys(call.interpreter, record)
        for record in records
        if isinstance(record, DictObject) and not (record.is_view or record.ignores_case)
    ]
    return join(*keys) if keys and len(keys) == len(views) else element_of(call.interpreter, iterable)


def _compare(call: CallPoint, element: Operand) -> None:
    """Record that elements are compared by order, or the results of `key` for them."""
    key = call.arguments.keywords.get("key")
    value = element.value
    if key is not None and key.value != NONE:
        value = call.call(key.value, Arguments([element]))
    compared = element._replace(value=value)
    if not compare_by_methods(call, compared, compared, "LessThan"):
        call.note_use(UseKind.METHOD, value, element.site, detail=ORDERED)


SYMBOLS: dict[str, Model] = {
    "functools.partial": partial,
    "functools.partialmethod": partial_method,
    "builtins.property": make_property,
    **dict.fromkeys(PLAIN_OBJECTS, make_namespace),
    "threading.local": make_namespace,
    "contextlib.closing": return_argument,
    "contextlib.aclosing": return_argument,
    "functools.wraps": lambda _call: Unknown("functools.wraps"),
    "functools.update_wrapper": update_wrapper,
    "functools.lru_cache": memoise,
    "functools.cache": memoise,
    **dict.fromkeys(("typing.cast", "typing_extensions.cast"), declare_type),
    "functools.reduce": reduce_elements,
    "builtins.sorted": sort_elements,
    "builtins.min": min_or_max,
    "builtins.max": min_or_max,
}


METHODS: dict[str, Method] = {"list.sort": sort_in_place}
