"""Heap objects that errors of the program contain, and what is raised."""

from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import ErrorMessage, Operand, SequenceObject
from kognitos_migrate.values.heap_store import Heap
from kognitos_migrate.values.lattice import Ref, Reply


class ErrorObjects(Struct):
    """The objects from which errors of an unknown class get their attributes and messages."""

    messages: Ref
    """The list of the errors that the program creates from tracked values: their classes and sites."""
    failures: Ref
    """The list of the replies for which a client may raise an error that contains them."""
    created: set[Operand] = field(default_factory=set)
    """The errors in `messages`."""
    failed_replies: set[Reply] = field(default_factory=set)
    """The replies in `failures`."""
    generator_results: Ref | None = None
    """The task with the join of all return values of generators."""
    retried_results: Ref | None = None
    """The task with the join of all results of retried functions."""

    @classmethod
    def in_heap(cls, heap: Heap) -> "ErrorObjects":
        """The objects of a run, in its heap."""
        return cls(heap.at(SequenceObject, Site("", 0), 0), heap.at(SequenceObject, Site("", 1), 0))

    def all_contents(self, heap: Heap) -> tuple[Ref, ...]:
        """The objects with the values that errors of the program contain."""
        created = heap.objects[self.messages.id]
        errors = created.items if isinstance(created, SequenceObject) else ()
        messages = (heap.at(ErrorMessage, error.site, error.frame) for error in errors)
        return (*messages, *filter(None, (self.generator_results, self.retried_results)))
