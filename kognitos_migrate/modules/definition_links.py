"""Links between files by the definitions that one may use of another, and their connected components."""

import re
from collections.abc import Collection, Iterable, Mapping

from kognitos_migrate.discover.import_scan import imported_modules, name_prefixes, only_mentioned_modules
from kognitos_migrate.discover.signature import is_word_in
from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.modules.import_graph import import_links, tests_by_support_file
from kognitos_migrate.source.file import SourceFile

_DOTTED = re.compile(rb"""["']([A-Za-z_\x80-\xff][\w\x80-\xff]*(?:\.[\w\x80-\xff]+)+)[:"']""")
"""A string that may name an object in a module, as in `patch("app.client.post")`."""
_PLAIN = re.compile(rb"""["']([A-Za-z_\x80-\xff][\w\x80-\xff]*)["']""")
_BY_NAME = (b"patch", b"setattr", b"pytest_plugins")
"""Functions that take a module's name as a string, which may be without a dot."""


def definition_links(texts: Mapping[str, bytes]) -> Mapping[str, frozenset[str]]:
    """For each file, the files whose definitions it may use. `texts` are the modules' texts.

    These are the files that it imports and those of modules named in its strings, as in mocks. A test and
    each `conftest.py` above it are linked in both directions.
    """
    links = {file: {*others} for file, others in mention_links(texts).items()}
    for file, test in tests_by_support_file(texts, texts):
        links[file].add(test)
        links[test].add(file)
    return {file: frozenset(others) for file, others in links.items()}


def links_of_sources(sources: Iterable[SourceFile]) -> Mapping[str, frozenset[str]]:
    """The `definition_links` of the modules among the sources, and the data files that each of them reads."""
    sources = tuple(sources)
    modules = [source for source in sources if source.data is None]
    links = {
        **definition_links({source.path: source.text.encode("utf-8", "surrogatepass") for source in modules})
    }
    for source in sources:
        if source.data is not None:
            links[source.path] = frozenset()
            for user in links.keys() & source.data.users:
                links[user] |= {source.path}
    return links


def mention_links(texts: Mapping[str, bytes]) -> Mapping[str, frozenset[str]]:
    """For each file, the files that it imports, and those of modules named in its strings."""
    links: dict[str, set[str]] = {file: set() for file in texts}
    imported = {file: imported_modules(text, file) for file, text in texts.items()}
    in_strings = {file: _names_in_strings(text) for file, text in texts.items()}

    def mentions(file: str) -> Collection[str]:
        loaded = only_mentioned_modules(texts[file], file)
        return loaded | (in_strings[file] - imported[file])

    for importer, target in import_links(
        {file: names | in_strings[file] for file, names in imported.items()}, mentions
    ):
        links[importer].add(target)
    return {file: frozenset(others) for file, others in links.items()}


def connected_files(links: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """The connected components of the files, in order. No file can use a definition of another component."""
    files = DisjointSets(links)
    for file, others in links.items():
        for other in others:
            files.join(file, other)
    return files.groups()


def _names_in_strings(text: bytes) -> set[str]:
    by_name = any(is_word_in(word, text) for word in _BY_NAME)
    names = {*_DOTTED.findall(text), *(_PLAIN.findall(text) if by_name else ())}
    return {prefix for name in names for prefix in name_prefixes(name.decode("utf-8", "replace"))}
