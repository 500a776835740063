"""Which files of a run are connected, as far as text tells: those that are not know nothing of each other."""

import re
from collections.abc import Mapping

from kognitos_migrate.discover.imports import modules, prefixes
from kognitos_migrate.discover.related import links, served
from kognitos_migrate.discover.signature import is_word
from kognitos_migrate.unions import Unions

_DOTTED = re.compile(rb"""["']([A-Za-z_\x80-\xff][\w\x80-\xff]*(?:\.[\w\x80-\xff]+)+)[:"']""")
"""A text that may name something in a module: `patch("app.client.post")`."""
_PLAIN = re.compile(rb"""["']([A-Za-z_\x80-\xff][\w\x80-\xff]*)["']""")
_BY_NAME = (b"patch", b"setattr", b"import_module", b"__import__", b"pytest_plugins")
"""What takes a module's name as a text, which may have no dot in it."""


def links_of(texts: Mapping[str, bytes]) -> Mapping[str, frozenset[str]]:
    """By file, the files whose definitions it may use. `texts` are what the modules hold.

    It uses those of what it imports, and of modules that are named in its texts (tests patch them so); tests
    those of what stands in a `conftest.py` above them, and the other way round.
    """
    found: dict[str, set[str]] = {file: set() for file in texts}
    for one, other in links({file: modules(text, file) | _named(text) for file, text in texts.items()}):
        found[one].add(other)
    for file, test in served(texts, texts):
        found[file].add(test)
        found[test].add(file)
    return {file: frozenset(others) for file, others in found.items()}


def connected(links: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """The files in groups, in their order: what one file defines, no file of another group can reach."""
    files = Unions(links)
    for file, others in links.items():
        for other in others:
            files.join(file, other)
    return files.groups()


def _named(text: bytes) -> set[str]:
    by_name = any(is_word(word, text) for word in _BY_NAME)
    found = {*_DOTTED.findall(text), *(_PLAIN.findall(text) if by_name else ())}
    return {prefix for name in found for prefix in prefixes(name.decode("utf-8", "replace"))}
