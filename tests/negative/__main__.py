"""`python -m tests.negative FOLDER [NAME...]`: fetch the wheels of these packages (or of all in packages.txt)
into FOLDER, look at what is in them, and print the counts. Needs pip and a package registry.

Each line says: files, how many of them were parsed (all that are not screened out), findings, blind spots,
problems, seconds. At the end stands how many of some files, drawn at random from all, were parsed and written
back byte for byte.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kognitos_migrate.errors import SourceError
from kognitos_migrate.run.session import Options, run_check
from kognitos_migrate.source.file import decode, encode
from kognitos_migrate.syntax.tree import SourceSyntaxError, parse

DRAWN = 25
"""Files of a package that are read back, whether or not they matter."""


@dataclass(frozen=True)
class Count:
    """What was found in one package."""

    name: str
    files: int
    parsed: int
    findings: tuple[str, ...]
    blind_spots: int
    problems: tuple[str, ...]
    seconds: float
    drawn: int
    read_back: int


def main(folder: Path, names: list[str]) -> int:
    """1 if something was found, or the tool had a problem."""
    counts: list[Count] = []
    for name in names or _listed():
        where = _fetched(folder, name)
        if where is None:
            print(f"{name}: no wheel", flush=True)
            continue
        counts.append(_count(name, where))
        _show(counts[-1])
    findings = sum(len(count.findings) for count in counts)
    problems = sum(len(count.problems) for count in counts)
    files, parsed = sum(count.files for count in counts), sum(count.parsed for count in counts)
    read_back, drawn = sum(count.read_back for count in counts), sum(count.drawn for count in counts)
    print(
        f"{len(counts)} packages, {files} files, {parsed} parsed: {findings} findings, {problems} problems; "
        f"of {drawn} drawn {read_back} written back byte for byte"
    )
    return int(bool(findings or problems))


def _listed() -> list[str]:
    lines = (Path(__file__).parent / "packages.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _fetched(folder: Path, name: str) -> Path | None:
    """The folder with the files of a package, fetched if it isn't there."""
    target = folder / name
    if not target.is_dir():
        wheels = folder / "wheels" / name
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--only-binary=:all:",
            "-d",
            str(wheels),
            name,
        ]
        if subprocess.run(command, capture_output=True).returncode:
            return None
        for wheel in wheels.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(
                    target, [one for one in archive.namelist() if one.endswith((".py", ".pyi"))]
                )
    return target if target.is_dir() else None


def _count(name: str, where: Path) -> Count:
    began = time.perf_counter()
    session = run_check([str(where)], Options())
    result = session.result
    seconds = time.perf_counter() - began
    drawn = _drawn(where)
    return Count(
        name,
        result.files,
        len(session.sources),
        tuple(f"{one.place.path}:{one.place.row} {one.code} {one.message}" for one in result.findings),
        len(result.blind_spots),
        tuple(f"{one.path}:{one.line} {one.message}" for one in result.problems),
        seconds,
        len(drawn),
        sum(map(_comes_back, drawn)),
    )


def _drawn(where: Path) -> list[Path]:
    """Some files of a package, always the same ones."""
    files = sorted(where.rglob("*.py"))
    return random.Random(1).sample(files, min(DRAWN, len(files)))


def _comes_back(file: Path) -> bool:
    """Whether a file is parsed, and written back as it was."""
    data = file.read_bytes()
    try:
        source = decode(data, str(file))
        return encode(source, parse(source.path, source.text).module.code) == data
    except (SourceError, SourceSyntaxError) as error:
        print(f"  {file}: {error}")
        return False


def _show(count: Count) -> None:
    print(
        f"{count.name}: {count.files} files, {count.parsed} parsed, {len(count.findings)} findings, "
        f"{count.blind_spots} blind spots, {len(count.problems)} problems, {count.seconds:.1f} s",
        *_lines(count),
        sep="\n  ",
        flush=True,
    )


def _lines(count: Count) -> Iterator[str]:
    yield from (*count.findings, *count.problems)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
