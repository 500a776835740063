"""The statements at the top of a module, by what they define and what they mention: told by Python's own
parser, which takes a tenth of the time of LibCST's."""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import accumulate

from kognitos_migrate.record import Struct, replace

_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_OF_WORDS = frozenset(bytes((code,)) for code in range(256) if _WORD.fullmatch(b"_%c" % code))
"""The bytes that names are made of."""
_IMPORT = re.compile(rb"(?:from[ \t]+[\w.\x80-\xff]+[ \t]+import|import)[ \t][\w.*,\x80-\xff \t]*")
"""A whole import that is one line."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Binding(Struct, frozen=True):
    """A name that an import gives: that of a module, or of what stands in one under the name `attribute`."""

    name: str
    module: str
    """Its dotted name, with the dots in front that it is said with."""
    attribute: str | None = None


class Statement(Struct, frozen=True, eq=False, dict=True):
    """A statement at the top of a module."""

    start: int
    end: int
    """Where it stands in the module's text, as offsets of bytes; it begins and ends with a line."""
    text: bytes
    names: frozenset[str]
    """What it defines."""
    words: frozenset[str]
    """All names in it, those in texts and comments among them."""
    node: ast.stmt
    is_definition: bool
    """It defines a function or a class: nothing happens in it before that is called."""

    @property
    def is_import(self) -> bool:
        """It is an import, and nothing else."""
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @cached_property
    def bindings(self) -> list[Binding]:
        """What it imports, also within functions; `*` stands for all that a module has."""
        imports = (inner for inner in ast.walk(self.node) if isinstance(inner, ast.Import | ast.ImportFrom))
        return (
            [binding for inner in imports for binding in _imported(inner)] if "import" in self.words else []
        )


def parsed(text: str) -> ast.Module | None:
    """The module `text`, None where this Python can't parse it. What it would warn of (`"\\d"`, say) is the
    program's own affair."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def statements(text: bytes) -> list[Statement] | None:
    """The statements of a module, None where this Python can't parse it."""
    module = parsed(text.decode("utf-8", "surrogateescape"))
    if module is None:
        return None
    starts = [0, *accumulate(map(len, text.splitlines(keepends=True)))]
    said: dict[tuple[int, int], tuple[bytes, frozenset[str]]] = {}
    found: list[Statement] = []
    for node in module.body:
        lines = start, end = starts[first_line(node) - 1], starts[node.end_lineno or node.lineno]
        if lines not in said:  # many statements may stand in one line
            said[lines] = text[start:end], words_of(text[start:end])
        found.append(_statement(node, start, *said[lines]))
    return found


def importing(text: bytes, name: str) -> list[Statement] | None:
    """The imports that mention a name, of a module that names it nowhere else; None where it does. A module
    of which this is true need not be parsed."""
    found: dict[int, bytes] = {}
    for place in places(name.encode(), text):
        start = text.rfind(b"\n", 0, place) + 1
        line = text[start : text.find(b"\n", start) + 1 or len(text)]
        if _IMPORT.fullmatch(line.rstrip()) is None:
            return None
        found[start] = line
    return [
        replace(one, start=start, end=start + len(line))
        for start, line in found.items()
        for one in _in_line(line)
    ]


@cache
def _in_line(line: bytes) -> Sequence[Statement]:
    """The statements of a line that may stand in many modules."""
    return statements(line) or ()


def places(word: bytes, text: bytes) -> Iterator[int]:
    """Where a name stands in a text that is not part of a longer one."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if text[start - 1 : start] not in _OF_WORDS and text[end : end + 1] not in _OF_WORDS:
            yield start
        start = text.find(word, end)


def words_of(text: bytes) -> frozenset[str]:
    """All names in a text."""
    found = b" ".join({*_WORD.findall(text)})
    return frozenset(found.decode("utf-8", "replace").split(" ")) if found else frozenset()


def first_line(node: ast.stmt) -> int:
    """The line that a statement begins at, with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _statement(node: ast.stmt, start: int, text: bytes, words: frozenset[str]) -> Statement:
    return Statement(
        start,
        start + len(text),
        text,
        frozenset(_names(node)),
        words,
        node,
        isinstance(node, _FUNCTIONS),
    )


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, _FUNCTIONS):
        yield node.name
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        elif isinstance(inner, _FUNCTIONS):
            yield inner.name
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            yield from (binding.name for binding in _imported(inner))


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[Binding]:
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield Binding(alias.asname or alias.name, module, alias.name)
        elif alias.asname is not None:
            yield Binding(alias.asname, alias.name)
        else:
            parts = alias.name.split(".")
            yield from (
                Binding(parts[0], ".".join(parts[: end + 1])) for end in range(len(parts))
            )  # `a.b` is reached by way of `a`
