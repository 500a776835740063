"""A changed module is parsed where it has changed: the tree is that of the whole text."""

import pytest

from kognitos_migrate.source.text_edits import Edit, Span, apply_edits
from kognitos_migrate.syntax.parser_input import SourceSyntaxError
from kognitos_migrate.syntax.parsing import parse, reparse

TEXT = """\
# A header.
import json


# Above one.
def one(a):
    return a  # behind

    # a footer of one


@decorated
def two(b): return "ü"
x = 1; y = 2

def three():
    pass
# The end.
"""


def edits(*changes: tuple[str, str]) -> list[Edit]:
    found = []
    for old, new in changes:
        start = len(TEXT[: TEXT.index(old)].encode())
        found.append(Edit(Span("a.py", start, start + len(old.encode())), 0, new))
    return found


@pytest.mark.parametrize(
    ("changes", "pieces"),
    [
        ([("return a", "return a + 1")], 1),
        ([("return a", "return (a +\n    1)"), ("y = 2", "y = 3")], 2),
        ([('"ü"', '"ß", "é"'), ("y = 2", "")], 1),
        ([("# Above one.\n", "")], 1),
        ([("def one", "import os\n\n\ndef one")], 1),
        ([("    # a footer of one", "    # another")], 1),
        ([("x = 1; y = 2\n", "")], 1),
        ([("import json", "import json, os")], 1),
        ([("# A header.", "# Another header.")], 1),
        ([("# A header.\nimport json", "import os")], 1),
        ([("import json\n\n\n", "")], 1),
        ([("    pass", "    return")], 1),
        ([("    pass", "    return"), ("return a", "return a + 1")], 2),
        ([("    pass\n", "    return\n\n    # inside\n# outside\n")], 1),
        ([("# The end.\n", "# Another end.")], 1),
        ([("pass\n# The end.\n", "pass")], 1),
        ([("return a  # behind", "return a  # \\\\")], 2),  # LibCST sees no newline behind it
    ],
)
def test_the_tree_is_that_of_the_text(changes: list[tuple[str, str]], pieces: int, parsed: list[str]) -> None:
    before, made = parse("a.py", TEXT), edits(*changes)
    after = apply_edits(TEXT, made)
    parsed.clear()
    tree = reparse(before, made, after)
    assert len([text for text in parsed if text != after]) == pieces
    assert after not in parsed
    whole = parse("a.py", after)
    assert tree.module.deep_equals(whole.module)
    assert [type(node) for node in tree.nodes] == [type(node) for node in whole.nodes]
    assert tree.span(tree.nodes[-1]) == whole.span(whole.nodes[-1])


@pytest.mark.parametrize(
    "changes",
    [
        [("return a", "return (a")],
        [("return a", "return a\n  b")],
        [("x = 1; y = 2", "x = (")],
    ],
)
def test_what_is_wrong_is_said_of_the_whole(changes: list[tuple[str, str]]) -> None:
    before, made = parse("a.py", TEXT), edits(*changes)
    after = apply_edits(TEXT, made)
    with pytest.raises(SourceSyntaxError) as found:
        reparse(before, made, after)
    with pytest.raises(SourceSyntaxError) as whole:
        parse("a.py", after)
    assert (found.value.message, found.value.line) == (whole.value.message, whole.value.line)


@pytest.mark.parametrize(
    "change",
    [
        ("x = 1; y = 2", "if a:\n  b"),  # another indent
        ("y = 2", "y = 2\r"),  # another newline
        ("x = 1; y = 2", "x = 1  \\"),  # goes on in the next line
    ],
)
def test_what_is_written_in_another_way_is_parsed_whole(change: tuple[str, str], parsed: list[str]) -> None:
    before, made = parse("a.py", TEXT), edits(change)
    after = apply_edits(TEXT, made)
    parsed.clear()
    tree = reparse(before, made, after)
    assert after in parsed
    assert tree.module.deep_equals(parse("a.py", after).module)


BODY = "if a:\n       b()\nd()\n"
"""A block that isn't indented like most."""


@pytest.mark.parametrize(
    ("before", "old", "new"),
    [
        ("if a:\n    b()\n    c()\nd()\n", "    c()", "else:\n    c()"),
        ("for a in b:\n    b()\n    c()\nd()\n", "    c()", "else:\n    c()"),
        ("if a:\n    b()\n    c()\nd()\n", "    c()", "elif e:\n    c()"),
        ("if a:\n    if b:\n        c()\n        d()\n", "        d()", "    else:\n        d()"),
        (BODY, " b()", "b()"),
    ],
)
def test_an_edit_of_a_body_that_ends_it_is_not_lost(before: str, old: str, new: str) -> None:
    start = before.index(old)
    change = [Edit(Span("a.py", start, start + len(old)), 0, new)]
    after = apply_edits(before, change)
    tree = reparse(parse("a.py", before), change, after)
    assert tree.module.code == after
    assert tree.module.deep_equals(parse("a.py", after).module)
