"""Parameters that new code adds to functions, to pass on a value that their callers know."""

from collections.abc import Callable, Mapping

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.edits.structural_edits import insert_argument
from kognitos_migrate.interpret.library_effects import makes_decorator
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.functions import named_parameters, positional_parameters
from kognitos_migrate.syntax.roles import is_keyword
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, Symbol, Value

ValueByFrame = Callable[[Site, Mapping[int, int]], CodeTemplate | None]
"""Returns the value's expression at a site, for requests in these frames. None if it can't be written
there."""

_DEPTH = 4
"""The number of functions that a value is passed down through."""


def pass_as_parameter(
    context: PlanContext, name: str, frames: Mapping[int, int], value_at: ValueByFrame, depth: int = 0
) -> list[PendingEdit] | None:
    """The pending edits that add the parameter `name` to the function of these frames (by request), and to
    the functions around it as far as necessary. None if not all calls of one of these functions are known."""
    functions = {context.read_frame(frame).function for frame in frames.values()}
    function = next(iter(functions))
    if len(functions) != 1 or function is None or depth > _DEPTH:
        return None
    calls: dict[Site, dict[int, int]] = {}
    for request, number in frames.items():
        frame = context.read_frame(number)
        if frame.call is not None and frame.caller is not None:
            calls.setdefault(frame.call, {})[request] = frame.caller
        elif function in context.facts.public_functions:  # code out of sight calls it
            return None
    parameter = _parameter(context, function, name)
    if parameter is None or not calls or _calls_of(context, function) != set(calls):
        return None
    edits = [parameter]
    for call, callers in calls.items():
        value = value_at(call, callers)
        if value is None:
            caller_edits = pass_as_parameter(context, name, callers, value_at, depth + 1)
            if caller_edits is None:
                return None
            edits.extend(caller_edits)
        edits.append(insert_argument(context, call, (f"{name}=", *(value or (name,)))))
    return edits


def _calls_of(context: PlanContext, function: Site) -> set[Site] | None:
    """The calls of a function. None if the function is also used as a value, or if one of the calls may run
    another function."""
    calls: set[Site] = set()
    for (site, _), value in context.facts.values.items():
        choices = [_function(choice) for choice in alternatives(value)]
        if function not in choices:
            continue
        tree = context.tree(site)
        node = tree.node(site)
        parent = tree.parent(node)
        if not isinstance(parent, cst.Call) or parent.func is not node:
            return None
        if any(_function(choice) != function for choice in context.alternatives_at(site)):
            return None
        calls.add(tree.site(parent))
    return calls


def _function(value: Value) -> Site | None:
    if isinstance(value, Bound):
        return _function(value.function)
    return value.site if isinstance(value, Function | Class) else None


def _parameter(context: PlanContext, function: Site, name: str) -> PendingEdit | None:
    """The pending edit that adds a parameter after a function's own ones. None if the name occurs in the
    function, or if its calls may come from other code."""
    tree = context.tree(function)
    definition = tree.node(function)
    if not isinstance(definition, cst.FunctionDef) or not _is_called_as_written(context, tree, definition):
        return None
    if any(
        node.value == name
        for node in tree.descendants_of_kind(definition, cst.Name)
        if not is_keyword(tree, node)
    ):
        return None
    signature = definition.params
    starred = isinstance(signature.star_arg, cst.Param | cst.ParamStar)
    by_name = not starred and any(param.default is not None for param in positional_parameters(definition))
    typed = f"{name}: str" if _is_annotated(definition) else name
    text = f"*, {typed}" if by_name else typed
    parts = (signature.posonly_ind, *signature.params, signature.star_arg, *signature.kwonly_params)
    ends = [part for part in parts if isinstance(part, cst.Param | cst.ParamSlash)]
    if ends:
        end = _end(tree, ends[-1])
        return PendingEdit(Span(tree.path, end, end), (f", {text}",))
    start = tree.utf8_text.index(b"(", tree.span(definition.name).end) + 1
    return PendingEdit(
        Span(tree.path, start, start), (text, ", " if signature.star_kwarg is not None else "")
    )


def _is_annotated(definition: cst.FunctionDef) -> bool:
    """Whether a function has annotations. An added parameter is then annotated `str`."""
    return definition.returns is not None or any(
        param.annotation is not None for param in named_parameters(definition)
    )


def _is_called_as_written(context: PlanContext, tree: Tree, definition: cst.FunctionDef) -> bool:
    """Whether a function is called as written: it is no dunder method, and is decorated by nothing but
    `staticmethod`, `classmethod`, and libraries' decorators that pass the arguments on."""
    if definition.name.value.startswith("__"):
        return False
    for decorator in definition.decorators:
        function = decorator.decorator
        if isinstance(function, cst.Name) and function.value in ("staticmethod", "classmethod"):
            continue
        maker = function.func if isinstance(function, cst.Call) else function
        makers = context.alternatives_at(tree.site(maker))
        if not makers or not all(
            isinstance(choice, Symbol) and makes_decorator(choice.name) for choice in makers
        ):
            return False
        if _gets_function(context, tree, function):
            return False
    return True


def _gets_function(context: PlanContext, tree: Tree, decorator: cst.BaseExpression) -> bool:
    """Whether a decorator is made with a function or an object of the program, which may see the arguments of
    calls."""
    return any(
        isinstance(choice, Function | Bound) or isinstance(context.facts.heap.get(choice), Instance)
        for part in tree.descendants(decorator)
        if isinstance(part, cst.BaseExpression)
        for choice in context.alternatives_at(tree.site(part))
    )


def _end(tree: Tree, parameter: cst.Param | cst.ParamSlash) -> int:
    """The offset at which a parameter (or the slash) ends, without its comma, in bytes."""
    if isinstance(parameter, cst.ParamSlash):
        return tree.span(parameter).start + 1
    if parameter.default is not None:
        return tree.outer_span(parameter.default).end
    if parameter.annotation is not None:
        return tree.outer_span(parameter.annotation.annotation).end
    return tree.span(parameter.name).end
