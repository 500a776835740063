"""The help of a finding whose request lacks a field that the configuration may have."""

import libcst as cst

from kognitos_migrate.config.scaffold import value_to_add
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.rulebook.model import LayoutMember, Table

_MOST_VALUES, _MOST_KEYS = 5, 3
"""The limits on configured values, and on the keys of each, in the help of a finding."""


def owner_help(context: PlanContext, match: Match, member: LayoutMember, table: Table) -> str | None:
    """The configuration to add, with the values of the configured rows of `table`, and what to do if it isn't
    the same for all requests of the match."""
    if not member.setting:
        return None
    keys_by_value: dict[str, list[str]] = {}
    for key, row in context.settings.tables.get(table.setting, {}).items():
        keys_by_value.setdefault(row[member.field or ""], []).append(row.get("name") or key)
    lines = [
        f"# {value} for {', '.join(keys[:_MOST_KEYS])}{', …' if len(keys) > _MOST_KEYS else ''}"
        for value, keys in list(keys_by_value.items())[:_MOST_VALUES]
    ]
    more = [f"# and {len(keys_by_value) - _MOST_VALUES} more"] if len(keys_by_value) > _MOST_VALUES else []
    lines = [value_to_add(context.settings, member.setting), *lines, *more]
    if len(keys_by_value) > 1:
        frame = context.read_frame(match.request.frame)
        function = context.node(frame.function) if frame.function is not None else None
        target = f" to {function.name.value}()" if isinstance(function, cst.FunctionDef) else ""
        several = f"if not, pass the {table.key}{target}, and start the run there"
        lines.append(f"# correct if all files uploaded here are for one {member.field}; {several}")
    return "\n".join(lines)
