"""Reads of settings by code that isn't analysed, and the default of an unset one."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import Text, Unknown, Value, setting_at
from kognitos_migrate.values.origins import ReadKind
from kognitos_migrate.values.texts import known_text

_DEFAULT_KEYWORDS = ("default", "fallback")
_DEFAULT_METHODS = ("get", "pop", "setdefault")
"""Methods of mappings whose second argument is the default."""


def setting_default(callee: str, arguments: Arguments) -> Operand | None:
    """The text that a call of `callee` returns for an unset setting; None if it has no such argument."""
    defaults = [arguments.keywords[name] for name in _DEFAULT_KEYWORDS if name in arguments.keywords]
    if callee.rpartition(".")[2] in _DEFAULT_METHODS and len(arguments.positional) == 2:
        defaults.append(arguments.positional[1])
    return next((default for default in defaults if isinstance(default.value, Text)), None)


def arguments_without(arguments: Arguments, default: Operand) -> Arguments:
    """The arguments without the default."""
    return replace(
        arguments,
        positional=[argument for argument in arguments.positional if argument is not default],
        keywords={name: argument for name, argument in arguments.keywords.items() if argument is not default},
    )


def setting_or_default(arguments: Arguments, default: Operand, section: Unknown | None = None) -> Value:
    """The value of a setting: unknown, or the default. `section` is the object that it is read from."""
    return join(named_setting(arguments_without(arguments, default), section), default.value)


def named_setting(arguments: Arguments, section: Unknown | None = None) -> Unknown:
    """The unknown value of a setting that the texts among the arguments name, in decoded data behind the keys
    that lead to `section`."""
    names = [word for argument in arguments.positional if (word := known_text(argument.value))]
    origin = section.origin if section is not None and section.is_data else None
    if origin is not None and names and not origin.has_read(ReadKind.ELEMENT):
        names = [*origin.known_keys, *names]
    return setting_at(".".join(names))
