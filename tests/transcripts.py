"""Console transcripts in documents: their commands are run, and their output must be the one that is shown.

A block below `<!-- runs in: demo -->` is run in a repository with the demo's program. All blocks of a
document share one repository. `…` stands for any text. A block below `<!-- writes: FILE -->` is the content
of a file.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.integration.projects import DEMO, ROOT, git, planted

_BLOCK = re.compile(
    r"^<!-- (?P<kind>runs in|writes): (?P<name>\S+) -->\n```\w+\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True)
class Command:
    """A command of a transcript, and its output as it is shown and as it is."""

    line: str
    shown: str
    actual: str

    @property
    def is_true(self) -> bool:
        """Whether the shown output is the actual one."""
        shown = "(?s:.*?)".join(map(re.escape, self.shown.split("…")))
        return re.fullmatch(shown, self.actual) is not None


def replayed(document: Path, folder: Path) -> Iterator[Command]:
    """The commands of a document, run in `folder`, in their order."""
    project = planted(folder, invoices__py=(DEMO / "invoices.py").read_text("utf-8"))
    for block in _BLOCK.finditer(document.read_text("utf-8")):
        if block["kind"] == "writes":
            (project / block["name"]).write_text(block["text"], encoding="utf-8")
        else:
            for entry in re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]:
                line, _, shown = entry.partition("\n")
                yield Command(line, shown, output(line, project))
        git(project, "add", "-A")


def output(line: str, project: Path) -> str:
    """The output of a command line of kognitos-migrate."""
    program, *arguments = shlex.split(line)
    assert program == "kognitos-migrate", line
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "CI")},
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "XDG_STATE_HOME": str(project.parent / "state"),
    }
    command = [sys.executable, "-m", "kognitos_migrate", *arguments]
    return subprocess.run(
        command,
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    ).stdout
