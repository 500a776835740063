"""Literals, docstrings, comments and identifiers for text that is written into code."""

import re
from keyword import iskeyword

import libcst as cst


def string_literal(text: str, quote: str = '"') -> str:
    """A Python literal of `text` with this quote."""
    return f"{quote}{_escape(text, quote)}{quote}"


def literal_in_style(node: cst.SimpleString, text: str) -> str:
    """A literal of `text` in the style of `node`. It is raw only if it has no backslash."""
    body = _escape(text, node.quote)
    prefix = re.sub("[rR]", "", node.prefix) if "\\" in body else node.prefix
    return f"{prefix}{node.quote}{body}{node.quote}"


def is_plain(text: str) -> bool:
    """Whether a literal of `text` contains no quote and no escape, so that it can be written in an f-string,
    too."""
    return _escape(text, '"') == _escape(text, "'") == text


def docstring(text: str) -> str:
    """`text`, one line or several, as a docstring."""
    lines = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').split("\n")
    body = "\n".join(map(_printable, lines))
    return f'"""{body[:-1]}\\""""' if body.endswith('"') else f'"""{body}"""'


def comment(text: str) -> str:
    """`text` as a comment of one line."""
    return f"# {one_line(text)}"


def one_line(text: str) -> str:
    """`text` in one line of printable characters."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def identifier(text: str) -> str:
    """An identifier made from `text`: `total-items` becomes `total_items`."""
    name = re.sub(r"\W", "_", text, flags=re.ASCII)
    return name if name.isidentifier() and not iskeyword(name) else f"_{name}"


def _escape(text: str, quote: str) -> str:
    return _printable(text.replace("\\", "\\\\").replace(quote[0], f"\\{quote[0]}"))


def _printable(text: str) -> str:
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
