"""Evaluates the arguments of a call, unpacks them, and binds them to parameters."""

from collections.abc import Collection

import libcst as cst

from kognitos_migrate.interpret.arguments import MORE_ENTRIES, Arguments
from kognitos_migrate.interpret.branches import truth
from kognitos_migrate.interpret.checked_arguments import note_argument
from kognitos_migrate.interpret.classes.annotations import annotated_value
from kognitos_migrate.interpret.classes.attribute_lookup import is_called_from_outside, is_descriptor
from kognitos_migrate.interpret.classes.method_receivers import any_instance
from kognitos_migrate.interpret.dict_merge import (
    default_detail,
    merge_into,
    non_payload_spreads,
    note_spread_use,
    spread_value,
)
from kognitos_migrate.interpret.function_definitions import default_value
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import element_of, note_iteration
from kognitos_migrate.interpret.library.command_contexts import context_parameter
from kognitos_migrate.interpret.public_surface import is_published
from kognitos_migrate.interpret.spread_arguments import unpack_keywords
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.supplied_parameters import (
    declared_option,
    injected_value,
    receives_object_of_decorator,
)
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.settable_names import SettableName
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.values.heap import DictEntry, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Class,
    Function,
    Lit,
    Ref,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.texts import known_text


def take_arguments(interpreter: Interpreter, act: Activation, node: cst.Call) -> Arguments:
    """Evaluate the arguments of a call; `*` and `**` are unpacked if their contents are known."""
    arguments = Arguments()
    for arg in node.args:
        argument = interpreter.operand(act, arg.value)
        if arg.star == "*":
            note_iteration(EvalPoint(interpreter, act, node), argument, "iteration")
            lists = [
                heap_object
                for heap_object in interpreter.heap.objects_of(argument.value)
                if isinstance(heap_object, SequenceObject)
            ]
            if len(lists) == 1 and lists[0].rest is NEVER and not arguments.spread:
                arguments.positional.extend(lists[0].items)
            else:
                arguments.spread.append(argument)
        elif arg.star == "**":
            arguments.merged.append(argument)
            unpack_keywords(interpreter, argument, arguments)
        elif arg.keyword is not None:
            arguments.keywords[arg.keyword.value] = argument
            arguments.holders[arg.keyword.value] = act.site(arg)
        else:
            arguments.positional.append(argument)
    return arguments


Definition = cst.FunctionDef | cst.Lambda
_COMPARING = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
"""Special methods that sets, dicts and sorting call to compare instances."""


def bind_parameters(
    call: CallPoint, inner: Activation, definition: Definition, receiver: Value | None
) -> None:
    """Bind each parameter to its argument, its default, or an unknown value."""
    interpreter, arguments = call.interpreter, call.arguments
    note_spread_use(call, non_payload_spreads(arguments))
    parameters = definition.params
    ordered, positional = [*parameters.posonly_params, *parameters.params], list(arguments.positional)
    method = isinstance(definition, cst.Lambda) or not _is_static_method(interpreter, inner, definition)
    if method and receiver is not None and ordered:
        inner.env[ordered.pop(0).name.value] = receiver
    elif method and inner.frame.receiver is not None:
        positional.insert(0, inner.frame.receiver)
    elif receives_object_of_decorator(definition, arguments):
        name = ordered.pop(0).name.value
        inner.env[name] = Unknown(name)
    has_other_callers = is_published(interpreter, inner.tree, definition)
    for parameter, value in zip(ordered, positional, strict=False):
        _bind_argument(interpreter, inner, parameter, value)
        if has_other_callers:
            _join_equal_default(interpreter, inner, parameter)
        _join_argument_out_of_sight(interpreter, inner, definition, parameter)
    by_name = [*ordered[len(positional) :], *parameters.kwonly_params]
    for parameter in by_name:
        name = parameter.name.value
        if name in arguments.keywords:
            _bind_argument(interpreter, inner, parameter, arguments.keywords[name])
            if has_other_callers:
                _join_equal_default(interpreter, inner, parameter)
            _join_argument_out_of_sight(interpreter, inner, definition, parameter)
            if name in arguments.optional and parameter.default is not None:
                inner.env[name] = join(
                    inner.env[name], _value_without_argument(call, inner, definition, parameter)
                )
        else:
            inner.frame.arguments.pop(name, None)
            inner.env[name] = _value_without_argument(call, inner, definition, parameter)
    if type(parameters.star_arg) is cst.Param:
        rest = join(*(element_of(interpreter, spread.value) for spread in arguments.spread))
        surplus = positional[len(ordered) :]
        inner.env[parameters.star_arg.name.value] = interpreter.allocate_sequence(
            inner, parameters.star_arg, surplus, rest
        )
    if parameters.star_kwarg is not None:
        bound_names = {parameter.name.value for parameter in by_name}
        inner.env[parameters.star_kwarg.name.value] = _collect_keywords(call, inner, definition, bound_names)
    if interpreter.readers.looks_into_frames:
        for bound_value in list(inner.env.values()):
            interpreter.note_replies_escaped(
                bound_value, inner, definition, inner.site(definition), "code that inspects stack frames"
            )


def _collect_keywords(
    call: CallPoint, inner: Activation, definition: Definition, bound_names: Collection[str]
) -> Ref:
    """The dict of `**kwargs`: keyword arguments that no other parameter takes."""
    parameter, arguments = definition.params.star_kwarg, call.arguments
    assert parameter is not None
    ref, record = call.interpreter.allocate_dict(inner, parameter)
    for name, value in arguments.keywords.items():
        if name not in bound_names:
            holder = arguments.holders.get(name, value.site)
            record.put(name, DictEntry(value, holder, None, name in arguments.optional))
    for spread in arguments.keyword_spread:
        merge_into(call.interpreter, record, spread)
    if _is_parameter_read(inner, definition, parameter):
        note_spread_use(call, arguments.keyword_spread)
    return ref


def _is_parameter_read(inner: Activation, definition: cst.CSTNode, parameter: cst.Param) -> bool:
    """Whether a function reads one of its parameters."""
    return any(
        isinstance(node, cst.Name) and node.value == parameter.name.value and node is not parameter.name
        for node in inner.tree.descendants(definition)
    )


def _bind_argument(
    interpreter: Interpreter, inner: Activation, parameter: cst.Param, argument: Operand
) -> None:
    name = parameter.name.value
    inner.env[name] = _annotated_argument(interpreter, inner, parameter, argument.value)
    note_argument(
        interpreter.facts,
        inner.env,
        name,
        (interpreter.trees[argument.site.path], argument.site, argument.frame),
    )
    inner.frame.arguments[name] = argument


def _annotated_argument(
    interpreter: Interpreter, inner: Activation, parameter: cst.Param, value: Value
) -> Value:
    """The value of an argument. If it is what callers out of sight pass to another function, it is the
    session or the instance that the annotation describes, except in a test, where it may be a double."""
    annotation, choices = parameter.annotation, list(alternatives(value))
    others = [choice for choice in choices if not isinstance(choice, Unknown)]
    is_known = len(others) == len(choices) or any(choice != NONE for choice in others)
    is_known = is_known or any(
        isinstance(choice, Unknown) and (choice.maker or choice.is_data) for choice in choices
    )
    if annotation is None or is_known or interpreter.testing.runs:
        return value
    described = annotated_value(interpreter, inner, annotation, parameter, parameter.name.value)
    if isinstance(described, Unknown):
        return value
    absent = NEVER if isinstance(annotation.annotation, cst.Name | cst.Attribute) else NONE
    return join(described, absent, *others)


def _join_equal_default(interpreter: Interpreter, inner: Activation, parameter: cst.Param) -> None:
    """Join an argument with the default of its parameter if both may be the same text: callers out of sight
    leave the argument out, so both texts stay equal."""
    name, default = parameter.name.value, parameter.default
    if default is None:
        return
    texts = {text for text in map(known_text, alternatives(inner.env[name])) if text}
    if texts:
        value = default_value(interpreter, _defining_activation(interpreter, inner), default)
        if any(known_text(choice) in texts for choice in alternatives(value)):
            inner.env[name] = join(inner.env[name], value)


def _join_argument_out_of_sight(
    interpreter: Interpreter, inner: Activation, definition: Definition, parameter: cst.Param
) -> None:
    """Join an argument that is false, such as None, with what code out of sight may pass instead."""
    name = parameter.name.value
    if _is_settable(interpreter, inner, definition, parameter) and truth(inner.env[name]) is False:
        unseen = annotated_value(interpreter, inner, parameter.annotation, parameter, name)
        inner.env[name] = join(inner.env[name], unseen)


def _defining_activation(interpreter: Interpreter, inner: Activation) -> Activation:
    """The activation in which a function is defined, and its defaults are evaluated."""
    outer = interpreter.activations.get(inner.frame.closure) if inner.frame.closure is not None else None
    return outer or interpreter.modules[inner.frame.path]


def _is_settable(
    interpreter: Interpreter, inner: Activation, definition: Definition, parameter: cst.Param
) -> bool:
    """Whether a caller out of sight may pass an argument for an optional parameter."""
    if not isinstance(definition, cst.FunctionDef):
        return False
    name = SettableName(inner.frame.path, definition.name.value, parameter.name.value)
    return name in interpreter.functions.settable


def _value_without_argument(
    call: CallPoint, inner: Activation, definition: Definition, parameter: cst.Param
) -> Value:
    """The value of a parameter without an argument in the call."""
    interpreter, name = call.interpreter, parameter.name.value
    is_open = (
        inner.frame.call is None
        or is_called_from_outside(call)
        or _is_settable(interpreter, inner, definition, parameter)
    )
    by_name_only = any(parameter is other for other in definition.params.kwonly_params)
    spreads = () if by_name_only else call.arguments.spread
    spread = [element_of(interpreter, argument.value) for argument in spreads]
    default = parameter.default
    text = literal_text(default) if isinstance(default, cst.SimpleString) else ""
    literal_default: Value = NEVER if default is None else UNKNOWN
    if isinstance(default, cst.SimpleString):
        literal_default = Text((Lit(str(text)),))
    elif isinstance(default, cst.Name) and default.value == "None":
        literal_default = NONE
    unknown = spread_value(_without_other_entries(call, name), name, default_detail(literal_default))
    if spread:
        unknown = join(unknown, Unknown(name))
    outer = _defining_activation(interpreter, inner)
    injection = injected_value(interpreter, outer, parameter)
    if injection is not NEVER:
        return injection
    if default is not None:
        value = default_value(interpreter, outer, default)
        if inner.frame.function in interpreter.functions.redefaulted:
            value = join(value, Unknown(name))
        if is_open:
            return join(value, annotated_value(interpreter, inner, parameter.annotation, parameter, name))
        return join(value, unknown, *spread)
    option = declared_option(interpreter, inner, definition, name)
    if option is not NEVER:
        return option
    context = context_parameter(interpreter, inner, definition, parameter)
    if context is not NEVER:
        return context
    if is_open:
        like = _other_instance(interpreter, inner, definition)
        return (
            like
            if like is not NEVER
            else annotated_value(interpreter, inner, parameter.annotation, parameter, name)
        )
    return join(unknown if unknown is not NEVER else Unknown(name), *spread)


def _without_other_entries(call: CallPoint, name: str) -> CallPoint:
    """The call without entries that aren't known, if an object in sight is its argument by a name, such as
    the mapping in a section of settings: the unknown entries have none of its keys."""
    arguments = call.arguments
    argument = arguments.keywords.get(name)
    if argument is None or not any(isinstance(choice, Ref) for choice in alternatives(argument.value)):
        return call
    spreads = [spread for spread in arguments.keyword_spread if spread.value != MORE_ENTRIES]
    return replace(call, arguments=replace(arguments, keyword_spread=spreads))


def _other_instance(interpreter: Interpreter, inner: Activation, definition: Definition) -> Value:
    """The operand of a comparison method without a caller: another instance of its class. Never for any other
    function."""
    tree = inner.tree
    owner = tree.enclosing(definition, cst.ClassDef)
    if (
        not isinstance(definition, cst.FunctionDef)
        or definition.name.value not in _COMPARING
        or owner is None
    ):
        return NEVER
    info = interpreter.class_info(tree.site(owner))
    return any_instance(interpreter, Class(info.site, info.frame)) if info is not None else NEVER


def _is_static_method(interpreter: Interpreter, inner: Activation, definition: cst.FunctionDef) -> bool:
    if not definition.decorators:
        return False
    function = Function(inner.site(definition), -1)
    return is_descriptor(interpreter, function, "builtins.staticmethod")
