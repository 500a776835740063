"""Bodies of functions that are not parsed: LibCST is given blanks in their place, so that all else stands
where it stood."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import repeat

import libcst as cst

from kognitos_migrate.discover.idle import Between
from kognitos_migrate.discover.statements import parsed, places, words_of

BLANK = b"..."
"""What is put in the place of a body, with blanks behind it."""
_CAUGHT = re.compile(rb"\bexcept\b[^:]*?\bas\s+(\w+)\s*:")


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
        return frozenset(name.decode("utf-8", "replace") for name in _CAUGHT.findall(self.text))

    @cached_property
    def syntax(self) -> Sequence[ast.AST] | None:
        """Python's nodes of them; None where it has none."""
        text = b"".join(b"async def _():\n%b\n" % self._indented(start, end) for start, end in self.places)
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
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
