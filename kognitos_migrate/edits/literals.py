"""Literals, docstrings, comments and identifiers for text that is written into code, in fitting quotes."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from keyword import iskeyword

import libcst as cst

from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.tree import Tree


def string_literal(text: str, quote: str = '"') -> str:
    """A Python literal of `text` with this quote."""
    return f"{quote}{_escape(text, quote)}{quote}"


def literal_in_style(node: cst.SimpleString, text: str) -> str:
    """A literal of `text` in the style of `node`. It is raw only if it has no backslash."""
    body = _escape(text, node.quote)
    prefix = re.sub("[rR]", "", node.prefix) if "\\" in body else node.prefix
    return f"{prefix}{node.quote}{body}{node.quote}"


def needs_no_escape(text: str) -> bool:
    """Whether a literal of `text` contains no quote and no escape, so that it can be written in an f-string,
    too."""
    return _escape(text, '"') == _escape(text, "'") == text


def docstring(*lines: str, examples: Sequence[str] = ()) -> str:
    """A docstring of these lines, with `examples` for doctest above the last one.

    The lines may contain texts of rules: each stays one line, and none is an example of doctest.
    """
    texts = [_indented_line(line) for line in lines]
    texts[len(texts) - bool(examples) :] = [*examples, *texts[len(texts) - bool(examples) :]]
    body = _DELIMITING.sub(r'\\"', "\n".join(texts).replace("\\", "\\\\"))
    printable = "\n".join(map(_printable, body.split("\n")))
    return f'"""{printable}"""'


def _indented_line(text: str) -> str:
    """`text` in one line, behind the spaces that it begins with, and without a prompt of doctest."""
    indent = text[: len(text) - len(text.lstrip(" "))]
    return indent + _PROMPT.sub(lambda match: " ".join(match[0]), one_line(text))


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


_PROMPT = re.compile(">{3,}")
_DELIMITING = re.compile(r'"(?="|\Z)')
"""A quote that would be part of a delimiter of a docstring."""
_QUOTED = re.compile(
    r"""(?P<kept>\"{3}(?s:.*?)\"{3}|'{3}(?s:.*?)'{3}|\#[^\n]*|'(?:[^'\\\n]|\\.)*')"""
    r"""|"(?P<plain>[^'"\\\n]*)"|"(?:[^"\\\n]|\\.)*"|(?P<open>["'])""",
    re.VERBOSE,
)
_TEXTS = re.compile(
    rb"""\#[^\r\n]*|(?P<form>[fF]?[rR]?[fF]?)(?P<quote>"{3}|'{3}|"|')(?P<text>(?s:\\.|(?!(?P=quote)).)*)(?P=quote)"""
)
"""Comments and string literals."""
_DOUBLED = re.compile(rb"\{\{|\}\}")
_HOLES = re.compile(rb"\{(?:[^{}]|\{[^{}]*\})*\}")
"""The replacement fields of an f-string."""

_OTHER = {'"': "'", "'": '"'}


def quote_parts(tree: Tree, span: Span, parts: Sequence[str | Span]) -> Sequence[str | Span]:
    """The parts of a edit with the quotes that fit their place. They are unchanged if a literal spans
    several parts."""
    enclosing_literal = _innermost_f_string(tree, span)
    quote = tree.memoize(usual_quote) if enclosing_literal is None else _OTHER[enclosing_literal.quote[0]]
    if enclosing_literal is not None:
        parts = _separate_braces(tree, span, parts)
    texts = [part for part in parts if isinstance(part, str)]
    if quote == '"' or any(match["open"] for text in texts for match in _QUOTED.finditer(text)):
        return parts
    return tuple(_QUOTED.sub(_requote_single, part) if isinstance(part, str) else part for part in parts)


def text_outside_f_string(tree: Tree, span: Span) -> str:
    """The source of an expression for a place outside of the f-string around it, which allows only one of
    the quotes."""
    text = tree.slice(span)
    if _innermost_f_string(tree, span) is None or any(mark in text for mark in ('"', "'''", "\\")):
        return text
    return text.replace("'", '"')


def usual_quote(tree: Tree) -> str:
    """The quote of most string literals in a file."""
    counts = Counter(node.quote[0] for node in tree.of_kind(cst.SimpleString))
    counts.update(node.quote[0] for node in tree.of_kind(cst.FormattedString))
    lead, rest = counts["'"] - counts['"'], tree.gaps.text
    if lead - rest.count(b'"') // 2 <= 0 < lead + rest.count(b"'") // 2:  # code that isn't parsed may decide
        counts.update(_quotes(rest))
    return "'" if counts["'"] > counts['"'] else '"'


def _quotes(code: bytes) -> Iterator[str]:
    """The quotes of the string literals in code that isn't parsed, including those in f-strings."""
    for match in _TEXTS.finditer(code):
        if match["quote"]:
            yield match["quote"].decode()[0]
        for hole in _HOLES.findall(_DOUBLED.sub(b"", match["text"])) if match["form"] else ():
            yield from _quotes(hole)


def _innermost_f_string(tree: Tree, span: Span) -> cst.FormattedString | None:
    """The innermost f-string around a span: the last one that begins before it, or one around that."""
    before = bisect_left(tree.memoize(_starts), span.start)
    nearest = tree.of_kind(cst.FormattedString)[before - 1] if before else None
    if nearest is None or tree.span(nearest).end > span.end:
        return nearest
    outer = (literal for literal in tree.ancestors(nearest) if isinstance(literal, cst.FormattedString))
    return next((literal for literal in outer if tree.span(literal).end > span.end), None)


def _starts(tree: Tree) -> list[int]:
    return [tree.span(literal).start for literal in tree.of_kind(cst.FormattedString)]


def _separate_braces(tree: Tree, span: Span, parts: Sequence[str | Span]) -> Sequence[str | Span]:
    """Parts with spaces between their braces and adjacent ones: two braces would be an escape."""
    if not parts:
        return parts
    first, last = parts[0], parts[-1]
    opens = (
        isinstance(first, str)
        and first.startswith("{")
        and tree.utf8_text[span.start - 1 : span.start] == b"{"
    )
    closes = isinstance(last, str) and last.endswith("}") and tree.utf8_text.startswith(b"}", span.end)
    return (*([" "] if opens else []), *parts, *([" "] if closes else []))


def _requote_single(match: re.Match[str]) -> str:
    return match[0] if match["plain"] is None else f"'{match['plain']}'"
