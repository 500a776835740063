"""Declared types of replies: renames of fields in TypedDicts, and observers of a class and its
annotations."""

from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.replies.keyword_unpacking import retype_annotation
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.rulebook.model import Encoding, LayoutMember, View
from kognitos_migrate.syntax.roles import argument_of, call_of
from kognitos_migrate.syntax.shapes import literal_text, variable_name
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Class, Reply, Symbol

_FLOWS = (
    cst.AnnAssign,
    cst.Annotation,
    cst.Assign,
    cst.ClassDef,
    cst.Comparison,
    cst.ComparisonTarget,
    cst.DictElement,
    cst.Element,
    cst.Index,
    cst.MatchClass,
    cst.NamedExpr,
    cst.Param,
    cst.Return,
)
"""Nodes that pass a class on, or only compare it."""
_TESTS = (Symbol("builtins.isinstance"), Symbol("builtins.issubclass"), Symbol("typing.cast"))


def is_annotation_observed(context: ProgramFacts, field: Site) -> bool:
    """Whether code may read the annotation of a class's field, other than by creating and using instances."""
    tree = context.tree(field)
    definition = tree.enclosing(context.node(field), cst.ClassDef)
    return definition is not None and _is_observed(context, tree, definition)


def _is_observed(context: ProgramFacts, tree: Tree, definition: cst.ClassDef) -> bool:
    """Whether code may read the annotations of a class, or those that its subclasses inherit."""
    places = context.memoize(_class_places).get(tree.site(definition), ())
    return any(not _is_harmless(context, context.tree(place), definition, place) for place in places)


def _class_places(context: ProgramFacts) -> dict[Site, list[Site]]:
    """By class: the expressions that may evaluate to it."""
    sites_by_class: dict[Site, dict[Site, None]] = {}
    for (site, _), value in context.facts.values.items():
        for choice in alternatives(value):
            if isinstance(choice, Class):
                sites_by_class.setdefault(choice.site, {})[site] = None
    return {cls: list(sites) for cls, sites in sites_by_class.items()}


def _is_harmless(context: ProgramFacts, tree: Tree, definition: cst.ClassDef, place: Site) -> bool:
    node = tree.node(place)
    match node, tree.parent(node):
        case (cst.ClassDef(), _) | (_, None):
            return True
        case _, parent if isinstance(parent, _FLOWS):
            return True
        case _, cst.Call(callee):
            return callee is node
        case _, cst.Attribute(owner) as attribute:
            return owner is not node or _is_class_member(context, tree, definition, attribute)
        case _, cst.Arg():
            argument = argument_of(tree, node)  # None for a base class
            if argument is None:
                subclass = tree.enclosing(node, cst.ClassDef)
                return subclass is None or not _is_observed(context, tree, subclass)
            return _only_tests_or_creates(context, tree, argument.call)
    return False


def _is_class_member(
    context: ProgramFacts, tree: Tree, definition: cst.ClassDef, node: cst.Attribute
) -> bool:
    """Whether an attribute of the class is a method that its body defines, its name, or a constructor of its
    base."""
    own = {method.name.value for method in definition.body.body if isinstance(method, cst.FunctionDef)}
    call = call_of(tree, node)
    if call is not None and _is_filled(context, tree.site(call)):
        return True
    return node.attr.value in own or node.attr.value in ("__name__", "__qualname__")


def _only_tests_or_creates(context: ProgramFacts, tree: Tree, call: cst.Call) -> bool:
    """Whether a call with the class as argument only tests values for it, or creates instances."""
    callees = context.alternatives_at(tree.site(call.func))
    is_test = bool(callees) and all(callee in _TESTS for callee in callees)
    return is_test or _is_filled(context, tree.site(call)) or bool(context.callees(tree.site(call)))


def _is_filled(context: ProgramFacts, call: Site) -> bool:
    return call in context.memoize(_filling_calls)


def _filling_calls(context: ProgramFacts) -> set[Site]:
    """The calls that fill parameters or fields with those of a reply."""
    return {use.site for use in context.facts.uses if use.kind is UseKind.FILL}


def reply_type_edits(context: PlanContext, matches: Sequence[Match]) -> list[PendingEdit]:
    """Pending edits of the TypedDicts that declare replies to these requests and no others."""
    own = {match.request.id: match for match in matches}
    edits: list[PendingEdit] = []
    for cls, value in context.facts.dict_types.items():
        replies = [choice for choice in alternatives(value) if isinstance(choice, Reply)]
        if all(reply.path == (View.JSON,) and reply.request in own for reply in replies):
            edits.extend(_field_edits(context, cls, [own[reply.request] for reply in replies]))
    return edits


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
        yield from retype_annotation(tree, annotation, "list") or ()
    words = context.settings.vocabularies.get(old.vocabulary or "", {})
    for node in tree.descendants(annotation.annotation):
        text = literal_text(node) if isinstance(node, cst.SimpleString) else None
        if isinstance(text, str) and text in words and text not in words[text]:
            yield PendingEdit(tree.span(node), (", ".join(map(string_literal, words[text])),))
