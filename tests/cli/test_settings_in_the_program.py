"""Settings files that are modules of the program, on the command line: they change with the calls."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from kognitos_migrate.run.engine import analyse
from tests.cli.conftest import Run

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """The fixture program that the test names, with its files."""
    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", lambda: analyse)
    folder = FIXTURES / "programs" / request.param
    shutil.copytree(folder / "before", tmp_path, dirs_exist_ok=True)
    for name, text in yaml.safe_load((folder / "case.yaml").read_text("utf-8")).get("files", {}).items():
        (tmp_path / name).write_text(text, "utf-8")
    shutil.copy(FIXTURES / "kognitos-migrate.yaml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("project", ["environment_of_a_stage_in_yaml"], indirect=True)
def test_a_file_that_sets_the_environment_changes_with_the_calls(run: Run, project: Path) -> None:
    before = (project / "deploy.yml").read_text("utf-8")
    assert "KOG902" not in run("check").stdout
    fixed = run("fix", "--unsafe", "--allow-dirty")
    assert fixed.exit_code == 0, fixed.stdout
    assert (project / "deploy.yml").read_text("utf-8") == before.replace("kognitos.com/v1", "kognitos.com/v2")
    run("undo")
    assert (project / "deploy.yml").read_text("utf-8") == before


@pytest.mark.parametrize("project", ["host_and_prefix_in_an_ini_section"], indirect=True)
def test_a_host_belongs_to_the_prefix_beside_it(run: Run, project: Path) -> None:
    main, ini = project / "main.py", project / "payroll.ini"
    own = 'config.read(sys.argv[1] if sys.argv[1:] else "payroll.ini")'
    text = main.read_text("utf-8")
    assert own in text
    main.write_text(
        text.replace(own, own.replace("read(", "read([").replace(")", ', "secrets.ini"])')), "utf-8"
    )
    bank = ini.read_text("utf-8").partition("[engine]")[0]
    assert "KOG902" not in run("check").stdout
    fixed = run("fix", "--unsafe", "--allow-dirty")
    assert fixed.exit_code == 0, fixed.stdout
    assert ini.read_text("utf-8").partition("[engine]")[0] == bank
    assert "prefix = /v2" in ini.read_text("utf-8")
