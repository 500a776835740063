"""Values that frameworks supply to parameters: injected dependencies and command-line options."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.containers import element_of, known_text
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.values.heap import Iterated
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Class, Function, Ref, Symbol, Unknown, Value

_FILLING = frozenset(("fastapi.Depends", "fastapi.Security", "fastapi.params.Depends"))


def injected_value(m: Interpreter, outer: Activation, parameter: cst.Param) -> Value:
    """The value that a framework injects into a parameter; Never if it is not a dependency."""
    said = parameter.annotation.annotation if parameter.annotation is not None else None
    for call in _calls(parameter, said):
        if any(isinstance(one, Symbol) and one.name in _FILLING for one in _value(m, outer, call.func)):
            maker = call.args[0].value if call.args else said
            made = [
                m.call(outer, call, one, Arguments())
                for one in (_value(m, outer, maker) if maker is not None else ())
                if isinstance(one, Function | Class)
            ]
            return join(*(_given(m, one) for one in made)) if made else NEVER
    return NEVER


def _calls(parameter: cst.Param, said: cst.BaseExpression | None) -> Iterator[cst.Call]:
    """The calls that may declare a dependency: the default, and the metadata of an `Annotated` annotation."""
    if isinstance(parameter.default, cst.Call):
        yield parameter.default
    if isinstance(said, cst.Subscript):
        for element in said.slice[1:]:
            if isinstance(element.slice, cst.Index) and isinstance(element.slice.value, cst.Call):
                yield element.slice.value


def _value(m: Interpreter, outer: Activation, node: cst.BaseExpression) -> Iterator[Value]:
    return iter(list(alternatives(m.evaluate(outer, node))))


def _given(m: Interpreter, made: Value) -> Value:
    """The injected value: for a generator, the element that it yields."""
    return join(
        *(
            element_of(m, one) if isinstance(one, Ref) and isinstance(m.heap[one], Iterated) else one
            for one in alternatives(made)
        )
    )


def declared_option(
    m: Interpreter, inner: Activation, definition: cst.FunctionDef | cst.Lambda, name: str
) -> Value:
    """The value of the parameter `name`, declared by a decorator with a default; Never if none declares it
    so."""
    if not isinstance(definition, cst.FunctionDef) or inner.frame.closure is None:
        return NEVER
    for decorator in definition.decorators:
        call = decorator.decorator
        if not isinstance(call, cst.Call):
            continue
        said = [(arg.keyword, _known(m, inner, arg.value)) for arg in call.args]
        names = [known_text(value) or "" for keyword, value in said if keyword is None]
        defaults = [value for keyword, value in said if keyword is not None and keyword.value == "default"]
        if defaults and name in map(_parameter, names):
            return join(Unknown(f"option {names[0]}", public=True), *defaults)
    return NEVER


def _parameter(option: str) -> str:
    """The parameter that receives an option by default: `--dry-run` sets `dry_run`."""
    return option.lstrip("-").replace("-", "_")


def _known(m: Interpreter, inner: Activation, node: cst.CSTNode) -> Value:
    """The value of a decorator's argument, evaluated when the function was defined."""
    return m.facts.values.get((inner.site(node), inner.frame.closure or 0), UNKNOWN)
