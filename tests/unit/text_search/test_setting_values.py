"""Values of settings in text of any format."""

import json
import time

import pytest

from kognitos_migrate.text_search.setting_values import written_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a=1 # b=2\nc=3", ["1", "3"]),
        ("# a=1\n; b=2\n// c=3\nd=4", ["4"]),
        ("a=1 #b=2 // c=3\n  # d=4\r\ne=5", ["1", "5"]),
        ("a=1#b=2", ["1", "2"]),
        ("a=x/y b=//z", ["x/y", "//z"]),
        ("\t// a=1\n\n", []),
    ],
)
def test_comments_have_no_values(text: str, values: list[str]) -> None:
    assert [value for _, _, value in written_values("a.txt", text, has_structure=False)] == values


def test_many_values_of_one_line_take_little_time() -> None:
    text = json.dumps({f"name{number}": f"value{number}" for number in range(6_000)})
    began = time.process_time()
    assert len(list(written_values("a.json", text, has_structure=False))) == 6_000
    assert time.process_time() - began < 3  # 30 seconds if each value searches its line for a comment
