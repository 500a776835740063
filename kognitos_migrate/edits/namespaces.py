"""Namespace dicts: `globals()` of a module, and `__dict__` or `vars()` of an instance."""

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.names import NAMESPACE
from kognitos_migrate.values.heap import Instance, Namespace
from kognitos_migrate.values.lattice import MemberRef, ModuleRef, Ref, Value


def namespace_path(value: Value) -> str | None:
    """The path of the module whose namespace dict a value is; None for any other value."""
    is_module = isinstance(value, MemberRef) and value.name == NAMESPACE
    owner = value.receiver if is_module and isinstance(value, MemberRef) else None
    return owner.path if isinstance(owner, ModuleRef) else None


def namespace_instance(context: ProgramFacts, value: Value) -> Ref | None:
    """The instance whose attributes a value is the dict of; None for any other value."""
    namespace = context.facts.heap.get(value)
    owner = namespace.owner if isinstance(namespace, Namespace) else None
    return context.memoize(_instances_by_id).get(id(owner)) if owner is not None else None


def _instances_by_id(context: ProgramFacts) -> dict[int, Ref]:
    """The instances on the heap, by `id`."""
    objects = enumerate(context.facts.heap.objects)
    return {id(each): Ref(number) for number, each in objects if isinstance(each, Instance)}
