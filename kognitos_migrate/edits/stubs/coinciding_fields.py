"""Fields of canned replies that become one field of the new version.

{"blob": "https://host/a", "blob_link": "https://host/a"}    becomes    {"id": "https://host/a"}

The field that the program reads is kept.
"""

from collections.abc import Iterator, Sequence

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.structural_edits import remove_item
from kognitos_migrate.edits.stubs.unreached_responses import rename_other_reads
from kognitos_migrate.rulebook.model import LayoutMember, Operation
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.lattice import Ref, Reply


def unread_members(
    context: PlanContext, operation: Operation, members: Sequence[LayoutMember]
) -> list[LayoutMember]:
    """The old members of a canned reply that become the same new one as another, which alone the program
    reads."""
    by_name: dict[str, list[LayoutMember]] = {}
    for member in members:
        new = operation.new.reply_member(member.slot)
        if new is not None:
            by_name.setdefault(new.name, []).append(member)
    unread: list[LayoutMember] = []
    for twins in by_name.values():
        read = _read_names(context, operation) if len(twins) > 1 else set()
        if sum(member.name in read for member in twins) == 1:
            unread.extend(member for member in twins if member.name not in read)
    return unread


def _read_names(context: PlanContext, operation: Operation) -> set[object]:
    """The names of the fields that the program reads from the replies of an operation."""
    return {
        use.value.path[1]
        for match in context.matches.values()
        if match.operation.id == operation.id and match.request.stub is None
        for use in context.uses.get(match.request.id, ())
        if isinstance(use.value, Reply) and len(use.value.path) > 1
    }


def removal_of_member(
    context: PlanContext, operation: Operation, ref: Ref, member: LayoutMember
) -> Iterator[PendingEdit]:
    """The pending edits that remove a member from a canned reply. Raises RefusalError if a test reads it, or
    it isn't written out."""
    record = context.facts.heap[ref]
    assert isinstance(record, DictObject)
    new = operation.new.reply_member(member.slot)
    name = new.name if new is not None else member.name
    reads = rename_other_reads(context, ref, {member.name: name}, set(), [ref])
    is_read = any(True for _ in reads)
    for entry in record.entries[member.name]:
        removal = remove_item(context, entry.holder)
        if removal is None or is_read:
            message = f"two fields of the stub's response become {name!r}"
            raise RefusalError(entry.holder, "stub", message, "keep the field that the program reads")
        yield removal
