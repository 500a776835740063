"""Breaks a logical line at its brackets, as formatters do."""

import keyword
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tokens import Group, Node, Token, first_token, tokens

_TESTED = frozenset({"return", "assert", "if", "elif", "while"})
"""Statements whose value begins after their first word."""
_BLOCKS = frozenset({"if", "elif", "else", "while", "for", "with", "async", "class", "def", "try", "except"})
_COMPARED = frozenset({"==", "!=", "<=", ">=", ":="})

_ValueOf: TypeAlias = Callable[[Sequence[Node]], int | None]
"""Returns the index of the node at which a line's value begins; None if it can't be put in parentheses."""


class EditedBreaks(Struct, frozen=True):
    """Line ends that edits wrote, as character offsets in the changed text of a statement."""

    offsets: frozenset[int]

    def ends_line_between(self, nodes: Sequence[Node]) -> bool:
        """Whether an edit ends a line between nodes."""
        return any(
            place in self.offsets
            for token in _tokens_behind_first(nodes)
            if "\n" in token.gap
            for place in range(token.start - len(token.gap), token.start)
        )


class CodeStyle(Struct, frozen=True):
    """The layout of a file: maximal line width, one step of indentation, line ending, and the line ends from
    edits."""

    width: int
    step: str
    end: str
    edited_breaks: EditedBreaks

    def fits(self, text: str, indent: str) -> bool:
        """Whether a text fits on a line. A text of several lines always does."""
        return "\n" in text or len(indent) + len(text) <= self.width


def break_line(style: CodeStyle, nodes: Sequence[Node], indent: str) -> str:
    """Return a logical line, broken if it is too long. Lines that fit and existing breaks stay as they
    are."""
    return _lay_out(style, nodes, indent, _value_of_statement)


def _lay_out(style: CodeStyle, nodes: Sequence[Node], indent: str, value_of: _ValueOf) -> str:
    """The text of nodes that begin a line, broken if necessary."""
    if not _is_flat(nodes):
        chain = len(_chain_dots(nodes)) > 1 and style.edited_breaks.ends_line_between(nodes)
        return (chain and _parenthesize_value(style, nodes, indent, value_of)) or _break_each_line(
            style, nodes, indent
        )
    text = _unbroken_text(nodes, indent)
    if style.fits(text, indent):
        return text
    return (
        _parenthesize_value(style, nodes, indent, value_of)
        or _break_at_brackets(style, nodes, indent)
        or text
    )


def _break_each_line(style: CodeStyle, nodes: Sequence[Node], indent: str) -> str:
    """The text of nodes on several lines; each line may be broken."""
    begin = [0, *(number for number, node in enumerate(nodes) if number and "\n" in first_token(node).gap)]
    text: list[str] = []
    for first, last in pairwise([*begin, len(nodes)]):
        line = nodes[first:last]
        gap = _reindent(first_token(line[0]).gap, first_token(nodes[0]).margin, indent) if first else ""
        own = gap.rpartition("\n")[2] if first else indent
        if _is_flat(line):
            text += (gap, _lay_out(style, line, own, _no_value))
            continue
        for node in line:
            text.append(gap if node is line[0] else first_token(node).gap)
            text.append(node.text if isinstance(node, Token) else _relayout_group(style, line, node, own))
    return "".join(text)


def _is_flat(nodes: Sequence[Node]) -> bool:
    return not any("\n" in token.gap for token in _tokens_behind_first(nodes))


def _tokens_behind_first(nodes: Sequence[Node]) -> Iterator[Token]:
    rest = tokens(nodes)
    next(rest, None)
    return rest


def _unbroken_text(nodes: Sequence[Node], indent: str) -> str:
    """The text of nodes without new breaks, moved to a line with this indentation."""
    text: list[str] = []
    margin = ""
    for token in tokens(nodes):
        margin = margin if text else token.margin
        text += (_reindent(token.gap, margin, indent) if text else "", token.text)
    return "".join(text)


def _reindent(gap: str, margin: str, indent: str) -> str:
    """White space and comments, reindented from `margin` to `indent`."""
    first, *lines = gap.split("\n")
    for number, line in enumerate(lines):
        if line.startswith(margin) and (line.strip() or number == len(lines) - 1):
            lines[number] = indent + line.removeprefix(margin)
    return "\n".join((first, *lines))


# Values in parentheses.


def _parenthesize_value(
    style: CodeStyle, nodes: Sequence[Node], indent: str, value_of: _ValueOf
) -> str | None:
    """Put the value of a line in parentheses, one component per line. None unless the value is a conditional
    expression, an `and` or `or`, or a chain of calls."""
    begin = value_of(nodes)
    end = len(nodes) - _is_token(nodes[-1], ":", ",")
    if begin is None or any(_is_token(node, ",", ";", "lambda", ":=") for node in nodes[begin:end]):
        return None
    value = nodes[begin:end]
    if not _break_points(value):
        return None
    inner = indent + style.step
    head = _unbroken_text(nodes[:begin], indent) + first_token(value[0]).gap if begin else ""
    return (
        f"{head}({style.end}{inner}{_break_at_points(style, value, inner)}{style.end}{indent})"
        f"{_unbroken_text(nodes[end:], indent)}"
    )


def _break_points(value: Sequence[Node]) -> list[int]:
    """The indexes at which a value may be split: at `if` and `else`, at `or`, at `and`, or at the dots of a
    chain of calls."""
    for words in (("if", "else"), ("or",), ("and",)):
        if marks := _token_indexes(value, *words):
            return marks
    dots = _chain_dots(value)
    return dots if len(dots) > 1 else []


def _chain_dots(nodes: Sequence[Node]) -> list[int]:
    """The indexes of dots that follow a bracket: attribute reads of a call's result."""
    return [number for number in _token_indexes(nodes, ".") if isinstance(nodes[number - 1], Group)]


def _break_at_points(style: CodeStyle, value: Sequence[Node], indent: str) -> str:
    """A value on one line if it fits; if not, one component per line."""
    whole = _unbroken_text(value, indent)
    if _is_flat(value) and style.fits(whole, indent):
        return whole
    return _break_in_parts(style, value, _break_points(value), indent)


def _break_in_parts(style: CodeStyle, nodes: Sequence[Node], begin: Sequence[int], indent: str) -> str:
    parts = [nodes[first:last] for first, last in pairwise([0, *begin, len(nodes)])]
    return (style.end + indent).join(
        _break_at_points(style, part, indent)
        if _break_points(part)
        else _lay_out(style, part, indent, _no_value)
        for part in parts
    )


def _value_of_statement(nodes: Sequence[Node]) -> int | None:
    first = first_token(nodes[0]).text
    if first in _BLOCKS and not _is_token(nodes[-1], ":"):
        return None
    if first in _TESTED:
        return 1
    # the defaults of a lambda are no assignments
    end = next((number for number, node in enumerate(nodes) if _is_token(node, "lambda")), len(nodes))
    signs = [(number, node) for number, node in enumerate(nodes[:end]) if isinstance(node, Token)]
    places = [number for number, node in signs if _assigns(node.text)]
    return places[-1] + 1 if places and first not in _BLOCKS else None


def _assigns(text: str) -> bool:
    return text.endswith("=") and text not in _COMPARED


def _value_of_item(nodes: Sequence[Node]) -> int | None:
    """The value begins after its name, key or stars."""
    for number, node in enumerate(nodes):
        if _is_token(node, "lambda", "for"):
            return None
        if _is_token(node, "=", ":"):
            return number + 1
    return 1 if _is_token(nodes[0], "*", "**") else 0


def _no_value(_nodes: Sequence[Node]) -> int | None:
    return None


def _is_token(node: Node, *words: str) -> bool:
    return isinstance(node, Token) and node.text in words


def _token_indexes(nodes: Sequence[Node], *words: str) -> list[int]:
    return [number for number, node in enumerate(nodes) if number and _is_token(node, *words)]


# Brackets on several lines.


def _break_at_brackets(style: CodeStyle, nodes: Sequence[Node], indent: str) -> str | None:
    """Split the line inside the last bracket pair whose opening still fits. If that pair is a subscript of a
    call, split the call's arguments instead, one per line. None if the line has no brackets."""
    places = [number for number, node in enumerate(nodes) if isinstance(node, Group) and _may_open(node)]
    near = [
        number
        for number in places
        if style.fits(_unbroken_text(_up_to_opening_bracket(nodes, number), indent), indent)
    ]
    if not places:
        return None
    chosen = (near or places)[-1]
    calls = [number for number in near if _has_arguments(nodes, number)]
    is_key = _is_token(first_token(nodes[chosen]), "[") and bool(calls)
    if is_key:
        chosen = calls[-1]
    head, group, rest = nodes[:chosen], nodes[chosen], nodes[chosen + 1 :]
    assert isinstance(group, Group)
    before = _unbroken_text(head, indent) + group.opening.gap if head else ""
    after = first_token(rest[0]).gap + _unbroken_text(rest, indent) if rest else ""
    if is_key:
        own = _frame_content(style, group, _item_per_line(style, group, indent + style.step), indent)
    else:
        own = _explode(style, nodes, group, indent)
    return before + own + after


def _up_to_opening_bracket(nodes: Sequence[Node], number: int) -> Sequence[Node]:
    """The nodes up to a bracket pair, with its opening bracket."""
    group = nodes[number]
    assert isinstance(group, Group)
    return [*nodes[:number], group.opening]


def _may_open(group: Group) -> bool:
    return bool(group.content) and not _is_token(group.content[0], "yield") and not _has_comment(group)


def _has_comment(group: Group) -> bool:
    return any("#" in token.gap for token in (*map(first_token, group.content), group.closing))


def _has_arguments(nodes: Sequence[Node], number: int) -> bool:
    group = nodes[number]
    if not isinstance(group, Group) or group.opening.text != "(" or not _is_call(nodes, group):
        return False
    return not _token_indexes(group.content, "for")


def _explode(style: CodeStyle, siblings: Sequence[Node], group: Group, indent: str) -> str:
    """Brackets with their content on lines of its own. Arguments may share one line, other items don't."""
    inner = indent + style.step
    items = _items(group.content)
    is_open_ended = _is_token(group.content[-1], ",")
    if len(items) == 1 and not is_open_ended:
        return _frame_content(style, group, _break_single_item(style, items[0], inner), indent)
    if _is_call(siblings, group) and _is_flat(group.content) and not is_open_ended:
        content = _unbroken_text(group.content, inner)
        if style.fits(content, inner):
            return _frame_content(style, group, content, indent)
    return _frame_content(style, group, _item_per_line(style, group, inner), indent)


def _frame_content(style: CodeStyle, group: Group, content: str, indent: str) -> str:
    inner = f"{style.end}{indent}{style.step}"
    return f"{group.opening.text}{inner}{content}{style.end}{indent}{group.closing.text}"


def _item_per_line(style: CodeStyle, group: Group, indent: str) -> str:
    """The items of brackets, one per line, each with a trailing comma."""
    items = _items(group.content)
    if not _is_token(items[-1][-1], ","):
        items[-1] = [*items[-1], Token(",", "", group.closing.start, "")]
    return (style.end + indent).join(_lay_out(style, item, indent, _value_of_item) for item in items)


def _is_call(siblings: Sequence[Node], group: Group) -> bool:
    """Whether brackets are a call or subscript of the expression before them."""
    number = next(number for number, node in enumerate(siblings) if node is group)
    before = siblings[number - 1] if number else None
    if before is None or isinstance(before, Group):
        return before is not None
    return not keyword.iskeyword(before.text) and (before.text[0].isalnum() or before.text[0] in "_\"'")


def _break_single_item(style: CodeStyle, item: Sequence[Node], indent: str) -> str:
    """The only item in brackets. A comprehension is broken before each `for` and `if`."""
    if _is_flat(item) and style.fits(_unbroken_text(item, indent), indent):
        return _unbroken_text(item, indent)
    loops = [mark - _is_token(item[mark - 1], "async") for mark in _token_indexes(item, "for")]
    if loops:
        tests = [mark for mark in _token_indexes(item, "if") if mark > loops[0] and not _chooses(item, mark)]
        return _break_in_parts(style, item, sorted([*loops, *tests]), indent)
    if _break_points(item) and _value_of_item(item) == 0:
        return _break_at_points(style, item, indent)
    return _lay_out(style, item, indent, _value_of_item)


def _chooses(item: Sequence[Node], mark: int) -> bool:
    """Whether an `if` in a comprehension belongs to a conditional expression, not to a filter."""
    following = next((node for node in item[mark + 1 :] if _is_token(node, "if", "else", "for")), None)
    return following is not None and _is_token(following, "else")


def _items(content: Sequence[Node]) -> list[Sequence[Node]]:
    """Split the content of brackets at commas; each item includes its comma. Commas between the parameters of
    a lambda don't split, and a comprehension is one item."""
    if _token_indexes(content, "for"):
        return [content]
    items: list[list[Node]] = [[]]
    is_lambda = False
    for node in content:
        is_lambda = _is_token(node, "lambda") or (is_lambda and not _is_token(node, ":"))
        items[-1].append(node)
        if _is_token(node, ",") and not is_lambda:
            items.append([])
    return [item for item in items if item]


def _relayout_group(style: CodeStyle, siblings: Sequence[Node], group: Group, indent: str) -> str:
    """Brackets on several lines. They keep their layout unless an edit made an item of several lines that
    doesn't begin a line, or a line is too long."""
    items = _items(group.content)
    begin = [item for item in items if _begins_line(item)]
    edited_items = [item for item in items if style.edited_breaks.ends_line_between(item)]
    text = _break_items(style, group, _margin(style, siblings, group), indent)
    if _has_comment(group) or not items:
        return text
    opens = _begins_line(items[0])
    is_kept = (
        not edited_items or len(begin) == len(items) if opens else all(item in begin for item in edited_items)
    )
    head = siblings[: next(number for number, node in enumerate(siblings) if node is group)]
    before = len((indent + _unbroken_text(head, indent)).rpartition("\n")[2])
    longest = _longest(text, before)
    if is_kept and longest <= style.width:
        return text
    exploded = _explode(style, siblings, group, indent)
    return text if is_kept and _longest(exploded, before) >= longest else exploded


def _margin(style: CodeStyle, siblings: Sequence[Node], group: Group) -> str:
    """The indentation of the line that opens a group. An edit may have moved that line's end behind another
    line; the closing bracket that it wrote keeps the indentation for which its lines were made."""
    is_made = style.edited_breaks.ends_line_between((group.opening, group.closing))
    return (group.closing if is_made else first_token(siblings[0])).margin


def _begins_line(item: Sequence[Node]) -> bool:
    return "\n" in first_token(item[0]).gap


def _longest(text: str, before: int) -> int:
    """The length of the longest line, in characters. `before` is the length of the text before the first
    line."""
    first, *lines = text.split("\n")
    return max(before + len(first), *map(len, lines), 0)


def _break_items(style: CodeStyle, group: Group, margin: str, indent: str) -> str:
    """Brackets in their present layout; items that begin a line may be broken."""
    text = [group.opening.text]
    for item in _items(group.content):
        first = first_token(item[0])
        gap = _reindent(first.gap, margin, indent)
        own = indent + first.margin.removeprefix(margin)
        text += (
            gap,
            _lay_out(style, item, own, _value_of_item) if _begins_line(item) else _unbroken_text(item, own),
        )
    return "".join((*text, _reindent(group.closing.gap, margin, indent), group.closing.text))
