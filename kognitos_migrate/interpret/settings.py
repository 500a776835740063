"""Settings: code that can't be followed is asked for one by its name, and gives what users set, or the
default that it is handed with the name."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.containers import literal
from kognitos_migrate.record import replace
from kognitos_migrate.values.base import Text, Unknown, Value
from kognitos_migrate.values.heap import Given
from kognitos_migrate.values.join import join

_KEYWORDS = ("default", "fallback")
_METHODS = ("get", "pop", "setdefault")
"""Methods of all kinds of mappings whose second argument is the default."""


def default_of(callee: str, arguments: Arguments) -> Given | None:
    """The text that a call of `callee` gives where users set nothing; None where it is given no such text."""
    found = [arguments.keywords[name] for name in _KEYWORDS if name in arguments.keywords]
    if callee in _METHODS and len(arguments.positional) == 2:
        found.append(arguments.positional[1])
    return next((given for given in found if isinstance(given.value, Text)), None)


def without(arguments: Arguments, default: Given) -> Arguments:
    """The arguments that are not the default."""
    return replace(
        arguments,
        positional=[given for given in arguments.positional if given is not default],
        keywords={name: given for name, given in arguments.keywords.items() if given is not default},
    )


def setting(arguments: Arguments, default: Given) -> Value:
    """What the call gives."""
    names = [word for given in without(arguments, default).positional if (word := literal(given.value))]
    return join(Unknown(f"setting {'.'.join(names)}".rstrip(), public=True), default.value)
