"""The storage names in a text that escapes, under which code out of sight may store a value."""

import codecs
import re
from collections.abc import Iterator
from functools import cache
from mimetypes import MimeTypes
from pathlib import PurePosixPath

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.rulebook.model import Rulebook

_SHORTEST = 3
"""The least characters of a name. Shorter texts are file modes and the like."""
_TABLE = re.compile(
    r"\b(?:from|into|update|join|table(?:\s+if\s+not\s+exists|\s+if\s+exists)?)\s+[\"'`\[]?(\w[\w.]*)",
    re.IGNORECASE,
)
"""A table in a query, or in a fragment of one."""
_QUERY = re.compile(
    r"\s*(?:select|insert|update|delete|replace|merge|upsert|create|drop|alter|truncate|with|from|into|join"
    r"|left|inner|where)\b",
    re.IGNORECASE,
)
_FILE = re.compile(r"\w\.\w|/\w")
"""Characters in a word that suggest a file name."""


class StorageNames:
    """Distinguishes names of files, tables, keys, queues and tasks from prose and from words of the API."""

    def __init__(self, rules: Rulebook, settings: Settings) -> None:
        """Collect the words of the API: from the `rules`, and from the keys of the configured tables."""
        apis = rules.apis.values()
        layouts = [layout for operation in rules.operations for layout in (operation.old, operation.new)]
        self._fields = frozenset(
            member.name for layout in layouts for member in (*layout.reply, *layout.members, *layout.query)
        )
        self._keys = frozenset(key for table in settings.tables.values() for key in table)
        self._headers = frozenset(header.lower() for api in apis for header in api.headers)
        self._hosts = tuple(host.lower() for api in apis for host in (*api.hosts, *settings.hosts))
        paths = [
            [part.text for part in operation.old.path if part.slot is None] for operation in rules.operations
        ]
        self._paths = [path for path in paths if path]

    def is_of_api(self, name: str) -> bool:
        """Whether a name is a field of the API or a configured key. Such a name isn't a storage name by
        itself."""
        return name in self._fields or name in self._keys

    def names_in(self, text: str) -> Iterator[str]:
        """The storage names in a text.

        The text itself, the file at the end of a path, the tables of a query, or the files in a command or a
        sentence.
        """
        if self._is_address(text) or _is_format(text):
            return
        words = text.split()
        if len(words) == 1 and words[0] == text:
            candidates = [text, PurePosixPath(text).name]
        else:
            candidates = list(self._words(text, words))
        for word in candidates:
            if self._is_name(word):
                yield word

    def _words(self, text: str, words: list[str]) -> Iterator[str]:
        tables = _TABLE.findall(text) if _QUERY.match(text) else []
        if tables:
            yield from (table.rpartition(".")[2] for table in tables)
        elif words and words[0].isupper():  # a command for a server
            others = re.findall(r"\w+", text)
            yield from (word for word in others if not (word.isupper() or word in self._fields))
        else:
            stripped = (word.strip("\"'`.,;:!?()[]{}<>") for word in words)
            yield from (PurePosixPath(word).name for word in stripped if _FILE.search(word))

    def _is_name(self, word: str) -> bool:
        is_long = len(word) >= _SHORTEST and re.search(r"\w{3}", word) is not None
        return is_long and not (
            word.startswith("-") or word.isdigit() or word.lower() in self._headers or _is_format(word)
        )

    def _is_address(self, text: str) -> bool:
        """Whether a text contains a host of the API or the path of a call."""
        lowered = text.lower()
        if any(host in lowered for host in self._hosts):
            return True
        segments = re.split(r"[/?#]", text)
        return any(
            segments[start : start + len(path)] == path
            for path in self._paths
            for start in range(len(segments) - len(path) + 1)
        )


@cache
def _formats() -> frozenset[str]:
    """The content types and file extensions of the standard library, without those of this machine."""
    types_by_extension = MimeTypes().types_map[True]
    return frozenset((*types_by_extension, *types_by_extension.values()))


def _is_format(word: str) -> bool:
    """Whether a word is an encoding, a content type, or a file extension."""
    if word in _formats() or word.lower() in _formats():
        return True
    try:
        codecs.lookup(word)
    except (LookupError, ValueError):
        return False
    return True
