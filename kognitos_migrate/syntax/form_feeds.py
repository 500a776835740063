"""Form feeds in front of statements, as in `\\fdef main():`. Python skips them, and LibCST drops them."""

import ast
import re

_BEFORE_STATEMENT = re.compile(r"^\f+(?=[^\s#])", re.MULTILINE)


def without_form_feeds(text: str) -> str:
    """The text with line feeds in the place of form feeds that LibCST would drop: all else keeps its offset.
    The text itself where that would be another program."""
    if "\f" not in text:
        return text
    replaced = _BEFORE_STATEMENT.sub(lambda feeds: "\n" * len(feeds[0]), text)
    return replaced if replaced == text or _is_same_program(text, replaced) else text


def _is_same_program(text: str, replaced: str) -> bool:
    try:
        return ast.dump(ast.parse(text)) == ast.dump(ast.parse(replaced))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
