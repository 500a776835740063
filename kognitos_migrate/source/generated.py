"""Whether a program has written a file: a change there lasts until its next run."""

import re

_MOST = 5_000
"""Characters of a file's head."""
_LINES = r"(?:[ \t]*(?:\#[^\n]*)?\r?\n)*"
_HEAD = re.compile(
    _LINES
    + r'(?:[rRuU]?(?:"""(?:\\.|[^\\])*?"""|\'\'\'(?:\\.|[^\\])*?\'\'\'|"[^"\n]*"|\'[^\'\n]*\')[^\n]*\n)?'
    + _LINES,
    re.DOTALL,
)
"""What stands before the first statement: comments, and the text that documents the module."""
_EDIT = r"\bdo\s+not\s+(?:manually\s+)?(?:edit|modify|change)\b"
_MARK = re.compile(r"@generated\b|\bDO NOT (?:EDIT|MODIFY)\b")
_SENTENCE = re.compile(
    rf"generated\b.{{0,1000}}?{_EDIT}|{_EDIT}.{{0,200}}?generated\b", re.DOTALL | re.IGNORECASE
)


def is_generated(text: str) -> bool:
    """Whether the head of a module says so: by `@generated` or `DO NOT EDIT`, or in a sentence."""
    head = _HEAD.match(text, 0, _MOST)
    return head is not None and any(mark.search(head[0]) for mark in (_MARK, _SENTENCE))
