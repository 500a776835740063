"""Names of the headers that a request is, or may be, sent with."""

import re

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Ref, Reply, Value, may_be_key

CONTENT_TYPE = "Content-Type"
CONTENT_LENGTH = "Content-Length"
BODY_HEADERS = (CONTENT_TYPE.lower(), CONTENT_LENGTH.lower())
"""Headers that describe the body. The library sets them for the new one."""


def header_names(context: ProgramFacts, operand: Operand) -> list[str]:
    """The literal names of the headers in an operand's dicts, and in those merged into them."""
    names: list[str] = []
    for choice in alternatives(operand.value):
        record = context.facts.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(record, DictObject):
            names.extend(record.entries)
            for spread in record.spreads:
                names.extend(header_names(context, spread))
    return names


def may_describe_body(context: ProgramFacts, headers: Value) -> bool:
    """Whether headers may contain one that describes the body, by a name that is computed or not known.
    Headers that come with a reply of the API don't describe the body."""
    for choice in alternatives(headers):
        record = context.facts.heap[choice] if isinstance(choice, Ref) else None
        if not isinstance(record, DictObject):
            if choice != NONE and not isinstance(choice, Reply):
                return True
            continue
        names = list(alternatives(record.names))
        if any(
            may_be_key(name, header, re.DOTALL | re.IGNORECASE) for name in names for header in BODY_HEADERS
        ):
            return True
        if any(may_describe_body(context, spread.value) for spread in record.spreads):
            return True
    return False
