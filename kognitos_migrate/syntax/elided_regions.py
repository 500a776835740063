"""Regions of a module that LibCST doesn't parse, and queries on their text."""

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property

import libcst as cst

from kognitos_migrate.modules.elision import BLANK, Between, Placeholder, placeholder
from kognitos_migrate.modules.module_effects import CAUGHT, called_name, queried_error_names, requested_errors
from kognitos_migrate.modules.top_level import parse_module, word_places, words_of

_NAME_FIELDS = ("name", "arg", "rest")
"""Fields of Python's nodes that contain the name that the node binds."""

_LINE_ENDS = (b"", b"\n", b"\r")

Definition = cst.FunctionDef | cst.ClassDef
Calls = Callable[[str], bool]
"""A predicate on a function's name: whether functions of that name inspect their arguments."""


class NeedsFullParseError(Exception):
    """A query needs code that wasn't parsed, or an elided region isn't where it was cut."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} has to be parsed as a whole")
        self.path = path


class ElidedRegions:
    """The regions of a module that are not parsed, and queries on their text."""

    def __init__(self, module: bytes = b"", places: Sequence[Between] = ()) -> None:
        """Regions at `places` of the text `module`, in order."""
        self.places = tuple(places)
        self._module = module

    @cached_property
    def _stand_ins(self) -> Sequence[Placeholder]:
        return [self._stand_in(start) for start, _ in self.places]

    def _stand_in(self, start: int) -> Placeholder:
        """The text that replaces the region at `start`.

        Only top-level definitions aren't indented; bodies are.
        """
        is_top = self._module[max(0, start - 1) : start] in _LINE_ENDS
        return (placeholder(self._module, start) if is_top else None) or BLANK

    def blank_text(self) -> str:
        """The module's text with each region replaced by a stand-in, padded to the same length."""
        widths = (end - start for start, end in self.places)
        return self._with(
            stand_in.text.ljust(width) for stand_in, width in zip(self._stand_ins, widths, strict=True)
        )

    def short_text(self) -> str:
        """The module's text with each region replaced by a stand-in."""
        return self._with(stand_in.text for stand_in in self._stand_ins)

    def _with(self, replacements: Iterable[bytes]) -> str:
        segments: list[bytes] = []
        at = 0
        for (start, end), replacement in zip(self.places, replacements, strict=False):
            segments += (self._module[at:start], replacement)
            at = end
        return b"".join((*segments, self._module[at:])).decode("utf-8", "surrogatepass")

    def elided_among(self, definitions: Iterable[Definition]) -> list[Definition]:
        """The definitions that are elided, whole or without their bodies, in order.

        They are recognized by the names and the padded widths of their stand-ins.
        """
        widths = (end - start for start, end in self.places)
        waiting = [(stand_in.name, width) for stand_in, width in zip(self._stand_ins, widths, strict=True)][
            ::-1
        ]
        elided: list[Definition] = []
        for definition in definitions:
            if waiting and _stand_in_of(definition) == waiting[-1]:
                waiting.pop()
                elided.append(definition)
        return elided

    @cached_property
    def text(self) -> bytes:
        """The text of the regions, in bytes."""
        return b"\n".join(self._module[start:end] for start, end in self.places)

    @cached_property
    def words(self) -> frozenset[str]:
        """All words in the regions, including those in string literals and comments."""
        return words_of(self.text) if self.places else frozenset()

    def mentions(self, name: str) -> bool:
        """Whether `name` occurs in a region, including string literals and comments."""
        return any(True for _ in word_places(name.encode("utf-8", "surrogatepass"), self.text))

    def use(self, name: str) -> bool:
        """Whether a region uses the variable `name`, or has it as a string literal."""
        return self.mentions(name) and (self.syntax is None or name in self._used_words)

    def read(self, name: str) -> bool:
        """Whether a region uses the variable `name`."""
        return self.mentions(name) and (self.syntax is None or name in self._variables)

    def may_set(self, name: str) -> bool:
        """Whether a region may set an attribute or an item `name`. It mentions the name other than to read
        it, as a variable's, or in a docstring."""
        if not self.mentions(name):
            return False
        if self.syntax is None:
            return True
        harmless = {id(read) for node in self.syntax for read in _constants_read(node)}
        return any(_may_set(node, name) for node in self.syntax if id(node) not in harmless)

    @cached_property
    def caught_names(self) -> frozenset[str]:
        """The names that exceptions are bound to in the regions."""
        names = words_of(b" ".join(CAUGHT.findall(self.text)))
        if queried_error_names(self.text):
            names |= {*requested_errors(self.syntax or ())}
        if b"return_exceptions" in self._module.lower():
            names |= {*_loop_variables(self.syntax or ())}
        return names

    @cached_property
    def syntax(self) -> Sequence[ast.AST] | None:
        """The regions' nodes of Python's own syntax tree; None if it can't parse them."""
        return self._nodes(self.places)

    def syntax_of(self, number: int) -> Sequence[ast.AST] | None:
        """The nodes of the region with this number; None if Python can't parse it."""
        return self._nodes(self.places[number : number + 1])

    def _nodes(self, places: Sequence[Between]) -> Sequence[ast.AST] | None:
        module = parse_module(
            b"".join(self._parsable(*place) for place in places).decode("utf-8", "surrogatepass")
        )
        return list(ast.walk(module)) if module is not None else None

    def _parsable(self, start: int, end: int) -> bytes:
        """The region as text that Python can parse alone; a body becomes that of a function."""
        if self._stand_in(start) is not BLANK:
            return self._module[start:end] + b"\n"
        while self._module[start - 1 : start] in (b" ", b"\t", b"\f"):
            start -= 1
        return b"async def _():\n%b\n" % self._module[start:end]

    @cached_property
    def _used_words(self) -> frozenset[str]:
        texts = (_text(node) for node in self.syntax or () if isinstance(node, ast.Constant))
        return self._variables | {text for text in texts if text is not None}

    @cached_property
    def _variables(self) -> frozenset[str]:
        return frozenset(name for node in self.syntax or () for name in _variables_of(node))


NO_ELISION = ElidedRegions()


def _stand_in_of(definition: Definition) -> tuple[str, int] | None:
    """The name and padded width of the stand-in in a definition's place or body; None if it has none."""
    stand_in: Placeholder | None = BLANK
    line: cst.CSTNode = definition.body
    if isinstance(line, cst.IndentedBlock):
        line = line.body[0] if len(line.body) == 1 else line
    else:
        kind = "def" if isinstance(definition, cst.FunctionDef) else "class"
        stand_in = placeholder(f"{kind} {definition.name.value}".encode())
    if not isinstance(line, cst.SimpleStatementLine | cst.SimpleStatementSuite) or len(line.body) != 1:
        return None
    small, space = line.body[0], line.trailing_whitespace
    is_blank = isinstance(small, cst.Expr) and isinstance(small.value, cst.Ellipsis) and space.comment is None
    return (
        (stand_in.name, len(stand_in.text) + len(space.whitespace.value)) if is_blank and stand_in else None
    )


def _text(node: ast.Constant) -> str | None:
    if isinstance(node.value, bytes):
        return node.value.decode("utf-8", "replace")
    return node.value if isinstance(node.value, str) else None


def _constants_read(node: ast.AST) -> Iterator[ast.expr]:
    """The key of an item that a node reads, or a docstring."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield node.slice
    elif isinstance(node, ast.Expr):
        yield node.value


def _may_set(node: ast.AST, name: str) -> bool:
    """Whether a node sets an attribute, or has a name as a constant or a keyword that may set one."""
    if isinstance(node, ast.Attribute):
        return node.attr == name and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Constant):
        return _may_be_key(node.value, name)
    return isinstance(node, ast.keyword) and node.arg == name


def _may_be_key(value: object, name: str) -> bool:
    """Whether a constant is the key `name`, or a text that contains it. `True` and `1.0` are the key `1`, and
    `-1` is written with the constant 1."""
    digits = name.removeprefix("-")
    if isinstance(value, int | float) and digits.isdecimal():
        return value == int(digits)
    return name in str(value) if isinstance(value, str | bytes) else name == str(value)


def _variables_of(node: ast.AST) -> Iterator[str]:
    """The variables that a node uses or binds."""
    if isinstance(node, ast.Name):
        yield node.id
    elif not isinstance(node, ast.keyword | ast.alias):
        fields = (getattr(node, field, None) for field in _NAME_FIELDS)
        yield from (name for name in fields if isinstance(name, str))
        yield from getattr(node, "kwd_attrs", ())


def inspects(
    nodes: Iterable[ast.AST], names: Collection[str], attributes: Collection[str], calls: Calls
) -> bool:
    """Whether a variable or an attribute is compared or indexed, or passed to a function that inspects it.

    `calls` decides by a function's name. An attribute that is named like one of the variables counts, too.
    """
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr in names:
            return True
        if any(_is_one_of(value, names, attributes) for value in _inspected_operands(node)):
            return True
        if isinstance(node, ast.Call):
            arguments = (*node.args, *(keyword.value for keyword in node.keywords))
            has_keyword = any(keyword.arg in names for keyword in node.keywords)
            if (has_keyword or any(_is_one_of(value, names, attributes) for value in arguments)) and calls(
                called_name(node)
            ):
                return True
    return False


def _loop_variables(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and isinstance(node.target, ast.Name):
            yield node.target.id


def _is_one_of(node: ast.AST, names: Collection[str], attributes: Collection[str]) -> bool:
    if isinstance(node, ast.Starred):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr in attributes
    return isinstance(node, ast.Name) and node.id in names


def _inspected_operands(node: ast.AST) -> Iterator[ast.expr]:
    """The operands that a node compares, indexes or reads an attribute of."""
    if isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.Attribute):
        yield node.value
    elif isinstance(node, ast.Subscript):
        yield node.value
        yield from node.slice.elts if isinstance(node.slice, ast.Tuple) else (node.slice,)
    elif isinstance(node, ast.Match):
        yield node.subject
