"""A table of a TOML file, with lines."""

from pathlib import Path

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.config.toml import read_toml
from kognitos_migrate.config.toml_keys import key_lines
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.load import load_rulebook

TABLE = ("tool", "kognitos-migrate")

PROJECT = """\
[project]
name = "x"
[ tool . "kognitos-migrate" ]   # ours
hosts = [
  "acme.internal",
]
processes.def.stage = "x"
states = {running = "Executing"}
[tool.kognitos-migrate.processes.abc]
process_id = 'p1'
'agent_id' = "a1"
[tool.other]
hosts = 3
"""


def read(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int | None]:
    """The lines of all keys below the table."""
    monkeypatch.chdir(folder)
    (folder / "pyproject.toml").write_text(text, "utf-8")
    document = read_toml(folder / "pyproject.toml", TABLE)
    return {".".join(map(str, key)): line for key, line in document.lines.items()}


def test_keys_have_the_lines_that_they_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(PROJECT, tmp_path, monkeypatch) == {
        "": 3,
        "hosts": 4,
        "processes": 7,
        "processes.def": 7,
        "processes.def.stage": 7,
        "states": 8,
        "processes.abc": 9,
        "processes.abc.process_id": 10,
        "processes.abc.agent_id": 11,
    }


def test_faults_have_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(PROJECT, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(Path("pyproject.toml"), load_rulebook(), tmp_path)
    assert str(caught.value).splitlines() == [
        "pyproject.toml:7: processes.def.stage: expected Draft or Published, got 'x'",
        "pyproject.toml:7: processes.def.process_id: is missing; expected text",
        "pyproject.toml:7: processes.def.agent_id: is missing; expected text",
        "pyproject.toml:9: processes.abc.stage: is missing; expected Draft or Published",
    ]


def test_a_right_table_gives_settings(tmp_path: Path) -> None:
    text = (
        "[tool.kognitos-migrate]\nexclude = ['old']\nv2-request = 'reference'\n"
        "[tool.kognitos-migrate.processes.abc]\n"
        "process_id = 'p'\nagent_id = 'a'\nstage = 'Draft'\nname = 'n'\n"
    )
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    settings = load_settings(tmp_path / "pyproject.toml", load_rulebook(), tmp_path)
    assert settings.exclude == ("old",)
    assert settings.dialects == {"kognitos": "reference"}
    assert settings.tables["processes"]["abc"]["name"] == "n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[project]\n", "pyproject.toml: has no table [tool.kognitos-migrate]"),
        ("[tool.kognitos-migrate]\na = \n", "pyproject.toml:2: isn't valid TOML; Invalid value"),
        ("a = 1\na = 2\n", "pyproject.toml:2: isn't valid TOML; "),
        ("tool.kognitos-migrate = 3\n", "pyproject.toml:1: expected a mapping of keys, got 3"),
    ],
)
def test_what_has_no_such_table_is_an_error(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(Path("pyproject.toml"), load_rulebook(), tmp_path)
    assert str(caught.value).startswith(said)


def test_a_long_dotted_key_takes_little_memory() -> None:
    keys = list(key_lines("a." * 20_000 + "a = 1\n[b]\nc = 2\n"))
    assert (("b", "c"), 3) in keys
    assert sum(len(key) for key, _ in keys) < 10_000
