"""Models that the whole reply is spread into, and that have fields of old names."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.state.events import Use
from kognitos_migrate.values.base import Class, Ref, Reply, Unknown
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives


def spread_fields(scene: Scene, use: Use) -> Iterator[str]:
    """The fields that a model takes out of the spread reply, by the names that they have in the class; none
    for a class that may give them other names, or where it may be a dict of the program that is spread."""
    spread = [choice for value in scene.everywhere(use.operand) for choice in alternatives(value)]
    if not all(isinstance(choice, Reply) for choice in spread):
        return
    for value in scene.everywhere(use.site):
        for choice in alternatives(value):
            thing = scene.facts.heap[choice] if isinstance(choice, Ref) else None
            if isinstance(thing, Instance) and thing.cls is not None and _is_plain(scene, thing.cls):
                for name, held in thing.attributes.items():
                    if Unknown(name) in alternatives(held):
                        yield name


def _is_plain(scene: Scene, cls: Class) -> bool:
    """Whether a class is one of the standard library's, whose fields are its constructor's parameters."""
    definition, tree = scene.node(cls.site), scene.tree(cls.site)
    if not isinstance(definition, cst.ClassDef):
        return False
    said = [tree.code(decorator.decorator) for decorator in definition.decorators]
    bases = [tree.code(base.value) for base in definition.bases]
    return any(one.split("(")[0].rpartition(".")[2] == "dataclass" for one in said) or any(
        one.rpartition(".")[2] == "NamedTuple" for one in bases
    )
