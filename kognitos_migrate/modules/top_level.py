"""Top-level statements of a module: what they define, mention and write, by Python's own parser."""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import accumulate

from kognitos_migrate.structs import Struct, replace

_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_OF_WORDS = frozenset(bytes((code,)) for code in range(256) if _WORD.fullmatch(b"_%c" % code))
"""The bytes that names are made of."""
_IMPORT = re.compile(rb"(?:from[ \t]+[\w.\x80-\xff]+[ \t]+import|import)[ \t][\w.*,\x80-\xff \t]*")
"""A whole import that is one line."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class ImportBinding(Struct, frozen=True):
    """A name that an import gives: that of a module, or of what stands in one under the name `attribute`."""

    name: str
    module: str
    """Its dotted name, with the dots in front that it is said with."""
    attribute: str | None = None


class TopLevelStatement(Struct, frozen=True, eq=False, dict=True):
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
    def bindings(self) -> list[ImportBinding]:
        """What it imports, also within functions; `*` stands for all that a module has."""
        imports = (inner for inner in ast.walk(self.node) if isinstance(inner, ast.Import | ast.ImportFrom))
        return (
            [binding for inner in imports for binding in _imported(inner)] if "import" in self.words else []
        )


def parse_module(text: str) -> ast.Module | None:
    """The module `text`, None where this Python can't parse it. What it would warn of (`"\\d"`, say) is the
    program's own affair."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def top_level_statements(text: bytes) -> list[TopLevelStatement] | None:
    """The statements of a module, None where this Python can't parse it."""
    module = parse_module(text.decode("utf-8", "surrogateescape"))
    if module is None:
        return None
    starts = [0, *accumulate(map(len, text.splitlines(keepends=True)))]
    said: dict[tuple[int, int], tuple[bytes, frozenset[str]]] = {}
    found: list[TopLevelStatement] = []
    for node in module.body:
        lines = start, end = starts[first_line(node) - 1], starts[node.end_lineno or node.lineno]
        if lines not in said:  # many statements may stand in one line
            said[lines] = text[start:end], words_of(text[start:end])
        found.append(_statement(node, start, *said[lines]))
    return found


def sole_imports_of(text: bytes, name: str) -> list[TopLevelStatement] | None:
    """The imports that mention a name, of a module that names it nowhere else; None where it does. A module
    of which this is true need not be parsed."""
    found: dict[int, bytes] = {}
    for place in word_places(name.encode(), text):
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
def _in_line(line: bytes) -> Sequence[TopLevelStatement]:
    """The statements of a line that may stand in many modules."""
    return top_level_statements(line) or ()


def word_places(word: bytes, text: bytes) -> Iterator[int]:
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


def _statement(node: ast.stmt, start: int, text: bytes, words: frozenset[str]) -> TopLevelStatement:
    return TopLevelStatement(
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


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[ImportBinding]:
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield ImportBinding(alias.asname or alias.name, module, alias.name)
        elif alias.asname is not None:
            yield ImportBinding(alias.asname, alias.name)
        else:
            parts = alias.name.split(".")
            yield from (
                ImportBinding(parts[0], ".".join(parts[: end + 1])) for end in range(len(parts))
            )  # `a.b` is reached by way of `a`


_WRITE = re.compile(
    rb"(?P<set>\s*[-+*/|&^%@]{0,2}=(?!=))"
    rb"|(?P<item>\s*\[[^\n]{0,400}?\]\s*[-+*/|&^%@]{0,2}=(?!=))"
    rb"|\.(?:update|append|add|extend|insert|setdefault|mount|clear|pop)\("
)
"""What stands behind a variable."""
_OBJECT = re.compile(rb"([\w\x80-\xff]+)\.\Z")
_LONGEST = 200
"""So many bytes before a variable are looked at for the name of its module."""
_BY_NAME = re.compile(rb"setattr(?<=\bsetattr)\b[^\n]*|global(?<=\bglobal)\s[^\n]*")

_ATTRIBUTE = re.compile(rb"\.\w+[ \t]*=(?!=)")
_OWNER = re.compile(rb"[ \t]*(\w+)(?:\.\w+)*")
"""What stands before an attribute that is set, from the beginning of its line."""
_OWNER_BY_NAME = re.compile(rb"setattr(?<=\bsetattr)\(\s*(\w+)(?:\.\w+)*\s*,")
_NAMESPACES = (b"eval(", b"exec(", b"globals(", b"vars(")
_NAMESPACE = re.compile(rb"(?<![.\w])(?:eval|exec|globals|vars)\(")


def mutated_names(text: bytes) -> frozenset[str]:
    """The names of what a text sets attributes of."""
    found = {*_OWNER_BY_NAME.findall(text)}
    for dot in (one.start() for one in _ATTRIBUTE.finditer(text)):
        owner = _OWNER.fullmatch(text, text.rfind(b"\n", 0, dot) + 1, dot)
        if owner is not None:
            found.add(owner[1])
    return frozenset(name.decode("utf-8", "replace") for name in found)


def reads_namespaces(text: bytes) -> bool:
    """Whether a text may get at names that it does not say."""
    return any(word in text for word in _NAMESPACES) and _NAMESPACE.search(text) is not None


def write_places(name: str, text: bytes) -> Iterator[str | None]:
    """For each place in a text that may set the variable called `name`, or put something in what it holds:
    the name of the module that it is said to be in, None where it may be in any."""
    word = name.encode()
    for start in word_places(word, text):
        found = _WRITE.match(text, start + len(word))
        if found is not None:
            said = _OBJECT.search(text, max(0, start - _LONGEST), start)
            if found["set"] is None and (found["item"] is None or said is None):
                yield None
            elif said is not None:
                yield said[1].decode("utf-8", "replace")
    if b"setattr" in text or b"global" in text:
        for line in _BY_NAME.findall(text):
            yield from (None for _ in word_places(word, line))
