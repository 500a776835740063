r"""Searches with a program's own regular expressions, in a bounded number of steps.

`re` may take exponential time for an expression such as `(a|.|.)+!`. An expression is therefore compiled into
an automaton whose states all read a character at once:

has_match(r".*/things/\w+$", "/old/things/3")      # True
has_match(r"(a)\1", "aa")                         # None: back references aren't supported
"""

import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

from kognitos_migrate.structs import Struct

MAX_STATES = 2_000
"""Limit on the parts of an expression with its repeats written out."""
MAX_STEPS = 50_000
"""Limit on the steps of one search."""

_QUANTIFIER = re.compile(r"([*+?])|\{(?!\})(\d*)(,?)(\d*)\}")
_GROUP = re.compile(r"\((?:\?:|\?P<\w+>|(?!\?))")
_LOOKAHEAD = re.compile(r"\(\?([=!])")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\\\]])*\]", re.DOTALL)
_CHARACTER = re.compile(r"\\x..|\\u.{4}|\\U.{8}|\\[^0-9NuUx]|\.|[^\\]", re.DOTALL)
_ZERO_WIDTH = {"^", "$", r"\A", r"\Z", r"\z", r"\b", r"\B"}


class MatchExtent(Enum):
    """The part of a text that an expression must match."""

    ANY = "any"
    START = "start"
    WHOLE = "whole"


class _UnknownError(Exception):
    """The expression isn't supported, or the search takes too many steps."""


class _State(Struct):
    """A state of the automaton. Without `test`, `targets` are reached without a character."""

    test: re.Pattern[str] | None = None
    """The expression of one character, or of a position, that leads to the next state."""
    is_position: bool = False
    targets: tuple[int, ...] = ()
    lookahead: bool | None = None
    """Whether the expression in the next states must match from here on; None without one."""
    is_end: bool = False

    @property
    def is_contextual(self) -> bool:
        """Whether it depends on the characters beside the one that is read."""
        return self.is_position or self.lookahead is not None


def has_match(pattern: str, text: str, extent: MatchExtent = MatchExtent.ANY) -> bool | None:
    """Whether an expression matches `text`. False for an invalid one; None if it isn't supported or takes too
    many steps."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    except (OverflowError, RecursionError):
        return None
    states = _automaton(pattern)
    try:
        return None if states is None else _Search(states, text).run(0, 0, extent)
    except _UnknownError:
        return None


def may_change(pattern: str, text: str, *, is_behind: bool, is_before: bool) -> bool:
    """Whether a match may have characters of `text`. It may be behind or before an unknown text, where the
    match may begin or end. True for an expression that isn't supported or takes too many steps."""
    if has_match(pattern, text) is not False:
        return True
    if not (is_behind or is_before):
        return False
    states = _automaton(pattern)
    if states is None or any(state.is_contextual for state in states):
        return True
    try:
        return _Search(states, text).crosses(is_behind=is_behind, is_before=is_before)
    except _UnknownError:
        return True


@lru_cache(maxsize=256)
def _automaton(pattern: str) -> list[_State] | None:
    """The automaton of an expression; None if it isn't supported."""
    compiler = _Compiler(pattern)
    try:
        compiler.branches(0)
    except (_UnknownError, RecursionError, re.error):
        return None
    return [*compiler.states, _State(is_end=True)]


class _Compiler:
    """Compiles an expression. Each method appends the states of a part at an offset, and returns its end."""

    def __init__(self, pattern: str) -> None:
        self.states: list[_State] = []
        self._pattern = pattern
        self._parts = 0

    def branches(self, at: int) -> int:
        """Alternatives, up to the end of their group."""
        exits = []
        while True:
            split = self._add(_State())
            at = self._sequence(at)
            exits.append(self._add(_State()))
            if not self._pattern.startswith("|", at):
                break
            at += 1
            self.states[split].targets = (split + 1, len(self.states))
        self.states[split].targets = (split + 1,)
        for number in exits:
            self.states[number].targets = (len(self.states),)
        return at

    def _sequence(self, at: int) -> int:
        while at < len(self._pattern) and self._pattern[at] not in "|)":
            start = len(self.states)
            end = self._atom(at)
            quantifier = _QUANTIFIER.match(self._pattern, end)
            if quantifier is not None:
                del self.states[start:]
                self._repeat(at, *_limits(quantifier))
                end = quantifier.end() + self._pattern.startswith("?", quantifier.end())
                if self._pattern.startswith("+", quantifier.end()):
                    raise _UnknownError
            at = end
        return at

    def _repeat(self, at: int, least: int, most: int | None) -> None:
        """The states of the atom at an offset, `least` to `most` times."""
        for _ in range(least):
            self._atom(at)
        if most is None:
            split = self._add(_State())
            self._atom(at)
            self._add(_State(targets=(split,)))
            self.states[split].targets = (split + 1, len(self.states))
            return
        splits = []
        for _ in range(most - least):
            splits.append(self._add(_State()))
            self._atom(at)
        for split in splits:
            self.states[split].targets = (split + 1, len(self.states))

    def _atom(self, at: int) -> int:
        self._parts += 1
        if self._parts > 2 * MAX_STATES:
            raise _UnknownError
        lookahead = _LOOKAHEAD.match(self._pattern, at)
        group = _GROUP.match(self._pattern, at)
        if lookahead is not None:
            look = self._add(_State(lookahead=lookahead[1] == "="))
            end = self.branches(lookahead.end())
            self._add(_State(is_end=True))
            self.states[look].targets = (len(self.states),)
            return end + 1
        if group is not None:
            return self.branches(group.end()) + 1
        expression = _CLASS if self._pattern.startswith("[", at) else _CHARACTER
        character = expression.match(self._pattern, at)
        if character is None or character[0] == "(":
            raise _UnknownError
        source = character[0] if len(character[0]) > 1 or character[0] in ".^$" else re.escape(character[0])
        self._add(_State(re.compile(source), source in _ZERO_WIDTH))
        return character.end()

    def _add(self, state: _State) -> int:
        self.states.append(state)
        if len(self.states) > MAX_STATES:
            raise _UnknownError
        return len(self.states) - 1


def _limits(quantifier: re.Match[str]) -> tuple[int, int | None]:
    """How often the atom in front of a quantifier is repeated, at least and at most."""
    sign, least, comma, most = quantifier.groups()
    if sign is not None:
        return (1 if sign == "+" else 0), (1 if sign == "?" else None)
    if max(len(least), len(most)) > 4:
        raise _UnknownError
    return int(least or 0), (int(least or 0) if not comma else int(most) if most else None)


class _Search:
    """One search of a text with an automaton."""

    def __init__(self, states: list[_State], text: str) -> None:
        self._states = states
        self._text = text
        self._steps = 0

    def run(self, start: int, place: int, extent: MatchExtent) -> bool:
        """Whether the automaton, from a state on, matches at a place of the text, or behind it."""
        pending = [start]
        for here in range(place, len(self._text) + 1):
            reading: list[int] = []
            for number in self._reachable(pending, here):
                if not self._states[number].is_end:
                    reading.append(number)
                elif extent is not MatchExtent.WHOLE or here == len(self._text):
                    return True
            pending = [number + 1 for number in reading if self._accepts_character(number, here)]
            if extent is MatchExtent.ANY:
                pending.append(start)
            elif not pending:
                break
        return False

    def crosses(self, *, is_behind: bool, is_before: bool) -> bool:
        """Whether a match begins before the text or ends behind it, and has characters of it. None is in the
        text alone."""
        pending = [*range(len(self._states))] if is_behind else []
        for here in range(len(self._text)):
            pending += [0] if is_before else []
            reading = [number for number in self._reachable(pending, here) if not self._states[number].is_end]
            pending = [number + 1 for number in reading if self._accepts_character(number, here)]
            if any(self._states[number].is_end for number in self._reachable([*pending], here + 1)):
                return True
        return is_before and bool(pending)

    def _accepts_character(self, number: int, here: int) -> bool:
        test = self._states[number].test
        return test is not None and here < len(self._text) and test.match(self._text, here) is not None

    def _reachable(self, pending: list[int], here: int) -> Iterator[int]:
        """The ends, and the states that read a character, that are reached without one."""
        visited: set[int] = set()
        while pending:
            number = pending.pop()
            if number in visited:
                continue
            visited.add(number)
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise _UnknownError
            state = self._states[number]
            if state.is_end or (state.test is not None and not state.is_position):
                yield number
            elif state.test is not None:
                pending += [number + 1] if state.test.match(self._text, here) is not None else []
            elif state.lookahead is None or self.run(number + 1, here, MatchExtent.START) is state.lookahead:
                pending += state.targets
