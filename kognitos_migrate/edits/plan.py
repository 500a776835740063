"""The outcome of planning a conversation: either edits that migrate all of it, or a refusal that names the
blocker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.unversioned_requests import versions_in_setting
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tree import Site

if TYPE_CHECKING:
    from kognitos_migrate.edits.context import PlanContext
    from kognitos_migrate.edits.generated_code import Helpers
    from kognitos_migrate.edits.stubs.unchecked_keys import UncheckedKey
    from kognitos_migrate.edits.table_lookup import TableUses


class Plan(Struct, frozen=True):
    """All edits of a conversation, and notes for reviewers."""

    edits: tuple[PendingEdit, ...]
    tables: TableUses
    helpers: Helpers
    notes: Mapping[int, tuple[str, ...]]
    """The notes by request id."""
    avoided_refusal: Refusal | None = None
    """The refusal that adapters avoid; None if the plan needs no adapters."""
    unchecked_keys: tuple[UncheckedKey, ...] = ()
    """The checks of keys that tests lose."""
    version_sources: tuple[str, ...] = ()
    """The settings outside of the program that must name the new version when the plan is deployed."""


class Refusal(Struct, frozen=True):
    """The reason why a conversation isn't migrated: its site, a stable reason, the message and a help
    text."""

    site: Site
    reason: str
    message: str
    help: str | None
    key_source: str | None = None
    """The source of a table's keys that the code doesn't contain, if the configuration has none at all."""

    def without_adapters(self, why: str) -> Refusal:
        """The refusal of a conversation whose responses can't be adapted, either."""
        why = f"it can't be adapted: {why}"
        return replace(self, help=f"{self.help}; {why}" if self.help else why)


def notes_of_version_settings(context: PlanContext, match: Match, settings: Iterable[str]) -> list[str]:
    """The notes on settings that contain the version of a request."""
    _, new = versions_in_setting(context, match)
    return [
        f"{source} contains the version; point it to {new} when you deploy" for source in sorted({*settings})
    ]
