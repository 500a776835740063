"""Tests that list the keys of a canned reply or read a copy of it, which changes.

requests_mock.post(url, json=REPLY)
assert sorted(REPLY) == ["created", "worker"]
"""

from collections.abc import Collection, Mapping

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import MemberRef, Ref, Reply, Symbol, Text, Value

_WALKERS = ("builtins.", "collections.")

_FORMATTERS = tuple(Symbol(f"builtins.{name}") for name in ("print", "str", "repr", "format"))
"""Functions that show a dict as a whole, as in the text of a response or in a message."""


_LOOK_UPS = (AccessKind.READ, AccessKind.CONTAINS)


def require_keys_unlisted(
    context: PlanContext, ref: Ref, names: Collection[str], replies: Collection[Value]
) -> None:
    """Raises RefusalError if the program lists the keys of a canned reply or of a copy of it, or looks up one
    of `names` in a copy that isn't among the `replies` of the stub."""
    for record in (ref, *_copies(context, ref)):
        is_copy = context.facts.heap[record].site != context.facts.heap[ref].site and record not in replies
        for site in context.aliases_of(record):
            accesses = context.facts.accesses.get(record, {}).get(site, {})
            is_read = any(access.kind in _LOOK_UPS and access.key in (None, *names) for access in accesses)
            if not _is_reply(context, site) and (
                (is_copy and is_read) or _lists_keys(context, site, {access.kind for access in accesses})
            ):
                message = "the keys of a stub's response are listed here"
                if is_read:
                    message = "a copy of a stub's response is read here"
                raise RefusalError(site, "stub", message, "write a separate literal for the stub")


def _copies(context: PlanContext, ref: Ref) -> list[Ref]:
    """The dicts that the entries of a dict were merged into."""
    record, by_entry = context.facts.heap[ref], context.memoize(_records_by_entry)
    assert isinstance(record, DictObject)
    keys: list[Site | Ref] = [ref, *(entry.holder for entry in record.all_entries)]
    copies = dict.fromkeys(copy for key in keys for copy in by_entry.get(key, ()))
    return [copy for copy in copies if copy != ref]


def _records_by_entry(program: ProgramFacts) -> Mapping[Site | Ref, list[Ref]]:
    """The dicts by the places that write their entries, and by the dicts that are merged into them."""
    records: dict[Site | Ref, list[Ref]] = {}
    for number, record in enumerate(program.facts.heap.objects):
        if isinstance(record, DictObject):
            for entry in record.all_entries:
                records.setdefault(entry.holder, []).append(Ref(number))
            for choice in (choice for spread in record.spreads for choice in alternatives(spread.value)):
                if isinstance(choice, Ref):
                    records.setdefault(choice, []).append(Ref(number))
    return records


def _is_reply(context: PlanContext, site: Site) -> bool:
    """Whether code of the program reads a reply there as well, which is edited with the replies."""
    is_of_test = site.path in context.facts.tests
    return not is_of_test and any(isinstance(choice, Reply) for choice in context.alternatives_at(site))


def _lists_keys(context: PlanContext, site: Site, kinds: Collection[AccessKind]) -> bool:
    if AccessKind.WALK in kinds:
        return True
    tree = context.tree(site)
    argument = tree.parent(tree.node(site))
    call = tree.parent(argument) if isinstance(argument, cst.Arg) else None
    if AccessKind.WHOLE not in kinds or not isinstance(call, cst.Call):
        return False
    return any(_may_list(function) for function in context.alternatives_at(tree.site(call.func)))


def _may_list(function: Value) -> bool:
    """Whether a function is one of Python's that may list what it gets, such as `any`, or a text's `join`."""
    if isinstance(function, MemberRef):
        return isinstance(function.receiver, Text)
    is_walker = isinstance(function, Symbol) and function.name.startswith(_WALKERS)
    return is_walker and function not in _FORMATTERS
