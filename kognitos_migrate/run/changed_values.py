"""The values of a program that differ after the migration, and who may see them: channels, and classes."""

from collections.abc import Iterator

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.field_reads import slot_of
from kognitos_migrate.interpret.state.declarations import Mro
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.tracked_values import tracked_leaves
from kognitos_migrate.modules.channels import Channel, Channels
from kognitos_migrate.rulebook.model import Encoding, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, Reply, Value


def channels_of_changed_values(context: PlanContext) -> Channels:
    """The channels that carry values which differ after the migration."""
    errors = any(_has_changed_value(context, value) for value in context.facts.errors)
    logged = (use.value for use in context.facts.uses if use.kind is UseKind.LOG)
    logs = any(_has_changed_value(context, value) for value in logged)
    kinds = {
        *([Channel.ERRORS] if errors else ()),
        *([Channel.LOGS] if logs else ()),
        *([Channel.FILES] if logs and context.facts.has_log_files else ()),
    }
    return Channels(frozenset(kinds), frozenset(_exposing_attributes(context)))


def classes_holding_changed_values(context: PlanContext) -> frozenset[Site]:
    """The classes, with their bases, whose instances contain changed values. Code that names one may get an
    instance."""
    return frozenset(
        site
        for instance, lineage in _instances(context)
        if any(_has_changed_value(context, value) for value in instance.attributes.values())
        for site in lineage.sites
    )


def _exposing_attributes(context: PlanContext) -> Iterator[str]:
    """The attributes and methods through which the program's own exceptions expose changed values."""
    for instance, lineage in _instances(context):
        if not lineage.is_error:
            continue
        holding = [name for name, value in instance.attributes.items() if _has_changed_value(context, value)]
        if holding:
            yield from holding
            yield "__dict__"
            yield from (
                name
                for info in lineage.infos
                for name, value in info.attributes.items()
                if not name.startswith("__") and _is_method(value)
            )


def _is_method(value: Value) -> bool:
    return not all(
        isinstance(choice, Class) for choice in alternatives(value) if isinstance(choice, Function | Bound)
    )


def _instances(context: ProgramFacts) -> Iterator[tuple[Instance, Mro]]:
    """The instances of classes of the program."""
    lineages: dict[Class, Mro] = {}
    for heap_object in context.facts.heap.objects:
        if isinstance(heap_object, Instance) and heap_object.cls is not None:
            if heap_object.cls not in lineages:
                lineages[heap_object.cls] = Mro.of(heap_object.cls, context.facts.classes, {}, set())
            yield heap_object, lineages[heap_object.cls]


def _has_changed_value(context: PlanContext, value: Value) -> bool:
    """Whether a value contains a value of a reply that differs in the new version."""
    leaves = tracked_leaves(value, (), context.facts.heap, {})
    return any(isinstance(leaf, Reply) and _differs_in_v2(context, leaf) for leaf in leaves)


def _differs_in_v2(context: PlanContext, reply: Reply) -> bool:
    match = context.matches.get(reply.request)
    if match is None or reply.path[:1] in ((View.STATUS,), (View.OK,), (View.FAILED,), (View.HEADERS,)):
        return False
    if len(reply.path) < 2 or reply.path[0] is not View.JSON or not isinstance(reply.path[1], str):
        return True
    try:
        slot = slot_of(match, reply.path[1])
    except RefusalError:
        return True
    return slot is not None and slot.old.encodings[None] is not Encoding.OPAQUE
