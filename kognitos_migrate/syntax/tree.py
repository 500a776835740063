"""A parsed module: a LibCST tree with a number, a parent and a span for each node.

Values and events name a node by its `Site` instead of referring to it, so that they stay plain data.
"""

import ast
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import repeat
from typing import Any, NamedTuple, TypeVar, cast

import libcst as cst

from kognitos_migrate.modules.elision import Between
from kognitos_migrate.modules.module_effects import Function
from kognitos_migrate.modules.top_level import has_respelled_names
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.elided_regions import ElidedRegions, NeedsFullParseError
from kognitos_migrate.syntax.fast_node_classes import speed_up_node_classes
from kognitos_migrate.syntax.identifiers import mangle, normalize
from kognitos_migrate.syntax.node_positions import (
    RenderedModule,
    children,
    render_module,
    statement_spans,
    with_parentheses,
)
from kognitos_migrate.syntax.parser_input import (
    UnfaithfulError,
    without_form_feeds,
)

speed_up_node_classes()

Node = TypeVar("Node", bound=cst.CSTNode)
Computed = TypeVar("Computed")

TOOL = "kognitos-migrate"
"""A word that every comment for this tool contains."""
RECURSION = 8_000
"""The recursion limit for visiting a tree."""


class Site(NamedTuple):
    """A node of a parsed module: the file's path and the node's number in it."""

    path: str
    node: int


class Tree(Struct, eq=False, dict=True):
    """The syntax of one module. `nodes` are in source order, parents before children, without whitespace.

    `parents` has the number of each node's parent, and -1 for the module.
    """

    path: str
    text: str
    module: cst.Module
    nodes: list[cst.CSTNode]
    parents: list[int]
    sites: Mapping[int, Site]
    """The sites of the nodes by `id`. Hashing a node calls a Python function, as does `site`."""
    gaps: ElidedRegions
    """The regions of the text that are not parsed."""

    def site(self, node: cst.CSTNode) -> Site:
        """The site of `node`."""
        return self.sites[id(node)]

    def number(self, node: cst.CSTNode) -> int:
        """The index of `node` in `nodes`."""
        return self.sites[id(node)].node

    def of_kind(self, *kinds: type[Node]) -> list[Node]:
        """The nodes whose type is exactly one of `kinds`, in source order."""
        if kinds not in self._of_kinds:
            numbers = sorted(number for kind in kinds for number in self._numbers.get(kind, ()))
            self._of_kinds[kinds] = [self.nodes[number] for number in numbers]
        return self._of_kinds[kinds]

    @cached_property
    def _of_kinds(self) -> dict[tuple[type[cst.CSTNode], ...], list[Any]]:
        return {}

    @cached_property
    def lower_case_text(self) -> str:
        """The text in lower case without the name of this tool, whose comments aren't part of the program."""
        return self.text.lower().replace(TOOL, "")

    @cached_property
    def _numbers(self) -> Mapping[type[cst.CSTNode], list[int]]:
        """The numbers of the nodes by type, in ascending order."""
        numbers: defaultdict[type[cst.CSTNode], list[int]] = defaultdict(list)
        for number, kind in enumerate(map(type, self.nodes)):
            numbers[kind].append(number)
        return dict(numbers)

    def names_spelled(self, name: str) -> Sequence[cst.Name]:
        """The `Name` nodes with this name, in source order, including attributes and keywords."""
        return self.names.get(name, ())

    @cached_property
    def names(self) -> Mapping[str, Sequence[cst.Name]]:
        """The `Name` nodes by name."""
        nodes: defaultdict[str, list[cst.Name]] = defaultdict(list)
        for node in self.of_kind(cst.Name):
            nodes[node.value].append(node)
        return nodes

    def node(self, site: Site) -> cst.CSTNode:
        """The node at `site`."""
        return self.nodes[site.node]

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The parent of `node`; None for the module."""
        number = self.parents[self.sites[id(node)].node]
        return None if number < 0 else self.nodes[number]

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The ancestors of `node`, innermost first."""
        number = self.parents[self.sites[id(node)].node]
        while number >= 0:
            yield self.nodes[number]
            number = self.parents[number]

    def enclosing(self, node: cst.CSTNode, *kinds: type[Node]) -> Node | None:
        """The innermost ancestor of `node` whose type is exactly one of `kinds`; None if there is none."""
        number = self.parents[self.sites[id(node)].node]
        while number >= 0:
            ancestor = self.nodes[number]
            if type(ancestor) in kinds:
                return cast(Node, ancestor)
            number = self.parents[number]
        return None

    def descendants_of_kind(self, node: cst.CSTNode, kind: type[Node]) -> Iterator[Node]:
        """The nodes in `node`, itself included, whose type is exactly `kind`, in source order.

        Raises NeedsFullParseError if a part of `node` is elided.
        """
        self.require(node)
        first = self.sites[id(node)].node
        numbers = self._numbers.get(kind, ())
        start = bisect_left(numbers, first)
        return iter(self.of_kind(kind)[start : bisect_left(numbers, self._ends[first], start)])

    def end(self, node: cst.CSTNode) -> int:
        """The number behind that of the last descendant of `node`."""
        return self._ends[self.sites[id(node)].node]

    @cached_property
    def _ends(self) -> list[int]:
        """The number behind each node's last descendant."""
        ends = list(range(1, len(self.nodes) + 1))
        parents = self.parents
        for number in range(len(self.nodes) - 1, 0, -1):
            if ends[number] > ends[parents[number]]:
                ends[parents[number]] = ends[number]
        return ends

    def subtree(self, number: int) -> list[cst.CSTNode]:
        """A node and its descendants, in source order."""
        return self.nodes[number : self._ends[number]]

    def inner_parents(self, number: int, new_number: int) -> list[int]:
        """The numbers of the parents of a node's descendants, if the node had another number."""
        shift = new_number - number
        return [parent + shift for parent in self.parents[number + 1 : self._ends[number]]]

    def children(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        """The child nodes of `node`, in source order."""
        nodes, ends = self.nodes, self._ends
        number = self.sites[id(node)].node
        end = ends[number]
        number += 1
        child_nodes: list[cst.CSTNode] = []
        while number < end:
            child_nodes.append(nodes[number])
            number = ends[number]
        return child_nodes

    def descendants(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The node and its descendants, in source order.

        Raises NeedsFullParseError if a part of `node` is elided.
        """
        self.require(node)
        first = self.sites[id(node)].node
        yield from self.nodes[first : self._ends[first]]

    def require(self, node: cst.CSTNode) -> None:
        """Raise NeedsFullParseError if a part of `node` is elided."""
        if self.gaps.places:
            first = self.sites[id(node)].node
            at = bisect_left(self._elided_numbers, first)
            inner = self._elided_numbers[at] if at < len(self._elided_numbers) else -1
            while inner > first:
                inner = self.parents[inner]
            if inner == first:
                raise NeedsFullParseError(self.path)

    def is_elided(self, node: cst.CSTNode) -> bool:
        """Whether a function or class is elided, whole or without its body."""
        if not self.gaps.places:
            return False
        number = self.number(node)
        at = bisect_left(self._elided_numbers, number)
        return self._elided_numbers[at : at + 1] == [number]

    def elided_syntax(self, function: cst.FunctionDef) -> Sequence[ast.AST]:
        """Python's own syntax nodes of an elided function body.

        Raises NeedsFullParseError if Python can't parse it.
        """
        nodes = self.gaps.syntax_of(self._elided_numbers.index(self.number(function)))
        if nodes is None:
            raise NeedsFullParseError(self.path)
        return nodes

    def unparsed_functions(self, name: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Python's own syntax nodes of the functions called `name` in elided code.

        Raises NeedsFullParseError if Python can't parse that code.
        """
        if name not in self.gaps.words:
            return []
        if self.gaps.syntax is None:
            raise NeedsFullParseError(self.path)
        return [node for node in self.gaps.syntax if isinstance(node, Function) and node.name == name]

    @cached_property
    def _elided_numbers(self) -> list[int]:
        """The numbers of elided functions and classes, in order."""
        definitions = self.gaps.elided_among(self.of_kind(cst.FunctionDef, cst.ClassDef))
        if len(definitions) < len(self.gaps.places):
            raise NeedsFullParseError(self.path)
        return list(map(self.number, definitions))

    def memoize(self, compute: Callable[["Tree"], Computed]) -> Computed:
        """The result of `compute` for this tree, which is computed once."""
        if compute not in self._memo:
            self._memo[compute] = compute(self)
        return self._memo[compute]  # type: ignore[no-any-return]

    @cached_property
    def _memo(self) -> dict[Callable[["Tree"], Any], Any]:
        return {}

    def forget(self) -> None:
        """Drop what was computed from the tree. Most of it refers to the tree, and objects that refer to each
        other are only freed by the garbage collector, which takes long to find them."""
        self.__dict__.clear()

    @cached_property
    def imports(self) -> Sequence[tuple[cst.SimpleStatementLine, cst.Import | cst.ImportFrom]]:
        """The top-level imports of the module, each with its line."""
        lines = (line for line in self.module.body if isinstance(line, cst.SimpleStatementLine))
        return [
            (line, small)
            for line in lines
            for small in line.body
            if isinstance(small, cst.Import | cst.ImportFrom)
        ]

    @cached_property
    def plain_texts(self) -> frozenset[str]:
        """The texts between the quotes of string literals, escape sequences included."""
        return frozenset(node.raw_value for node in self.of_kind(cst.SimpleString))

    @cached_property
    def utf8_text(self) -> bytes:
        """The text in UTF-8. Spans are offsets into it."""
        return self.text.encode("utf-8", "surrogatepass")

    @cached_property
    def rendering(self) -> RenderedModule:
        """The text that the tree writes, with spans. Raises UnfaithfulError if it isn't the parsed text."""
        try:
            rendered = render_module(self.module)
        except RecursionError:
            raise UnfaithfulError(self.path, "is nested too deeply to be read", "file-too-large") from None
        if rendered.text != parser_text(self.text, self.gaps):
            raise UnfaithfulError(self.path)
        return rendered

    def span(self, node: cst.CSTNode) -> Span:
        """The span of `node` without enclosing parentheses. Raises UnfaithfulError."""
        start, end = self.rendering.spans[id(node)]
        return Span(self.path, start, end)

    def place(self, node: cst.CSTNode) -> Span:
        """The span of `node`, as from `span`, for callers that need few spans of a module.

        Usually only the top-level statement around the node is rendered, instead of the module.
        """
        number = self.number(node)
        return Span(self.path, *self.places((number,))[number])

    def places(self, numbers: Iterable[int]) -> dict[int, Between]:
        """The places of nodes, as from `place`, by their numbers, which must be in ascending order."""
        places: dict[int, Between] = {}
        spans: Mapping[int, Between] = {}
        end = 1  # the module is no part of a statement
        for number in numbers:
            if number >= end and "rendering" not in self.__dict__:
                top = number
                while self.parents[top] > 0:
                    top = self.parents[top]
                end = self._ends[top]
                if top not in self._spans_by_statement:
                    spans = statement_spans(self.module, self.nodes[top], self._parsed_text)
                    self._spans_by_statement[top] = spans
                spans = self._spans_by_statement[top]
            key = id(self.nodes[number])
            places[number] = spans[key] if key in spans else self.rendering.spans[key]
        return places

    @cached_property
    def _spans_by_statement(self) -> dict[int, Mapping[int, Between]]:
        return {}

    @cached_property
    def _parsed_text(self) -> bytes:
        """The parsed text in UTF-8."""
        return parser_text(self.text, self.gaps).encode("utf-8", "surrogatepass")

    def outer_span(self, node: cst.CSTNode) -> Span:
        """The span of `node` with its enclosing parentheses."""
        span = self.span(node)
        return Span(self.path, *with_parentheses(self.module, self.utf8_text, node, (span.start, span.end)))

    def slice(self, span: Span) -> str:
        """The text of `span`."""
        return self.utf8_text[span.start : span.end].decode("utf-8", "surrogatepass")

    def code(self, node: cst.CSTNode) -> str:
        """The text of `node` without enclosing parentheses."""
        return self.slice(self.span(node))


def parser_text(text: str, gaps: ElidedRegions) -> str:
    """The text that LibCST parses."""
    return without_form_feeds(gaps.blank_text() if gaps.places else text)


def number_nodes(
    path: str, text: str, module: cst.Module, gaps: ElidedRegions, before: Tree | None = None
) -> Tree:
    """The tree of a module that is parsed except for `gaps`. Nodes of `before` are numbered with all that is
    in them, without a walk."""
    nodes: list[cst.CSTNode] = []
    parents: list[int] = []
    stack: list[cst.CSTNode] = [module]
    parent_numbers = [-1]
    """By node that waits: its parent's number."""
    kept = before.sites if before is not None else {}
    while stack:
        node, number = stack.pop(), len(nodes)
        parents.append(parent_numbers.pop())
        if before is not None and (site := kept.get(id(node))) is not None:
            nodes += before.subtree(site.node)
            parents += before.inner_parents(site.node, number)
            continue
        nodes.append(node)
        node_children = children(node)
        if node_children:
            node_children.reverse()
            stack += node_children
            parent_numbers += [number] * len(node_children)
    if has_respelled_names(text.encode("utf-8", "surrogatepass")):
        normalize(nodes)
        mangle(nodes, parents)
    sites = map(partial(tuple.__new__, Site), zip(repeat(path), range(len(nodes))))
    return Tree(path, text, module, nodes, parents, dict(zip(map(id, nodes), sites, strict=True)), gaps)
