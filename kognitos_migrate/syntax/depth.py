"""What had better not be parsed: what is so deep that the parser would crash, and what is too large."""

import re

NESTING = 400
"""How deep brackets may lie in brackets: beyond some thousands the parser itself would crash."""
CHAIN = 1_000
"""How many operators, attributes, calls or strings may hang together in one expression, and how many `elif`
in one file: each is a level of the tree, and the time that the parser takes grows with their square."""

LARGEST = 2_000_000
"""Characters of the largest file that is parsed: its tree may take 500 times as much memory."""

_PARTS = re.compile(
    r"""(?P<text>\"\"\"(?:[^\\"]|\\.|"(?!""))*\"\"\"|'''(?:[^\\']|\\.|'(?!''))*'''"""
    r"""|"(?:[^\\"\n]|\\.)*"|'(?:[^\\'\n]|\\.)*')|(?P<comment>\#[^\n]*)|(?P<open>[(\[{])|(?P<close>[)\]}])"""
    r"""|(?P<end>[,;=])|(?P<line>\\?[\r\n]+)|(?P<deeper>[-.+*/%@|&^~<>]|\b(?:not|and|or|if|else|lambda|await)\b)""",
    re.DOTALL,
)


def too_much(text: str) -> str | None:
    """What keeps `text` from being parsed, None where nothing does."""
    if len(text) > LARGEST:
        return f"is too large to be read: {len(text):,} characters, {LARGEST:,} are the limit"
    if _nesting(text) > NESTING or text.count("elif") > CHAIN or _longest_chain(text) > CHAIN:
        return "is nested too deeply to be read"
    return None


def _nesting(text: str) -> int:
    """How deep brackets lie in brackets, at most (those in texts and comments count too)."""
    if sum(map(text.count, "([{")) <= NESTING:
        return 0
    depth = deepest = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}" and depth:
            depth -= 1
    return deepest


def _longest_chain(text: str) -> int:
    """How much hangs together at most, all brackets around it included."""
    chains = [0]
    total = longest = 0
    for part in _PARTS.finditer(text):
        kind = part.lastgroup
        if kind in ("text", "deeper"):
            chains[-1] += 1
            total += 1
        elif kind == "open":
            chains[-1] += 1
            total += 1
            chains.append(0)
        elif kind == "close" and len(chains) > 1:
            total -= chains.pop()
        elif kind == "end" or (kind == "line" and len(chains) == 1 and not part[0].startswith("\\")):
            total -= chains[-1]
            chains[-1] = 0
        longest = max(longest, total)
    return longest
