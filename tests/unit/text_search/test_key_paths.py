"""The keys of settings files."""

import pytest

from kognitos_migrate.text_search.key_paths import key_paths_of


def test_a_key_that_is_no_text_is_skipped() -> None:
    assert [key.keys for key in key_paths_of("x.yaml", "b:\n  ? [x]\n  : 1\n  c: 2\n")] == [("b", "c")]


def test_a_file_whose_aliases_repeat_too_much_has_no_keys() -> None:
    levels = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 6)]
    assert key_paths_of("x.yaml", "\n".join(["a0: &a0 [x]", *levels])) == ()
    merges = [f"a{level}: &a{level} {{<<: [*a{level - 1}, *a{level - 1}]}}" for level in range(1, 40)]
    assert key_paths_of("x.yaml", "\n".join(["a0: &a0 {x: y}", *merges])) == ()


def test_a_value_has_the_paths_of_its_aliases() -> None:
    text = "a: &a {x: 1, y: &y 2}\nb: {x: 3, <<: *a}\nc: {d: [*y]}\n"
    keys = [(key.keys, text[key.start : key.end]) for key in key_paths_of("x.yaml", text)]
    assert keys == [
        (("a", "x"), "1"),
        (("a", "y"), "&y 2"),
        (("b", "x"), "3"),
        (("b", "y"), "&y 2"),
        (("c", "d"), "&y 2"),
    ]


@pytest.mark.parametrize("escape", [r'"\UFFFFFFFF"', r'"\U00110000"'])
def test_a_file_with_an_invalid_escape_has_no_keys(escape: str) -> None:
    assert key_paths_of("x.yaml", f"a: {escape}\n") == ()
