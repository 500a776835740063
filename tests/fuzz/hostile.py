"""Strategies for hostile files: programs, notebooks, configurations and rules that were tampered with."""

from __future__ import annotations

import random
import re
from pathlib import Path

from hypothesis import strategies as st

FIXTURES = Path(__file__).parents[2] / "fixtures"
PROGRAMS = tuple(sorted((FIXTURES / "programs").glob("*/before/*.py")))
NOTEBOOKS = tuple(sorted(FIXTURES.glob("*/*/before/*.ipynb")))
RULES_FOLDER = FIXTURES.parent / "rules"
RULES = tuple(sorted(RULES_FOLDER.rglob("*.yaml")))
CONFIGURATION = """\
processes:
  abcd3fg9ijk5mn1pqr3tu2wxy: {process_id: p, agent_id: a, stage: Published, name: N}
states: {failed: Failed, running: [Created, Executing]}
v2_request: guide
hosts: [gateway.example]
include: ["*.py"]
exclude: [legacy/]
select: [KOG]
per-file-ignores: {"tests/*": [KOG1]}
severity: {KOG902: error}
"""
COOKIES = (
    "utf-8",
    "latin-1",
    "utf-7",
    "utf-16",
    "rot13",
    "idna",
    "punycode",
    "unicode_escape",
    "hex",
    "cp037",
)
PIECES = (
    *("\0", "\f", "\r", "\r\n", "\n", "\t", "\x1b[2J", "\ufeff", "\u2028", "\x85", "\\", "\\\n"),
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "'",
        '"',
        '"""',
        "'''",
        "#",
        ";",
        ":",
        ",",
        "=",
        "*",
        "**",
        "@",
        "->",
        ":=",
    ),
    *("lambda: ", "not ", "await ", "yield ", "async ", "global x\n", "del x\n", "return\n", "match x:\n"),
    *("(" * 50, "[" * 500, ".b" * 2_000, "+1" * 2_000, " or a" * 2_000, "elif x: pass\n" * 1_500),
    *(
        "9" * 5_000,
        "'\\x'",
        "'\\N{nope}'",
        "f'{x!z}'",
        "f'{'",
        "b'\xe9'",
        "'\ud800'",
        "0777",
        "1_",
        "print 'a'\n",
    ),
    *("*a, " * 200, "x = x = ", "class A(A): pass\n", "import requests as requests\n", "from . import *\n"),
    *("requests = requests.post\n", "json = json.loads\n", "__import__('os')\n", "exec('x')\n", "x: x = x\n"),
)
LINES = (
    *"""\
requests = requests.post
json = json.loads
import requests as json
from . import *
x = x = x
del requests
global requests
exec('x = 1')
globals()['requests'] = None
class A(A): pass
for x in iter(lambda: x, x): x = [x, x]
x = lambda x=x: x(x)
x = {**x, **x}
[x := x, *x]
while True: requests.post = requests.get
with requests as requests: pass
x = x[x](x)(x).x
def x(*x, **y): return x(x, *x, **y)
x = x if x else x
assert x, x
raise x from x
return x
x = '\\x'
x = '\\d'
x = f'{x!r:{x}}'
x: x = x
yield x
await x
type x = x
""".splitlines(),
    *("x = '\0'", "x = " + "9" * 5_000, "x = a" + ".b" * 300, "x = " + "[" * 90 + "]" * 90),
    *("try: x\nexcept* x: x", "match x:\n    case x: x"),
)
"""Statements that may be anywhere."""
_WORD = re.compile(r"(?<=[ :\[{/])[A-Za-z_][\w.-]*(?:\(\))?")
"""A word of a rule, as a key, a value, or a part of a path."""
YAML_PIECES = (
    *(
        "&a ",
        "*a",
        "<<: *a\n",
        "!!python/object/apply:os.system ['true']",
        "!!binary x",
        "!x ",
        "? ",
        ": ",
        "- ",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        "'",
        '"',
        "|\n",
        ">\n",
        "---\n",
        "...\n",
        "%YAML 9.9\n",
        "\0",
        "\t",
        "\ud800",
        "~",
        "{}",
    ),
    *("9" * 400, "-.inf", ".nan", "0x" + "f" * 400, "2001-01-01", "1e999", "yes", "[" * 2_000, "{a: " * 500),
    "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
    "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
    "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e, *e]\n",
)


def tampered(text: str, seed: int, pieces: tuple[str, ...], wounds: int) -> str:
    """`text` with some pieces put in, taken out, doubled or swapped, at random places."""
    drawn = random.Random(seed)
    for _ in range(wounds):
        at = drawn.randrange(len(text) + 1)
        end = min(len(text), at + drawn.choice((0, 0, 1, 3, 30, 300)))
        what = drawn.choice(("put", "put", "cut", "double", "line"))
        if what == "line":
            lines = text.split("\n")
            drawn.shuffle(lines) if drawn.random() < 0.2 else lines.insert(
                drawn.randrange(len(lines) + 1), drawn.choice(pieces)
            )
            text = "\n".join(lines)
        else:
            new = {"put": drawn.choice(pieces), "cut": "", "double": text[at:end] * 2}[what]
            text = text[:at] + new + text[end:]
    return text


def twisted(text: str, seed: int, wounds: int) -> str:
    """`text` with statements put in, taken out, doubled, names taken for others: mostly Python still."""
    drawn = random.Random(seed)
    for _ in range(wounds):
        lines = text.split("\n")
        at = drawn.randrange(len(lines))
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        what = drawn.choice(("put", "put", "put", "cut", "double", "name", "name"))
        if what == "put":
            lines[at:at] = [indent + line for line in drawn.choice(LINES).split("\n")]
        elif what == "double":
            lines[at:at] = [lines[at]]
        elif what == "cut":
            lines[at] = f"{indent}pass"
        text = "\n".join(lines)
        if what == "name":
            one, other = drawn.sample(sorted(set(re.findall(r"[a-z_]{2,}", text))), 2)
            text = re.sub(rf"\b{one}\b", other, text)
    return text


@st.composite
def sources(draw: st.DrawFn) -> tuple[str, bytes]:
    """A program or a notebook, as a name and its bytes."""
    file = draw(st.sampled_from((*PROGRAMS, *NOTEBOOKS)))
    text, seed, wounds = file.read_text("utf-8"), draw(st.integers(0, 2**32)), draw(st.integers(1, 6))
    if file.suffix == ".py" and draw(st.integers(0, 3)):
        return "main.py", twisted(text, seed, wounds).encode("utf-8")
    text = tampered(text, seed, PIECES if file.suffix == ".py" else (*PIECES, *YAML_PIECES), wounds)
    ending = draw(st.sampled_from(("\n", "\n", "\r\n", "\r")))
    data = text.replace("\n", ending).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 5)) == 0:
        data = f"# -*- coding: {draw(st.sampled_from(COOKIES))} -*-\n".encode() + data
    if draw(st.integers(0, 9)) == 0:
        data = draw(st.sampled_from((b"\xef\xbb\xbf", b"\xff\xfe", b"\xe9", b"\0"))) + data
    return f"main{file.suffix}", data


@st.composite
def configurations(draw: st.DrawFn) -> bytes:
    """A configuration in YAML."""
    text = tampered(CONFIGURATION, draw(st.integers(0, 2**32)), YAML_PIECES, draw(st.integers(1, 5)))
    return text.encode("utf-8", "surrogatepass")


@st.composite
def rules(draw: st.DrawFn) -> bytes:
    """A rule, or what is known of a client."""
    file = draw(st.sampled_from(RULES))
    text = tampered(
        file.read_text("utf-8"), draw(st.integers(0, 2**32)), YAML_PIECES, draw(st.integers(1, 3))
    )
    return text.encode("utf-8", "surrogatepass")


def oddly(text: str, seed: int, wounds: int) -> str:
    """A rule in which words stand in each other's places, and lines are gone or trade places: a rule still,
    mostly, though none that anybody would write."""
    drawn = random.Random(seed)
    for _ in range(wounds):
        lines = text.split("\n")
        at = drawn.randrange(len(lines))
        indent = len(lines[at]) - len(lines[at].lstrip())
        like = [n for n, line in enumerate(lines) if len(line) - len(line.lstrip()) == indent]
        other = drawn.choice(like)
        what = drawn.choice(("word", "word", "word", "word", "cut", "trade"))
        if what == "word":
            words = list(_WORD.finditer(text, text.find("\nurl:") + 1))
            one, by = drawn.choice(words), drawn.choice(words)
            text = text[: one.start()] + by[0] + text[one.end() :]
            continue
        if what == "cut":
            del lines[at]
        else:
            lines[at], lines[other] = lines[other], lines[at]
        text = "\n".join(lines)
    return text


@st.composite
def odd_rules(draw: st.DrawFn) -> tuple[Path, str, Path]:
    """A built-in rule, what stands in its place, and a program to run it over."""
    file, program = draw(st.sampled_from(RULES)), draw(st.sampled_from(PROGRAMS))
    text = oddly(file.read_text("utf-8"), draw(st.integers(0, 2**32)), draw(st.integers(1, 3)))
    return file, text, program
