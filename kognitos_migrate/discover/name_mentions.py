"""Mentions of files, variables and keys in the texts of modules. They show what a program may read."""

import os
import re
from collections.abc import Iterable


def contains_name(text: str, word: str) -> bool:
    """Whether a text contains a word, or a name with other characters, as a whole: with no letter, digit or
    underscore beside it."""
    return word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def names_file(text: str, file: str) -> bool:
    """Whether a text contains the name of a file."""
    return contains_name(text, os.path.basename(file))


def may_name_file(text: str, file: str) -> bool:
    """Whether a text contains the name of a file, or a string that ends it behind a value: `f"{stage}.toml"`,
    `"app-%s.toml"`, `stage + ".toml"`."""
    name = os.path.basename(file)
    ends = (name[place:] for place, character in enumerate(name) if place and character in "._-")
    return names_file(text, file) or any(
        end in text and re.search(rf"""(?:[}}"']|%s|\)s){re.escape(end)}["']""", text) for end in ends
    )


def names_stem(text: str, file: str) -> bool:
    """Whether a text contains the name of a file up to its first dot, as a string or as a part of a path."""
    stem = os.path.basename(file).partition(".")[0]
    return bool(stem) and re.search(rf"""["'/]{re.escape(stem)}["'/.]""", text) is not None


def is_named(file: str, texts: Iterable[str]) -> bool:
    """Whether one of the texts contains the name of a file, or the end of it behind a value."""
    return any(may_name_file(text, file) for text in texts)
