"""TOML texts: keys with too many parts are refused before they take memory, and no other text is."""

import time
from contextlib import suppress
from itertools import product

import pytest

from kognitos_migrate.source.toml_text import MOST_PARTS, parse_toml

LONG = ".".join("a" * 300)
DEEP = ".".join("a" * 20_000)


@pytest.mark.parametrize(
    "text",
    [
        f"{DEEP} = 1\n",
        f"[{DEEP}]\n",
        f"[[{DEEP}]]\n",
        f"x = {{ {DEEP} = 1 }}\n",
        f"{DEEP.replace('.', ' . ')} = 1\n",
        f"{DEEP.replace('a', chr(34) + 'a.b' + chr(34))} = 1\n",
        f'x = """ " """\n{DEEP} = 1\n',
        f'x = {{ y = """ " """, {DEEP} = "" }}\n',
        f'x = \'it\\\'\ny = """"a"""""\n# \' "\n{DEEP} = \'1\'\n',
    ],
)
def test_a_key_of_many_parts_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"a key has more than {MOST_PARTS} parts"):
        parse_toml(text)


@pytest.mark.parametrize(
    ("text", "document"),
    [
        (f'x = "{LONG}"\n', {"x": LONG}),
        (f"x = '{LONG}'\n", {"x": LONG}),
        (f'x = """\n{LONG}\n"""\n', {"x": f"{LONG}\n"}),
        (f"x = 1  # {LONG}\n", {"x": 1}),
        (f'x = "\\"{LONG}"\n', {"x": f'"{LONG}'}),
        ("x = [" + "1.5, " * 300 + "]", {"x": [1.5] * 300}),
    ],
)
def test_other_texts_with_dots_are_read(text: str, document: object) -> None:
    assert parse_toml(text) == document


def test_no_text_takes_long() -> None:
    began = time.process_time()
    for piece, end in product(
        ('"\\"', '"""', "'''", "'\"", "\\", ".", ".a ", ". ", "#", " "), ("", "\n", "\n=")
    ):
        with suppress(ValueError):
            parse_toml("x = 'a'" + piece * 100_000 + end)
    assert time.process_time() - began < 20
