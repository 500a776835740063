"""Finds docstrings with banned openings and phrases, and names that say nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "kognitos_migrate"
TESTS = ROOT / "tests"

OPENINGS = ("Whether what", "The same", "What", "That", "Those")
"""No sentence of a docstring begins with one of these."""
PHRASES = (
    "of which",
    "by which",
    "is said",
    "is told",
    "is asked",
    "whoever",
    "besides",
    "anew",
    "otherwise",
)
"""No docstring holds one of these; a sentence with two semicolons is two sentences."""
VARIABLES = ("one", "found", "said", "given", "known", "thing", "held")
"""No variable of a function longer than `SHORT` lines has one of these names."""
SHORT = 5
PARTICIPLES = (*VARIABLES, "told", "seen", "kept", "left", "besides", "sooner", "onward", "asked", "shown")
"""No module, class or function has one of these names."""
JARGON = re.compile(
    r"(?:^|_)(?:told|alike|anew|besides|strays?|handed|otherwise|made_up|taken_apart|left_out|kept)(?:_|$)"
)
"""No function has a name with one of these words: the field has others."""

FIELDS = (*VARIABLES, "told", "seen", "kept", "left", "besides", "heard", "looks", "met", "rooms", "things")
"""No field of a class has one of these names, and no attribute that a method sets."""
DATA = ("CarriersShape", "BaselineUpdate")
"""Classes whose fields are keys of files."""
PARTICIPLE = re.compile(r"_?(?!need$|feed$|seed$|embed$|speed$)[a-z]+ed")
"""A function that a single participle names doesn't say what it does or returns."""

_SENTENCE = re.compile(r"(?:(?<=[.!?])|\n\s*\n)\s+")
_OPENING = re.compile(rf"(?:{'|'.join(OPENINGS)})\b")
_PHRASE = re.compile(rf"\b(?:{'|'.join(PHRASES)})\b", re.IGNORECASE)
_CODE = re.compile(r"``?[^`]*``?|\"[^\"]*\"")
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Offence(NamedTuple):
    """A broken rule in a file, at a qualified name (`<module>` for the module itself)."""

    path: str
    name: str
    rule: str

    def __str__(self) -> str:
        """The line of the baseline."""
        return f"{self.path}::{self.name}: {self.rule}"


def offences_of_package() -> set[Offence]:
    """The offences of every module in the package."""
    return {offence for path in sorted(PACKAGE.rglob("*.py")) for offence in offences_of_file(path)}


def offences_of_tests() -> set[Offence]:
    """The offences in docstrings of the tests. Their names are free."""
    return {
        Offence(path.relative_to(ROOT).as_posix(), name, rule)
        for path in sorted(TESTS.rglob("*.py"))
        for name, text in docstrings(ast.parse(path.read_text("utf-8")), "")
        for rule in broken_rules(text)
    }


def offences_of_file(path: Path) -> set[Offence]:
    """The offences of one module."""
    return offences_of_source(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))


def offences_of_source(path: str, source: str) -> set[Offence]:
    """The offences of a module's source."""
    tree = ast.parse(source)
    stem = Path(path).stem.strip("_")
    own = {f"file named {stem!r}"} if stem in PARTICIPLES else set()
    rules = [("<module>", rule) for rule in own]
    rules += [(name, rule) for name, text in docstrings(tree, "") for rule in broken_rules(text)]
    rules += _names(tree, "")
    return {Offence(path, name, rule) for name, rule in rules}


def broken_rules(docstring: str) -> Iterator[str]:
    """The rules of prose that a docstring breaks; quoted code and words are not looked at."""
    text = _CODE.sub("`code`", docstring)
    for sentence in _SENTENCE.split(text):
        words = " ".join(sentence.split())
        if opening := _OPENING.match(words):
            yield f"begins with {opening[0]!r}"
        if words.count(";") > 1:
            yield "two semicolons in a sentence"
    for phrase in _PHRASE.findall(" ".join(text.split())):
        yield f"says {phrase.lower()!r}"


def docstrings(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    """The docstrings below a module, class or function, and of the attributes in it, with qualified names."""
    body: list[ast.stmt] = getattr(node, "body", [])
    for before, statement in zip([None, *body], body, strict=False):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            if isinstance(statement.value.value, str):
                yield _attribute(before, name) or "<module>", statement.value.value
    for inner in ast.iter_child_nodes(node):
        qualified = f"{name}.{inner.name}".strip(".") if isinstance(inner, _Scope) else name
        if isinstance(inner, ast.stmt | ast.ExceptHandler):
            yield from docstrings(inner, qualified)


def _attribute(before: ast.stmt | None, name: str) -> str:
    """The qualified name that a string documents: an attribute set just before it, else what it stands in."""
    targets = before.targets[:1] if isinstance(before, ast.Assign) else []
    if isinstance(before, ast.AnnAssign):
        targets = [before.target]
    return ".".join(
        [*filter(None, [name]), *(target.id for target in targets if isinstance(target, ast.Name))]
    )


def _names(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    """The classes and functions below a node whose names say nothing, and those of their variables."""
    for inner in ast.iter_child_nodes(node):
        if not isinstance(inner, _Scope):
            yield from _names(inner, name)
            continue
        qualified = f"{name}.{inner.name}".strip(".")
        if inner.name.strip("_") in PARTICIPLES:
            yield qualified, f"named {inner.name!r}"
        elif isinstance(inner, _Function) and (word := JARGON.search(inner.name)):
            yield qualified, f"named with {word[0].strip('_')!r}"
        if not isinstance(inner, ast.ClassDef):
            yield from ((qualified, f"variable {variable!r}") for variable in _bound(inner))
        else:
            yield from ((qualified, f"field {field!r}") for field in sorted(_fields(inner)))
        yield from _names(inner, qualified)


def participles_of_package() -> list[str]:
    """The functions of the package that a single participle names."""
    return [
        f"{path.relative_to(ROOT).as_posix()}::{node.name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, _Function) and PARTICIPLE.fullmatch(node.name)
    ]


def _fields(definition: ast.ClassDef) -> set[str]:
    """The banned names among the fields of a class and the attributes that its methods set."""
    names = {
        statement.target.id
        for statement in definition.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }
    names |= {
        node.attr
        for node in ast.walk(definition)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if isinstance(node.value, ast.Name) and node.value.id == "self"
    }
    return {name for name in names if name.strip("_") in FIELDS and definition.name not in DATA}


def _bound(function: _Function) -> set[str]:
    """The banned names that a function longer than `SHORT` lines binds itself; parameters, too."""
    if (function.end_lineno or 0) - function.lineno + 1 <= SHORT:
        return set()
    names: set[str] = set()
    waiting: list[ast.AST] = [function.args, *function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _Scope):
            continue
        if isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.MatchAs | ast.MatchStar | ast.ExceptHandler) and node.name:
            names.add(node.name)
        waiting.extend(ast.iter_child_nodes(node))
    return names.intersection(VARIABLES)
