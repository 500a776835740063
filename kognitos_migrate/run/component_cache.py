"""Cached outcomes of the components of a program."""

import hashlib
import os
from collections.abc import Collection, Sequence
from functools import cache, lru_cache

from kognitos_migrate.cache import CacheEntry, Store, short_name
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.modules.top_level import loads_by_name
from kognitos_migrate.run.components import Component, ComponentOutcome, OpenConversation, encode_text
from kognitos_migrate.run.result_cache import common_state, source_state
from kognitos_migrate.run.stored_result import StoredResult
from kognitos_migrate.structs import Struct

_COMPONENT_KIND = "parts"


class _CachedComponent(Struct, frozen=True):
    input_digest: bytes
    result: StoredResult
    open_conversations: tuple[OpenConversation, ...]

    @classmethod
    def of(cls, input_digest: bytes, outcome: ComponentOutcome) -> "_CachedComponent":
        return cls(input_digest, StoredResult.of(outcome.result), outcome.open_conversations)

    def outcome(self) -> ComponentOutcome:
        return ComponentOutcome(self.result.restore(), self.open_conversations)


class ComponentCache:
    """The cached outcomes of a program's components."""

    def __init__(
        self, store: Store, settings: Settings, level: Applicability | None, target_paths: Collection[str]
    ) -> None:
        """Read the entry of the program. `target_paths` are the files that are reported."""
        self._store, self._requested = store, target_paths
        self._name, self._origin = "", b""
        self._noted: dict[bytes, ComponentOutcome] = {}
        self._stored: dict[bytes, ComponentOutcome] = {}
        self._digest = cache(_digest)
        if store.folder is not None:
            program = repr((os.getcwd(), level, min(target_paths, default=""), max(target_paths, default="")))
            self._name = short_name(program.encode("utf-8", "surrogateescape"))
            self._origin = common_state(settings, level)
            self._stored = self._read()

    def cached_outcome(self, component: Component) -> ComponentOutcome | None:
        """The cached outcome of a component. None if there is none or an input has changed."""
        if self._store.folder is None:
            return None
        made_of = self._input_digest(component)
        outcome = self._stored.get(made_of)
        if outcome is not None:
            self._noted[made_of] = outcome
        return outcome

    def note(self, components: Sequence[Component], outcomes: Sequence[ComponentOutcome]) -> None:
        """Record the outcomes of components. One with problems is left out, and analysed again in the next
        run."""
        if self._store.folder is not None:
            self._noted.update(
                (self._input_digest(component), outcome)
                for component, outcome in zip(components, outcomes, strict=True)
                if not outcome.result.problems
            )

    def write(self) -> None:
        """Write the recorded outcomes for the next run."""
        if self._store.folder is None or len(self._noted) < 2:  # the result cache covers a single one
            return
        import msgspec

        try:
            content = msgspec.msgpack.encode([_CachedComponent.of(*pair) for pair in self._noted.items()])
        except UnicodeEncodeError:  # a text with surrogates, from undecodable bytes
            return
        self._store.write(_COMPONENT_KIND, self._name, CacheEntry(self._origin, content))

    def _read(self) -> dict[bytes, ComponentOutcome]:
        entry = self._store.read(_COMPONENT_KIND, self._name)
        if entry is None or entry.origin != self._origin:
            return {}
        import msgspec

        try:
            components = msgspec.msgpack.decode(entry.content, type=list[_CachedComponent])
            return {component.input_digest: component.outcome() for component in components}
        except (msgspec.MsgspecError, IndexError, ValueError):  # written in another format
            return {}

    def _input_digest(self, component: Component) -> bytes:
        """A digest of all inputs that a component's analysis depends on."""
        outside = component.surroundings
        loads = any(loads_by_name(encode_text(source)) for source in component.sources)
        named = sorted(outside.texts_by_path.items()) if loads else ()
        inputs = (
            [source_state(source, self._requested) for source in component.sources],
            _digest_of(outside.taken_paths),
            outside.adapters,
            [(path, self._digest(text)) for path, text in sorted(outside.module_searchers.items())],
            [(path, sorted(names)) for path, names in sorted(outside.unused.items())],
            [(path, list(places)) for path, places in sorted(component.elided_spans.items())],
            [(path, self._digest(text.encode("utf-8", "surrogatepass"))) for path, text in named],
        )
        return _digest(repr(inputs).encode("utf-8", "surrogateescape"))


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@lru_cache(maxsize=1)
def _digest_of(paths: frozenset[str]) -> bytes:
    """The digest of a set of paths. It is cached, since all components of a run share the set."""
    return _digest("\0".join(sorted(paths)).encode("utf-8", "surrogatepass"))
