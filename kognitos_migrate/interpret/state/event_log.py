"""The event log: requests and uses, each recorded once."""

import sys
from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.interpret.state.classes import ClassTable
from kognitos_migrate.interpret.state.facts import (
    OF_CONTAINER,
    Access,
    AccessKind,
    CannedReply,
    Facts,
    Mutation,
    OutsideNames,
    Request,
    Use,
    UseKind,
)
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.tracked_values import (
    is_leafless,
    observed_leaves,
    texts_in,
    tracked_leaves,
)
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand, join_operands
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import Join, MemberRef, Ref, Reply, Unknown, Value

_ACCESSES = {
    UseKind.REQUEST: AccessKind.SEND,
    UseKind.TRUTH: AccessKind.TRUTH,
    UseKind.NONE: AccessKind.FLOW,
    UseKind.TYPED: AccessKind.FLOW,
}
"""Access that a use is; any other use sees all of an object."""


class EventLog:
    """The requests and uses of a run, each once, however often it is run."""

    def __init__(self, facts: Facts, classes: ClassTable, watch: Iterable[str]) -> None:
        self.watch = frozenset(watch)
        self.events = 0
        """How much was noted, known or not."""
        self.stubs = 0
        """How many of the requests are stubs."""
        self.uses: dict[Use, None] = {}
        self._facts = facts
        self._classes = classes
        self._requests: dict[tuple[Site, int], Request] = {}

    def request(self, request: Request) -> Reply:
        """Note a request; what the same call sends again is added to it."""
        self.events += 1
        key = (request.site, request.frame)
        known = self._requests.get(key)
        if known is None:
            request.id = len(self._facts.requests)
            self.stubs += request.stub is not None
            self._requests[key] = request
            self._facts.requests.append(request)
            return Reply(request.id)
        known.method = join(known.method, request.method)
        for role, values in request.given.items():
            known.given[role] = join_operands(known.given.get(role, []), values)
        known.bases = join_operands(known.bases, request.bases)
        known.holders = {**known.holders, **request.holders}
        known.session_headers = request.session_headers
        known.mounts = request.mounts
        if request.stub is not None and known.stub is not None:
            for site, canned in request.stub.replies.items():
                before = known.stub.replies.get(site, CannedReply())
                known.stub.replies[site] = CannedReply(
                    join_operands(before.json, canned.json),
                    join_operands(before.text, canned.text),
                    join_operands(before.status, canned.status),
                )
        return Reply(known.id)

    def use(
        self,
        kind: UseKind,
        value: Value,
        act: Activation,
        node: cst.CSTNode,
        operand: Site,
        other: Value | None = None,
        detail: str = "",
    ) -> None:
        """Note what is done with `value`, if it (or something in it) is tracked."""
        if not is_leafless(value):
            self.use_at(kind, value, Operand(value, act.site(node), act.frame.id), operand, other, detail)

    def use_at(
        self,
        kind: UseKind,
        value: Value,
        place: Operand,
        operand: Site,
        other: Value | None = None,
        detail: str = "",
    ) -> None:
        """Note what is done with `value` where `place` is evaluated, in any module."""
        if is_leafless(value):
            return
        if kind is not UseKind.ITERATE:  # of replies, by code that notes the access itself
            self.access(_ACCESSES.get(kind, AccessKind.WHOLE), value, operand, place.site)
        for leaf in self._leaves_used(kind, value):
            self.events += 1
            self.uses[Use(kind, leaf, place.site, place.frame, operand, other, detail)] = None

    def access(
        self, kind: AccessKind, value: Value, operand: Site, place: Site, key: str | None = None
    ) -> None:
        """Note what is done at a place with the objects that the expression at `operand` may give."""
        if type(value) is not Ref and type(value) is not Join:
            return
        for choice in alternatives(value):
            if type(choice) is Ref:
                by_site = self._facts.accesses.setdefault(choice, {})
                by_site.setdefault(operand, {})[Access(kind, place, key)] = None

    def mutation(self, value: Value, place: Site, function: str = "") -> None:
        """Note that a call of code out of sight may change a value, if values of its kind can change."""
        changing = [choice for choice in alternatives(value) if isinstance(choice, Unknown | Ref | MemberRef)]
        noted = self._facts.mutations.setdefault(place, {}) if changing else {}
        noted.update(dict.fromkeys(Mutation(choice, function) for choice in changing))

    def account(self, value: Value, operand: Site, place: Site) -> None:
        """Note that all of an object is seen at a place, unless it was noted what is done with it there."""
        if type(value) is not Ref and type(value) is not Join:
            return
        for choice in alternatives(value):
            if type(choice) is Ref:
                noted = self._facts.accesses.get(choice, {}).get(operand, ())
                if all(access.place != place for access in noted):
                    self.access(AccessKind.WHOLE, choice, operand, place)

    def name(self, act: Activation, value: Value) -> None:
        """Note the texts in `value`, which code that can't be followed is given: it may keep values under
        them."""
        if not is_leafless(value):
            self.outside(act).names.update(dict.fromkeys(texts_in(value, self._facts.heap)))

    def label(self, act: Activation, value: Value) -> None:
        """Note the texts in `value`, which such code is given together with other arguments."""
        if not is_leafless(value):
            self.outside(act).labels.update(dict.fromkeys(texts_in(value, self._facts.heap)))

    def library(self, act: Activation, name: str) -> None:
        """Note that a function of a package out of sight is called, by its qualified name."""
        package = name.partition(".")[0]
        if package != "builtins" and package not in sys.stdlib_module_names:
            self.outside(act).libraries[package] = None

    def outside(self, act: Activation) -> OutsideNames:
        """The names that the module of an activation gives to code that can't be followed."""
        return self._facts.outside.setdefault(act.tree.path, OutsideNames())

    def leaves(self, value: Value) -> Iterator[Value]:
        """The positions in replies and the watched texts that `value` holds."""
        heap = self._facts.heap if self._facts.requests else None
        return tracked_leaves(value, self.watch, heap, self._classes.replies)

    def _leaves_used(self, kind: UseKind, value: Value) -> Iterator[Value]:
        """The tracked values that a use observes: of a container, what it holds, unless the use only asks
        whether there is something, or which object it is."""
        is_seen_whole = kind not in OF_CONTAINER and (self._facts.requests or kind is UseKind.ESCAPE)
        heap = self._facts.heap if is_seen_whole else None
        return observed_leaves(value, self.watch, heap, self._classes.replies)

    def use_replies(
        self, value: Value, act: Activation, node: cst.CSTNode, operand: Site, detail: str
    ) -> None:
        """Note that what `value` holds of replies goes to code that can't be followed; words of the program's
        own may go there."""
        for leaf in self.leaves(value):
            if isinstance(leaf, Reply):
                self.use(UseKind.ESCAPE, leaf, act, node, operand, detail=detail)

    def tracked(self, value: Value) -> bool:
        """Whether uses of `value` matter."""
        return next(self.leaves(value), None) is not None
