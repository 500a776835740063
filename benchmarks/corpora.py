"""What is measured on: folders of programs, made anew or out of packages of the registry.

They lie below a folder that git ignores. What is in one that is there is not made again.
"""

import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpus import write
from benchmarks.generate import CONFIG, Imports, generate

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".bench"
PROGRAMS = ROOT / "fixtures" / "programs"

LARGE = (
    "ansible",
    "apache-airflow-core",
    "django",
    "homeassistant",
    "kubernetes",
    "networkx",
    "pandas",
    "scipy",
    "sqlalchemy",
    "sympy",
    "transformers",
    "twisted",
)
"""Packages with tens of thousands of files together."""
FEW = ("django", "sympy")
LOOKALIKES = ("distributed", "celery", "dask", "prefect", "litellm")
PLANTED = 50
PLANTED_AMONG_FEW = 10
"""Programs of the fixtures that are put among the packages."""
SERVICE = 10
"""Modules of a small program."""
LINES = 9_000
"""Of the one large file."""


@dataclass(frozen=True, slots=True)
class Corpora:
    """Where the corpora of one size are."""

    ordinary: Path
    """Ten files that have nothing to do with the API."""
    relevant: Path
    """The same ten, and one that has."""
    monorepo: Path
    dense: Path
    """One program, all modules of which hang together."""
    half: Path
    """Half as much as `dense`."""
    services: Path
    """As much as `dense`, in programs of ten modules."""
    single: Path
    scripts: Path
    """Independent modules of ordinary styles, some of them with a blocker."""
    lookalikes: Path
    """Packages that name workers, runs and states of their own, and nothing of the API."""
    plain: Path
    """Scripts in folders that are no packages, and one program that names the API."""


def corpora(quick: bool) -> Corpora:
    """The corpora; `quick`: small ones."""
    folder = FOLDER / ("quick" if quick else "full")
    size = 60 if quick else 500
    return Corpora(
        ordinary=_made(folder / "ordinary", _ordinary),
        relevant=_made(folder / "relevant", _relevant),
        monorepo=_made(folder / "monorepo", lambda to: _monorepo(to, quick)),
        dense=_made(folder / "dense", lambda to: _package(to, size)),
        half=_made(folder / "half", lambda to: _package(to, size // 2)),
        services=_made(folder / "services", lambda to: _services(to, size // SERVICE)),
        single=_made(folder / "single", lambda to: _single(to, LINES // 10 if quick else LINES)),
        scripts=_made(folder / "scripts", lambda to: write(size, 1, to)),
        lookalikes=_made(folder / "lookalikes", lambda to: _packages(to, LOOKALIKES[: 1 if quick else None])),
        plain=_made(folder / "plain", lambda to: _plain(to, size)),
    )


def _made(folder: Path, make: Callable[[Path], None]) -> Path:
    if not (folder / ".git").is_dir():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder)
        (folder / ".git").mkdir()  # so that nothing above it counts as the project
    return folder


def _ordinary(folder: Path) -> None:
    for path in sorted(Path(random.__file__).parent.glob("*.py"))[20:30]:
        shutil.copy(path, folder / f"plain_{path.name}")  # a name of its own: it is imported by nobody


def _relevant(folder: Path) -> None:
    _ordinary(folder)
    shutil.copy(ROOT / "fixtures" / "demo" / "invoices.py", folder)


def _monorepo(folder: Path, quick: bool) -> None:
    """Each package is a project of its own; the programs are put into packages by chance."""
    chance = random.Random(7)
    for wheel in _wheels(FEW if quick else LARGE):
        project = folder / wheel.name.partition("-")[0]
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(project, [name for name in archive.namelist() if name.endswith(".py")])
        (project / "setup.py").touch()
    packages = sorted(path.parent for path in folder.rglob("__init__.py"))
    for program in chance.sample(sorted(PROGRAMS.iterdir()), PLANTED_AMONG_FEW if quick else PLANTED):
        shutil.copytree(program / "before", chance.choice(packages) / f"planted_{program.name}")
    (folder / "kognitos-migrate.yaml").write_text(CONFIG, encoding="utf-8")


def _packages(folder: Path, names: tuple[str, ...]) -> None:
    for wheel in _wheels(names):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if name.endswith(".py")])


def _plain(folder: Path, size: int) -> None:
    """Modules of Python's library, each in a folder with others, and one that has to do with the API."""
    modules = sorted(Path(random.__file__).parent.glob("*.py"))
    for number in range(6 * size):
        script = modules[number % len(modules)]
        to = folder / f"team_{number % 50:02}" / f"{script.stem}_{number:04}.py"
        to.parent.mkdir(exist_ok=True)
        shutil.copy(script, to)
    shutil.copy(ROOT / "fixtures" / "demo" / "invoices.py", folder / "team_00")


def _wheels(names: tuple[str, ...]) -> Iterator[Path]:
    folder = FOLDER / "wheels"
    for name in names:
        found = sorted(folder.glob(f"{name.replace('-', '_')}-*.whl"))
        if not found:
            options = ["--quiet", "--no-deps", "--only-binary=:all:", "--python-version=3.13"]
            command = [sys.executable, "-m", "pip", "download", *options, f"--dest={folder}", name]
            subprocess.run(command, check=True)
            found = sorted(folder.glob(f"{name.replace('-', '_')}-*.whl"))
        yield found[0]


def _package(folder: Path, size: int) -> None:
    _modules(folder, size, 0)
    (folder / "kognitos-migrate.yaml").write_text(CONFIG, encoding="utf-8")


def _modules(folder: Path, size: int, seed: int) -> None:
    for name, text in generate(size, Imports.RING, seed).modules.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _services(folder: Path, count: int) -> None:
    for number in range(count):
        _modules(folder / f"service_{number:02}", SERVICE, number)
    (folder / "kognitos-migrate.yaml").write_text(CONFIG, encoding="utf-8")


def _single(folder: Path, lines: int) -> None:
    parts: list[str] = []
    for text in generate(400, Imports.RING).modules.values():
        if "def start_" in text and sum(part.count("\n") for part in parts) < lines:
            parts.append(text)
    (folder / "large.py").write_text("\n".join(parts), encoding="utf-8")
    (folder / "kognitos-migrate.yaml").write_text(CONFIG, encoding="utf-8")
