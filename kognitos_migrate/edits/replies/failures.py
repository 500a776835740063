"""Uses of a reply that only a failed request leads to."""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.state.events import Use
from kognitos_migrate.interpret.state.tracked import leaves
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import Ref, Reply, Unknown, Value
from kognitos_migrate.values.heap import Instance, Task
from kognitos_migrate.values.join import alternatives


def is_under_failure(scene: Scene, use: Use) -> bool:
    """Whether a use is in a branch that only a failed request takes: a test of the status or of `ok`. What an
    error holds counts where the error is made, not where it is caught."""
    errors = list(_errors(scene, use))
    if errors:
        return all(_is_failure(scene, scene.tree(site), scene.node(site)) for site in errors)
    tree, node = scene.tree(use.operand), scene.node(use.operand)
    inner = [one for one in _expressions(tree, node) if scene.value(tree.site(one), use.frame) == use.value]
    return _is_failure(scene, tree, inner[-1] if inner else node)


def _is_failure(scene: Scene, tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a node stands in a branch that only a failed request takes."""
    for above in tree.ancestors(node):
        if isinstance(above, cst.If | cst.IfExp):
            tested = (scene.everywhere(tree.site(inside)) for inside in tree.descendants(above.test))
            choices = (choice for values in tested for value in values for choice in alternatives(value))
            if any(isinstance(one, Reply) and one.path in ((View.STATUS,), (View.OK,)) for one in choices):
                return True
        if isinstance(above, cst.ExceptHandler):
            return True
    return False


def _errors(scene: Scene, use: Use) -> Iterator[Site]:
    """The places where the errors are made that hold the reply which is used."""
    tree = scene.tree(use.operand)
    for node in _expressions(tree, scene.node(use.operand)):
        for ref in _refs(alternatives(scene.value(tree.site(node), use.frame))):
            thing = scene.facts.heap[ref]
            is_error = isinstance(thing, Task) or (isinstance(thing, Instance) and "args" in thing.attributes)
            if is_error and use.value in leaves(ref, (), scene.facts.heap, {}):
                yield thing.site


def _expressions(tree: Tree, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The expressions that one is made of, with itself."""
    return (one for one in tree.descendants(node) if isinstance(one, cst.BaseExpression))


def _refs(values: Iterable[Value]) -> Iterator[Ref]:
    """The things on the heap that values are, or that the errors are made of which they may be."""
    for value in values:
        if isinstance(value, Ref):
            yield value
        elif isinstance(value, Unknown):
            yield from value.messages
