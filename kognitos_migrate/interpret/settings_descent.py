"""Recursion into the parts of settings: each call gets a smaller part, so it ends by itself.

def expand(value):
    return {key: expand(part) for key, part in value.items()} if isinstance(value, dict) else fill(value)
"""

from collections.abc import Iterable

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Const, Ref, Text, Unknown

_DEEPEST = 6
"""The limit on the calls of a function inside each other. Settings are rarely nested as deeply."""


def descends(interpreter: Interpreter, function: Site, arguments: Arguments) -> bool:
    """Whether a recursive call gets parts of settings that no running call of the function has, or scalars
    from such parts."""
    frames = [frame for frame in interpreter.running.frames if frame.function == function]
    if not 0 < len(frames) < _DEEPEST:
        return False
    earlier = [_parts(interpreter, frame.arguments.values()) for frame in frames]
    parts = _parts(interpreter, arguments.everything())
    if parts:
        return all(parts.isdisjoint(others) for others in earlier)
    return bool(earlier[-1]) and all(
        isinstance(choice, Text | Unknown | Const)
        for argument in arguments.everything()
        for choice in alternatives(argument.value)
    )


def is_descending(interpreter: Interpreter) -> bool:
    """Whether the running function is called by itself, with parts of settings."""
    *frames, inner = interpreter.running.frames
    is_nested = any(frame.function == inner.function for frame in frames)
    return is_nested and bool(_parts(interpreter, inner.arguments.values()))


def _parts(interpreter: Interpreter, operands: Iterable[Operand]) -> set[Ref]:
    """The mappings and lists of settings files among the values of operands."""
    return {
        choice
        for operand in operands
        for choice in alternatives(operand.value)
        if isinstance(choice, Ref)
        if isinstance(part := interpreter.heap[choice], DictObject | SequenceObject)
        if is_data_file(part.site.path)
    }
