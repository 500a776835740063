"""Texts of errors, and whether the program searches them for watched words."""

import re
from itertools import islice

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.use_details import IN_ERROR
from kognitos_migrate.interpret.strings import WORD, literals_in, words_in
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.texts import possible_texts

IN_EXPECTED_ERROR = "an error message that a composed text may be searched in"
"""The detail of an escape into the text of an error, as long as the composed text isn't known."""
_PLAIN = re.compile(r"[^\\.^$*+?{}\[\]|()]*")
"""The start of a pattern without operators."""
_ESCAPE = re.compile(r"\\\w")
"""An escape sequence of a pattern that isn't literal: a word boundary, a digit."""


def message_style(interpreter: Interpreter, *parts: Operand) -> tuple[UseKind, str]:
    """ESCAPE if the program may find a watched word in a message made of all of `parts`, else LOG, with the
    detail of such a use."""
    words = words_in(part.value for part in parts)
    watched = [
        text
        for part in parts
        for text in literals_in(part.value)
        if any(word in text for word in interpreter.notes.watch)
    ]
    if any(
        _depends_on_watched_word(interpreter, pattern, words)
        or any(_matches_watched_word(interpreter, pattern or "", text) for text in watched)
        for pattern in interpreter.readers.error_patterns
    ):
        return UseKind.ESCAPE, IN_ERROR
    if interpreter.readers.composed_patterns:
        return UseKind.ESCAPE, IN_EXPECTED_ERROR
    return UseKind.LOG, IN_ERROR


_COMBINATIONS = 100
"""The number of texts of one pattern that are looked at."""


def _expects_watched_word(interpreter: Interpreter) -> bool:
    """Whether a composed text that tests expect in errors may contain a watched word. The values of the whole
    run tell it."""
    sites = dict.fromkeys(interpreter.readers.composed_patterns, False)
    for (site, _), value in interpreter.facts.values.items() if sites else ():
        if site in sites:
            sites[site] = True
            texts = list(islice(possible_texts(value), _COMBINATIONS))
            if len(texts) == _COMBINATIONS or None in texts:
                return True
            if any(word in text for text in texts if text for word in interpreter.notes.watch):
                return True
    return not all(sites.values())


def _matches_watched_word(interpreter: Interpreter, pattern: str, text: str) -> bool:
    """Whether a pattern may match a watched word of a literal: next to the word, they agree up to the end of
    one of them or up to an operator of the pattern."""
    return any(
        _have_equal_start(pattern[at:], text[own:])
        and _have_equal_start(pattern[:at][::-1], text[:own][::-1])
        for word in interpreter.notes.watch
        if word in pattern and word in text
        for at in _occurrences(word, pattern)
        for own in _occurrences(word, text)
    )


def _occurrences(word: str, text: str) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(word), text)]


def _have_equal_start(pattern: str, text: str) -> bool:
    """Whether the common length of a pattern and a text is equal, up to the pattern's first operator."""
    plain = _PLAIN.match(pattern)
    length = min(plain.end() if plain is not None else 0, len(text))
    return pattern[:length] == text[:length]


def _depends_on_watched_word(interpreter: Interpreter, pattern: str | None, words: frozenset[str]) -> bool:
    """Whether a watched word decides if a message of `words` matches `pattern` (None: an unknown pattern)."""
    if pattern is None:
        return True
    pattern_words = WORD.findall(_ESCAPE.sub(" ", pattern))
    other_words = [word for word in pattern_words if word not in interpreter.notes.watch]
    return (
        any(word in pattern for word in interpreter.notes.watch)
        and not words.issuperset(pattern_words)
        and (not other_words or not words.isdisjoint(other_words))
    )


def judge_expected_errors(interpreter: Interpreter) -> None:
    """Turn the uses in texts of errors in which a composed text may be searched into escapes, or into those
    of a log if no such text may contain a watched word."""
    if not interpreter.readers.composed_patterns:
        return
    kind = UseKind.ESCAPE if _expects_watched_word(interpreter) else UseKind.LOG
    interpreter.facts.uses = list(
        dict.fromkeys(
            replace(use, kind=kind, detail=IN_ERROR) if use.detail == IN_EXPECTED_ERROR else use
            for use in interpreter.facts.uses
        )
    )
