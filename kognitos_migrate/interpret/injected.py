"""Parameters that a framework fills with what a function of the program gives: `client=Depends(make)`, or
`client: Annotated[Client, Depends(make)]`."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.containers import element_of
from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.values.base import NEVER, Class, Function, Ref, Symbol, Value
from kognitos_migrate.values.heap import Iterated
from kognitos_migrate.values.join import alternatives, join

_FILLING = frozenset(("fastapi.Depends", "fastapi.Security", "fastapi.params.Depends"))


def injected(m: Machine, outer: Activation, parameter: cst.Param) -> Value:
    """What the framework gives for a parameter; Never where it says nothing of one."""
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
    """The calls in the places where a framework looks for them."""
    if isinstance(parameter.default, cst.Call):
        yield parameter.default
    if isinstance(said, cst.Subscript):
        for element in said.slice[1:]:
            if isinstance(element.slice, cst.Index) and isinstance(element.slice.value, cst.Call):
                yield element.slice.value


def _value(m: Machine, outer: Activation, node: cst.BaseExpression) -> Iterator[Value]:
    return iter(list(alternatives(m.evaluate(outer, node))))


def _given(m: Machine, made: Value) -> Value:
    """What a function yields, if it goes on after that: else what it returns."""
    return join(
        *(
            element_of(m, one) if isinstance(one, Ref) and isinstance(m.heap[one], Iterated) else one
            for one in alternatives(made)
        )
    )
