"""Whether the signatures of an API name operations, slots and fields that its old version has."""

import re
from collections.abc import Iterator, Mapping

from kognitos_migrate.errors import Fault
from kognitos_migrate.rulebook.check_layouts import asked_members
from kognitos_migrate.rulebook.document import Document, Key, suggestion
from kognitos_migrate.rulebook.read import Source
from kognitos_migrate.rulebook.schema import ApiFile, OperationFile, SignatureShape


def signature_faults(source: Source[ApiFile], operations: Mapping[str, OperationFile]) -> Iterator[Fault]:
    """All that is wrong with the signatures of an API that has `operations`."""
    for weight, signatures in source.file.signatures.items():
        for index, signature in enumerate(signatures):
            key = ("signatures", weight.value, index)
            yield from _faults(source.document, key, signature, operations)


def _faults(
    document: Document, key: Key, signature: SignatureShape, operations: Mapping[str, OperationFile]
) -> Iterator[Fault]:
    operation = operations.get(signature.operation)
    if operation is None:
        wrong = f"the API has no operation {signature.operation}"
        yield document.fault((*key, "operation"), wrong, suggestion(signature.operation, operations))
        return
    if not (signature.sends or signature.query or signature.reads or signature.decodes):
        yield document.fault(key, "names no sign", "expected sends, query, reads or decodes")
    if signature.query is not None and signature.query not in operation.old.query:
        wrong = f"the old {operation.id} has no query parameter {signature.query}"
        yield document.fault((*key, "query"), wrong, suggestion(signature.query, operation.old.query))
    for name in ("reads", "decodes"):
        for field in getattr(signature, name):
            if field not in operation.old.reply:
                wrong = f"the old reply of {operation.id} has no field {field}"
                yield document.fault((*key, name), wrong, suggestion(field, operation.old.reply))
    yield from _flow_faults(document, key, signature, operations)


def _flow_faults(
    document: Document, key: Key, signature: SignatureShape, operations: Mapping[str, OperationFile]
) -> Iterator[Fault]:
    """A slot goes from the reply of one operation into the request of another."""
    if (signature.sends is None) != (signature.of is None):
        missing = "of" if signature.of is None else "sends"
        yield document.fault((*key, missing), "is missing", "expected a slot and the operation that gives it")
        return
    if signature.sends is None or signature.of is None:
        return
    giver = operations.get(signature.of)
    if giver is None:
        wrong = f"the API has no operation {signature.of}"
        yield document.fault((*key, "of"), wrong, suggestion(signature.of, operations))
        return
    given = sorted({member.slot for member in giver.old.reply.values()})
    if signature.sends not in given:
        wrong = f"the old reply of {giver.id} has no slot {signature.sends}"
        yield document.fault((*key, "sends"), wrong, suggestion(signature.sends, given))
    taker = operations[signature.operation]
    slots = {member.slot for _, member in asked_members(taker.old, "old")}
    slots.update(re.findall(r"\{(\w+)\}", taker.old.path or ""))
    if signature.sends not in slots:
        wrong = f"the old request of {taker.id} has no slot {signature.sends}"
        yield document.fault((*key, "sends"), wrong, suggestion(signature.sends, sorted(slots)))
