"""The children of a node are those that LibCST gives, whitespace left out."""

from pathlib import Path

import libcst as cst
import pytest

from kognitos_migrate.syntax.node_positions import WHITESPACE, children

SOURCES = sorted(Path(__file__).parents[3].glob("fixtures/**/*.py"))

ODD = """\
@a
@b(1)
async def f(a, /, b: int = 1, *c: int, d, e=2, **g) -> int:
    async with x as y, (z):
        async for i, *j in k:
            await (yield i)
    else_ = lambda a, *b, c=1, **d: (a, not b)
    global q, r
    nonlocal_ = [*a, (yield from b), *(c for c in d if e if not f async for g in h)]
    del a, b[0:1:2, ...]
    assert a, "b"
    return {**a, "b": 1, **{c: d for c in e}} | {1, *f}


class A(B, *d, metaclass=C, **e):
    x: int = 1
    x += 2
    y: "str"


try:
    raise A from None
except* (A, B) as e:
    pass
else:
    pass
finally:
    pass
try:
    import a.b as c, d
except A:
    from .. import (a as b, c,)
while (a := b) if c else not d is not e not in f: continue
else: break
match x:
    case {"a": 1, **rest} if rest: pass
    case A(1, b=2) | [1, *_] | (None as n): pass
    case -1 | 1+2j | a.b: pass
f"{a!r:>{b}} {c=} {{}}" "b" f'c'
type X[T: int, *U, **V] = a @ b
print(a if b else c, *d, e=f, **g)
"""


TEXTS = [ODD, *(path.read_bytes() for path in SOURCES[::7])]


@pytest.mark.parametrize("text", TEXTS)
def test_children_are_those_of_libcst_without_whitespace(text: "str | bytes") -> None:
    waiting: list[cst.CSTNode] = [cst.parse_module(text)]
    while waiting:
        node = waiting.pop()
        expected = [child for child in node.children if not isinstance(child, WHITESPACE)]
        assert list(map(id, children(node))) == list(map(id, expected)), type(node)
        waiting.extend(expected)
