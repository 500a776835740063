"""Models that a reply fills with an upload's URL, and that get the fields of the upload's form as well."""

from collections.abc import Collection

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.class_observers import is_class_observed
from kognitos_migrate.edits.code_layout import indentation, newline
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.import_placement import line_end
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.rulebook.model import LayoutMember, View
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.roles import argument_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, Ref, Reply, Symbol, Text

_TUPLES = ("typing.NamedTuple", "collections.namedtuple")
_OWN_CONSTRUCTORS = ("__init__", "__new__", "__call__")


def added_field(
    context: PlanContext, source: Match, target: LayoutMember, url: cst.Attribute, tree: Tree, name: str
) -> PendingEdit | None:
    """The edit that declares the field `name` in the class of the object that the upload's URL is read from,
    behind the URL. None unless replies like that of `source` fill all of its instances, and nothing but reads
    of single fields can tell that there is one more.

    class Ticket(BaseModel):
        url: str
        fields: dict
    """
    cls = _filled_class(context, source, target, tree.site(url.value), url.attr.value)
    info = context.facts.classes.get(cls) if cls is not None else None
    if cls is None or info is None or not _is_extensible(context, cls, info, name):
        return None
    home = context.tree(cls)
    field = next((field for field in info.fields if field.name == url.attr.value), None)
    declaration = (
        home.parent(home.node(field.site)) if field is not None and field.site.path == cls.path else None
    )
    if field is None or field.specifier is not None or field.default is not None:
        return None
    if not isinstance(declaration, cst.AnnAssign) or home.enclosing(
        declaration, cst.ClassDef
    ) is not home.node(cls):
        return None
    end = line_end(home, home.span(_documentation(home, declaration) or declaration).end)
    indent = indentation(home, home.span(declaration).start)
    return PendingEdit(Span(home.path, end, end), (f"{indent}{name}: dict{newline(home)}",))


def _documentation(tree: Tree, declaration: cst.AnnAssign) -> cst.BaseStatement | None:
    """The text behind a declaration that describes it."""
    line, definition = (
        tree.enclosing(declaration, cst.SimpleStatementLine),
        tree.enclosing(declaration, cst.ClassDef),
    )
    lines = [*definition.body.body] if definition is not None else []
    following = lines[lines.index(line) + 1 :] if line in lines else []
    match following:
        case [cst.SimpleStatementLine([cst.Expr(cst.SimpleString())]) as text, *_]:
            return text
    return None


def _filled_class(
    context: PlanContext, source: Match, target: LayoutMember, owner: Site, attribute: str
) -> Site | None:
    """The class of all objects that an expression may evaluate to, if each was created from the reply of an
    upload, whose URL fills its parameter of the same name. None if there may be others."""
    requests = {
        match.request.id for match in context.matches.values() if match.operation.id == source.operation.id
    }
    fills = {
        use.site
        for number in requests
        for use in context.uses.get(number, ())
        if use.kind is UseKind.FILL
        and isinstance(use.other, Text)
        and use.other.literal == target.name == attribute
    }
    classes = set()
    for value in context.values_at(owner):
        for choice in alternatives(value):
            instance = context.facts.heap.get(choice)
            if not isinstance(instance, Instance) or instance.cls is None or instance.site not in fills:
                return None
            classes.add(instance.cls.site)
    only = classes.pop() if len(classes) == 1 else None
    return only if only is not None and _are_filled(context, only, fills, requests, target) else None


def _are_filled(
    context: PlanContext, cls: Site, fills: Collection[Site], requests: Collection[int], target: LayoutMember
) -> bool:
    """Whether these calls created all instances of a class, with the URLs of these requests' replies."""
    for heap_object in context.facts.heap.objects:
        if isinstance(heap_object, Instance) and heap_object.cls is not None and heap_object.cls.site == cls:
            urls = alternatives(heap_object.attributes.get(target.name, Text(())))
            if heap_object.site not in fills or not all(
                isinstance(url, Reply) and url.request in requests and url.path == (View.JSON, target.name)
                for url in urls
            ):
                return False
    return True


def _is_extensible(context: PlanContext, cls: Site, info: ClassInfo, name: str) -> bool:
    """Whether a class has a generated constructor for its named fields, and no code sees their number."""
    definition, tree = context.node(cls), context.tree(cls)
    bases = [choice for base in info.bases for choice in alternatives(base)]
    taken = {*info.attributes, *(field.name for field in info.fields)}
    subclasses = (other for other in context.facts.classes.values() if other is not info)
    return (
        isinstance(definition, cst.ClassDef)
        and not any(isinstance(base, Symbol) and base.name in _TUPLES for base in bases)
        and not any(isinstance(base, Class) for base in bases)
        and taken.isdisjoint((name, *_OWN_CONSTRUCTORS))
        and not any(
            isinstance(choice, Class) and choice.site == cls
            for other in subclasses
            for base in other.bases
            for choice in alternatives(base)
        )
        and not any(
            isinstance(choice, Class) and choice.site == cls
            for other in context.trees.values()
            for pattern in other.of_kind(cst.MatchClass)
            for choice in context.alternatives_at(other.site(pattern.cls))
        )
        and not is_class_observed(context, tree, definition)
        and all(_is_of_one_field(context, site, taken) for site in _instance_places(context, cls))
    )


_FLOWS = (
    *(
        cst.AnnAssign,
        cst.Assign,
        cst.AssignTarget,
        cst.Await,
        cst.DictElement,
        cst.Element,
        cst.Expr,
        cst.IfExp,
    ),
    *(cst.NamedExpr, cst.Param, cst.Return, cst.Yield),
)
"""Nodes that pass an object on."""


def _instance_places(context: PlanContext, cls: Site) -> set[Site]:
    """The expressions that may evaluate to an instance of a class."""
    objects = enumerate(context.facts.heap.objects)
    refs = {
        Ref(number)
        for number, heap_object in objects
        if isinstance(heap_object, Instance) and heap_object.cls is not None and heap_object.cls.site == cls
    }
    values = context.facts.values.items()
    return {site for (site, _), value in values if not refs.isdisjoint(alternatives(value))}


def _is_of_one_field(context: PlanContext, site: Site, names: Collection[str]) -> bool:
    """Whether the code around an object reads a single attribute of it, one of `names`, or passes it on to
    code of the program."""
    tree, node = context.tree(site), context.node(site)
    match tree.parent(node):
        case cst.Attribute(value=owner, attr=name):
            return owner is not node or name.value in names
        case cst.Arg():
            argument = argument_of(tree, node)
            if argument is None or argument.arg.star:
                return False
            callees = context.alternatives_at(tree.site(argument.call.func))
            return bool(callees) and all(isinstance(callee, Function | Bound | Class) for callee in callees)
        case cst.Subscript(value=owner):
            return owner is not node
        case parent:
            return isinstance(parent, _FLOWS)
