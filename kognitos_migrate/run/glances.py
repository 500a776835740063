"""What a search of their bytes tells of all files of a run: which matter, and which belong with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import compress
from typing import TypeVar

from kognitos_migrate.cache.code import code_state
from kognitos_migrate.cache.store import NOWHERE, Store
from kognitos_migrate.discover.imports import modules, related
from kognitos_migrate.discover.screen import Anchors, names_api, screen_file, searches_modules
from kognitos_migrate.errors import Fault
from kognitos_migrate.run.around import project_of
from kognitos_migrate.run.ledger import blank, current, read_ledger, write_ledger
from kognitos_migrate.run.progress import Progress
from kognitos_migrate.run.workers import available, spread
from kognitos_migrate.source.file import UnreadableSource, module_bytes, read_bytes

MANY = 500
"""So many files are worth being remembered."""
LEAST = 1500
"""So many files are worth a process of their own."""

_MATTERS, _NAMES, _SEEN = 1, 2, 4
"""Marks of a file: it holds an anchor; that names the API; it was looked at."""

_GAP = "\0"
_SEARCHES = "*"
"""Stands before the imports of a file that may look for modules, or load them, without naming them."""

Done = TypeVar("Done")


class Glances:
    """What is seen of files; of many, only those are looked at that have changed since the last run."""

    def __init__(
        self,
        files: Sequence[str],
        anchors: Anchors,
        store: Store,
        progress: Progress,
        workers: int | None = None,
    ) -> None:
        """Nothing is looked at yet. `store` may know some of it, and is told the rest by `keep`."""
        self.problems: dict[str, Fault] = {}
        """Why files can't be read."""
        self._anchors = anchors
        self._store = store if len(files) >= MANY else NOWHERE
        self._progress = progress
        self._workers = available() if workers is None else workers
        self._name = repr((os.getcwd(), files[:1], files[-1:], anchors)).encode("utf-8", "surrogateescape")
        if self._store.folder is not None:
            self._name += code_state()
        self._kept = read_ledger(self._store, self._name)
        self._ledger = blank(files) if self._store.folder is None else current(files, self._kept)

    def mattering(self) -> list[str]:
        """The files that hold an anchor. A path alone never shows that a call is one of the API: in a project
        in which nothing names the API, files that hold no more than that are left out."""
        naming = set(self._those(_NAMES))
        homes = {_home(file) for file in naming}
        return [file for file in self._those(_MATTERS) if file in naming or _is_around(_home(file), homes)]

    def _those(self, mark: int) -> list[str]:
        ledger = self._ledger
        unseen = [place for place, found in enumerate(ledger.marks) if not found]
        if not unseen:
            return list(compress(ledger.files, (found & mark for found in ledger.marks)))
        marks = bytearray(ledger.marks)
        search = partial(_marks, anchors=self._anchors)
        for place, found in zip(unseen, self._spread("reading", search, unseen), strict=True):
            if isinstance(found, Fault):
                self.problems[ledger.files[place]] = found
            else:
                marks[place] = found | _SEEN
        self._ledger = ledger._replace(marks=bytes(marks), belonging=None)
        return list(compress(ledger.files, (found & mark for found in marks)))

    def belonging(self, seeds: Sequence[str], contents: Mapping[str, bytes] | None = None) -> frozenset[str]:
        """What belongs with the seeds by imports, or may load them without naming them, in the same project.
        `contents` are what some files hold, whatever is on disk."""
        ledger = self._ledger
        unasked = [place for place, names in enumerate(ledger.imports) if names is None]
        if unasked:
            imports = list(ledger.imports)
            found = self._spread("following imports", _imports, unasked)
            for place, names in zip(unasked, found, strict=True):
                imports[place] = names
            self._ledger = ledger = ledger._replace(imports=imports)
        said = dict(zip(ledger.files, ledger.imports, strict=True))
        said.update((file, _named(data, file)) for file, data in (contents or {}).items() if file in said)
        named = {file: (names or "").split(_GAP) for file, names in said.items()}
        belonging = related(named, seeds)
        homes = {_home(file) for file in belonging}
        searching = {file: _home(file) for file, names in named.items() if names[0] == _SEARCHES}
        return belonging.union(file for file, home in searching.items() if _is_around(home, homes))

    def belonging_to_api(self) -> frozenset[str]:
        """What belongs with the files that name the API."""
        naming = self._those(_NAMES)
        if not naming:
            return frozenset()
        if self._ledger.belonging is None:
            belonging = sorted(self.belonging(naming))
            self._ledger = self._ledger._replace(belonging=belonging)
        return frozenset(self._ledger.belonging or ())

    def keep(self) -> None:
        """Let the next run know what was seen."""
        if self._store.folder is not None and self._ledger is not self._kept:
            write_ledger(self._store, self._name, self._ledger)

    def _spread(
        self, phase: str, work: Callable[[Sequence[str]], list[Done]], places: Sequence[int]
    ) -> list[Done]:
        """What `work` gives for the files at these places."""
        if not places:
            return []
        self._progress.phase(phase, len(places))
        files = [self._ledger.files[place] for place in places]
        return spread(work, files, self._workers, LEAST, self._progress.advance)


def _home(file: str) -> str:
    """The folder of the project that a file lies in, the working folder where that lies in it, too."""
    here = os.getcwd()
    home = project_of(os.path.dirname(os.path.abspath(file))) or here
    return here if _lies_in(here, home) else home


def _is_around(home: str, others: Collection[str]) -> bool:
    """Whether one of the other projects is the one in the folder `home`, or lies in it."""
    return home in others or any(_lies_in(other, home) for other in others)


def _lies_in(folder: str, other: str) -> bool:
    return folder == other or folder.startswith(os.path.join(other, ""))


def _marks(files: Sequence[str], anchors: Anchors) -> list[int | Fault]:
    """The marks of each of the files, or why it can't be read."""
    found: list[int | Fault] = []
    for file in files:
        try:
            data = read_bytes(file)
        except UnreadableSource as error:
            found.append(error.faults[0])
            continue
        matters = screen_file(data, file, anchors)
        names = matters and names_api(module_bytes(data, file), anchors)
        found.append((_MATTERS if matters else 0) | (_NAMES if names else 0))
    return found


def _imports(files: Sequence[str]) -> list[str]:
    """What each of the files imports; nothing of one that can't be read."""
    found: list[str] = []
    for file in files:
        try:
            found.append(_named(read_bytes(file), file))
        except UnreadableSource:
            found.append("")
    return found


def _named(data: bytes, file: str) -> str:
    data = module_bytes(data, file)
    return _GAP.join([*([_SEARCHES] if searches_modules(data) else []), *modules(data, file)])
