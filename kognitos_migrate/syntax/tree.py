"""A parsed module: a LibCST tree with a number, a parent and a span for each node.

Values and events name a node by a `Site`, never by the node itself, so that they stay plain data.
"""

import ast
import re
import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import repeat
from typing import Any, NamedTuple, TypeVar, cast

import libcst as cst

from kognitos_migrate.modules.elision import Between, Function
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.elided_regions import NO_ELISION, ElidedRegions, NeedsFullParseError
from kognitos_migrate.syntax.node_positions import RenderedModule, children, written, written_alone
from kognitos_migrate.syntax.parser_input import parse_obstacle, without_form_feeds
from kognitos_migrate.syntax.syntax_errors import SourceSyntaxError, UnfaithfulError

Node = TypeVar("Node", bound=cst.CSTNode)
Made = TypeVar("Made")

TOOL = "kognitos-migrate"
"""What comments for this tool hold."""
RECURSION = 8_000
"""How deep the visits of a tree may recurse."""
_CLOSED = re.compile(rb"(?:\s|\\|#[^\r\n]*)*\)")
"""The parenthesis that comes next, past white space and comments."""


class Site(NamedTuple):
    """A node of a parsed module: the file's path and the node's number in it."""

    path: str
    node: int


class Tree(Struct, eq=False, dict=True):
    """One module's syntax. `nodes` are in source order, a parent before its children; whitespace has no
    number."""

    path: str
    text: str
    module: cst.Module
    nodes: list[cst.CSTNode]
    parents: list[int]
    sites: Mapping[int, Site]
    """The nodes' names by `id`: their own hash is a call of Python, and so is `site`."""
    gaps: ElidedRegions
    """What of the text is not parsed."""

    def site(self, node: cst.CSTNode) -> Site:
        """The name of `node`."""
        return self.sites[id(node)]

    def number(self, node: cst.CSTNode) -> int:
        """The place of `node` among the nodes."""
        return self.sites[id(node)].node

    def of_kind(self, *kinds: type[Node]) -> list[Node]:
        """The nodes that are exactly of one of `kinds`, in source order."""
        if len(kinds) == 1:
            return self._by_kind.get(kinds[0], [])
        if kinds not in self._of_kinds:
            nodes = (node for kind in kinds for node in self._by_kind.get(kind, []))
            self._of_kinds[kinds] = sorted(nodes, key=self.number)
        return self._of_kinds[kinds]

    @cached_property
    def _of_kinds(self) -> dict[tuple[type[cst.CSTNode], ...], list[Any]]:
        return {}

    @cached_property
    def lowered(self) -> str:
        """The text in lower case, without the name of this tool: its comments tell nothing of the program."""
        return self.text.lower().replace(TOOL, "")

    @cached_property
    def _by_kind(self) -> dict[type[cst.CSTNode], list[Any]]:
        found: dict[type[cst.CSTNode], list[Any]] = {}
        for node in self.nodes:
            found.setdefault(type(node), []).append(node)
        return found

    def named(self, name: str) -> Sequence[cst.Name]:
        """The nodes that are this name, in source order, be it a variable's or another's."""
        return self.names.get(name, ())

    @cached_property
    def names(self) -> Mapping[str, Sequence[cst.Name]]:
        """All names, each with its nodes."""
        found: defaultdict[str, list[cst.Name]] = defaultdict(list)
        for node in self.of_kind(cst.Name):
            found[node.value].append(node)
        return found

    def node(self, site: Site) -> cst.CSTNode:
        """The node that `site` names."""
        return self.nodes[site.node]

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node around `node`, None for the module."""
        above = self.parents[self.sites[id(node)].node]
        return None if above < 0 else self.nodes[above]

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around `node`, from the inside out."""
        above = self.parents[self.sites[id(node)].node]
        while above >= 0:
            yield self.nodes[above]
            above = self.parents[above]

    def enclosing(self, node: cst.CSTNode, *kinds: type[Node]) -> Node | None:
        """The nearest node around `node` that is exactly of one of `kinds`."""
        above = self.parents[self.sites[id(node)].node]
        while above >= 0:
            found = self.nodes[above]
            if type(found) in kinds:
                return cast(Node, found)
            above = self.parents[above]
        return None

    def within(self, node: cst.CSTNode, kind: type[Node]) -> Iterator[Node]:
        """The nodes in `node` (itself among them) that are exactly of a kind, in source order. Raises
        GapError where not all of them are there."""
        self.require(node)
        first = self.sites[id(node)].node
        found = self.of_kind(kind)
        start = bisect_left(found, first, key=self.number)
        end = bisect_left(found, self._ends[first], key=self.number)
        return iter(found[start:end])

    def end(self, node: cst.CSTNode) -> int:
        """The number after that of the last node within `node`."""
        return self._ends[self.sites[id(node)].node]

    @cached_property
    def _ends(self) -> list[int]:
        """By node: the number after its last descendant's."""
        ends = list(range(1, len(self.nodes) + 1))
        for number in range(len(self.nodes) - 1, 0, -1):
            above = self.parents[number]
            ends[above] = max(ends[above], ends[number])
        return ends

    def descendants(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes within `node`, itself first, in source order. Raises GapError where not all of them are
        there."""
        self.require(node)
        first = self.sites[id(node)].node
        yield from self.nodes[first : self._ends[first]]

    def require(self, node: cst.CSTNode) -> None:
        """Raise GapError where not all that stands in `node` was parsed."""
        if self.gaps.places:
            first = self.sites[id(node)].node
            at = bisect_left(self._left_out, first)
            inner = self._left_out[at] if at < len(self._left_out) else -1
            while inner > first:
                inner = self.parents[inner]
            if inner == first:
                raise NeedsFullParseError(self.path)

    def is_left_out(self, node: cst.CSTNode) -> bool:
        """Whether a function's body was not parsed, or all of a function or class."""
        if not self.gaps.places:
            return False
        number = self.number(node)
        at = bisect_left(self._left_out, number)
        return self._left_out[at : at + 1] == [number]

    def unparsed(self, function: cst.FunctionDef) -> Sequence[ast.AST]:
        """Python's nodes of a function's body that was not parsed. Raises GapError where it has none."""
        found = self.gaps.syntax_of(self._left_out.index(self.number(function)))
        if found is None:
            raise NeedsFullParseError(self.path)
        return found

    def unparsed_functions(self, name: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Python's nodes of the functions of a name in what was not parsed. Raises GapError where it has
        none."""
        if name not in self.gaps.words:
            return []
        if self.gaps.syntax is None:
            raise NeedsFullParseError(self.path)
        return [one for one in self.gaps.syntax if isinstance(one, Function) and one.name == name]

    @cached_property
    def _left_out(self) -> list[int]:
        """The functions and classes that were not parsed, or not their bodies, in their order."""
        found = self.gaps.among(self.of_kind(cst.FunctionDef, cst.ClassDef))
        if len(found) < len(self.gaps.places):
            raise NeedsFullParseError(self.path)
        return list(map(self.number, found))

    def cached(self, made: Callable[["Tree"], Made]) -> Made:
        """What a function gives for this module, asked once."""
        if made not in self._made:
            self._made[made] = made(self)
        return cast(Made, self._made[made])

    @cached_property
    def _made(self) -> dict[Callable[["Tree"], Any], Any]:
        return {}

    @cached_property
    def imports(self) -> Sequence[tuple[cst.SimpleStatementLine, cst.Import | cst.ImportFrom]]:
        """The imports at the top of the module, each with the line that it stands in."""
        lines = (line for line in self.module.body if isinstance(line, cst.SimpleStatementLine))
        return [
            (line, small)
            for line in lines
            for small in line.body
            if isinstance(small, cst.Import | cst.ImportFrom)
        ]

    @cached_property
    def plain_texts(self) -> frozenset[str]:
        """What stands between the quotes of texts."""
        return frozenset(node.raw_value for node in self.of_kind(cst.SimpleString))

    @cached_property
    def encoded(self) -> bytes:
        """The text in UTF-8: spans are offsets into it."""
        return self.text.encode("utf-8", "surrogatepass")

    @property
    def _positions(self) -> Mapping[int, tuple[int, int]]:
        return self._written.spans

    @property
    def tops(self) -> Sequence[int]:
        """Where the statements at the top begin, each with the lines above that go with it, and where they
        end. Raises UnfaithfulError."""
        return self._written.tops

    @cached_property
    def _written(self) -> RenderedModule:
        try:
            found = written(self.module)
        except RecursionError:
            raise UnfaithfulError(self.path, "is nested too deeply to be read", "file-too-large") from None
        if found.text != _read(self.text, self.gaps):
            raise UnfaithfulError(self.path)
        return found

    def span(self, node: cst.CSTNode) -> Span:
        """Where `node` stands, without the parentheses around it. Raises UnfaithfulError."""
        start, end = self._positions[id(node)]
        return Span(self.path, start, end)

    def place(self, node: cst.CSTNode) -> Span:
        """The same for one who asks of few nodes in a module: as a rule that is told by the statement at its
        top that holds them, and nothing else of it is written out."""
        around = [node, *self.ancestors(node)]
        if "_written" not in self.__dict__ and len(around) > 1:
            top = around[-2]
            if id(top) not in self._alone:
                self._alone[id(top)] = self._written_alone(top)
            if id(node) in self._alone[id(top)]:
                return Span(self.path, *self._alone[id(top)][id(node)])
        return self.span(node)

    @cached_property
    def _alone(self) -> dict[int, Mapping[int, Between]]:
        return {}

    def _written_alone(self, top: cst.CSTNode) -> Mapping[int, Between]:
        """The spans of what is in a statement at the top; none where its text stands elsewhere, too."""
        try:
            found = written_alone(self.module, top)
        except RecursionError:
            return {}
        text = found.text.encode("utf-8", "surrogatepass")
        at = self._seen.find(text)
        if at < 0 or self._seen.find(text, at + 1) >= 0:
            return {}
        return {node: (at + start, at + end) for node, (start, end) in found.spans.items()}

    @cached_property
    def _seen(self) -> bytes:
        """The text that was parsed."""
        return _read(self.text, self.gaps).encode("utf-8", "surrogatepass")

    def outer_span(self, node: cst.CSTNode) -> Span:
        """Where `node` stands, with the parentheses around it."""
        span = self.span(node)
        left, right = getattr(node, "lpar", ()), getattr(node, "rpar", ())
        start, end = span.start, span.end
        for paren in reversed(left):
            start = self._opened(paren.whitespace_after, start)
        for _ in right:
            closed = _CLOSED.match(self.encoded, end)
            end = closed.end() if closed is not None else end
        return Span(self.path, start, end)

    def _opened(self, space: cst.BaseParenthesizableWhitespace, start: int) -> int:
        """Where the parenthesis stands that is before `space`, which ends at `start`."""
        if not isinstance(space, cst.ParenthesizedWhitespace):
            return start - len(self.module.code_for_node(space).encode()) - 1
        for _ in (space.first_line, *space.empty_lines):
            start = _end_of_line_before(self.encoded, start)
        line = space.first_line
        comment = line.comment.value if line.comment is not None else ""
        return start - len(comment.encode("utf-8", "surrogatepass")) - len(line.whitespace.value) - 1

    def slice(self, span: Span) -> str:
        """The text of `span`."""
        return self.encoded[span.start : span.end].decode("utf-8", "surrogatepass")

    def code(self, node: cst.CSTNode) -> str:
        """The text of `node`, without the parentheses around it."""
        return self.slice(self.span(node))


def parse(path: str, text: str, left_out: Sequence[Between] = ()) -> Tree:
    """Parse the module `text`, but for the bodies and definitions at the places `left_out`. Raises
    SourceSyntaxError, and GapError where that can't be said without them.

    Whether the tree gives back the text is looked at when a place in it is asked for the first time: what
    costs a third of it all is needed of few modules.
    """
    if not left_out:
        return _parsed(path, text, NO_ELISION)
    try:
        return _parsed(path, text, ElidedRegions(text.encode("utf-8", "surrogatepass"), left_out))
    except SourceSyntaxError:  # its row would be another one
        raise NeedsFullParseError(path) from None


def _parsed(path: str, text: str, gaps: ElidedRegions) -> Tree:
    if "\0" in text:  # LibCST takes it within a literal, Python nowhere
        raise SourceSyntaxError("a NUL byte is no part of Python", text.count("\n", 0, text.index("\0")) + 1)
    reason = parse_obstacle(gaps.cut() if gaps.places else text)
    if reason is not None:
        raise SourceSyntaxError(reason, 1, "file-too-large")
    sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION))
    try:
        return numbered(path, text, cst.parse_module(_read(text, gaps)), gaps)
    except cst.ParserSyntaxError as error:
        raise SourceSyntaxError(error.message.partition(": expected one of")[0], error.raw_line) from None
    except RecursionError:
        raise SourceSyntaxError("is nested too deeply to be read", 1, "file-too-large") from None
    except (ValueError, cst.CSTValidationError) as error:
        raise SourceSyntaxError(f"can't be parsed ({type(error).__name__})", 1) from None


def _read(text: str, gaps: ElidedRegions) -> str:
    """The text that LibCST parses."""
    return without_form_feeds(gaps.blanked() if gaps.places else text)


def _end_of_line_before(text: bytes, offset: int) -> int:
    """Where the newline begins that is the last one before `offset`."""
    newline = max(text.rfind(b"\n", 0, offset), text.rfind(b"\r", 0, offset))
    return newline - 1 if text[newline - 1 : newline + 1] == b"\r\n" else newline


def numbered(path: str, text: str, module: cst.Module, gaps: ElidedRegions) -> Tree:
    """The tree of a module that is parsed, but for `gaps`."""
    nodes: list[cst.CSTNode] = []
    parents: list[int] = []
    waiting: list[cst.CSTNode] = [module]
    above = [-1]
    """By node that waits: its parent's number."""
    number = 0
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        parents.append(above.pop())
        below = children(node)
        if below:
            below.reverse()
            waiting += below
            above += [number] * len(below)
        number += 1
    sites = map(partial(tuple.__new__, Site), zip(repeat(path), range(number)))
    return Tree(path, text, module, nodes, parents, dict(zip(map(id, nodes), sites, strict=True)), gaps)
