"""Compares the reads of the fields of replies: which field, and whether a missing one is an error."""

from collections.abc import Collection, Iterator, Mapping

import libcst as cst

from kognitos_migrate.interpret.state.facts import AccessKind, Use, UseKind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.validate.effect_comparison import EffectDivergence
from kognitos_migrate.validate.places import NEW
from kognitos_migrate.validate.symbolic_terms import literal_term
from kognitos_migrate.validate.term_builder import TermBuilder
from kognitos_migrate.values.lattice import Text

Reads = Mapping[Site, Mapping[str, set[bool]]]
"""By statement of the original, and by slot: whether the reads there fail if the field is missing."""


def read_divergences(before: TermBuilder, after: TermBuilder) -> Iterator[EffectDivergence]:
    """The statements that read a field of a reply with another effect of its absence, or not at all.

    A statement that the result replaces counts as part of the one around it. A field that is read at another
    statement instead may have moved there.
    """
    paths = [path for path, tree in before.program.trees.items() if after.program.trees[path] is not tree]
    shared = _shared_statements(after, paths)
    old, new, copied = (
        _reads_of_replies(before, shared),
        _reads_of_replies(after, shared),
        _reads_of_dicts(after, shared),
    )
    moved = {slot for site, slots in new.items() for slot in slots.keys() - old.get(site, {}).keys()}
    for site, slots in old.items():
        for slot, kinds in slots.items():
            others = new.get(site, {}).get(slot, set())
            name = slot.partition(".")[2]
            if not others and slot not in moved and slot not in copied.get(site, ()):
                yield EffectDivergence(site, f"{name} isn't read")
            elif others and kinds.isdisjoint(others):
                effect = "isn't an error" if True in kinds else "is an error"
                yield EffectDivergence(site, f"the absence of {name} {effect}")


def _shared_statements(builder: TermBuilder, paths: Collection[str]) -> set[Site]:
    """The statements of the original in these modules that the result has, too."""
    trees = (builder.program.trees[path] for path in paths)
    nodes = ((tree, node) for tree in trees for node in tree.nodes)
    origins = (builder.origin(tree.site(node)) for tree, node in nodes if isinstance(node, _STATEMENTS))
    return {origin for origin in origins if not origin.path.startswith(NEW)}


_STATEMENTS = (cst.BaseStatement, cst.BaseSmallStatement)


def _reads_of_replies(builder: TermBuilder, shared: Collection[Site]) -> Reads:
    reads: dict[Site, dict[str, set[bool]]] = {}
    for use in builder.facts.uses:
        slot = _slot(builder, use) if use.kind is UseKind.READ else None
        statement = _shared_statement(builder, use, shared) if slot is not None else None
        if slot is not None and statement is not None:
            is_strict = isinstance(builder.program.node(use.site), cst.Subscript)
            reads.setdefault(statement, {}).setdefault(slot, set()).add(is_strict)
    return reads


def _reads_of_dicts(builder: TermBuilder, shared: Collection[Site]) -> Mapping[Site, set[str]]:
    """By statement of the original: the slots whose names the result reads there from the program's own
    dicts, such as copies of replies."""
    slots: dict[str, set[str]] = {}
    for operation in builder.program.rules.operations:
        for member in (*operation.old.reply, *operation.new.reply):
            slots.setdefault(member.name, set()).add(f"{operation.id}.{member.slot}")
    reads: dict[Site, set[str]] = {}
    for accesses_by_site in builder.facts.accesses.values():
        for site, accesses in accesses_by_site.items():
            keys = {access.key for access in accesses if access.kind is AccessKind.READ} & slots.keys()
            statement = _statement_at(builder, site, shared) if keys else None
            if statement is not None:
                reads.setdefault(statement, set()).update(*(slots[key] for key in keys if key is not None))
    return reads


def _slot(builder: TermBuilder, use: Use) -> str | None:
    """The slot that a read by a key is of. None for any other read."""
    is_attribute = isinstance(builder.program.node(use.site), cst.Attribute)
    if is_attribute or not isinstance(use.other, Text) or use.other.literal is None:
        return None
    key = builder.slot_key(use.value, use.other.literal)
    return key.detail if key is not None and key != literal_term(use.other.literal) else None


def _shared_statement(builder: TermBuilder, use: Use, shared: Collection[Site]) -> Site | None:
    """The innermost statement in both programs that contains a use, or the call of an added function.

    None if there is none.
    """
    site, frame = use.site, builder.facts.frames[use.frame]
    while frame.function is not None and builder.origin(frame.function).path.startswith(NEW):
        if frame.call is None or frame.caller is None:
            return None
        site, frame = frame.call, builder.facts.frames[frame.caller]
    return _statement_at(builder, site, shared)


def _statement_at(builder: TermBuilder, site: Site, shared: Collection[Site]) -> Site | None:
    tree = builder.program.trees[site.path]
    for node in (tree.node(site), *tree.ancestors(tree.node(site))):
        if isinstance(node, _STATEMENTS):
            origin = builder.origin(tree.site(node))
            if origin in shared:
                return origin
    return None
