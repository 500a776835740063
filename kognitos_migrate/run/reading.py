"""The files that matter, read: screened by their bytes, and joined by what belongs with them."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from kognitos_migrate.discover.imports import Folders, leads_to, related
from kognitos_migrate.discover.screen import Anchors, in_json, names_api, screen, searches_modules
from kognitos_migrate.errors import Fault
from kognitos_migrate.run.progress import Progress
from kognitos_migrate.source.file import (
    SourceFile,
    UnreadableSource,
    decode,
    is_notebook,
    module_bytes,
    read_bytes,
    shown_path,
)

Project = Callable[[], Collection[str]]
"""Lists the files of a project."""


class Reading(NamedTuple):
    """The sources to analyse, in the order of the files, and the files that could not be read."""

    sources: tuple[SourceFile, ...]
    problems: tuple[Fault, ...] = ()


def read_files(files: Sequence[str], anchors: Anchors, progress: Progress) -> Reading:
    """Those of `files` that can matter: they hold an anchor, belong with one that names the API, or may
    load it without naming it."""
    reader = _Reader()
    progress.phase("reading", len(files))
    for file in files:
        reader.screen(file, anchors)
        progress.advance()
    naming = [file for file in reader.kept if names_api(reader.module(file), anchors)]
    wanted = {*reader.kept, *(_belonging(files, naming, reader) if naming else ())}
    return reader.reading(files, wanted)


def read_given(
    given: Sequence[str],
    contents: Mapping[str, bytes],
    project: Project,
    around: Sequence[str],
    anchors: Anchors,
    progress: Progress,
) -> Reading:
    """Those of `given` that can matter, and what belongs with them in the project, which `project` lists if
    it is asked, and which lies in the folders and files `around`. `contents` are what some files hold,
    whatever is on disk."""
    reader = _Reader(dict(contents))
    progress.phase("reading", len(given))
    for file in given:
        reader.screen(file, anchors)
        progress.advance()
    beside = _Reader({**contents, **reader.contents, **reader.kept})
    folders = Folders(around)

    def matters(file: str) -> bool:
        return file in reader.kept or leads_to(
            os.path.abspath(file).replace(os.sep, "/"),
            lambda path: beside.module(shown_path(path)),
            folders,
            lambda data: names_api(data, anchors),
        )

    seeds = [file for file in given if matters(file)]
    if not seeds:
        return reader.reading(given, ())
    files = sorted({*given, *project()})
    wanted = _belonging(files, seeds, beside)
    beside.problems = {file: problem for file, problem in beside.problems.items() if file in given}
    return beside.reading(files, wanted)


def read_within(given: Sequence[str], project: Project, anchors: Anchors, progress: Progress) -> Reading:
    """The same as `read_files` for folders that are a part of a project, if one of their files can matter:
    what belongs with them in the project comes along."""
    reading = read_files(given, anchors, progress)
    if not reading.sources:
        return reading
    whole = read_files(sorted({*given, *project()}), anchors, progress)
    return whole._replace(problems=reading.problems)


def _belonging(files: Sequence[str], seeds: Sequence[str], reader: "_Reader") -> frozenset[str]:
    """What belongs with the seeds by imports, or may load them without naming them."""
    searching = (file for file in files if searches_modules(reader.module(file)))
    return related(files, seeds, reader.module) | frozenset(searching)


class _Reader:
    def __init__(self, contents: Mapping[str, bytes] | None = None) -> None:
        self.contents = contents or {}
        self.kept: dict[str, bytes] = {}
        self.problems: dict[str, Fault] = {}
        """By file, the first that went wrong."""
        self.modules: dict[str, bytes] = {}
        """By notebook, the code of its cells."""

    def read(self, file: str) -> bytes:
        """The bytes of `file`, none where it can't be read, which is noted."""
        try:
            known = self.kept.get(file, self.contents.get(file))
            return read_bytes(file) if known is None else known
        except UnreadableSource as error:
            self.problems.setdefault(file, error.faults[0])
            return b""

    def screen(self, file: str, anchors: Anchors) -> None:
        """Keep the bytes of `file` if it can matter."""
        data = self.read(file)
        if not is_notebook(file):
            matters = screen(data, anchors)
        else:  # its outputs may be large, and are no code
            matters = screen(in_json(data), anchors) and screen(self.module(file), anchors)
        if matters:
            self.kept[file] = data

    def module(self, file: str) -> bytes:
        """What `file` says as a module, none where it can't be read."""
        if not is_notebook(file):
            return self.read(file)
        if file not in self.modules:
            self.modules[file] = module_bytes(self.read(file), file)
        return self.modules[file]

    def reading(self, files: Sequence[str], wanted: Collection[str]) -> Reading:
        """The sources of those of `files` that are wanted."""
        sources = [self.decode(file) for file in files if file in wanted]
        read = tuple(source for source in sources if source is not None)
        return Reading(read, tuple(self.problems.values()))

    def decode(self, file: str) -> SourceFile | None:
        """The source of `file`, None where it isn't text, which is noted."""
        data = self.read(file)
        if file in self.problems:
            return None
        try:
            source = decode(data, file)
            if source.notebook is not None:
                from kognitos_migrate.syntax.notebook import only_python

                source = only_python(source)
        except UnreadableSource as error:
            self.problems.setdefault(file, error.faults[0])
            return None
        above = tuple(part for part in os.getcwd().split(os.sep)[1:] if part)
        return source.placed(above, tuple(_packages(file)))


def _packages(file: str) -> Iterator[str]:
    """The folders with an `__init__.py` around `file`, from its own upwards, as far as its path goes."""
    folder = os.path.dirname(file)
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        yield folder or "."
        if not folder or folder == os.path.dirname(folder):
            return
        folder = os.path.dirname(folder)
