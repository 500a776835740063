"""Reading YAML with the lines of its keys."""

import datetime
from pathlib import Path

import pytest

from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.document import (
    Document,
    Key,
    describe_value,
    join_with_or,
    key_path,
    parse_yaml,
    read_yaml,
    suggestion,
)


def parse(text: str) -> Document:
    return parse_yaml(text, "x.yaml", ConfigError)


def test_every_key_and_item_has_its_line() -> None:
    document = parse("# first\na:\n  b: 1\n  c:\n    - x\n    - {d: y}\n")
    assert document.value == {"a": {"b": 1, "c": ["x", {"d": "y"}]}}
    assert document.lines == {
        (): 2,
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "c"): 4,
        ("a", "c", 0): 5,
        ("a", "c", 1): 6,
        ("a", "c", 1, "d"): 6,
    }


def test_what_has_no_line_has_that_of_what_is_around_it() -> None:
    assert parse("a:\n  b: 1\n").line(("a", "c", "d")) == 1
    assert parse("").line(("a",)) is None


def test_a_merged_mapping_is_below_its_own_keys() -> None:
    document = parse("base: &base {a: 1, b: 2}\nx:\n  b: 3\n  <<: *base\n")
    assert document.value == {"base": {"a": 1, "b": 2}, "x": {"a": 1, "b": 3}}
    assert document.faults == ()
    assert document.line(("x", "b")) == 3


def test_the_first_of_several_merged_mappings_counts_and_an_alias_is_no_second_key() -> None:
    text = "a: &a {k: 1, l: 1}\nb: &b {k: 2, m: 2}\nx: &x {<<: [*a, *b], l: 3}\ny: *x\n"
    document = parse(text)
    assert document.value == {
        "a": {"k": 1, "l": 1},
        "b": {"k": 2, "m": 2},
        "x": {"k": 1, "l": 3, "m": 2},
        "y": {"k": 1, "l": 3, "m": 2},
    }
    assert document.faults == ()


FAULTS = [
    ("a: 1\nb: 2\na: 3\n", "x.yaml:3: a: occurs twice, first on line 1; expected it once"),
    ("a: {b: 1,\n b: 1}\n", "x.yaml:2: a.b: occurs twice, first on line 1; expected it once"),
    ("a:\n  12: x\n", "x.yaml:2: a: the key 12 is not text; put it in quotes"),
    ("yes: x\n", "x.yaml:1: the key yes is not text; put it in quotes"),
    ("? [a]\n: x\n", "x.yaml:1: the key ? is not text; put it in quotes"),
    ("? \n: x\n", "x.yaml:1: the key that is empty is not text; put it in quotes"),
    ("a: 2027-13-45\n", "x.yaml:1: a: can't be read: '2027-13-45'; put it in quotes"),
    ("a: !thing b\n", "x.yaml:1: a: can't be read: 'b'; put it in quotes"),
    ("a: !thing {b: 1}\n", "x.yaml:1: a: has the tag !thing; expected none"),
    ("a: !thing [b]\n", "x.yaml:1: a: has the tag !thing; expected none"),
]


@pytest.mark.parametrize(("text", "said"), FAULTS)
def test_what_is_wrong_in_any_file(text: str, said: str) -> None:
    assert list(map(str, parse(text).faults)) == [said]


SYNTAX = [
    ("a: [1\nb: 2\n", "x.yaml:2: isn't valid YAML"),
    ("a: 1\n---\nb: 2\n", "x.yaml:2: isn't valid YAML"),
    ("a: *nowhere\n", "x.yaml:1: isn't valid YAML"),
    ("a:\n  b:\n    c: 1\n   d: 2\n", "x.yaml:4: isn't valid YAML; the indentation doesn't match line 2 ("),
    ("a: 1\n  b: 2\n", "x.yaml:2: isn't valid YAML; a key can't be here: check the indentation, or quote"),
    ("a:\n\tb: 1\n", "x.yaml:2: isn't valid YAML; a tab can't indent: use spaces (column 1)"),
    ("a: \x07\n", "x.yaml: isn't valid YAML"),
    ("a: &a [*a]\n", "x.yaml: is nested too deeply, or holds itself"),
    ("[" * 5000, "x.yaml"),
]


@pytest.mark.parametrize(("text", "said"), SYNTAX)
def test_what_is_no_yaml_is_an_error_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_aliases_of_aliases_are_not_written_out_for_ever() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 8))
    with pytest.raises(ConfigError, match="too many values"):
        parse(f"l0: &l0 x\n{levels}")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: \xe9\n")
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        (tmp_path / f"{encoding}.yaml").write_bytes("a: 1\n".encode(encoding))
    (tmp_path / "folder").mkdir()
    for name, said in {
        "none.yaml": "none.yaml: does not exist",
        "latin.yaml": "latin.yaml:2: isn't UTF-8; save it as UTF-8",
        "utf-16.yaml": "utf-16.yaml: is UTF-16; save it as UTF-8",
        "utf-16-le.yaml": "utf-16-le.yaml: is UTF-16; save it as UTF-8",
        "utf-16-be.yaml": "utf-16-be.yaml: is UTF-16; save it as UTF-8",
        "folder": "folder: can't be read: is a folder",
    }.items():
        with pytest.raises(ConfigError) as caught:
            read_yaml(tmp_path / name, ConfigError)
        assert str(caught.value) == said


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    document = read_yaml(tmp_path / "x.yaml", ConfigError)
    assert document.value == {"a": 1, "b": 2}
    assert document.line(("b",)) == 2


@pytest.mark.parametrize(
    ("key", "said"),
    [((), ""), (("a", "b-c", 0, "d"), "a.b-c[0].d"), (("a", "b.c", "d()"), 'a."b.c"."d()"')],
)
def test_a_key_as_it_is_shown(key: Key, said: str) -> None:
    assert key_path(key) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "empty"),
        (True, "true"),
        ("a", "'a'"),
        ("a" * 41, "a text"),
        (1, "1"),
        (1.5, "1.5"),
        (datetime.date(2027, 3, 31), "the date 2027-03-31"),
        ([], "a list"),
        ({}, "a mapping"),
        (b"", "binary data"),
    ],
)
def test_words_for_a_value(value: object, said: str) -> None:
    assert describe_value(value) == said


def test_words_for_choices() -> None:
    assert (join_with_or(["a"]), join_with_or(["a", "b"]), join_with_or(["a", "b", "c"])) == (
        "a",
        "a or b",
        "a, b or c",
    )
    assert suggestion("stagee", ["stage", "name"]) == "did you mean stage?"
    assert suggestion("x", ["stage", "name"]) == "expected stage or name"
    assert suggestion("x", ["stage", "name"], ["name"]) == "expected name"
    assert suggestion("x", []) == "expected none here"


@pytest.mark.parametrize("scalar", ["!!bool foo", "!!timestamp foo", '!!float ""', '!!int ""'])
def test_a_tag_that_does_not_fit_is_a_fault_of_its_line(scalar: str) -> None:
    document = parse(f"a: 1\nb: {scalar}\n")
    assert [(fault.line, fault.key) for fault in document.faults] == [(2, "b")]
    assert "can't be read" in document.faults[0].message


@pytest.mark.parametrize("escape", [r'"\UFFFFFFFF"', r'"\U00110000"'])
def test_an_escape_without_character_is_not_yaml(escape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="isn't valid YAML"):
        parse(f"a: {escape}\n")
    monkeypatch.delattr("yaml.CSafeLoader", raising=False)
    with pytest.raises(ConfigError, match="isn't valid YAML"):
        parse(f"a: {escape}\n")
