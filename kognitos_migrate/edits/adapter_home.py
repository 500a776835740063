"""Where the module of adapters is put, and how other modules import it."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import libcst as cst

from kognitos_migrate.edits.adapter import is_adapter, module_name
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.modules import dotted_name, find_module
from kognitos_migrate.rulebook.model import Api
from kognitos_migrate.syntax.tree import Tree


def home(scene: Scene, api: Api, path: str) -> str:
    """The file of the adapters for the module at `path`: the one that there is, or that the configuration
    names, else one beside the first module that sends requests; beside `path` where that can't be reached."""
    written = [other for other, tree in scene.trees.items() if is_adapter(tree)]
    configured = [scene.settings.adapter] if scene.settings.adapter else []
    senders = sorted({match.request.site.path for match in scene.matches.values()})
    beside = [_beside(sender, api) for sender in [*senders[:1], path]]
    for candidate in [*written, *configured, *beside]:
        if import_line(scene, path, candidate, "") is not None:
            return candidate
    return beside[-1]


def _beside(path: str, api: Api) -> str:
    return str(PurePosixPath(path).parent / f"{module_name(api)}.py")


def import_line(scene: Scene, path: str, module: str, name: str) -> str | None:
    """The statement with which the module at `path` imports a name from the one at `module`, in the way it
    imports others; None where it can't reach it."""
    root = _root(scene, path)
    parts = _parts_below(root, module)
    own = _parts_below(root, path)
    if parts is None or own is None:
        return None
    if _relative(scene, path) and len(own) > 1:
        shared = 0
        while shared < len(own) - 1 and shared < len(parts) - 1 and own[shared] == parts[shared]:
            shared += 1
        if shared == 0:
            return None
        dots = "." * (len(own) - shared)
        return f"from {dots}{'.'.join(parts[shared:])} import {name}"
    return f"from {'.'.join(parts)} import {name}"


def _parts_below(root: PurePosixPath, path: str) -> list[str] | None:
    try:
        return list(PurePosixPath(path).relative_to(root).with_suffix("").parts)
    except ValueError:
        return None


def _relative(scene: Scene, path: str) -> bool:
    """Whether a module imports its neighbours by relative imports, or may begin to."""
    tree = scene.trees[path]
    if any(isinstance(node, cst.ImportFrom) and node.relative for node in tree.nodes):
        return True
    return _is_package(scene, PurePosixPath(path).parent) and not list(_roots_of_imports(scene, tree))


def _root(scene: Scene, path: str) -> PurePosixPath:
    """The folder that the dotted names of a module's imports begin at."""
    own = list(_roots_of_imports(scene, scene.trees[path]))
    if own:
        return own[0]
    folder = PurePosixPath(path).parent
    if _is_package(scene, folder):
        while _is_package(scene, folder):
            folder = folder.parent
        return folder
    for tree in scene.trees.values():
        for dotted, found in _imported(scene, tree):
            if found == path:
                return _above(found, dotted)
    up = max((len(node.relative) for node in _relative_imports(scene.trees[path])), default=0)
    return [folder, *folder.parents][min(up, len(folder.parents))]


def _relative_imports(tree: Tree) -> Iterator[cst.ImportFrom]:
    return (node for node in tree.nodes if isinstance(node, cst.ImportFrom) and node.relative)


def _is_package(scene: Scene, folder: PurePosixPath) -> bool:
    return str(folder) in scene.packages or str(folder / "__init__.py") in scene.trees


def _roots_of_imports(scene: Scene, tree: Tree) -> Iterator[PurePosixPath]:
    """The folders that the module's absolute imports of the program's modules begin at."""
    for dotted, found in _imported(scene, tree):
        yield _above(found, dotted)


def _above(path: str, dotted: str) -> PurePosixPath:
    module = PurePosixPath(path)
    depth = dotted.count(".") + (1 if module.name == "__init__.py" else 0)
    return module.parents[depth]


def _imported(scene: Scene, tree: Tree) -> Iterator[tuple[str, str]]:
    """The program's modules that a module imports absolutely: dotted name and file."""
    for node in tree.nodes:
        names: list[str] = []
        if isinstance(node, cst.Import):
            names = [dotted_name(alias.name) for alias in node.names]
        elif isinstance(node, cst.ImportFrom) and node.module is not None and not node.relative:
            names = [dotted_name(node.module)]
        for dotted in names:
            found = find_module(scene.trees, tree.path, dotted, 0)
            if found is not None:
                yield dotted, found
