"""Name clashes: names of the new code that mean something else in a module."""

from collections.abc import Collection, Iterable

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.adapter_location import adapter_path
from kognitos_migrate.edits.adapter_source import imports_of, local_source, marked_adapters
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.generated_code import Helpers, defined_names
from kognitos_migrate.edits.imports import is_imported, shadowed_name, unaliased_from_imports
from kognitos_migrate.edits.reflective_reads import reflective_reads
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.table_lookup import TableUses, sources_of_table
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.tree import Site, Tree


def require_free_names(
    context: PlanContext, matches: list[Match], tables: TableUses, helpers: Helpers
) -> None:
    """Raises RefusalError if a name that the new code defines means something else in the module."""
    for path, tree in context.trees.items():
        adapters = _local_adapters(context, path, helpers)
        own = sorted(tables.imports.get(path, ()))
        _require_free_imports(tree, matches, [*imports_of(adapters.values()), *own])
        sources = {**helpers.sources.get(path, {}), **adapters}
        imports = [*helpers.imports.get(path, ()), *imports_of(adapters.values())]
        taken_name = (
            shadowed_name(tree, sources.values(), imports, context.facts.rebound) if sources else None
        )
        if taken_name is not None:
            raise _name_clash(matches[0].request.site, taken_name)
        adapting = {*adapters, *helpers.adapters.get(path, ())}
        names = {*sources, *_new_tables(context, tree, tables)}
        names |= adapting - unaliased_from_imports(tree) if adapting else set()
        names.update(name for source in sources.values() for name in defined_names(source))
        names -= marked_adapters(tree) if adapters else set()
        if any(map(tree.gaps.mentions, names)):
            raise NeedsFullParseError(path)
        if names:
            importers = _star_importers(context, path)
            _require_unlisted_names(context, [path, *importers], names, matches[0].request.site)
            _require_no_clash_in_importers(context, importers, names, matches[0].request.site)
        for node in tree.of_kind(cst.Name) if names else ():
            if node.value in names and not (
                _is_attribute_or_keyword(tree, node) or _is_from_earlier_run(tree, node, sources)
            ):
                site = tree.site(node) if path == matches[0].request.site.path else matches[0].request.site
                raise _name_clash(site, node.value)


def _require_unlisted_names(
    context: PlanContext, paths: Iterable[str], names: Collection[str], site: Site
) -> None:
    """Raises RefusalError if the program lists all names of a module that would have new ones."""
    listed = context.memoize(reflective_reads).listed
    for path in paths:
        if path in listed:
            raise RefusalError(
                site,
                "name-taken",
                f"the program lists the names of {path}, and would find the new {min(names)!r} among them",
            )


def _star_importers(context: PlanContext, path: str) -> list[str]:
    """The modules that import all names of a module, directly or through others."""
    sources = _star_imports(context)
    reached = [path]
    for source in reached:
        reached += [
            importer
            for importer, imported in sources.items()
            if source in imported and importer not in reached
        ]
    return reached[1:]


def _star_imports(context: PlanContext) -> dict[str, set[str | None]]:
    """The modules from which each module imports all names."""
    return {
        importer: {
            context.files.locate(importer, tree.code(node.module) if node.module else "", len(node.relative))
            for node in tree.of_kind(cst.ImportFrom)
            if isinstance(node.names, cst.ImportStar)
        }
        for importer, tree in context.trees.items()
    }


def _require_no_clash_in_importers(
    context: PlanContext, importers: Iterable[str], names: Collection[str], site: Site
) -> None:
    """Raises RefusalError if a module that imports all names of another one uses one of the new ones."""
    for tree in (context.trees[importer] for importer in importers):
        for name in names:
            if tree.names_spelled(name) or tree.gaps.mentions(name):
                raise _name_clash(site, name)


def _name_clash(site: Site, name: str) -> RefusalError:
    return RefusalError(
        site, "name-taken", f"the new code needs the name {name!r}, which has another meaning here"
    )


def _new_tables(context: PlanContext, tree: Tree, tables: TableUses) -> set[str]:
    """The names of the tables that a module needs and of their functions, without those from an earlier
    run."""
    return {
        name
        for setting, table in tables.tables.get(tree.path, {}).items()
        for name in sources_of_table(context, table, tables.keys[tree.path, setting], tree)
    }


def _local_adapters(context: PlanContext, path: str, helpers: Helpers) -> dict[str, str]:
    """The adapters that a module contains itself, by name."""
    apis = {*helpers.adapters.get(path, {}).values()}
    if all(adapter_path(context, context.rules.apis[api], path) != path for api in apis):
        return {}
    return {name: local_source(source) for name, source in helpers.adapter_sources.get(path, {}).items()}


def _require_free_imports(tree: Tree, matches: list[Match], lines: list[str]) -> None:
    """Raises RefusalError if a name that an import would bind means something else in the module."""
    for line in lines:
        name = line.rpartition(" ")[2]
        if not is_imported(tree, line) and tree.memoize(Variables).bindings(tree.module, name):
            site = matches[0].request.site
            raise _name_clash(site, name)


def _is_attribute_or_keyword(tree: Tree, node: cst.Name) -> bool:
    """Whether a name is that of an attribute or of a keyword argument, which no variable hides."""
    parent = tree.parent(node)
    return (isinstance(parent, cst.Attribute) and parent.attr is node) or (
        isinstance(parent, cst.Arg) and parent.keyword is node
    )


def _is_from_earlier_run(tree: Tree, node: cst.Name, sources: dict[str, str]) -> bool:
    """Whether a name belongs to code that an earlier run wrote."""
    source = next((text for text in sources.values() if node.value in defined_names(text)), None)
    return source is not None and source in tree.text
