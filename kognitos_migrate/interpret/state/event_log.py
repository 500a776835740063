"""The event log: requests, uses, accesses, mutations, and names that leave the program, each recorded
once."""

import sys
from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.interpret.state.canned_replies import CannedReply
from kognitos_migrate.interpret.state.class_table import ClassTable
from kognitos_migrate.interpret.state.facts import (
    OF_CONTAINER,
    Access,
    AccessKind,
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
from kognitos_migrate.values.lattice import Join, MemberRef, Ref, Reply, Symbol, Unknown, Value

_ACCESSES = {
    UseKind.REQUEST: AccessKind.SEND,
    UseKind.TRUTH: AccessKind.TRUTH,
    UseKind.LOG: AccessKind.LOG,
    UseKind.NONE: AccessKind.FLOW,
    UseKind.TYPED: AccessKind.FLOW,
}
"""The access that a use implies; any other use observes the whole object."""


class EventLog:
    """The requests and uses of a run. Repeated evaluation of an expression adds nothing new."""

    def __init__(self, facts: Facts, classes: ClassTable, watch: Iterable[str]) -> None:
        self.watch = frozenset(watch)
        self.events = 0
        """The number of recorded events, including repetitions."""
        self.stubs = 0
        """The number of requests that belong to stubs."""
        self.uses: dict[Use, None] = {}
        self.results: dict[Use, None] = {}
        """Replies that called functions return, as escapes."""
        self._facts = facts
        self._classes = classes
        self._requests: dict[tuple[Site, int], Request] = {}

    def request(self, request: Request) -> Reply:
        """Record a request. A request of the same site and frame is joined with the recorded one."""
        self.events += 1
        key = (request.site, request.frame)
        previous = self._requests.get(key)
        if previous is None:
            request.id = len(self._facts.requests)
            self.stubs += request.stub is not None
            self._requests[key] = request
            self._facts.requests.append(request)
            return Reply(request.id)
        previous.method = join(previous.method, request.method)
        for role, values in request.operands.items():
            previous.operands[role] = join_operands(previous.operands.get(role, []), values)
        previous.bases = join_operands(previous.bases, request.bases)
        previous.holders = {**previous.holders, **request.holders}
        previous.session_headers = request.session_headers
        previous.mounts, previous.settings = request.mounts, request.settings
        previous.raises = previous.raises and request.raises
        if request.stub is not None and previous.stub is not None:
            for site, canned in request.stub.replies.items():
                earlier = previous.stub.replies.get(site, CannedReply())
                previous.stub.replies[site] = CannedReply(
                    join_operands(earlier.json, canned.json),
                    join_operands(earlier.text, canned.text),
                    join_operands(earlier.status, canned.status),
                )
        return Reply(previous.id)

    def note_use(
        self,
        kind: UseKind,
        value: Value,
        act: Activation,
        node: cst.CSTNode,
        operand: Site,
        other: Value | None = None,
        detail: str = "",
    ) -> None:
        """Record an operation on `value`, if it is tracked or contains a tracked value."""
        if not is_leafless(value):
            self.note_use_at(
                kind, value, Operand(value, act.site(node), act.frame.id), operand, other, detail
            )

    def note_use_at(
        self,
        kind: UseKind,
        value: Value,
        place: Operand,
        operand: Site,
        other: Value | None = None,
        detail: str = "",
        function: str = "",
    ) -> None:
        """Record an operation on `value`, evaluated at `place`, which may be in any module."""
        if is_leafless(value):
            return
        if kind is not UseKind.ITERATE:  # iteration records its access itself
            self.note_access(_ACCESSES.get(kind, AccessKind.WHOLE), value, operand, place.site)
        for leaf in self._observed_leaves(kind, value):
            self.events += 1
            self.uses[Use(kind, leaf, place.site, place.frame, operand, other, detail, function)] = None

    def note_access(
        self, kind: AccessKind, value: Value, operand: Site, place: Site, key: str | None = None
    ) -> None:
        """Record an access at `place` to the objects that the expression at `operand` may yield."""
        if type(value) is not Ref and type(value) is not Join:
            return
        for choice in alternatives(value):
            if type(choice) is Ref:
                by_site = self._facts.accesses.setdefault(choice, {})
                by_site.setdefault(operand, {})[Access(kind, place, key)] = None

    def note_mutation(self, value: Value, place: Site, function: str = "") -> None:
        """Record that a call of unanalysed code may change a value, if values of its kind are mutable."""
        kinds = (Unknown, Ref, MemberRef, Symbol)
        changing = [choice for choice in alternatives(value) if isinstance(choice, kinds)]
        mutations = self._facts.mutations.setdefault(place, {}) if changing else {}
        mutations.update(dict.fromkeys(Mutation(choice, function) for choice in changing))

    def note_whole_access(self, value: Value, operand: Site, place: Site) -> None:
        """Record that all of an object is observed at a place, unless a specific access is recorded there."""
        if type(value) is not Ref and type(value) is not Join:
            return
        for choice in alternatives(value):
            if type(choice) is Ref:
                accesses = self._facts.accesses.get(choice, {}).get(operand, ())
                if all(access.place != place for access in accesses):
                    self.note_access(AccessKind.WHOLE, choice, operand, place)

    def note_texts_passed(self, act: Activation, value: Value) -> None:
        """Record the texts in `value`, which is passed to unanalysed code that may store values under
        them."""
        if not is_leafless(value):
            self.outside_names(act).names.update(dict.fromkeys(texts_in(value, self._facts.heap)))

    def note_texts_passed_together(self, act: Activation, value: Value) -> None:
        """Record the texts in `value`, which is passed to unanalysed code together with other arguments."""
        if not is_leafless(value):
            self.outside_names(act).labels.update(dict.fromkeys(texts_in(value, self._facts.heap)))

    def note_library(self, act: Activation, name: str) -> None:
        """Record a call of a package outside of the program and the standard library. `name` is the
        function's qualified name."""
        package = name.partition(".")[0]
        if package != "builtins" and package not in sys.stdlib_module_names:
            self.outside_names(act).libraries[package] = None

    def outside_names(self, act: Activation) -> OutsideNames:
        """The names that the module of an activation passes to code that isn't analysed."""
        return self._facts.outside.setdefault(act.tree.path, OutsideNames())

    def tracked_leaves(self, value: Value) -> Iterator[Value]:
        """The positions in replies and the watched texts that `value` contains."""
        heap = self._facts.heap if self._facts.requests else None
        return tracked_leaves(value, self.watch, heap, self._classes.replies)

    def _observed_leaves(self, kind: UseKind, value: Value) -> Iterator[Value]:
        """The tracked values that a use observes. The contents of a container count unless the use only tests
        its presence or identity."""
        heap = self._facts.heap if kind not in OF_CONTAINER else None
        return observed_leaves(value, self.watch, heap, self._classes.replies)

    def note_replies_returned(self, result: Operand, act: Activation, node: cst.CSTNode, detail: str) -> None:
        """Record the replies in `result`, which a called function returns or yields."""
        for leaf in self.tracked_leaves(result.value):
            if isinstance(leaf, Reply):
                self.events += 1
                use = Use(UseKind.ESCAPE, leaf, act.site(node), act.frame.id, result.site, detail=detail)
                self.results[use] = None

    def note_replies_escaped(
        self, value: Value, act: Activation, node: cst.CSTNode, operand: Site, detail: str
    ) -> None:
        """Record that the replies in `value` escape. Watched words of the program may escape, so they are not
        recorded."""
        for leaf in self.tracked_leaves(value):
            if isinstance(leaf, Reply):
                self.note_use(UseKind.ESCAPE, leaf, act, node, operand, detail=detail)

    def is_tracked(self, value: Value) -> bool:
        """Whether a value is tracked or contains a tracked value."""
        return next(self.tracked_leaves(value), None) is not None
