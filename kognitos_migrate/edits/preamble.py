"""What a rewritten module needs at its top: tables, helper functions, imports."""

import sys
from collections.abc import Sequence

import libcst as cst

from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.layout import newline
from kognitos_migrate.interpret.modules import dotted_name
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Tree


def preamble(
    tree: Tree, imports: Sequence[str], sources: Sequence[str], use: int | None = None
) -> list[Draft]:
    """Drafts that put imports among the imports and definitions after them. `use` is where the first use of
    them begins."""
    end = newline(tree)
    found: list[Draft] = []
    if not imports and not sources:
        return []
    first, after = places_of_imports(tree, use)
    places: dict[int, list[str]] = {}
    apart = [line for line in imports if _is_apart(tree, line, first, after)]
    for line in imports:
        place = first if line in apart else _among_imports(tree, line, first, after)
        places.setdefault(place, []).append(line)
    for place, lines in places.items():
        parts = [f"{line}{end}" for line in lines]
        parts += [end] if lines[-1] in apart else []
        found.append(Draft(Span(tree.path, place, place), tuple(parts), rank=-1))
    if sources:
        fresh = [source for source in sources if source not in tree.text]
        text = "".join(f"{end}{end}{source.replace(chr(10), end)}{end}" for source in fresh)
        if fresh and not _begins_with_block(fresh[0]) and tree.encoded[:after].endswith(b"\n"):
            text = text.removeprefix(end)
        if text:
            blank = _blank_lines(tree, after)
            text += end * (2 - blank if _is_block(fresh[-1]) or not blank else 0)
            text = text if after else text.lstrip()
            found.append(Draft(Span(tree.path, after, after), (text,), rank=1))
    return found


def _is_block(definition: str) -> bool:
    """Whether a definition ends with a function or a class, behind which two lines stay blank (PEP 8)."""
    return definition.splitlines()[-1].startswith(" ")


def _begins_with_block(definition: str) -> bool:
    """Whether a definition begins with a function or a class, in front of which two lines stay blank."""
    first = next(line for line in definition.splitlines() if not line.startswith("#"))
    return first.startswith(("def ", "async def ", "class ", "@"))


def _blank_lines(tree: Tree, place: int) -> int:
    """How many blank lines follow on `place`; more than enough where the text ends there."""
    rest = tree.encoded[place:]
    text = rest.lstrip(b" \t\f\r\n")
    return rest[: len(rest) - len(text)].count(b"\n") if text else 2


def _among_imports(tree: Tree, line: str, first: int, last: int) -> int:
    """Where the line `import name` stands among the imports: beside those from the same module, else in
    the order of the first block."""
    name = line.removeprefix("import ")
    found: int | None = None
    after, block = first, False
    for statement in tree.module.body:
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if not isinstance(small, cst.Import | cst.ImportFrom):
            continue
        start, code = line_start(tree, tree.span(small).start), tree.code(small)
        if start < first or start >= last:
            continue
        if code.startswith((f"from {name} ", f"from {name}.")):
            return start
        block = block or (start > first and _has_blank_line_before(tree, start))
        if block or found is not None:
            continue
        if isinstance(small, cst.ImportFrom) or code > line:
            found = start
        else:
            after = line_end(tree, tree.span(small).end)
    return after if found is None else found


def _is_apart(tree: Tree, line: str, first: int, last: int) -> bool:
    """Whether the line `import name` becomes a section of its own: it is the first module of the standard
    library, ahead of all others."""
    if not is_standard(line.removeprefix("import ")):
        return False
    names = [
        dotted
        for _, small in tree.imports
        if first <= tree.span(small).start < last
        for dotted in _modules_of(small)
    ]
    return bool(names) and not any(map(is_standard, names))


def _modules_of(statement: cst.Import | cst.ImportFrom) -> list[str]:
    """The dotted names of the modules that a statement imports absolutely."""
    if isinstance(statement, cst.Import):
        return [dotted_name(alias.name) for alias in statement.names]
    return [dotted_name(statement.module)] if statement.module is not None and not statement.relative else []


def is_standard(dotted: str) -> bool:
    """Whether a name is that of a module of the standard library."""
    return dotted.partition(".")[0] in ("__future__", *sys.stdlib_module_names)


def _has_blank_line_before(tree: Tree, start: int) -> bool:
    return not tree.encoded[line_start(tree, start - 1) : start].strip()


def places_of_imports(tree: Tree, use: int | None) -> tuple[int, int]:
    """Where imports may stand, and where the imports end; both before `use`."""
    use = len(tree.encoded) if use is None else use
    first: int | None = None
    after = 0
    for statement in tree.module.body[_ahead_of_imports(tree, use) :]:
        if isinstance(statement, cst.SimpleStatementLine):
            small = statement.body[0]
            docstring = isinstance(small, cst.Expr) and isinstance(
                small.value, cst.SimpleString | cst.ConcatenatedString
            )
            if isinstance(small, cst.Import | cst.ImportFrom):
                future = (
                    isinstance(small, cst.ImportFrom)
                    and isinstance(small.module, cst.Name)
                    and small.module.value == "__future__"
                )
                if first is None and not future:
                    first = line_start(tree, tree.span(small).start)
                after = line_end(tree, tree.span(statement.body[-1]).end)
                continue
            if docstring and first is None and not after:
                after = line_end(tree, tree.span(small).end)
                continue
        elif isinstance(statement, cst.Try | cst.If) and _only_imports(statement):
            after = line_end(tree, tree.span(statement).end)
            continue
        break
    if not after and tree.module.header:
        after = line_start(tree, tree.span(tree.module.body[0]).start) if tree.module.body else 0
    return (after if first is None else first), after


def _ahead_of_imports(tree: Tree, use: int) -> int:
    """How many statements stand ahead of the first import, if that stands before `use`."""
    for number, statement in enumerate(tree.module.body):
        if tree.span(statement).end > use:
            break
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(small, cst.Import | cst.ImportFrom):
            return number
    return 0


def _only_imports(statement: cst.Try | cst.If) -> bool:
    body = statement.body.body
    return all(
        isinstance(line, cst.SimpleStatementLine)
        and all(isinstance(one, cst.Import | cst.ImportFrom) for one in line.body)
        for line in body
    )


def line_start(tree: Tree, offset: int) -> int:
    """Where the line of an offset begins."""
    return tree.encoded.rfind(b"\n", 0, offset) + 1


def line_end(tree: Tree, offset: int) -> int:
    """Where the line of an offset ends, behind its line ending."""
    end = tree.encoded.find(b"\n", offset)
    return len(tree.encoded) if end < 0 else end + 1
