"""Statements by rows, and comments."""

import pytest

from kognitos_migrate.syntax.tokens import Rows, logical_statements

TEXT = """\
# before
x = call(  # in it
    1,
    # on its own
    2,
)  # behind

'''a
# no comment
'''
if x: pass
# at the end
"""


def test_statements() -> None:
    read = logical_statements(TEXT)
    assert [read.rows_around(row) for row in (1, 2, 4, 6, 9, 11, 12)] == [
        Rows(1, 1),
        Rows(2, 6),
        Rows(2, 6),
        Rows(2, 6),
        Rows(8, 10),
        Rows(11, 11),
        Rows(12, 12),
    ]


def test_what_comments_speak_of() -> None:
    found = [(one.row, one.column, one.text, one.about) for one in logical_statements(TEXT).comments]
    assert found == [
        (1, 1, "# before", Rows(2, 6)),
        (2, 12, "# in it", Rows(2, 6)),
        (4, 5, "# on its own", Rows(2, 6)),
        (6, 4, "# behind", Rows(2, 6)),
        (12, 1, "# at the end", Rows(12, 12)),
    ]


@pytest.mark.parametrize(
    "same",
    [
        "x = get('a', b)\n",
        'x = get("a", b)  # said\n',
        "x = get(\n    'a',\n    b,\n)\n",
        "x = \\\n    get('a',b)\r\n",
        "\tx = get('a', b)\n",
    ],
)
def test_what_a_formatter_changes_makes_no_difference(same: str) -> None:
    assert logical_statements(same).normal_form(1) == 'x=get("a",b)'


def test_a_row_that_is_only_a_comment_is_known_by_it() -> None:
    assert logical_statements("# a b\n").normal_form(1) == "#ab"


@pytest.mark.parametrize(
    "broken", ["x = (\n1\n", "def f(:\n  '''\n", "if x:\n   a\n  b\n", "a\x00b\nc\n", ""]
)
def test_what_has_no_tokens_is_read_by_lines(broken: str) -> None:
    read = logical_statements(broken)
    for row in range(1, len(read.lines) + 1):
        rows = read.rows_around(row)
        assert rows.first <= row <= rows.last
        read.normal_form(row)
    assert read.normal_form(9) == ""
