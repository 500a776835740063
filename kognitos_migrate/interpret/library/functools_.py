"""`functools` and decorators that leave a function as it is."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.merged import absorb
from kognitos_migrate.interpret.namespaces import of_instance
from kognitos_migrate.values.base import UNKNOWN, Bound, Function, Symbol, Unknown, Value
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives

OBJECTS = ("types.SimpleNamespace", "argparse.Namespace")
"""What makes an object of the arguments that are given by name, whatever they are."""


def partial(call: Call) -> Value:
    """`partial(function, ...)`: called with what was given before and what is given then."""
    target = call.arguments.first()
    if target is None:
        return UNKNOWN
    ref, thing = call.machine.instance(call.act, call.node)
    if isinstance(thing, Instance):
        thing.put("partial target", target)
        for place, given in enumerate(call.arguments.positional[1:]):
            thing.put(f"partial {place}", given)
        for name, given in call.arguments.keywords.items():
            thing.put(f"partial keyword {name}", given)
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
    return Arguments(
        [*before, *arguments.positional],
        {**keywords, **arguments.keywords},
        arguments.spread,
        arguments.keyword_spread,
        {**{name: given.site for name, given in keywords.items()}, **arguments.holders},
    )


PROPERTY = "the function of a property"
"""Under which name a property keeps the function that gives its value."""

TRANSPARENT = frozenset(
    (
        *(
            "abc",
            "backoff",
            "builtins",
            "cachetools",
            "click",
            "contextlib",
            "dataclasses",
            "functools",
            "pytest",
        ),
        *("ratelimit", "retry", "retrying", "stamina", "tenacity", "typer", "typing", "typing_extensions"),
    )
)
"""Libraries whose decorators call the function with the same arguments and give back what it gives."""


_LEAVING = frozenset(
    f"pydantic.{name}"
    for name in ("computed_field", "field_validator", "validator", "field_serializer", "model_serializer")
)
"""Decorators that note a function and leave it as it is."""

_REMEMBERING = ("functools.lru_cache", "functools.cache", "cachetools.cached")

ASKING = frozenset(("backoff", "cachetools", "retry", "retrying", "stamina", "tenacity"))
"""Those of them that may ask a function that they are given what to make of the result."""


def transparent(decorator: Value) -> bool:
    """Whether a decorator leaves what the function gives alone, as far as its library is known."""
    if {name.split("(")[0] for name in _names(decorator)} <= _LEAVING:
        return True
    return _libraries(decorator) <= {*TRANSPARENT, "property", "staticmethod", "classmethod"}


def asks(decorator: Value) -> bool:
    """Whether a decorator's library may show the result to a function that it is given."""
    return bool(_libraries(decorator) & ASKING)


def chooses(decorator: Value) -> bool:
    """Whether a decorator makes of a function one of several, of which the arguments' types choose one."""
    names = {choice.name for choice in alternatives(decorator) if isinstance(choice, Symbol)}
    return bool(names & {"functools.singledispatch", "functools.singledispatchmethod"})


def remembers(decorator: Value) -> bool:
    """Whether a decorator makes a function give again what it gave before."""
    return any(name.split("(")[0] in _REMEMBERING for name in _names(decorator))


def commands(decorator: Value) -> bool:
    """Whether a decorator makes of a function a command: it is called with a command line, not with its
    arguments."""
    names = {name.split("(")[0] for name in _names(decorator)}
    return bool(names) and names <= {"click.command", "click.group"}


def _libraries(decorator: Value) -> set[str]:
    return {name.split(".")[0].split("(")[0] for name in _names(decorator)}


def _names(decorator: Value) -> list[str]:
    made = (choice.function if isinstance(choice, Bound) else choice for choice in alternatives(decorator))
    return [
        choice.name if isinstance(choice, Symbol) else choice.source if isinstance(choice, Unknown) else "?"
        for choice in made
    ]


def same(call: Call) -> Value:
    """A decorator that leaves what it decorates as it is."""
    given = call.arguments.first()
    return given.value if given else UNKNOWN


def memoised(call: Call) -> Value:
    """`lru_cache(function)`, or `lru_cache(128)`, which is a decorator still."""
    given = call.arguments.first()
    choices = alternatives(given.value) if given is not None else ()
    functions = [choice for choice in choices if isinstance(choice, Function)]
    call.machine.functions.remembering.update(one.site for one in functions)
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
    "functools.lru_cache": memoised,
    "functools.cache": memoised,
    "typing.cast": lambda call: second.value if (second := call.arguments.first(place=1)) else UNKNOWN,
}
METHODS: dict[str, Method] = {}
