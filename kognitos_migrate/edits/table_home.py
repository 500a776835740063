"""The module that holds a table for several others: one that they import already and that contains their URL.

    # settings.py                                     # billing.py
    BASE_URL = "https://api.example.com/v2"           from settings import BASE_URL, PROCESSES
    PROCESSES = {"invoices": {…}}

Without such a module, each module gets a table of its own: a new module might not be importable from all.
"""

from collections.abc import Collection, Iterable, Mapping

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.import_placement import import_of
from kognitos_migrate.edits.imports import absolute_modules
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.reflective_reads import reflective_reads
from kognitos_migrate.edits.table_lookup import TableUses
from kognitos_migrate.interpret.names import dotted_name
from kognitos_migrate.rulebook.model import Table
from kognitos_migrate.source.content import is_data_file, is_notebook
from kognitos_migrate.syntax.tree import Tree


def share_tables(context: PlanContext, tables: TableUses, url_edits: Iterable[PendingEdit]) -> None:
    """Move each table that several modules look up into one of the modules that `url_edits` change, if all of
    them import it already."""
    edited = sorted({edit.span.path for edit in url_edits})
    settings = {setting: table for own in tables.tables.values() for setting, table in own.items()}
    for setting, table in settings.items():
        users = [path for path, own in tables.tables.items() if setting in own]
        if len(users) < 2:
            continue
        for path in edited:
            imports = _import_starts_by_user(context, path, users)
            if imports is not None and _can_hold_table(context, path, users, table):
                tables.share(table, path, imports)
                break
        else:
            _share_with_tests(context, tables, table)


def _share_with_tests(context: PlanContext, tables: TableUses, table: Table) -> None:
    """Let tests import a table from a module of the program that has it, if they import that module
    already. No module of the program imports them."""
    users = [path for path, own in tables.tables.items() if table.setting in own]
    for path in (path for path in users if path not in context.facts.tests):
        imports = {
            user: start
            for user in users
            if user in context.facts.tests
            and table.setting in tables.tables[user]
            and (start := _import_start(context, context.trees[user], path)) is not None
            and not _has_names(context, user, table)
        }
        if imports:
            tables.share(table, path, imports)


def _import_starts_by_user(context: PlanContext, path: str, users: Iterable[str]) -> Mapping[str, str] | None:
    """The beginning of an import from the module at `path` for each of the other users, as these name it:
    `from .settings`. None if one of them doesn't import it when it is loaded."""
    starts: dict[str, str] = {}
    for user in users:
        start = _import_start(context, context.trees[user], path) if user != path else None
        if start is not None:
            starts[user] = start
        elif user != path:
            return None
    return starts


def _import_start(context: PlanContext, tree: Tree, path: str) -> str | None:
    for statement in tree.module.body:
        match import_of(statement):
            case cst.ImportFrom(module=cst.CSTNode() as module, relative=dots):
                dotted = dotted_name(module)
                if context.files.locate(tree.path, dotted, len(dots)) == path:
                    return f"from {'.' * len(dots)}{dotted}"
            case cst.Import(aliases):
                for alias in aliases:
                    dotted = dotted_name(alias.name)
                    if context.files.locate(tree.path, dotted, 0) == path:
                        return f"from {dotted}"
    return None


def _can_hold_table(context: PlanContext, path: str, users: Collection[str], table: Table) -> bool:
    """Whether a module may define the table: no test, no notebook, with no import that could lead back to it
    while it is being loaded, and with the names free in all modules."""
    tree = context.trees[path]
    if path in context.facts.tests or is_notebook(path) or is_data_file(path):
        return False
    if path in context.memoize(reflective_reads).listed or _imports_program(context, tree):
        return False
    return not any(_has_names(context, module, table) for module in {path, *users})


def _has_names(context: PlanContext, path: str, table: Table) -> bool:
    """Whether a module mentions the names that the new code of a table defines."""
    tree = context.trees[path]
    return any(tree.names_spelled(name) or tree.gaps.mentions(name) for name in table.names)


def _imports_program(context: PlanContext, tree: Tree) -> bool:
    """Whether a module imports another one of the program, perhaps in code that isn't parsed."""
    if tree.gaps.mentions("import"):
        return True
    imports: list[cst.Import | cst.ImportFrom] = tree.of_kind(cst.Import, cst.ImportFrom)
    return any(
        context.files.locate(tree.path, dotted, level) is not None
        for node in imports
        for dotted, level in _modules_of(node)
    )


def _modules_of(node: cst.Import | cst.ImportFrom) -> Iterable[tuple[str, int]]:
    if isinstance(node, cst.ImportFrom) and node.relative:
        module = dotted_name(node.module) if node.module is not None else ""
        return [(module, len(node.relative))]
    return [(dotted, 0) for dotted in absolute_modules(node)]
