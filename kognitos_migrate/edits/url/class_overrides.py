"""Overrides of a class attribute with a part of a URL, in the subclass whose calls alone change."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import libcst as cst

from kognitos_migrate.edits.class_observers import is_class_observed
from kognitos_migrate.edits.code_layout import indentation, newline
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.import_placement import line_end
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.url.path import UrlProposal
from kognitos_migrate.interpret.classes.attribute_lookup import has_plain_bases
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.shapes import variable_name
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Class, Value

_NOTIFIED = ("__init_subclass__", "__slots__", "__set_name__")
"""The attributes of classes to which a further attribute may make a difference."""


def override_attributes(
    context: PlanContext,
    proposals: dict[int, UrlProposal | None],
    readers_by_literal: Mapping[Site, set[int]],
    has_other_uses: Callable[[PlanContext, Site, PendingEdit], bool],
) -> bool:
    """Replace an edit of an inherited attribute that other requests read as well by an override, in all
    proposals. Return whether there is one."""
    edits = {pair for proposal in proposals.values() if proposal is not None for pair in proposal.edits}
    for site, edit in sorted(edits, key=lambda pair: pair[0]):
        own = [
            number
            for number, proposal in proposals.items()
            if proposal is not None and (site, edit) in proposal.edits
        ]
        others = readers_by_literal.get(site, set()).difference(own)
        if not others or has_other_uses(context, site, edit):
            continue
        override = _override_attribute(context, site, edit, own, others)
        if override is not None:
            for number in own:
                pairs = (proposals[number] or UrlProposal(())).edits
                changed = (override if pair == (site, edit) else pair for pair in pairs)
                proposals[number] = UrlProposal(tuple(dict.fromkeys(changed)))
            return True
    return False


def _override_attribute(
    context: PlanContext, site: Site, edit: PendingEdit, own: Collection[int], others: Collection[int]
) -> tuple[Site, PendingEdit] | None:
    """The edit that gives a class its own value of an inherited attribute, with the class.

    `edit` changes the inherited value at `site` for the requests `own`, which the class and its subclasses
    send, and not for the requests `others`. None if these may be requests of one class.

    class Crm(Api): ...                    class Crm(Api): ...
    class Jobs(Api):                       class Jobs(Api):
        service = "jobs"                       service = "jobs"
                                               version = "v2"
    """
    tree, literal = context.tree(site), context.node(site)
    name = _attribute_name(tree, literal)
    base = tree.enclosing(literal, cst.ClassDef) if name is not None else None
    if name is None or base is None or not own:
        return None
    base_class = tree.site(base)
    senders = {_sender(context, number, base_class, name) for number in own}
    home_class = _nearest_common_class(context, senders, base_class)
    if home_class is None:
        return None
    below = {site for site in context.facts.classes if home_class in _lineage(context, site)}
    other_senders = [_sender(context, number, base_class, name) for number in others]
    if any(other is None or other in below for other in other_senders):
        return None
    order = _lineage(context, home_class)
    between, bases = order[: order.index(base_class)], [cls for cls in order if cls not in below]
    infos = [context.facts.classes[cls] for cls in order]
    home, definition = context.tree(home_class), context.node(home_class)
    assert isinstance(definition, cst.ClassDef)
    if (
        not all(map(_is_plain, infos))
        or any(name in context.facts.classes[cls].attributes for cls in between)
        or any(_is_mentioned(context.tree(cls), context.node(cls), name) for cls in order)
        or _is_read_from(context, name, bases)
        or _is_read_elsewhere(context, name, below)
        or is_class_observed(context, home, definition)
    ):
        return None
    insertion = _insertion(home, definition, f"{name} = {_literal_code(tree, literal, edit)}")
    return (home_class, insertion) if insertion is not None else None


def _nearest_common_class(context: PlanContext, classes: Collection[Site | None], base: Site) -> Site | None:
    """The nearest subclass of a base class that is each of the classes or a base of it. None if it isn't
    known, or is the base class itself."""
    orders = [_lineage(context, cls) for cls in classes if cls is not None]
    if not orders or len(orders) < len(classes):
        return None
    first = orders[0][: orders[0].index(base)]
    return next((cls for cls in first if all(cls in order for order in orders)), None)


def _is_mentioned(tree: Tree, definition: cst.CSTNode, name: str) -> bool:
    """Whether code in a class reads a variable of this name: the attribute in the body of the class, or one
    that the attribute would hide there."""
    return any(
        definition in tree.ancestors(node)
        for node in tree.names_spelled(name)
        if not isinstance(tree.parent(node), cst.Attribute | cst.AssignTarget | cst.AnnAssign)
    )


def _is_read_from(context: PlanContext, name: str, classes: Collection[Site]) -> bool:
    """Whether code reads an attribute of one of these classes from the class itself."""
    for tree in context.trees.values():
        for node in tree.names_spelled(name):
            read = tree.parent(node)
            owner = read.value if isinstance(read, cst.Attribute) and read.attr is node else None
            owners = context.alternatives_at(tree.site(owner)) if owner is not None else ()
            if any(isinstance(choice, Class) and choice.site in classes for choice in owners):
                return True
    return False


def _is_read_elsewhere(context: PlanContext, name: str, classes: Collection[Site]) -> bool:
    """Whether code reads an attribute of an instance of these classes, and isn't its own method."""
    frames = context.facts.frames
    for tree in context.trees.values():
        for node in tree.names_spelled(name):
            read = tree.parent(node)
            if not isinstance(read, cst.Attribute) or read.attr is not node:
                continue
            owner = tree.site(read.value)
            for frame in frames:
                value = context.facts.values.get((owner, frame.id))
                receiver = frame.receiver.value if frame.receiver is not None else None
                if value is not None and value != receiver and _may_be_instance(context, value, classes):
                    return True
    return False


def _may_be_instance(context: PlanContext, value: Value, classes: Collection[Site]) -> bool:
    objects = (context.facts.heap.get(choice) for choice in alternatives(value))
    return any(
        isinstance(part, Instance) and part.cls is not None and part.cls.site in classes for part in objects
    )


def _attribute_name(tree: Tree, literal: cst.CSTNode) -> str | None:
    """The class attribute whose whole value a literal is. None for any other literal."""
    match tree.parent(literal):
        case cst.Assign(targets=[cst.AssignTarget(target)]) as assignment:
            line = tree.parent(assignment)
        case cst.AnnAssign(target) as assignment:
            line = tree.parent(assignment)
        case _:
            return None
    block = tree.parent(line) if line is not None else None
    is_in_class = block is not None and isinstance(tree.parent(block), cst.ClassDef)
    return variable_name(target) if is_in_class else None


def _sender(context: PlanContext, number: int, base: Site, name: str) -> Site | None:
    """The class of the innermost object with the base class in whose methods a request is sent. None if there
    is none, if it may have several classes, or if the object has an attribute of its own."""
    for frame in context.facts.stack(context.facts.requests[number].frame):
        classes = [*_classes(context, frame.receiver.value, name)] if frame.receiver is not None else []
        if any(cls is not None and base in _lineage(context, cls) for cls in classes):
            return classes[0] if len(set(classes)) == 1 else None
    return None


def _classes(context: PlanContext, receiver: Value, name: str) -> Iterator[Site | None]:
    """The classes that a receiver may have, or may be. None for a receiver that has the attribute itself."""
    for choice in alternatives(receiver):
        heap_object = context.facts.heap.get(choice)
        if isinstance(choice, Class):
            yield choice.site
        elif isinstance(heap_object, Instance) and heap_object.cls is not None:
            yield heap_object.cls.site if name not in heap_object.attributes else None
        else:
            yield None


def _lineage(context: PlanContext, cls: Site) -> list[Site]:
    """A class and its bases in the program, the nearest ones first."""
    order = {cls: None}
    for site in (pending := [cls]):
        info = context.facts.classes.get(site)
        bases = [choice for base in info.bases for choice in alternatives(base)] if info is not None else []
        further = [base.site for base in bases if isinstance(base, Class) and base.site not in order]
        order.update(dict.fromkeys(further))
        pending += further
    return [site for site in order if site in context.facts.classes]


def _is_plain(info: ClassInfo) -> bool:
    """Whether one more attribute of a class makes no difference but to reads of this attribute."""
    return (
        not info.decorators
        and not info.keywords
        and not any(name in info.attributes for name in _NOTIFIED)
        and has_plain_bases(info)
    )


def _literal_code(tree: Tree, literal: cst.CSTNode, edit: PendingEdit) -> str:
    """The code of a literal after an edit of its text."""
    span, text = tree.span(literal), tree.utf8_text
    (new,) = edit.parts
    assert isinstance(new, str)
    return text[span.start : edit.span.start].decode() + new + text[edit.span.end : span.end].decode()


_COLON_OF_HEADER = re.compile(rb"(?:[^:#]|#[^\n]*)*:")
"""The punctuation and comments behind the last base of a class, up to the colon before its body."""


def _insertion(tree: Tree, definition: cst.CSTNode, statement: str) -> PendingEdit | None:
    """Insert a statement behind the first assignments in the body of a class. None if it has no block."""
    if not isinstance(definition, cst.ClassDef) or not isinstance(definition.body, cst.IndentedBlock):
        return None
    first, *_ = definition.body.body
    indent, end = indentation(tree, tree.span(first).start), newline(tree)
    assignments = [*_leading_lines(definition.body.body)]
    if assignments:
        offset = line_end(tree, tree.span(assignments[-1]).end)
        is_docstring = isinstance(assignments[-1].body[0], cst.Expr)
        text = f"{end if is_docstring else ''}{indent}{statement}{end}"
    else:
        last_base = [*definition.bases, *definition.keywords][-1]
        colon = _COLON_OF_HEADER.match(tree.utf8_text, tree.outer_span(last_base.value).end)
        if colon is None:
            return None
        offset = line_end(tree, colon.end())
        text = f"{indent}{statement}{end}{end}"
    if not tree.utf8_text[:offset].endswith(b"\n"):
        return None
    return PendingEdit(Span(tree.path, offset, offset), (text,))


def _leading_lines(statements: Iterable[cst.BaseStatement]) -> Iterator[cst.SimpleStatementLine]:
    """The docstring and the assignments at the start of a block."""
    for number, line in enumerate(statements):
        match line:
            case cst.SimpleStatementLine([cst.Assign() | cst.AnnAssign()]):
                yield line
            case cst.SimpleStatementLine([cst.Expr(cst.SimpleString())]) if not number:
                yield line
            case _:
                return
