"""Places that still expect the old version's replies, and get them from the module of adapters."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.edits.adapter import is_adapter
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.by_hand import by_hand
from kognitos_migrate.findings.finding import Finding
from kognitos_migrate.findings.places import Places
from kognitos_migrate.rulebook.codes import ADAPTED
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Function
from kognitos_migrate.values.join import alternatives


def adapted_calls(scene: Scene, places: Places) -> Iterator[Finding]:
    """A finding for every place that takes a function of the module of adapters."""
    modules = {path for path, tree in scene.trees.items() if is_adapter(tree)}
    if not modules:
        return
    seen: set[Site] = set()
    for (site, _), value in scene.facts.values.items():
        if site.path in modules or site in seen:
            continue
        for choice in alternatives(value):
            if isinstance(choice, Function) and choice.site.path in modules:
                seen.add(site)
                yield _finding(scene, site, choice, places)


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
