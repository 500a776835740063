"""Removal of parts from f-strings, `+`, `join`, `%`, `format`, displays, calls and blocks."""

import libcst as cst
import pytest

from kognitos_migrate.edits.pending_edit import PendingEdit, compose
from kognitos_migrate.edits.structural_edits import (
    remove_from_text,
    remove_item,
    remove_statement,
    remove_template_value,
)
from kognitos_migrate.source.text_edits import apply_edits
from kognitos_migrate.syntax.tree import Tree
from tests.unit.conversations.programs import Made, program

PRELUDE = """\
def joined(base, *parts):
    return "/".join([base, *parts])
def fixed(base, part):
    return base + part
a = b = gone = input()
"""


def line(text: str) -> tuple[Made, str]:
    return program(PRELUDE + text + "\n"), text


def last(tree: Tree, kind: type[cst.CSTNode], code: str) -> cst.CSTNode:
    """The last node of a kind whose text is `code`."""
    return [node for node in tree.nodes if isinstance(node, kind) and tree.code(node) == code][-1]


def after(made: Made, *edits: PendingEdit) -> str:
    """The program's last lines with the edits applied."""
    composed = compose(edits, {made.tree.path: made.tree})
    return apply_edits(made.tree.text, composed).removeprefix(PRELUDE).removesuffix("\n")


@pytest.mark.parametrize(
    ("before", "expected", "separator"),
    [
        ('x = f"/run/{gone}"', 'x = "/run/"', False),
        ('x = f"/{{run}}/{gone}"', 'x = f"/{{run}}/"', False),
        ('x = rf"/run/{gone}"', 'x = r"/run/"', False),
        ('x = f"/run/{gone!s:>5}/{a}"', 'x = f"/run//{a}"', False),
        ("x = f'{a}' f'/{gone}'", "x = f'{a}' '/'", False),
        ('x = "/run/" + gone', 'x = "/run/"', False),
        ('x = gone + "/run/"', 'x = "/run/"', False),
        ('x = a + "/" + gone + "/b"', 'x = a + "/" + "/b"', False),
        ('x = a + ("/" + gone)', 'x = a + ("/")', False),
        ('x = a + "/" + (gone)', 'x = a + "/"', False),
        ('x = (\n    a\n    + "/"\n    + gone\n)', 'x = (\n    a\n    + "/"\n)', False),
        ('x = "/".join([a, "run", gone])', 'x = "/".join([a, "run"])', True),
        ('x = "/".join([gone, a])', 'x = "/".join([a])', True),
        ('x = "/".join((a, gone))', 'x = "/".join((a,))', True),
        ('x = "/".join((a, gone, b))', 'x = "/".join((a, b))', True),
        ('x = joined(a, "run", gone)', 'x = joined(a, "run")', True),
        ('x = joined(a, gone, "run")', 'x = joined(a, "run")', True),
    ],
)
def test_a_hole_is_taken_out_of_a_text(before: str, expected: str, separator: bool) -> None:
    made, _ = line(before)
    removal = remove_from_text(made.context, made.tree.site(last(made.tree, cst.Name, "gone")))
    assert removal is not None
    assert after(made, *removal.edits) == expected
    assert removal.takes_separator is separator


@pytest.mark.parametrize(
    "before",
    [
        "x = fixed(a, gone)",
        "x = joined(gone, a)",
        'x = "/".join(gone)',
        "x = gone",
        "x = gone % a",
        "x = gone - a",
    ],
)
def test_a_hole_that_is_no_part_of_a_text_stays(before: str) -> None:
    made, _ = line(before)
    assert remove_from_text(made.context, made.tree.site(last(made.tree, cst.Name, "gone"))) is None


@pytest.mark.parametrize(
    ("before", "mark", "expected"),
    [
        ('x = "/run/%s" % gone', "%s", 'x = "/run/"'),
        ('x = "/run/%s" % (gone)', "%s", 'x = "/run/"'),
        ('x = "%s/run/%s" % (a, gone)', "%s", 'x = "%s/run/" % a'),
        ('x = "%s/run/%s/%s" % (a, gone, b)', "%s", 'x = "%s/run//%s" % (a, b)'),
        ('x = "/run/{}".format(gone)', "{}", 'x = "/run/"'),
        ('x = "{}/run/{}".format(a, gone)', "{}", 'x = "{}/run/".format(a)'),
        ('x = "{}/run/{}".format(gone, a)', "{}", 'x = "/run/{}".format(a)'),
        ('x = "{a}/run/{b}".format(a=a, b=gone)', "{b}", 'x = "{a}/run/".format(a=a)'),
        ('x = "{a}/run/{b}".format(b=gone, a=a)', "{b}", 'x = "{a}/run/".format(a=a)'),
        ('x = "{1}/run/{0}".format(a, gone)', "{1}", 'x = "/run/{0}".format(a)'),
    ],
)
def test_a_value_is_taken_out_of_a_template(before: str, mark: str, expected: str) -> None:
    made, _ = line(before)
    edit = remove_template_value(made.context, made.tree.site(last(made.tree, cst.Name, "gone")), mark)
    assert edit is not None
    place = expected_mark(before, mark)
    assert without(after(made, edit), mark, place) == expected


def expected_mark(before: str, mark: str) -> int:
    """Which of the placeholders `mark` the value `gone` fills."""
    values = before.rpartition("(")[2]
    places = values.split(",")
    return (
        next(number for number, value in enumerate(places) if "gone" in value)
        if before.count(mark) > 1
        else 0
    )


def without(text: str, mark: str, place: int) -> str:
    """`text` with the placeholder taken out, which is another edit's work."""
    parts = text.split(mark)
    return mark.join(parts[: place + 1]) + mark.join(["", *parts[place + 1 :]]).removeprefix(mark)


@pytest.mark.parametrize(
    ("before", "mark"),
    [
        ('x = "{0}/{1}".format(gone, a)', "{0}"),
        ('x = "{}".format(*gone)', "{}"),
        ('x = "%(k)s" % {"k": gone}', "%(k)s"),
        ("x = fixed(a, gone).strip()", "{}"),
    ],
)
def test_a_value_that_others_count_on_stays(before: str, mark: str) -> None:
    made, _ = line(before)
    name = last(made.tree, cst.Name, "gone")
    assert remove_template_value(made.context, made.tree.site(name), mark) is None


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ('x = {"k": gone}', "x = {}"),
        ('x = {"k": gone,}', "x = {}"),
        ('x = {"k": gone, "a": a}', 'x = {"a": a}'),
        ('x = {"a": a, "k": gone}', 'x = {"a": a}'),
        ('x = {"a": a, "k": gone, **b}', 'x = {"a": a, **b}'),
        ('x = {\n    "a": a,\n    "k": gone,\n}', 'x = {\n    "a": a,\n}'),
        ('x = {\n    "k": gone,  # why\n    "a": a,\n}', 'x = {\n    "a": a,\n}'),
        ("x = dict(k=gone)", "x = dict()"),
        ("x = dict(k=gone, a=a)", "x = dict(a=a)"),
        ("x = dict(a=a, k=(gone))", "x = dict(a=a)"),
        ("x = dict(a=a, k=gone, **b)", "x = dict(a=a, **b)"),
    ],
)
def test_an_item_goes_with_its_comma(before: str, expected: str) -> None:
    made, _ = line(before)
    item = made.tree.enclosing(last(made.tree, cst.Name, "gone"), cst.DictElement, cst.Arg)
    assert item is not None
    edit = remove_item(made.context, made.tree.site(item))
    assert edit is not None
    assert after(made, edit) == expected


def test_a_list_element_is_no_item() -> None:
    made, _ = line("x = [gone]")
    assert remove_item(made.context, made.tree.site(last(made.tree, cst.Name, "gone"))) is None


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ('if a:\n    a["k"] = gone\n    b = 1', "if a:\n    b = 1"),
        ('if a:\n    b = 1\n    a["k"] = gone  # why', "if a:\n    b = 1"),
        ('if a:\n    a["k"] = gone', "if a:\n    pass"),
        ('if a:\n    a["k"] = gone  # why\nelse:\n    b = 1', "if a:\n    pass  # why\nelse:\n    b = 1"),
        ('if a:\n    a["k"] = [\n        gone,\n    ]\n    b = 1', "if a:\n    b = 1"),
        ('if a: a["k"] = gone', 'if a: a["k"] = gone'),
        ('a = 1; a["k"] = gone', 'a = 1; a["k"] = gone'),
    ],
)
def test_a_statement_goes_with_its_line(before: str, expected: str) -> None:
    made, _ = line(before)
    edit = remove_statement(made.context, made.tree.site(last(made.tree, cst.Name, "gone")))
    assert (edit is None) == (before == expected)
    assert after(made, *([edit] if edit else [])) == expected
