"""Methods of a class that a library shows the values of fields before it takes them."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.lookup import lineage
from kognitos_migrate.interpret.machine import Here, Machine
from kognitos_migrate.record import Struct
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.values.base import Bound, Class, Function, Value
from kognitos_migrate.values.heap import Given

_OF_FIELDS = ("field_validator", "validator")


class Validator(Struct, frozen=True):
    """A method that is given a field's value and gives the one that is taken; before it is converted, or
    after."""

    function: Function
    before: bool


def validators(m: Machine, cls: Class, field: str) -> list[Validator] | None:
    """Those of a field, in their order; None where other methods look at its value, too."""
    found: list[Validator] = []
    for function, decorator in _decorated(m, cls):
        if "validator" not in m.trees[function.site.path].code(decorator):
            continue
        fields = _fields(decorator)
        if fields is None:
            return None
        if field in fields or "*" in fields:
            found.append(Validator(function, _is_before(decorator)))
    return found


def validated(here: Here, cls: Class, one: Validator, given: Given) -> Value:
    """What a validator makes of a value."""
    return here.call(Bound(one.function, cls), Arguments([given]))


def is_quiet(m: Machine, one: Validator) -> bool:
    """Whether a validator only gives a value: no statement of it does anything for the sake of an effect."""
    definition = m.trees[one.function.site.path].node(one.function.site)
    body = definition.body if isinstance(definition, cst.FunctionDef) else None
    tree = m.trees[one.function.site.path]
    return body is not None and all(
        isinstance(statement, cst.Return | cst.Pass)
        or (
            isinstance(statement, cst.Assign)
            and all(isinstance(target.target, cst.Name) for target in statement.targets)
        )
        for statement in tree.descendants(body)
        if isinstance(statement, cst.BaseSmallStatement)
    )


def _decorated(m: Machine, cls: Class) -> Iterator[tuple[Function, cst.BaseExpression]]:
    for info in lineage(m, cls).infos:
        for method in info.attributes.values():
            node = m.trees[method.site.path].node(method.site) if isinstance(method, Function) else None
            for decorator in node.decorators if isinstance(node, cst.FunctionDef) else ():
                assert isinstance(method, Function)
                yield method, decorator.decorator


def _fields(decorator: cst.BaseExpression) -> frozenset[str] | None:
    """The fields that `@field_validator("a", "b", mode=...)` names; None for any other decorator."""
    if not isinstance(decorator, cst.Call):
        return None
    name = decorator.func.attr if isinstance(decorator.func, cst.Attribute) else decorator.func
    named = [arg.value for arg in decorator.args if arg.keyword is None]
    written = [one for one in named if isinstance(one, cst.SimpleString)]
    if not isinstance(name, cst.Name) or name.value not in _OF_FIELDS or len(written) < len(named):
        return None
    return frozenset(str(literal_text(one)) for one in written)


def _is_before(decorator: cst.BaseExpression) -> bool:
    """Whether the method is given what stands in the input: `mode="before"`, or `pre=True`."""
    said = [arg for arg in decorator.args if arg.keyword] if isinstance(decorator, cst.Call) else []
    for arg in said:
        if (
            arg.keyword is not None
            and arg.keyword.value == "mode"
            and isinstance(arg.value, cst.SimpleString)
        ):
            return literal_text(arg.value) in ("before", "plain")
        if arg.keyword is not None and arg.keyword.value == "pre" and isinstance(arg.value, cst.Name):
            return arg.value.value == "True"
    return False
