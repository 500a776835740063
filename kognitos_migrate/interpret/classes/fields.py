"""The annotated names of a class: the parameters of a constructor that a library makes of them."""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.lookup import lineage
from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.names import lookup
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.interpret.state.declarations import Field
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.values.base import NEVER, Class, Const
from kognitos_migrate.values.heap import Given

_FACTORIES = ("default_factory", "factory")
_BY_NAME = "kw_only"


def declared(m: Machine, inner: Activation, definition: cst.ClassDef) -> Iterator[Field]:
    """The fields of a class whose body has been run."""
    by_name = _are_by_name(definition)
    for statement in definition.body.body:
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                names = _names(inner, small.annotation)
                by_name = by_name or "KW_ONLY" in names
                if not {"ClassVar", "KW_ONLY"} & names:
                    yield _field(m, inner, small.target, small.value, names, by_name)
            elif isinstance(small, cst.Assign) and isinstance(target := small.targets[0].target, cst.Name):
                if (inner.site(small.value), inner.frame.id) in m.specifiers:
                    yield _field(m, inner, target, small.value, frozenset(), by_name)


def _are_by_name(definition: cst.ClassDef) -> bool:
    """Whether a class, or what makes its constructor, says `kw_only=True`."""
    made = (one.decorator.args for one in definition.decorators if isinstance(one.decorator, cst.Call))
    said = (arg for args in (definition.keywords, *made) for arg in args if arg.keyword is not None)
    return any(
        arg.keyword.value == _BY_NAME and isinstance(arg.value, cst.Name) and arg.value.value == "True"
        for arg in said
        if arg.keyword is not None
    )


def _field(
    m: Machine,
    inner: Activation,
    target: cst.Name,
    value: cst.BaseExpression | None,
    names: frozenset[str],
    by_name: bool,
) -> Field:
    specifier = m.specifiers.get((inner.site(value), inner.frame.id)) if value is not None else None
    default = _default(m, inner, value, specifier) if value is not None else None
    said = specifier.get(_BY_NAME) if specifier is not None else None
    return Field(
        target.value,
        inner.site(target),
        inner.frame.id,
        names,
        _enum(m, inner, names),
        default,
        specifier,
        said.value == Const(True) if said is not None else by_name,
    )


def _default(
    m: Machine, inner: Activation, value: cst.BaseExpression, specifier: Mapping[str, Given] | None
) -> Given | None:
    if specifier is None:
        at = inner.site(value), inner.frame.id
        return Given(m.facts.values.get(at, NEVER), *at)  # the class's body may end before it
    given = specifier.get("default")
    if given is not None:
        return given
    factory = next((specifier[name] for name in _FACTORIES if name in specifier), None)
    if factory is None:
        return None
    made = m.call(inner, value, factory.value, Arguments())
    return Given(made, inner.site(value), inner.frame.id)


def _names(inner: Activation, annotation: cst.Annotation) -> frozenset[str]:
    found: set[str] = set()
    for node in inner.tree.descendants(annotation.annotation):
        if isinstance(node, cst.Name):
            found.add(node.value)
        elif isinstance(node, cst.SimpleString):
            found.update(
                str(literal_text(node)).replace("|", " ").replace("[", " ").replace("]", " ").split()
            )
    return frozenset(found)


def _enum(m: Machine, inner: Activation, names: frozenset[str]) -> Class | None:
    for name in sorted(names):
        value = lookup(m, inner, name)
        if isinstance(value, Class) and lineage(m, value).is_enum:
            return value
    return None
