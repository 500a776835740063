"""The nodes of a TOML or INI text, with the offsets of those values that are written out on one line.

A value without such a place, like one of several lines, can't be changed.
"""

import json
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from configparser import DEFAULTSECT, Error, RawConfigParser
from itertools import islice

from kognitos_migrate.source.data_file.nodes import DataFileError, Node
from kognitos_migrate.source.data_file.references import Options
from kognitos_migrate.source.toml_text import parse_toml
from kognitos_migrate.structs import Struct

_LONGEST_INTEGER = 1024
"""The limit on an integer, in bits. Python refuses to write one of 4,300 digits."""
MAX_INHERITED = 2_000
"""Limit on the options that the sections of an INI file inherit, since each section gets all of them."""
MAX_SEARCHED = 1_000_000_000
"""Limit on the characters that are searched for the places of values: all lines of its key for each value."""
_COST_OF_LINE = 500
"""The characters that take as long as the start of a search."""
_LINE = re.compile(
    r"^[ \t]*(?:(?P<table>\[+)[ \t]*(?P<section>[^\[\]\n]{1,100}?)[ \t]*\]+[ \t]*(?:[#;].*)?$"
    r"|(?P<key>[\w.\"'-]{1,100})[ \t]*[=:][ \t]*(?P<value>.*))",
    re.MULTILINE,
)
"""A line of a TOML or INI file: the name of a section, or a key with its value."""


def toml_root(text: str) -> Node:
    """The root node of a TOML text. Raises DataFileError if it isn't valid, or if finding the places of its
    values takes too long."""
    try:
        return _TomlReader.of(text, is_toml=True).node(parse_toml(text), ())
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise DataFileError(str(error)) from None


def ini_root(text: str) -> Node:
    """The root node of an INI text: its sections. Raises DataFileError if it isn't valid, or if its sections
    inherit more than MAX_INHERITED options."""
    parser = RawConfigParser()
    try:
        parser.read_string(text)
    except (Error, ValueError) as error:
        raise DataFileError(str(error)) from None
    if len(parser.defaults()) * len(parser.sections()) > MAX_INHERITED:
        raise DataFileError("its sections inherit too many options")
    sections = {section: {**parser[section]} for section in parser.sections()}
    if parser.defaults():
        sections[parser.default_section] = {**parser.defaults()}
    try:
        return _TomlReader.of(text, is_toml=False).sections(sections)
    except RecursionError as error:
        raise DataFileError(str(error)) from None


class _Place(Struct, frozen=True):
    """The offsets of what is behind the last key of a line."""

    start: int
    end: int


class _Budget:
    """The characters that may still be searched."""

    def __init__(self) -> None:
        self._characters = MAX_SEARCHED

    def spend(self, characters: int) -> None:
        """Raises DataFileError if too few are left."""
        self._characters -= characters
        if self._characters < 0:
            raise DataFileError("it has too many values in lists")


class _TomlReader(Struct, frozen=True):
    text: str
    is_toml: bool
    places: Mapping[tuple[str, ...], Sequence[_Place]]
    """The places of the lines, by their keys."""
    breaks: Sequence[int]
    """The offsets of the line breaks."""
    budget: _Budget

    @classmethod
    def of(cls, text: str, *, is_toml: bool) -> "_TomlReader":
        section: tuple[str, ...] = ()
        places: defaultdict[tuple[str, ...], list[_Place]] = defaultdict(list)
        for line in _LINE.finditer(text):
            if line["section"] is not None:
                section = cls._words(line["section"], is_toml=is_toml)
            else:
                key = line["key"] if is_toml else line["key"].lower()
                keys = (*section, *cls._words(key, is_toml=is_toml))
                places[keys].append(_Place(*line.span("value")))
        breaks = [match.start() for match in re.finditer("\n", text)]
        return cls(text, is_toml, places, breaks, _Budget())

    @staticmethod
    def _words(name: str, *, is_toml: bool) -> tuple[str, ...]:
        return tuple(word.strip().strip("\"'") for word in name.split(".")) if is_toml else (name,)

    def sections(self, sections: Mapping[str, Mapping[str, str]]) -> Node:
        """The node of the sections of an INI file."""
        options = Options(sections, self.places, self.node)
        nodes = {
            section: [(self._node_out_of_place(option), options.node(section, option)) for option in names]
            for section, names in sections.items()
        }
        pairs = (
            (self._node_out_of_place(section), Node(0, 0, 0, 0, pairs=tuple(pairs)))
            for section, pairs in nodes.items()
        )
        return Node(0, 0, 0, 0, pairs=tuple(pairs))

    def node(self, value: object, keys: tuple[str, ...]) -> Node:
        """The node of a value that `keys` lead to."""
        if isinstance(value, dict):
            pairs = tuple(
                (self._node_out_of_place(key), self.node(item, (*keys, key))) for key, item in value.items()
            )
            return Node(0, 0, 0, 0, pairs=pairs)
        if isinstance(value, list):
            return Node(0, 0, 0, 0, items=tuple(self.node(item, keys) for item in value))
        if not isinstance(value, str | bool | int | float) or value != value:
            return Node(0, 0, 0, 0)
        if isinstance(value, int) and value.bit_length() > _LONGEST_INTEGER:
            return Node(0, 0, 0, 0)
        if not isinstance(value, str):
            return self._node_out_of_place(value)
        starts = [start for length in range(len(keys)) if (start := keys[: length + 1]) in self.places]
        if not starts and not self.is_toml and len(keys) == 2:  # an option that the section inherits
            starts = [(DEFAULTSECT, keys[1])]
        places = (place for start in starts for place in self.places.get(start, ()))
        words = [json.dumps(value), f"'{value}'"] if self.is_toml else []
        matches = (span for place in places for span in self._spans(value, words, place))
        spans = list(islice(matches, 2))
        return self._node_at(value, *spans[0]) if len(spans) == 1 else self._node_out_of_place(value)

    def _spans(self, value: str, words: Sequence[str], place: _Place) -> list[tuple[int, int]]:
        """The offsets of a text in a line. In TOML, it is written as one of the `words`, with its quotes."""
        self.budget.spend(place.end - place.start + _COST_OF_LINE)
        line = self.text[place.start : place.end]
        written = words if self.is_toml else [line] * (line.strip() == value)
        starts = [(place.start + at, word) for word in written for at in _occurrences(line, word)]
        return [(start, start + len(word)) for start, word in starts]

    def _node_at(self, value: str, start: int, end: int) -> Node:
        before = bisect_left(self.breaks, start)
        column = start - (self.breaks[before - 1] + 1 if before else 0)
        style = self.text[start] if self.is_toml else None
        end = start + len(value) if style is None else end
        return Node(start, end, before, column, value=value, style=style)

    def _node_out_of_place(self, value: object) -> Node:
        return Node(-1, -1, 0, 0, value=value)


def _occurrences(text: str, word: str) -> list[int]:
    """The offsets of a word in a text, two at most."""
    first = text.find(word) if word else -1
    second = text.find(word, first + len(word)) if first >= 0 else -1
    return [start for start in (first, second) if start >= 0]
