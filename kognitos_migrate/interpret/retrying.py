"""Decorators that call a function again: whom they ask what to make of its result."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret import errors
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.library.retrying_ import OF_ERRORS, OF_RESULTS
from kognitos_migrate.interpret.machine import Call, Machine
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import UNKNOWN, Bound, Function, Symbol, Value
from kognitos_migrate.values.heap import Given
from kognitos_migrate.values.join import alternatives


def note_questions(m: Machine, act: Activation, decorator: cst.BaseExpression, function: Site) -> bool:
    """Note whom a library's decorator asks about the results of `function`; False where nobody can tell."""
    written = _written(m, act, decorator)
    if written is None:
        return False
    home, call = written
    for node, asked in _functions(m, home, call):
        place = _place(m, home, node)
        given = Given(asked, home.site(node), home.frame.id)
        if place in OF_RESULTS:
            known = m.functions.judges.setdefault(function, [])
            known.extend([given] if given not in known else [])
        elif place in OF_ERRORS:
            m.call(home, node, asked, Arguments([given._replace(value=errors.any_error(m))]))
        elif place is not None:
            return False
    return True


def judged(call: Call, function: Site, result: Value) -> None:
    """A function has been called: those are asked that judge its results."""
    judges = call.machine.functions.judges.get(function, ())
    if judges:
        errors.attempted(call, result)
    for judge in judges:
        call.call(judge.value, Arguments([call.given(result)]))


def _written(
    m: Machine, act: Activation, decorator: cst.BaseExpression
) -> tuple[Activation, cst.BaseExpression] | None:
    """The decorator where it is made: where it stands, or what its name was given, if that is one thing."""
    if isinstance(decorator, cst.Call):
        return act, decorator
    if any(isinstance(choice, Symbol) for choice in alternatives(_known(m, act, decorator))):
        return act, decorator  # the library's own, which was told nothing
    name = decorator.value if isinstance(decorator, cst.Name) else None
    found = [
        (body, assigned.value)
        for body in m.modules.values()
        for assigned in body.tree.of_kind(cst.Assign)
        if any(isinstance(one.target, cst.Name) and one.target.value == name for one in assigned.targets)
        if body.tree.enclosing(assigned, cst.FunctionDef) is None
    ]
    return found[0] if len(found) == 1 else None


def _functions(
    m: Machine, home: Activation, call: cst.BaseExpression
) -> Iterator[tuple[cst.BaseExpression, Value]]:
    """The functions of the program that a decorator names, or makes."""
    for node in home.tree.descendants(call):
        if isinstance(node, cst.Name | cst.Attribute | cst.Lambda):
            for choice in alternatives(_known(m, home, node)):
                if isinstance(choice, Function | Bound):
                    yield node, choice


def _place(m: Machine, home: Activation, node: cst.CSTNode) -> str | None:
    """For which parameter of which function a function is given, `retry_if_result(0)`; None where it is
    called there."""
    arg = home.tree.parent(node)
    call = home.tree.parent(arg) if isinstance(arg, cst.Arg) else None
    if not isinstance(call, cst.Call) or not isinstance(arg, cst.Arg):
        return None if isinstance(arg, cst.Call) else ""
    names = [one.name for one in alternatives(_known(m, home, call.func)) if isinstance(one, Symbol)]
    short = names[0].rpartition(".")[2] if len(names) == 1 else ""
    return f"{short}({arg.keyword.value if arg.keyword is not None else call.args.index(arg)})"


def _known(m: Machine, act: Activation, node: cst.CSTNode) -> Value:
    return m.facts.values.get((act.site(node), act.frame.id), UNKNOWN)
