"""Code motion: hoists the statements that bind a name above its new first use."""

import re
from collections.abc import Sequence
from itertools import takewhile

import libcst as cst

from kognitos_migrate.edits.code_layout import indentation, newline
from kognitos_migrate.edits.context import PlanContext, RelocatedExpression
from kognitos_migrate.edits.exception_freedom import is_exception_free
from kognitos_migrate.edits.final_variables import is_final_field
from kognitos_migrate.edits.memory_locations import LocationSet, locations_read
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.rematerialize import CodeTemplate, assigned_value, is_pure_expression
from kognitos_migrate.edits.template_variables import is_bound_before, variables_read
from kognitos_migrate.edits.value_identity import is_unwritten
from kognitos_migrate.interpret.library.logging_ import LEAVING
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.blocks import child_containing, last_statement, statements_of_block
from kognitos_migrate.syntax.roles import assignment_to
from kognitos_migrate.syntax.scopes import Variables, is_variable
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.lattice import Symbol

_COMMENT = re.compile(rb"[ \t]*#")
_BLANK_ABOVE = re.compile(rb"(?:\A|\n[ \t]*\r?\n|:[ \t]*\r?\n)\Z")
_BLANK_BELOW = re.compile(rb"(?:[ \t]*\r?\n)+")


def hoist(context: PlanContext, parts: CodeTemplate, frame: int, at: Site) -> RelocatedExpression | None:
    """The expression `parts` of `frame`, made available at the earlier site `at`.

    The statements that bind its names move above `at`. If they can't move, the expression that was assigned
    is repeated there. None if neither has the same value."""
    home = context.read_frame(frame)
    tree = context.trees[home.path]
    scope = tree.node(home.function) if home.function else tree.module
    assert isinstance(scope, cst.FunctionDef | cst.Module | cst.Lambda)
    search = _Hoisting(context, tree, scope, frame, at)
    names = set(variables_read(context, parts))
    lines: dict[int, cst.BaseStatement] = {}
    if all(search.collect_dependencies(name, lines) for name in names):
        moved = [lines[number] for number in sorted(lines)]
        if moved and search.can_hoist(moved, names):
            return RelocatedExpression(parts, search.moves(moved))
    again = assigned_value(context, parts, frame)
    if (
        again is None
        or not is_bound_before(context, again, frame, at)
        or not search.has_unchanged_value(*names)
    ):
        return None
    return RelocatedExpression(again)


class _Hoisting(Struct, frozen=True):
    """Moves statements of `scope`, a function or module that runs in `frame`, above the site `at`."""

    context: PlanContext
    tree: Tree
    scope: cst.FunctionDef | cst.Module | cst.Lambda
    frame: int
    at: Site

    def collect_dependencies(self, name: str, lines: dict[int, cst.BaseStatement]) -> bool:
        """Add to `lines`, by number, the statements after `at` that bind `name`, and those that they need in
        turn. False if one of them can't move."""
        bindings = self.tree.memoize(Variables).bindings(self.scope, name)
        if not bindings or min(map(self.tree.number, bindings)) < self.at.node:
            return True
        statement = self._binding(bindings)
        if statement is None or self._is_declared_global(name):
            return False
        if self.tree.number(statement) in lines:
            return True
        lines[self.tree.number(statement)] = statement
        needed = self._variables(statement) - self._targets(statement)
        return all(self.collect_dependencies(variable, lines) for variable in needed)

    def _binding(self, bindings: Sequence[cst.Name]) -> cst.BaseStatement | None:
        """The statement that binds a variable and has no other effect: an assignment, or an `if` that only
        assigns."""
        line, choice = self.tree.enclosing(bindings[0], cst.SimpleStatementLine), self._choice(bindings[0])
        if choice is None:
            return line if len(bindings) == 1 and line is not None and self._is_assignment(line) else None
        is_inside = all(choice in self.tree.ancestors(binding) for binding in bindings)
        return choice if is_inside and self._only_assigns(choice) else None

    def _choice(self, node: cst.CSTNode) -> cst.If | None:
        """The outermost `if` of the chain of `elif`s around a node; None without one."""
        innermost = self.tree.enclosing(node, cst.If)
        if innermost is None:
            return None
        chain = takewhile(lambda above: isinstance(above, cst.If), self.tree.ancestors(innermost))
        return cst.ensure_type([innermost, *chain][-1], cst.If)

    def _only_assigns(self, choice: cst.If) -> bool:
        """Whether an `if` statement only assigns pure expressions to variables."""
        if not self._is_pure_test(choice.test) or not all(map(self._is_assignment, choice.body.body)):
            return False
        match choice.orelse:
            case cst.If() as other:
                return self._only_assigns(other)
            case cst.Else(body):
                return all(map(self._is_assignment, body.body))
        return True

    def _is_pure_test(self, test: cst.BaseExpression) -> bool:
        """Whether a test only compares pure expressions."""
        match test:
            case cst.Comparison(left, comparisons):
                return all(
                    map(self._is_pure_test, (left, *(comparison.comparator for comparison in comparisons)))
                )
            case cst.BooleanOperation(left, _, right):
                return self._is_pure_test(left) and self._is_pure_test(right)
            case cst.UnaryOperation(cst.Not(), inner):
                return self._is_pure_test(inner)
            case cst.Tuple(elements) | cst.List(elements) | cst.Set(elements):
                return all(self._is_pure_test(element.value) for element in elements)
        return is_pure_expression(self.context, test, self.tree.site(test), self.frame)

    def _is_assignment(self, line: cst.CSTNode) -> bool:
        """Whether a line assigns a pure expression to one variable."""
        match line:
            case cst.SimpleStatementLine(
                [cst.Assign([cst.AssignTarget(cst.Name())], value) | cst.AnnAssign(cst.Name(), _, value)]
            ):
                return value is not None and is_pure_expression(
                    self.context, value, self.tree.site(value), self.frame
                )
        return False

    def _variables(self, node: cst.CSTNode) -> set[str]:
        return {
            name.value
            for name in self.tree.descendants_of_kind(node, cst.Name)
            if is_variable(self.tree, name)
        }

    def _is_declared_global(self, name: str) -> bool:
        """Whether any function of the module declares the name `global` or `nonlocal`."""
        return any(item.name.value == name for item in self.tree.of_kind(cst.NameItem))

    def _targets(self, statement: cst.BaseStatement) -> set[str]:
        return {
            node.value
            for node in self.tree.descendants_of_kind(statement, cst.Name)
            if isinstance(assignment_to(self.tree, node), cst.Assign | cst.AnnAssign)
        }

    def _guards_by_leaving(self, statement: cst.If, name: str) -> bool:
        """Whether an `if` tests the name and leaves the loop, the function or the program."""
        if name not in self._variables(statement.test):
            return False
        match last_statement(statement.body):
            case cst.Expr(cst.Call(callee)):
                callees = self.context.values_at(self.tree.site(callee))
                return any(isinstance(callee, Symbol) and callee.name in LEAVING for callee in callees)
            case cst.Raise() | cst.Return() | cst.Continue() | cst.Break():
                return True
        return False

    def _block(self, statement: cst.CSTNode) -> tuple[cst.CSTNode | None, list[cst.BaseStatement]]:
        """The block that contains a statement, and the statements in it."""
        block, body = self.tree.parent(statement), statements_of_block(self.tree, statement)
        return block, [child for child in body if isinstance(child, cst.BaseStatement)]

    def can_hoist(self, moved: Sequence[cst.BaseStatement], names: set[str]) -> bool:
        """Whether these statements can move above the anchor: they are in its block, no guard tests
        their variables, they have no error, no code in between reads these or changes what they read, and all
        other variables are bound before."""
        block, statements = self._block(moved[0])
        anchor = self._anchor(moved)
        if anchor is None or any(self._block(statement)[0] is not block for statement in moved):
            return False
        bound_names = set[str]().union(*map(self._targets, moved))
        if any(self._guards_by_leaving(test, name) for test in self._tests() for name in bound_names):
            return False
        read = names.union(*map(self._variables, moved)) - bound_names
        if not all(self._is_bound_before(name, anchor) for name in read):
            return False
        start, end = statements.index(anchor), statements.index(moved[-1])
        nodes_between = [
            node
            for statement in statements[start:end]
            if statement not in moved
            for node in self.tree.descendants(statement)
        ]
        return not any(
            isinstance(node, cst.Name) and node.value in bound_names for node in nodes_between
        ) and self._can_move_past(moved, nodes_between)

    def _can_move_past(self, moved: Sequence[cst.CSTNode], passed: Sequence[cst.CSTNode]) -> bool:
        """Whether moved code certainly has no error, and reads nothing that the code may write that it
        passes."""
        return all(is_exception_free(self.context, self.tree, node) for node in moved) and all(
            self._is_unaffected_by(node, passed) for node in moved
        )

    def _is_unaffected_by(self, moved: cst.CSTNode, passed: Sequence[cst.CSTNode]) -> bool:
        """Whether the code that moved code passes writes none of the locations that this reads."""
        read = locations_read(self.context, self.tree.site(moved))
        changing = [field for field in read.fields if not is_final_field(self.context, field)]
        return is_unwritten(self.context, self.tree, passed, LocationSet(read.variables, changing))

    def has_unchanged_value(self, name: str) -> bool:
        """Whether the expression assigned to a name has the same value at `at`, and no guard tests the
        name."""
        bindings = self.tree.memoize(Variables).bindings(self.scope, name)
        assignment = self.tree.enclosing(bindings[0], cst.Assign) if bindings else None
        if assignment is None or any(self._guards_by_leaving(test, name) for test in self._tests()):
            return False
        first, last = self.at.node, self.tree.number(assignment)
        nodes_between = [
            node for node in self.tree.descendants(self.scope) if first <= self.tree.number(node) < last
        ]
        return self._can_move_past([assignment.value], nodes_between)

    def _tests(self) -> list[cst.If]:
        scope = self.scope if isinstance(self.scope, cst.FunctionDef) else self.tree.module
        return [
            node
            for node in self.tree.of_kind(cst.If)
            if scope is self.tree.module or scope in self.tree.ancestors(node)
        ]

    def _is_bound_before(self, name: str, anchor: cst.BaseStatement) -> bool:
        """Whether a name has at most one binding, and that precedes the anchor."""
        bound = [self.tree.number(node) for node in self.tree.memoize(Variables).bindings(self.scope, name)]
        return len(bound) < 2 and all(number < self.tree.number(anchor) for number in bound)

    def _anchor(self, moved: Sequence[cst.BaseStatement]) -> cst.BaseStatement | None:
        """The statement around `at` that is in the same block as `moved`."""
        block = self._block(moved[0])[0]
        anchor = child_containing(self.tree, block, self.tree.node(self.at)) if block is not None else None
        return anchor if isinstance(anchor, cst.BaseStatement) else None

    def moves(self, moved: Sequence[cst.BaseStatement]) -> tuple[PendingEdit, ...]:
        """The pending edits that move statements above the one that contains `at`."""
        anchor = self._anchor(moved)
        assert anchor is not None
        start = self._lines(anchor).start
        text: list[str | Span] = []
        edits: list[PendingEdit] = []
        indent = indentation(self.tree, self.tree.span(anchor).start)
        for lines in self._adjacent_lines(moved):
            blank_above = _BLANK_ABOVE.search(self.tree.utf8_text, 0, lines.start)
            blank_below = _BLANK_BELOW.match(self.tree.utf8_text, lines.end)
            end = blank_below.end() if blank_above is not None and blank_below is not None else lines.end
            edits.append(PendingEdit(Span(lines.path, lines.start, end), ("",)))
            written = self.tree.utf8_text[lines.start : lines.end].rstrip()
            inner = Span(lines.path, lines.start + len(indent.encode()), lines.start + len(written))
            text += (indent, inner, newline(self.tree) * (1 if end == lines.end else 2))
        return (PendingEdit(Span(self.tree.path, start, start), tuple(text)), *edits)

    def _adjacent_lines(self, moved: Sequence[cst.BaseStatement]) -> list[Span]:
        """The lines of statements, as one span for adjacent statements."""
        spans: list[Span] = []
        for lines in map(self._lines, moved):
            if spans and spans[-1].end == lines.start:
                lines = Span(lines.path, spans.pop().start, lines.end)
            spans.append(lines)
        return spans

    def _lines(self, statement: cst.BaseStatement) -> Span:
        """The lines of a statement, with the comments directly above it."""
        encoded, span = self.tree.utf8_text, self.tree.span(statement)
        start = encoded.rfind(b"\n", 0, span.start) + 1
        while start > 0:
            line_start = encoded.rfind(b"\n", 0, start - 1) + 1
            if not _COMMENT.match(encoded, line_start):
                break
            start = line_start
        if encoded[span.end - 1 : span.end] == b"\n":
            return Span(span.path, start, span.end)
        end = encoded.find(b"\n", span.end)
        return Span(span.path, start, len(encoded) if end < 0 else end + 1)
