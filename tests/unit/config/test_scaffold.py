"""The configuration that `init` writes, and what it adds to an existing one."""

from pathlib import Path

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.config.scaffold import add_missing, render_template
from kognitos_migrate.config.yaml_writer import YamlWriter, key_text
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook

FIELDS = """\
    room:
    side:   # left or right
    label:  # optional, required with `flavour: fancy`, max. 10 characters
"""

ENTRY = f"""\
  a1:
{FIELDS}"""


def test_a_new_configuration_has_each_key_to_fill_in(boxes: Rulebook) -> None:
    assert render_template(boxes, {"shelves": ["a1", "12"]}) == (
        "# Configuration of kognitos-migrate for the Boxes.\n"
        "# What changes in v2, and where to find its ids: https://boxes.example.org/\n"
        "\n"
        "# What a shelf is.\n"
        "shelves:\n"
        f"{ENTRY}"
        '  "12":\n'
        f"{FIELDS}"
        "\n"
        "# The old moods.\n"
        "# Built in: fine: Good\n"
        "moods:\n"
        "  # old: New, or old: [New, Newer]; [] if only your own code uses the old value\n"
        "\n"
        "# plain: as one page has it\n"
        "# fancy: as the other has it\n"
        "flavour: plain\n"
        "\n"
        "# Other hosts that serve the API: proxies, test systems.\n"
        "# hosts: []\n"
        "\n"
        "# Completion in editors: save the output of `kognitos-migrate config schema` "
        "as kognitos-migrate.schema.json,\n"
        "# and make `# yaml-language-server: $schema=kognitos-migrate.schema.json` "
        "the first line of this file.\n"
    )


def test_without_keys_the_form_of_the_table_is_shown(boxes: Rulebook) -> None:
    text = render_template(boxes, {})
    assert "# shelves:\n#   <shelf>:\n#     room:\n" in text


@pytest.mark.parametrize("keys", [(), ("abc", "12", "a b", "ü", "true", "-", 'q"u')])
def test_a_new_configuration_can_be_loaded_before_it_is_filled_in(
    tmp_path: Path, keys: tuple[str, ...]
) -> None:
    rulebook = load_rulebook()
    (tmp_path / "c.yaml").write_text(render_template(rulebook, {"processes": keys}), "utf-8")
    settings = load_settings(tmp_path / "c.yaml", rulebook, tmp_path)
    assert settings.tables == {"processes": {}}
    text = (tmp_path / "c.yaml").read_text("utf-8")
    assert add_missing(text, "c.yaml", YamlWriter(), rulebook, {"processes": keys}).text == text


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("abc", "abc"),
        ("a-b_c", "a-b_c"),
        ("12", '"12"'),
        ("1e3", "1e3"),
        ("yes", '"yes"'),
        ("0b_", '"0b_"'),
        ("2020-13-45", '"2020-13-45"'),
        ("a: b", '"a: b"'),
    ],
)
def test_a_key_is_written_so_that_it_is_read_as_text(key: str, said: str) -> None:
    assert key_text(key) == said


EXTENDED = [
    ("", f"# What a shelf is.\nshelves:\n{ENTRY}"),
    ("hosts: []", f"hosts: []\n\n# What a shelf is.\nshelves:\n{ENTRY}"),
    ("hosts: []\n", f"hosts: []\n\n# What a shelf is.\nshelves:\n{ENTRY}"),
    ("shelves:\n", f"shelves:\n{ENTRY}"),
    ("shelves:", f"shelves:\n{ENTRY}"),
    ("shelves:  # mine\nhosts: []\n", f"shelves:  # mine\n{ENTRY}hosts: []\n"),
    ("shelves: {}  # none\nhosts: []\n", f"shelves:  # none\n{ENTRY}hosts: []\n"),
    (
        "shelves:\n  b: {room: x}  # b\n\n# rest\nhosts: []\n",
        f"shelves:\n  b: {{room: x}}  # b\n{ENTRY}\n# rest\nhosts: []\n",
    ),
    ("shelves:\n  b:\n    room: x\n  # c:\n", f"shelves:\n  b:\n    room: x\n{ENTRY}  # c:\n"),
    ("shelves:\n  b:\n    room: |\n      x\n", f"shelves:\n  b:\n    room: |\n      x\n{ENTRY}"),
    ("shelves:\n  b:\n  c:\nhosts: []\n", f"shelves:\n  b:\n  c:\n{ENTRY}hosts: []\n"),
    ("shelves:\n  b: &b\n    room: x\n  c: *b\n", f"shelves:\n  b: &b\n    room: x\n  c: *b\n{ENTRY}"),
    ("shelves: {b: {room: x}}\n", "shelves: {b: {room: x}, a1: {room: , side: , label: }}\n"),
    ("shelves: {\n  b: {},\n}\n", "shelves: {\n  b: {}, a1: {room: , side: , label: }\n}\n"),
]


@pytest.mark.parametrize(("text", "expected"), EXTENDED)
def test_a_missing_key_is_added_and_all_else_stays(boxes: Rulebook, text: str, expected: str) -> None:
    extended = add_missing(text, "c.yaml", YamlWriter(), boxes, {"shelves": ["a1"]})
    assert extended.text == expected
    assert extended.added == {"shelves": ("a1",)}
    assert add_missing(extended.text, "c.yaml", YamlWriter(), boxes, {"shelves": ["a1"]}).text == expected


def test_the_indentation_and_the_line_endings_are_the_files(boxes: Rulebook) -> None:
    text = "shelves:\r\n    b:\r\n        room: x\r\n"
    added = "    a1:\n        room:\n        side:   # left or right\n"
    added += "        label:  # optional, required with `flavour: fancy`, max. 10 characters\n"
    extended = add_missing(text, "c.yaml", YamlWriter(), boxes, {"shelves": ["a1"]})
    assert extended.text == text + added.replace("\n", "\r\n")


def test_keys_that_no_code_uses_are_named(boxes: Rulebook) -> None:
    text = "shelves: {a1: {room: x}, b: {room: y}}\n"
    extended = add_missing(text, "c.yaml", YamlWriter(), boxes, {"shelves": ["a1"]})
    assert (extended.text, extended.added, extended.unused) == (text, {}, {"shelves": ("b",)})


def test_a_key_is_added_once_and_in_the_order_of_the_code(boxes: Rulebook) -> None:
    extended = add_missing("", "c.yaml", YamlWriter(), boxes, {"shelves": ["z", "a", "z"]})
    assert extended.added == {"shelves": ("z", "a")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{shelves: {}}\n", "c.yaml: has a layout that nothing can be added to; add the missing lines"),
        ("hosts: []\n...\n", "c.yaml: has a layout that nothing can be added to; add the missing lines"),
        ("shelves: [a]\n", "c.yaml: has a layout that nothing can be added to; add the missing lines"),
        ("- a\n", "c.yaml: expected a mapping of keys, got a list"),
        ("a: [\n", "c.yaml:2: isn't valid YAML"),
        ("a: 1\na: 2\n", "c.yaml:2: a: occurs twice"),
    ],
)
def test_what_cannot_be_added_to_is_an_error(boxes: Rulebook, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        add_missing(text, "c.yaml", YamlWriter(), boxes, {"shelves": ["a1"]})
    assert str(caught.value).startswith(said)
