"""The text of a key that is an object with a text of its own: an instance, or a member of an enum."""

import re
from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.edits.side_effects import acts
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import receiver_name
from kognitos_migrate.syntax.roles import argument_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Class, Function, Hole, Lit, Symbol, Text, Unknown, Value

_TO_TEXT = "__str__"
_FORMAT = "__format__"
_CONVERTERS = (Symbol("builtins.format"), Symbol("builtins.str"))
"""The functions that make the text of an object. The second one asks only `__str__`."""
_TEXTS = ("builtins.str", "enum.StrEnum")
_RAW = ("value", "_value_", "name", "_name_")
"""Attributes of a member of an enum whose values are no members."""
_PLAIN_PLACEHOLDER = re.compile(r"\{[^!:]*\}|%(\(\w*\))?s")


class _TextMethods(Struct, frozen=True):
    """The methods of the program that make the text of a class's instances, and whether these are texts."""

    functions: dict[str, Function]
    is_text: bool


def formatted_key(context: PlanContext, hole: Hole, parts: CodeTemplate) -> CodeTemplate | None:
    """The key `parts`, as the text that a URL has in the hole. None if it can't be written again."""
    tree = context.tree(hole.site)
    node = tree.node(hole.site)
    classes = list(_classes(context, hole))
    functions = {name: method for methods in classes for name, method in methods.functions.items()}
    are_texts = all(methods.is_text for methods in classes)
    if not functions and are_texts:
        return parts
    if _is_concatenated(tree, node):
        return parts if are_texts else None
    if not functions and not isinstance(tree.parent(node), cst.FormattedStringExpression):
        return None
    if not _is_formatted(context, tree, hole, functions):
        return None
    for method in functions.values():
        if acts(context, context.tree(method.site), context.node(method.site)):
            return None
    return ('f"{', *parts, '}"')


def _is_concatenated(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a text is an operand of `+` or `/`, which don't ask it for its text."""
    parent = tree.parent(node)
    return isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Add | cst.Divide)


def _is_formatted(context: PlanContext, tree: Tree, hole: Hole, functions: dict[str, Function]) -> bool:
    """Whether the hole has the text that an f-string makes of the object without a format specification.

    `%` and `str` make the same text unless the class defines `__format__`.
    """
    if hole.mark is not None:
        is_same = not hole.mark.text.startswith("%") or _FORMAT not in functions
        return is_same and _PLAIN_PLACEHOLDER.fullmatch(hole.mark.text) is not None
    node = tree.node(hole.site)
    argument = argument_of(tree, node)
    if argument is not None and len(argument.call.args) == 1:
        callees = context.alternatives_at(tree.site(argument.call.func))
        converters = _CONVERTERS if _FORMAT not in functions else _CONVERTERS[:1]
        return bool(callees) and all(callee in converters for callee in callees)
    match tree.parent(node):
        case cst.FormattedStringExpression(conversion=conversion, format_spec=None):
            return conversion is None or (conversion == "s" and _FORMAT not in functions)
    return False


def _classes(context: PlanContext, hole: Hole) -> Iterator[_TextMethods]:
    """The classes of the objects that fill the hole."""
    for choice in alternatives(context.value(hole.site, hole.frame)):
        site = _enum_of_member(context, hole, choice) if isinstance(choice, Text) else None
        heap_object = context.facts.heap.get(choice)
        if isinstance(heap_object, Instance) and heap_object.cls is not None:
            yield _text_methods(context, heap_object.cls.site)
        elif heap_object is not None:
            yield _TextMethods({}, is_text=False)
        elif isinstance(choice, Unknown) and (owner := _class_of_receiver(context, hole)) is not None:
            yield _text_methods(context, owner)
        elif site is not None and (methods := _text_methods(context, site)).functions:
            yield methods


def _enum_of_member(context: PlanContext, hole: Hole, member: Text) -> Site | None:
    """The enum that a text is a member of; None if it is a text like any other."""
    read = context.node(hole.site)
    if isinstance(read, cst.Attribute) and read.attr.value in _RAW:
        return None
    sites = [part.site for part in member.parts if isinstance(part, Lit) and part.site is not None]
    for site in sites[:1]:
        tree = context.tree(site)
        scope = tree.enclosing(tree.node(site), cst.ClassDef, cst.FunctionDef, cst.Lambda)
        if isinstance(scope, cst.ClassDef) and _is_enum(context, tree.site(scope)):
            return tree.site(scope)
    return None


def _class_of_receiver(context: PlanContext, hole: Hole) -> Site | None:
    """The class whose method has the hole's expression as its first parameter; None if it is something
    else."""
    tree = context.tree(hole.site)
    node = tree.node(hole.site)
    function = tree.enclosing(node, cst.FunctionDef)
    owner = tree.enclosing(function, cst.FunctionDef, cst.ClassDef) if function is not None else None
    if not isinstance(function, cst.FunctionDef) or not isinstance(owner, cst.ClassDef):
        return None
    is_receiver = isinstance(node, cst.Name) and node.value == receiver_name(function)
    return tree.site(owner) if is_receiver and not function.decorators else None


def _is_enum(context: PlanContext, site: Site) -> bool:
    return any(base.name.startswith("enum.") for base in _outside_bases(context, site))


def _outside_bases(context: PlanContext, site: Site) -> Iterator[Symbol]:
    for info in _classes_breadth_first(context, site):
        yield from (base for base in _bases(info) if isinstance(base, Symbol))


def _text_methods(context: PlanContext, site: Site) -> _TextMethods:
    functions: dict[str, Function] = {}
    for info in _classes_breadth_first(context, site):
        for name in (_TO_TEXT, _FORMAT):
            method = info.attributes.get(name)
            if isinstance(method, Function):
                functions.setdefault(name, method)
    is_text = any(base.name in _TEXTS for base in _outside_bases(context, site))
    return _TextMethods(functions, is_text)


def _classes_breadth_first(context: PlanContext, site: Site) -> Iterator[ClassInfo]:
    """A class and its bases in the program, breadth-first."""
    pending, visited = [site], set[Site]()
    for current in pending:
        info = context.facts.classes.get(current)
        if info is not None and current not in visited:
            visited.add(current)
            yield info
            pending += [base.site for base in _bases(info) if isinstance(base, Class)]


def _bases(info: ClassInfo) -> Iterator[Value]:
    return (choice for base in info.bases for choice in alternatives(base))
