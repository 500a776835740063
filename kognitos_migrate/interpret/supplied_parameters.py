"""Values that frameworks supply to parameters: injected dependencies and command-line options."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.iteration import element_of
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.values.heap import Iterated
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Class,
    Function,
    Symbol,
    Value,
    option_of_command,
)
from kognitos_migrate.values.texts import known_text

_DEPENDENCY_MARKERS = frozenset(("fastapi.Depends", "fastapi.Security", "fastapi.params.Depends"))


def injected_value(interpreter: Interpreter, outer: Activation, parameter: cst.Param) -> Value:
    """The value that a framework injects into a parameter; Never if it is not a dependency."""
    annotation = parameter.annotation.annotation if parameter.annotation is not None else None
    for call in _dependency_calls(parameter, annotation):
        if any(
            isinstance(choice, Symbol) and choice.name in _DEPENDENCY_MARKERS
            for choice in _choices_of(interpreter, outer, call.func)
        ):
            provider_node = call.args[0].value if call.args else annotation
            results = [
                interpreter.call(outer, call, provider, Arguments())
                for provider in (
                    _choices_of(interpreter, outer, provider_node) if provider_node is not None else ()
                )
                if isinstance(provider, Function | Class)
            ]
            return join(*(_injected_result(interpreter, result) for result in results)) if results else NEVER
    return NEVER


def _dependency_calls(parameter: cst.Param, annotation: cst.BaseExpression | None) -> Iterator[cst.Call]:
    """The calls that may declare a dependency: the default, and the metadata of an `Annotated` annotation."""
    if isinstance(parameter.default, cst.Call):
        yield parameter.default
    if isinstance(annotation, cst.Subscript):
        for element in annotation.slice[1:]:
            if isinstance(element.slice, cst.Index) and isinstance(element.slice.value, cst.Call):
                yield element.slice.value


def _choices_of(interpreter: Interpreter, outer: Activation, node: cst.BaseExpression) -> Iterator[Value]:
    return iter(list(alternatives(interpreter.evaluate(outer, node))))


def _injected_result(interpreter: Interpreter, result: Value) -> Value:
    """The injected value: for a generator, the element that it yields."""
    return join(
        *(
            element_of(interpreter, choice) if isinstance(interpreter.heap.get(choice), Iterated) else choice
            for choice in alternatives(result)
        )
    )


def declared_option(
    interpreter: Interpreter, inner: Activation, definition: cst.FunctionDef | cst.Lambda, name: str
) -> Value:
    """The value of the parameter `name`, declared by a decorator that has a default or is a plain option;
    Never if none declares it so."""
    if not isinstance(definition, cst.FunctionDef) or inner.frame.closure is None:
        return NEVER
    for decorator in definition.decorators:
        call = decorator.decorator
        if not isinstance(call, cst.Call):
            continue
        arguments = [(arg.keyword, value_at_definition(interpreter, inner, arg.value)) for arg in call.args]
        names = [known_text(value) or "" for keyword, value in arguments if keyword is None]
        defaults = [
            value for keyword, value in arguments if keyword is not None and keyword.value == "default"
        ]
        if not defaults and value_at_definition(interpreter, inner, call.func) == _OPTION:
            keywords = {keyword.value for keyword, _ in arguments if keyword is not None}
            defaults = [] if keywords & _SPECIAL else [NEVER if "required" in keywords else NONE]
        if defaults and name in map(_parameter_of_option, names):
            return join(option_of_command(names[0]), *defaults)
    return NEVER


_OPTION = Symbol("click.option")
"""The decorator of an option that is null unless a user sets it."""
_SPECIAL = frozenset(("callback", "count", "flag_value", "is_flag", "multiple", "nargs", "type"))
"""The arguments that declare an option with another value than a text or null."""


def _parameter_of_option(option: str) -> str:
    """The parameter that receives an option by default: `--dry-run` sets `dry_run`."""
    return option.lstrip("-").replace("-", "_")


def value_at_definition(interpreter: Interpreter, inner: Activation, node: cst.CSTNode) -> Value:
    """The value of a decorator's argument, evaluated when the function was defined."""
    return interpreter.facts.values.get((inner.site(node), inner.frame.closure or 0), UNKNOWN)


def receives_object_of_decorator(definition: cst.FunctionDef | cst.Lambda, arguments: Arguments) -> bool:
    """Whether a decorator adds its own object to the arguments of a call, as that of a task does:

    @app.task(bind=True)
    def collect(self, number): ...

    collect(17)                      # lacks an argument for the parameter `self`
    """
    if not isinstance(definition, cst.FunctionDef) or not definition.decorators or arguments.spread:
        return False
    parameters = [*definition.params.posonly_params, *definition.params.params]
    required = [parameter.name.value for parameter in parameters if parameter.default is None]
    if required[:1] != ["self"] or "self" in arguments.keywords or arguments.keyword_spread:
        return False
    named = [name for name in required if name in arguments.keywords]
    return len(arguments.positional) + len(named) == len(required) - 1
