"""The names in a text that a program gives to code out of sight, which may keep a value under one of them."""

import codecs
import mimetypes
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.rulebook.model import Rulebook

_SHORTEST = 3
"""Characters of a name. Shorter texts are modes of files and the like."""
_TABLE = re.compile(
    r"\b(?:from|into|update|join|table(?:\s+if\s+not\s+exists|\s+if\s+exists)?)\s+[\"'`\[]?(\w[\w.]*)",
    re.IGNORECASE,
)
"""A table in a query, or in a piece of one."""
_QUERY = re.compile(
    r"\s*(?:select|insert|update|delete|replace|merge|upsert|create|drop|alter|truncate|with|from|into|join"
    r"|left|inner|where)\b",
    re.IGNORECASE,
)
_FILE = re.compile(r"\w\.\w|/\w")
"""A part of a word that may name a file."""


class StorageNames:
    """Tells the names of files, tables, keys, queues, and tasks from words for people and for the API."""

    def __init__(self, rules: Rulebook, settings: Settings) -> None:
        """Words of the API are those of the `rules`, and the keys of the configuration's tables."""
        apis = rules.apis.values()
        layouts = [layout for one in rules.operations for layout in (one.old, one.new)]
        self._fields = frozenset(
            member.name for layout in layouts for member in (*layout.reply, *layout.members, *layout.query)
        )
        self._keys = frozenset(key for table in settings.tables.values() for key in table)
        self._headers = frozenset(header.lower() for api in apis for header in api.headers)
        self._hosts = tuple(host.lower() for api in apis for host in (*api.hosts, *settings.hosts))
        paths = [[part.text for part in one.old.path if part.slot is None] for one in rules.operations]
        self._paths = [path for path in paths if path]

    def is_of_api(self, name: str) -> bool:
        """Whether a name is that of a field, or a key of the configuration: values are kept under one only
        where it is given together with them."""
        return name in self._fields or name in self._keys

    def names_in(self, text: str) -> Iterator[str]:
        """The names that a text may give: itself, the file at the end of a path, the tables of a query, files
        in a line for people or for a shell."""
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
        """Whether a text names the API or the path of one of its calls."""
        lowered = text.lower()
        if any(host in lowered for host in self._hosts):
            return True
        segments = re.split(r"[/?#]", text)
        return any(
            segments[start : start + len(path)] == path
            for path in self._paths
            for start in range(len(segments) - len(path) + 1)
        )


def _is_format(word: str) -> bool:
    """Whether a word is an encoding, a type of content, or the end of a file's name."""
    if word in mimetypes.types_map.values() or word.lower() in mimetypes.types_map:
        return True
    try:
        codecs.lookup(word)
    except (LookupError, ValueError):
        return False
    return True
