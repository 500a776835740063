"""`kognitos-migrate config schema`, and its place in the configuration that `init` writes."""

import json
from pathlib import Path

from tests.cli.conftest import Run

SCHEMA = "kognitos-migrate.schema.json"


def test_the_schema_is_printed_whatever_the_configuration_says(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kognitos-migrate.yaml").write_text("hots: [a.b]\n")
    result = run("config", "schema")
    assert result.exit_code == 0
    assert "hosts" in json.loads(result.stdout)["properties"]


def test_init_names_the_schema_if_it_is_there(run: Run, project: Path) -> None:
    (project / SCHEMA).write_text(run("config", "schema").stdout)
    assert run("init").exit_code == 0
    first = (project / "kognitos-migrate.yaml").read_text("utf-8").split("\n")[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA}"


def test_init_tells_how_to_get_the_schema(run: Run, project: Path) -> None:
    assert run("init").exit_code == 0
    text = (project / "kognitos-migrate.yaml").read_text("utf-8")
    assert f"the output of `kognitos-migrate config schema` as {SCHEMA}," in text
