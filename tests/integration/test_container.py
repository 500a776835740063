"""The Dockerfile, without Docker: the package is built from the files that the image gets, and runs without
git."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.integration.projects import DEMO, ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def copied() -> list[tuple[str, str]]:
    """The sources and targets that the first stage copies."""
    stage, _, _ = DOCKERFILE.partition("\nFROM python:3.13-slim-trixie\n")
    lines = [line.split() for line in re.findall(r"^COPY (.*)$", stage, re.MULTILINE)]
    return [(source, target) for *sources, target in lines for source in sources]


def test_the_build_context_has_what_is_copied() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert [source for source, _ in copied() if f"!{source}" not in ignored] == []


def test_the_image_has_a_pinned_base_and_another_user_than_root() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", bases[0])
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["1000"]


@pytest.mark.slow
@pytest.mark.wheel
def test_the_package_is_built_from_what_is_copied(tmp_path: Path) -> None:
    for source, target in copied():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / target)
        else:
            shutil.copy(ROOT / source, tmp_path / source)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert "kognitos_migrate/rules/kognitos/api.yaml" in zipfile.ZipFile(wheel).namelist()


def test_check_needs_no_git(tmp_path: Path) -> None:
    shutil.copytree(DEMO, tmp_path / "demo")
    (tmp_path / "demo" / ".git").mkdir()
    environment = {**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "kognitos_migrate", "check", "--no-cache", "--output-format", "sarif"]
    checked = subprocess.run(
        command, cwd=tmp_path / "demo", env=environment, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (1, "")
