"""Reads of fields by their names from values that aren't known: `reply.state`, `reply["state"]`."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.syntax.roles import is_attribute_name
from kognitos_migrate.syntax.shapes import container_of, literal_text
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import MemberRef, Unknown


def first_read(program: ProgramFacts, tree: Tree, name: str) -> Site | None:
    """The first read of a field from an unknown value, cached."""
    key = (tree.path, name)
    if key not in program.first_reads:
        program.first_reads[key] = next(_field_reads(program, tree, name), None)
    return program.first_reads[key]


def _field_reads(program: ProgramFacts, tree: Tree, name: str) -> Iterator[Site]:
    """The places that read a field from an unknown value: as an attribute, by index, or with a method."""
    for node in tree.names_spelled(name):
        attribute = tree.enclosing(node, cst.Attribute) if is_attribute_name(tree, node) else None
        if attribute is not None and _has_unknown_value(program, tree, attribute.value):
            yield tree.site(attribute)
    for literal in tree.of_kind(cst.SimpleString):
        if literal_text(literal) != name:
            continue
        around = tree.enclosing(literal, cst.Subscript, cst.Call)
        subject = container_of(around)
        if around is not None and subject is not None and _has_unknown_value(program, tree, subject):
            yield tree.site(around)


def _has_unknown_value(program: ProgramFacts, tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an expression has an unknown value in some frame."""
    values = program.values_at(tree.site(node))
    return any(isinstance(choice, Unknown | MemberRef) for value in values for choice in alternatives(value))
