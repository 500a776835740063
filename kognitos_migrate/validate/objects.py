"""Compares the objects of an original with those of its result, as far as code of the original sees them."""

from collections.abc import Iterator, Mapping

from kognitos_migrate.interpret.state.facts import Access, AccessKind
from kognitos_migrate.validate.contents import Contents, EntryTerm, contents_of
from kognitos_migrate.validate.differences import Differences
from kognitos_migrate.validate.effects import EffectDivergence
from kognitos_migrate.validate.spellings import Spellings
from kognitos_migrate.validate.symbolic_terms import Anchor, literal
from kognitos_migrate.validate.trace import Tracer
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.lattice import Ref

_OF_ALL_KEYS = (AccessKind.WALK, AccessKind.WHOLE)
_OF_KEYS = (AccessKind.READ, AccessKind.CONTAINS)


class ObjectComparison:
    """The comparison of the dicts that both programs create at the same place."""

    def __init__(self, before: Tracer, after: Tracer, differences: Differences, spellings: Spellings) -> None:
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
            is_respelled = any(self._spellings.is_respelling(*map(literal, pair)) for pair in pairs)
            is_excluded = self._merge_alike(present, absent) and not self._spellings.is_field(key)
            is_known = not is_respelled and (self._is_closed(absent) or is_excluded)
            return f"the entry {key!r} of a dict is {action}" if is_known else None
        if len(left) == len(right) and any(map(self._values_differ, left, right)):
            return f"the entry {key!r} of a dict has a different value"
        return None

    def _is_closed(self, contents: Contents) -> bool:
        return not contents.rest and not contents.is_open

    def _merge_alike(self, one: Contents, other: Contents) -> bool:
        """Whether the same unknown dicts are merged into two dicts."""
        terms = [[merged.term for merged in contents.rest] for contents in (one, other)]
        return not one.is_open and not other.is_open and terms[0] == terms[1]

    def _values_differ(self, before: EntryTerm, after: EntryTerm) -> bool:
        return self._differences.differ(before.term, after.term)

    def _is_observed(self, before: Ref, after: Ref, key: str) -> bool:
        """Whether an expression sees an entry of an object in both programs."""
        left, right = self._before.facts.accesses.get(before, {}), self._after.facts.accesses.get(after, {})
        for site, accesses in right.items():
            if any(self._sees(access, key) for access in accesses):
                originals = left.get(self._after.origin(site), ())
                if any(self._sees(access, key) for access in originals):
                    return True
        return False

    def _sees(self, access: Access, key: str) -> bool:
        """Whether an access reads an entry, for anything but a request of the API."""
        if access.kind in _OF_KEYS:
            return access.key in (None, key)
        return access.kind in _OF_ALL_KEYS


def _dicts(tracer: Tracer) -> Mapping[Anchor, tuple[Ref, DictObject]]:
    """The dicts of a program by the anchors of their creation."""
    return {
        tracer.anchor(heap_object.site, heap_object.frame): (Ref(number), heap_object)
        for number, heap_object in enumerate(tracer.facts.heap.objects)
        if isinstance(heap_object, DictObject)
    }
