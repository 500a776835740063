"""Parts of the definition of a function: its parameters, and the expressions that it returns."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.syntax.scopes import function_around
from kognitos_migrate.syntax.tree import Tree


def positional_parameters(definition: cst.CSTNode) -> list[cst.Param]:
    """The parameters that an argument without a keyword may fill; empty for a node that is no function."""
    match definition:
        case cst.FunctionDef(params=signature) | cst.Lambda(params=signature):
            return [*signature.posonly_params, *signature.params]
    return []


def named_parameters(definition: cst.CSTNode) -> list[cst.Param]:
    """All parameters but `*args` and `**kwargs`; empty for a node that is no function."""
    match definition:
        case cst.FunctionDef(params=signature) | cst.Lambda(params=signature):
            return [*signature.posonly_params, *signature.params, *signature.kwonly_params]
    return []


def optional_parameters(definition: cst.CSTNode) -> list[cst.Param]:
    """The parameters with a default; empty for a node that is no function."""
    return [parameter for parameter in named_parameters(definition) if parameter.default is not None]


def star_parameters(definition: cst.CSTNode) -> list[cst.Param]:
    """`*args` and `**kwargs` of a function."""
    if not isinstance(definition, cst.FunctionDef | cst.Lambda):
        return []
    stars = (definition.params.star_arg, definition.params.star_kwarg)
    return [star for star in stars if isinstance(star, cst.Param)]


def all_parameters(definition: cst.CSTNode) -> list[cst.Param]:
    """All parameters, with `*args` and `**kwargs`; empty for a node that is no function."""
    return [*named_parameters(definition), *star_parameters(definition)]


def receiver_name(definition: cst.CSTNode) -> str | None:
    """The name of the first positional parameter of a function that isn't a lambda."""
    if not isinstance(definition, cst.FunctionDef):
        return None
    return next((parameter.name.value for parameter in positional_parameters(definition)), None)


def methods_of(class_definition: cst.CSTNode) -> list[cst.FunctionDef]:
    """The functions that the body of a class defines; empty for a node that is no class."""
    body = class_definition.body.body if isinstance(class_definition, cst.ClassDef) else ()
    return [statement for statement in body if isinstance(statement, cst.FunctionDef)]


def class_of_method(tree: Tree, function: cst.FunctionDef) -> cst.ClassDef | None:
    """The class of a method; None for any other function."""
    owner = tree.parent(tree.parent(function) or function)
    return owner if isinstance(owner, cst.ClassDef) else None


def qualified_name(tree: Tree, definition: cst.CSTNode) -> str:
    """The name of a function, with those of the classes and functions around it; empty for any other node."""
    names = [
        node.name.value
        for node in (definition, *tree.ancestors(definition))
        if isinstance(node, cst.FunctionDef | cst.ClassDef)
    ]
    return ".".join(reversed(names)) if isinstance(definition, cst.FunctionDef) else ""


def is_generator(tree: Tree, definition: cst.CSTNode) -> bool:
    """Whether a function has a `yield` of its own."""
    yields = tree.descendants_of_kind(definition, cst.Yield)
    return any(function_around(tree, node) is definition for node in yields)


def yielded_expressions(tree: Tree, definition: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    """The expressions whose values a generator yields one by one, in source order."""
    for node in tree.descendants_of_kind(definition, cst.Yield):
        if isinstance(node.value, cst.BaseExpression) and function_around(tree, node) is definition:
            yield node.value


def returned_expressions(tree: Tree, definition: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    """The expressions whose values a function returns, in source order."""
    if isinstance(definition, cst.Lambda):
        yield definition.body
        return
    for node in tree.descendants_of_kind(definition, cst.Return):
        if node.value is not None and function_around(tree, node) is definition:
            yield node.value
