"""The keys of settings files."""

import pytest

from kognitos_migrate.text_search.key_paths import placed_keys


def test_a_key_that_is_no_text_is_skipped() -> None:
    levels = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 5)]
    text = "\n".join(["a0: &a0 [x]", *levels, "b:\n  ? *a4\n  : 1\n  c: 2\n"])
    assert [key.keys for key in placed_keys("x.yaml", text)] == [("b", "c"), ("a4",)]


@pytest.mark.parametrize("escape", [r'"\UFFFFFFFF"', r'"\U00110000"'])
def test_a_file_with_an_invalid_escape_has_no_keys(escape: str) -> None:
    assert placed_keys("x.yaml", f"a: {escape}\n") == ()
