"""What decorators do with a function, as far as their libraries are known."""

from kognitos_migrate.values.base import Bound, Symbol, Unknown, Value
from kognitos_migrate.values.join import alternatives

PROPERTY = "the function of a property"
"""Under which name a property keeps the function that gives its value."""

_TRANSPARENT = frozenset(
    (
        *("abc", "backoff", "builtins", "cachetools", "click", "contextlib", "dataclasses", "functools"),
        *("pytest", "ratelimit", "retry", "retrying", "stamina", "tenacity", "typer", "typing"),
        "typing_extensions",
    )
)
"""Libraries whose decorators call the function with the same arguments and give back what it gives."""
_LEAVING = frozenset(
    f"pydantic.{name}"
    for name in ("computed_field", "field_validator", "validator", "field_serializer", "model_serializer")
)
"""Decorators that note a function and leave it as it is."""
_REMEMBERING = ("functools.lru_cache", "functools.cache", "cachetools.cached")
_ASKING = frozenset(("backoff", "cachetools", "retry", "retrying", "stamina", "tenacity"))
"""The libraries that may ask a function that they are given what to make of the result."""


def transparent(decorator: Value) -> bool:
    """Whether a decorator leaves what the function gives alone, as far as its library is known."""
    if {name.split("(")[0] for name in _names(decorator)} <= _LEAVING:
        return True
    return _libraries(decorator) <= {*_TRANSPARENT, "property", "staticmethod", "classmethod"}


def asks(decorator: Value) -> bool:
    """Whether a decorator's library may show the result to a function that it is given."""
    return bool(_libraries(decorator) & _ASKING)


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
