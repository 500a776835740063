"""IPython's own syntax, and the Python that stands for it."""

import ast
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kognitos_migrate.source.content import read_bytes
from kognitos_migrate.source.notebook.magics import mask_magics, unmask_magics, unmask_prefix
from tests.harness import FIXTURES

KINDS = {
    "a line magic": ("%pip install x\nimport x", 'M("""%pip install x""")\nimport x'),
    "a shell line": ("    !ls -la", '    M("""!ls -la""")'),
    "a shell line that reads variables": (
        "!echo {a} $b {c['d']}",
        'M("""!echo {a} $b {c[\'d\']}""", a, b, c)',
    ),
    "what a shell line gives": ("x = !ls *.pdf\n", 'x = M("""!ls *.pdf""")\n'),
    "what a shell line gives an item": ("d['a'] = !ls", 'd[\'a\'] = M("""!ls""")'),
    "what a magic gives": ("x = %env HOME", 'x = M("""%env HOME""")'),
    "a continued line": ("!a \\\n  b\nx", 'M("""!a \\\\\n  b""")\nx'),
    "help": ("x.y?\n?z\nx??", 'M("""x.y?""", x)\nM("""?z""", z)\nM("""x??""", x)'),
    "a timed statement": ("%time x = f()", 'M("""%time """); x = f()'),
    "a timed expression with options": ("%timeit -n 10 -r1 f(3)", 'M("""%timeit -n 10 -r1 """); f(3)'),
    "what a timed expression gives": ("x = %timeit -o f()", 'x = M("""%timeit -o """); f()'),
    "code as an argument": ("%prun f(x)", 'M("""%prun f(x)""", f, x)'),
    "a cell magic with Python": ("\n%%time\nx = 1", '\nM("""%%time""")\nx = 1'),
    "magics in such a cell": ("%%capture a\n!ls\nx = 1", 'M("""%%capture a""")\nM("""!ls""")\nx = 1'),
    "a cell magic with something else": ('%%bash\necho "$A"', 'M("""%%bash\necho \\"$A\\"""")'),
    "a module that is run": ("%run -i ./a/b.py x", 'from a.b import *; M("""%run -i ./a/b.py x""")'),
    "a notebook that is run": ("%run a.ipynb", 'from a import *; M("""%run a.ipynb""")'),
    "what can't be imported": ("%run ../a-b.py", 'M("""%run ../a-b.py""")'),
    "quotes and backslashes": ('!echo "\\n"', 'M("""!echo \\"\\\\n\\"""")'),
    "automatic parentheses": ("/f 1", 'M("""/f 1""", f)'),
    "no magic in a text": ("x = '''\n!no\n%no\n'''", "x = '''\n!no\n%no\n'''"),
    "no magic in parentheses": ("x = (a\n% b)", "x = (a\n% b)"),
    "no magic after a backslash": ("x = a \\\n% b", "x = a \\\n% b"),
    "no magic behind a keyword": ("f('a=%s' % b, c=1)", "f('a=%s' % b, c=1)"),
    "no magic in a comment": ("x = 1  # why?\ny != 2", "x = 1  # why?\ny != 2"),
    "parentheses in texts and comments": ("x = '('  # (\n!ls", 'x = \'(\'  # (\nM("""!ls""")'),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("code", "python"), KINDS.values(), ids=KINDS.keys())
def test_a_call_stands_for_a_magic(code: str, python: str) -> None:
    assert mask_magics(code, "M") == python
    ast.parse(python.strip() if python.startswith(" ") else python)
    assert unmask_magics(python, "M") == code


@pytest.mark.parametrize("folder", ["programs", "packages", "lookalikes", "manual", "flow"])
def test_python_is_left_as_it_is(folder: str) -> None:
    files = [path for path in (FIXTURES / folder).rglob("*.py") if b"\r" not in path.read_bytes()]
    texts = [text for text in map(read_bytes, map(str, files)) if text.isascii()]
    assert texts
    assert [text for text in texts if mask_magics(text.decode(), "M") != text.decode()] == []


CHANGED = {
    "a renamed variable": ('M("""!echo {a} {a.b} {c}""", x, c)', "!echo {x} {x.b} {c}"),
    "a timed statement of several lines": (
        'M("""%time """); x = f(\n    1,\n)\ny = 2',
        "%time x = f( \\\n    1, \\\n)\ny = 2",
    ),
    "a timed statement at the end": ('M("""%time """); x = f(\n1)', "%time x = f( \\\n1)"),
}


@pytest.mark.parametrize(("python", "code"), CHANGED.values(), ids=CHANGED.keys())
def test_changes_around_a_magic_are_kept(python: str, code: str) -> None:
    assert unmask_magics(python, "M") == code


PIECES = [
    "!ls",
    "%run a ",
    "%time ",
    "%%time",
    "x = ",
    "f(",
    ")",
    "?",
    "\n",
    "\r\n",
    " ",
    "'''",
    '"',
    "\\",
    "{a}",
    "é",
    "\x00",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_code_is_had_back(code: str) -> None:
    python = mask_magics(code, "M")
    assert unmask_magics(python, "M") == code
    assert python.count("\n") == code.count("\n")


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.data())
def test_any_beginning_is_a_beginning(code: str, data: st.DataObject) -> None:
    python = mask_magics(code, "M")
    cut = data.draw(st.integers(0, len(python)))
    beginning = python[:cut]
    assume(not re.search(r"\\(?:u[0-9a-f]{0,3})?$", beginning))  # in the middle of a character
    ours = re.finditer(r'from \w+ import \*; M?|"""[\w, ]*\); ', python)
    assume(not any(one.start() < cut < one.end() for one in ours))
    assert code.startswith(unmask_prefix(beginning, "M"))
