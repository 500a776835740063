"""Results of tests' doubles of the program's own functions, which have fields of replies in them.

    monkeypatch.setattr(app, "status", lambda run: Status("done", "{}"))

The program observes such a result as that of the function, so it changes as the function's result does.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.adapted_replies import AdaptedReplies
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.canned_responses import CannedReplyRewrite
from kognitos_migrate.interpret.state.canned_replies import Replacement
from kognitos_migrate.rulebook.model import Encoding, LayoutMember, Operation, View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import is_generator, returned_expressions, yielded_expressions
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import (
    HeapObject,
    Instance,
    Iterated,
    Operand,
    SequenceObject,
    ServiceDouble,
    Task,
)
from kognitos_migrate.values.heap_store import corresponding_values
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, NONE, MemberRef, Ref, Reply, Text, Value

_DEPTH = 4
"""How many objects deep a field is searched for."""


def migrate_replaced_results(
    context: PlanContext, matches: Iterable[Match], adapted: AdaptedReplies, widened: Collection[str]
) -> Iterator[PendingEdit]:
    """Pending edits of the fields in the results of doubles. Raises RefusalError if one isn't known.

    `widened` are the slots that the program reads as whole replies from now on."""
    requests = frozenset(match.request.id for match in matches) - adapted.requests
    results = _ReplacedResults(context, requests, frozenset(widened))
    edits: dict[PendingEdit, None] = {}
    for replacement in context.facts.replacements:
        edits.update((edit, None) for edit in results.edits(replacement))
    yield from edits


class _ReplacedResults(Struct, frozen=True):
    """The results of doubles, compared with those of functions that return fields of the replies of
    `requests`."""

    context: PlanContext
    requests: frozenset[int]
    widened: frozenset[str]

    def edits(self, replacement: Replacement) -> Iterator[PendingEdit]:
        """Pending edits of the fields in a result. Raises RefusalError if one isn't known."""
        own = self._own_results(replacement.function)
        if own:
            for result in self._results(replacement, own):
                yield from self._edits(own, result, _DEPTH)

    def _own_results(self, function: Site) -> list[Value]:
        """The results of the program's function that have a field which changes; the elements of a
        generator."""
        tree, definition = self.context.tree(function), self.context.node(function)
        expressions = [*yielded_expressions(tree, definition)] or [*returned_expressions(tree, definition)]
        choices = (
            choice
            for expression in expressions
            for choice in self.context.alternatives_at(tree.site(expression))
        )
        return [choice for choice in dict.fromkeys(choices) if self._contains_changed_field(choice, _DEPTH)]

    def _object(self, value: Value) -> HeapObject | None:
        return self.context.facts.heap.get(value)

    def _results(self, replacement: Replacement, own: list[Value]) -> Iterator[Operand]:
        """The results of a double, or the elements if the function is a generator. A list has several
        results, unless the function itself returns one like it."""
        function = replacement.function
        is_walked = is_generator(self.context.tree(function), self.context.node(function))
        waiting = [replacement.result]
        for double in waiting:
            for choice in alternatives(double.value):
                made = self._object(choice)
                if isinstance(made, Task):
                    waiting.append(double._replace(value=made.result))
                elif isinstance(made, Iterated) and is_walked:
                    waiting.append(double._replace(value=made.element))
                elif isinstance(made, SequenceObject) and not self._is_like_own(made, own):
                    waiting.extend(made.all_items(double))
                else:
                    yield double._replace(value=choice)

    def _is_like_own(self, sequence: SequenceObject, own: list[Value]) -> bool:
        """Whether a sequence may be the result of the function, and is no list of its results."""
        is_nested = self._has_objects(sequence)
        sequences = map(self._object, own)
        return any(
            isinstance(other, SequenceObject) and (self._has_objects(other) or not is_nested)
            for other in sequences
        )

    def _has_objects(self, sequence: SequenceObject) -> bool:
        return any(isinstance(choice, Ref) for choice in alternatives(sequence.element()))

    def _edits(self, own: Sequence[Value], double: Operand, depth: int) -> Iterator[PendingEdit]:
        """Pending edits of the fields in `double` at the positions where `own` has them."""
        for choice in own:
            member = self._field(choice)
            if member is not None:
                yield from self._field_edits(member, double)
            elif self._is_whole_reply(choice) and depth < _DEPTH:
                yield from self._record_edits(choice, double)
        objects = [choice for choice in own if self._object_changes(choice, depth)]
        for part in alternatives(double.value) if objects else ():
            if part not in (NONE, NEVER):
                yield from self._edits_within(objects, double._replace(value=part), depth - 1)

    def _edits_within(self, objects: list[Value], double: Operand, depth: int) -> Iterator[PendingEdit]:
        """Pending edits of the parts of an object, which stands for one of the program's `objects`."""
        compared = (self._parts(own, double.value) for own in map(self._object, objects))
        pairs = [parts for parts in compared if parts is not None]
        if not pairs:
            message = "the result of the test's double can't be compared with that of the program's function"
            help_text = "return what the program's function returns"
            raise RefusalError(double.site, "stub", message, help_text)
        for own, part in (pair for parts in pairs for pair in parts):
            yield from self._edits(alternatives(own), double._replace(value=part), depth)

    def _parts(self, own: HeapObject | None, value: Value) -> list[tuple[Value, Value]] | None:
        """The values at the same positions of an object of the program and one of a test; None if they can't
        be compared."""
        prefix = (value.name,) if isinstance(value, MemberRef) else ()
        other = self._object(value.receiver if isinstance(value, MemberRef) else value)
        if isinstance(own, Instance) and isinstance(other, ServiceDouble):
            return [
                (part, join(*(operand.value for operand in other.assigned.get((*prefix, name), ()))))
                for name, part in own.attributes.items()
            ]
        return (
            corresponding_values(own, other) if own is not None and other is not None and not prefix else None
        )

    def _field_edits(self, member: tuple[Operation, LayoutMember], double: Operand) -> Iterator[PendingEdit]:
        operation, old = member
        if old.slot in self.widened and any(isinstance(part, Text) for part in alternatives(double.value)):
            message = f"the program reads the whole response for {old.name!r}, and the test's double lacks it"
            raise RefusalError(double.site, "stub", message, "migrate this test by hand")
        yield from CannedReplyRewrite(self.context, operation, double.site).value(old, double)

    def _record_edits(self, reply: Value, double: Operand) -> Iterator[PendingEdit]:
        assert isinstance(reply, Reply)
        operation = self.context.matches[reply.request].operation
        yield from CannedReplyRewrite(self.context, operation, double.site).body(double)

    def _field(self, value: Value) -> tuple[Operation, LayoutMember] | None:
        """The field at a position, if its value changes where the program reads it; None if it doesn't."""
        if not isinstance(value, Reply) or value.request not in self.requests or len(value.path) != 2:
            return None
        operation = self.context.matches[value.request].operation
        old = operation.old.reply_field(str(value.path[1])) if value.path[0] is View.JSON else None
        new = operation.new.reply_member(old.slot) if old is not None else None
        if old is None or new is None or (operation.id, old.name) in self.context.state.restored_words:
            return None
        is_encoded = old.encodings[None] in (Encoding.WORD, Encoding.JSON_OBJECT)
        return (operation, old) if is_encoded or old.slot in self.widened else None

    def _is_whole_reply(self, value: Value) -> bool:
        """Whether a value is the data of a reply."""
        return isinstance(value, Reply) and value.request in self.requests and value.path == (View.JSON,)

    def _object_changes(self, value: Value, depth: int) -> bool:
        own = self._object(value)
        parts = corresponding_values(own, own) if own is not None and depth else None
        return any(self._contains_changed_field(part, depth - 1) for part, _ in parts or ())

    def _contains_changed_field(self, own: Value, depth: int) -> bool:
        """Whether a value of the program has a field whose value changes in it."""
        return any(
            self._field(choice) is not None
            or self._is_whole_reply(choice)
            or self._object_changes(choice, depth)
            for choice in alternatives(own)
        )
