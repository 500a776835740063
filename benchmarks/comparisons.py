"""The comparisons, each with the ratio that it may reach: the rows of the table in docs/speed.md."""

import compileall
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpora import Corpora
from benchmarks.race import Command, Run, machine, race
from kognitos_migrate.run.worker_processes import core_count

PYTHON = sys.executable
PACKAGE = Path(__file__).parents[1] / "kognitos_migrate"
OURS = (str(Path(PYTHON).with_name("kognitos-migrate")),)


@dataclass(frozen=True, slots=True)
class Row:
    """A run of ours against another's, as a ratio of one of the numbers of `Run`."""

    what: str
    ours: Command
    other: Command
    limit: float
    number: str = "wall"


def rows(corpora: Corpora, cache: Path) -> Iterator[Sequence[Row]]:
    """The comparisons, those that are run side by side together."""
    yield tuple(_start(corpora, cache))
    yield tuple(_monorepo(corpora, cache))
    yield tuple(_dense(corpora))
    yield tuple(_single(corpora))
    yield tuple(_scripts(corpora))
    yield tuple(_named(corpora, cache))
    yield tuple(_unrelated(corpora))


def table(corpora: Corpora, rounds: int) -> Iterator[str]:
    """The table in Markdown, as it is measured. Our code is compiled before, as it is when it is installed:
    where Python writes no bytecode, each run would do it again."""
    compileall.compile_dir(PACKAGE, quiet=1)
    yield f"{', '.join(machine())}; medians of {rounds} runs, interleaved."
    yield ""
    yield "| what | against | ratio | aim | seconds | CPU seconds |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    with tempfile.TemporaryDirectory() as scratch:
        for group in rows(corpora, Path(scratch) / "cache"):
            commands = {command.name: command for row in group for command in (row.ours, row.other)}
            runs = race(list(commands.values()), rounds, Path(scratch) / "copy")
            for row in group:
                ours, other = runs.get(row.ours.name), runs.get(row.other.name)
                if ours is not None and other is not None:
                    yield _line(row, ours, other)


def _line(row: Row, ours: Run, other: Run) -> str:
    one, two = getattr(ours, row.number), getattr(other, row.number)
    unit = 2**20 if row.number == "memory" else 1
    seconds = f"{one / unit:.2f} / {two / unit:.2f}" + (" MiB" if unit > 1 else "")
    return (
        f"| {row.what} | {row.other.name} | {one / two:.2f} | {row.limit:g} "
        f"| {seconds} | {ours.cpu:.2f} / {other.cpu:.2f} |"
    )


def _start(corpora: Corpora, cache: Path) -> Iterator[Row]:
    ordinary, relevant = corpora.ordinary, corpora.relevant
    click = Command("`import click`", (PYTHON, "-c", "import click"), ordinary)
    libcst = Command("`import click, yaml, libcst`", (PYTHON, "-c", "import click, yaml, libcst"), ordinary)
    kept = ("check", f"--cache-dir={cache}")
    ten, eleven = _names(ordinary), _names(relevant)
    yield Row("`--version`", Command("version", (*OURS, "--version"), ordinary), click, 1.3)
    yield Row("`check` of ten ordinary files", Command("ten", (*OURS, *kept, *ten), ordinary), click, 1.4)
    changed = Command("eleven, changed", (*OURS, *kept, *eleven), relevant, forgets=cache / "results")
    yield Row("`check` of eleven, one relevant and new", changed, libcst, 1.7)
    known = Command("eleven, known", (*OURS, "check", f"--cache-dir={cache}-2", *eleven), relevant)
    yield Row("`check` of eleven, one relevant and known", known, libcst, 1.7)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.py"))


def _monorepo(corpora: Corpora, cache: Path) -> Iterator[Row]:
    folder = corpora.monorepo
    cold = Command("monorepo, cold", (*OURS, "check", "--no-cache", "."), folder)
    warm = Command("monorepo, warm", (*OURS, "check", f"--cache-dir={cache}", "."), folder)
    grep = Command(
        "ast-grep", ("ast-grep", "run", "--lang=python", "--pattern=requests.post($$$A)", "."), folder
    )
    ruff = Command("`ruff check --select F`", ("ruff", "check", "--no-cache", "--select=F", "."), folder)
    semgrep = Command("Semgrep", _semgrep(), folder)
    ripgrep = Command("ripgrep", ("rg", "--files-with-matches", "--ignore-case", "kognitos", "."), folder)
    scan = Command("a scan of the bytes", _bare("scan", 2), folder)
    yield Row("monorepo, cold: `check`", cold, grep, 0.2)
    yield Row("the same", cold, ruff, 1.2)
    yield Row("the same", cold, semgrep, 0.02)
    yield Row("the same", cold, scan, 4)
    yield Row("monorepo, warm: `check`", warm, ripgrep, 4)
    yield Row("the same", warm, ruff, 0.3)
    yield Row("peak memory, cold", cold, ruff, 1.0, "memory")


def _dense(corpora: Corpora) -> Iterator[Row]:
    folder = corpora.dense
    check = Command("dense check", (*OURS, "check", "--no-cache", "."), folder)
    half = Command("half as many files", (*OURS, "check", "--no-cache", "."), corpora.half)
    fix = Command("dense fix", (*OURS, "fix", "--allow-dirty", "--no-cache", "."), folder, changes=True)
    bare = Command("LibCST: parse and one pass", _bare("visit", core_count()), folder)
    codemod = "noop.NOOPCommand"
    modder = (PYTHON, "-m", "libcst.tool", "codemod", codemod, ".")
    yield Row("dense, one program: `check`", check, bare, 1.7)
    services = Command("services check", (*OURS, "check", "--no-cache", "."), corpora.services)
    apart = Command("LibCST: parse and one pass, services", _bare("visit", core_count()), corpora.services)
    yield Row("dense, programs of ten modules: `check`", services, apart, 1.7)
    yield Row(
        "dense, one program: `fix`",
        fix,
        Command("LibCST's codemod runner", modder, folder, changes=True),
        0.5,
    )
    yield Row("the same", fix, Command("Semgrep's autofix", _semgrep(fix=True), folder, changes=True), 0.9)
    yield Row("twice the files", check, half, 2.1)


def _single(corpora: Corpora) -> Iterator[Row]:
    fix = Command(
        "single fix", (*OURS, "fix", "--allow-dirty", "--no-cache", "."), corpora.single, changes=True
    )
    bare = Command("LibCST: parse, one pass, code", _bare("write", 1), corpora.single)
    yield Row("one large file: `fix`", fix, bare, 2.0)


def _scripts(corpora: Corpora) -> Iterator[Row]:
    """By CPU seconds, which other programs on the machine disturb less than the time on the clock."""
    folder = corpora.scripts
    check = Command("scripts check", (*OURS, "check", "--no-cache", "."), folder)
    fix = Command("scripts fix", (*OURS, "fix", "--allow-dirty", "--no-cache", "."), folder, changes=True)
    bare = Command("LibCST: parse and one pass, scripts", _bare("visit", core_count()), folder)
    yield Row("independent modules: `check`, CPU", check, bare, 2.0, "cpu")
    yield Row("independent modules: `fix`, CPU", fix, bare, 2.5, "cpu")


def _named(corpora: Corpora, cache: Path) -> Iterator[Row]:
    """Files that are given one by one, as a commit hook gives them."""
    scripts, plain = corpora.scripts, corpora.plain
    modules = sorted(str(path.relative_to(scripts)) for path in scripts.rglob("*.py"))[:400]
    named = Command("named", (*OURS, "check", "--no-cache", *modules), scripts)
    whole = Command("`check` of the folder", (*OURS, "check", "--no-cache", "."), scripts)
    yield Row(f"`check` of {len(modules)} files by name, CPU", named, whole, 3, "cpu")
    ordinary = sorted(str(path.relative_to(plain)) for path in plain.rglob("*.py"))[5::29][:10]
    kept = Command("ten among many", (*OURS, "check", f"--cache-dir={cache}-3", *ordinary), plain)
    click = Command("`import click` there", (PYTHON, "-c", "import click"), plain)
    yield Row("`check` of ten ordinary files beside a program, CPU", kept, click, 1.4, "cpu")


def _unrelated(corpora: Corpora) -> Iterator[Row]:
    """Code that has nothing to do with the API, whatever its words are."""
    for name, folder in (("lookalikes", corpora.lookalikes), ("plain folders", corpora.plain)):
        check = Command(f"{name} check", (*OURS, "check", "--no-cache", "."), folder)
        ruff = Command(
            f"`ruff check --select F`, {name}", ("ruff", "check", "--no-cache", "--select=F", "."), folder
        )
        yield Row(f"{name}: `check`, CPU", check, ruff, 3, "cpu")


def _bare(what: str, processes: int) -> tuple[str, ...]:
    return PYTHON, str(Path(__file__).with_name("bare.py")), what, ".", str(processes)


def _semgrep(fix: bool = False) -> tuple[str, ...]:
    options = ["--metrics=off", "--disable-version-check", "--quiet", "--no-git-ignore", "--lang=python"]
    pattern = ["--pattern=requests.post($URL, ...)"]
    change = ["--autofix", "--replacement=requests.post($URL)"] if fix else []
    return "semgrep", "scan", *options, *pattern, *change, "."
