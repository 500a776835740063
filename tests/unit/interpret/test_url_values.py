"""URLs with holes: what a link on a page leads to, and the characters between two places."""

import pytest

from kognitos_migrate.interpret import url_values
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import plain_text
from kognitos_migrate.values.lattice import Hole, Lit, Text, Unknown

SITE = Site("main.py", 7)
OPEN = Hole(Unknown("host"), SITE, 0)
BASE = Hole(Text((Lit("https://a.example/v1", SITE, 40),)), SITE, 0)
HOST = Hole(Text((Lit("https://a.example", SITE, 40),)), SITE, 0)


def said(text: Text) -> str:
    """The text, with what a hole holds in brackets."""
    return "".join(
        part.text
        if isinstance(part, Lit)
        else f"[{said(part.value) if isinstance(part.value, Text) else '?'}]"
        for part in text.parts
    )


@pytest.mark.parametrize(
    ("base", "link", "leads_to"),
    [
        (plain_text("https://a.example/v1/run"), plain_text("7"), "https://a.example/v1/7"),
        (plain_text("https://a.example/v1/"), plain_text("run"), "https://a.example/v1/run"),
        (plain_text("https://a.example"), plain_text("run"), "https://a.example/run"),
        (plain_text("a.example"), plain_text("run"), "a.example/run"),
        (plain_text("/v1/run"), plain_text("7"), "/v1/7"),
        (plain_text("https://a.example/v1/run"), plain_text("/v2"), "https://a.example/v2"),
        (plain_text("a.example/v1"), plain_text("/v2"), "a.example/v2"),
        (plain_text("https://a.example"), plain_text("/v2"), "https://a.example/v2"),
        (plain_text("https://a.example/v1"), plain_text("https://b.example/v2"), "https://b.example/v2"),
        (Text((Lit("https:"), Lit("//a.ex"), Lit("ample/v1"))), plain_text("/v2"), "https://a.example/v2"),
        (Text((BASE,)), plain_text("run"), "[https://a.example/]run"),
        (Text((BASE,)), plain_text("/v2"), "[https://a.example]/v2"),
        (Text((BASE, Lit("/run/7"))), plain_text("/v2"), "[https://a.example]/v2"),
        (Text((HOST, Lit("/run/7"))), plain_text("8"), "[https://a.example]/run/8"),
        (Text((OPEN, Lit("/v1/run"))), plain_text("/v2"), "[?]/v2"),
        (Text((OPEN, Lit("/v1/"))), plain_text("run"), "[?]/v1/run"),
        (Text((Lit("https://"), OPEN, Lit("/v1"))), plain_text("/v2"), "https://[?]/v2"),
        (plain_text("https://a.example/v1/run"), Text((OPEN,)), "https://a.example/v1/[?]"),
        (plain_text("https://a.example/v1"), Text((BASE, Lit("/7"))), "[https://a.example/v1]/7"),
        (plain_text("https://a.example/v1"), Text(()), "https://a.example/"),
    ],
)
def test_what_a_link_leads_to(base: Text, link: Text, leads_to: str) -> None:
    assert said(url_values.resolve_link(base, link)) == leads_to


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (Text(()), ""),
        (plain_text("/v1"), "/v1"),
        (Text((Lit("/v1"), OPEN)), "/v1"),
        (Text((OPEN, Lit("/v1"))), ""),
        (Text((BASE, Lit("/run"))), "https://a.example/v1"),
    ],
)
def test_the_known_characters_that_a_text_begins_with(text: Text, known: str) -> None:
    assert url_values.known_prefix(text) == known


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 9, "ab[cd]ef"),
        (0, 2, "ab"),
        (1, 3, "b[c]"),
        (2, 4, "[cd]"),
        (3, 5, "[d]e"),
        (4, 6, "ef"),
        (2, 2, ""),
        (5, 5, ""),
    ],
)
def test_the_characters_between_two_places(start: int, end: int, expected: str) -> None:
    text = Text((Lit("ab", SITE, 10), Hole(plain_text("cd"), SITE, 0), Lit("ef", SITE, 20)))
    assert said(url_values.known_slice(text, start, end)) == expected


def test_a_part_of_a_literal_is_where_it_is_written() -> None:
    (part,) = url_values.known_slice(Text((Lit("ab", SITE, 10), Lit("cde", SITE, 20))), 3, 5).parts
    assert part == Lit("de", SITE, 21)
