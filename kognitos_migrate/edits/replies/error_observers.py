"""Code that tells two errors apart without a handler: hooks, futures, causes, types passed to libraries."""

from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.replies.propagation import covers, handlers_of, is_only_tested, types_of
from kognitos_migrate.interpret.exceptions import is_got_without_handler
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import MemberRef, Unknown, Value


def errors_outside_handlers(context: ProgramFacts) -> list[Site]:
    """The expressions that evaluate to an error outside of a handler, and do more than test whether there is
    one."""
    views: dict[Site, None] = {}
    for (site, _), value in context.facts.values.items():
        if site.path in context.facts.tests or site in views or not is_got_without_handler(value):
            continue
        tree, node = context.tree(site), context.node(site)
        if not is_only_tested(tree, node) and not isinstance(tree.parent(node), cst.Assign | cst.AnnAssign):
            views[site] = None
    return list(views)


def calls_distinguishing_errors(
    context: ProgramFacts, kind: type[Exception], other_kind: type[Exception]
) -> Iterator[Site]:
    """The calls with error types as arguments that cover only one of two errors, and the calls of unknown
    code with types that cover any of them."""
    for tree in context.trees.values():
        for call in tree.of_kind(cst.Call) if tree.path not in context.facts.tests else ():
            types = _argument_types(context, tree, call)
            first, second = covers(context, types, kind), covers(context, types, other_kind)
            if first is not second or (first and _is_out_of_sight(context, tree, call)):
                yield tree.site(call)


def _argument_types(context: ProgramFacts, tree: Tree, call: cst.Call) -> Value:
    argument_values = (value for arg in call.args for value in context.values_at(tree.site(arg.value)))
    return join(
        *(
            choice
            for value in argument_values
            for choice in alternatives(value)
            if _names_type(context, choice)
        )
    )


def _names_type(context: ProgramFacts, value: Value) -> bool:
    return any(error_type is not None for error_type in types_of(context, value))


def _is_out_of_sight(context: ProgramFacts, tree: Tree, call: cst.Call) -> bool:
    callees = context.alternatives_at(tree.site(call.func))
    return not callees or any(isinstance(callee, Unknown | MemberRef) for callee in callees)


def handlers_distinguishing_errors(
    context: ProgramFacts, kinds: Collection[type[Exception]]
) -> Iterator[Site]:
    """The handlers in the program that treat these errors differently, or read the error."""
    for tree in context.trees.values():
        tries: list[cst.Try | cst.TryStar] = [*tree.of_kind(cst.Try), *tree.of_kind(cst.TryStar)]
        for tried in tries if tree.path not in context.facts.tests else ():
            handlings = [handlers_of(context, tree, tried, error) for error in kinds]
            if any(handling != handlings[0] for handling in handlings) or any(
                stop.is_read for stop in handlings[0]
            ):
                yield tree.site(tried)
