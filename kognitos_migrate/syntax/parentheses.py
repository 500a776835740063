"""The places of the parentheses around an expression."""

import re

import libcst as cst

from kognitos_migrate.modules.elision import Between
from kognitos_migrate.source.positions import end_of_line_before

_CLOSING = re.compile(rb"(?:\s|\\|#[^\r\n]*)*\)")
"""The next closing parenthesis, behind white space, line continuations and comments."""


def with_parentheses(module: cst.Module, text: bytes, node: cst.CSTNode, place: Between) -> Between:
    """The place of an expression with its parentheses, from the place without them in the module's text, in
    UTF-8: of `x` in `f((x))`, from `(3, 4)` to `(2, 5)`."""
    start, end = place
    for paren in reversed(getattr(node, "lpar", ())):
        start = _opening_parenthesis(module, text, paren.whitespace_after, start)
    for _ in getattr(node, "rpar", ()):
        closing = _CLOSING.match(text, end)
        end = closing.end() if closing is not None else end
    return start, end


def _opening_parenthesis(
    module: cst.Module, text: bytes, space: cst.BaseParenthesizableWhitespace, start: int
) -> int:
    """The offset of the parenthesis in front of `space`, which ends at `start`."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return start - len(module.code_for_node(space).encode()) - 1
    for _ in (space.first_line, *space.empty_lines):
        start = end_of_line_before(text, start)
    line = space.first_line
    comment = line.comment.value if line.comment is not None else ""
    return start - len(comment.encode("utf-8", "surrogatepass")) - len(line.whitespace.value) - 1
