"""Many repositories, by all-repos itself: bare ones in a folder are cloned, reported and fixed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.projects import CLEAN, DEMO, ROOT, demo, git, planted

pytestmark = pytest.mark.slow

ESCAPING = """\
import requests
from audit import record


def poll(worker_id):
    reply = requests.get(f"https://rest-api.app.kognitos.com/v1/run/{worker_id}")
    return record(reply.json())
"""
BRANCH = "all-repos_autofix_kognitos-v2"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration of all-repos, for five bare repositories that are cloned."""
    invoices = (DEMO / "invoices.py").read_text("utf-8")
    demo(tmp_path / "work" / "demo")
    planted(tmp_path / "work" / "unconfigured", invoices__py=invoices)
    planted(tmp_path / "work" / "clean", app__py=CLEAN)
    planted(tmp_path / "work" / "manual", app__py="import os\nURL = os.environ['KOGNITOS'] + '/v1/invoke'\n")
    planted(
        tmp_path / "work" / "broken", app__py="KOGNITOS = 1\n", **{"kognitos-migrate__yaml": "unknown: 1\n"}
    )
    repos = {}
    for work in sorted((tmp_path / "work").iterdir()):
        git(tmp_path, "clone", "-q", "--bare", str(work), f"{work.name}.git")
        repos[f"acme/{work.name}"] = str(tmp_path / f"{work.name}.git")
    (tmp_path / "repos.json").write_text(json.dumps(repos))
    file = tmp_path / "all-repos.json"
    file.write_text(
        json.dumps(
            {
                "output_dir": "clones",
                "source": "all_repos.source.json_file",
                "source_settings": {"filename": str(tmp_path / "repos.json")},
                "push": "kognitos_migrate_branch",
                "push_settings": {},
            }
        )
    )
    file.chmod(0o600)
    ran = module(tmp_path, "all_repos.clone", file)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return file


def module(folder: Path, name: str, config: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The output of a module of all-repos or of the integration."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "PYTHONPATH": str(ROOT / "integrations" / "all_repos"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{
            f"GIT_{who}_{what}": "a@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    command = [sys.executable, "-m", name, "-C", str(config), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def branches(folder: Path) -> list[str]:
    """The repositories that have the branch."""
    found = sorted(path for path in folder.glob("*.git") if BRANCH in git(path, "branch", "--list"))
    return [path.name for path in found]


def test_branches_are_opened_where_something_was_fixed(tmp_path: Path, config: Path) -> None:
    shared = tmp_path / "shared" / "kognitos-migrate.yaml"
    shared.parent.mkdir()
    shared.write_text((DEMO / "kognitos-migrate.yaml").read_text("utf-8"))
    ran = module(tmp_path, "kognitos_migrate_autofix", config, "--configuration", str(shared))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert branches(tmp_path) == ["demo.git", "unconfigured.git"]
    for name in ("demo.git", "unconfigured.git"):
        changed = git(tmp_path / name, "diff", "--name-only", "main", BRANCH).split()
        assert changed == ["invoices.py"]
        fixed = git(tmp_path / name, "show", f"{BRANCH}:invoices.py")
        assert '"https://rest-api.app.kognitos.com/v2"' in fixed
    assert "unknown" in ran.stdout + ran.stderr


def test_a_dry_run_opens_none(tmp_path: Path, config: Path) -> None:
    ran = module(tmp_path, "kognitos_migrate_autofix", config, "--dry-run", "--repos", "clones/acme/demo")
    assert "+BASE_URL" in ran.stdout
    assert branches(tmp_path) == []


def test_what_is_adapted_brings_its_module(tmp_path: Path, config: Path) -> None:
    work = tmp_path / "work" / "demo"
    (work / "invoices.py").write_text(ESCAPING)
    git(work, "commit", "-qam", "more")
    git(work, "push", "-q", str(tmp_path / "demo.git"), "main")
    assert module(tmp_path, "all_repos.clone", config).returncode == 0
    ran = module(tmp_path, "kognitos_migrate_autofix", config, "--adapt", "--repos", "clones/acme/demo")
    assert branches(tmp_path) == ["demo.git"], ran.stdout + ran.stderr
    changed = git(tmp_path / "demo.git", "diff", "--name-only", "main", BRANCH).split()
    assert changed == ["invoices.py", "kognitos_v1.py"]


def test_reports_of_all_are_one_page(tmp_path: Path, config: Path) -> None:
    ran = module(tmp_path, "kognitos_migrate_reports", config, "--output", "reports")
    assert ran.returncode == 2, ran.stderr
    assert "acme--broken" not in {file.stem for file in (tmp_path / "reports").glob("*.json")}
    page = (tmp_path / "reports" / "all.html").read_text("utf-8")
    for name in ("demo", "unconfigured", "clean", "manual"):
        assert (tmp_path / "reports" / f"acme--{name}.json").exists()
        assert name in page
