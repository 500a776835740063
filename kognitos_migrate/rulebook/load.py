"""Loads rule files into a checked rulebook."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from kognitos_migrate.cache import NO_STORE, CacheEntry, Store, short_name
from kognitos_migrate.rulebook.model import Rulebook

if TYPE_CHECKING:
    from kognitos_migrate.rulebook.read import Sources
    from kognitos_migrate.rulebook.schema import RuleFile

_KIND = "rules"


def load_rulebook(folders: Sequence[Path] = (), store: Store = NO_STORE) -> Rulebook:
    """The rulebook of the built-in rules and of those in `folders`, read from `store` if it holds them.

    Raises RuleError with all faults of the rules.
    """
    if store.folder is not None:
        return _cached_rulebook(folders, store)
    if not folders:
        return _builtin_rulebook()
    from kognitos_migrate.rulebook.read import read_rules

    return rulebook_of(_builtin_sources().joined_with(read_rules(folders)))


def rulebook_of(sources: "Sources") -> Rulebook:
    """The rulebook of these files alone. Raises RuleError with all references that don't resolve."""
    from kognitos_migrate.errors import RuleError
    from kognitos_migrate.rulebook.cross_checks import check_rules

    faults = list(check_rules(sources))
    if faults:
        raise RuleError.of(faults)
    return _build_rulebook(sources.files)


def _build_rulebook(files: Sequence["RuleFile"]) -> Rulebook:
    """The rulebook of files that have been checked."""
    from kognitos_migrate.rulebook import build
    from kognitos_migrate.rulebook.api_schema import ApiFile, OperationFile
    from kognitos_migrate.rulebook.client_schema import ClientFile
    from kognitos_migrate.rulebook.mock_schema import MockFile

    return Rulebook(
        apis={file.id: build.api(file) for file in files if isinstance(file, ApiFile)},
        operations=tuple(build.operation(file) for file in files if isinstance(file, OperationFile)),
        clients=build.clients({file.id: file for file in files if isinstance(file, ClientFile)}),
        mocks=tuple(build.mock(file) for file in files if isinstance(file, MockFile)),
    )


def _cached_rulebook(folders: Sequence[Path], store: Store) -> Rulebook:
    """The rulebook of unchanged rule files, from the cache; or of their YAML, which is then cached."""
    import msgspec

    from kognitos_migrate.errors import RuleError
    from kognitos_migrate.rulebook.paths import builtin_rules, rule_texts
    from kognitos_migrate.rulebook.schema import RuleFile

    try:
        origin = rule_texts([builtin_rules(), *folders])
    except (OSError, RuleError):  # reading the rules reports the fault
        return load_rulebook(folders)
    name = short_name(origin)
    entry = store.read(_KIND, name)
    if entry is not None and entry.origin == origin:
        try:
            return _build_rulebook(msgspec.msgpack.decode(entry.content, type=list[RuleFile]))
        except msgspec.MsgspecError:  # damaged, or of another version of msgspec
            pass
    from kognitos_migrate.rulebook.read import read_rules

    sources = _builtin_sources().joined_with(read_rules(folders))
    rulebook = rulebook_of(sources)
    store.write(_KIND, name, CacheEntry(origin, msgspec.msgpack.encode(sources.files)))
    return rulebook


@lru_cache(maxsize=1)
def _builtin_sources() -> "Sources":
    from kognitos_migrate.rulebook.paths import builtin_rules
    from kognitos_migrate.rulebook.read import read_rules

    return read_rules([Path(builtin_rules())])


@lru_cache(maxsize=1)
def _builtin_rulebook() -> Rulebook:
    return rulebook_of(_builtin_sources())
