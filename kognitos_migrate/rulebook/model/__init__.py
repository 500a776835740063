"""What the engine relies on: checked rules, frozen, with every reference resolved.

An operation says the same slots twice, as the old and as the new version of an API lay them out. A
client says how a library spells a request. `load.py` makes these out of the YAML under `rules/`.
"""

from collections.abc import Mapping

from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model.apis import (
    Api,
    Dialects,
    Field,
    FieldForm,
    KeyForm,
    Signature,
    Table,
    Unlisted,
    Vocabulary,
    Weight,
)
from kognitos_migrate.rulebook.model.clients import (
    Carriers,
    Client,
    FormArguments,
    Joining,
    OwnHeaders,
    Rebuilt,
    Role,
    Verb,
    View,
    WholeForm,
)
from kognitos_migrate.rulebook.model.mocks import Mock, Part, Puppets, Stubbing
from kognitos_migrate.rulebook.model.operations import (
    Call,
    Encoding,
    EntryKeys,
    Example,
    Form,
    Layout,
    Member,
    Operation,
    Segment,
    Target,
)

__all__ = [
    "Api",
    "Call",
    "Carriers",
    "Client",
    "Dialects",
    "Encoding",
    "EntryKeys",
    "Example",
    "Field",
    "FieldForm",
    "Form",
    "FormArguments",
    "Joining",
    "KeyForm",
    "Layout",
    "Member",
    "Mock",
    "Operation",
    "OwnHeaders",
    "Part",
    "Puppets",
    "Rebuilt",
    "Role",
    "Rulebook",
    "Segment",
    "Signature",
    "Stubbing",
    "Table",
    "Target",
    "Unlisted",
    "Verb",
    "View",
    "Vocabulary",
    "Weight",
    "WholeForm",
]


class Rulebook(Struct, frozen=True):
    """All rules of one run."""

    apis: Mapping[str, Api]
    operations: tuple[Operation, ...]
    clients: tuple[Client, ...]
    mocks: tuple[Mock, ...] = ()

    def operation(self, id: str) -> Operation:
        """The operation with this id."""
        return next(operation for operation in self.operations if operation.id == id)
