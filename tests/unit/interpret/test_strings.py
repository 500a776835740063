"""Texts with holes, put together and taken apart; each literal knows where it was written."""

import pytest

from kognitos_migrate.interpret import budgets, strings, text_templates
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives, plain_text
from kognitos_migrate.values.lattice import UNKNOWN, Hole, Join, Lit, Text, Unknown, Value

SITE = Site("main.py", 7)
BRACES, DOLLARS, PERCENT = text_templates.BRACES, text_templates.DOLLARS, text_templates.PERCENT
OPEN = Unknown("somewhere")


def text(spelled: str, offset: int = 10) -> Text:
    """A text with a hole for each `<name>`; it is written at `offset`."""
    parts: list[Lit | Hole] = []
    place = offset
    for number, one in enumerate(spelled.replace("<", ">").split(">")):
        if number % 2:
            parts.append(Hole(Unknown(one), SITE, 0))
        elif one:
            parts.append(Lit(one, SITE, place))
            place += len(one.encode())
    return Text(tuple(parts))


def said(value: Value) -> list[str]:
    """The texts that a value may be, with holes as `<name>` and `<= text>`."""
    return sorted(
        "".join(part.text if isinstance(part, Lit) else _hole(part) for part in one.parts)
        if isinstance(one, Text)
        else "?"
        for one in alternatives(value)
    )


def _hole(hole: Hole) -> str:
    mark = f" for {hole.mark.text}@{hole.mark.offset}" if hole.mark is not None else ""
    if isinstance(hole.value, Text):
        return f"<= {''.join(said(hole.value))}{mark}>"
    return f"<{getattr(hole.value, 'source', '?')}{mark}>"


def given(value: Value) -> Operand:
    return Operand(value, Site("main.py", 9), 0)


VALUES = [given(plain_text("a")), given(OPEN)]
NAMED = {"x": given(plain_text("b")), "y": given(Join((plain_text("c"), plain_text("d"))))}


@pytest.mark.parametrize(
    ("template", "becomes"),
    [
        ("/run", ["/run"]),
        ("", [""]),
        ("/{}/z", ["/<= a for {}@11>/z"]),
        ("{}{}", ["<= a for {}@10><somewhere for {}@12>"]),
        ("{1}/{0}", ["<somewhere for {1}@10>/<= a for {0}@14>"]),
        ("{0}{}", ["<= a for {0}@10><somewhere for {}@13>"]),
        ("{{{x}}}", ["{<= b for {x}@12>}"]),
        ("é{x}", ["é<= b for {x}@12>"]),
        ("{x!r:3}", ["<= b for {x!r:3}@10>"]),
        ("{y}", ["<= c for {y}@10>", "<= d for {y}@10>"]),
        ("<h>/{x}", ["<h>/<= b for {x}@11>"]),
        ("{}{}{}", ["?"]),
        ("{2}", ["?"]),
        ("{z}", ["?"]),
    ],
)
def test_a_template_is_filled(template: str, becomes: list[str]) -> None:
    assert said(text_templates.fill_template(text(template), BRACES, VALUES, NAMED)) == becomes


def test_an_attribute_and_an_item_of_what_fills_a_template_are_looked_up() -> None:
    asked: list[tuple[Operand, str, Lit]] = []

    def look(owner: Operand, name: str, at: Lit) -> Value:
        asked.append((owner, name, at))
        return text("<inner>/v") if name == "[key]" else OPEN

    filled = text_templates.fill_template(text("a{x.attr}b{0[key]}c"), BRACES, VALUES, NAMED, look)
    assert said(filled) == ["a<somewhere for {x.attr}@11>b<inner>/vc"]
    assert [(owner, name, at.text, at.offset) for owner, name, at in asked] == [
        (NAMED["x"], ".attr", "attr", 14),
        (VALUES[0], "[key]", "key", 23),
    ]


@pytest.mark.parametrize(
    ("template", "becomes"),
    [
        ("/%s", ["/<= a for %s@11>"]),
        ("%d%%", ["<= a for %d@10>%"]),
        ("%5.2f-%s", ["<= a for %5.2f@10>-<somewhere for %s@16>"]),
        ("%(x)s/%(x)s", ["<= b for %(x)s@10>/<= b for %(x)s@16>"]),
        ("%(z)s", ["?"]),
        ("%s%s%s", ["?"]),
        ("100% sure", ["100<= a for % s@13>ure"]),
    ],
)
def test_a_percent_sign_is_filled(template: str, becomes: list[str]) -> None:
    assert said(text_templates.fill_template(text(template), PERCENT, VALUES, NAMED)) == becomes


@pytest.mark.parametrize(
    ("template", "pattern", "keys"),
    [
        ("{x}/{}/{yy!s}", BRACES, [("x", 11), ("yy", 18)]),
        ("%(x)s%s%(y)d", PERCENT, [("x", 12), ("y", 19)]),
        ("<h>{x}", BRACES, [("x", 11)]),
        ("$x/${yy}/$$/$1", DOLLARS, [("x", 11), ("yy", 15)]),
    ],
)
def test_the_names_in_a_template(template: str, pattern: object, keys: list[tuple[str, int]]) -> None:
    found = text_templates.template_keys(text(template), pattern)  # type: ignore[arg-type]
    assert [(one.text, one.offset) for one in found] == keys


@pytest.mark.parametrize(
    ("before", "left", "right", "after"),
    [
        ("  a  ", True, True, [("a", 12)]),
        ("  a  ", True, False, [("a  ", 12)]),
        ("  a  ", False, True, [("  a", 10)]),
        ("  ", True, True, []),
        (" <h> ", True, True, ["h"]),
        (" <h> ", True, False, ["h", (" ", 11)]),
        (" <h> ", False, True, [(" ", 10), "h"]),
        ("<h> a ", True, True, ["h", (" a", 10)]),
        (" a<h>", True, True, [("a", 11), "h"]),
    ],
)
def test_the_ends_of_a_text_are_stripped(before: str, left: bool, right: bool, after: list[object]) -> None:
    stripped = strings.strip_text(text(before), None, left=left, right=right)
    assert [
        (part.text, part.offset) if isinstance(part, Lit) else getattr(part.value, "source", "")
        for part in stripped.parts
    ] == after


def test_what_fills_the_end_of_a_text_is_stripped() -> None:
    inside = Hole(plain_text("xx-a-xx"), SITE, 0)
    stripped = strings.strip_text(Text((inside, Lit("/"), inside)), "x", left=True, right=True)
    assert said(stripped) == ["<= -a-xx>/<= xx-a->"]
    assert said(strings.strip_text(Text((inside,)), "x", left=False, right=True)) == ["<= xx-a->"]
    assert said(strings.strip_text(Text((inside,)), "x", left=True, right=False)) == ["<= -a-xx>"]


@pytest.mark.parametrize(
    ("items", "becomes"),
    [
        ([], [""]),
        ([plain_text("a")], ["<= a>"]),
        ([plain_text("a"), OPEN], ["<= a>, <somewhere>"]),
        ([Join((plain_text("a"), plain_text("b"))), plain_text("c")], ["<= a>, <= c>", "<= b>, <= c>"]),
        ([Join((plain_text("a"), OPEN))], ["<= a>", "<somewhere>"]),
        ([Join((OPEN, Unknown("else")))], ["<?>"]),
    ],
)
def test_texts_are_joined(items: list[Value], becomes: list[str]) -> None:
    assert said(strings.join_texts(plain_text(", "), [given(item) for item in items])) == becomes


@pytest.mark.parametrize(
    ("start", "end", "cut"), [(0, 2, ("éa", 10)), (1, 3, ("ab", 12)), (3, 3, ("", 14)), (2, 9, ("b", 13))]
)
def test_a_part_of_a_literal_stands_behind_the_bytes_before_it(
    start: int, end: int, cut: tuple[str, int]
) -> None:
    part = strings.cut_literal(Lit("éab", SITE, 10), start, end)
    assert (part.text, part.offset, part.site) == (*cut, SITE)
    assert strings.cut_literal(Lit("éab", SITE), start, end) == Lit(cut[0], SITE, -1)


def test_a_text_that_is_put_into_itself_again_and_again_is_not_followed() -> None:
    value: Value = plain_text("a")
    known: list[bool] = []
    for _ in range(12):
        (piece,) = strings.text_pieces(given(value))
        hole = piece.parts[0]
        assert isinstance(hole, Hole)
        known.append(hole.value != UNKNOWN)
        value = Text((hole, Lit("b")))
    assert known == [True] * 7 + [False] + [True] * 4


def test_a_text_of_very_many_parts_is_not_followed() -> None:
    def followed(parts: int) -> bool:
        (piece,) = strings.text_pieces(given(Text((Hole(OPEN, SITE, 0), *(Lit("a"),) * (parts - 1)))))
        hole = piece.parts[0]
        return isinstance(hole, Hole) and hole.value != UNKNOWN

    assert [followed(parts) for parts in (500, 501)] == [True, False]


def test_a_separator_of_very_many_parts_is_unknown() -> None:
    value: Value = plain_text("a")
    for row in range(16):
        items = [Operand(value, Site("main.py", row), 0)] * 3
        (separator,) = strings.texts_of(value)
        value = strings.join_texts(separator, items)
    (whole,) = strings.texts_of(value)
    assert len(whole.parts) < 2 * budgets.PARTS + 4
