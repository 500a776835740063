"""Tests of the HTTP method that a reply says: the old one is the new one now."""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.literal import quoted
from kognitos_migrate.edits.replies.met import compared
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.interpret.state.events import Use, UseKind
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Operation
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import NEVER, Lit, Member, Ref, Reply, Symbol, Text, Value
from kognitos_migrate.values.heap import Instance, Record
from kognitos_migrate.values.join import alternatives

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
        if use.kind is UseKind.KEY and list(_senders(self.scene, use, self.new)):
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
        return Draft(self.scene.span(site), (quoted(word, node.quote),))

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


def is_chosen_by_reply(scene: Scene, match: Match, method: str) -> bool:
    """Whether the function that sends a request is an entry of a dict, which a reply chooses by the method
    that it says, and sends by `method` where that is the one."""
    call = scene.node(match.request.site)
    if not isinstance(call, cst.Call):
        return False
    called = scene.value(scene.tree(match.request.site).site(call.func), match.request.frame)
    return any(
        _says_method(scene, match, use) and set(_senders(scene, use, method)) & set(alternatives(called))
        for number in match.target
        for use in scene.uses.get(number, ())
        if use.kind is UseKind.KEY
    )


def _says_method(scene: Scene, match: Match, use: Use) -> bool:
    """Whether what is used is the method of a request, as the reply says it that says the URL."""
    path = use.value.path if isinstance(use.value, Reply) else ()
    target, old = match.operation.old.target, match.operation.old
    if target is None or len(path) < 2:
        return False
    source = scene.rules.operation(target.operation)
    members = (layout.reply_slot(str(path[1])) for layout in (source.old, source.new))
    return any(member is not None and member.slot == old.method_slot for member in members)


def _senders(scene: Scene, use: Use, method: str) -> Iterator[Value]:
    """What a dict, whose key a method is, surely has for `method`, where it sends by that."""
    for choice in alternatives(use.other or NEVER):
        record = scene.facts.heap[choice] if isinstance(choice, Ref) else None
        for key in record.entries if isinstance(record, Record) else ():
            if isinstance(record, Record) and key.upper() == method and record.has_surely(key):
                yield from (one for one in alternatives(record.get(key)) if _sends_by(scene, one) == method)


def _sends_by(scene: Scene, function: Value) -> str | None:
    """The method by which a function of a client sends, or a method of its sessions."""
    if isinstance(function, Symbol):
        verbs = (client.functions.get(function.name) for client in scene.rules.clients)
        return next((verb.method for verb in verbs if verb is not None), None)
    if not isinstance(function, Member) or not isinstance(function.receiver, Ref):
        return None
    session = scene.facts.heap[function.receiver]
    held = session.client if isinstance(session, Instance) else None
    client = next((one for one in scene.rules.clients if one.id == held), None)
    verb = client.session_methods.get(function.name) if client is not None else None
    return verb.method if verb is not None else None


def method_of(operations: Iterable[Operation], slot: str) -> Operation | None:
    """The operation whose method another one's reply says in a slot, where it is another one then."""
    return next(
        (one for one in operations if one.old.method_slot == slot and one.old.method != one.new.method), None
    )
