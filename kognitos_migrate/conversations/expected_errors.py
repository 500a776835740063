"""Texts that tests expect in errors of the program, where these contain URLs."""

import re
from collections.abc import Collection, Iterator

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.state.use_details import IN_ERROR
from kognitos_migrate.rulebook.model import Operation, View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.message_observers import expected_errors_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Reply, Text
from kognitos_migrate.values.texts import literals

UNKNOWN_PART = "\0"
"""The character for an unknown part of a text."""


class ExpectedErrorText(Struct, frozen=True):
    """A text that a test expects in an error: its literals, and the text of each part. None for a part that
    isn't known."""

    parts: tuple[tuple[Lit | None, str], ...]

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(text for _, text in self.parts)

    def literal_at(self, start: int, end: int) -> tuple[Lit, int] | None:
        """The literal that contains a range of the text, and the start of the range in it; None if there is
        none."""
        place = 0
        for lit, text in self.parts:
            if lit is not None and place <= start and end <= place + len(text):
                return lit, start - place
            place += len(text)
        return None


class ExpectedErrors:
    """The texts that the tests of a program expect in errors."""

    def __init__(self, program: ProgramFacts) -> None:
        """A program computes them once, by `program.memoize(ExpectedErrors)`."""
        spellings = (mock.object_spelling for mock in program.rules.mocks)
        records = frozenset(name for spelling in spellings if spelling for name in spelling.calls)
        expected = expected_errors_of([*program.trees.values()], program.facts.tests, records)
        by_site = {own: program.alternatives_at(own) for own in expected or ()}
        values = [choice for choices in by_site.values() for choice in choices]
        self.is_known = (
            expected is not None
            and all(by_site.values())
            and all(isinstance(choice, Text) for choice in values)
        )
        """Whether the texts are known, and nothing else in the program looks at those of errors."""
        self.texts = [
            ExpectedErrorText(tuple(_parts(choice)))
            for choice in dict.fromkeys(values)
            if isinstance(choice, Text)
        ]


def _parts(text: Text) -> Iterator[tuple[Lit | None, str]]:
    for part in text.parts:
        if isinstance(part, Lit):
            yield part, part.text
        elif isinstance(part.value, Text):
            yield from _parts(part.value)
        else:
            yield None, UNKNOWN_PART


def overlaps(text: str, literal: str) -> Iterator[tuple[int, int]]:
    """The places in a text of a literal, or of an end of it that the text begins or ends in, as the shift
    between the two and the number of common characters. They have a word in common.

    >>> list(overlaps("GET /v8/job/7", "/v8/job/"))
    [(4, 8)]
    >>> list(overlaps("/v8/job/7", "https://host/v8"))
    [(-12, 3)]
    """
    for shift in range(1 - len(literal), len(text)):
        common = text[max(shift, 0) : len(literal) + shift]
        if literal[max(-shift, 0) : len(text) - shift] == common and re.search(r"\w", common):
            yield shift, len(common)


def aligned_start(text: str, literal: str, start: int, end: int) -> int | None:
    """The place in a text of the range from `start` to `end` of a literal, if the two overlap there, and
    nowhere else with this range.

    >>> aligned_start("GET /v8/job/7 failed", "/v8/job/", 1, 3)
    5
    >>> aligned_start("/v8/job/7", "https://host/v8", 13, 15)
    1
    """
    places = [
        shift + start
        for shift, length in overlaps(text, literal)
        if max(shift, 0) <= shift + start and shift + end <= max(shift, 0) + length
    ]
    return places[0] if len(places) == 1 else None


def names_operation(text: str, operation: Operation) -> bool:
    """Whether a text contains the beginning of an operation's old path, or the end of that."""
    start = fixed_start(operation)
    word = next(part.text for part in reversed(operation.old.path) if part.text)
    return aligned_start(text, start, at := start.rindex(word), at + len(word)) is not None


def fixed_start(operation: Operation) -> str:
    """The beginning of an operation's old path up to the first slot, with the slash before that."""
    words: list[str] = []
    for part in operation.old.path:
        if part.text is None:
            return f"/{'/'.join((*words, ''))}"
        words.append(part.text)
    return f"/{'/'.join(words)}"


def explained_errors(
    program: ProgramFacts, understood: Collection[int], sites: Collection[Site]
) -> Iterator[Site]:
    """The literals of texts that tests expect in errors with the URLs of requests: of those with ids in
    `understood`, or with one of the literals `sites` of these URLs. Plans edit both."""
    expected = program.memoize(ExpectedErrors)
    if not expected.is_known or not expected.texts:
        return
    words = {part.text for operation in program.rules.operations for part in operation.old.path if part.text}
    for start in starts_in_errors(program, understood, sites):
        for word in sorted(words):
            at = start.find(word)
            for own in expected.texts if at >= 0 else ():
                place = aligned_start(own.text, start, at, at + len(word))
                literal = own.literal_at(place, place + len(word)) if place is not None else None
                if literal is not None and literal[0].site is not None:
                    yield literal[0].site


def starts_in_errors(
    program: ProgramFacts, understood: Collection[int], sites: Collection[Site]
) -> list[str]:
    """The known texts in the errors of a program that are parts of URLs, as for `explained_errors`."""
    operations = [operation for operation in program.rules.operations if operation.old.path]
    starts: dict[str, None] = {}
    for use in program.facts.uses:
        if use.detail != IN_ERROR or use.site.path in program.facts.tests:
            continue
        starts.update(dict.fromkeys(part.text for part in literals(use.value) if part.site in sites))
        for choice in alternatives(use.value):
            if isinstance(choice, Reply) and choice.path == (View.ADDRESS,) and choice.request in understood:
                starts.update(dict.fromkeys(map(fixed_start, operations)))
    return [*starts]
