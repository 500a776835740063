"""The places of imports in a module, and edits that add imports there."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from kognitos_migrate.edits.code_layout import newline, separator
from kognitos_migrate.edits.imports import absolute_modules, imported_aliases
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.interpret.names import dotted_name
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Tree


def import_offset(tree: Tree, line: str, first: int, last: int) -> int:
    """The offset of the line `import name` among the imports: next to those from the same module, else in the
    order of the first block."""
    name = line.removeprefix("import ")
    place: int | None = None
    after, block = first, False
    for statement in tree.module.body:
        small = import_of(statement)
        if small is None:
            continue
        start, code = line_start(tree, tree.span(small).start), tree.code(small)
        if start < first or start >= last:
            continue
        if code.startswith((f"from {name} ", f"from {name}.")):
            return start
        block = block or (start > first and _has_blank_line_before(tree, start))
        if block or place is not None:
            continue
        if isinstance(small, cst.ImportFrom) or code > line:
            place = start
        else:
            after = line_end(tree, tree.span(small).end)
    return after if place is None else place


def starts_section(tree: Tree, line: str, first: int, last: int) -> bool:
    """Whether the line `import name` becomes a section of its own, because it is the only import from the
    standard library."""
    if not is_standard(line.removeprefix("import ")):
        return False
    names = [
        dotted
        for _, small in tree.imports
        if first <= tree.span(small).start < last
        for dotted in absolute_modules(small)
    ]
    return bool(names) and not any(map(is_standard, names))


def is_standard(dotted: str) -> bool:
    """Whether a name is that of a module of the standard library."""
    return dotted.partition(".")[0] in ("__future__", *sys.stdlib_module_names)


def _has_blank_line_before(tree: Tree, start: int) -> bool:
    return not tree.utf8_text[line_start(tree, start - 1) : start].strip()


def import_range(tree: Tree, use: int | None) -> tuple[int, int]:
    """The offset of the first import and the offset after the imports, in bytes. Statements before the first
    import are skipped if that is before `use`."""
    use = len(tree.utf8_text) if use is None else use
    first: int | None = None
    after = 0
    for statement in tree.module.body[_count_statements_before_imports(tree, use) :]:
        match statement:
            case cst.SimpleStatementLine([(cst.Import() | cst.ImportFrom()) as small, *_]):
                if first is None and not _is_future(small):
                    first = line_start(tree, tree.span(small).start)
                after = line_end(tree, tree.span(statement.body[-1]).end)
            case cst.SimpleStatementLine(
                [cst.Expr(cst.SimpleString() | cst.ConcatenatedString()) as docstring, *_]
            ) if first is None and not after:
                after = line_end(tree, tree.span(docstring).end)
            case cst.Try() | cst.If() if _only_imports(statement):
                after = line_end(tree, tree.span(statement).end)
            case _:
                break
    if not after and tree.module.header:
        after = line_start(tree, tree.span(tree.module.body[0]).start) if tree.module.body else 0
    return (after if first is None else first), after


def import_of(statement: cst.CSTNode) -> cst.Import | cst.ImportFrom | None:
    """The import that a line begins with; None if it begins with another statement."""
    match statement:
        case cst.SimpleStatementLine([(cst.Import() | cst.ImportFrom()) as small, *_]):
            return small
    return None


def _is_future(statement: cst.Import | cst.ImportFrom) -> bool:
    match statement:
        case cst.ImportFrom(module=cst.Name("__future__")):
            return True
    return False


def _count_statements_before_imports(tree: Tree, use: int) -> int:
    """The number of statements before the first import, if that is before `use`."""
    for number, statement in enumerate(tree.module.body):
        if tree.span(statement).end > use:
            break
        if import_of(statement) is not None:
            return number
    return 0


def _only_imports(statement: cst.Try | cst.If) -> bool:
    body = statement.body.body
    return all(
        isinstance(line, cst.SimpleStatementLine)
        and all(isinstance(small, cst.Import | cst.ImportFrom) for small in line.body)
        for line in body
    )


def line_start(tree: Tree, offset: int) -> int:
    """The offset at which the line that contains an offset begins, in bytes."""
    return tree.utf8_text.rfind(b"\n", 0, offset) + 1


def line_end(tree: Tree, offset: int) -> int:
    """The offset after the line that contains an offset and its line ending, in bytes."""
    end = tree.utf8_text.find(b"\n", offset)
    return len(tree.utf8_text) if end < 0 else end + 1


class ImportSections(Struct, frozen=True):
    """The sections of imports: `is_own` recognizes the program's own modules by name, and `is_first_party` is
    set if linters recognize the imported module as such, too."""

    is_own: Callable[[str], bool]
    is_first_party: bool


class _ImportStatement(Struct, frozen=True):
    """An import on lines of its own: their start and end offset, and the number of its block between blank
    lines."""

    node: cst.Import | cst.ImportFrom
    start: int
    end: int
    block: int

    @property
    def level(self) -> int:
        """The number of leading dots of its module."""
        return len(self.node.relative) if isinstance(self.node, cst.ImportFrom) else 0

    @property
    def modules(self) -> Sequence[str]:
        """The dotted names of its modules."""
        if isinstance(self.node, cst.Import):
            return [dotted_name(alias.name) for alias in self.node.names]
        return [dotted_name(self.node.module) if self.node.module is not None else ""]


def import_edits(tree: Tree, line: str, section: ImportSections, use: int | None) -> Iterator[PendingEdit]:
    """Pending edits that add the import `line`, in the form `from module import names`, before `use`."""
    first, after = import_range(tree, use)
    statements = [statement for statement in _statements(tree) if first <= statement.start < after]
    _, module, _, names = line.split(" ", 3)
    level = len(module) - len(module.lstrip("."))
    same = [statement for statement in statements if _imports_from(statement, module, level)]
    if same:
        yield from (_add_name(tree, same[-1].node, name) for name in names.split(", "))
        return
    end = newline(tree)
    peers = _peers(statements, level, section)
    if peers:
        block = [statement for statement in statements if statement.block == peers[-1].block]
        later = [statement for statement in block if _is_later(statement, module.lstrip("."), level)]
        place = later[0].start if later else block[-1].end
        yield PendingEdit(Span(tree.path, place, place), (f"{line}{end}",), rank=0)
        return
    relative = [] if level else [statement for statement in statements if statement.level]
    if relative:
        place = relative[0].start
        yield PendingEdit(Span(tree.path, place, place), (f"{line}{end}{end}",), rank=0)
    else:
        blank = end if statements else ""
        yield PendingEdit(Span(tree.path, after, after), (f"{blank}{line}{end}",), rank=0)


def _statements(tree: Tree) -> Iterator[_ImportStatement]:
    """The imports at a module's top level, with their blocks."""
    block, done = 0, 0
    for statement in tree.module.body:
        small = import_of(statement)
        if small is None:
            block += 1
            continue
        start = line_start(tree, tree.span(small).start)
        block += bool(re.search(rb"^[ \t]*\r?\n", tree.utf8_text[done:start], re.MULTILINE))
        done = line_end(tree, tree.span(small).end)
        yield _ImportStatement(small, start, done, block)


def _peers(
    statements: Sequence[_ImportStatement], level: int, section: ImportSections
) -> list[_ImportStatement]:
    """The imports of the section to which the module belongs."""
    if level:
        return [statement for statement in statements if statement.level]
    absolute = [statement for statement in statements if not statement.level]
    own = [statement for statement in absolute if any(map(section.is_own, statement.modules))]
    if own or section.is_first_party:
        return own
    return [statement for statement in absolute if not all(map(is_standard, statement.modules))]


def _is_later(statement: _ImportStatement, module: str, level: int) -> bool:
    """Whether an import is sorted after `from module import`: those with the most dots come first."""
    if isinstance(statement.node, cst.Import):
        return False
    return (-statement.level, statement.modules[0].lower()) > (-level, module.lower())


def _imports_from(statement: _ImportStatement, module: str, level: int) -> bool:
    match statement.node:
        case cst.ImportFrom(names=[*_]):
            return (statement.level, statement.modules[0]) == (level, module.lstrip("."))
    return False


def _add_name(tree: Tree, node: cst.Import | cst.ImportFrom, name: str) -> PendingEdit:
    """The pending edit that adds a name to an import from a module."""
    aliases = imported_aliases(node)
    spans = [(tree.span(alias), tree.code(alias.name)) for alias in aliases]
    delimiter = separator(tree, spans[-1][0].start)
    for span, other in spans:
        if _order_of_name(other) > _order_of_name(name):
            return PendingEdit(Span(tree.path, span.start, span.start), (f"{name}{delimiter}",), rank=0)
    last = tree.span(aliases[-1].asname or aliases[-1].name)
    return PendingEdit(Span(tree.path, last.end, last.end), (f"{delimiter}{name}",), rank=0)


def _order_of_name(name: str) -> tuple[int, str]:
    """The place of a name in an import, as isort and Ruff order them: constants, classes, all others."""
    if name.isupper() and len(name) > 1:
        return 0, name
    return (1, name) if name[:1].isupper() else (2, name)
