"""`python -m tests.negative FOLDER [NAME...] [--drawn N]`: fetch the wheels of these packages (all of
packages.txt, or N of them, always the same) into FOLDER, analyse them, and print the counts. Needs pip and a
package registry.

Nothing is screened out: every file is parsed, interpreted and judged, some dozens as one program. Each line
has the number of files, parsed files, files written back byte for byte, findings, problems, programs that
reached a limit, and the CPU time in seconds. Files that can't be parsed are listed, and aren't findings.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.errors import SourceError
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.components import Component
from kognitos_migrate.run.pipeline import findings_of_program, plan_program
from kognitos_migrate.source.file import SourceFile, decode_module, file_bytes

TOGETHER = 40
"""Files that are analysed as one program, at most."""
CONFIG = Path(__file__).parents[2] / "fixtures" / "kognitos-migrate.yaml"


@dataclass(slots=True)
class Count:
    """The counts of one package, or of all."""

    files: int = 0
    parsed: int = 0
    kept: int = 0
    """Files that are written back byte for byte."""
    cut_short: int = 0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unparsed: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Add what was found elsewhere."""
        self.files += other.files
        self.parsed += other.parsed
        self.kept += other.kept
        self.cut_short += other.cut_short
        self.seconds += other.seconds
        self.findings += other.findings
        self.problems += other.problems
        self.unparsed += other.unparsed

    def __str__(self) -> str:
        """The numbers in a line."""
        return (
            f"{self.files} files, {self.parsed} parsed, {self.kept} written back byte for byte, "
            f"{len(self.findings)} findings, {len(self.problems)} problems, {self.cut_short} cut short, "
            f"{self.seconds:.1f} s"
        )


def main(folder: Path, names: list[str]) -> int:
    """1 if something was found, or the tool had a problem."""
    whole, counted = Count(), 0
    for name in names:
        where = _fetched(folder, name)
        if where is None:
            print(f"{name}: no wheel", flush=True)
            continue
        count = _count(where)
        whole.add(count)
        counted += 1
        lines = [*count.findings, *count.problems, *count.unparsed]
        print(f"{name}: {count}", *lines, sep="\n  ", flush=True)
    print(f"{counted} packages: {whole}")
    return int(bool(whole.findings or whole.problems))


def _listed() -> list[str]:
    lines = (Path(__file__).parent / "packages.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _fetched(folder: Path, name: str) -> Path | None:
    """The folder with the files of a package, fetched if it isn't there."""
    target, wheels = folder / name, folder / "wheels" / name
    if not target.is_dir() and not list(wheels.glob("*.whl")):
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
        if subprocess.run([*command, "-d", str(wheels), name], capture_output=True).returncode:
            return None
    if not target.is_dir():
        for wheel in wheels.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(
                    target, [one for one in archive.namelist() if one.endswith((".py", ".pyi"))]
                )
    return target if target.is_dir() else None


def _count(where: Path) -> Count:
    count = Count()
    began = time.process_time()
    for files in _programs(where):
        _look_at(files, where, count)
    count.seconds = time.process_time() - began
    return count


def _programs(where: Path) -> Iterator[list[Path]]:
    """The files of a package in the order of their paths, some dozens at a time."""
    files = sorted(path for path in where.rglob("*.py") if path.is_file())
    for start in range(0, len(files), TOGETHER):
        yield files[start : start + TOGETHER]


def _look_at(files: list[Path], where: Path, count: Count) -> None:
    """Add what the tool says of some files to what it said so far."""
    count.files += len(files)
    data: dict[str, bytes] = {}
    sources: list[SourceFile] = []
    for file in files:
        path = file.relative_to(where).as_posix()
        try:
            sources.append(decode_module(file.read_bytes(), path))
            data[path] = file.read_bytes()
        except SourceError as error:
            count.unparsed.append(str(error))
    rules, settings = _settings()
    try:
        seen = plan_program(Component(tuple(sources)), rules, settings)
        result = findings_of_program(seen).result
    except Exception as error:  # whatever it is: this is what is looked for
        count.problems.append(f"{files[0].relative_to(where)}: {type(error).__name__}: {error}")
        return
    trees = seen.program.context.trees
    count.parsed += len(trees)
    count.cut_short += bool(seen.program.context.facts.exhausted)
    for source in sources:
        tree = trees.get(source.path)
        count.kept += tree is not None and file_bytes(source, tree.module.code) == data[source.path]
    for one in result.findings:
        line = f"{one.place.path}:{one.place.row} {one.code} {one.message}"
        (count.unparsed if one.code == "KOG901" else count.findings).append(line)


@cache
def _settings() -> tuple[Rulebook, Settings]:
    rules = load_rulebook()
    return rules, load_settings(CONFIG, rules, Path.cwd())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=_listed())
    parser.add_argument("--drawn", type=int)
    said = parser.parse_args()
    drawn = random.Random(1).sample(said.names, said.drawn) if said.drawn else said.names
    sys.exit(main(said.folder, drawn))
