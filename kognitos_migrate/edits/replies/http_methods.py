"""HTTP methods that a reply names, for the request that follows: tests for them, and their senders."""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.compared_values import contained_values
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import Operation
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Lit, MemberRef, Ref, Reply, Symbol, Value
from kognitos_migrate.values.texts import only_part

_ASKED = ("Equal", "NotEqual", "In", "NotIn")


class MethodTest(Struct, frozen=True):
    """A test for a method of the old version, and the method that replaces it."""

    context: PlanContext
    field: str
    old: str
    new: str

    def edits(self, use: Use) -> list[PendingEdit]:
        """Pending edits of the tests for the method. Raises RefusalError for any other use that depends on
        it."""
        if use.kind is UseKind.METHOD and use.detail in ("upper", "lower"):
            return []
        if use.kind is UseKind.KEY and list(_senders(self.context, use, self.new)):
            return []
        if use.kind is UseKind.MATCH or (use.kind is UseKind.COMPARE and use.detail in _ASKED):
            literals = [self._literal(use, value) for value in contained_values(self.context, use.other)]
            words = {lit.text.upper() for lit in literals}
            if self.new not in words:
                return [
                    self._rename_method_name(use, lit) for lit in literals if lit.text.upper() == self.old
                ]
            if self.old in words or self._follows_failed_test(use):
                return []
        raise self._method_refusal(use.site)

    def _method_refusal(self, site: Site) -> RefusalError:
        return RefusalError(site, "method", f"{self.field!r} is used here, and its value changes")

    def _literal(self, use: Use, value: Value) -> Lit:
        part = only_part(value)
        if not isinstance(part, Lit):
            raise self._method_refusal(use.site)
        return part

    def _rename_method_name(self, use: Use, literal: Lit) -> PendingEdit:
        site = literal.site
        node = self.context.node(site) if site is not None else None
        others = self.context.literal_uses.get(site, ()) if site is not None else ()
        if site is None or not isinstance(node, cst.SimpleString) or not self._is_compared_or_logged(others):
            raise self._method_refusal(use.site)
        word = self.new if literal.text.isupper() else self.new.lower()
        return PendingEdit(self.context.span(site), (string_literal(word, node.quote),))

    def _is_compared_or_logged(self, uses: Iterable[Use]) -> bool:
        """Whether a literal is only compared or logged."""
        return all(use.kind in (UseKind.COMPARE, UseKind.MATCH, UseKind.LOG) for use in uses)

    def _follows_failed_test(self, use: Use) -> bool:
        """Whether a test for the new method is reached only if a test for the old one has failed."""
        tree = self.context.tree(use.site)
        number = use.value.request if isinstance(use.value, Reply) else -1
        return any(
            self._is_for_old(other_use)
            and _is_in_else_branch(tree, tree.node(other_use.site), tree.node(use.site))
            for other_use in self.context.uses.get(number, ())
            if other_use.value == use.value
            and other_use.site.path == use.site.path
            and other_use.site != use.site
        )

    def _is_for_old(self, use: Use) -> bool:
        if use.kind is not UseKind.MATCH and use.detail != "Equal":
            return False
        return {
            self._literal(use, value).text.upper() for value in contained_values(self.context, use.other)
        } == {self.old}


def _is_in_else_branch(tree: Tree, first: cst.CSTNode, then: cst.CSTNode) -> bool:
    """Whether a test is evaluated only if another test of the same `if` or `match` has failed."""
    match tree.enclosing(first, cst.If, cst.Match):
        case cst.If(test, orelse=other):
            return test is first and any(ancestor is other for ancestor in tree.ancestors(then))
        case cst.Match() as choice:
            return choice is tree.enclosing(then, cst.Match) and tree.number(first) < tree.number(then)
    return False


def is_chosen_by_reply(context: PlanContext, match: Match, method: str) -> bool:
    """Whether the function that sends a request comes from a dict, by the method that a reply contains, and
    the dict's entry for `method` sends with that method."""
    call = context.call(match.request.site)
    if call is None:
        return False
    called = context.value(context.tree(match.request.site).site(call.func), match.request.frame)
    return any(
        _is_method_field(context, match, use)
        and set(_senders(context, use, method)) & set(alternatives(called))
        for number in match.target
        for use in context.uses.get(number, ())
        if use.kind is UseKind.KEY
    )


def _is_method_field(context: PlanContext, match: Match, use: Use) -> bool:
    """Whether a use is of the field with a request's method, in the reply that also contains the request's
    URL."""
    path = use.value.path if isinstance(use.value, Reply) else ()
    target, old = match.operation.old.target, match.operation.old
    if target is None or len(path) < 2:
        return False
    source = context.rules.operation(target.operation)
    members = (layout.reply_field(str(path[1])) for layout in (source.old, source.new))
    return any(member is not None and member.slot == old.method_slot for member in members)


def _senders(context: PlanContext, use: Use, method: str) -> Iterator[Value]:
    """The functions that send by `method` in a dict that is read by a method as key."""
    for choice in alternatives(use.other or NEVER):
        record = context.facts.heap.get(choice)
        for key in record.entries if isinstance(record, DictObject) else ():
            if isinstance(record, DictObject) and key.upper() == method and record.has_surely(key):
                yield from (
                    function
                    for function in alternatives(record.get(key))
                    if _sends_by(context, function) == method
                )


def _sends_by(context: PlanContext, function: Value) -> str | None:
    """The method with which a function of a client, or a method of its sessions, sends."""
    if isinstance(function, Symbol):
        verbs = (client.functions.get(function.name) for client in context.rules.clients)
        return next((verb.method for verb in verbs if verb is not None), None)
    if not isinstance(function, MemberRef) or not isinstance(function.receiver, Ref):
        return None
    session = context.facts.heap[function.receiver]
    client_id = session.client if isinstance(session, Instance) else None
    client = next((candidate for candidate in context.rules.clients if candidate.id == client_id), None)
    verb = client.session_methods.get(function.name) if client is not None else None
    return verb.method if verb is not None else None


def replied_method(operations: Iterable[Operation], slot: str) -> Operation | None:
    """The operation whose method another one's reply contains in a slot, if the method changes."""
    return next(
        (
            operation
            for operation in operations
            if operation.old.method_slot == slot and operation.old.method != operation.new.method
        ),
        None,
    )
