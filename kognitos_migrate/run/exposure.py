"""Values that leave a slice without a name: by instances, errors and logs."""

from collections.abc import Iterator

from kognitos_migrate.discover.channels import Channel, Channels
from kognitos_migrate.edits.replies.readings import slot_of
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.interpret.state.events import UseKind
from kognitos_migrate.interpret.state.lineage import Lineage
from kognitos_migrate.interpret.state.tracked import leaves
from kognitos_migrate.rulebook.model import Encoding, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Bound, Class, Function, Reply, Value
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives


def channels(scene: Scene) -> Channels:
    """The channels that carry what comes out otherwise when a program is migrated."""
    errors = any(_changes(scene, value) for value in scene.facts.errors)
    logged = (use.value for use in scene.facts.uses if use.kind is UseKind.LOG)
    logs = any(_changes(scene, value) for value in logged)
    kinds = {*([Channel.ERRORS] if errors else ()), *([Channel.LOGS] if logs else ())}
    return Channels(frozenset(kinds), frozenset(_attributes(scene)))


def classes(scene: Scene) -> frozenset[Site]:
    """The classes of instances that hold such, with their bases: who names one may be given an instance."""
    return frozenset(
        site
        for thing, lineage in _instances(scene)
        if any(_changes(scene, held) for held in thing.attributes.values())
        for site in lineage.sites
    )


def _attributes(scene: Scene) -> Iterator[str]:
    """The attributes and methods by which errors of the program's own give what they hold."""
    for thing, lineage in _instances(scene):
        if not lineage.is_error:
            continue
        holding = [name for name, held in thing.attributes.items() if _changes(scene, held)]
        if holding:
            yield from holding
            yield "__dict__"
            yield from (
                name
                for info in lineage.infos
                for name, held in info.attributes.items()
                if not name.startswith("__") and _is_method(held)
            )


def _is_method(value: Value) -> bool:
    return not all(isinstance(one, Class) for one in alternatives(value) if isinstance(one, Function | Bound))


def _instances(scene: Scene) -> Iterator[tuple[Instance, Lineage]]:
    """The instances of classes of the program."""
    known: dict[Class, Lineage] = {}
    for thing in scene.facts.heap.things:
        if isinstance(thing, Instance) and thing.cls is not None:
            if thing.cls not in known:
                known[thing.cls] = Lineage.of(thing.cls, scene.facts.classes)
            yield thing, known[thing.cls]


def _changes(scene: Scene, value: Value) -> bool:
    """Whether a value holds something of a reply that is not the same in the new version."""
    found = leaves(value, (), scene.facts.heap, {})
    return any(isinstance(leaf, Reply) and _is_other(scene, leaf) for leaf in found)


def _is_other(scene: Scene, reply: Reply) -> bool:
    match = scene.matches.get(reply.request)
    if match is None or reply.path[:1] in ((View.STATUS,), (View.OK,)):
        return False
    if len(reply.path) < 2 or reply.path[0] is not View.JSON or not isinstance(reply.path[1], str):
        return True
    try:
        slot = slot_of(match, reply.path[1])
    except Refused:
        return True
    return slot is not None and slot.old.encodings[None] is not Encoding.OPAQUE
