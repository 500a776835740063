"""The folders that absolute imports may begin at, beside those that the importer lies in."""

import os
from collections.abc import Iterator

MARKS = ("pyproject.toml", "setup.py", "setup.cfg")
"""What stands in the folder of a distribution."""


class Roots:
    """The folders of distributions, each with its `src`: what lies in one is imported from anywhere, once the
    distribution is installed."""

    def __init__(self) -> None:
        """No folder is looked at yet."""
        self._known: dict[str, tuple[str, ...]] = {}

    def around(self, folder: str) -> tuple[str, ...]:
        """The import roots that an absolute folder lies in, the nearest first."""
        if folder not in self._known:
            above = os.path.dirname(folder)
            outer = self.around(above) if above != folder else ()
            self._known[folder] = (*_own(folder), *outer)
        return self._known[folder]


def _own(folder: str) -> Iterator[str]:
    if any(os.path.isfile(os.path.join(folder, mark)) for mark in MARKS):
        yield folder.replace(os.sep, "/")
        source = os.path.join(folder, "src")
        if os.path.isdir(source):
            yield source.replace(os.sep, "/")
