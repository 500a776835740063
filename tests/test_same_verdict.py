"""The verdict on a module is the same from any working directory, and however the module is named."""

import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
from tests.harness import FIXTURES

Verdict = set[tuple[str, int, str]]
PROJECTS = (
    FIXTURES / "deployed" / "operations_in_a_table",
    FIXTURES / "deployed" / "start_in_a_named_folder",
    FIXTURES / "deployed" / "verb_and_resource",
    FIXTURES / "lookalikes" / "env_of_a_migrated_client_beside_workers",
    FIXTURES / "lookalikes" / "gateway_of_task_modules",
)


def verdict(paths: Iterable[str | Path], folder: Path) -> Verdict:
    """The places that `check` of these paths in a folder reports or counts."""
    os.chdir(folder)
    arguments = ["check", "--no-cache", "--output-format", "json", *map(str, paths)]
    report = json.loads(CliRunner().invoke(cli, arguments).stdout)
    places = [(entry, entry["code"]) for entry in report["findings"]]
    places += [(entry, "unresolved") for entry in report["blind_spots"]]
    return {(os.path.abspath(entry["filename"]), entry["location"]["row"], code) for entry, code in places}


def one_by_one(project: Path, ask: Callable[[Path], Verdict]) -> Verdict:
    """The places in modules that are each checked alone."""
    return {
        place for module in project.rglob("*.py") for place in ask(module) if place[0] == os.fspath(module)
    }


@pytest.mark.parametrize("source", PROJECTS, ids=lambda path: path.name)
def test_it_is_the_same_in_all_ways(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project = tmp_path / "kognitos" / "project"
    shutil.copytree(source, project)
    (project / ".git").mkdir()
    whole = verdict(["."], project)
    modules = {place for place in whole if place[0].endswith(".py")}
    inner = max((module.parent for module in project.rglob("*.py")), key=lambda folder: len(folder.parts))

    assert verdict([project], tmp_path) == whole
    assert verdict(["kognitos/project"], tmp_path) == whole
    assert verdict([os.path.relpath(project, inner)], inner) == whole
    assert one_by_one(project, lambda module: verdict([module.relative_to(project)], project)) == modules
    assert one_by_one(project, lambda module: verdict([module], tmp_path)) == modules
    assert one_by_one(project, lambda module: verdict([module.name], module.parent)) == modules
    if source.parent.name == "deployed":
        assert whole


def test_names_above_a_repository_are_no_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "kognitos" / "kognitos-sync"
    shutil.copytree(FIXTURES / "deployed" / "start_in_a_named_folder" / "kognitos_api", project / "api")
    (project / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    assert {code for _, _, code in verdict([project], tmp_path)} == {"unresolved"}
