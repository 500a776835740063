"""Composition of the plans of all conversations into edits by file, with the imports, tables, helpers and
adapters that they need."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath

from kognitos_migrate.edits.adapter_location import adapter_path, import_line
from kognitos_migrate.edits.adapter_source import (
    adapter_module_text,
    imports_of,
    local_source,
    marked_adapters,
)
from kognitos_migrate.edits.code_layout import lay_out_edits, newline
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.import_placement import (
    ImportSections,
    import_edits,
    import_offset,
    import_range,
    starts_section,
)
from kognitos_migrate.edits.imports import is_imported, unaliased_from_imports, unused_import_edits
from kognitos_migrate.edits.pending_edit import PendingEdit, compose
from kognitos_migrate.edits.plan import Plan
from kognitos_migrate.edits.reflective_reads import reflective_reads
from kognitos_migrate.edits.table_lookup import sources_of_table
from kognitos_migrate.rulebook.model import Api, Table
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.structs import Struct, field, replace
from kognitos_migrate.syntax.tree import Tree


def compose_plans(context: PlanContext, plans: list[Plan]) -> Mapping[str, list[Edit]]:
    """The edits of several plans together, by file, with the tables and helper functions that they need. A
    new file is one insertion at offset 0."""
    edits = [edit for plan in plans for edit in plan.edits]
    adapters = _adapter_modules(context, plans)
    touched = {edit.span.path for edit in edits} | {*adapters}
    for module in adapters.values():
        touched.update(module.importers)
    for plan in plans:
        touched.update(plan.helpers.imports, plan.helpers.sources)
        touched.update(plan.tables.tables, plan.tables.imports, plan.tables.shared)
    for path in sorted(touched & {*context.trees}):
        tree = context.trees[path]
        adapting = adapters.get(path, AdapterModule()).sources
        wanted = {line for plan in plans for line in plan.helpers.imports.get(path, ())}
        wanted.update(line for plan in plans for line in plan.tables.imports.get(path, ()))
        wanted.update(imports_of(adapting.values()))
        sources = {
            **_table_sources(context, plans, path),
            **{name: text for plan in plans for name, text in plan.helpers.sources.get(path, {}).items()},
            **adapting,
        }
        own = [edit for edit in edits if edit.span.path == path]
        first_use = min((edit.span.start for edit in own), default=None)
        imports = sorted(line for line in wanted if not is_imported(tree, line))
        added = preamble_edits(tree, imports, list(sources.values()), first_use)
        added += _adapter_imports(context, adapters, path, first_use)
        added += _table_imports(context, plans, path, first_use)
        edits.extend(added)
        if own:
            edits.extend(
                unused_import_edits(
                    tree, [*own, *added], context.trees, partial(_is_read_elsewhere, context, path)
                )
            )
    edits_by_file: dict[str, list[Edit]] = {}
    for edit in compose(edits, context.trees):
        edits_by_file.setdefault(edit.span.path, []).append(edit)
    edits_by_file = {
        path: file_edits if is_data_file(path) else lay_out_edits(context.trees[path], file_edits)
        for path, file_edits in edits_by_file.items()
    }
    for path, module in adapters.items():
        if path not in context.trees and module.api is not None:
            edits_by_file[path] = [
                Edit(Span(path, 0, 0), 0, adapter_module_text(module.api, module.sources.values()))
            ]
    return edits_by_file


def _is_read_elsewhere(context: PlanContext, path: str, name: str) -> bool:
    """Whether another module may read a name of a module, also by its text."""
    return context.is_used_elsewhere(path, name) or context.memoize(reflective_reads).is_read(path, name)


class AdapterModule(Struct):
    """The content of one module of adapters, and the modules that import from it."""

    api: Api | None = None
    sources: dict[str, str] = field(default_factory=dict)
    importers: dict[str, set[str]] = field(default_factory=dict)
    """By file: the names that it imports."""


def _adapter_modules(context: PlanContext, plans: list[Plan]) -> dict[str, AdapterModule]:
    """The modules of adapters that the plans need, by file."""
    modules: dict[str, AdapterModule] = {}
    for plan in plans:
        for path, names in sorted(plan.helpers.adapters.items()):
            for name, api in sorted(names.items()):
                place = adapter_path(context, context.rules.apis[api], path)
                module = modules.setdefault(place, AdapterModule())
                module.api = context.rules.apis[api]
                sources = plan.helpers.adapter_sources[path]
                if place == path:
                    existing = marked_adapters(context.trees[path])
                    sources = {key: local_source(sources[key]) for key in sources if key not in existing}
                else:
                    module.importers.setdefault(path, set()).add(name)
                module.sources.update(sources)
    return {
        path: replace(module, sources=dict(sorted(module.sources.items())))
        for path, module in modules.items()
    }


def _adapter_imports(
    context: PlanContext, adapters: Mapping[str, AdapterModule], path: str, first_use: int | None
) -> list[PendingEdit]:
    """Pending edits that import the adapters that a module needs."""
    edits: list[PendingEdit] = []
    tree = context.trees[path]
    for module, needed in adapters.items():
        names = sorted(needed.importers.get(path, set()) - unaliased_from_imports(tree))
        line = import_line(context, path, module, ", ".join(names))
        if names and line is not None:
            section = ImportSections(
                partial(_is_project_module, context, path), _is_first_party(module, line)
            )
            edits.extend(import_edits(tree, line, section, first_use))
    return edits


def _table_imports(
    context: PlanContext, plans: list[Plan], path: str, first_use: int | None
) -> list[PendingEdit]:
    """Pending edits that import the tables in other modules that a module looks values up in."""
    names: dict[str, set[str]] = {}
    own = {name for table in _tables_in_several_places(plans, path) for name in table.names}
    for plan in plans:
        for start, shared in plan.tables.shared.get(path, {}).items():
            if not shared <= own:
                names.setdefault(start, set()).update(shared - own)
    section = ImportSections(partial(_is_project_module, context, path), is_first_party=True)
    return [
        edit
        for start, shared in names.items()
        for edit in import_edits(
            context.trees[path], f"{start} import {', '.join(sorted(shared))}", section, first_use
        )
    ]


def _tables_in_several_places(plans: list[Plan], path: str) -> list[Table]:
    """The tables that the new code of a module would read from several modules, its own or others. Such a
    module gets a table of its own, with all rows."""
    tables = {
        table.constant: table
        for plan in plans
        for own in plan.tables.tables.values()
        for table in own.values()
    }
    return [table for table in tables.values() if len({*_table_import_starts(plans, path, table)}) > 1]


def _table_import_starts(plans: list[Plan], path: str, table: Table) -> Iterator[str]:
    """The beginnings of the imports of a table in a module; empty for a table of its own."""
    for plan in plans:
        if table.setting in plan.tables.tables.get(path, {}):
            yield ""
        for start, shared in plan.tables.shared.get(path, {}).items():
            if not shared.isdisjoint(table.names):
                yield start


def _is_project_module(context: PlanContext, path: str, dotted: str) -> bool:
    return context.files.locate(path, dotted, 0) is not None


def _is_first_party(module: str, line: str) -> bool:
    """Whether the statement names a module relative to the project's folder, or to its `src`. Linters
    recognize only such a module as the project's own."""
    depth = line.split()[1].count(".") + 1
    folders = PurePosixPath(module).parents
    return depth <= len(folders) and str(folders[depth - 1]) in (".", "src")


def _table_sources(context: PlanContext, plans: list[Plan], path: str) -> dict[str, str]:
    sources: dict[str, str] = {}
    for table in {
        table.constant: table for plan in plans for table in plan.tables.tables.get(path, {}).values()
    }.values():
        key_sets = [
            plan.tables.keys[path, table.setting]
            for plan in plans
            if table.setting in plan.tables.tables.get(path, {})
        ]
        keys = None if None in key_sets else {key for keys in key_sets if keys is not None for key in keys}
        sources.update(sources_of_table(context, table, keys, context.trees[path]))
    for table in _tables_in_several_places(plans, path):
        sources.update(sources_of_table(context, table, None, context.trees[path]))
    return sources


def preamble_edits(
    tree: Tree, imports: Sequence[str], sources: Sequence[str], use: int | None = None
) -> list[PendingEdit]:
    """Pending edits that add imports to the existing ones, and definitions after them. `use` is the offset of
    their first use, in bytes."""
    end = newline(tree)
    edits: list[PendingEdit] = []
    if not imports and not sources:
        return []
    first, after = import_range(tree, use)
    places: dict[int, list[str]] = {}
    separate_imports = [line for line in imports if starts_section(tree, line, first, after)]
    for line in imports:
        place = first if line in separate_imports else import_offset(tree, line, first, after)
        places.setdefault(place, []).append(line)
    for place, lines in places.items():
        parts = [f"{line}{end}" for line in lines]
        parts += [end] if lines[-1] in separate_imports else []
        edits.append(PendingEdit(Span(tree.path, place, place), tuple(parts), rank=-1))
    if sources:
        fresh = [source for source in sources if source not in tree.text]
        text = "".join(f"{end}{end}{source.replace(chr(10), end)}{end}" for source in fresh)
        if fresh and not _begins_with_block(fresh[0]) and tree.utf8_text[:after].endswith(b"\n"):
            text = text.removeprefix(end)
        if text:
            blank = _blank_lines(tree, after)
            text += end * (2 - blank if _ends_with_block(fresh[-1]) or not blank else 0)
            text = text if after else text.lstrip()
            edits.append(PendingEdit(Span(tree.path, after, after), (text,), rank=1))
    return edits


def _ends_with_block(definition: str) -> bool:
    """Whether a definition ends with a function or class. Two blank lines follow it (PEP 8)."""
    return definition.splitlines()[-1].startswith(" ")


def _begins_with_block(definition: str) -> bool:
    """Whether a definition begins with a function or class. Two blank lines precede it (PEP 8)."""
    first = next(line for line in definition.splitlines() if not line.startswith("#"))
    return first.startswith(("def ", "async def ", "class ", "@"))


def _blank_lines(tree: Tree, place: int) -> int:
    """The number of blank lines after `place`; two at the end of the text."""
    rest = tree.utf8_text[place:]
    text = rest.lstrip(b" \t\f\r\n")
    return rest[: len(rest) - len(text)].count(b"\n") if text else 2
