"""Rule files -> a checked rulebook."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from kognitos_migrate.rulebook.model import Rulebook

if TYPE_CHECKING:
    from kognitos_migrate.rulebook.read import Sources


def load_rulebook(folders: Sequence[Path] = ()) -> Rulebook:
    """The built-in rules and those in `folders`. Raises RuleError with all that is wrong with them."""
    if not folders:
        return _builtin_rulebook()
    from kognitos_migrate.rulebook.read import read_rules

    return rulebook_of(_builtin_sources().and_also(read_rules(folders)))


def rulebook_of(sources: "Sources") -> Rulebook:
    """The rulebook of these files and no others. Raises RuleError with all that doesn't fit together."""
    from kognitos_migrate.errors import RuleError
    from kognitos_migrate.rulebook import build
    from kognitos_migrate.rulebook.check import check

    faults = list(check(sources))
    if faults:
        raise RuleError.of(faults)
    return Rulebook(
        apis={source.file.id: build.api(source.file) for source in sources.apis},
        operations=tuple(build.operation(source.file) for source in sources.operations),
        clients=build.clients({source.file.id: source.file for source in sources.clients}),
    )


@lru_cache(maxsize=1)
def _builtin_sources() -> "Sources":
    from kognitos_migrate.rulebook.locate import builtin_rules
    from kognitos_migrate.rulebook.read import read_rules

    return read_rules([builtin_rules()])


@lru_cache(maxsize=1)
def _builtin_rulebook() -> Rulebook:
    return rulebook_of(_builtin_sources())
