"""From paths to a result."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest

from kognitos_migrate.cache import Store
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.result import Applicability, Place, Result
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.session import Options, run_check
from kognitos_migrate.source.file import SourceFile
from tests.unit.discover.trees import plant


class Recorder:
    """An engine that remembers what it was given."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def __call__(
        self,
        sources: Sequence[SourceFile],
        rulebook: Rulebook,
        settings: Settings,
        level: Applicability,
        given: Collection[str] | None,
        workers: int,
        store: Store,
        chosen: Collection[Place],
    ) -> Result:
        self.paths = [source.path for source in sources]
        return Result()


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", lambda: recorder)
    return recorder


def test_only_what_can_matter_and_what_belongs_to_it_is_analysed(tmp_path: Path, engine: Recorder) -> None:
    plant(
        tmp_path,
        {
            "client.py": "HOST = 'https://rest-api.app.kognitos.com'\nimport transport\n",
            "transport.py": "import requests\n",
            "user.py": "from client import start\n",
            "other.py": "import json\n",
            "path_only.py": "'/v1/invoke/'\nimport other\n",
        },
    )
    session = run_check(["."], Options())
    assert engine.paths == ["client.py", "path_only.py", "transport.py", "user.py"]
    assert list(session.sources) == engine.paths
    assert session.result.files == 5


def test_the_engine_is_not_called_where_nothing_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load() -> None:
        raise AssertionError("the engine is heavy")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", load)
    plant(tmp_path, {"a.py": "x = 1\n"})
    assert run_check(["."], Options()).result == Result(files=1)


def test_a_file_that_vanishes_is_a_problem(
    tmp_path: Path, engine: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path, dict.fromkeys(("a.py", "b.py"), "HOST = 'rest-api.app.kognitos.com'\n"))
    monkeypatch.setattr("kognitos_migrate.run.scan.discover", _vanishing(tmp_path / "a.py"))
    result = run_check(["."], Options()).result
    assert engine.paths == ["b.py"]
    assert [(problem.path, problem.message) for problem in result.problems] == [
        ("a.py", "the file no longer exists")
    ]


def _vanishing(path: Path) -> object:
    from kognitos_migrate.discover.walk import discover

    def discover_and_remove(*arguments: Any, **options: Any) -> object:
        discovery = discover(*arguments, **options)
        path.unlink()
        return discovery

    return discover_and_remove
