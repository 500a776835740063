"""The offences that were there when the lint began, one file a package: they may only become fewer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.prose.offences import Offence

FOLDER = Path(__file__).parent / "baseline"


def package_of(path: str) -> str:
    """The package that a module belongs to; `root` for those at the top."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else "root"


def read() -> dict[str, list[str]]:
    """The lines of the baseline by package, as they stand in its files."""
    return {file.stem: file.read_text("utf-8").splitlines() for file in sorted(FOLDER.glob("*.txt"))}


def by_package(offences: Iterable[Offence]) -> dict[str, list[str]]:
    """The lines of offences by package, sorted."""
    lines: dict[str, list[str]] = {}
    for offence in sorted(offences):
        lines.setdefault(package_of(offence.path), []).append(str(offence))
    return lines


def write(lines: Mapping[str, list[str]]) -> None:
    """Write the baseline; a package without offences has no file."""
    FOLDER.mkdir(exist_ok=True)
    for file in FOLDER.glob("*.txt"):
        if not lines.get(file.stem):
            file.unlink()
    for package, some in lines.items():
        if some:
            (FOLDER / f"{package}.txt").write_text("\n".join(some) + "\n", encoding="utf-8")


def shrunk(offences: Iterable[Offence]) -> dict[str, list[str]]:
    """The baseline without the lines that are no offences any more."""
    now = by_package(offences)
    return {
        package: [line for line in now.get(package, ()) if line in some] for package, some in read().items()
    }
