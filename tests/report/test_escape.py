"""Nothing in a file or its name can play tricks on a terminal or a page."""

import pytest

from kognitos_migrate.report.escape import markdown, markdown_block, markdown_code, plain, plain_lines


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
