"""The rule model: checked, frozen, with every reference resolved.

An operation lays out the same slots twice, in the old and in the new version of an API. A client describes
how a library spells a request. `load.py` makes these from the YAML under `rules/`.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from kognitos_migrate.rulebook.model.libraries import (
    Client,
    FormArguments,
    HeaderCombination,
    HookSpelling,
    Joining,
    JsonReplacement,
    Mock,
    MockObjectSpelling,
    Narrowing,
    RequestCallable,
    Role,
    Stubbing,
    StubRole,
    View,
    WholeForm,
)
from kognitos_migrate.rulebook.model.operations import (
    Api,
    ApiCall,
    Dialects,
    Encoding,
    EntryKeys,
    Example,
    FallbackLookup,
    Form,
    KeyFormat,
    Layout,
    LayoutMember,
    Operation,
    PathSegment,
    ReplyTarget,
    ReverseLookup,
    Signature,
    SignStrength,
    Table,
    TableField,
    ValueFormat,
    Vocabulary,
)
from kognitos_migrate.structs import Struct

__all__ = [
    "Api",
    "ApiCall",
    "Client",
    "Dialects",
    "Encoding",
    "EntryKeys",
    "Example",
    "FallbackLookup",
    "Form",
    "FormArguments",
    "HeaderCombination",
    "HookSpelling",
    "Joining",
    "JsonReplacement",
    "KeyFormat",
    "Layout",
    "LayoutMember",
    "Mock",
    "MockObjectSpelling",
    "Narrowing",
    "Operation",
    "PathSegment",
    "ReplyTarget",
    "RequestCallable",
    "ReverseLookup",
    "Role",
    "Rulebook",
    "SignStrength",
    "Signature",
    "StubRole",
    "Stubbing",
    "Table",
    "TableField",
    "ValueFormat",
    "View",
    "Vocabulary",
    "WholeForm",
]


Computed = TypeVar("Computed")


class Rulebook(Struct, frozen=True, dict=True):
    """All rules of one run."""

    apis: Mapping[str, Api]
    operations: tuple[Operation, ...]
    clients: tuple[Client, ...]
    mocks: tuple[Mock, ...] = ()

    def operation(self, id: str) -> Operation:
        """The operation with this id."""
        return next(operation for operation in self.operations if operation.id == id)

    def memoize(self, compute: Callable[["Rulebook"], Computed]) -> Computed:
        """The result of `compute` for these rules, which is computed once."""
        if compute not in self._memo:
            self._memo[compute] = compute(self)
        return self._memo[compute]  # type: ignore[no-any-return]

    @cached_property
    def _memo(self) -> dict[Callable[["Rulebook"], Any], Any]:
        return {}

    def entry_keys(self) -> frozenset[tuple[str, str]]:
        """The keys under which the entries in lists of new replies have their names and their values."""
        members = (member for operation in self.operations for member in operation.new.reply)
        return frozenset((member.entry.name, member.entry.value) for member in members if member.entry)
