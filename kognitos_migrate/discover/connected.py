"""Which files of a run are connected, as far as text tells: those that are not know nothing of each other."""

import re
from collections.abc import Iterator, Mapping

from kognitos_migrate.discover.imports import modules, prefixes
from kognitos_migrate.discover.related import links, serving
from kognitos_migrate.unions import Unions

_DOTTED = re.compile(rb"""["']([^\W\d]\w*(?:\.\w+)+)[:"']""")
"""A text that may name something in a module: `patch("app.client.post")`."""
_PLAIN = re.compile(rb"""["']([^\W\d]\w*)["']""")
_BY_NAME = re.compile(rb"""\b(?:patch|setattr|import_module|__import__|pytest_plugins)\b""")
"""What takes a module's name as a text, which may have no dot in it."""


def connected(texts: Mapping[str, bytes]) -> list[list[str]]:
    """The files in groups, in their order: what one file defines, no file of another group can reach.

    `texts` are what the modules hold, by file. Files are connected by imports, by texts that name a module
    (those that patch it do), and as pytest connects tests with what stands in a `conftest.py` above them.
    """
    files = Unions(texts)
    for one, other in _links(texts):
        files.join(one, other)
    return files.groups()


def _links(texts: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    yield from links({file: modules(text, file) | _named(text) for file, text in texts.items()})
    for file in serving(texts, texts):
        yield from ((file, other) for other in texts if serving([file], [other]))


def _named(text: bytes) -> set[str]:
    found = {*_DOTTED.findall(text), *(_PLAIN.findall(text) if _BY_NAME.search(text) else ())}
    return {prefix for name in found for prefix in prefixes(name.decode("utf-8", "replace"))}
