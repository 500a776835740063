"""Results of programs that are analysed whole and in pieces, made comparable."""

from collections.abc import Iterable
from typing import TypeVar

from kognitos_migrate.findings.finding import Finding, Migrated, Result
from kognitos_migrate.record import replace

Named = TypeVar("Named", Finding, Migrated)


def without_numbers(result: Result) -> Result:
    """A result with its conversations numbered in the order of what is found."""
    names: dict[str, str] = {}

    def renamed(found: Iterable[Named]) -> tuple[Named, ...]:
        return tuple(
            replace(one, conversation=names.setdefault(one.conversation, f"c{len(names) + 1}"))
            if one.conversation is not None
            else one
            for one in found
        )

    return replace(
        result,
        findings=renamed(result.findings),
        remaining=renamed(result.remaining),
        migrated=renamed(result.migrated),
        keys={table: tuple(sorted(keys)) for table, keys in result.keys.items()},
    )
