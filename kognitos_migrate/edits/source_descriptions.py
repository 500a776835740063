"""The sources of values that are known at run time only, in words."""

from collections.abc import Iterable
from itertools import takewhile

import libcst as cst

from kognitos_migrate.conversations.setting_keys import setting_name, setting_of_origin
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Reply, Unknown
from kognitos_migrate.values.origins import UNKNOWN_KEY, OriginKind

UNFOLLOWED = "code that can't be followed"


def source_of(context: PlanContext, hole: Hole) -> str | None:
    """The source of an unknown value. None if the value comes from a reply."""
    choices = list(alternatives(hole.value))
    unknown = [choice for choice in choices if isinstance(choice, Unknown)]
    if any(isinstance(choice, Reply) for choice in choices):
        unknown = [choice for choice in unknown if choice.public]
    if not unknown:
        return None
    node, frame = context.node(hole.site), context.facts.frames[hole.frame]
    if isinstance(node, cst.Name) and frame.call is None and node.value in context.parameters(frame):
        function = context.node(frame.function) if frame.function is not None else None
        name = f" `{function.name.value}`" if isinstance(function, cst.FunctionDef) else " this"
        return f"the callers of{name}"
    return next((_in_words(context, hole, choice) for choice in unknown if choice.source), UNFOLLOWED)


def _in_words(context: PlanContext, hole: Hole, value: Unknown) -> str:
    """The source of a hole's value."""
    if value.origin is None:  # its source is cut
        return setting_name(context, (hole.site, hole.frame)) or value.source
    return described_source(value)


def described_source(value: Unknown) -> str:
    """The source of an unknown value, with a parameter quoted. For data that a library decoded, or an object
    of a module that is loaded by name, these are the keys that lead to it: `setting shops.key`, `a setting
    in shops`."""
    origin = value.origin
    if origin is not None and origin.kind in (OriginKind.RESULT, OriginKind.MODULE):
        sections = tuple(takewhile(lambda key: key != UNKNOWN_KEY, origin.keys))
        section = f"a setting in {'.'.join(sections)}" if sections else None
        return setting_of_origin(origin) or section or value.source
    return f"`{value.source}`" if value.source.isidentifier() else value.source


def source_of_key(context: PlanContext, holes: Iterable[Hole]) -> str:
    """The source of a table's key in the interpreter's notation, or else its expression."""
    for hole in holes:
        source = source_of(context, hole)
        if source is not None and source != UNFOLLOWED:
            return "an environment variable" if source == "environment variable" else source
        return f"`{' '.join(context.code(hole.site).split())}`"
    return UNFOLLOWED
