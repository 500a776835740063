"""JSON text that tests expect of the program for the text in their own data, where it becomes a list."""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.value_sources import Evaluation, stored_operands
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.canned_responses import CannedReplyRewrite, text_site
from kognitos_migrate.edits.stubs.model_inputs import passes_arguments_to_tests
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.roles import argument_of, innermost_ancestors, method_call_on
from kognitos_migrate.syntax.shapes import is_method_call
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Instance, ServiceDouble
from kognitos_migrate.values.heap_store import corresponding_values
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, Bound, Class, Function, Json, Ref, Unknown, Value

_HANDS_ON = (
    *(cst.Assign, cst.AnnAssign, cst.NamedExpr, cst.Return, cst.Yield, cst.Await, cst.Expr, cst.Lambda),
    *(cst.Element, cst.StarredElement, cst.DictElement, cst.StarredDictElement, cst.IfExp, cst.Param),
    *(cst.WithItem, cst.For, cst.CompFor, cst.Subscript, cst.ListComp, cst.GeneratorExp, cst.Del),
)
"""Nodes that only hand a value on, or whose own value is looked at in turn."""
_EQUALITIES = ("assertEqual", "assertEquals", "assertNotEqual", "assertDictEqual", "assertTupleEqual")
_DEPTH = 4
"""How many objects deep a text is searched for."""


def migrate_expected_answers(context: PlanContext) -> Iterator[PendingEdit]:
    """Pending edits of the texts that tests compare with the text of their own data, as lists.

        assert Run.parse({"state": "done", "answer": "{}"}) == Run("done", "{}")

    The program may encode the list as text again where it reads it: then the expected text stays. Raises
    RefusalError if a test looks at the text in another way, as by decoding it.
    """
    answers = {
        site: name
        for site, name in context.state.canned_answers.items()
        if name not in context.state.restored_words
    }
    searched = 0
    edits: dict[PendingEdit, None] = {}
    while len(answers) > searched:
        searched = len(answers)
        expected = _ExpectedAnswers(context, answers)
        edits.update((edit, None) for evaluation in _in_tests(context) for edit in expected.edits(evaluation))
        answers = {**answers, **expected.comparands}
    yield from edits


def _in_tests(context: PlanContext) -> list[Evaluation]:
    return [evaluation for evaluation in context.facts.values if evaluation[0].path in context.facts.tests]


class _ExpectedAnswers(Struct, frozen=True):
    """The looks of tests at the texts at `answers`, which become lists, with the operation and field of each.

    `comparands` are texts that are compared with them and become lists as well."""

    context: PlanContext
    answers: Mapping[Site, tuple[str, str]]
    comparands: dict[Site, tuple[str, str]] = field(default_factory=dict)

    def edits(self, evaluation: Evaluation) -> Iterator[PendingEdit]:
        """Pending edits of the texts that an expression of a test is compared with. Raises RefusalError if
        the test looks at the text in another way."""
        site, frame = evaluation
        value = self.context.value(site, frame)
        if not self._contains_answer(value):
            return
        tree, node = self.context.tree(site), self.context.node(site)
        is_text = any(self._answer(choice) is not None for choice in alternatives(value))
        if not is_text and not self._is_program_object(value):
            return
        if self._is_passed_on(tree, node, frame, is_text=is_text):
            return
        others = list(_comparands(tree, node))
        if not others:
            raise self._refusal(site)
        for other in others:
            yield from self._migrate(value, self.context.value(tree.site(other), frame), site)

    def _is_passed_on(self, tree: Tree, node: cst.CSTNode, frame: int, *, is_text: bool) -> bool:
        """Whether the code around an expression doesn't look at its value, or has a value to look at."""
        parent, argument = tree.parent(node), argument_of(tree, node)
        if argument is not None:
            result = self.context.value(tree.site(argument.call), frame)
            return (
                self._is_of_program(tree, argument.call)
                or self._contains_answer(result)
                or self._is_double(result)
                or passes_arguments_to_tests(self.context, tree, argument.call)
            )
        match parent:
            case cst.Attribute(value=owner) if owner is node:
                called = method_call_on(tree, node)
                return called is None or self._is_of_program(tree, called)
            case cst.Assert() | cst.If() | cst.While() | cst.UnaryOperation() | cst.BooleanOperation():
                return not is_text or self._contains_answer(self.context.value(tree.site(parent), frame))
            case cst.Comparison() | cst.ComparisonTarget():
                return _is_identity(tree, node)
        return parent is None or isinstance(parent, _HANDS_ON)

    def _is_double(self, value: Value) -> bool:
        """Whether a value is an object of a mock library, which returns what it is made with."""
        choices = self.context.facts.heap.objects_of(value)
        return bool(choices) and all(isinstance(choice, ServiceDouble) for choice in choices)

    def _is_of_program(self, tree: Tree, call: cst.Call) -> bool:
        """Whether a call runs functions or classes of the program or its tests only."""
        called = self.context.alternatives_at(tree.site(call.func))
        return bool(called) and all(isinstance(choice, Function | Bound | Class) for choice in called)

    def _migrate(self, value: Value, other: Value, at: Site) -> Iterator[PendingEdit]:
        """Pending edits of the texts in `other` at the positions where `value` has one of the answers."""
        for choice in alternatives(value):
            name = self._answer(choice)
            if name is not None:
                yield from self._migrate_text(name, other, at)
            elif isinstance(choice, Ref) and self._contains_answer(choice):
                pairs = [
                    corresponding_values(self.context.facts.heap[choice], self.context.facts.heap[part])
                    for part in alternatives(other)
                    if isinstance(part, Ref)
                ]
                if not pairs or None in pairs:
                    raise self._refusal(at)
                for pair in pairs:
                    for inner, expected in pair or ():
                        if self._contains_answer(inner):
                            yield from self._migrate(inner, expected, at)

    def _migrate_text(self, name: tuple[str, str], other: Value, at: Site) -> Iterator[PendingEdit]:
        operation = self.context.rules.operation(name[0])
        is_both = any(self._answer(choice) is not None for choice in alternatives(other))
        for choice in alternatives(other):
            if choice in (NONE, NEVER) or self._answer(choice) is not None:
                continue
            if is_both and isinstance(choice, Unknown):
                continue  # the comparison is looked at from the other side
            site = text_site(choice)
            if site is None or site.path not in self.context.facts.tests:
                raise self._refusal(at)
            self.comparands[site] = name
            old = operation.old.reply_field(name[1])
            assert old is not None
            yield from CannedReplyRewrite(self.context, operation, at).entry_edits(old, site, choice)

    def _answer(self, value: Value) -> tuple[str, str] | None:
        """The operation and field of a text that becomes a list; None for any other value."""
        site = text_site(value)
        return self.answers.get(site) if site is not None else None

    def _refusal(self, site: Site) -> RefusalError:
        names = sorted({name for _, name in self.answers.values()})
        message = (
            f"the test looks at the text in its own {' or '.join(map(repr, names))}, which becomes a list"
        )
        return RefusalError(site, "stub", message, "compare what the program makes of the text")

    def _contains_answer(self, value: Value) -> bool:
        """Whether a value is the text, or an object that contains it."""
        return self._contains(value, _DEPTH)

    def _is_program_object(self, value: Value, depth: int = _DEPTH) -> bool:
        """Whether an object that contains the text is one of the program, as a test's own data isn't."""
        for choice in alternatives(value):
            heap_object = self.context.facts.heap[choice] if isinstance(choice, Ref) and depth else None
            if heap_object is None or not self._contains(choice, depth):
                continue
            cls = heap_object.cls if isinstance(heap_object, Instance) else None
            maker = cls.site if cls is not None else heap_object.site
            if maker.path not in self.context.facts.tests or any(
                self._is_program_object(operand.value, depth - 1) for operand in stored_operands(heap_object)
            ):
                return True
        return False

    def _contains(self, value: Value, depth: int) -> bool:
        for choice in alternatives(value):
            if self._answer(choice) is not None:
                return True
            if isinstance(choice, Json) and depth and self._contains(choice.value, depth - 1):
                return True
            heap_object = self.context.facts.heap[choice] if isinstance(choice, Ref) and depth else None
            if heap_object is not None and any(
                self._contains(part, depth - 1)
                for part, _ in corresponding_values(heap_object, heap_object) or ()
            ):
                return True
        return False


def _is_identity(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether the comparisons of an expression are by identity, as with None."""
    comparison = tree.enclosing(node, cst.Comparison)
    return isinstance(comparison, cst.Comparison) and all(
        isinstance(target.operator, cst.Is | cst.IsNot) for target in comparison.comparisons
    )


def _comparands(tree: Tree, node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    """The expression that an expression is compared with for equality; none in other code."""
    match innermost_ancestors(tree, node, 2):
        case [cst.Comparison(left, [cst.ComparisonTarget(cst.Equal() | cst.NotEqual(), right)]), *_]:
            yield right if left is node else left
        case [cst.ComparisonTarget(cst.Equal() | cst.NotEqual()), cst.Comparison(left, [_])]:
            yield left
        case [cst.Arg(), cst.Call(args=[first, second, *_]) as call] if is_method_call(call, *_EQUALITIES):
            yield second.value if first.value is node else first.value
