"""Declared types of replies and of their parts: renames of fields in TypedDicts, types of decoded texts, and
observers of a class and its annotations."""

from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.class_observers import is_cast, is_class_observed
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.imports import entries_type
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.replies.keyword_unpacking import retype
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import Encoding, LayoutMember, View
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.shapes import literal_text, variable_name
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply


def is_annotation_observed(context: ProgramFacts, field: Site) -> bool:
    """Whether code may read the annotation of a class's field, other than by creating and using instances."""
    tree = context.tree(field)
    definition = tree.enclosing(context.node(field), cst.ClassDef)
    return definition is not None and is_class_observed(context, tree, definition)


def reply_type_edits(context: PlanContext, matches: Sequence[Match]) -> list[PendingEdit]:
    """Pending edits of the TypedDicts that declare replies to these requests and no others."""
    own = {match.request.id: match for match in matches}
    edits: list[PendingEdit] = []
    for cls, value in context.facts.dict_types.items():
        replies = [choice for choice in alternatives(value) if isinstance(choice, Reply)]
        if all(reply.path == (View.JSON,) and reply.request in own for reply in replies):
            edits.extend(_field_edits(context, cls, [own[reply.request] for reply in replies]))
    return edits


def decoded_type_edits(context: PlanContext, use: Use) -> list[PendingEdit]:
    """Pending edits of the types that a text is declared to have where it is decoded: in a cast, or in the
    annotations of its variable or parameter."""
    tree, frame = context.tree(use.operand), context.read_frame(use.frame)
    operand = context.node(use.operand)
    scope = tree.node(frame.function) if frame.function is not None else tree.module
    evaluated: list[cst.BaseExpression] = []
    unevaluated: list[cst.BaseExpression] = []
    match operand:
        case cst.Call(callee, [cst.Arg(declared), _]) if is_cast(context, tree.site(callee)):
            evaluated.append(declared)
        case cst.Name(name) | cst.BooleanOperation(cst.Name(name)) if frame.path == use.operand.path:
            bound = map(tree.parent, tree.memoize(Variables).bindings(scope, name))
            variables = [node.annotation.annotation for node in bound if isinstance(node, cst.AnnAssign)]
            (evaluated if frame.function is None else unevaluated).extend(variables)
            parameter = context.parameters(frame).get(name)
            if parameter is not None and parameter.annotation is not None:
                evaluated.append(parameter.annotation.annotation)
    types = dict.fromkeys(evaluated, entries_type(tree, is_evaluated=True))
    types |= dict.fromkeys(unevaluated, entries_type(tree, is_evaluated=False))
    edits = [edit for declared, name in types.items() for edit in retype(tree, declared, name) or ()]
    return list(dict.fromkeys(edits))


def _field_edits(context: PlanContext, cls: Site, matches: Sequence[Match]) -> Iterator[PendingEdit]:
    """Pending edits of the fields of one class."""
    tree, definition = context.tree(cls), context.node(cls)
    assert isinstance(definition, cst.ClassDef)
    declared = [node for node in tree.descendants(definition.body) if isinstance(node, cst.AnnAssign)]
    names = {variable_name(node.target) for node in declared}
    for node in declared:
        name = variable_name(node.target)
        pairs = [pair for match in matches if name and (pair := _member_pair(match, name)) is not None]
        if len({new.name for _, new in pairs}) != 1:
            continue
        old, new = pairs[0]
        is_free = new.name == name or new.name not in names
        if is_free and not is_annotation_observed(context, tree.site(node.target)):
            yield PendingEdit(tree.span(node.target), (new.name,))
            yield from _annotation_edits(context, tree, node.annotation, old, new)


def _member_pair(match: Match, name: str) -> tuple[LayoutMember, LayoutMember] | None:
    """The old and the new member of a reply; None for a field that the layouts don't share."""
    old, new = match.operation.reply_pair(name)
    return (old, new) if old is not None and new is not None else None


def _annotation_edits(
    context: PlanContext, tree: Tree, annotation: cst.Annotation, old: LayoutMember, new: LayoutMember
) -> Iterator[PendingEdit]:
    """Pending edits of a field's type: a text becomes a list, the words of a vocabulary become new ones."""
    if old.encodings[None] is Encoding.JSON_OBJECT and new.encodings[None] is Encoding.ENTRIES:
        yield from retype(tree, annotation.annotation, "list") or ()
    words = context.settings.vocabularies.get(old.vocabulary or "", {})
    for node in tree.descendants(annotation.annotation):
        text = literal_text(node) if isinstance(node, cst.SimpleString) else None
        if isinstance(text, str) and text in words and text not in words[text]:
            yield PendingEdit(tree.span(node), (", ".join(map(string_literal, words[text])),))
