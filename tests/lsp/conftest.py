"""Projects for an editor, and a cache of their own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lsp.editor import ROOT, environment

DEMO = ROOT / "fixtures" / "demo"
PROCESS = "k2mnp8qrs4tuv6wxy1zab3cde: {process_id: b4process, agent_id: a7agent, stage: Published}"
"""The process that the fixture programs start."""
CONFIG = (
    (DEMO / "kognitos-migrate.yaml").read_text("utf-8").replace("processes:\n", f"processes:\n  {PROCESS}\n")
)
PROGRAM = ROOT / "fixtures" / "programs" / "httpx_session_per_call_module_client"
"""A program of two modules."""


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for the servers and commands of a test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("KOGNITOS_MIGRATE_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """The demo project."""
    return Path(shutil.copytree(DEMO, tmp_path / "demo"))


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program of two modules, with its configuration."""
    folder = Path(shutil.copytree(PROGRAM / "before", tmp_path / "program"))
    (folder / "kognitos-migrate.yaml").write_text(CONFIG)
    return folder


def fix(folder: Path, *options: str) -> dict[str, bytes]:
    """The files of a copy of a project after `fix`."""
    copy = Path(shutil.copytree(folder, folder.parent / f"{folder.name}-fixed"))
    command = [sys.executable, "-m", "kognitos_migrate", "fix", "--allow-dirty", "--no-undo", *options]
    subprocess.run(command, cwd=copy, env=environment(), capture_output=True, check=False)
    return contents(copy)


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.py"))}
