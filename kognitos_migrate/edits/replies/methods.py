"""Tests of the HTTP method that a reply says: the old one is the new one now."""

from collections.abc import Iterable

import libcst as cst

from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.replies.met import compared
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.interpret.events import Use, UseKind
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Operation
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import Lit, Reply, Text

_ASKED = ("Equal", "NotEqual", "In", "NotIn")


class Tested(Struct, frozen=True):
    """A method of the old version that a program tests for, and the one that takes its place."""

    scene: Scene
    field: str
    old: str
    new: str

    def drafts(self, use: Use) -> list[Draft]:
        """The drafts where the method is tested. Raises Refused."""
        if use.kind is UseKind.METHOD and use.detail in ("upper", "lower"):
            return []
        if use.kind is UseKind.MATCH or (use.kind is UseKind.COMPARE and use.detail in _ASKED):
            literals = [self._literal(use, value) for value in compared(self.scene, use.other)]
            said = {one.text.upper() for one in literals}
            if self.new not in said:
                return [self._renamed(use, one) for one in literals if one.text.upper() == self.old]
            if self.old in said or self._is_behind(use):
                return []
        raise self._refused(use.site)

    def _refused(self, site: Site) -> Refused:
        return Refused(site, "method", f"{self.field!r} is looked at here, and it will be another one")

    def _literal(self, use: Use, value: object) -> Lit:
        part = value.parts[0] if isinstance(value, Text) and len(value.parts) == 1 else None
        if not isinstance(part, Lit):
            raise self._refused(use.site)
        return part

    def _renamed(self, use: Use, literal: Lit) -> Draft:
        site = literal.site
        node = self.scene.node(site) if site is not None else None
        others = self.scene.literal_uses.get(site, ()) if site is not None else ()
        if site is None or not isinstance(node, cst.SimpleString) or not self._is_own(others):
            raise self._refused(use.site)
        word = self.new if literal.text.isupper() else self.new.lower()
        return Draft(self.scene.span(site), (f"{node.quote}{word}{node.quote}",))

    def _is_own(self, uses: Iterable[Use]) -> bool:
        """Whether a literal is only compared."""
        return all(use.kind in (UseKind.COMPARE, UseKind.MATCH, UseKind.LOG) for use in uses)

    def _is_behind(self, use: Use) -> bool:
        """Whether it is tested for the new method only where it is not the old one."""
        tree = self.scene.tree(use.site)
        number = use.value.request if isinstance(use.value, Reply) else -1
        return any(
            self._is_for_old(one) and _is_else(tree, tree.node(one.site), tree.node(use.site))
            for one in self.scene.uses.get(number, ())
            if one.value == use.value and one.site.path == use.site.path and one.site != use.site
        )

    def _is_for_old(self, use: Use) -> bool:
        if use.kind is not UseKind.MATCH and use.detail != "Equal":
            return False
        return {self._literal(use, one).text.upper() for one in compared(self.scene, use.other)} == {self.old}


def _is_else(tree: Tree, first: cst.CSTNode, then: cst.CSTNode) -> bool:
    """Whether a test is made only where one of the same `if` or `match` has failed before."""
    choice = tree.enclosing(first, cst.If, cst.Match)
    if isinstance(choice, cst.If):
        return choice.test is first and any(above is choice.orelse for above in tree.ancestors(then))
    return (
        choice is not None
        and choice is tree.enclosing(then, cst.Match)
        and tree.number(first) < tree.number(then)
    )


def method_of(operations: Iterable[Operation], slot: str) -> Operation | None:
    """The operation whose method another one's reply says in a slot, where it is another one then."""
    return next(
        (one for one in operations if one.old.method_slot == slot and one.old.method != one.new.method), None
    )
