"""Data files as modules, and their changes written back."""

from __future__ import annotations

import ast
import time

import pytest
import yaml

from kognitos_migrate.source.data_file import toml_ini
from kognitos_migrate.source.data_file.conversion import DataFile, is_recording, module_text
from kognitos_migrate.source.data_file.forms import RecordingForm
from kognitos_migrate.source.data_file.json_yaml import MAX_DEPTH, yaml_root
from kognitos_migrate.source.data_file.nodes import DataFileError
from kognitos_migrate.source.data_file.rewriting import data_file_text
from kognitos_migrate.source.data_file.toml_ini import ini_root, toml_root

YAML = """# runs
first: {state: going}   # one line
second:
  state: 'don''t'
  note: |
    two
    lines
  "tags": [a, 1, null, true, 1.5, 2020-01-01]
"""
FORM = RecordingForm(
    "tape.recorded",
    "entries",
    {"url": ("request.url",), "body": ("request.body",), "reply": ("reply.text", "reply")},
    frozenset(("body", "reply")),
    {"reply": "headers"},
    "url",
)
RECORDING = """entries:
- request: {url: 'http://h/old', body: '{"a":1}'}
  reply:
    text: >-
      {"k":
      "é"}
  headers: {content-length: ['11'], Other: '11'}
- request:
    url: http://h/plain
    body: null
  reply: no JSON
"""


def changed(raw: str, old: str, new: str, form: RecordingForm | None = None) -> str:
    """The file if a text of its module is replaced."""
    file = DataFile(raw, (), form)
    module = module_text(file)
    assert old in module
    return data_file_text(file, module.replace(old, new))


def test_the_literals_are_in_the_rows_of_the_file() -> None:
    module = module_text(DataFile(YAML))
    rows = module.splitlines()
    assert '{"state": "going"}' in rows[1]
    assert rows[3].strip().startswith('{"state": "don\'t"')
    assert '"tags": ["a", 1, None, True, 1.5, ...]' in rows[7]
    assert ast.parse(module)


@pytest.mark.parametrize(
    "raw", [YAML, '{"a": [1, {"b": "é"}], "c": "\\u00e9"}\n', "- 1\n- [2]\n", "{}", '"t"']
)
def test_an_unchanged_module_changes_nothing(raw: str) -> None:
    file = DataFile(raw)
    assert data_file_text(file, module_text(file)) == raw


@pytest.mark.parametrize(
    ("raw", "old", "new", "result"),
    [
        ("a: b  # c\n", '"b"', '"d"', "a: d  # c\n"),
        ("a: b\n", '"b"', '"d: e"', 'a: "d: e"\n'),
        ("a: b\n", '"b"', '"null"', 'a: "null"\n'),
        ("a: 'b'\n", '"b"', '"it\'s"', "a: 'it''s'\n"),
        ("a: b\n", '"a"', '"z"', "z: b\n"),
        ("a: b\n", '"b"', '[{"n": 1}]', 'a: [{"n": 1}]\n'),
        ("a: |\n  x\n  y\nb: 1\n", '"x\\ny\\n"', '"z"', 'a: "z"\nb: 1\n'),
        ("x:\n  a: b\ny: 1\n", '"b"}', '"b", "c": None}', "x:\n  a: b\n  c: null\ny: 1\n"),
        ("x: {a: b}\n", '"b"}', '"b", "c": None}', 'x: {a: b, "c": null}\n'),
        ('{\n  "a": 1\n}\n', "1}", '1, "c": {}}', '{\n  "a": 1,\n  "c": {}\n}\n'),
        ('{"a": "é"}\n', "'é'", '"ü"', '{"a": "ü"}\n'),
        ("- 1\n- 2\n", "2", "3", "- 1\n- 3\n"),
    ],
)
def test_only_what_changes_is_written(raw: str, old: str, new: str, result: str) -> None:
    assert changed(raw, old, new) == result


@pytest.mark.parametrize("new", ["b", "f()", "...", "{**{}}"])
def test_what_is_no_data_is_refused(new: str) -> None:
    with pytest.raises(DataFileError):
        changed("a: x\n", '"x"', new)


@pytest.mark.parametrize(
    ("raw", "result"),
    [
        ("a: &x {k: v}\nb: *x\n", "a: &x {k: w}\nb: *x\n"),
        ("a: &x v\nb: [*x]\n", "a: &x w\nb: [*x]\n"),
        ("a: !!str &x 'v'\nb: *x\n", "a: !!str &x 'w'\nb: *x\n"),
        ("a: &x {k: v}\nb: {<<: *x, n: 1}\n", "a: &x {k: w}\nb: {<<: *x, n: 1}\n"),
        ("a: &x {k: v}\nb: {n: 1, <<: [{z: 1}, *x]}\n", "a: &x {k: w}\nb: {n: 1, <<: [{z: 1}, *x]}\n"),
    ],
)
def test_an_anchor_is_one_value_of_the_module(raw: str, result: str) -> None:
    assert changed(raw, '"v"', '"w"') == result
    assert module_text(DataFile(raw)).count('"v"') == 1
    scope: dict[str, object] = {}
    exec(module_text(DataFile(raw)), scope)
    assert scope["data"] == yaml.safe_load(raw)


def test_the_alias_of_a_value_keeps_it() -> None:
    with pytest.raises(DataFileError, match="alias"):
        changed("a: &x v\nb: *x\n", '"b": _1', '"b": "w"')


@pytest.mark.parametrize("raw", ["a: {1.5: &x v}\nb: *x\n", "a: {<<: [&x {k: v}, 1]}\nb: *x\n"])
def test_an_anchor_in_other_data_is_refused(raw: str) -> None:
    with pytest.raises(DataFileError, match="alias"):
        yaml_root(raw)


@pytest.mark.parametrize("raw", ["a: [", "a: 1\n---\nb: 2\n", "", "a: \x01"])
def test_a_text_that_is_no_data(raw: str) -> None:
    with pytest.raises(DataFileError):
        yaml_root(raw)


def test_a_recording_is_calls_at_the_rows_of_the_urls() -> None:
    assert is_recording(yaml_root(RECORDING), FORM)
    module = module_text(DataFile(RECORDING, (), FORM))
    rows = module.splitlines()
    assert rows[1].strip() == 'tape.recorded(url="http://h/old", body={"a": 1}, reply={"k": \'é\'}),'
    assert rows[8].strip() == 'tape.recorded(url="http://h/plain", reply="no JSON"), )'
    assert data_file_text(DataFile(RECORDING, (), FORM), module) == RECORDING


def test_a_changed_recording_has_the_length_of_its_text() -> None:
    result = changed(RECORDING, "{\"k\": 'é'}", '{"key": "é"}', FORM)
    assert 'text: {"key":"é"}' not in result
    assert "content-length: ['13'], Other: '11'" in result
    assert changed(RECORDING, '{"a": 1}', '{"b": 1}', FORM) == RECORDING.replace('{"a":1}', '{"b":1}')


@pytest.mark.parametrize("new", ["", 'reply="no JSON", more=1', "reply=f()"])
def test_a_recording_keeps_its_parts(new: str) -> None:
    with pytest.raises(DataFileError):
        changed(RECORDING, 'reply="no JSON"', new, FORM)


@pytest.mark.parametrize("raw", ["entries: []", "entries: [{request: {url: 1}}]", "[]", "entries: {}"])
def test_other_data_is_no_recording(raw: str) -> None:
    assert not is_recording(yaml_root(raw), FORM)


@pytest.mark.parametrize("levels", [6, 40])
def test_nested_aliases_are_refused(levels: int) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels))]
    with pytest.raises(DataFileError, match="aliases"):
        yaml_root("\n".join(lines))


@pytest.mark.parametrize("opening", ["[", '{"a": ', "- [", "{a: ["])
def test_many_nested_brackets_are_refused_at_once(opening: str) -> None:
    start = time.process_time()
    with pytest.raises(DataFileError, match=f"more than {MAX_DEPTH} nested brackets"):
        yaml_root(opening * 20_000)
    assert time.process_time() - start < 1


def test_nested_brackets_within_the_limit_are_read() -> None:
    assert yaml_root("[" * MAX_DEPTH + "]" * MAX_DEPTH)


@pytest.mark.parametrize("text", ["&a [*a]", "&a {x: *a}", "[&a [x, *a], *a]"])
def test_an_alias_in_its_own_value_is_refused(text: str) -> None:
    with pytest.raises(DataFileError):
        yaml_root(text)


def test_ordinary_aliases_are_read() -> None:
    root = yaml_root("one: &one {a: 1}\nrest: [" + ", ".join(["*one"] * 2_000) + "]")
    rest = root.entry("rest")
    assert rest is not None
    assert rest.items is not None
    assert {item.entry("a").value for item in rest.items if item.entry("a")} == {1}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "number", ["0x" + "f" * 5_000, "1" + ":1" * 4_000, "1" + ":1" * 500 + ".5", "9" * 5_000]
)
def test_a_number_without_a_literal_is_unknown(number: str) -> None:
    assert [leaf.value for leaf in yaml_root(f"[{number}, a]").leaves()] == [..., "a"]


@pytest.mark.parametrize(
    ("suffix", "raw"),
    [
        (".yaml", f"a: b\nn: 0x{'f' * 5000}\n"),
        (".yaml", f"a: b\nn: 1{':1' * 4000}\n"),
        (".yaml", f"a: b\nn: 1{':1' * 400}.5\n"),
        (".yaml", f"a: b\nn: {'9' * 5000}\n"),
        (".toml", f"a = 'b'\nn = 0x{'f' * 5000}\n"),
    ],
)
def test_settings_with_a_long_number_are_read(suffix: str, raw: str) -> None:
    text = module_text(DataFile(raw, is_settings=True, suffix=suffix))
    assert ast.parse(text)
    assert '"b"' in text
    assert "..." in text


@pytest.mark.parametrize(("suffix", "line"), [(".ini", "k{} = v{}"), (".toml", 'k{} = "v{}"')])
def test_settings_are_read_in_linear_time(suffix: str, line: str) -> None:
    lines = "\n".join(line.format(number, number) for number in range(20_000))
    root = DataFile(f"[s]\n{lines}\n", is_settings=True, suffix=suffix).root
    node = root.at("s.k19999")
    assert node is not None
    assert (node.value, node.row) == ("v19999", 20_000)


HOSTILE = ["!!bool foo", "!!timestamp foo", '!!float ""', '!!int ""', '!!int "_"']
"""Scalars on which PyYAML raises other errors than its own."""


@pytest.mark.parametrize("scalar", HOSTILE)
def test_a_tag_that_does_not_fit_makes_a_value_unknown(scalar: str) -> None:
    root = yaml_root(f"a: {scalar}\nb: 1\n")
    assert [value.value for _, value in root.pairs or ()] == [..., 1]
    assert yaml_root(f"{scalar}: 1\n").pairs is None


@pytest.mark.parametrize("escape", [r'"\UFFFFFFFF"', r'"\U00110000"'])
def test_an_escape_without_character_makes_a_file_unreadable(escape: str) -> None:
    with pytest.raises(DataFileError, match="escape"):
        yaml_root(f"a: {escape}\n")


def test_a_text_with_a_hostile_tag_is_quoted() -> None:
    assert changed("a: x\n", '"x"', '"!!bool foo"') == 'a: "!!bool foo"\n'


def test_options_that_many_sections_inherit_make_a_file_unreadable() -> None:
    def text(count: int) -> str:
        options = "".join(f"k{number} = v\n" for number in range(count))
        return "[DEFAULT]\n" + options + "".join(f"[s{number}]\n" for number in range(count))

    assert len(ini_root(text(30)).pairs or ()) == 31
    with pytest.raises(DataFileError, match="inherit"):
        ini_root(text(300))


@pytest.mark.parametrize("form", ['[[t]]\nk = "{}"\n', 't{0} = "{0}"\n'])
def test_values_of_long_toml_files_are_in_place(form: str) -> None:
    text = "".join(map(form.format, range(500)))
    assert sum(leaf.start >= 0 for leaf in toml_root(text).leaves()) == 500


@pytest.mark.parametrize(("form", "end"), [('[[t]]\nk = "{}"\n', ""), ('"{}", ', "]")])
def test_a_toml_file_whose_values_take_too_long_to_find_is_unreadable(
    form: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toml_ini, "MAX_SEARCHED", 1_000_000)
    text = "k = [" * bool(end) + "".join(map(form.format, range(1_000))) + end
    with pytest.raises(DataFileError, match="too many values"):
        toml_root(text)


INI = """[DEFAULT]
host = h
root = https://%(host)s/old
[a]
run = %(root)s/run
word = x
[b]
host = i
keys = ${a:word}-%(HOME)s
self = $$x
"""


def settings(raw: str, suffix: str) -> tuple[DataFile, str]:
    """A settings file and its module."""
    file = DataFile(raw, (), is_settings=True, suffix=suffix)
    return file, module_text(file)


def test_an_option_is_a_sum_of_those_that_it_refers_to() -> None:
    file, module = settings(INI, ".ini")
    assert data_file_text(file, module) == INI
    assert module.count('"/old"') == 2  # the root of the section b has another host
    assert '+ "-" + _.variable("HOME"), "b.keys")' in " ".join(module.split())
    assert '_(..., "b.self")' in " ".join(module.split())
    assert data_file_text(file, module.replace('"/run"', '"/go"')) == INI.replace("/run", "/go")


@pytest.mark.parametrize(
    ("suffix", "raw", "result"),
    [
        (".yaml", "a: ${A:-http://h/old}/b  # c\n", "a: ${A:-http://h/new}/b  # c\n"),
        (".yaml", "a: {b: '${A:http://h/old}'}\n", "a: {b: '${A:http://h/new}'}\n"),
        (".yaml", "a: !ENV ${A}/old\n", "a: !ENV ${A}/new\n"),
        (".json", '{"a": "${A}/old"}', '{"a": "${A}/new"}'),
        (".yaml", "a: http://$A/old\n", "a: http://$A/new\n"),
        (".toml", 'a = "${A:=http://h/old}"\n', 'a = "${A:=http://h/new}"\n'),
        (".ini", "[a]\nb = ${A:-http://h/old}\n", "[a]\nb = ${A:-http://h/new}\n"),
    ],
)
def test_the_default_of_a_variable_in_a_text_is_a_literal(suffix: str, raw: str, result: str) -> None:
    file, module = settings(raw, suffix)
    assert data_file_text(file, module) == raw
    assert '_.variable("A"' in module
    assert data_file_text(file, module.replace("old", "new")) == result


@pytest.mark.parametrize("raw", ["a: ${A:-${B}}\n", "a: ${A?}\n", "a: $a\n"])
def test_another_reference_is_a_plain_text(raw: str) -> None:
    file, module = settings(raw, ".yaml")
    assert "_.variable" not in module
    assert data_file_text(file, module) == raw


@pytest.mark.parametrize("new", ['"${B}"', "f()", "[]", '_.variable("B")'])
def test_another_reference_is_refused(new: str) -> None:
    file, module = settings("a: ${A}/x\n", ".yaml")
    with pytest.raises(DataFileError):
        data_file_text(file, module.replace('"/x"', new))


def test_options_that_refer_to_themselves_make_a_file_unreadable() -> None:
    with pytest.raises(DataFileError):
        ini_root("[a]\nx = %(y)s\ny = %(x)s\n")


def test_a_module_stays_that_of_its_file_when_a_reference_is_removed() -> None:
    file, module = settings("[a]\nid = 7\nurl = /old/%(id)s\nother = %(url)s/x\nlast = %(other)s\n", ".ini")
    written = module.replace('"/old/" + _1', '"/new"')
    changed_file = DataFile(data_file_text(file, written), (), is_settings=True, suffix=".ini")
    assert "url = /new\nother" in changed_file.raw
    assert data_file_text(changed_file, written) == changed_file.raw


def test_the_table_with_our_configuration_is_no_data_of_the_program() -> None:
    raw = '[tool.app]\nurl = "http://h/old"\n[tool.ours]\nurl = "http://h/old"\n[ours]\na = 1\n'
    file = DataFile(raw, (), is_settings=True, suffix=".toml", own_table=("tool", "ours"))
    module = module_text(file)
    assert module.count("http://h/old") == 1
    assert module.count('"ours": ') == 1
    assert data_file_text(file, module.replace("old", "new")) == raw.replace("old", "new", 1)
