"""Chooses the module that adapters are written to, and the import that reaches it."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from keyword import iskeyword
from pathlib import PurePosixPath
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.discover.prefilter import loads_files, searches_modules, searches_own_folder
from kognitos_migrate.edits.adapter_source import is_adapter, module_name
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.imports import absolute_modules, imported_aliases
from kognitos_migrate.interpret.names import dotted_name
from kognitos_migrate.modules.top_level import parse_module
from kognitos_migrate.rulebook.model import Api
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.shapes import literal_text, string_value
from kognitos_migrate.syntax.tree import Tree

_NOTHING = ast.Module([], [])
"""Stands in for a module that can't be parsed."""


class ImportedName(NamedTuple):
    """A dotted name that an import may name a module by, with the number of leading dots. `is_whole` is False
    if the last component may be an attribute of the module."""

    dotted: str
    level: int
    is_whole: bool


def adapter_path(context: PlanContext, api: Api, path: str) -> str:
    """The file of the adapters for the module at `path`: a module of adapters, or `path` itself.

    It is `path` if the module may be loaded in several ways, each with other names for its neighbours, or if
    a program that searches folders for modules would find a module of adapters, too."""
    if not _is_loaded_in_one_way(context, path):
        return path
    return _module_of_adapters(context, api, path) or path


def _is_loaded_in_one_way(context: PlanContext, path: str) -> bool:
    """Whether the names under which a module imports its neighbours are certain. It imports some already, is
    at the project's root, or is part of a package or imported by a dotted name and not run itself."""
    folder = PurePosixPath(path).parent
    if _is_script_of_package(context, path) or _is_package(context, PurePosixPath(".")):
        return False
    if list(_import_roots(context, context.trees[path])) or any(_relative_imports(context.trees[path])):
        return True
    if _is_package(context, folder) or any(_importers(context, path)):
        return _import_root_of(context, path) == folder or not _sends_when_imported(context, path)
    return folder == PurePosixPath(".") and not _is_below_the_project(context)


def _sends_when_imported(context: PlanContext, path: str) -> bool:
    """Whether the body of a module sends requests when it is loaded, as in a script."""
    for match in context.matches.values():
        *_, frame = context.facts.stack(match.request.frame)
        if frame.function is None and frame.path == path:
            return True
    return False


def _is_below_the_project(context: PlanContext) -> bool:
    """Whether the working directory is below the configuration's, from which its modules may be named."""
    root, here = PurePosixPath(context.settings.root.as_posix()).parts[1:], context.files.above
    return len(root) < len(here) and here[: len(root)] == root


def _module_of_adapters(context: PlanContext, api: Api, path: str) -> str | None:
    """The module of adapters for the one at `path`: an existing or configured one, else a new one next to the
    first module that sends requests, or next to `path` if that one can't be imported.

    None if a program that searches folders for modules would find it."""
    adapter_modules = [
        *(other for other, tree in context.trees.items() if is_adapter(tree)),
        *context.surroundings.adapters,
    ]
    existing_paths = {*context.trees, *context.surroundings.taken_paths}
    configured = [context.settings.adapter] if context.settings.adapter else []
    senders = sorted({match.request.site.path for match in context.matches.values()})
    sibling_modules = [_adapter_path_in_folder(sender, api) for sender in [*senders[:1], path]]
    searchers = {
        **{
            other: tree.utf8_text for other, tree in context.trees.items() if searches_modules(tree.utf8_text)
        },
        **context.surroundings.all_module_searchers,
    }
    if not searchers:
        free = [
            module for module in sibling_modules if module not in existing_paths or module in adapter_modules
        ]
        near = [
            module for module in [*adapter_modules, *free] if _imports_no_other_package(context, path, module)
        ]
        for candidate in [*configured, *near]:
            if import_line(context, path, candidate, "") is not None:
                return candidate
        return free[-1] if free else None
    if any(map(loads_files, searchers.values())) and not _is_imported(context, path):
        return None
    outer_modules = [
        str(folder / PurePosixPath(sibling_modules[-1]).name) for folder in PurePosixPath(path).parents
    ]
    unsearched_modules = [
        module
        for module in [*sibling_modules, *outer_modules]
        if module not in existing_paths
        and not _may_be_module_folder(context, PurePosixPath(module).parent, searchers)
    ]
    near = [
        module
        for module in [*adapter_modules, *unsearched_modules]
        if _imports_no_other_package(context, path, module)
    ]
    for candidate in [*configured, *near]:
        if import_line(context, path, candidate, "") is not None:
            return candidate
    return None


def _imports_no_other_package(context: PlanContext, path: str, candidate: str) -> bool:
    """Whether importing a candidate runs no `__init__.py` of another package, which may import this
    module."""
    own = PurePosixPath(path).parents
    return all(folder in own for folder in PurePosixPath(candidate).parents if _is_package(context, folder))


def _is_script_of_package(context: PlanContext, path: str) -> bool:
    """Whether a module is run as a script and may be imported from a folder above as well. None of its
    imports names the root."""
    tree = context.trees[path]
    if list(_import_roots(context, tree)) or any(_relative_imports(tree)):
        return False
    guarded = "__main__" in map(string_value, tree.of_kind(cst.SimpleString))
    return guarded and _import_root_of(context, path) != PurePosixPath(path).parent


def _may_be_module_folder(
    context: PlanContext, folder: PurePosixPath, searchers: Mapping[str, bytes]
) -> bool:
    """Whether a folder may be searched for modules: by code in it that searches its own folder, or by code
    that contains the folder's name."""
    for path, text in searchers.items():
        searches_folder = path.endswith("__init__.py") or searches_own_folder(text)
        if searches_folder and PurePosixPath(path).parent == folder:
            return True
    if not folder.name:
        return False
    name_pattern = re.compile(rb"(?<!\w)" + re.escape(folder.name.encode()) + rb"(?!\w)")
    if any(tree.gaps.mentions(folder.name) for tree in context.trees.values()):
        raise NeedsFullParseError(str(folder))
    return (
        any(map(name_pattern.search, context.surroundings.all_module_searchers.values()))
        or any(
            folder.name in re.split(r"[./\\]", str(literal_text(node)))
            for tree in context.trees.values()
            for node in tree.of_kind(cst.SimpleString)
        )
        or any(
            folder.name in re.split(r"[./\\]", literal)
            for text in _outside_texts_with(context, folder.name)
            for literal in string_literals_in(text)
        )
    )


def _outside_texts_with(context: PlanContext, word: str) -> Iterator[str]:
    """The texts of modules outside of the slice that contain a word."""
    return (text for text in context.surroundings.unanalysed_texts.values() if word in text)


def _is_imported(context: PlanContext, path: str) -> bool:
    """Whether a module imports the one at `path` by its name."""
    return any(
        context.files.locate(tree.path, dotted, level) == path
        for tree in context.trees.values()
        for node in tree.nodes
        for dotted, level in _imported_dotted_names(node)
    ) or any(
        context.files.locate(importer, imported_name.dotted, imported_name.level) == path
        for importer, imported_name in _imports_outside_slice(context, path)
    )


def _imports_outside_slice(context: PlanContext, path: str) -> Iterator[tuple[str, ImportedName]]:
    """The imports of modules outside of the slice that may name the module at `path`."""
    module = PurePosixPath(path)
    name = module.parent.name if module.name == "__init__.py" else module.stem
    for importer, text in context.surroundings.unanalysed_texts.items():
        if name in text:
            yield from ((importer, imported_name) for imported_name in imports_in(text))


def _imported_dotted_names(node: cst.CSTNode) -> Iterator[tuple[str, int]]:
    """The dotted names that a statement may import as modules, with the number of leading dots."""
    match node:
        case cst.Import(aliases):
            yield from ((dotted_name(alias.name), 0) for alias in aliases)
        case cst.ImportFrom(module, relative=dots):
            prefix = dotted_name(module) if module is not None else ""
            if prefix:
                yield prefix, len(dots)
            for alias in imported_aliases(node):
                yield ".".join(filter(None, (prefix, dotted_name(alias.name)))), len(dots)


def _adapter_path_in_folder(path: str, api: Api) -> str:
    return str(PurePosixPath(path).parent / f"{module_name(api)}.py")


def import_line(context: PlanContext, path: str, module: str, name: str) -> str | None:
    """The statement with which the module at `path` imports a name from the one at `module`, in the style of
    its other imports. None if that isn't possible."""
    root = _import_root_of(context, path)
    parts = _parts_below(root, module)
    own = _parts_below(root, path)
    if parts is None or own is None or not all(map(_is_name, parts)):
        return None
    if _uses_relative_imports(context, path) and len(own) > 1:
        shared = 0
        while shared < len(own) - 1 and shared < len(parts) - 1 and own[shared] == parts[shared]:
            shared += 1
        if shared == 0:
            return None
        dots = "." * (len(own) - shared)
        return f"from {dots}{'.'.join(parts[shared:])} import {name}"
    return f"from {'.'.join(parts)} import {name}"


def _is_name(part: str) -> bool:
    """Whether a component of a path can occur in an import."""
    return part.isidentifier() and not iskeyword(part)


def _parts_below(root: PurePosixPath, path: str) -> list[str] | None:
    try:
        return list(PurePosixPath(path).relative_to(root).with_suffix("").parts)
    except ValueError:
        return None


def _uses_relative_imports(context: PlanContext, path: str) -> bool:
    """Whether a module imports its neighbours by relative imports, or may start to."""
    tree = context.trees[path]
    if any(_relative_imports(tree)):
        return True
    return _is_package(context, PurePosixPath(path).parent) and not list(_import_roots(context, tree))


def _import_root_of(context: PlanContext, path: str) -> PurePosixPath:
    """The folder at which the dotted names of a module's imports start."""
    own = list(_import_roots(context, context.trees[path]))
    if own:
        return own[0]
    folder = PurePosixPath(path).parent
    if _is_package(context, folder):
        while _is_package(context, folder):
            folder = folder.parent
        return folder
    importers = [*_importers(context, path)]
    if importers:
        return _import_root(path, min(importers, key=lambda pair: pair[0])[1])
    levels = max((len(node.relative) for node in _relative_imports(context.trees[path])), default=0)
    return [folder, *folder.parents][min(levels, len(folder.parents))]


def _importers(context: PlanContext, path: str) -> Iterator[tuple[str, str]]:
    """The modules that import the one at `path` absolutely, each with the dotted name that it uses."""
    for tree in context.trees.values():
        yield from (
            (tree.path, dotted)
            for dotted, module_path in _absolute_imports(context, tree)
            if module_path == path
        )
    for importer, imported_name in _imports_outside_slice(context, path):
        if (
            imported_name.is_whole
            and not imported_name.level
            and context.files.locate(importer, imported_name.dotted, 0) == path
        ):
            yield importer, imported_name.dotted


def _relative_imports(tree: Tree) -> Iterator[cst.ImportFrom]:
    return (node for node in tree.of_kind(cst.ImportFrom) if node.relative)


def _is_package(context: PlanContext, folder: PurePosixPath) -> bool:
    module = str(folder / "__init__.py")
    return (
        str(folder) in context.files.packages
        or module in context.trees
        or module in context.surroundings.taken_paths
    )


def _import_roots(context: PlanContext, tree: Tree) -> Iterator[PurePosixPath]:
    """The folders at which the module's absolute imports of the program's modules start."""
    for dotted, module_path in _absolute_imports(context, tree):
        yield _import_root(module_path, dotted)


def _import_root(path: str, dotted: str) -> PurePosixPath:
    module = PurePosixPath(path)
    depth = dotted.count(".") + (1 if module.name == "__init__.py" else 0)
    return module.parents[depth]


def _absolute_imports(context: PlanContext, tree: Tree) -> Iterator[tuple[str, str]]:
    """The program's modules that a module imports absolutely: dotted name and file."""
    imports: list[cst.Import | cst.ImportFrom] = tree.of_kind(cst.Import, cst.ImportFrom)
    for node in imports:
        for dotted in absolute_modules(node):
            module_path = context.files.locate(tree.path, dotted, 0)
            if module_path is not None:
                yield dotted, module_path


@lru_cache(maxsize=2048)
def imports_in(text: str) -> tuple[ImportedName, ...]:
    """The imports of a module, given by its text. Empty if it can't be parsed."""
    return tuple(_imports(parse_module(text) or _NOTHING))


@lru_cache(maxsize=2048)
def string_literals_in(text: str) -> frozenset[str]:
    """The string literals of a module, given by its text. Empty if it can't be parsed."""
    values = (
        node.value for node in ast.walk(parse_module(text) or _NOTHING) if isinstance(node, ast.Constant)
    )
    return frozenset(value for value in values if isinstance(value, str))


def _imports(module: ast.Module) -> Iterator[ImportedName]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (ImportedName(alias.name, 0, is_whole=True) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module:
                yield ImportedName(node.module, node.level, is_whole=True)
            stem = f"{node.module}." if node.module else ""
            yield from (
                ImportedName(f"{stem}{alias.name}", node.level, is_whole=False)
                for alias in node.names
                if alias.name != "*"
            )
