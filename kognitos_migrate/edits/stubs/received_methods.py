"""Rewrites the tests of the method of a received request, whose operation gets another method.

if request.method == "PUT":    becomes    if request.method == "POST":
"""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.edits.literals import literal_in_style
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_urls import ReceivedUrls
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import Operation
from kognitos_migrate.syntax.roles import innermost_ancestors
from kognitos_migrate.syntax.shapes import is_method_call
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit
from kognitos_migrate.values.texts import only_part

_ASSERTS = ("assertEqual", "assertEquals", "assertListEqual", "assertSequenceEqual")


class _NewMethods(ReceivedUrls, frozen=True):
    """The requests of the new version, as a double receives them that tests for `new_word` instead of
    `old_word`."""

    old_word: str
    new_word: str

    def is_method(self, operation: Operation, word: str) -> bool:
        """Whether a word of the old test becomes the new method of an operation's requests."""
        return operation.new.method == (self.new_word if word.upper() == self.old_word else word.upper())


def migrate_method_test(expected: ExpectedBodies, use: Use) -> Iterator[PendingEdit]:
    """Pending edits for a comparison of the method of a received request. Raises RefusalError if the test
    would hold for requests of other operations in the new version."""
    context, operation = expected.context, expected.stub.operation
    old, new = operation.old.method, operation.new.method
    if old == new:
        return
    operations = {match.operation.id: match.operation for match in context.matches.values()}
    if any(other.old.method == old and other.new.method != new for other in operations.values()):
        raise expected.refusal(use.site, "requests with different new methods have the method of the test")
    if use.kind is not UseKind.COMPARE or use.detail not in ("Equal", "NotEqual") or use.other is None:
        raise expected.refusal(use.site, "the test looks at the method of a request, which changes")
    if not _is_asserted(context.tree(use.site), context.node(use.site), use):
        _require_equal_outcomes(expected, use, [*operations.values()])
    for choice in alternatives(use.other):
        part = only_part(choice)
        literal = context.node(part.site) if isinstance(part, Lit) and part.site is not None else None
        if not isinstance(part, Lit) or part.site is None or not isinstance(literal, cst.SimpleString):
            raise expected.refusal(use.site, "the expected method isn't a literal here")
        if part.text.upper() == old:
            word = new if part.text.isupper() else new.lower()
            yield PendingEdit(context.span(part.site), (literal_in_style(literal, word),))


def _is_asserted(tree: Tree, node: cst.CSTNode, use: Use) -> bool:
    """Whether a test asserts an equality: it holds for the new methods if it held for the old ones, because
    each old method has one new method."""
    if use.detail != "Equal":
        return False
    match [node, *innermost_ancestors(tree, node, 3)]:
        case [cst.Comparison(), cst.Assert(), *_]:
            return True
        case [call, *_] if is_method_call(call, *_ASSERTS):
            return True
        case [_, cst.Element(), cst.List() | cst.Tuple() as display, *_]:
            parent = tree.parent(display)
            return isinstance(parent, cst.Arg | cst.ComparisonTarget | cst.Comparison)
    return False


def _require_equal_outcomes(expected: ExpectedBodies, use: Use, operations: list[Operation]) -> None:
    """Raises RefusalError if the condition that a comparison is part of has other outcomes in the new version
    for requests of an operation."""
    context, operation = expected.context, expected.stub.operation
    tree, comparison = context.tree(use.site), context.expression(use.site)
    condition = comparison
    while isinstance(parent := tree.parent(condition), cst.BooleanOperation | cst.UnaryOperation):
        condition = parent
    before = ReceivedUrls(context, expected.stub)
    after = _NewMethods(context, expected.stub, operation.old.method, operation.new.method)
    for other in operations:
        if not before.reach(other, use):
            continue
        single = (received.outcomes(other, tree, comparison, use.frame) for received in (before, after))
        whole = (received.outcomes(other, tree, condition, use.frame) for received in (before, after))
        if not (_are_equal(*single) or _are_equal(*whole)):
            raise expected.refusal(
                use.site, f"the test would hold for other requests with the method {operation.new.method}"
            )


def _are_equal(before: frozenset[bool], after: frozenset[bool]) -> bool:
    return len(before) == 1 and before == after
