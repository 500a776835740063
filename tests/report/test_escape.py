"""Nothing in a file or its name can play tricks on a terminal or a page."""

import pytest

from kognitos_migrate.report.escape import (
    markdown,
    markdown_block,
    markdown_code,
    markdown_link,
    plain,
    plain_lines,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", "a␛[2Jb"),
        ("a\nb\tc\x7f", "a␊b␉c␡"),
        ("a\u202eb\u200b\ufeff", "a\ufffdb\ufffd\ufffd"),
        ("a\udc80\x9b", "a\ufffd\ufffd"),
        ("é漢", "é漢"),
    ],
)
def test_what_is_not_shown_gets_a_sign_of_one_column(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert len(shown) == len(text)


def test_lines_and_tabs_may_stay() -> None:
    assert plain_lines("a\tb\r\nc") == "a\tb␍\nc"


def test_markdown_is_no_markup() -> None:
    assert markdown("a|b <script> *c*") == r"a\|b \<script\> \*c\*"
    assert markdown("run `fix *|x*` or ``y`` `") == r"run `fix *\|x*` or \`\`y\`\` \`"
    assert markdown_code("a`b|c") == r"``a`b\|c``"
    assert markdown_code("`") == "`` ` ``"
    assert markdown_block("a\n```\nb", "text") == "````text\na\n```\nb\n````"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://e.org/a_(b)", "[a\\*](https://e.org/a_%28b%29)"),
        ("javascript:alert(1)", "a\\*"),
        ("https://e.org/\n::error::x", "a\\*"),
        ("https://e.org/\x1b]0;x", "a\\*"),
        ("https://e.org/><b>", "a\\*"),
        (None, "a\\*"),
    ],
)
def test_only_a_web_address_becomes_a_link(url: str | None, link: str) -> None:
    assert markdown_link("a*", url) == link


def test_no_line_of_a_block_is_a_command() -> None:
    assert markdown_block("::error::x\n ::y", "text") == "```text\n.::error::x\n. ::y\n```"
