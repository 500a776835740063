"""Scans the bytes of all files for relevance, in several processes and with cached results."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial
from itertools import chain
from types import MappingProxyType
from typing import TypeVar

from kognitos_migrate.cache import NO_STORE, Store, tool_fingerprint
from kognitos_migrate.discover.call_signs import any_names_request, has_call_sign, sends_requests
from kognitos_migrate.discover.import_scan import imported_modules, only_mentioned_modules
from kognitos_migrate.discover.prefilter import (
    Anchors,
    Unaddressed,
    first_header_place,
    is_unaddressed,
    may_read_reply,
    module_bytes,
)
from kognitos_migrate.discover.repository import is_project
from kognitos_migrate.discover.signature import SignatureSigns, has_name, has_word, signs_in_file
from kognitos_migrate.errors import Fault
from kognitos_migrate.modules.import_graph import ImportGraph
from kognitos_migrate.run.file_marks import (
    BINARY,
    CALLS,
    MATTERS,
    NAMES,
    SEARCHES,
    SENDS,
    SIGNS,
    TOO_LARGE,
    Note,
    marks_and_imports,
    note_of_imports,
    words_in_imports,
)
from kognitos_migrate.run.progress import Progress
from kognitos_migrate.run.project import home_of, is_inside
from kognitos_migrate.run.scan_cache import (
    FileStates,
    blank_states,
    current_states,
    join_paths,
    read_states,
    split_paths,
    unchanged_states,
    write_states,
)
from kognitos_migrate.run.worker_processes import ProcessFlag, do_nothing, map_in_processes, reader_count
from kognitos_migrate.source.content import UnreadableSourceError, read_bytes

MANY = 100
"""The number of files from which their states are cached on disk."""
LEAST = 1500
"""The least number of files per process."""

_MARKS, _IMPORTS = "files", "imports"
"""The kinds of cached notes: the marks of files, and the words in their imports. An unchanged project reads
only the first: it also contains the import closures."""
_REMEMBERED = 1_000
"""The number of files whose text is cached in memory, since their imports may be read several times."""
_NOTHING: Mapping[str, bytes] = MappingProxyType({})

Done = TypeVar("Done")


class ByteScan:
    """The marks and imports of files, read from their bytes. In a run over at least `MANY` files only the
    changed ones are read."""

    def __init__(
        self,
        files: Sequence[str],
        anchors: Anchors,
        store: Store,
        progress: Progress,
        workers: int | None = None,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Read nothing yet. `store` may contain the states of an earlier run. `meanwhile` is called after
        each share of this process, as soon as a file names the API."""
        self.problems: dict[str, Fault] = {}  # of unreadable files, by path
        self._files = files
        self._anchors = anchors
        self._store = store if len(files) >= MANY else NO_STORE
        self._progress = progress
        self._workers = reader_count() if workers is None else workers
        self._meanwhile = meanwhile or do_nothing
        self._naming = ProcessFlag(shared=len(files) >= 2 * LEAST)
        self._name = repr((os.getcwd(), files[:1], files[-1:], anchors)).encode("utf-8", "surrogateescape")
        if self._store.folder is not None:
            self._name += tool_fingerprint()
        self._now = blank_states(files) if self._store.folder is None else current_states(files)
        self._stored: dict[str, FileStates | None] = {}
        self._file_states: dict[str, FileStates] = {}
        self._is_project = cache(is_project)
        self._graph: ImportGraph | None = None
        self._content = lru_cache(maxsize=_REMEMBERED)(_content)

    def relevant_files(self) -> list[str]:
        """The files that contain a sign of a call. A URL path alone is no proof of a call of the API, but it
        counts here if the file doesn't show whose API it is."""
        return self._files_with_any(MATTERS)

    def open(self) -> list[str]:
        """The files that contain an anchor, or a name or an endpoint's word of a signature."""
        return self._files_with_any(MATTERS | NAMES | SIGNS | CALLS)

    def sending_files(self) -> list[str]:
        """The files that import an HTTP client."""
        return self._files_with_any(SENDS)

    def unaddressed_files(self, analysed: Collection[str]) -> list[Unaddressed]:
        """The files outside `analysed` that send requests with a header of the API but name no host."""
        keyed = {*self._files_with_any(SIGNS)}.intersection(self._files_with_any(SENDS)) - {*analysed}
        contents = ((file, self._content(file)) for file in self._files if file in keyed)
        return [
            first_header_place(file, data, self._anchors)
            for file, data in contents
            if is_unaddressed(data, self._anchors)
        ]

    def import_closure(
        self, seeds: Sequence[str], contents: Mapping[str, bytes] = _NOTHING
    ) -> frozenset[str]:
        """The files connected to the seeds by imports, in either direction. Files of the same project that
        may load modules by computed names belong to them. `contents` overrides the text of files on disk."""
        imports = self._imports(contents)
        files = self._imports_of_all(contents).relatives(seeds)
        return self._with_searching(files, _files_importing_by_name(imports))

    def near_files(self, files: Collection[str]) -> frozenset[str]:
        """The files near these: they themselves, their imports, their importers, and the imports of all of
        those."""
        if not files:
            return frozenset()
        return frozenset(
            near
            for _, near in self._imports_of_all().pairs_of_near_files(sorted(files), frozenset(self._files))
        )

    def connected_files(
        self, seeds: Collection[str], within: Collection[str], contents: Mapping[str, bytes] = _NOTHING
    ) -> frozenset[str]:
        """The files of `within` that are connected to the seeds by imports in either direction, and the
        seeds. `contents` overrides the text of files on disk."""
        graph = self._imports_of_all(contents)
        reached: set[str] = set()
        last = {*seeds}
        while last:
            reached |= last
            last = {*graph.imported_files(last), *graph.importers(last)}.intersection(within) - reached
        return frozenset(reached)

    def import_closure_of_api(self) -> frozenset[str]:
        """The files connected by imports to those that name the API. Empty if they bear no sign of a call."""
        naming = self._files_with_any(NAMES)
        if not naming:
            return frozenset()
        states = self._states_of(_MARKS)
        if states.related is None:
            telling = self._files_with_call_sign(naming)
            if not (telling or self.sending_files()):
                return frozenset()
            imports = self._imports()
            files = self._imports_of_all().relatives(naming)
            if telling.isdisjoint(files) and not self._sends_named_requests(files):
                return frozenset()
            states = states._replace(
                related=join_paths(sorted(files)), searching=join_paths(_files_importing_by_name(imports))
            )
            self._file_states[_MARKS] = states
        return self._with_searching(split_paths(states.related or b""), split_paths(states.searching))

    def _files_with_call_sign(self, naming: Collection[str]) -> frozenset[str]:
        """The files that contain a sign of a call, including those that don't name the API."""
        others = frozenset(self._files_with_any(SENDS | SIGNS | CALLS)).difference(naming)
        signed = (file for file in others if has_call_sign(self._content(file), file, self._anchors))
        return frozenset(self._files_with_any(MATTERS)).union(signed)

    def _sends_named_requests(self, files: Collection[str]) -> bool:
        """Whether some of the files send requests and, connected by imports, name one of the API."""
        rest = {file for file in files if sends_requests(self._content(file), self._anchors)}
        while rest:
            program = self.connected_files({min(rest)}, files)
            if any_names_request({file: self._content(file) for file in program}, self._anchors):
                return True
            rest -= program
        return False

    def import_closure_of_signature(self, contents: Mapping[str, bytes] = _NOTHING) -> frozenset[str]:
        """The files connected by imports to those that bear a signature. A file bears one if it contains a
        name of it, and it or a file nearby contains a word of the endpoint. `contents` overrides the text of
        files on disk."""
        states = self._states_of(_MARKS)
        if states.signed is not None and not contents:
            return frozenset(split_paths(states.signed))
        files = self._files_with_signature(contents)
        if not contents:
            self._file_states[_MARKS] = self._states_of(_MARKS)._replace(signed=join_paths(sorted(files)))
        return files

    def _files_with_signature(self, contents: Mapping[str, bytes]) -> frozenset[str]:
        signature = self._anchors.signature
        naming = _files_with_mark(
            self._files_with_any(SIGNS), contents, lambda data: has_name(data, signature)
        )
        calling = _files_with_mark(
            self._files_with_any(CALLS), contents, lambda data: has_word(data, signature)
        )
        if not naming:
            return frozenset()
        clients = self._anchors.clients
        traits = {
            file: signs_in_file(self._text(file, contents), signature, clients) for file in naming | calling
        }
        seeds = {file for file in naming if traits[file].has_complete_name(signature)}
        partners_by_file = self._signature_partners(naming - seeds, traits, traits)
        if not (seeds or partners_by_file):
            return frozenset()
        graph = self._imports_of_all(contents)
        pairs = graph.pairs_of_near_files(
            sorted(partners_by_file), frozenset(chain.from_iterable(partners_by_file.values()))
        )
        seeds.update(seed for seed, other in pairs if other in partners_by_file[seed])
        return graph.relatives(seeds) if seeds else frozenset()

    def _signature_partners(
        self, naming: Collection[str], calling: Collection[str], traits: Mapping[str, SignatureSigns]
    ) -> Mapping[str, frozenset[str]]:
        """The files of `calling` that complete the signature of a file of `naming`, by that file. Files with
        equal traits are compared once."""
        alike: defaultdict[SignatureSigns, set[str]] = defaultdict(set)
        for file in calling:
            alike[traits[file]].add(file)

        @cache
        def others(own: SignatureSigns) -> frozenset[str]:
            tied = (
                files
                for word, files in alike.items()
                if own.join_with(word).has_complete_name(self._anchors.signature)
            )
            return frozenset(chain.from_iterable(tied))

        return {file: partners for file in naming if (partners := others(traits[file]))}

    def _imports_of_all(self, contents: Mapping[str, bytes] = _NOTHING) -> ImportGraph:
        """The import graph. The graph of the files on disk is built once."""
        if contents:
            return ImportGraph(
                self._imports(contents),
                partial(self._modules, contents=contents),
                partial(self._text, contents=contents),
                partial(self._mentions, contents=contents),
                partial(may_read_reply, anchors=self._anchors),
            )
        if self._graph is None:
            self._graph = ImportGraph(
                self._imports(),
                self._modules,
                self._content,
                self._mentions,
                partial(may_read_reply, anchors=self._anchors),
            )
        return self._graph

    def _mentions(self, file: str, contents: Mapping[str, bytes] = _NOTHING) -> Collection[str]:
        """The modules that only strings of a file name."""
        return only_mentioned_modules(self._text(file, contents), file)

    def _modules(self, file: str, contents: Mapping[str, bytes] = _NOTHING) -> Collection[str]:
        """The modules that a file imports; empty for an unreadable file, which `problems` reports."""
        return imported_modules(self._text(file, contents), file)

    def _text(self, file: str, contents: Mapping[str, bytes]) -> bytes:
        """The text of a file as a module; empty for an unreadable file, which `problems` reports."""
        return module_bytes(contents[file], file) if file in contents else self._content(file)

    @property
    def binary(self) -> list[str]:
        """The files that are not text and don't name the API."""
        return self._files_with_any(BINARY)

    @property
    def too_large(self) -> list[str]:
        """The files that exceed `LARGEST` bytes and don't name the API."""
        return self._files_with_any(TOO_LARGE)

    def write_file_states(self) -> None:
        """Write the file states that changed to the store."""
        for kind, states in self._file_states.items():
            if self._store.folder is not None and states is not self._stored[kind]:
                write_states(self._store, kind, self._name, states)

    def _files_with_any(self, mark: int) -> list[str]:
        """The files with at least one of the marks."""
        notes = self._all_notes(
            _MARKS, "reading", partial(marks_and_imports, anchors=self._anchors, naming=self._naming)
        )
        wanted = {note for note in set(notes) if note and note[0] & mark}
        if not wanted:
            return []
        return [file for file, note in zip(self._files, notes, strict=True) if note in wanted]

    def _imports(self, contents: Mapping[str, bytes] = _NOTHING) -> Mapping[str, bytes]:
        """The words in the imports of each file."""
        self._naming.set()  # imports are needed only if a file names the API
        notes = self._all_notes(_IMPORTS, "following imports", words_in_imports)
        imports = dict(zip(self._files, notes, strict=True))
        read_already = imports.keys() & contents.keys()
        imports.update((file, note_of_imports(contents[file], file)) for file in read_already)
        return imports

    def _with_searching(self, files: Collection[str], searching: Iterable[str]) -> frozenset[str]:
        homes = {home_of(file, self._is_project) for file in files}
        return frozenset(files).union(
            file for file in searching if _contains_or_equals(home_of(file, self._is_project), homes)
        )

    def _all_notes(self, kind: str, phase: str, search: Callable[[Sequence[str]], list[Note]]) -> list[bytes]:
        """The notes of one kind on all files, after reading the files that have none yet."""
        states = self._states_of(kind)
        unseen = [place for place, note in enumerate(states.notes) if not note]
        notes = list(states.notes) if unseen else states.notes
        beside: dict[int, bytes] = {}
        for place, new_note in zip(unseen, self._spread(phase, search, unseen), strict=True):
            if isinstance(new_note, Fault):
                self.problems[self._files[place]] = new_note
            elif kind == _MARKS:
                notes[place], beside[place] = new_note[:1], new_note[1:]
            else:
                notes[place] = new_note
        if notes != states.notes:
            self._file_states[kind] = states._replace(notes=notes, related=None, signed=None)
        if any(beside.values()):
            self._note_imports(beside)
        return notes

    def _note_imports(self, words_by_place: Mapping[int, bytes]) -> None:
        """Add import words to the notes on imports, by position of the file. Existing notes stay."""
        states = self._states_of(_IMPORTS)
        notes = list(states.notes)
        for place, note in words_by_place.items():
            notes[place] = notes[place] or note
        self._file_states[_IMPORTS] = states._replace(notes=notes, related=None)

    def _states_of(self, kind: str) -> FileStates:
        if kind not in self._file_states:
            self._stored[kind] = read_states(self._store, kind, self._name)
            self._file_states[kind] = unchanged_states(self._now, self._stored[kind])
        return self._file_states[kind]

    def _spread(
        self, phase: str, work: Callable[[Sequence[str]], list[Done]], places: Sequence[int]
    ) -> list[Done]:
        """The results of `work` for the files at these positions."""
        if not places:
            return []
        self._progress.phase(phase, len(places))
        files = [self._files[place] for place in places]
        return map_in_processes(
            work, files, self._workers, LEAST, self._progress.advance, self._work_while_scanning
        )

    def _work_while_scanning(self) -> None:
        if self._naming.is_set():
            self._meanwhile()


def _contains_or_equals(home: str, others: Collection[str]) -> bool:
    """Whether `home` is one of the other projects, or contains one."""
    return home in others or any(is_inside(other, home) for other in others)


def _files_with_mark(
    files: Iterable[str], contents: Mapping[str, bytes], has_mark: Callable[[bytes], bool]
) -> frozenset[str]:
    """The files with a mark, without those in `contents` whose new text lacks it."""
    return frozenset(file for file in files if file not in contents).union(
        file for file, data in contents.items() if has_mark(module_bytes(data, file))
    )


def _files_importing_by_name(imports: Mapping[str, bytes]) -> Iterable[str]:
    """The files that may load modules by computed names, from the words in their imports."""
    return (file for file, words in imports.items() if words.startswith(SEARCHES))


def _content(file: str) -> bytes:
    """The text of a file on disk as a module; empty if it can't be read."""
    try:
        return module_bytes(read_bytes(file), file)
    except UnreadableSourceError:
        return b""
