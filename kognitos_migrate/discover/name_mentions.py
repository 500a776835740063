"""Mentions of files, variables and keys in the texts of modules. They show what a program may read."""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

_WORD = re.compile(r"\w+")
_END_BEHIND_VALUE = re.compile(r"""(?:[}"']|%s|\)s)(?=([._-][^"'\n]*)["'])""")
"""A string, or its rest behind a value, that may be the end of a file's name."""


def contains_name(text: str, word: str) -> bool:
    """Whether a text contains a word, or a name with other characters, as a whole: with no letter, digit or
    underscore beside it."""
    return word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def names_file(text: str, file: str) -> bool:
    """Whether a text contains the name of a file."""
    return contains_name(text, os.path.basename(file))


def names_stem(text: str, file: str) -> bool:
    """Whether a text contains the name of a file up to its first dot, as a string or as a part of a path."""
    stem = os.path.basename(file).partition(".")[0]
    return bool(stem) and re.search(rf"""["'/]{re.escape(stem)}["'/.]""", text) is not None


class FileMentions:
    """The mentions of files in modules, for many of both: a module is searched only for files whose words it
    has.

    >>> FileMentions({"app.py": 'open(f"{stage}.toml")'}, ["conf/eu.toml"]).modules_naming("conf/eu.toml")
    ['app.py']
    """

    def __init__(self, texts: Mapping[str, str], files: Iterable[str]) -> None:
        """The mentions of `files` in modules with `texts`, by path."""
        self._texts = texts
        names = {os.path.basename(file) for file in files}
        words = {word for name in names for word in _WORD.findall(name)}
        ends = {end for name in names for end in _ends(name)}
        self._with_word: dict[str, set[str]] = {}
        self._with_end: dict[str, set[str]] = {}
        for path, text in texts.items():
            for word in words.intersection(_WORD.findall(text)):
                self._with_word.setdefault(word, set()).add(path)
            for end in ends.intersection(_END_BEHIND_VALUE.findall(text)):
                self._with_end.setdefault(end, set()).add(path)

    def modules_naming(self, file: str) -> list[str]:
        """The modules with the name of a file, or with a string that ends it behind a value:
        `f"{stage}.toml"`, `"app-%s.toml"`, `stage + ".toml"`."""
        return sorted({*self._modules_naming(os.path.basename(file))})

    def is_named(self, file: str) -> bool:
        """Whether a module names a file so."""
        return any(True for _ in self._modules_naming(os.path.basename(file)))

    def _modules_naming(self, name: str) -> Iterator[str]:
        for end in _ends(name):
            yield from self._with_end.get(end, ())
        yield from (path for path in self._modules_with_words(name) if contains_name(self._texts[path], name))

    def has_stem(self, file: str) -> bool:
        """Whether a module contains the name of a file up to its first dot, as a string or a part of a
        path."""
        stem = os.path.basename(file).partition(".")[0]
        return any(names_stem(self._texts[path], file) for path in self._modules_with_words(stem))

    def _modules_with_words(self, name: str) -> Collection[str]:
        """The modules that contain each word of a name."""
        modules = [self._with_word.get(word, set()) for word in _WORD.findall(name)]
        return set.intersection(*modules) if modules else self._texts


def _ends(name: str) -> Iterator[str]:
    """The ends of a file's name that a string may put behind a value."""
    return (name[place:] for place, character in enumerate(name) if place and character in "._-")
