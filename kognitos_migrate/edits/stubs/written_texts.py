"""Texts of tests as they are written, with which they search or part the URLs of requests."""

import re

import libcst as cst

from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.lattice import Lit, Text, Value
from kognitos_migrate.values.texts import only_part


class WrittenText(Struct, frozen=True):
    """A text as it is written: a literal, or an f-string. `pattern` has the number of an expression, between
    NULs, in its place; `holes` are the source of each expression and its value."""

    span: Span
    opening: str
    quote: str
    pattern: str
    holes: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The text, with the values of its expressions."""
        return self.fill(self.pattern)

    def fill(self, pattern: str) -> str:
        """A pattern with the values of the expressions."""
        for number, (_, value) in enumerate(self.holes):
            pattern = pattern.replace(f"\0{number}\0", value)
        return pattern

    def source(self, pattern: str) -> str:
        """A pattern as Python source."""
        opening = self.opening if "\0" in pattern else re.sub("[fF]", "", self.opening)
        for number, (source, _) in enumerate(self.holes):
            pattern = pattern.replace(f"\0{number}\0", source)
        return f"{opening}{self.quote}{pattern}{self.quote}"


def written_text(context: PlanContext, tree: Tree, operand: Operand) -> WrittenText | None:
    """The text of a literal, or of an f-string with plain literal parts; None for any other text."""
    choice, node = operand.value, tree.node(operand.site)
    lit = _only_literal(choice)
    literal = context.node(lit.site) if lit is not None and lit.site is not None else None
    if lit is not None and lit.site is not None and _has_other_uses(context, tree, node, lit.site):
        return None
    if lit is not None and lit.site is not None and isinstance(literal, cst.SimpleString):
        return WrittenText(context.span(lit.site), literal.prefix, literal.quote, lit.text)
    if not isinstance(node, cst.FormattedString) or not isinstance(choice, Text):
        return None
    pattern, holes = "", list[tuple[str, str]]()
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            pattern += part.value
            continue
        assert isinstance(part, cst.FormattedStringExpression)
        value = context.value(tree.site(part.expression), operand.frame)
        literal_value = value.literal if isinstance(value, Text) else None
        pattern += f"\0{len(holes)}\0"
        holes.append((tree.code(part), literal_value or "0"))
    if "{" in pattern or "\\" in pattern:
        return None
    return WrittenText(tree.span(node), node.start.rstrip("'\""), node.end, pattern, tuple(holes))


def _has_other_uses(context: PlanContext, tree: Tree, node: cst.CSTNode, literal: Site) -> bool:
    """Whether the literal of an expression, such as the value of a constant, is used for more than searches
    of received URLs and the URLs of requests."""
    is_inside = literal.path == tree.path and tree.span(node).contains(context.span(literal))
    uses = () if is_inside else context.literal_uses.get(literal, ())
    return any(use.kind not in (*HARMLESS, UseKind.REQUEST) for use in uses)


def _only_literal(choice: Value) -> Lit | None:
    part = only_part(choice)
    return part if isinstance(part, Lit) else None
