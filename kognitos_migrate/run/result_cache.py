"""Cached results of a run.

An analysis depends only on its inputs, so a result is valid while all of them are equal: every source (by its
digest), the rules, the settings (which contain the date), the level, and this tool's code. A change in a
distant module is a change of the program.
"""

import os
from collections.abc import Collection, Sequence

from kognitos_migrate.cache import CacheEntry, Store, short_name, tool_fingerprint
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.rulebook.paths import builtin_rules, rule_texts
from kognitos_migrate.run.stored_result import StoredResult
from kognitos_migrate.source.file import SourceFile

_RESULT_KIND = "results"


class ResultCache:
    """The cached result of one analysis."""

    def __init__(
        self,
        store: Store,
        sources: Sequence[SourceFile],
        settings: Settings,
        level: Applicability | None,
        target_paths: Collection[str],
        adjacent: Collection[object] = (),
    ) -> None:
        """The entry for `sources` if those in `target_paths` are reported and `adjacent` are their
        settings files."""
        self._store = store
        self._name, self._origin = "", b""
        if store.folder is not None:
            program = repr((os.getcwd(), level, [source.path for source in sources]))
            self._name = short_name(program.encode("utf-8", "surrogateescape"))
            self._origin = _origin(sources, settings, level, target_paths) + repr(adjacent).encode()

    def read(self) -> Result | None:
        """The result. None if there is none or an input has changed."""
        entry = self._store.read(_RESULT_KIND, self._name)
        if entry is None or entry.origin != self._origin:
            return None
        import msgspec

        try:
            return msgspec.msgpack.decode(entry.content, type=StoredResult).restore()
        except (msgspec.MsgspecError, IndexError, ValueError):  # written in another format
            return None

    def write(self, result: Result) -> None:
        """Store the result, unless it contains text that UTF-8 can't encode."""
        if self._store.folder is None:
            return
        import msgspec

        try:
            content = msgspec.msgpack.encode(StoredResult.of(result))
        except UnicodeEncodeError:  # a text with surrogates, from undecodable bytes
            return
        self._store.write(_RESULT_KIND, self._name, CacheEntry(self._origin, content))


def _origin(
    sources: Sequence[SourceFile],
    settings: Settings,
    level: Applicability | None,
    target_paths: Collection[str],
) -> bytes:
    states = "\n".join(source_state(source, target_paths) for source in sources)
    return b"\n".join((common_state(settings, level), states.encode("utf-8", "surrogateescape")))


def common_state(settings: Settings, level: Applicability | None) -> bytes:
    """The inputs of every analysis beside sources: this tool's code, the rules, the settings, the level."""
    rules = rule_texts([builtin_rules(), *settings.rules])
    configuration = f"{settings!r}\n{level.value if level is not None else ''}"
    return b"\n".join((tool_fingerprint(), rules, configuration.encode("utf-8", "surrogateescape")))


def source_state(source: SourceFile, target_paths: Collection[str]) -> str:
    """The properties of a source that an analysis depends on."""
    return repr(
        (
            source.path,
            source.digest,
            source.encoding,
            source.above,
            source.packages,
            source.project,
            source.roots,
            source.requirements,
            source.is_exported,
            (source.data.users, source.data.is_settings) if source.data is not None else (),
            source.path in target_paths,
        )
    )
