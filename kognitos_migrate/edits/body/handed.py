"""A value that a function doesn't know, and its callers do: it becomes a parameter, and an argument of every
call."""

from collections.abc import Callable, Mapping

import libcst as cst

from kognitos_migrate.edits.arguments import insert_argument
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.express import Parts
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import Bound, Class, Function, Value
from kognitos_migrate.values.join import alternatives

Known = Callable[[Site, Mapping[int, int]], Parts | None]
"""What says the value at a place, for requests in these frames; None where it can't be said there."""

_DEPTH = 4
"""Through how many functions a value is handed down."""


def hand_down(
    scene: Scene, name: str, frames: Mapping[int, int], known: Known, depth: int = 0
) -> list[Draft] | None:
    """The drafts that make `name` a parameter of the function in which all of these frames (by request) are,
    and of those around it as far out as it takes; None where one of them is not only called in sight."""
    functions = {scene.frame(frame).function for frame in frames.values()}
    function = next(iter(functions))
    if len(functions) != 1 or function is None or depth > _DEPTH:
        return None
    calls: dict[Site, dict[int, int]] = {}
    for request, number in frames.items():
        frame = scene.frame(number)
        if frame.call is None or frame.caller is None:
            return None
        calls.setdefault(frame.call, {})[request] = frame.caller
    parameter = _parameter(scene, function, name)
    if parameter is None or _calls_of(scene, function) != set(calls):
        return None
    drafts = [parameter]
    for call, callers in calls.items():
        value = known(call, callers)
        if value is None:
            around = hand_down(scene, name, callers, known, depth + 1)
            if around is None:
                return None
            drafts.extend(around)
        drafts.append(insert_argument(scene, call, (f"{name}=", *(value or (name,)))))
    return drafts


def _calls_of(scene: Scene, function: Site) -> set[Site] | None:
    """The calls of a function; None where it is also handed around, or called where others may be called, in
    this context or another one."""
    found: set[Site] = set()
    for (site, _), value in scene.facts.values.items():
        choices = [_function(choice) for choice in alternatives(value)]
        if function not in choices:
            continue
        tree = scene.tree(site)
        node = tree.node(site)
        parent = tree.parent(node)
        if not isinstance(parent, cst.Call) or parent.func is not node:
            return None
        if any(
            _function(choice) != function for one in scene.everywhere(site) for choice in alternatives(one)
        ):
            return None
        found.add(tree.site(parent))
    return found


def _function(value: Value) -> Site | None:
    if isinstance(value, Bound):
        return _function(value.function)
    return value.site if isinstance(value, Function | Class) else None


def _parameter(scene: Scene, function: Site, name: str) -> Draft | None:
    """The draft that adds a parameter at the end of a function's own; None where the name means something
    else in it, or others decide what it is called with."""
    tree = scene.tree(function)
    definition = tree.node(function)
    if not isinstance(definition, cst.FunctionDef) or not _is_plain(definition):
        return None
    if any(node.value == name for node in tree.within(definition, cst.Name) if not _is_keyword(tree, node)):
        return None
    listed = definition.params
    named = [*listed.posonly_params, *listed.params]
    starred = isinstance(listed.star_arg, cst.Param | cst.ParamStar)
    by_name = not starred and any(one.default is not None for one in named)
    typed = f"{name}: str" if _is_annotated(definition) else name
    text = f"*, {typed}" if by_name else typed
    star = [listed.star_arg] if isinstance(listed.star_arg, cst.Param) else []
    slash = [listed.posonly_ind] if isinstance(listed.posonly_ind, cst.ParamSlash) else []
    ends: list[cst.Param | cst.ParamSlash] = [*slash, *listed.params, *star, *listed.kwonly_params]
    if ends:
        end = _end(tree, ends[-1])
        return Draft(Span(tree.path, end, end), (f", {text}",))
    start = tree.encoded.index(b"(", tree.span(definition.name).end) + 1
    return Draft(Span(tree.path, start, start), (text, ", " if listed.star_kwarg is not None else ""))


def _is_annotated(definition: cst.FunctionDef) -> bool:
    """Whether a function says what it takes and gives: then so does what is added, which is a text."""
    listed = definition.params
    given = (*listed.posonly_params, *listed.params, *listed.kwonly_params)
    return definition.returns is not None or any(one.annotation is not None for one in given)


def _is_plain(definition: cst.FunctionDef) -> bool:
    """Whether nothing but Python itself stands between a function and its callers."""
    names = [getattr(decorator.decorator, "value", None) for decorator in definition.decorators]
    dunder = definition.name.value.startswith("__")
    return not dunder and all(name in ("staticmethod", "classmethod") for name in names)


def _is_keyword(tree: Tree, node: cst.Name) -> bool:
    parent = tree.parent(node)
    return isinstance(parent, cst.Arg) and parent.keyword is node


def _end(tree: Tree, parameter: cst.Param | cst.ParamSlash) -> int:
    """Where a parameter ends (or the slash behind those by place), without the comma behind it."""
    if isinstance(parameter, cst.ParamSlash):
        return tree.span(parameter).start + 1
    if parameter.default is not None:
        return tree.outer_span(parameter.default).end
    if parameter.annotation is not None:
        return tree.outer_span(parameter.annotation.annotation).end
    return tree.span(parameter.name).end
