"""The configuration: found, read, checked."""

import os
from pathlib import Path

import pytest

from kognitos_migrate.config.discovery import find_config
from kognitos_migrate.config.load import (
    default_settings,
    load_settings,
    read_config,
    settings_of,
)
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.errors import ConfigError, UsageError
from kognitos_migrate.rulebook.load import load_rulebook
from tests.unit.faults import Case, cases
from tests.unit.rulebook.boxes import write_rules

FIXTURES = Path(__file__).parents[3] / "fixtures"

RIGHT = """\
processes:
  abc:
    process_id: p1
    agent_id: a1
    stage: Draft
    name: Long
states:
  done: Succeeded
v2_request: reference
hosts: [acme.internal]
select: [KOG1]
upload_agent: a1
"""

ENTRY = {"process_id": "p1", "agent_id": "a1", "stage": "Draft"}


def load(text: str, folder: Path, name: str = "c.yaml") -> Settings:
    (folder / name).write_text(text, encoding="utf-8")
    return load_settings(folder / name, load_rulebook(), folder)


def test_the_right_configuration_says_all(tmp_path: Path) -> None:
    assert load(RIGHT, tmp_path) == Settings(
        root=tmp_path,
        source=tmp_path / "c.yaml",
        tables={"processes": {"abc": {**ENTRY, "name": "Long"}}},
        vocabularies={"states": {"done": ("Succeeded",)}},
        dialects={"kognitos": "reference"},
        values={"upload_agent": "a1"},
        hosts=("acme.internal",),
        select=("KOG1",),
    )


@pytest.mark.parametrize("case", cases(Path(__file__).with_name("faults.txt")), ids=lambda case: case.said)
def test_a_fault_is_told_with_its_place(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load(case.applied(RIGHT), tmp_path, case.file)
    assert case.said in str(caught.value).splitlines()


def test_all_faults_are_told_at_once_in_their_order(tmp_path: Path) -> None:
    text = "select: [X1]\nprocesses: {a: {stage: x}}\nstates: {ended: Succeeded}\n"
    text += "nothing: 1\nhosts: []\nhosts: []\n"
    with pytest.raises(ConfigError) as caught:
        load(text, tmp_path)
    assert [(fault.line, fault.key) for fault in caught.value.faults] == [
        (1, "select[0]"),
        (2, "processes.a.stage"),
        (2, "processes.a.process_id"),
        (2, "processes.a.agent_id"),
        (3, "states.ended"),
        (4, "nothing"),
        (6, "hosts"),
    ]


def test_every_key_of_the_tool(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    write_rules(tmp_path / "acme")
    text = """\
rules: [acme/]
hosts: [Gateway.Acme.internal, "proxy:8080"]
include: ["*.pyw"]
exclude: [old/]
select: [KOG]
ignore: [KOG301, BOX1]
per-file-ignores: {"tests/*": [KOG2, KOG9]}
baseline: seen.json
"""
    (tmp_path / "c.yaml").write_text(text, "utf-8")
    raw = read_config(tmp_path / "c.yaml")
    assert raw.rules == (tmp_path / "acme",)
    settings = settings_of(raw, load_rulebook(raw.rules))
    assert settings.rules == (tmp_path / "acme",)
    assert settings.hosts == ("gateway.acme.internal", "proxy:8080")
    assert (settings.include, settings.exclude) == (("*.pyw",), ("old/",))
    assert (settings.select, settings.ignore) == (("KOG",), ("KOG301", "BOX1"))
    assert settings.per_file_ignores == {"tests/*": ("KOG2", "KOG9")}
    assert settings.baseline == tmp_path / "seen.json"
    assert settings.tables == {"processes": {}, "shelves": {}}


def test_keys_may_have_hyphens_or_underscores(tmp_path: Path) -> None:
    settings = load("v2-request: reference\nupload-agent: x\nper_file_ignores: {a.py: [KOG1]}\n", tmp_path)
    assert settings.dialects == {"kognitos": "reference"}
    assert settings.values == {"upload_agent": "x"}
    assert settings.per_file_ignores == {"a.py": ("KOG1",)}


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "processes:\nstates:\nhosts:\nupload_agent:\n"])
def test_what_is_not_filled_in_is_as_good_as_absent(text: str, tmp_path: Path) -> None:
    settings = load(text, tmp_path)
    defaults = default_settings(load_rulebook(), tmp_path)
    assert (settings.tables, settings.vocabularies) == (defaults.tables, defaults.vocabularies)
    assert (settings.dialects, settings.values, settings.hosts) == (defaults.dialects, {}, ())


def test_an_entry_that_is_not_filled_in_at_all_is_absent(tmp_path: Path) -> None:
    text = "processes:\n  abc:\n    process_id:\n    agent_id:\n    stage:\n  def:\n"
    assert load(text, tmp_path).tables == {"processes": {}}


def test_an_optional_field_may_be_empty(tmp_path: Path) -> None:
    text = "processes:\n  abc:\n    process_id: p1\n    agent_id: a1\n    stage: Draft\n    name:\n"
    assert load(text, tmp_path).tables == {"processes": {"abc": ENTRY}}


def test_the_words_of_the_rules_are_added_to(tmp_path: Path) -> None:
    settings = load("states: {done: [Finished], running: [Created, Executing]}\n", tmp_path)
    assert settings.vocabularies["states"] == {
        "done": ("Succeeded", "Finished"),
        "running": ("Created", "Executing"),
    }


def test_a_word_that_means_nothing_is_the_program_s_own(tmp_path: Path) -> None:
    settings = load("states: {running: Created, unknown: []}\n", tmp_path)
    assert settings.vocabularies["states"] == {"done": ("Succeeded",), "running": ("Created",)}
    assert settings.own_words == {"states": frozenset({"unknown"})}


def test_without_a_configuration_the_rules_give_the_defaults(tmp_path: Path) -> None:
    assert load_settings(None, load_rulebook(), tmp_path) == Settings(
        root=tmp_path,
        tables={"processes": {}},
        vocabularies={"states": {"done": ("Succeeded",)}},
        dialects={"kognitos": "guide"},
    )


def test_the_configuration_of_the_fixtures(tmp_path: Path) -> None:
    settings = load_settings(FIXTURES / "kognitos-migrate.yaml", load_rulebook(), tmp_path)
    assert len(settings.tables["processes"]) == 3
    assert settings.root == FIXTURES


def test_the_configuration_of_another_api() -> None:
    path = find_config(str(FIXTURES / "other_api" / "before" / "main.py"))
    assert path == str(FIXTURES / "other_api" / "kognitos-migrate.yaml")
    raw = read_config(Path(path))
    settings = settings_of(raw, load_rulebook(raw.rules))
    assert settings.tables["depots"]["ROMA"] == {"depot_id": "dep-0311", "region": "south"}
    assert settings.vocabularies["phases"]["finished"] == ("Delivered",)


PROJECT = "[project]\nname = 'x'\n"
OURS = "[tool.kognitos-migrate]\nhosts = []\n"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, None),
        ({"kognitos-migrate.yaml": ""}, "kognitos-migrate.yaml"),
        ({"pyproject.toml": OURS}, "pyproject.toml"),
        ({"pyproject.toml": "tool.kognitos-migrate.hosts = []\n"}, "pyproject.toml"),
        ({"pyproject.toml": "[ tool . 'kognitos-migrate' ]\n"}, "pyproject.toml"),
        ({"pyproject.toml": "[tool]  # all\nkognitos-migrate.hosts = []\n"}, "pyproject.toml"),
        ({"pyproject.toml": 'tool = {ruff = {}, "kognitos-migrate" = {}}\n'}, "pyproject.toml"),
        ({"pyproject.toml": '["\\u0074ool".kognitos-migrate]\n'}, "pyproject.toml"),
        ({"pyproject.toml": "[tool.x.kognitos-migrate]\n"}, None),
        ({"pyproject.toml": "[tools.kognitos-migrate]\n[tool]\n"}, None),
        ({"pyproject.toml": OURS, "kognitos-migrate.yaml": ""}, "kognitos-migrate.yaml"),
        ({"a/pyproject.toml": OURS, "kognitos-migrate.yaml": ""}, "a/pyproject.toml"),
        ({"a/pyproject.toml": PROJECT, "kognitos-migrate.yaml": ""}, "kognitos-migrate.yaml"),
        (
            {"a/pyproject.toml": "dependencies = ['kognitos-migrate']\n", "pyproject.toml": OURS},
            "pyproject.toml",
        ),
        ({"a/pyproject.toml": "kognitos-migrate = [\n", "pyproject.toml": OURS}, "pyproject.toml"),
        ({"a/pyproject.toml": f"{OURS}x = [\n", "pyproject.toml": OURS}, "a/pyproject.toml"),
        ({"a/b/c/kognitos-migrate.yaml": "", "kognitos-migrate.yaml": ""}, "kognitos-migrate.yaml"),
    ],
)
def test_the_nearest_configuration_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], found: str | None
) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "a" / "b" / "main.py").touch()
    expected = str(tmp_path / found) if found else None
    assert find_config(str(tmp_path / "a" / "b")) == expected
    assert find_config(str(tmp_path / "a" / "b" / "main.py")) == expected
    monkeypatch.chdir(tmp_path / "a" / "b" / "c")
    assert find_config("../../b") == expected


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "kognitos-migrate.yml",
            "",
            "kognitos-migrate.yml is ignored; rename it to kognitos-migrate.yaml",
        ),
        (
            "pyproject.toml",
            "[tool.kognitos_migrate.processes]\n",
            "pyproject.toml: [tool.kognitos_migrate] is ignored; rename it to [tool.kognitos-migrate]",
        ),
    ],
)
def test_a_name_that_is_nearly_right_is_an_error(name: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(UsageError) as caught:
        find_config(str(tmp_path / "main.py"))
    assert str(caught.value).removeprefix(f"{tmp_path}{os.sep}") == said
    (tmp_path / "kognitos-migrate.yaml").touch()
    assert find_config(str(tmp_path / "main.py")) == str(tmp_path / "kognitos-migrate.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n", "c.yaml:1: expected a mapping of keys, got a list"),
        ("text\n", "c.yaml:1: expected a mapping of keys, got 'text'"),
        ("a: [\n", "c.yaml:2: isn't valid YAML; "),
    ],
)
def test_what_is_no_configuration_is_an_error(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load(text, tmp_path)
    assert str(caught.value).startswith(said)


def test_a_key_that_no_version_knows_has_false(tmp_path: Path) -> None:
    settings = load(f"{RIGHT}".replace("processes:\n", "processes:\n  nope: false\n"), tmp_path)
    assert settings.unlisted == {"processes": {"nope"}}
    assert [*settings.tables["processes"]] == ["abc"]
    assert not settings.unfilled


def test_true_is_no_entry(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a mapping"):
        load("processes:\n  abc: true\n", tmp_path)
