"""Loads relevant files, and the files that their analysis depends on."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from kognitos_migrate.cache import Store
from kognitos_migrate.discover.call_signs import is_named_caller
from kognitos_migrate.discover.import_scan import ImportSearch, SearchFolders, absolute_path
from kognitos_migrate.discover.prefilter import (
    LARGEST,
    Anchors,
    Unaddressed,
    can_matter,
    file_can_matter,
    first_header_place,
    imports_client,
    is_binary,
    is_unaddressed,
    module_bytes,
    names_api,
)
from kognitos_migrate.discover.repository import is_project
from kognitos_migrate.discover.signature import has_part_of_signature
from kognitos_migrate.discover.walk import Discovery
from kognitos_migrate.errors import Fault, bug_report, traceback_of
from kognitos_migrate.run.progress import Progress
from kognitos_migrate.run.project import home_of
from kognitos_migrate.source.content import (
    UnreadableSourceError,
    is_notebook,
    read_bytes,
    shown_path,
)

if TYPE_CHECKING:
    from kognitos_migrate.discover.distributions import ImportRoots
    from kognitos_migrate.discover.settings_files import AdjacentSettings
    from kognitos_migrate.run.byte_scan import ByteScan
    from kognitos_migrate.source.file import SourceFile

Project = Callable[[], Discovery]
"""Lists the files of a project."""

_REMEMBERED = 500
"""The number of imported modules whose text is kept while two searches follow imports."""


class LoadedSources(NamedTuple):
    """The sources to analyse, in the order of the files, and the files that could not be read."""

    sources: tuple[SourceFile, ...]
    problems: tuple[Fault, ...] = ()
    binary: tuple[str, ...] = ()
    """Files that are not text and don't name the API."""
    too_large: tuple[str, ...] = ()
    """Files that are too large to be analysed and don't name the API."""
    has_api_signs: bool = False
    """Whether a file contains an anchor or an element of a signature. The rest may be elsewhere in the
    project."""
    client_users: tuple[str, ...] = ()
    """Files that import an HTTP client."""
    unaddressed: tuple[Unaddressed, ...] = ()
    """Files that send requests with a header of the API to an unknown host."""
    adjacent_settings: tuple[AdjacentSettings, ...] = ()
    """Settings files that mention an API, with the modules beside them."""
    settings: tuple[str, ...] = ()
    """The settings files and other data files of the project."""
    texts: tuple[str, ...] = ()
    """These and the other files that deploy or feed programs."""
    unparsable: tuple[Fault, ...] = ()
    """The faults of files without signs of the API that the user named and that aren't Python."""


class LoadOptions(NamedTuple):
    """The parameters of a search for relevant files."""

    anchors: Anchors
    store: Store
    progress: Progress
    settings: Sequence[str] = ()
    """The settings files of the project."""
    texts: Sequence[str] = ()
    """These and the other files that deploy or feed programs."""
    workers: int | None = None
    """The limit on processes. None: as many as can run at the same time."""
    on_idle: Callable[[], object] | None = None
    """Called while other processes scan files, once a file is known to need analysis."""

    def byte_scan(self, files: Sequence[str]) -> ByteScan:
        """The byte scan of `files`."""
        from kognitos_migrate.run.byte_scan import ByteScan

        return ByteScan(files, self.anchors, self.store, self.progress, self.workers, self.on_idle)

    def adjacent_settings(
        self, modules: Collection[str], sending: Collection[str] = ()
    ) -> tuple[AdjacentSettings, ...]:
        """The settings files that mention an API, each with a module beside it.

        For `sending` modules, which send requests, only settings files that name a call of the old version
        count.
        """
        if not ((modules or sending) and self.settings):
            return ()
        from kognitos_migrate.discover.settings_files import adjacent_settings

        candidates = adjacent_settings({*modules, *sending}, self.settings, self.anchors)
        return tuple(
            adjacent
            for adjacent in candidates
            if adjacent.module in modules or adjacent.settings.row is not None
        )


def read_files(files: Sequence[str], options: LoadOptions) -> LoadedSources:
    """The `files` that can matter.

    They contain an anchor. Or they are connected by imports to a file that names the API or bears its
    signature, or may load one by a computed name.
    """
    byte_scan = options.byte_scan(files)
    wanted = {
        *byte_scan.relevant_files(),
        *byte_scan.import_closure_of_api(),
        *byte_scan.import_closure_of_signature(),
    }
    open_files = byte_scan.open()
    beside = options.adjacent_settings(open_files, byte_scan.sending_files() if options.settings else ())
    wanted |= _modules_beside_settings(beside, byte_scan)
    byte_scan.write_file_states()
    loaded = _SourceLoader(options.store).load_sources(files, wanted)
    return loaded._replace(
        has_api_signs=bool(open_files),
        adjacent_settings=beside,
        settings=tuple(options.settings),
        texts=tuple(options.texts),
        client_users=tuple(byte_scan.sending_files()),
        problems=(*byte_scan.problems.values(), *loaded.problems),
        binary=tuple(byte_scan.binary),
        too_large=tuple(byte_scan.too_large),
        unaddressed=tuple(byte_scan.unaddressed_files(wanted)),
    )


def _modules_beside_settings(
    adjacent_settings: Iterable[AdjacentSettings], byte_scan: ByteScan
) -> frozenset[str]:
    """The modules beside settings files, and the modules near those that may send a call to a host or of a
    version which one names."""
    modules = frozenset(adjacent.module for adjacent in adjacent_settings)
    return modules | byte_scan.near_files(
        {
            adjacent.module
            for adjacent in adjacent_settings
            if adjacent.settings.row is not None or adjacent.settings.host is not None
        }
    )


class _ImportSearches(NamedTuple):
    """Searches of the files that a file imports, directly or indirectly."""

    of_api: ImportSearch
    of_signature: ImportSearch

    @classmethod
    def of(cls, loader: _SourceLoader, search_folders: Sequence[str], anchors: Anchors) -> _ImportSearches:
        module_at, folders = lru_cache(_REMEMBERED)(loader.module_at), SearchFolders(search_folders)
        return cls(
            ImportSearch(module_at, folders, partial(can_matter, anchors=anchors)),
            ImportSearch(module_at, folders, partial(has_part_of_signature, signature=anchors.signature)),
        )

    def lead_to_api(self, file: str) -> bool:
        """Whether the file imports one that can matter."""
        return self.of_api.leads_to_wanted_file(absolute_path(file))

    def lead_to_signature(self, file: str) -> bool:
        """Whether the file imports one with a part of the old version's signature."""
        return self.of_signature.leads_to_wanted_file(absolute_path(file))


def read_with_related(
    target_files: Sequence[str],
    contents: Mapping[str, bytes],
    project: Project,
    search_folders: Sequence[str],
    options: LoadOptions,
) -> LoadedSources:
    """The `target_files` that can matter, and the project files connected to them.

    `project` lists the project, and is called only if a given file can matter. Imports are searched
    in the directories and files `search_folders`. `contents` overrides the text of files on disk.
    """
    reader = _SourceLoader(options.store, contents)
    options.progress.phase("reading", len(target_files))
    for file in target_files:
        reader.screen(file, options.anchors)
        options.progress.advance()
    project_loader = _SourceLoader(options.store, {**contents, **reader.loaded})
    imports = _ImportSearches.of(project_loader, search_folders, options.anchors)
    seeds = [file for file in target_files if file in reader.loaded or imports.lead_to_api(file)]
    reader.with_partial_signature.update(
        file for file in target_files if file not in seeds and imports.lead_to_signature(file)
    )
    if not (seeds or reader.with_partial_signature or reader.client_users):
        return reader.load_sources(target_files, ())
    discovery = project()
    options = options._replace(settings=discovery.settings, texts=discovery.texts)
    files = sorted({*target_files, *discovery.files})
    byte_scan = options.byte_scan(files)
    # The files connected by imports to those that name the API or bear its signature.
    whole = frozenset[str]()
    if reader.with_partial_signature:
        whole = byte_scan.import_closure_of_signature(contents)
        seeds = _in_order(target_files, {*seeds, *whole.intersection(reader.with_partial_signature)})
    if reader.client_users.difference(seeds):
        used = byte_scan.import_closure_of_api()
        seeds = _in_order(target_files, {*seeds, *used.intersection(reader.client_users)})
        whole |= used
    opened = _in_order(target_files, {*reader.loaded, *reader.with_partial_signature})
    adjacent_settings = options.adjacent_settings(opened, reader.client_users)
    seeds = _in_order(target_files, {*seeds, *(adjacent.module for adjacent in adjacent_settings)})
    if not seeds:
        byte_scan.write_file_states()
        return reader.load_sources(target_files, ())
    wanted = byte_scan.import_closure(seeds, contents)
    if not whole.isdisjoint(seeds):
        wanted |= byte_scan.connected_files(seeds, whole, contents)
    if adjacent_settings:  # other modules of the project may show which version the settings are for
        adjacent_settings = options.adjacent_settings({*opened, *byte_scan.open()}, byte_scan.sending_files())
        wanted |= _modules_beside_settings(adjacent_settings, byte_scan)
    byte_scan.write_file_states()
    problems = project_loader.problems.items()
    project_loader.problems = {file: problem for file, problem in problems if file in target_files}
    project_loader.binary, project_loader.too_large = reader.binary, reader.too_large
    project_loader.unaddressed = reader.unaddressed
    loaded = project_loader.load_sources(files, wanted)
    return loaded._replace(
        adjacent_settings=adjacent_settings, settings=tuple(options.settings), texts=tuple(options.texts)
    )


def _in_order(files: Iterable[str], chosen: Collection[str]) -> list[str]:
    """The `files` that are among `chosen`, in their order."""
    return [file for file in files if file in chosen]


def read_project_folders(
    target_files: Sequence[str], project: Project, options: LoadOptions
) -> LoadedSources:
    """Like `read_files`, for directories inside a project. If one of their files can matter, the connected
    files of the project are read, too."""
    loaded = read_files(target_files, options)
    if not (loaded.sources or loaded.has_api_signs or loaded.client_users):
        return loaded
    discovery = project()
    options = options._replace(settings=discovery.settings, texts=discovery.texts)
    if not (loaded.sources or loaded.has_api_signs or options.adjacent_settings((), loaded.client_users)):
        return loaded
    whole = read_files(sorted({*target_files, *discovery.files}), options)
    return whole._replace(
        problems=loaded.problems,
        binary=loaded.binary,
        too_large=loaded.too_large,
        unaddressed=loaded.unaddressed,
    )


class _SourceLoader:
    def __init__(self, store: Store, contents: Mapping[str, bytes] | None = None) -> None:
        self.store = store
        self.is_project = cache(is_project)
        self.here = f"{os.getcwd()}/"
        self.contents = contents or {}
        self.loaded: dict[str, bytes] = {}
        self.with_partial_signature: set[str] = set()
        """Files without an anchor that contain an element of a signature, or import one that does. Others may
        contain the rest."""
        self.client_users: set[str] = set()
        """Files that import an HTTP client."""
        self.problems: dict[str, Fault] = {}
        """The first fault of each file."""
        self.binary: list[str] = []
        self.too_large: list[str] = []
        self.unaddressed: list[Unaddressed] = []
        self.modules: dict[str, bytes] = {}
        """The code of a notebook's cells, by notebook."""

    def read(self, file: str) -> bytes:
        """The bytes of `file`. Empty if it can't be read, which is recorded in `problems`."""
        try:
            data = self.loaded.get(file, self.contents.get(file))
            return read_bytes(file) if data is None else data
        except UnreadableSourceError as error:
            self.problems.setdefault(file, error.faults[0])
            return b""

    def screen(self, file: str, anchors: Anchors) -> None:
        """Keep the bytes of `file` if it can matter, and record why it can't be read."""
        data = self.read(file)
        if len(data) > LARGEST and not names_api(data, anchors):
            self.too_large.append(file)
        elif is_binary(data) and not names_api(data, anchors):
            self.binary.append(file)
        elif file_can_matter(data, file, anchors) or is_named_caller(data, file, anchors):
            self.loaded[file] = data
        elif has_part_of_signature(data, anchors.signature):
            self.with_partial_signature.add(file)
        if imports_client(data, anchors):
            self.client_users.add(file)
            module = self.module(file)
            if is_unaddressed(module, anchors):
                self.unaddressed.append(first_header_place(file, module, anchors))

    def module(self, file: str) -> bytes:
        """The text of `file` as a module. Empty if it can't be read."""
        if not is_notebook(file):
            return self.read(file)
        if file not in self.modules:
            self.modules[file] = module_bytes(self.read(file), file)
        return self.modules[file]

    def module_at(self, path: str) -> bytes:
        """The text of the file at an absolute path as a module."""
        return self.module(path[len(self.here) :] if path.startswith(self.here) else shown_path(path))

    def load_sources(self, files: Sequence[str], wanted_paths: Collection[str]) -> LoadedSources:
        """The sources of the `wanted_paths` files."""
        sources = [self.decode(file) for file in files if file in wanted_paths]
        read = tuple(source for source in sources if source is not None)
        return LoadedSources(
            read,
            tuple(self.problems.values()),
            tuple(self.binary),
            tuple(self.too_large),
            unaddressed=tuple(self.unaddressed),
        )

    @cached_property
    def roots(self) -> ImportRoots:
        """The import roots of the directories checked so far."""
        from kognitos_migrate.discover.distributions import ImportRoots

        return ImportRoots()

    def decode(self, file: str) -> SourceFile | None:
        """The source of `file`. None if it can't be read or decoded, which is recorded in `problems`."""
        data = self.read(file)
        if file in self.problems:
            return None
        from kognitos_migrate.source.file import decode_module

        try:
            source = decode_module(data, file)
            if source.notebook is not None:
                from kognitos_migrate.run.notebook_cache import only_python

                source = only_python(source, self.store)
        except UnreadableSourceError as error:
            self.problems.setdefault(file, error.faults[0])
            return None
        except Exception as error:
            fault = Fault(bug_report(error), file, detail=traceback_of(error))
            self.problems.setdefault(file, fault)
            return None
        above = tuple(part for part in os.getcwd().split(os.sep)[1:] if part)
        from kognitos_migrate.discover.distributions import is_exported

        whole = os.path.abspath(file)
        roots = self.roots.roots_around(os.path.dirname(whole))
        home, exported = home_of(file, self.is_project), is_exported(whole, roots)
        required = self.roots.requirements_around(os.path.dirname(whole))
        return source.with_location(
            above, tuple(_packages(file)), home, roots, required, is_exported=exported
        )


def _packages(file: str) -> Iterator[str]:
    """The directories with an `__init__.py` around `file`, innermost first, as far as its relative path
    goes."""
    folder = os.path.dirname(file)
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        yield folder or "."
        if not folder or folder == os.path.dirname(folder):
            return
        folder = os.path.dirname(folder)
