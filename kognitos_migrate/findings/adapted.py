"""Places that still expect the old version's replies, and get them from adapters."""

from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.edits.adapter import MARK, is_adapter, is_marked
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.by_hand import by_hand
from kognitos_migrate.findings.finding import Finding
from kognitos_migrate.findings.places import Places
from kognitos_migrate.rulebook.codes import ADAPTED
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Function
from kognitos_migrate.values.join import alternatives


def adapted_calls(scene: Scene, places: Places) -> Iterator[Finding]:
    """A finding for every place that takes an adapter."""
    modules = {path for path, tree in scene.trees.items() if is_adapter(tree)}
    if not any(path in modules or MARK in tree.text for path, tree in scene.trees.items()):
        return
    seen: set[Site] = set()
    for (site, _), value in scene.facts.values.items():
        if site.path in modules or site in seen or _is_in_adapter(scene, site):
            continue
        for choice in alternatives(value):
            if isinstance(choice, Function) and _is_adapter(scene, choice, modules):
                seen.add(site)
                yield _finding(scene, site, choice, places)


def _is_adapter(scene: Scene, function: Function, modules: Collection[str]) -> bool:
    """Whether a function is one of a module of adapters, or is marked as an adapter."""
    return function.site.path in modules or is_marked(scene.node(function.site))


def _is_in_adapter(scene: Scene, site: Site) -> bool:
    """Whether a place is the definition of a marked adapter, or lies in one."""
    tree = scene.tree(site)
    node = tree.node(site)
    around = node if isinstance(node, cst.FunctionDef) else tree.enclosing(node, cst.FunctionDef)
    return around is not None and is_marked(around)


def _finding(scene: Scene, site: Site, function: Function, places: Places) -> Finding:
    tree = scene.tree(site)
    node = tree.node(site)
    call = tree.parent(node)
    shown = tree.site(call) if isinstance(call, cst.Call) and call.func is node else site
    definition = scene.node(function.site)
    called = definition.name.value if isinstance(definition, cst.FunctionDef) else "an adapter"
    message = f"what follows still expects the old reply, which {called}() makes here"
    to_do = f"read the new reply's fields in what follows, and take {called}() away"
    return by_hand(ADAPTED, message, places.of(scene.span(shown)), to_do, "adapted")
