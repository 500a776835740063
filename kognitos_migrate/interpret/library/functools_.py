"""`functools`, and what leaves a function as it is; plain namespaces."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.decorators import PROPERTY
from kognitos_migrate.interpret.fills import not_payloads
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.merged import absorb
from kognitos_migrate.interpret.namespaces import of_instance
from kognitos_migrate.values.base import UNKNOWN, Function, Unknown, Value
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives, join

OBJECTS = ("types.SimpleNamespace", "argparse.Namespace")
"""What makes an object of the arguments that are given by name, whatever they are."""


def partial(call: Call) -> Value:
    """`partial(function, ...)`: called with what was given before and what is given then."""
    target = call.arguments.first()
    if target is None:
        return UNKNOWN
    ref, thing = call.machine.instance(call.act, call.node)
    call.flows(*call.arguments.everything(), *call.arguments.merged)
    if isinstance(thing, Instance):
        thing.put("partial target", target)
        for place, given in enumerate(call.arguments.positional[1:]):
            thing.put(f"partial {place}", given)
        for name, given in call.arguments.keywords.items():
            thing.put(f"partial keyword {name}", given)
        for spread in not_payloads(call.arguments):
            thing.put("partial spread", spread)
    return ref


def merged(thing: Instance, arguments: Arguments) -> Arguments:
    """The arguments of a partial call: those bound before, then those given."""
    before = [
        origins[-1]
        for name, origins in thing.origins.items()
        if name.startswith("partial ") and name[8:].isdigit()
    ]
    keywords = {
        name.removeprefix("partial keyword "): origins[-1]
        for name, origins in thing.origins.items()
        if name.startswith("partial keyword ")
    }
    more = list(not_payloads(arguments))
    if more:  # a mapping that is spread into the call may replace what was given before
        keywords = {
            name: given._replace(value=join(given.value, Unknown(name))) for name, given in keywords.items()
        }
    return Arguments(
        [*before, *arguments.positional],
        {**keywords, **arguments.keywords},
        arguments.spread,
        [*thing.origins.get("partial spread", ()), *arguments.keyword_spread],
        {**{name: given.site for name, given in keywords.items()}, **arguments.holders},
    )


def same(call: Call) -> Value:
    """A decorator that leaves what it decorates as it is."""
    given = call.arguments.first()
    if given is not None:
        call.flows(given)
    return given.value if given else UNKNOWN


def memoised(call: Call) -> Value:
    """`lru_cache(function)`, or `lru_cache(128)`, which is a decorator still."""
    given = call.arguments.first()
    choices = alternatives(given.value) if given is not None else ()
    functions = [choice for choice in choices if isinstance(choice, Function)]
    call.machine.functions.remembering.update(one.site for one in functions)
    call.machine.facts.remembered.update(one.site for one in functions)
    return given.value if given is not None and functions else Unknown("functools.lru_cache()")


def made_property(call: Call) -> Value:
    """`property(function)`, called: an attribute that the function gives."""
    getter = call.arguments.first("fget")
    ref, thing = call.machine.instance(call.act, call.node)
    if getter is not None:
        thing.put(PROPERTY, getter)
    return ref


def namespace(call: Call) -> Value:
    """`SimpleNamespace(name=value)`, `threading.local()`: an object that takes any attribute."""
    ref, thing = call.machine.instance(call.act, call.node)
    for spread in call.arguments.keyword_spread:
        absorb(call.machine, call.act, call.node, of_instance(call.machine, thing)[1], spread)
    for name, given in call.arguments.keywords.items():
        call.flows(given)
        thing.put(name, given)
    return ref


SYMBOLS: dict[str, Model] = {
    "functools.partial": partial,
    "builtins.property": made_property,
    **dict.fromkeys(OBJECTS, namespace),
    "threading.local": namespace,
    "contextlib.closing": same,
    "contextlib.aclosing": same,
    "functools.wraps": lambda call: Unknown("functools.wraps"),
    "functools.update_wrapper": same,
    "functools.lru_cache": memoised,
    "functools.cache": memoised,
    "typing.cast": lambda call: second.value if (second := call.arguments.first(place=1)) else UNKNOWN,
}
METHODS: dict[str, Method] = {}
