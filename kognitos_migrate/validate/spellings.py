"""The old and new spellings of fields, words, methods, status codes and addresses."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.validate.symbolic_terms import Term, literal_term
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Text, Value


class Spellings:
    """The spellings by the rules, the settings and the migrated requests."""

    def __init__(self, program: ProgramFacts, old: Sequence[Match], new: Sequence[Match]) -> None:
        self._program, self._old, self._new = program, old, new

    def is_respelling(self, before: Term, after: Term) -> bool:
        """Whether a constant is the new name of a field, or a new word for another one."""
        return (before, after) in self.names or after in self.words.get(before, ())

    def is_field(self, name: str) -> bool:
        """Whether a reply may have a field of this name."""
        operations = self._program.rules.operations
        return any(one.old.has_reply_field(name) or one.new.has_reply_field(name) for one in operations)

    def is_key(self, term: Term) -> bool:
        """Whether a constant is a key of a configured table."""
        tables = self._program.settings.tables.values()
        return any(term == literal_term(key) for rows in tables for key in rows)

    def is_slot(self, name: str) -> bool:
        """Whether the rules have a field of replies, given as `operation.slot`."""
        return any(
            f"{operation.id}.{member.slot}" == name
            for operation in self._program.rules.operations
            for member in (*operation.old.reply, *operation.new.reply)
        )

    def is_name(self, slot: str, name: Term) -> bool:
        """Whether a constant is the new name of a field, given as `operation.slot`."""
        for operation in self._program.rules.operations:
            for member in operation.new.reply:
                if f"{operation.id}.{member.slot}" == slot and literal_term(member.name) == name:
                    return True
        return False

    def values_differ_in_addresses(self, before: Value, after: Value) -> bool:
        """Whether two texts differ in parts of addresses only."""
        texts = [[*alternatives(value)] for value in (before, after)]
        return all(
            isinstance(left, Text)
            and isinstance(right, Text)
            and self.differ_in_addresses(_with_null_for_holes(left), _with_null_for_holes(right))
            for left in texts[0]
            for right in texts[1]
        )

    @cached_property
    def words(self) -> Mapping[Term, set[Term]]:
        """The new words by the old ones."""
        words: dict[Term, set[Term]] = {}
        for vocabulary in self._program.settings.vocabularies.values():
            for old, new in vocabulary.items():
                words.setdefault(literal_term(old), set()).update(map(literal_term, new))
        return words

    @cached_property
    def entry_keys(self) -> set[tuple[Term, Term]]:
        """The keys under which the entries in lists of replies have their names and their values."""
        return {(literal_term(name), literal_term(value)) for name, value in self._program.rules.entry_keys()}

    @cached_property
    def names(self) -> set[tuple[Term, Term]]:
        """The old and new names of fields, methods and status codes."""
        names: set[tuple[Term, Term]] = set()
        for operation in self._program.rules.operations:
            old, new = operation.old, operation.new
            names.add((literal_term(old.status), literal_term(new.status)))
            names.add((literal_term(old.method), literal_term(new.method)))
            for left, right in ((old.reply, new.reply), (old.members, new.members)):
                names |= {
                    (literal_term(member.name), literal_term(other.name))
                    for member in left
                    for other in right
                    if member.slot == other.slot
                }
        return names

    def differ_in_addresses(self, before: str, after: str) -> bool:
        """Whether the parts in which two texts differ are parts of addresses of requests."""
        start, end = _common_ends(before, after)
        parts = before[start : len(before) - end], after[start : len(after) - end]
        return before != after and all(
            any(piece in url for url in urls)
            for part, urls in zip(parts, self._urls, strict=True)
            for piece in self._holes.split(part)
        )

    @cached_property
    def _holes(self) -> re.Pattern[str]:
        """The parts of addresses that values fill: holes, placeholders, and keys of configured tables."""
        tables = self._program.settings.tables.values()
        keys = sorted((re.escape(key) for rows in tables for key in rows), reverse=True)
        return re.compile("|".join((r"\$?\{[^}]*\}|\$\w+|%(?:\(\w+\))?[sd]|\0", *keys)))

    @cached_property
    def _urls(self) -> tuple[set[str], set[str]]:
        """The texts of the old and the new addresses."""
        return set(_addresses(self._old)), set(_addresses(self._new))


def _common_ends(before: str, after: str) -> tuple[int, int]:
    """The lengths of the common prefix and suffix of two texts, without parts of words."""
    left, right = _WORD.findall(before), _WORD.findall(after)
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    end = 0
    while end < min(len(left), len(right)) - start and left[-1 - end] == right[-1 - end]:
        end += 1
    return len("".join(left[:start])), len("".join(left[len(left) - end :]))


_WORD = re.compile(r"\w+|\W")


def _addresses(matches: Sequence[Match]) -> Iterator[str]:
    for match in matches:
        for operand in (*match.request.value(Role.URL), *match.request.bases):
            for choice in alternatives(operand.value):
                if isinstance(choice, Text):
                    yield _with_null_for_holes(choice)


def _with_null_for_holes(text: Text) -> str:
    """A text with a null character in place of each hole."""
    parts = [
        part.text
        if isinstance(part, Lit)
        else _with_null_for_holes(part.value)
        if isinstance(part.value, Text)
        else "\0"
        for part in text.parts
    ]
    return "".join(parts)
