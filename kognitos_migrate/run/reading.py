"""The files that matter, read: screened by their bytes, and joined by what belongs with them."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from kognitos_migrate.discover.imports import related
from kognitos_migrate.discover.screen import Anchors, names_api, screen
from kognitos_migrate.errors import Fault
from kognitos_migrate.run.progress import Progress
from kognitos_migrate.source.file import SourceFile, UnreadableSource, decode, read_bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """The sources to analyse, in the order of the files, and the files that could not be read."""

    sources: tuple[SourceFile, ...]
    problems: tuple[Fault, ...] = ()


def read_files(files: Sequence[str], anchors: Anchors, progress: Progress) -> Reading:
    """Those of `files` that can matter: they hold an anchor, or belong with one that names the API."""
    reader = _Reader()
    progress.phase("reading", len(files))
    for file in files:
        data = reader.read(file)
        if screen(data, anchors):
            reader.kept[file] = data
        progress.advance()
    naming = [file for file, data in reader.kept.items() if names_api(data, anchors)]
    wanted = {*reader.kept, *(related(files, naming, reader.read) if naming else ())}
    sources = [reader.decode(file) for file in files if file in wanted]
    return Reading(tuple(source for source in sources if source is not None), tuple(reader.problems.values()))


@dataclass(slots=True)
class _Reader:
    kept: dict[str, bytes] = field(default_factory=dict)
    problems: dict[str, Fault] = field(default_factory=dict)
    """By file, the first that went wrong."""

    def read(self, file: str) -> bytes:
        """The bytes of `file`, none where it can't be read, which is noted."""
        try:
            return self.kept[file] if file in self.kept else read_bytes(file)
        except UnreadableSource as error:
            self.problems.setdefault(file, error.faults[0])
            return b""

    def decode(self, file: str) -> SourceFile | None:
        """The source of `file`, None where it isn't text, which is noted."""
        data = self.read(file)
        if file in self.problems:
            return None
        try:
            return replace(decode(data, file), packages=tuple(_packages(file)))
        except UnreadableSource as error:
            self.problems.setdefault(file, error.faults[0])
            return None


def _packages(file: str) -> Iterator[str]:
    """The folders with an `__init__.py` around `file`, from its own upwards."""
    folder = PurePosixPath(file).parent
    while os.path.isfile(folder / "__init__.py"):
        yield str(folder)
        if folder == folder.parent:
            return
        folder = folder.parent
