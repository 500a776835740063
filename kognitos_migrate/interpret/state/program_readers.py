"""Code of the program that reads its own error texts, log records or frames."""

from collections.abc import Collection, Iterable

from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.expected_errors import composed_patterns
from kognitos_migrate.syntax.message_observers import (
    error_text_patterns_of,
    log_text_patterns,
)
from kognitos_migrate.syntax.module_references import looks_into_frames
from kognitos_migrate.syntax.tree import Site, Tree


class ProgramReaders(Struct, frozen=True):
    """The texts that the modules of a program search for in its own output."""

    error_patterns: Collection[str | None]
    """The texts that are searched in errors; None stands for any text."""
    composed_patterns: tuple[Site, ...]
    """Expressions of more such texts, which their values tell."""
    log_patterns: frozenset[str | None]
    """The texts that are searched in log records; None stands for any text."""
    looks_into_frames: bool
    """Whether code reads variables of running functions."""

    @classmethod
    def of(cls, trees: Iterable[Tree], call_records: Collection[str]) -> "ProgramReaders":
        """The readers in the modules of a program. `call_records` are attributes of doubles with received
        calls."""
        modules = tuple(trees)
        return cls(
            error_text_patterns_of(modules, call_records),
            tuple(site for tree in modules for site in tree.memoize(composed_patterns)),
            frozenset[str | None]().union(*map(log_text_patterns, modules)),
            any(tree.memoize(looks_into_frames) for tree in modules),
        )
