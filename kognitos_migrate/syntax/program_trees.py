"""The trees of a program by path, and the node, span and source at a site."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

import libcst as cst

from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site, Tree

Program = TypeVar("Program", bound="ProgramTrees")
Computed = TypeVar("Computed")


class ProgramTrees(Struct, eq=False, dict=True):
    """The parsed modules of a program."""

    trees: Mapping[str, Tree]

    def tree(self, site: Site) -> Tree:
        """The tree of a site's file."""
        return self.trees[site.path]

    def node(self, site: Site) -> cst.CSTNode:
        """The node at a site."""
        return self.trees[site.path].node(site)

    def expression(self, site: Site) -> cst.BaseExpression:
        """The node at the site of an expression."""
        node = self.node(site)
        assert isinstance(node, cst.BaseExpression)
        return node

    def call(self, site: Site) -> cst.Call | None:
        """The call at a site; None for any other node."""
        node = self.node(site)
        return node if isinstance(node, cst.Call) else None

    def span(self, site: Site) -> Span:
        """The span of a site, without parentheses around it."""
        tree = self.trees[site.path]
        return tree.span(tree.node(site))

    def outer_span(self, site: Site) -> Span:
        """The span of a site, with its parentheses."""
        tree = self.trees[site.path]
        return tree.outer_span(tree.node(site))

    def code(self, site: Site) -> str:
        """The source of a site."""
        return self.trees[site.path].slice(self.outer_span(site))

    def place(self, site: Site) -> str:
        """The file and the row of a site, for a message: `app/jobs.py:42`."""
        row = self.trees[site.path].utf8_text[: self.span(site).start].count(b"\n") + 1
        return f"{site.path}:{row}"

    def is_inside(self, site: Site, outer: Site) -> bool:
        """Whether an expression is a part of another one, or the same."""
        return self.span(outer).contains(self.span(site))

    def memoize(self: Program, compute: Callable[[Program], Computed]) -> Computed:
        """The result of a function for this program. The function runs once."""
        if compute not in self._memo:
            self._memo[compute] = compute(self)
        return self._memo[compute]  # type: ignore[no-any-return]

    def forget(self) -> None:
        """Drop what was computed from the program and its trees, so that they are freed with the last
        reference to them."""
        self.__dict__.clear()
        for tree in self.trees.values():
            tree.forget()

    @cached_property
    def _memo(self) -> dict[Callable[[Any], Any], Any]:
        return {}
