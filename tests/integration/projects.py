"""Projects for what runs the tool from outside: continuous integration, hooks, many repositories."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.harness import FIXTURES

ROOT = FIXTURES.parent
DEMO = FIXTURES / "demo"
CLEAN = "import requests\n\nrequests.get('https://example.org')\n"


def git(folder: Path, *arguments: str) -> str:
    """The output of a git command in `folder`, without the user's own configuration."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    command = ["git", *identity, *arguments]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return ran.stdout


def planted(folder: Path, **files: str) -> Path:
    """A git repository in `folder` with these files, each named with `__` for a dot, committed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "begin")
    return folder


def demo(folder: Path) -> Path:
    """A git repository with the demo, which talks to v1, and its configuration."""
    return planted(
        folder,
        invoices__py=(DEMO / "invoices.py").read_text("utf-8"),
        **{"kognitos-migrate__yaml": (DEMO / "kognitos-migrate.yaml").read_text("utf-8")},
    )


def tagged_tool(folder: Path) -> Path:
    """A bare repository of this project as it stands, with the tag v0.1.0."""
    work = folder / "work"
    work.mkdir(parents=True)
    for name in ("kognitos_migrate", "rules"):
        shutil.copytree(ROOT / name, work / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, work / name)
    planted(work)
    git(work, "tag", "v0.1.0")
    git(folder, "clone", "-q", "--bare", "work", "tool.git")
    return folder / "tool.git"
