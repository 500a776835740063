"""Adding an argument to a call."""

import libcst as cst

from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.express import Parts
from kognitos_migrate.edits.layout import separator
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Site, Tree


def insert_argument(scene: Scene, site: Site, parts: Parts) -> Draft:
    """Add an argument at the end of a call, before any `**`."""
    tree = scene.tree(site)
    call = scene.node(site)
    assert isinstance(call, cst.Call)
    plain = [arg for arg in call.args if arg.star != "**"]
    if not plain:
        start = tree.encoded.index(b"(", tree.outer_span(call.func).end) + 1
        return Draft(Span(tree.path, start, start), (*parts, ", " if call.args else ""))
    end = tree.outer_span(plain[-1].value).end
    if isinstance(plain[-1].value, cst.GeneratorExp):
        end = tree.span(plain[-1].value).end
    start = argument_start(tree, call)
    return Draft(Span(tree.path, end, end), (separator(tree, start), *parts))


def argument_start(tree: Tree, call: cst.Call) -> int:
    """Where the last plain argument of a call begins; where the call does, if it has none."""
    plain = [arg for arg in call.args if arg.star != "**"]
    if plain:
        keyword = plain[-1].keyword
        return tree.span(keyword).start if keyword is not None else tree.outer_span(plain[-1].value).start
    return tree.span(call).start
