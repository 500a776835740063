"""Compares the heap objects of an original with those of its result: their identity and content."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import libcst as cst

from kognitos_migrate.interpret.state.facts import Access, AccessKind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.validate.copies_in_arguments import CopiesInArguments
from kognitos_migrate.validate.dict_contents import Contents, EntryTerm, contents_of
from kognitos_migrate.validate.differences import Differences
from kognitos_migrate.validate.effect_comparison import EffectDivergence
from kognitos_migrate.validate.encoded_entries import decoded_text
from kognitos_migrate.validate.places import NEW
from kognitos_migrate.validate.spellings import Spellings
from kognitos_migrate.validate.symbolic_terms import Anchor, literal_term
from kognitos_migrate.validate.term_builder import TermBuilder
from kognitos_migrate.values.heap import DictObject, HeapObject, SequenceObject
from kognitos_migrate.values.lattice import Ref, Value

_OF_ALL_KEYS = (AccessKind.WALK, AccessKind.WHOLE)
_OF_KEYS = (AccessKind.READ, AccessKind.CONTAINS)


class DictComparison:
    """The comparison of the dicts that both programs create at the same place."""

    def __init__(
        self, before: TermBuilder, after: TermBuilder, differences: Differences, spellings: Spellings
    ) -> None:
        """Prepare the comparison of two programs."""
        self._before, self._after = before, after
        self._differences, self._spellings = differences, spellings

    def divergences(self) -> Iterator[EffectDivergence]:
        """The places that create dicts whose entries differ, if code of the original sees that.

        Dicts of tests are left out.
        """
        counterparts = _dicts(self._after)
        for anchor, (original_ref, original) in _dicts(self._before).items():
            if anchor not in counterparts or original.site.path in self._before.facts.tests:
                continue
            ref, record = counterparts[anchor]
            before, after = contents_of(self._before, [original]), contents_of(self._after, [record])
            for key in dict.fromkeys((*before.entries, *after.entries)):
                difference = self._difference(before, after, key)
                if difference and self._is_observed(original_ref, ref, key):
                    yield EffectDivergence(original.site, difference)

    def _difference(self, before: Contents, after: Contents, key: str) -> str | None:
        """How an entry differs. None if it is the same, as far as that is known."""
        left, right = before.entries.get(key, []), after.entries.get(key, [])
        if not left or not right:
            present, absent, action = (before, after, "omitted") if left else (after, before, "added")
            pairs = [(key, other) if left else (other, key) for other in absent.entries]
            is_respelled = any(self._spellings.is_respelling(*map(literal_term, pair)) for pair in pairs)
            is_excluded = self._have_equal_merges(present, absent) and not self._spellings.is_field(key)
            is_known = not is_respelled and (self._is_closed(absent) or is_excluded)
            return f"the entry {key!r} of a dict is {action}" if is_known else None
        if len(left) == len(right) and any(map(self._values_differ, left, right)):
            return f"the entry {key!r} of a dict has a different value"
        return None

    def _is_closed(self, contents: Contents) -> bool:
        return not contents.rest and not contents.is_open

    def _have_equal_merges(self, one: Contents, other: Contents) -> bool:
        """Whether the same unknown dicts are merged into two dicts."""
        terms = [[merged.term for merged in contents.rest] for contents in (one, other)]
        return not one.is_open and not other.is_open and terms[0] == terms[1]

    def _values_differ(self, before: EntryTerm, after: EntryTerm) -> bool:
        return self._differences.differ(before.term, after.term)

    def _is_observed(self, before: Ref, after: Ref, key: str) -> bool:
        """Whether an expression sees an entry of an object in both programs."""
        left, right = self._before.facts.accesses.get(before, {}), self._after.facts.accesses.get(after, {})
        for site, accesses in right.items():
            if any(self._reads_entry(access, key) for access in accesses):
                originals = left.get(self._after.origin(site), ())
                if any(self._reads_entry(access, key) for access in originals):
                    return True
        return False

    def _reads_entry(self, access: Access, key: str) -> bool:
        """Whether an access reads an entry, for anything but a request of the API."""
        if access.kind in _OF_KEYS:
            return access.key in (None, key)
        return access.kind in _OF_ALL_KEYS


def _dicts(builder: TermBuilder) -> Mapping[Anchor, tuple[Ref, DictObject]]:
    """The dicts of a program by the anchors of their creation."""
    return {
        builder.anchor(heap_object.site, heap_object.frame): (Ref(number), heap_object)
        for number, heap_object in enumerate(builder.facts.heap.objects)
        if isinstance(heap_object, DictObject)
    }


class IdentityComparison:
    """Compares the objects that variables and attributes of both programs contain."""

    def __init__(self, before: TermBuilder, after: TermBuilder) -> None:
        self._before, self._after = before, after
        self._passed = CopiesInArguments(before, after)

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
            if decoded_text(self._before.term_at(origin, self._after.frame_origin(frame))) is not None:
                continue  # a decoded text is a copy in the original, too
            copy = self._copy_of(before, value)
            if copy is not None and not self._passed.is_like_original(before, copy, site, frame):
                seen.add(origin)
                yield EffectDivergence(origin, "it is a copy, and the program changes the shared object")

    def _origin(self, site: Site) -> Site | None:
        origin = self._after.origin(site)
        return None if origin.path.startswith(NEW) or site in self._in_requests else origin

    def _copy_of(self, before: Ref, after: Value) -> HeapObject | None:
        """The object of the result, if code creates it that only the result has. None for any other."""
        heap_object = self._after.facts.heap.get(after)
        if type(heap_object) is not type(self._before.facts.heap[before]) or heap_object is None:
            return None
        return heap_object if self._after.origin(heap_object.site).path.startswith(NEW) else None

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
