"""Errors for a missing key of a reply. They contain the key, which has a new name."""

from collections.abc import Collection, Container

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.field_reads import slot_of
from kognitos_migrate.edits.replies.propagation import catch_points, escapes
from kognitos_migrate.edits.replies.success_checks import is_checked
from kognitos_migrate.interpret.exceptions import HELD, is_got_without_handler
from kognitos_migrate.interpret.state.facts import IN_ERROR, TYPE, Use, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.shapes import is_method_call, written_subscript_key
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Decoding, Reply, Text

_HANDLERS = (cst.ExceptHandler, cst.ExceptStarHandler)


def reads_of_shown_key(
    context: PlanContext, match: Match, use: Use, widened: Container[str]
) -> tuple[Use, ...]:
    """The reads whose error the program reads at a use, if the key in it gets a new name. Raises RefusalError
    if one of them can't raise the old error: it isn't a subscript with the key written out, or its slot is
    one of `widened`, whose reads the upload rewrites."""
    assert isinstance(use.value, Reply)
    if use.value.path[1:2] != (Decoding.MISSING,):
        return ()
    name = str(use.value.path[-1])
    slot = slot_of(match, name)
    is_shown = use.kind in (*HARMLESS, UseKind.FORMAT) or use.detail in (IN_ERROR, TYPE)
    if slot is None or slot.old.name == slot.new.name or is_shown:
        return ()
    if slot.old.present:
        return ()  # a helper raises the error with the old name
    reads = tuple(read for read in _reads(context, match, name) if _may_reach(context, read, use))
    if reads and (slot.old.slot in widened or not all(_is_subscript(context, read, name) for read in reads)):
        raise RefusalError(
            use.site,
            "absence",
            f"the error shows the missing key {name!r}, which becomes {slot.new.name!r}",
            "call `raise_for_status()` before the response is read",
        )
    return reads


def _is_subscript(context: PlanContext, read: Use, name: str) -> bool:
    """Whether a read is a subscript in which the key is written out."""
    node = context.node(read.site)
    return isinstance(node, cst.Subscript) and written_subscript_key(node) == name


def _reads(context: PlanContext, match: Match, name: str) -> list[Use]:
    """The reads of a field that raise an error if the reply lacks it."""
    return [
        use
        for use in context.uses.get(match.request.id, ())
        if use.kind is UseKind.READ
        and isinstance(use.value, Reply)
        and use.value.path == (View.JSON,)
        and any(isinstance(key, Text) and key.literal == name for key in alternatives(use.other or NEVER))
        and not is_method_call(context.node(use.site), "get")
        and not is_checked(context, use)
    ]


def _may_reach(context: PlanContext, read: Use, use: Use) -> bool:
    """Whether the error of a read may be the value of a use."""
    points = catch_points(context, read.site, read.frame, KeyError)
    if any(point.catches is None for point in points):
        return True
    node, handlers = context.node(use.operand), _handlers_around(context, use)
    if isinstance(node, cst.Attribute) and node.attr.value in HELD:
        return bool(points)
    sites = {point.site for point in points}
    if handlers:
        return not sites.isdisjoint(handlers) or _is_raised_on(context, use, sites)
    if _is_exit(context, use):
        return any(isinstance(context.node(point.site), cst.WithItem) for point in points)
    if escapes(points):
        return is_got_without_handler(context.value(use.operand, use.frame))
    return any(point.is_read for point in points)


def _is_raised_on(context: PlanContext, use: Use, handlers: Collection[Site]) -> bool:
    """Whether one of these handlers puts the used error into another one."""
    assert isinstance(use.value, Reply)
    return any(
        other.value == use.value
        and other.detail == IN_ERROR
        and not _handlers_around(context, other).isdisjoint(handlers)
        for other in context.uses.get(use.value.request, ())
    )


def _is_exit(context: PlanContext, use: Use) -> bool:
    """Whether a use is in the method that `with` calls at its end."""
    function = context.frame(use.frame).function
    node = context.node(function) if function is not None else None
    return isinstance(node, cst.FunctionDef) and node.name.value in ("__exit__", "__aexit__")


def _handlers_around(context: PlanContext, use: Use) -> set[Site]:
    """The bodies of the handlers around a use."""
    tree, node = context.tree(use.operand), context.node(use.operand)
    handlers: set[Site] = set()
    for ancestor in tree.ancestors(node):
        if isinstance(ancestor, cst.FunctionDef | cst.Lambda):
            break
        if isinstance(ancestor, _HANDLERS):
            handlers.add(tree.site(ancestor.body))
    return handlers
