"""Things on the heap keep all that was ever put into them."""

from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.heap_store import Heap
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NEVER, Const, Join, Ref

A, B, C = Site("a.py", 1), Site("a.py", 2), Site("a.py", 3)
ONE, TWO = Const(1), Const(2)


def entry(value: Const, holder: Site, frame: int = 0) -> DictEntry:
    return DictEntry(Operand(value, holder, frame), holder, None, False)


def test_one_thing_for_a_site_in_a_frame() -> None:
    heap = Heap()
    first = heap.new(DictObject(A, 0))
    assert heap.new(DictObject(A, 0)) == first == Ref(0)
    assert heap.new(DictObject(A, 1)) != first
    assert heap.new(DictObject(B, 0)) != first
    assert isinstance(heap[first], DictObject)


def test_two_kinds_at_one_site_are_two_things() -> None:
    heap = Heap()
    assert heap.new(DictObject(A, 0)) != heap.new(SequenceObject(A, 0))


def test_what_was_put_into_a_thing_is_there_when_it_is_made_again() -> None:
    heap = Heap()
    record = heap[heap.new(DictObject(A, 0))]
    assert isinstance(record, DictObject)
    record.put("k", entry(ONE, B))
    assert heap[heap.new(DictObject(A, 0))] is record


def test_a_record_gives_all_that_a_key_was_set_to() -> None:
    record = DictObject(A, 0)
    assert record.get("k") == NEVER
    record.put("k", entry(ONE, B))
    record.put("k", entry(TWO, C))
    assert record.get("k") == Join((ONE, TWO))


def test_the_same_place_sets_a_key_anew() -> None:
    record = DictObject(A, 0)
    record.put("k", entry(ONE, B))
    record.put("k", entry(TWO, B))
    assert record.get("k") == TWO
    record.put("k", entry(ONE, B, frame=1))
    assert record.get("k") == Join((TWO, ONE))


def test_an_element_of_a_sequence_is_any_of_them() -> None:
    assert SequenceObject(A, 0).element() == NEVER
    assert SequenceObject(A, 0, [Operand(ONE, B, 0)], rest=TWO).element() == Join((TWO, ONE))


def test_an_instance_keeps_every_value_of_an_attribute_and_its_origin() -> None:
    instance = Instance(A, 0, None)
    instance.put("x", Operand(ONE, B, 0))
    instance.put("x", Operand(TWO, C, 0))
    instance.put("x", Operand(TWO, C, 0))
    assert instance.attributes["x"] == Join((ONE, TWO))
    assert [given.site for given in instance.origins["x"]] == [B, C]


def test_an_entry_that_is_removed_and_stored_behind_an_exit_is_sure_behind_it_only() -> None:
    record, region = DictObject(A, 0), (0, -1)
    record.put("k", entry(ONE, B))
    record.note_removal("k", B)
    assert not record.has_surely("k", [region])
    record.put("k", replace(entry(TWO, C), within=frozenset([region])))
    assert record.has_surely("k", [region])
    assert not record.has_surely("k")
    record.put("k", entry(ONE, Site("a.py", 4)))
    assert record.has_surely("k")


def test_a_list_that_contains_itself_is_flattened_once() -> None:
    heap = Heap()
    ref = heap.new(SequenceObject(A, 0))
    inner = heap.new(SequenceObject(B, 0))
    for sequence, content in ((heap[ref], inner), (heap[inner], join(ref, TWO))):
        assert isinstance(sequence, SequenceObject)
        sequence.add(content)
    assert [*heap.flat_alternatives(join(ONE, ref))] == [ONE, TWO]
