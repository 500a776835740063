"""Finds expressions that evaluate to another object than before, if the program changes the object."""

from collections.abc import Iterator
from functools import cached_property

import libcst as cst

from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.validate.effects import EffectDivergence
from kognitos_migrate.validate.places import NEW
from kognitos_migrate.validate.trace import Tracer
from kognitos_migrate.values.heap import DictObject, SequenceObject
from kognitos_migrate.values.lattice import Ref, Value


class IdentityComparison:
    """Compares the objects that variables and attributes of both programs contain."""

    def __init__(self, before: Tracer, after: Tracer) -> None:
        self._before, self._after = before, after

    def divergences(self) -> Iterator[EffectDivergence]:
        """The reads of a variable or an attribute that get a copy in place of a shared object."""
        seen: set[Site] = set()
        for (site, frame), value in self._after.facts.values.items():
            origin = self._origin(site) if isinstance(value, Ref) else None
            if origin is None or origin in seen:
                continue
            before = self._before.value(origin, self._after.frame_origin(frame))
            if not isinstance(before, Ref) or not self._is_changed(before):
                continue
            if not isinstance(self._after.program.node(site), cst.Name | cst.Attribute):
                continue
            if self._is_copy(before, value):
                seen.add(origin)
                yield EffectDivergence(origin, "it is a copy, and the program changes the shared object")

    def _origin(self, site: Site) -> Site | None:
        origin = self._after.origin(site)
        return None if origin.path.startswith(NEW) or site in self._in_requests else origin

    def _is_copy(self, before: Ref, after: Value) -> bool:
        """Whether an object is created by code that only the result has."""
        heap_object = self._after.facts.heap[after] if isinstance(after, Ref) else None
        if type(heap_object) is not type(self._before.facts.heap[before]) or heap_object is None:
            return False
        return self._after.origin(heap_object.site).path.startswith(NEW)

    def _is_changed(self, ref: Ref) -> bool:
        """Whether code of the original writes to a dict or a list, or may do so."""
        if not isinstance(self._before.facts.heap[ref], DictObject | SequenceObject):
            return False
        accesses = self._before.facts.accesses.get(ref, {}).values()
        kinds = {access.kind for noted in accesses for access in noted}
        return not kinds.isdisjoint((AccessKind.WRITE, AccessKind.WHOLE))

    @cached_property
    def _in_requests(self) -> set[Site]:
        """The expressions in calls that send requests, and the arguments of the calls that lead to them.

        The parameters of these are compared where they are read."""
        sites: set[Site] = set()
        facts = self._after.facts
        for request in facts.requests:
            tree = self._after.program.trees[request.site.path]
            sites.update(tree.site(node) for node in tree.descendants(tree.node(request.site)))
            for call in (frame.call for frame in facts.stack(request.frame) if frame.call is not None):
                tree, node = self._after.program.trees[call.path], self._after.program.node(call)
                arguments = node.args if isinstance(node, cst.Call) else ()
                sites.update(tree.site(argument.value) for argument in arguments)
        return sites
