"""Regions of a module that are not parsed, and queries about their text."""

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property

import libcst as cst

from kognitos_migrate.modules.elision import (
    BLANK,
    CAUGHT,
    Between,
    Placeholder,
    called_name,
    placeholder,
    queried_error_names,
    requested_errors,
)
from kognitos_migrate.modules.top_level import parse_module, word_places, words_of

_GIVEN = ("name", "arg", "rest")
"""The fields of Python's nodes that hold names which something gets."""

_LINE_ENDS = (b"", b"\n", b"\r")

Definition = cst.FunctionDef | cst.ClassDef
Calls = Callable[[str], bool]
"""Whether functions of a name ask something of what they are given."""


class NeedsFullParseError(Exception):
    """What is not parsed would have to be known, or is not where it was left out."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} has to be parsed as a whole")
        self.path = path


class ElidedRegions:
    """What of a module is not parsed, and what is asked of it."""

    def __init__(self, module: bytes = b"", places: Sequence[Between] = ()) -> None:
        """They are at `places` of the text `module`, in order."""
        self.places = tuple(places)
        self._module = module

    @cached_property
    def _stand_ins(self) -> Sequence[Placeholder]:
        return [self._stand_in(start) for start, _ in self.places]

    def _stand_in(self, start: int) -> Placeholder:
        """A body is indented, what is defined at the top of a module is not."""
        is_top = self._module[max(0, start - 1) : start] in _LINE_ENDS
        return (placeholder(self._module, start) if is_top else None) or BLANK

    def blanked(self) -> str:
        """The text of the module with stand-ins and blanks in their place."""
        widths = (end - start for start, end in self.places)
        return self._with(one.text.ljust(width) for one, width in zip(self._stand_ins, widths, strict=True))

    def cut(self) -> str:
        """The text of the module without them."""
        return self._with(one.text for one in self._stand_ins)

    def _with(self, others: Iterable[bytes]) -> str:
        found: list[bytes] = []
        at = 0
        for (start, end), other in zip(self.places, others, strict=False):
            found += (self._module[at:start], other)
            at = end
        return b"".join((*found, self._module[at:])).decode("utf-8", "surrogatepass")

    def among(self, definitions: Iterable[Definition]) -> list[Definition]:
        """Those of a module's functions and classes, in order, that they are, or whose bodies: the stand-ins
        have the same names, and blanks up to the same width."""
        widths = (end - start for start, end in self.places)
        waiting = [(one.name, width) for one, width in zip(self._stand_ins, widths, strict=True)][::-1]
        found: list[Definition] = []
        for one in definitions:
            if waiting and _as_stand_in(one) == waiting[-1]:
                waiting.pop()
                found.append(one)
        return found

    @cached_property
    def text(self) -> bytes:
        """What stands in them."""
        return b"\n".join(self._module[start:end] for start, end in self.places)

    @cached_property
    def words(self) -> frozenset[str]:
        """All names in them, those in texts and comments among them."""
        return words_of(self.text) if self.places else frozenset()

    def mentions(self, name: str) -> bool:
        """Whether a name stands in one of them, be it in a text or a comment."""
        return any(True for _ in word_places(name.encode("utf-8", "surrogatepass"), self.text))

    def use(self, name: str) -> bool:
        """Whether one of them uses a variable, or has its name as a text."""
        return self.mentions(name) and (self.syntax is None or name in self._used)

    def read(self, name: str) -> bool:
        """Whether one of them uses a variable."""
        return self.mentions(name) and (self.syntax is None or name in self._variables)

    @cached_property
    def caught(self) -> frozenset[str]:
        """The names that errors get in them."""
        found = words_of(b" ".join(CAUGHT.findall(self.text)))
        if queried_error_names(self.text):
            found |= {*requested_errors(self.syntax or ())}
        if b"return_exceptions" in self._module.lower():
            found |= {*_gone_through(self.syntax or ())}
        return found

    @cached_property
    def syntax(self) -> Sequence[ast.AST] | None:
        """Python's nodes of them; None where it has none."""
        return self._nodes(self.places)

    def syntax_of(self, number: int) -> Sequence[ast.AST] | None:
        """The same of one of them."""
        return self._nodes(self.places[number : number + 1])

    def _nodes(self, some: Sequence[Between]) -> Sequence[ast.AST] | None:
        module = parse_module(b"".join(self._whole(*one) for one in some).decode("utf-8", "surrogatepass"))
        return list(ast.walk(module)) if module is not None else None

    def _whole(self, start: int, end: int) -> bytes:
        """A text that can be parsed, of a definition, or of one with a body."""
        if self._stand_in(start) is not BLANK:
            return self._module[start:end] + b"\n"
        while self._module[start - 1 : start] in (b" ", b"\t", b"\f"):
            start -= 1
        return b"async def _():\n%b\n" % self._module[start:end]

    @cached_property
    def _used(self) -> frozenset[str]:
        texts = (_text(node) for node in self.syntax or () if isinstance(node, ast.Constant))
        return self._variables | {text for text in texts if text is not None}

    @cached_property
    def _variables(self) -> frozenset[str]:
        return frozenset(name for node in self.syntax or () for name in _named(node))


NO_ELISION = ElidedRegions()


def _as_stand_in(definition: Definition) -> tuple[str, int] | None:
    """The name of the stand-in that a definition, or its body, may be, and how wide it is with its blanks."""
    known: Placeholder | None = BLANK
    line: cst.CSTNode = definition.body
    if isinstance(line, cst.IndentedBlock):
        line = line.body[0] if len(line.body) == 1 else line
    else:
        kind = "def" if isinstance(definition, cst.FunctionDef) else "class"
        known = placeholder(f"{kind} {definition.name.value}".encode())
    if not isinstance(line, cst.SimpleStatementLine | cst.SimpleStatementSuite) or len(line.body) != 1:
        return None
    small, space = line.body[0], line.trailing_whitespace
    is_blank = isinstance(small, cst.Expr) and isinstance(small.value, cst.Ellipsis) and space.comment is None
    return (known.name, len(known.text) + len(space.whitespace.value)) if is_blank and known else None


def _text(node: ast.Constant) -> str | None:
    if isinstance(node.value, bytes):
        return node.value.decode("utf-8", "replace")
    return node.value if isinstance(node.value, str) else None


def _named(node: ast.AST) -> Iterator[str]:
    """The variables that a node uses, or gives something."""
    if isinstance(node, ast.Name):
        yield node.id
    elif not isinstance(node, ast.keyword | ast.alias):
        given = (getattr(node, field, None) for field in _GIVEN)
        yield from (one for one in given if isinstance(one, str))
        yield from getattr(node, "kwd_attrs", ())


def asks(nodes: Iterable[ast.AST], names: Collection[str], attributes: Collection[str], calls: Calls) -> bool:
    """Whether one of the variables or attributes is compared, searched or taken apart, or goes where that
    may be."""
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr in names:
            return True
        if any(_is(one, names, attributes) for one in _asked(node)):
            return True
        if isinstance(node, ast.Call):
            given = (*node.args, *(one.value for one in node.keywords))
            said = any(one.arg in names for one in node.keywords)
            if (said or any(_is(one, names, attributes) for one in given)) and calls(called_name(node)):
                return True
    return False


def _gone_through(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names that what is gone through gets."""
    for node in nodes:
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and isinstance(node.target, ast.Name):
            yield node.target.id


def _is(node: ast.AST, names: Collection[str], attributes: Collection[str]) -> bool:
    if isinstance(node, ast.Starred):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr in attributes
    return isinstance(node, ast.Name) and node.id in names


def _asked(node: ast.AST) -> Iterator[ast.expr]:
    """What a node asks something of."""
    if isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.Attribute):
        yield node.value
    elif isinstance(node, ast.Subscript):
        yield node.value
        yield from node.slice.elts if isinstance(node.slice, ast.Tuple) else (node.slice,)
    elif isinstance(node, ast.Match):
        yield node.subject
