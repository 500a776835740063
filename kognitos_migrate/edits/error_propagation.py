"""The propagation of errors: the code that an error reaches, or that tells two errors apart without a
handler."""

import builtins
import json
import sys
from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.value_sources import ValueSources
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.handler_exits import may_raise_again
from kognitos_migrate.interpret.exceptions import is_error_outside_handler
from kognitos_migrate.interpret.function_definitions import asks_about_results
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.expected_errors import EXPECTED_CONTEXTS, callee_name
from kognitos_migrate.syntax.functions import is_generator
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.roles import is_condition
from kognitos_migrate.syntax.scopes import CREATION_METHODS
from kognitos_migrate.syntax.shapes import variable_name
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import Bound, Class, Function, MemberRef, Symbol, Unknown, Value

_TRIES = (cst.Try, cst.TryStar)
_DECODING = dict.fromkeys(("json.JSONDecodeError", "json.decoder.JSONDecodeError"), json.JSONDecodeError)
EXIT_METHODS = ("__exit__", "__aexit__")
"""The methods of a context manager that get the error of its `with` block."""
_TYPE_FUNCTIONS = (Symbol("builtins.type"), Symbol("builtins.isinstance"))


class LibraryError(ValueError):
    """An error that a library's model raises for other fields than it has, such as a ValidationError. Its
    type may be that of any library that sends no requests."""


class CatchPoint(Struct, frozen=True):
    """A place that an error reaches."""

    site: Site
    catches: bool | None = True
    """None if that depends on unknown values."""
    is_read: bool = False
    """Whether the place binds the error to a name and reads it."""
    is_shown: bool = False
    """Whether the place reads more of the error than its type."""
    raises_again: bool = False
    """Whether the place may raise the same error again, so that it reaches the next place as well."""


def catch_points(
    context: CallChains, site: Site, frame: int, error: type[BaseException] | None
) -> tuple[CatchPoint, ...]:
    """The places that an error of an expression reaches, from the inside out; those that it may reach if its
    type isn't known. The last one catches it, unless the error leaves the program. An error of code that runs
    later ends with that code: with a place that may catch it."""
    points: list[CatchPoint] = []
    while True:
        tree, current = context.tree(site), context.read_frame(frame)
        function = tree.node(current.function) if current.function is not None else tree.module
        for stop in _catch_points_in_function(context, tree, tree.node(site), frame, function, error):
            points.append(stop)
            if stop.catches is not False and not stop.raises_again:
                return tuple(points)
        if current.call is None or current.caller is None:
            return tuple(points)
        if not runs_during_call(context, current.call, current.caller, current.function):
            return (*points, CatchPoint(current.call, catches=None))
        site, frame = current.call, current.caller


def places_around(context: CallChains, site: Site, frame: int) -> Iterator[CatchPoint]:
    """The places in its function that an error of an unknown type of an expression may reach, from the inside
    out."""
    tree, function = context.tree(site), context.read_frame(frame).function
    body = tree.node(function) if function is not None else tree.module
    return _catch_points_in_function(context, tree, tree.node(site), frame, body, None)


def escapes(path: Collection[CatchPoint]) -> bool:
    """Whether no place on a path surely catches the error for good."""
    return not any(stop.catches and not stop.raises_again for stop in path)


def _catch_points_in_function(
    context: ProgramFacts,
    tree: Tree,
    node: cst.CSTNode,
    frame: int,
    function: cst.CSTNode,
    error: type[BaseException] | None,
) -> Iterator[CatchPoint]:
    inside = node
    for above in tree.ancestors(node):
        if isinstance(above, _TRIES) and inside is above.body:
            yield from _catching_handlers(context, tree, above, frame, error)
        elif isinstance(above, cst.With) and inside is above.body:
            for item in reversed(above.items):
                yield from _catching_manager(context, tree, item, frame, error)
        elif above is function and isinstance(above, cst.FunctionDef):
            for decorator in above.decorators:
                yield from _retrying_decorator(context, tree, decorator.decorator, error)
            for retrier in context.facts.retriers.get(tree.site(function), ()):
                yield from _retrying_decorator(
                    context, context.tree(retrier), context.expression(retrier), error
                )
        if above is function:
            return
        inside = above


def handlers_of(
    context: ProgramFacts, tree: Tree, tried: cst.Try | cst.TryStar, error: type[BaseException]
) -> list[CatchPoint]:
    """The handlers of a `try` that an error may reach, in any frame."""
    return list(_catching_handlers(context, tree, tried, None, error))


def _catching_handlers(
    context: ProgramFacts,
    tree: Tree,
    tried: cst.Try | cst.TryStar,
    frame: int | None,
    error: type[BaseException] | None,
) -> Iterator[CatchPoint]:
    for handler in tried.handlers:
        catches: bool | None = True
        if handler.type is not None:
            site = tree.site(handler.type)
            values = context.values_at(site) if frame is None else [context.value(site, frame)]
            ways = {covers(context, value, error) for value in values}
            catches = ways.pop() if len(ways) == 1 else None
        if catches is not False:
            reads = _error_reads(tree, handler)
            is_shown = any(not _is_of_type(context, tree, read) for read in reads)
            again = may_raise_again(context, tree, handler)
            yield CatchPoint(tree.site(handler.body), catches, bool(reads), is_shown, again)
        if catches:
            return


def _error_reads(tree: Tree, handler: cst.ExceptHandler | cst.ExceptStarHandler) -> list[cst.Name]:
    """The places in a handler that read its error for more than a test of its existence."""
    name = variable_name(handler.name.name) if handler.name is not None else None
    return [
        read
        for read in tree.descendants_of_kind(handler.body, cst.Name)
        if read.value == name and not is_only_tested(tree, read)
    ]


def _is_of_type(context: ProgramFacts, tree: Tree, error: cst.Name) -> bool:
    """Whether a read of an error yields its type only: `type(error)`, `isinstance(error, KeyError)`."""
    match tree.parent(error):
        case cst.Attribute(attr=cst.Name("__class__")):
            return True
        case cst.Arg() as argument:
            call = tree.parent(argument)
            callees = context.alternatives_at(tree.site(call.func)) if isinstance(call, cst.Call) else ()
            return bool(callees) and all(callee in _TYPE_FUNCTIONS for callee in callees)
    return False


def is_only_tested(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an expression is only tested for truth or None."""
    match tree.parent(node):
        case cst.Comparison(comparisons=[cst.ComparisonTarget(cst.Is() | cst.IsNot(), cst.Name("None"))]):
            return True
    return is_condition(tree, node)


def _catching_manager(
    context: ProgramFacts, tree: Tree, item: cst.WithItem, frame: int, error: type[BaseException] | None
) -> Iterator[CatchPoint]:
    """The places that an error in the body of a `with` reaches."""
    site = tree.site(item.item)
    for choice in alternatives(context.value(site, frame)):
        heap_object = context.facts.heap.get(choice)
        if isinstance(heap_object, Instance) and heap_object.cls is not None:
            reads = any(_reads_error(context, function) for function in context.callees(tree.site(item)))
            yield CatchPoint(tree.site(item), catches=False, is_read=reads, is_shown=reads)
    call = item.item
    if not isinstance(call, cst.Call):
        return
    called = list(alternatives(context.value(tree.site(call.func), frame)))
    if Symbol("contextlib.suppress") in called or callee_name(call) in EXPECTED_CONTEXTS:
        caught = [covers(context, context.value(tree.site(arg.value), frame), error) for arg in call.args]
        if any(covered is not False for covered in caught):
            yield CatchPoint(tree.site(item), True if True in caught else None)
    for inner in context.memoize(ValueSources).callees((site, frame)):
        if inner.function is not None:
            home = context.tree(inner.function)
            function = home.node(inner.function)
            for way in home.descendants_of_kind(function, cst.Yield):
                yield from _catch_points_in_function(context, home, way, inner.id, function, error)


def _reads_error(context: ProgramFacts, function: Site) -> bool:
    """Whether a function that ends a `with` reads the error, or its type, for more than a test of its
    existence."""
    tree, node = context.tree(function), context.node(function)
    if not isinstance(node, cst.FunctionDef) or node.name.value not in EXIT_METHODS:
        return False
    names = {parameter.name.value for parameter in node.params.params[1:3]}
    if isinstance(node.params.star_arg, cst.Param):
        names.add(node.params.star_arg.name.value)
    return any(
        read.value in names and not is_only_tested(tree, read)
        for read in tree.descendants_of_kind(node.body, cst.Name)
    )


def _retrying_decorator(
    context: ProgramFacts, tree: Tree, node: cst.BaseExpression, error: type[BaseException] | None
) -> Iterator[CatchPoint]:
    """A library's decorator that calls a function again after an error, at the expression that creates it."""
    if not any(asks_about_results(value) for value in context.values_at(tree.site(node))):
        return
    type_lists = [
        types_of(context, value) for part in tree.descendants(node) for value in _values(context, tree, part)
    ]
    caught_types = [
        error_type for types in type_lists for error_type in types if isinstance(error_type, type)
    ]
    if error is None or not caught_types or any(issubclass(error, error_type) for error_type in caught_types):
        values = (value for part in tree.descendants(node) for value in _values(context, tree, part))
        choices = (choice for value in values for choice in alternatives(value))
        looks = any(isinstance(choice, Function | Bound) for choice in choices)
        yield CatchPoint(tree.site(node), catches=False, is_read=looks, is_shown=looks)


def _values(context: ProgramFacts, tree: Tree, node: cst.CSTNode) -> Collection[Value]:
    return context.values_at(tree.site(node)) if isinstance(node, cst.Name | cst.Attribute) else ()


def covers(context: ProgramFacts, types: Value, error: type[BaseException] | None) -> bool | None:
    """Whether an error is an instance of one of `types`; None if not all types are known, or not the
    error's."""
    if error is None:
        return None
    error_types = types_of(context, types)
    if any(isinstance(error_type, type) and issubclass(error, error_type) for error_type in error_types):
        return True
    may_be_named = issubclass(error, LibraryError) and _names_library(context, types)
    return None if None in error_types or may_be_named else False


def _names_library(context: ProgramFacts, types: Value) -> bool:
    """Whether one of `types` is an error of a library that isn't an HTTP client's."""
    for choice in context.facts.heap.flat_alternatives(types):
        root = choice.name.partition(".")[0] if isinstance(choice, Symbol) else ""
        clients = {client.id for client in context.rules.clients}
        if root and root not in sys.stdlib_module_names and root not in clients:
            return True
    return False


def types_of(context: ProgramFacts, value: Value) -> list[type | None]:
    """The error types that a value names; None for a value that may be any."""
    error_types: list[type | None] = []
    for choice in context.facts.heap.flat_alternatives(value):
        if isinstance(choice, Symbol):
            builtin = _DECODING.get(choice.name) or getattr(
                builtins, choice.name.removeprefix("builtins."), None
            )
            error_types.extend(
                [builtin] if isinstance(builtin, type) and issubclass(builtin, BaseException) else []
            )
        elif not isinstance(choice, Class):
            error_types.append(None)
    return error_types


def runs_during_call(context: ProgramFacts, call: Site, caller: int, function: Site | None) -> bool:
    """Whether a function runs during the evaluation of the call that its frame records."""
    tree, node = context.tree(call), context.node(call)
    definition = context.node(function) if function is not None else None
    match definition, tree.parent(node):
        case cst.ClassDef(), _:
            return True
        case cst.FunctionDef(), _ if function and is_generator(context.tree(function), definition):
            return False
        case cst.FunctionDef(asynchronous=cst.Asynchronous()), parent if not isinstance(parent, cst.Await):
            return False
    if not isinstance(node, cst.Call):
        return True
    return any(
        _runs(context, callee, function)
        for callee in alternatives(context.value(tree.site(node.func), caller))
    )


def _runs(context: ProgramFacts, callee: Value, function: Site | None) -> bool:
    """Whether a call of a value runs a function of the program itself."""
    if isinstance(callee, Bound):
        return _runs(context, callee.function, function)
    heap_object = context.facts.heap.get(callee)
    is_function = isinstance(callee, Function) and callee.site == function
    makes = isinstance(callee, Class) and _instantiates(context, function)
    return is_function or makes or isinstance(heap_object, Instance)


def _instantiates(context: ProgramTrees, function: Site | None) -> bool:
    """Whether a function runs where an instance is created, not where the instance is used."""
    node = context.node(function) if function is not None else None
    return not isinstance(node, cst.FunctionDef) or node.name.value in CREATION_METHODS


def errors_outside_handlers(context: ProgramFacts) -> list[Site]:
    """The expressions that evaluate to an error outside of a handler, and do more than test whether there is
    one."""
    views: dict[Site, None] = {}
    for (site, _), value in context.facts.values.items():
        if site.path in context.facts.tests or site in views or not is_error_outside_handler(value):
            continue
        tree, node = context.tree(site), context.node(site)
        if not is_only_tested(tree, node) and not isinstance(tree.parent(node), cst.Assign | cst.AnnAssign):
            views[site] = None
    return list(views)


def calls_distinguishing_errors(
    context: ProgramFacts, kind: type[Exception], other_kind: type[Exception]
) -> Iterator[Site]:
    """The calls with error types as arguments that cover only one of two errors, and the calls of unknown
    code with types that cover any of them."""
    for tree in context.trees.values():
        for call in tree.of_kind(cst.Call) if tree.path not in context.facts.tests else ():
            types = _argument_types(context, tree, call)
            first, second = covers(context, types, kind), covers(context, types, other_kind)
            if first is not second or (first and _has_unknown_callee(context, tree, call)):
                yield tree.site(call)


def _argument_types(context: ProgramFacts, tree: Tree, call: cst.Call) -> Value:
    argument_values = (value for arg in call.args for value in context.values_at(tree.site(arg.value)))
    return join(
        *(
            choice
            for value in argument_values
            for choice in alternatives(value)
            if _names_type(context, choice)
        )
    )


def _names_type(context: ProgramFacts, value: Value) -> bool:
    return any(error_type is not None for error_type in types_of(context, value))


def _has_unknown_callee(context: ProgramFacts, tree: Tree, call: cst.Call) -> bool:
    callees = context.alternatives_at(tree.site(call.func))
    return not callees or any(isinstance(callee, Unknown | MemberRef) for callee in callees)


def handlers_distinguishing_errors(
    context: ProgramFacts, kinds: Collection[type[Exception]]
) -> Iterator[Site]:
    """The handlers in the program that treat these errors differently, or read the error."""
    for tree in context.trees.values():
        tries: list[cst.Try | cst.TryStar] = [*tree.of_kind(cst.Try), *tree.of_kind(cst.TryStar)]
        for tried in tries if tree.path not in context.facts.tests else ():
            handlings = [handlers_of(context, tree, tried, error) for error in kinds]
            if any(handling != handlings[0] for handling in handlings) or any(
                stop.is_read for stop in handlings[0]
            ):
                yield tree.site(tried)
