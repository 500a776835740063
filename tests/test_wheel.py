"""The package as users get it: built, installed elsewhere, and run there."""

import email
import os
import runpy
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from kognitos_migrate import addresses

ROOT = Path(__file__).parents[1]

pytestmark = [pytest.mark.slow, pytest.mark.wheel]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(packages: Path) -> Path:
    """The wheel."""
    (built,) = packages.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script in a fresh environment, which has the dependencies of this one."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    paths = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", vars=paths))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return scripts / ("kognitos-migrate.exe" if os.name == "nt" else "kognitos-migrate")


def run(command: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(command), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_wheel_holds_the_rules_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    rules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "rules").rglob("*.yaml")}
    assert {f"kognitos_migrate/{name}" for name in rules} <= set(names)
    assert {"kognitos_migrate/findings/reasons.toml", "kognitos_migrate/rules/examples.toml"} <= set(names)
    assert not [name for name in names if name.startswith(("tests", "fixtures"))]


def test_the_packages_pass_the_checks_of_a_release(packages: Path, wheel: Path) -> None:
    files = map(str, packages.iterdir())
    for tool, arguments in {
        "twine": ["check", "--strict", *files],
        "check_wheel_contents": ["--config", str(ROOT / "pyproject.toml"), str(wheel)],
    }.items():
        command = [sys.executable, "-m", tool, *arguments]
        checked = subprocess.run(command, cwd=packages, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_metadata_has_the_addresses_that_exist(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(archive.read(name))
    urls = dict(url.split(", ", 1) for url in metadata.get_all("Project-URL", []))
    published = {"Documentation": addresses.DOCUMENTATION, "Source": addresses.REPOSITORY}
    assert {title: urls.get(title) for title in published} == published
    assert urls["API migration guide"].startswith("https://docs.kognitos.com/")
    assert "kognitos-migrate" in (metadata["Author"] or metadata["Author-email"])


def test_links_of_the_readme_lead_to_the_repository_if_there_is_one() -> None:
    text = '[a](docs/a.md) [b](https://b.example.org) [c](#c) <img alt="d" src="docs/d.svg">'
    with_absolute_links = runpy.run_path(str(ROOT / "hatch_build.py"))["with_absolute_links"]
    assert with_absolute_links(text, None, "v1") == text
    assert with_absolute_links(text, "https://code.example.org/x", "v1") == (
        "[a](https://code.example.org/x/blob/v1/docs/a.md) [b](https://b.example.org) [c](#c) "
        '<img alt="d" src="https://code.example.org/x/raw/v1/docs/d.svg">'
    )


def test_the_rules_are_found_from_an_empty_folder(command: Path, tmp_path: Path) -> None:
    ran = run(command, tmp_path, "rules", "list")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "KOG101" in ran.stdout


def test_a_check_runs(command: Path, tmp_path: Path) -> None:
    assert run(command, tmp_path, "check").returncode == 0
    (tmp_path / "a.py").write_text(
        "import requests\n"
        'requests.post("https://rest-api.app.kognitos.com/v1/invoke/abc", headers={"x-api-key": "k"})\n'
    )
    ran = run(command, tmp_path, "check", "--output-format", "concise")
    assert ran.returncode == 1, ran.stderr
    assert "a.py:2:" in ran.stdout


def test_the_page_is_written(command: Path, tmp_path: Path) -> None:
    ran = run(command, tmp_path, "report", "--format", "html")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("<!doctype html>")
