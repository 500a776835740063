"""Top-level statements of a module: their definitions, mentions and writes, by Python's own parser."""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import accumulate

from kognitos_migrate.source.file import LARGEST_MODULE
from kognitos_migrate.structs import Struct, replace

_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_PRIVATE = re.compile(rb"(?<![\w\x80-\xff])__[\w\x80-\xff]*(?<!__)(?![\w\x80-\xff])")
_OF_WORDS = frozenset(bytes((code,)) for code in range(256) if _WORD.fullmatch(b"_%c" % code))
"""The bytes that names consist of."""
_IMPORT = re.compile(rb"(?:from[ \t]+[\w.\x80-\xff]+[ \t]+import|import)[ \t][\w.*,\x80-\xff \t]*")
"""A complete import on one line."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class ImportBinding(Struct, frozen=True):
    """A name bound by an import: a module, or its member `attribute`."""

    name: str
    module: str
    """The module's dotted name with its leading dots."""
    attribute: str | None = None


class _Lines(Struct, frozen=True, eq=False, dict=True):
    """The lines of one or more statements."""

    text: bytes

    @cached_property
    def words(self) -> frozenset[str]:
        return words_of(self.text)


class TopLevelStatement(Struct, frozen=True, eq=False, dict=True):
    """A statement at the top level of a module."""

    start: int
    end: int
    """The byte offset of the end. `start` and `end` are at the start of a line."""
    lines: _Lines
    names: frozenset[str]
    """The names that it defines."""
    node: ast.stmt
    is_definition: bool
    """Whether it defines a function or a class. Its content isn't executed before that is called."""

    @property
    def text(self) -> bytes:
        """The lines from its start to its end."""
        return self.lines.text

    @property
    def words(self) -> frozenset[str]:
        """All words in it, including those in strings and comments."""
        return self.lines.words

    @property
    def is_import(self) -> bool:
        """Whether it is an import statement."""
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @cached_property
    def bindings(self) -> list[ImportBinding]:
        """The bindings of its imports, including those in functions. `*` stands for a star import."""
        imports = (inner for inner in ast.walk(self.node) if isinstance(inner, ast.Import | ast.ImportFrom))
        return (
            [binding for inner in imports for binding in _import_bindings(inner)]
            if "import" in self.words
            else []
        )


def parse_module(text: str) -> ast.Module | None:
    """The syntax tree of `text`; None if this Python can't parse it. Warnings are suppressed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def top_level_statements(text: bytes) -> list[TopLevelStatement] | None:
    """The statements of a module; None if this Python can't parse it, or if it is too large to be parsed."""
    if len(text) > LARGEST_MODULE:
        return None
    module = parse_module(text.decode("utf-8", "surrogateescape"))
    if module is None:
        return None
    starts = [0, *accumulate(map(len, text.splitlines(keepends=True)))]
    contents: dict[tuple[int, int], _Lines] = {}
    statements: list[TopLevelStatement] = []
    for node in module.body:
        place = start, end = starts[first_line(node) - 1], starts[node.end_lineno or node.lineno]
        if place not in contents:  # many statements may stand in one line
            contents[place] = _Lines(text[start:end])
        statements.append(_statement(node, start, contents[place]))
    return statements


def sole_imports_of(text: bytes, name: str) -> list[TopLevelStatement] | None:
    """The imports that mention `name`, if the module mentions it nowhere else; None if it does.

    A module with only such imports need not be parsed.
    """
    imports: dict[int, bytes] = {}
    for place in word_places(name.encode(), text):
        start = text.rfind(b"\n", 0, place) + 1
        line = text[start : text.find(b"\n", start) + 1 or len(text)]
        if _IMPORT.fullmatch(line.rstrip()) is None:
            return None
        imports[start] = line
    return [
        replace(statement, start=start, end=start + len(line))
        for start, line in imports.items()
        for statement in _statements_in_line(line)
    ]


@cache
def _statements_in_line(line: bytes) -> Sequence[TopLevelStatement]:
    """The statements of a line. Cached, since many modules have the same import."""
    return top_level_statements(line) or ()


def word_places(word: bytes, text: bytes) -> Iterator[int]:
    """The offsets of a name in a text at which it isn't part of a longer name."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if text[start - 1 : start] not in _OF_WORDS and text[end : end + 1] not in _OF_WORDS:
            yield start
        start = text.find(word, end)


def words_of(text: bytes) -> frozenset[str]:
    """All words in a text."""
    words = b" ".join({*_WORD.findall(text)})
    return frozenset(words.decode("utf-8", "replace").split(" ")) if words else frozenset()


def has_respelled_names(text: bytes) -> bool:
    """Whether a text may contain names that Python reads as others: `__x` in a class, elsewhere `_C__x`, and
    names with characters that it normalizes."""
    if b"__" in text and _PRIVATE.search(text) is not None:
        return True
    if text.isascii():
        return False
    import unicodedata

    return not unicodedata.is_normalized("NFKC", text.decode("utf-8", "replace"))


def first_line(node: ast.stmt) -> int:
    """The first line of a statement, including its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _statement(node: ast.stmt, start: int, lines: _Lines) -> TopLevelStatement:
    return TopLevelStatement(
        start,
        start + len(lines.text),
        lines,
        frozenset(_names(node)),
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
            yield from (binding.name for binding in _import_bindings(inner))


def _import_bindings(node: ast.Import | ast.ImportFrom) -> Iterator[ImportBinding]:
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
"""The text behind a variable that is rebound or whose value is mutated."""
_OBJECT = re.compile(rb"([\w\x80-\xff]+)\.\Z")
_LONGEST = 200
"""Bytes in front of a variable that are searched for the name of its module."""
_BY_NAME = re.compile(rb"setattr(?<=\bsetattr)\b[^\n]*|global(?<=\bglobal)\s[^\n]*")

_ATTRIBUTE = re.compile(rb"\.\w+[ \t]*=(?!=)")
_OWNER = re.compile(rb"[ \t]*(\w+)(?:\.\w+)*")
"""The text from the start of a line up to an attribute that is set."""
_OWNER_BY_NAME = re.compile(rb"setattr(?<=\bsetattr)\(\s*(\w+)(?:\.\w+)*\s*,")
_NAMESPACES = (b"eval(", b"exec(", b"globals(", b"vars(")
_NAMESPACE = re.compile(rb"(?<![.\w])(?:eval|exec|globals|vars)\(")


def mutated_names(text: bytes) -> frozenset[str]:
    """The names of objects whose attributes a text sets."""
    owners = {*_OWNER_BY_NAME.findall(text)}
    for dot in (match.start() for match in _ATTRIBUTE.finditer(text)):
        owner = _OWNER.fullmatch(text, text.rfind(b"\n", 0, dot) + 1, dot)
        if owner is not None:
            owners.add(owner[1])
    return frozenset(name.decode("utf-8", "replace") for name in owners)


_LOADER = re.compile(rb"\b(?:import_module|__import__|resolve_name|import_string|locate)\b|\bsys\.modules\b")
"""Functions that find modules and their objects by names from run time."""


def loads_by_name(text: bytes) -> bool:
    """Whether a text may find modules or their objects by names from run time."""
    return _LOADER.search(text) is not None


def sets_dynamic_attributes(text: bytes) -> bool:
    """Whether a text may set attributes of objects that are found by such names, perhaps by another text."""
    return b"setattr" in text or (_ATTRIBUTE.search(text) is not None and loads_by_name(text))


def reads_namespaces(text: bytes) -> bool:
    """Whether a text may access names that it doesn't contain."""
    return any(word in text for word in _NAMESPACES) and _NAMESPACE.search(text) is not None


def write_places(name: str, text: bytes) -> Iterator[str | None]:
    """For each place that may rebind `name` or mutate its value: the module that the name is qualified with.

    None stands for any module.
    """
    word = name.encode()
    for start in word_places(word, text):
        write = _WRITE.match(text, start + len(word))
        if write is not None:
            owner = _OBJECT.search(text, max(0, start - _LONGEST), start)
            if write["set"] is None and (write["item"] is None or owner is None):
                yield None
            elif owner is not None:
                yield owner[1].decode("utf-8", "replace")
    if b"setattr" in text or b"global" in text:
        for line in _BY_NAME.findall(text):
            yield from (None for _ in word_places(word, line))
