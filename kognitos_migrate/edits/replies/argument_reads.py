"""Calls that read a field of the response that is their argument, such as those of an item getter."""

import libcst as cst

from kognitos_migrate.edits.context import PlanContext, requests_of
from kognitos_migrate.edits.literals import docstring, identifier, string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit, wrap_in_call
from kognitos_migrate.edits.refusal import ReplyEscapesError
from kognitos_migrate.edits.replies.field_reads import SlotReads
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply, Value


def argument_of_read(context: PlanContext, read: Use) -> cst.BaseExpression | None:
    """The only argument of the call that reads a field of it; None for any other read."""
    tree = context.tree(read.site)
    match tree.node(read.site):
        case cst.Call(args=[cst.Arg(argument, star="")]) if read.operand == tree.site(argument):
            return argument
        case _:
            return None


def add_field_check(reads: SlotReads, read: Use) -> PendingEdit:
    """The pending edit that passes the response through a function, which raises the error of a missing field
    if the field is null. Raises ReplyEscapesError if the call may read other objects."""
    argument, tree = argument_of_read(reads.context, read), reads.context.tree(read.site)
    assert argument is not None
    values = reads.context.values_at(tree.site(argument))
    if not all(_is_response(reads, choice) for value in values for choice in alternatives(value)):
        message = f"this also reads {reads.old.name!r} of objects other than the response"
        raise ReplyEscapesError(requests_of([read]), read.site, "absence", message)
    return wrap_in_call(tree, argument, _add_function(reads, read.site.path))


def _is_response(reads: SlotReads, value: Value) -> bool:
    """Whether a value is the decoded reply to a request of the operation."""
    match = reads.context.matches.get(value.request) if isinstance(value, Reply) else None
    return (
        isinstance(value, Reply)
        and value.path == (View.JSON,)
        and match is not None
        and match.operation.id == reads.match.operation.id
    )


def _add_function(reads: SlotReads, path: str) -> str:
    """Add the function that raises the error to a module, and return its name."""
    old, new = reads.old.name, reads.new.name
    name = f"require_{identifier(new)}_in"
    lines = [
        f"def {name}(reply: Any) -> Any:",
        f"    {docstring(f'Return the response; raise KeyError as long as there are no {new}.')}",
        f"    if isinstance(reply, dict) and reply.get({string_literal(new)}, reply) is None:",
        f"        raise KeyError({string_literal(old)})",
        "    return reply",
    ]
    return reads.helpers.add(path, name, "\n".join(lines), ())
