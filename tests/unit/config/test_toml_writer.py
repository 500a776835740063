"""Additions of `init` to a configuration in TOML."""

import sys
from pathlib import Path

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.config.scaffold import add_missing
from kognitos_migrate.config.scaffold_entries import ScaffoldEntry, ScaffoldLine
from kognitos_migrate.config.toml_writer import TomlWriter
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.model import Rulebook

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OURS = TomlWriter(("tool", "boxes"))
FIELDS = """\
room = ""
side = ""  # left or right
# label = ""  # optional, required with `flavour: fancy`, max. 10 characters
"""
SHELF = f"[tool.boxes.shelves.a1]\n{FIELDS}"
WORD = 'sad = ""  # v2 value, a list of them, or []\n'
BOTH = f"\n{SHELF}\n[tool.boxes.moods]\n{WORD}"
KEYS = {"shelves": ["a1"], "moods": ["sad"]}

EXTENDED = [
    ("", BOTH),
    ("a = 1", f"a = 1\n{BOTH}"),
    (
        "[tool.boxes]\nhosts = []  # none\n\n# of ruff\n[tool.ruff]\nx = 1\n",
        f"[tool.boxes]\nhosts = []  # none\n{BOTH}\n# of ruff\n[tool.ruff]\nx = 1\n",
    ),
    (
        '[tool.boxes.moods]\nbad = "Evil"\n\n[[tool.other]]\nx = 1\n',
        f'[tool.boxes.moods]\nbad = "Evil"\n{WORD}\n{SHELF}\n[[tool.other]]\nx = 1\n',
    ),
    ("[tool.boxes]\n[tool.ruff]\n", f"[tool.boxes]\n{BOTH}\n[tool.ruff]\n"),
    ("[tool.boxes]\n# of ruff\n[tool.ruff]\n", f"[tool.boxes]\n{BOTH}\n# of ruff\n[tool.ruff]\n"),
    ('[tool.boxes]\nhosts = [\n  ["a"],\n]\n', f'[tool.boxes]\nhosts = [\n  ["a"],\n]\n{BOTH}'),
]


@pytest.mark.parametrize(("text", "expected"), EXTENDED)
def test_a_missing_key_is_added_and_all_else_stays(boxes: Rulebook, text: str, expected: str) -> None:
    extended = add_missing(text, "c.toml", OURS, boxes, KEYS)
    assert extended.text == expected
    assert extended.added == {"shelves": ("a1",), "moods": ("sad",)}
    assert add_missing(extended.text, "c.toml", OURS, boxes, KEYS).text == expected


@pytest.mark.parametrize(
    "text", ['[tool.boxes]\nshelves.b.room = "x"\nmoods = {}\n', "[tool]\nboxes = {moods = {}}\n"]
)
def test_what_cannot_be_added_to_is_an_error(boxes: Rulebook, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        add_missing(text, "c.toml", OURS, boxes, KEYS)
    assert "c.toml: has a layout that nothing can be added to; add the missing lines" in str(caught.value)
    assert SHELF.strip() in str(caught.value)


def test_the_line_endings_are_the_files(boxes: Rulebook) -> None:
    extended = add_missing("[tool.boxes]\r\n", "c.toml", OURS, boxes, {"shelves": ["a1"]})
    assert extended.text == "[tool.boxes]\r\n\r\n" + SHELF.replace("\n", "\r\n")


def test_keys_are_quoted_where_they_must_be(boxes: Rulebook) -> None:
    keys = ["a b", "ü", 'q"u', "a.b", "\x7f"]
    extended = add_missing("", "c.toml", TomlWriter(), boxes, {"shelves": keys})
    assert list(tomllib.loads(extended.text)["shelves"]) == keys


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = [\n", "c.toml: isn't valid TOML; "),
        ("[tool]\nboxes = 1\n", "c.toml: expected a mapping of keys, got 1"),
    ],
)
def test_what_is_no_configuration_is_an_error(boxes: Rulebook, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        add_missing(text, "c.toml", OURS, boxes, {})
    assert str(caught.value).startswith(said)


def test_lines_to_copy_have_the_headers_of_their_tables() -> None:
    assert OURS.top_level_line(ScaffoldLine("hosts", ("a", "b"))) == '[tool.boxes]\nhosts = ["a", "b"]'
    assert TomlWriter().top_level_line(ScaffoldLine("hosts", ("a",))) == 'hosts = ["a"]'
    two = [ScaffoldEntry("b", (ScaffoldLine("room", "…"),)), ScaffoldEntry("c", (ScaffoldLine("room", "…"),))]
    said = '[tool.boxes.shelves.b]\nroom = "…"\n\n[tool.boxes.shelves.c]\nroom = "…"'
    assert OURS.section_text("shelves", two) == said


def test_what_is_not_filled_in_is_absent(tmp_path: Path, boxes: Rulebook) -> None:
    text = add_missing("", "c.toml", TomlWriter(), boxes, KEYS).text
    config = tmp_path / "c.toml"
    config.write_text(text, "utf-8")
    assert load_settings(config, boxes, tmp_path).tables == {"shelves": {}}
    config.write_text(text.replace('room = ""', 'room = "r"').replace('side = ""', 'side = "left"'), "utf-8")
    assert load_settings(config, boxes, tmp_path).tables == {"shelves": {"a1": {"room": "r", "side": "left"}}}
