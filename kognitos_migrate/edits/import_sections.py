"""Where the import of an own module stands among the imports, as isort and Ruff sort them."""

import re
from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.layout import newline
from kognitos_migrate.edits.preamble import is_standard, line_end, line_start, places_of_imports
from kognitos_migrate.interpret.modules import dotted_name
from kognitos_migrate.record import Struct
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Tree


class Section(Struct, frozen=True):
    """How imports fall into sections: which dotted names are the program's own modules, and whether linters
    know that of the module that is imported, too."""

    is_own: Callable[[str], bool]
    is_apart: bool


class _Statement(Struct, frozen=True):
    """An import that has lines of its own: where these begin and end, and the block without blank lines that
    it stands in."""

    node: cst.Import | cst.ImportFrom
    start: int
    end: int
    block: int

    @property
    def level(self) -> int:
        """How many dots its module begins with."""
        return len(self.node.relative) if isinstance(self.node, cst.ImportFrom) else 0

    @property
    def modules(self) -> Sequence[str]:
        """The dotted names of its modules."""
        if isinstance(self.node, cst.Import):
            return [dotted_name(alias.name) for alias in self.node.names]
        return [dotted_name(self.node.module) if self.node.module is not None else ""]


def import_drafts(tree: Tree, line: str, section: Section, use: int | None) -> Iterator[Draft]:
    """The drafts that add the import `line`, which is `from module import names`, ahead of `use`."""
    first, after = places_of_imports(tree, use)
    statements = [one for one in _statements(tree) if first <= one.start < after]
    _, module, _, names = line.split(" ", 3)
    level = len(module) - len(module.lstrip("."))
    same = [one for one in statements if _imports_from(one, module, level)]
    if same:
        yield from (_with_name(tree, same[-1].node, name) for name in names.split(", "))
        return
    end = newline(tree)
    peers = _peers(statements, level, section)
    if peers:
        block = [one for one in statements if one.block == peers[-1].block]
        later = [one for one in block if _is_later(one, module.lstrip("."), level)]
        place = later[0].start if later else block[-1].end
        yield Draft(Span(tree.path, place, place), (f"{line}{end}",), rank=0)
        return
    relative = [] if level else [one for one in statements if one.level]
    if relative:
        place = relative[0].start
        yield Draft(Span(tree.path, place, place), (f"{line}{end}{end}",), rank=0)
    else:
        blank = end if statements else ""
        yield Draft(Span(tree.path, after, after), (f"{blank}{line}{end}",), rank=0)


def _statements(tree: Tree) -> Iterator[_Statement]:
    """The imports among a module's own statements, with the blocks that they form."""
    block, done = 0, 0
    for statement in tree.module.body:
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if not isinstance(small, cst.Import | cst.ImportFrom):
            block += 1
            continue
        start = line_start(tree, tree.span(small).start)
        block += bool(re.search(rb"^[ \t]*\r?\n", tree.encoded[done:start], re.MULTILINE))
        done = line_end(tree, tree.span(small).end)
        yield _Statement(small, start, done, block)


def _peers(statements: Sequence[_Statement], level: int, section: Section) -> list[_Statement]:
    """The imports of the section that the module belongs to."""
    if level:
        return [one for one in statements if one.level]
    absolute = [one for one in statements if not one.level]
    own = [one for one in absolute if any(map(section.is_own, one.modules))]
    if own or section.is_apart:
        return own
    return [one for one in absolute if not all(map(is_standard, one.modules))]


def _is_later(statement: _Statement, module: str, level: int) -> bool:
    """Whether an import is sorted behind `from module import`: those with most dots come first."""
    if isinstance(statement.node, cst.Import):
        return False
    return (-statement.level, statement.modules[0].lower()) > (-level, module.lower())


def _imports_from(statement: _Statement, module: str, level: int) -> bool:
    node = statement.node
    is_star = isinstance(node.names, cst.ImportStar)
    return (
        isinstance(node, cst.ImportFrom)
        and not is_star
        and (statement.level, statement.modules[0]) == (level, module.lstrip("."))
    )


def _with_name(tree: Tree, node: cst.Import | cst.ImportFrom, name: str) -> Draft:
    """The draft that adds a name to those that are imported from a module."""
    assert not isinstance(node.names, cst.ImportStar)
    spans = [(tree.span(alias), tree.code(alias.name)) for alias in node.names]
    for span, other in spans:
        if other > name:
            return Draft(Span(tree.path, span.start, span.start), (f"{name}, ",), rank=0)
    last = tree.span(node.names[-1].asname or node.names[-1].name)
    return Draft(Span(tree.path, last.end, last.end), (f", {name}",), rank=0)
