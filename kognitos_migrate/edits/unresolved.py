"""Imports that may mean a module which a plan changes, and are not found where imports are looked for."""

from collections.abc import Collection, Iterator

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.edits.exports import Exports
from kognitos_migrate.edits.plan import Refusal
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.state.events import Unresolved
from kognitos_migrate.source.span import Edit
from kognitos_migrate.syntax.tree import Site


def refusal_of_imports(scene: Scene, conversation: Conversation, edits: Collection[Edit]) -> Refusal | None:
    """The refusal of a plan with these edits, where code that can't be followed may import what takes part in
    the conversation."""
    paths = {*_modules(conversation), *(edit.span.path for edit in edits)}
    exports = Exports(scene, conversation, edits)
    for site, unresolved in sorted(scene.facts.unresolved.items(), key=lambda item: item[0]):
        for candidate in unresolved.candidates:
            reached = _reached(scene, candidate)
            if not reached.isdisjoint(paths) and exports.is_used(site, unresolved, candidate):
                return _refusal(site, unresolved, candidate)
    return None


def _modules(conversation: Conversation) -> Iterator[str]:
    return (match.request.site.path for match in conversation.matches)


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
