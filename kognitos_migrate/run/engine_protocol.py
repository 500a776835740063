"""The call protocol of the engine, for code that imports it on first use."""

from collections.abc import Collection, Sequence
from typing import Protocol

from kognitos_migrate.cache import NO_STORE, Store
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.result import Applicability, Place, Result
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.source.file import SourceFile


class Engine(Protocol):
    """The call protocol of `run.engine.analyse`, which is imported only if a file matters."""

    def __call__(  # noqa: PLR0913  an analysis has as many inputs
        self,
        sources: Sequence[SourceFile],
        rulebook: Rulebook,
        settings: Settings,
        level: Applicability | None,
        target_paths: Collection[str] | None = None,
        workers: int = 1,
        store: Store = NO_STORE,
        chosen: frozenset[Place] = frozenset(),
    ) -> Result:
        """The findings of the old version in `sources`, and their texts fixed up to `level`.

        Only sources in `target_paths` (None: all) are reported and changed, and only the conversations with
        a finding at a place in `chosen` (empty: all) are fixed.
        """
