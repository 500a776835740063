"""TOML texts of files that aren't trusted."""

import re
import sys
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MOST_PARTS = 200
"""The limit on the parts of a dotted key.

Python's parser stores each of its beginnings: a key of 20,000 parts takes 1.6 GB.
"""
_STRING_OR_COMMENT = re.compile(
    r'"""(?:[^\\]|\\.)*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:[^"\\\n]|\\[^\n])*"?'
    r"|'[^'\n]*'?"
    r"|(?P<comment>\#[^\n]*)",
    re.DOTALL,
)
"""Each of them ends with the text if nothing else ends it, so that no part of a text is searched twice."""
_DOTTED = re.compile(r"(?:\.[ \t]*[\w-]+[ \t]*)+")


def parse_toml(text: str) -> dict[str, Any]:
    """The document of a TOML text. Raises ValueError if it isn't valid or has a key of more than MOST_PARTS
    parts, and RecursionError."""
    if text.count(".") >= MOST_PARTS:
        plain = _STRING_OR_COMMENT.sub(lambda match: "" if match["comment"] else "s", text)
        if any(dotted[0].count(".") >= MOST_PARTS for dotted in _DOTTED.finditer(plain)):
            raise ValueError(f"a key has more than {MOST_PARTS} parts")
    return tomllib.loads(text)
