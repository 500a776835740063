"""Collects the texts that users see, and finds phrases in them that plain English does without.

The texts are the strings of the package, the docstrings of commands, reasons, rules, the HTML templates, and
the descriptions of the integrations.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

from kognitos_migrate.findings.reasons import all_reasons
from tests.prose.offences import PACKAGE, ROOT

PHRASES = (
    r"besides",
    r"beside",
    r"anew",
    r"otherwise",
    r"in the place of",
    r"(?:of|by|out of) which",
    r"whoever",
    r"is (?:said|told|asked)",
    r"is none of",
    r"(?<!there )(?:is|are|be|was) no (?!longer)",
    r"stands? for",
    r"takes? (?:\w+ )?(?:away|back)",
    r"took back",
    r"puts? back",
    r"tells? more",
    r"mend(?:s|ed)?",
    r"talks? to",
    r"cut short",
    r"a look at",
    r"at most(?! \d| \{| one)",
    r"as it (?:was|should be)",
    r"(?:a|the|of an?)other number of",
    r"has a blank",
    r"is a truth value",
    r"can not",
    r"exclude each other",
    r"hand(?:s|ed)? over",
)
"""Phrases of other languages, and of older English."""
SPELLINGS = (
    r"\w*analys(?:e|ed|es|ing)",
    r"\w*(?:recogn|organ|normal|summar|serial|initial|author|emphas|minim|maxim)is(?:e|ed|es|ing|ation)",
    r"(?:behavi|col|fav|neighb|flav)our\w*",
    r"licence",
    r"cancell(?:ed|ing)",
    r"catalogue",
    r"whilst",
    r"seperat\w+",
    r"occured",
    r"recieve\w*",
    r"adress\w*",
    r"teh",
)
"""British spellings, since all texts have American ones, and common misspellings."""

_OFFENCE = re.compile(rf"\b(?:{'|'.join((*PHRASES, *SPELLINGS))})\b", re.IGNORECASE)
_QUOTED = re.compile(r"`[^`]*`|'[^']*'(?!\w)|\"[^\"]*\"")
_TWICE = re.compile(r"(?<!-)\b(?P<word>[a-z]+) (?P=word)\b", re.IGNORECASE)
_COUNT = re.compile(r"\{\} (?:files|findings|calls|places|lines|requests|programs|changes|keys)\b")
_REGEX = re.compile(r"\(\?|\\[wbsdAZ.]|\[\^")
_WORDS = 3
"""The number of words that make a string a text."""
_TEXT_KEYS = ("about", "comment", "description", "docstring", "explain", "message", "note", "title")
"""The keys of rule files and integrations whose values users see."""


class Message(NamedTuple):
    """A text that users see, with its file and line. Holes are written as `{}`."""

    path: str
    line: int
    text: str

    def offences(self) -> Iterator[str]:
        """The phrases in the text that have to be reworded."""
        text = _QUOTED.sub("x", self.text)
        yield from (f"says {match[0]!r}" for match in _OFFENCE.finditer(text))
        yield from (f"says {match[0]!r}" for match in _TWICE.finditer(text))
        yield from (f"counts {match[0]!r} without a singular" for match in _COUNT.finditer(text))


def messages() -> Iterator[Message]:
    """All texts that users see."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from messages_of_source(_name(path), path.read_text("utf-8"))
    for reason in all_reasons().values():
        texts = (reason.means, reason.unlocks, reason.todo)
        yield from (Message(f"reasons.toml: {reason.name}", 1, text) for text in texts)
    for path in sorted((ROOT / "rules").rglob("*.yaml")):
        yield from _of_document(_name(path), yaml.safe_load(path.read_text("utf-8")))
    for path in sorted((PACKAGE / "report" / "html").rglob("*.html")):
        yield from _of_page(_name(path), path.read_text("utf-8"))
    for pattern in ("action.yml", ".pre-commit-hooks.yaml", "templates/*.yml", "integrations/**/*.y*ml"):
        for path in sorted(ROOT.glob(pattern)):
            for document in yaml.safe_load_all(path.read_text("utf-8")):
                yield from _of_document(_name(path), document)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def messages_of_source(path: str, source: str) -> Iterator[Message]:
    """The texts in a module: strings of several words that are no docstrings, and the help of commands."""
    tree = ast.parse(source)
    others = set(_not_shown(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(map(_is_command, node.decorator_list)):
            yield Message(path, node.lineno, ast.get_docstring(node) or "")
        text = _text(node) if node not in others else None
        if text is not None and _is_prose(text):
            yield Message(path, getattr(node, "lineno", 1), text)


def _not_shown(tree: ast.Module) -> Iterator[ast.AST]:
    """The strings in docstrings, annotations and parts of f-strings."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(ast.Constant() as constant):
                yield constant
            case ast.JoinedStr(values):
                yield from values
            case ast.AnnAssign(annotation=annotation):
                yield from (inner for inner in ast.walk(annotation) if not isinstance(inner, ast.keyword))
            case ast.FunctionDef(returns=ast.expr() as returns):
                yield from ast.walk(returns)
            case ast.arg(annotation=ast.expr() as annotation):
                yield from ast.walk(annotation)


def _is_command(decorator: ast.expr) -> bool:
    return "click.command" in ast.unparse(decorator) or "click.group" in ast.unparse(decorator)


def _text(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(values):
            return "".join(str(value.value) if isinstance(value, ast.Constant) else "{}" for value in values)
    return None


def _is_prose(text: str) -> bool:
    return (
        " " in text.strip() and len(re.findall(r"[A-Za-z']{2,}", text)) >= _WORDS and not _REGEX.search(text)
    )


def _of_document(path: str, value: object, key: str = "") -> Iterator[Message]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _of_document(path, inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _of_document(path, inner, key)
    elif isinstance(value, str) and key in _TEXT_KEYS:
        yield Message(f"{path}: {key}", 1, value)


def _of_page(path: str, page: str) -> Iterator[Message]:
    text = re.sub(r"<(style|script)\b.*?</\1>|\{#.*?#\}|\{%.*?%\}", " ", page, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}", "{}", text, flags=re.DOTALL)
    for piece in re.split(r"<[^>]*>", text):
        if _is_prose(piece):
            yield Message(path, 1, " ".join(piece.split()))
