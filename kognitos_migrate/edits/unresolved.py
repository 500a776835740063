"""Imports that may mean a module which a plan changes, and are not found where imports are looked for."""

from collections.abc import Collection, Iterator

from kognitos_migrate.edits.plan import Refusal
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.state.events import Unresolved
from kognitos_migrate.syntax.tree import Site


def refusal_of_imports(scene: Scene, paths: Collection[str]) -> Refusal | None:
    """The refusal of a plan that concerns the modules at `paths`, where one of them may be imported by code
    that can't be followed to it."""
    for site, unresolved in sorted(scene.facts.unresolved.items(), key=lambda item: item[0]):
        for candidate in unresolved.candidates:
            if not _reached(scene, candidate).isdisjoint(paths):
                return _refusal(site, unresolved, candidate)
    return None


def _refusal(site: Site, unresolved: Unresolved, candidate: str) -> Refusal:
    folder = _base(candidate, unresolved.dotted)
    return Refusal(
        site,
        "import-unresolved",
        f"{site.path} imports {unresolved.dotted}, which may be {candidate} and is not found from there",
        f"if it is, name the folder in the configuration:\nsrc: [{folder}]",
    )


def _base(path: str, dotted: str) -> str:
    """The folder that the name of a module begins at."""
    parts = path.removesuffix("/__init__.py").split("/")
    return "/".join(parts[: len(parts) - dotted.count(".") - 1]) or "."


def _reached(scene: Scene, path: str) -> frozenset[str]:
    """A module, and those that it imports."""
    return frozenset(_closure(scene, path))


def _closure(scene: Scene, path: str) -> Iterator[str]:
    reached, waiting = {path}, [path]
    while waiting:
        module = waiting.pop()
        yield module
        fresh = scene.facts.imports.get(module, set()) - reached
        reached |= fresh
        waiting += sorted(fresh)
