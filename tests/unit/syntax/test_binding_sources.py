"""The sources of bindings: which expression gives a name its value, and how."""

import libcst as cst
import pytest

from kognitos_migrate.syntax.binding_sources import BindingKind, binding_source
from kognitos_migrate.syntax.parsing import parse
from kognitos_migrate.syntax.scopes import Scopes, Variable


@pytest.mark.parametrize(
    ("text", "kind", "value", "path"),
    [
        ("x = f()", BindingKind.ASSIGNED, "f()", ()),
        ("y = x = f()", BindingKind.ASSIGNED, "f()", ()),
        ("x: int = f()", BindingKind.ASSIGNED, "f()", ()),
        ("print(x := f())", BindingKind.ASSIGNED, "f()", ()),
        ("a, x = f()", BindingKind.ASSIGNED, "f()", ("1",)),
        ("a, (*x, b) = f()", BindingKind.ASSIGNED, "f()", ("1", "0", "*")),
        ("x += f()", BindingKind.AUGMENTED, "f()", ()),
        ("for x in f(): pass", BindingKind.ITERATED, "f()", ()),
        ("for a, x in f(): pass", BindingKind.ITERATED, "f()", ("1",)),
        ("with f() as x: pass", BindingKind.ENTERED, "f()", ()),
        ("try: pass\nexcept E as x: pass", BindingKind.OTHER, None, ()),
        ("match f():\n    case x: pass", BindingKind.OTHER, None, ()),
        ("def x(): pass", BindingKind.DEFINED, None, ()),
        ("class x: pass", BindingKind.DEFINED, None, ()),
        ("import x", BindingKind.IMPORTED, None, ()),
        ("from a import x", BindingKind.IMPORTED, None, ()),
        ("import a as x", BindingKind.OTHER, None, ()),
    ],
)
def test_a_binding_has_a_source(
    text: str, kind: BindingKind, value: str | None, path: tuple[str, ...]
) -> None:
    tree = parse("a.py", f"{text}\n")
    (binding,) = tree.memoize(Scopes).bindings(Variable("a.py", 0, "x"))
    source = binding_source(tree, binding)
    written = tree.module.code_for_node(source.value) if source.value is not None else None
    assert (source.kind, written, source.path) == (kind, value, path)


@pytest.mark.parametrize(
    ("parameters", "kind", "default"),
    [
        ("x", BindingKind.PARAMETER, None),
        ("x=1", BindingKind.PARAMETER, "1"),
        ("*x", BindingKind.COLLECTED, None),
        ("**x", BindingKind.COLLECTED, None),
    ],
)
def test_a_parameter_has_a_source(parameters: str, kind: BindingKind, default: str | None) -> None:
    tree = parse("a.py", f"def f({parameters}): pass\n")
    name = next(param.name for param in tree.of_kind(cst.Param))
    source = binding_source(tree, name)
    written = tree.module.code_for_node(source.value) if source.value is not None else None
    assert (source.kind, written) == (kind, default)
