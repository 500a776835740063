"""Bodies of functions that are not parsed: LibCST is given blanks in their place, so that all else stands
where it stood."""

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import repeat

import libcst as cst

from kognitos_migrate.discover.idle import CAUGHT, Between, asked_for, asking, called_name
from kognitos_migrate.discover.statements import parsed, places, words_of

BLANK = b"..."
"""What is put in the place of a body, with blanks behind it."""
_GIVEN = ("name", "arg", "rest")
"""The fields of Python's nodes that hold names which something gets."""

Calls = Callable[[str], bool]
"""Whether functions of a name ask something of what they are given."""


class GapError(Exception):
    """A body that is not parsed would have to be known, or is not where it was left out."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} has to be parsed as a whole")
        self.path = path


class Gaps:
    """The bodies of a module that are not parsed, and what is asked of them."""

    def __init__(self, module: bytes = b"", places: Sequence[Between] = ()) -> None:
        """They are at `places` of the text `module`, in order."""
        self.places = tuple(places)
        self._module = module

    def blanked(self) -> str:
        """The text of the module with blanks in their place."""
        return self._with(BLANK.ljust(end - start) for start, end in self.places)

    def cut(self) -> str:
        """The text of the module without them."""
        return self._with(repeat(BLANK))

    def _with(self, others: Iterable[bytes]) -> str:
        found: list[bytes] = []
        at = 0
        for (start, end), other in zip(self.places, others, strict=False):
            found += (self._module[at:start], other)
            at = end
        return b"".join((*found, self._module[at:])).decode("utf-8", "surrogatepass")

    def among(self, functions: Iterable[cst.FunctionDef]) -> list[cst.FunctionDef]:
        """Those of a module's functions, in order, whose bodies they are: the blanks are as wide."""
        waiting = [end - start for start, end in reversed(self.places)]
        found: list[cst.FunctionDef] = []
        for function in functions:
            if waiting and _width(function) == waiting[-1]:
                waiting.pop()
                found.append(function)
        return found

    @cached_property
    def text(self) -> bytes:
        """What stands in them."""
        return b"\n".join(self._module[start:end] for start, end in self.places)

    @cached_property
    def words(self) -> frozenset[str]:
        """All names in them, those in texts and comments among them."""
        return words_of(self.text) if self.places else frozenset()

    def say(self, name: str) -> bool:
        """Whether a name stands in one of them, be it in a text or a comment."""
        return any(True for _ in places(name.encode("utf-8", "surrogatepass"), self.text))

    def use(self, name: str) -> bool:
        """Whether one of them uses a variable, or has its name as a text."""
        return self.say(name) and (self.syntax is None or name in self._used)

    @cached_property
    def caught(self) -> frozenset[str]:
        """The names that errors get in them."""
        found = words_of(b" ".join(CAUGHT.findall(self.text)))
        if asking(self.text):
            found |= {*asked_for(self.syntax or ())}
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
        text = b"".join(b"async def _():\n%b\n" % self._indented(start, end) for start, end in some)
        module = parsed(text.decode("utf-8", "surrogatepass"))
        return list(ast.walk(module)) if module is not None else None

    def _indented(self, start: int, end: int) -> bytes:
        while self._module[start - 1 : start] in (b" ", b"\t", b"\f"):
            start -= 1
        return self._module[start:end]

    @cached_property
    def _used(self) -> frozenset[str]:
        return frozenset(name for node in self.syntax or () for name in _said(node))


NO_GAPS = Gaps()


def _width(function: cst.FunctionDef) -> int | None:
    """How many bytes a body has that is no more than `...` and the blanks behind it."""
    body = function.body
    line = body.body[0] if isinstance(body, cst.IndentedBlock) and len(body.body) == 1 else None
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    small, space = line.body[0], line.trailing_whitespace
    is_blank = isinstance(small, cst.Expr) and isinstance(small.value, cst.Ellipsis) and space.comment is None
    return len(BLANK) + len(space.whitespace.value) if is_blank else None


def _said(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        yield node.value if isinstance(node.value, str) else node.value.decode("utf-8", "replace")
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
