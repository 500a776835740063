"""Motion of a table's key out of the URL into its lookup, where the key can't be evaluated twice."""

from collections.abc import Iterator, Mapping
from itertools import takewhile

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.path_fit import PathMatch
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.memory_locations import LocationSet, locations_read, may_alias
from kognitos_migrate.edits.side_effects import acts, acts_itself, acts_or_raises, may_fail
from kognitos_migrate.edits.table_lookup import TableLookup, slot_expressions, slot_hole, url_arguments
from kognitos_migrate.edits.value_identity import site_yields_value
from kognitos_migrate.edits.value_provenance import is_hole_carried_to_request
from kognitos_migrate.edits.written_locations import locations_written
from kognitos_migrate.rulebook.model import Table
from kognitos_migrate.syntax.tree import Site, Tree

_ALWAYS = (
    *(cst.Arg, cst.Call, cst.BinaryOperation, cst.FormattedString, cst.FormattedStringExpression),
    *(cst.Element, cst.Tuple, cst.List, cst.Dict, cst.DictElement),
)
"""Nodes that evaluate all their children."""


def move_key_into_lookup(
    context: PlanContext, matches: list[Match], slot: str, table: Table, frames: Mapping[int, int], at: Site
) -> TableLookup | None:
    """The lookup by the expression that supplies the slot of all of these requests, which moves out of the
    URL. None unless `at` is in the same call and no argument between them acts."""
    sites = {
        _carried_site(context, match, path, slot, frames[match.request.id])
        for match in matches
        for path in match.paths
    }
    site = next(iter(sites)) if len(sites) == 1 else None
    if site is None or not _are_in_one_call(context, site, at):
        return None
    keys = {key for match in matches for key in match.keys(slot)}
    literal_keys = frozenset(key for key in keys if key is not None) if None not in keys else None
    return TableLookup(table, (context.code(site),), literal_keys, moved=site)


def _carried_site(context: PlanContext, match: Match, path: PathMatch, slot: str, frame: int) -> Site | None:
    """The expression in a frame that supplies the slot of a path; None if there are several, or if the path
    may be of an earlier evaluation."""
    operands = list(slot_expressions(context, match, path, slot))
    sites = {operand.site for operand in operands if operand.frame == frame}
    hole = slot_hole(match, path, slot)
    return (
        next(iter(sites))
        if len(sites) == 1
        and all(site_yields_value(context, operand) for operand in operands)
        and hole is not None
        and is_hole_carried_to_request(context, url_arguments(match, path), hole)
        else None
    )


def _are_in_one_call(context: PlanContext, site: Site, at: Site) -> bool:
    """Whether `site` and `at` are in different arguments of one call, or `at` is the call, and `site` is
    always evaluated. False if an argument between them acts, or reads what `site` writes."""
    if at.path != site.path:
        return False
    tree, other = context.tree(site), context.node(at)
    evaluated_nodes = [other, *_ancestors_evaluating(tree, other)]
    child = tree.node(site)
    for ancestor in _ancestors_evaluating(tree, child):
        if isinstance(ancestor, cst.Call) and ancestor in evaluated_nodes:
            written = locations_written(context, tree, tree.descendants(tree.node(site)))
            if _is_followed_by_effect(context, tree, site, child, written):
                return False
            target = at.node if ancestor is not other else tree.end(ancestor)
            between = range(*sorted((site.node, target)))
            crossed = [arg for arg in ancestor.args if arg is not child and tree.number(arg) in between]
            earlier_arguments = [
                arg for arg in ancestor.args if arg in evaluated_nodes and tree.number(arg) < site.node
            ]
            return not any(
                _may_affect(context, tree, arg, site)
                or _reads_written_location(context, tree.site(arg.value), written)
                for arg in earlier_arguments
            ) and not any(
                arg not in evaluated_nodes
                and (
                    acts(context, tree, arg)
                    or _reads_written_location(context, tree.site(arg.value), written)
                )
                for arg in crossed
            )
        child = ancestor
    return False


def _is_followed_by_effect(
    context: PlanContext, tree: Tree, key: Site, argument: cst.CSTNode, written: LocationSet
) -> bool:
    """Whether an argument evaluates something behind the key in it that acts, or reads what the key
    writes."""
    end = tree.end(tree.node(key))
    behind = [part for part in tree.descendants(argument) if tree.number(part) >= end]
    return any(
        acts_itself(context, tree, part)
        or (isinstance(part, _READING) and _reads_written_location(context, tree.site(part), written))
        for part in behind
    )


_READING = (cst.Name, cst.Attribute, cst.Subscript, cst.Call)


def _may_affect(context: PlanContext, tree: Tree, argument: cst.Arg, key: Site) -> bool:
    """Whether a key that moves in front of an argument may get another value, or change the order of two
    effects."""
    written = locations_written(context, tree, tree.descendants(argument))
    read = locations_read(context, key)
    return (
        not read.variables.isdisjoint(written.variables)
        or any(may_alias(context, field, other) for field in read.fields for other in written.fields)
        or (acts_or_raises(context, key) and may_fail(context, tree, argument.value))
    )


def _reads_written_location(context: PlanContext, site: Site, written: LocationSet) -> bool:
    """Whether an expression reads a location in `written`."""
    read = locations_read(context, site)
    roots = {field.root for field in written.fields if field.root is not None}
    return not read.variables.isdisjoint(written.variables | roots) or any(
        may_alias(context, field, other) for field in read.fields for other in written.fields
    )


def _ancestors_evaluating(tree: Tree, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The ancestors of a node, as far out as they always evaluate it."""
    return takewhile(lambda ancestor: isinstance(ancestor, _ALWAYS), tree.ancestors(node))
