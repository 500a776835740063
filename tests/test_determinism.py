"""Equal files give equal output, byte for byte, independent of the order of paths, the hash seed, the locale
and the time zone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[1] / "fixtures"
TAKEN = (
    "packages/claims_mailbox_import",
    "packages/handlers_from_a_folder",
    "programs/httpx_async_gather",
    "programs/uploader_context_manager",
    "manual/stateful_vendor_jobs",
    "programs/tram_shared_predicates",
)
CONFIGURATION = """\
processes:
  abcd3fg9ijk5mn1pqr3tu2wxy: {process_id: p, agent_id: a, stage: Published, name: N}
  k2mnp8qrs4tuv6wxy1zab3cde: {process_id: q, agent_id: a, stage: Draft, name: M}
states: {failed: Failed, running: [Created, Executing]}
"""
PLAIN: Mapping[str, str] = {}
OTHERS: Sequence[Mapping[str, str]] = (
    {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"},
    {"PYTHONHASHSEED": "2", "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Auckland", "PYTHONUTF8": "1"},
    {"PYTHONHASHSEED": "random", "LC_ALL": "POSIX", "PYTHONUTF8": "0", "COLUMNS": "40"},
)
REPORTS = ("json", "sarif", "github", "gitlab", "junit", "markdown")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several programs in one project."""
    folder = tmp_path_factory.mktemp("project")
    for name in TAKEN:
        source = FIXTURES / name
        shutil.copytree(
            source / "before" if (source / "before").is_dir() else source, folder / Path(name).name
        )
    (folder / "kognitos-migrate.yaml").write_text(CONFIGURATION)
    return folder


def run(project: Path, changed: Mapping[str, str], *arguments: str) -> dict[str, bytes]:
    """All output of a command: streams and files."""
    out = project.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    environment = {**os.environ, "XDG_CACHE_HOME": str(out / "cache"), "PYTHONIOENCODING": "utf-8", **changed}
    command = [sys.executable, "-m", "kognitos_migrate", *arguments]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    files = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    return {"stdout": done.stdout, "stderr": done.stderr, **files}


def check(project: Path, changed: Mapping[str, str], paths: Sequence[str] = (".",)) -> dict[str, bytes]:
    """Everything that `check` writes."""
    also = [part for name in REPORTS for part in ("--also", f"{name}=../out/{name}")]
    return run(project, changed, "check", "--trace", *also, "--strict", *paths)


@pytest.fixture(scope="module")
def checked(project: Path) -> dict[str, bytes]:
    return check(project, {"PYTHONHASHSEED": "0"})


@pytest.mark.parametrize("changed", OTHERS, ids=lambda changed: changed["LC_ALL"])
def test_the_machine_does_not_matter(
    project: Path, checked: dict[str, bytes], changed: Mapping[str, str]
) -> None:
    assert set(checked) == {"stdout", "stderr", *REPORTS}
    assert check(project, changed) == checked


def test_the_order_of_the_paths_does_not_matter(project: Path, checked: dict[str, bytes]) -> None:
    names = sorted(path.name for path in project.iterdir() if path.is_dir())
    assert check(project, PLAIN, names[::-1]) == check(project, PLAIN, names)


def test_fixing_is_the_same_each_time(project: Path) -> None:
    first = run(project, {"PYTHONHASHSEED": "0"}, "fix", "--diff", "--adapt")
    assert first["stdout"].count(b"\n+++ ") > 2
    for changed in OTHERS[:2]:
        assert run(project, changed, "fix", "--diff", "--adapt") == first
