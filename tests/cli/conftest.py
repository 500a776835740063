"""A command line with a quick engine, in an empty folder."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kognitos_migrate.cli.main import cli
from kognitos_migrate.run.session import load_engine
from tests.fakes import engine

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line in `tmp_path`: `run("check", "a.py", input="…")`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", lambda: engine.analyse)
    monkeypatch.setattr(
        "platformdirs.user_state_path", lambda name: tmp_path.parent / f"{tmp_path.name}-state"
    )
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def invoke(*arguments: str, input: str | bytes | None = None, engine: object = engine) -> Result:
        if engine is None:  # the real one
            monkeypatch.setattr("kognitos_migrate.run.session.load_engine", load_engine)
        return CliRunner().invoke(cli, list(arguments), input=input, prog_name="kognitos-migrate")

    return invoke


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with one file to fix, one that needs a hand, and one that doesn't matter."""
    (tmp_path / "fixable.py").write_text('import requests\n\nrequests.post(KOGNITOS + "/v1/invoke/abc")\n')
    (tmp_path / "manual.py").write_text('url = KOGNITOS + "/v1/invoke/"  # unknown share xyz\n')
    (tmp_path / "other.py").write_text("print('hello')\n")
    return tmp_path
