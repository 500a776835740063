"""Patterns as in a `.gitignore`: the same paths as pathspec finds, in time linear in the path."""

import random
import time

import pytest
from pathspec import GitIgnoreSpec

from kognitos_migrate.discover.glob_patterns import GlobPatterns, IgnoreLine, parse_pattern, parse_patterns
from kognitos_migrate.run.code_owners import parse_codeowners

LONG_NAME = "a" * 250
DEEP = "a/" * 2_000 + "x"
HOSTILE = (
    "a**a**a**b",
    "***a***a***b",
    "*a" * 400 + "b",
    "?*" * 400 + "b",
    "**/a/" * 190 + "b",
    "**/*a*a*/" * 100 + "b",
    "[!b]*" * 190 + "x",
    "**/?*?*?*/**/a*b*b",
)


@pytest.mark.parametrize("line", HOSTILE)
@pytest.mark.parametrize("path", [LONG_NAME, DEEP, "/".join([LONG_NAME] * 16)])
def test_no_pattern_takes_long(line: str, path: str) -> None:
    patterns = parse_patterns([line])
    began = time.process_time()
    patterns.verdict(path)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("line", HOSTILE)
def test_no_line_of_codeowners_takes_long(line: str) -> None:
    owners = parse_codeowners(f"{line} @me\n")
    began = time.process_time()
    assert owners.of(LONG_NAME) == ()
    owners.of(DEEP)
    assert time.process_time() - began < 0.5


def test_no_owner_takes_long() -> None:
    began = time.process_time()
    parse_codeowners("* a@" + "." * 50_000 + "@\n* " + "a@" * 50_000 + "\n")
    assert time.process_time() - began < 1


def _random_pattern(dice: random.Random) -> str:
    pieces = ["a", "b", "*", "*", "?", "[ab]", "\\*", "**", "."]
    segments = [
        "**" if dice.random() < 0.3 else "".join(dice.choices(pieces, k=dice.randint(1, 6)))
        for _ in range(dice.randint(1, 4))
    ]
    return dice.choice(["", "!", "/"]) + "/".join(segments) + dice.choice(["", "/"])


def _random_path(dice: random.Random) -> str:
    segments = ["a" + "".join(dice.choices("ab.*", k=dice.randint(0, 4))) for _ in range(dice.randint(1, 6))]
    return "/".join(segments) + dice.choice(["", "/"])


def test_the_verdicts_are_those_of_pathspec() -> None:
    dice = random.Random(20261128)
    for _ in range(2_000):
        lines = [_random_pattern(dice) for _ in range(dice.randint(1, 3))]
        spec, patterns = GitIgnoreSpec.from_lines(lines), parse_patterns(lines)
        ignored = GlobPatterns([IgnoreLine(line) for line in lines])
        for _ in range(5):
            path = _random_path(dice)
            assert patterns.verdict(path) == spec.check_file(path).include, (lines, path)
            assert ignored.verdict(path) == patterns.verdict(path), (lines, path)


def test_many_lines_of_an_ignore_file_take_no_time() -> None:
    began = time.process_time()
    lines = [
        line for n in range(9_000) for line in (f"/data/set{n}/*.bin", f"out_{n}", f"**/a{n}/**", f"*.x{n}")
    ]
    patterns = GlobPatterns([IgnoreLine(line) for line in lines])
    assert [patterns.verdict(path) for path in ("src/main.py", "data/set7/a.bin", "b/out_8")] == [
        None,
        True,
        True,
    ]
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("line", "verdict"), [("!" + "b" * 2_000, False), ("b" * 2_000, None), ("[z-a]", None)]
)
def test_a_line_that_cannot_be_used_ignores_nothing(line: str, verdict: bool | None) -> None:
    assert GlobPatterns([IgnoreLine("*.py"), IgnoreLine(line)]).verdict("a.txt") is verdict


def test_a_bracket_matches_no_slash() -> None:
    """`git check-ignore` says the same; pathspec takes a slash for a character that isn't `a`."""
    assert parse_patterns(["x[!a]y"]).verdict("x/y") is None
    assert parse_patterns(["x[!a]y"]).verdict("xby") is True


@pytest.mark.parametrize("pattern", ["[z-a]", "src/[9-0].py", "!x[b-a]"])
def test_a_range_that_runs_backwards_is_no_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match="not a pattern"):
        parse_pattern(pattern)
