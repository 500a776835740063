"""Calls that a reply fills, `Run(**reply)`: their parameters, and the fields that the reply may lack."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.interpret.state.use_details import ANOTHER, REQUIRED, VALIDATED
from kognitos_migrate.rulebook.model import Encoding
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, Reply, Text, Value


def request_of(fill: Use) -> int:
    """The request whose reply fills a call."""
    assert isinstance(fill.value, Reply)
    return fill.value.request


def takes_missing_field(context: PlanContext, match: Match, fill: Use) -> bool:
    """Whether a filled call takes the parameter's default for a reply without the field: None or a text. A
    call that takes no other arguments raises an error for an error reply, so one field remains required."""
    if fill.detail in (REQUIRED, VALIDATED, ANOTHER) or not isinstance(fill.other, Text):
        return False
    old = match.operation.old.reply_field(fill.other.literal or "")
    is_encoded = old is not None and old.encodings[None] is Encoding.JSON_OBJECT
    return is_encoded or not takes_only_fields(context, fill)


def takes_only_fields(context: PlanContext, fill: Use) -> bool:
    """Whether the filled call raises an error for any field of an error reply, as Python's own calls do for
    unexpected arguments. A copy of the reply that has only the fields of the class hides the others."""
    call = context.call(fill.site)
    errors = context.api(context.matches[request_of(fill)].operation).errors
    if call is None or not errors or isinstance(context.node(fill.operand), cst.DictComp):
        return False
    callees = list(alternatives(context.value(context.tree(fill.site).site(call.func), fill.frame)))
    return bool(callees) and all(
        parameters is not None and parameters.isdisjoint(errors)
        for parameters in (_accepted_names(context, callee) for callee in callees)
    )


def _accepted_names(context: PlanContext, callee: Value) -> frozenset[str] | None:
    """The names of all arguments that a function or class of the program takes; None if it may take any."""
    if isinstance(callee, Bound):
        return _accepted_names(context, callee.function)
    if isinstance(callee, Function):
        return _parameters_of_function(context, callee.site)
    info = context.facts.classes.get(callee.site) if isinstance(callee, Class) else None
    if info is None or info.bases or info.keywords or {"__new__", "__call__"} & info.attributes.keys():
        return None
    constructor = info.attributes.get("__init__")
    if constructor is not None:
        return _accepted_names(context, constructor)
    return frozenset(field.name for field in info.fields)


def _parameters_of_function(context: PlanContext, function: Site) -> frozenset[str] | None:
    definition = context.node(function)
    params = definition.params if isinstance(definition, cst.FunctionDef | cst.Lambda) else None
    decorated = isinstance(definition, cst.FunctionDef) and definition.decorators
    if params is None or params.star_kwarg is not None or decorated:
        return None
    return frozenset(param.name.value for param in (*params.params, *params.kwonly_params))
