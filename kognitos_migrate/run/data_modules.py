"""Data files as modules of the program, such as settings files that modules name."""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence

from kognitos_migrate.config.discovery import PROJECT_FILE, PROJECT_TABLE
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.name_mentions import FileMentions
from kognitos_migrate.modules.modules_of_tests import modules_of_tests
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.source.data_file.conversion import DataFile, is_recording, module_text
from kognitos_migrate.source.data_file.nodes import DataFileError
from kognitos_migrate.source.file import (
    ContentKind,
    SourceFile,
    UnwritableSourceError,
    decode_other_file,
    file_bytes,
)
from kognitos_migrate.structs import Struct, replace


def data_module(
    source: SourceFile, data: DataFile, home: SourceFile | None, content: bytes
) -> SourceFile | None:
    """The module for a data file. None if its text isn't data, or if the module doesn't yield its `content`.

    `source` is the file as text, and `home` another source of its project (None: there is none).
    """
    home = home or source
    try:
        module = replace(
            source,
            content_kind=ContentKind.PYTHON,
            text=module_text(data),
            data=data,
            above=home.above,
            project=home.project,
            roots=home.roots,
            requirements=home.requirements,
        )
        return module if file_bytes(module, module.text) == content else None
    except (DataFileError, UnwritableSourceError):
        return None


def settings_sources(
    sources: Sequence[SourceFile], contents: Sequence[tuple[str, bytes]]
) -> tuple[SourceFile, ...]:
    """The modules for those settings files that modules among `sources` may name. `contents` are files with
    their paths."""
    texts = {source.path: source.text for source in sources if source.fault is None}
    mentions = FileMentions(texts, (path for path, _ in contents))
    modules: list[SourceFile] = []
    for path, content in contents:
        users = tuple(mentions.modules_naming(path))
        if not users:
            continue
        source = decode_other_file(content, path)
        suffix = posixpath.splitext(path)[1]
        own_table = PROJECT_TABLE if posixpath.basename(path) == PROJECT_FILE else ()
        data = DataFile(source.text, users, is_settings=True, suffix=suffix, own_table=own_table)
        module = data_module(source, data, sources[0] if sources else None, content)
        modules += [module] if module is not None else []
    return tuple(modules)


class TestTexts(Struct, frozen=True):
    """The words in the texts of modules: of each test, and of all modules that are no tests."""

    of_tests: Mapping[str, frozenset[str]]
    of_others: frozenset[str]
    located_source: SourceFile | None
    """A source of the project, for the location of data files. None if there is none."""

    @classmethod
    def of(cls, sources: Sequence[SourceFile], settings: Settings) -> "TestTexts":
        """The words of some sources."""
        texts = {
            source.path: source.text.encode("utf-8", "surrogatepass")
            for source in sources
            if source.fault is None
        }
        tests = modules_of_tests(texts, settings)
        words = {source.path: frozenset(re.findall(r"[\w.-]+", source.text)) for source in sources}
        return cls(
            {path: words[path] for path in sorted(tests)},
            frozenset(word for path in words for word in words[path] if path not in tests),
            sources[0] if sources else None,
        )

    def users(self, path: str, *, is_recording: bool) -> tuple[str, ...]:
        """The tests that may read a data file.

        They name the file, its folder and its suffix, or one of their functions is named like it. A recording
        that none names may be of each of them. Empty if a module that is no test names the file.
        """
        folder, name = posixpath.split(path)
        stem, suffix = posixpath.splitext(name)
        if name in self.of_others:
            return ()
        namings = ({name}, {stem}, {stem.partition("[")[0]}, {posixpath.basename(folder), suffix})
        for naming in namings:
            users = tuple(test for test, words in self.of_tests.items() if naming <= words)
            if users:
                return users
        return tuple(self.of_tests) if is_recording else ()


def data_sources(
    sources: Sequence[SourceFile],
    contents: Iterable[tuple[str, bytes]],
    rulebook: Rulebook,
    settings: Settings,
) -> tuple[SourceFile, ...]:
    """The sources of those data files that tests among `sources` may read. `contents` are files with their
    paths, which are read only if there are tests."""
    texts = TestTexts.of(sources, settings)
    if not texts.of_tests:
        return ()
    search = _DataSearch(texts, rulebook)
    results = (search.source(path, content) for path, content in contents)
    return tuple(source for source in results if source is not None)


class _DataSearch(Struct, frozen=True):
    texts: TestTexts
    rulebook: Rulebook

    def source(self, file: str, content: bytes) -> SourceFile | None:
        """The source of a data file; None if no test reads it."""
        source, suffix = decode_other_file(content, file), posixpath.splitext(file)[1]
        try:
            plain = DataFile(source.text, suffix=suffix)
            forms = (form for mock in self.rulebook.mocks for form in mock.recordings)
            form = next((form for form in forms if is_recording(plain.root, form)), None)
        except DataFileError:
            return None
        users = self.texts.users(file, is_recording=form is not None)
        data = DataFile(source.text, users, form, suffix=suffix)
        return data_module(source, data, self.texts.located_source, content) if users else None
