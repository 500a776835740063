"""A project in a temporary folder, and the command line run in it as a process of its own."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.harness import FIXTURES

ROOT = Path(__file__).parents[2]
SUFFIX = ".kognitos-migrate"
TIMEOUT = 120.0
"""Seconds after which a command counts as one that hangs."""

SAFE = """\
import requests
API = "https://rest-api.app.kognitos.com/v1"
run = requests.post(API + "/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={{"number": {number}}}).json()
print(requests.get(API + "/run/" + run["worker_id"]).json()["state"] == "done")
"""
ESCAPING = """\
import requests
import elsewhere
API = "https://rest-api.app.kognitos.com/v1"
elsewhere.keep(requests.post(API + "/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={{"number": {number}}}).json())
"""
_WATCHED = """\
import os, sys
def watch(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".begun.json.tmp") and not begun:
        begun.append(1)
        os.write({write}, b"w")
    if event == "os.rename" and str(arguments[1]).endswith(".begun.json") and not begun:
        begun.append(1)
        os.write({write}, b"w")
begun = []
sys.addaudithook(watch)
from kognitos_migrate.cli.main import main
main()
"""
"""Tells the process that started it when the run begins to replace files."""


class AttackError(AssertionError):
    """An attack that had an effect."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    output: str


class Project:
    """A folder with a configuration and files to migrate, and the user's folders beside it."""

    def __init__(self, top: Path, program: str = SAFE, files: int = 12) -> None:
        """Make it below `top`."""
        self.top, self.folder = top, top / "project"
        self.folder.mkdir(parents=True)
        (top / "home").mkdir()
        self.plant({f"m{number:02}.py": program.format(number=number).encode() for number in range(files)})
        self.plant({"kognitos-migrate.yaml": (FIXTURES / "kognitos-migrate.yaml").read_bytes()})
        self.before = self.files()

    def plant(self, files: Mapping[str, bytes]) -> None:
        """Write files."""
        for name, data in files.items():
            (self.folder / name).write_bytes(data)

    def restore(self) -> None:
        """Make everything as it was at first, but for the cache."""
        for path in self.folder.iterdir():
            if path.name not in self.before:
                path.unlink()
        self.plant(self.before)
        shutil.rmtree(self.top / "home" / "state", ignore_errors=True)

    def files(self) -> dict[str, bytes]:
        """All files of the project."""
        return {
            os.path.relpath(path, self.folder): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.folder).parts
        }

    @property
    def environment(self) -> dict[str, str]:
        """The environment of commands: no folder of the real user is used."""
        home = self.top / "home"
        own = {
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "PYTHONPATH": str(ROOT),
        }
        removed = {"KOGNITOS_MIGRATE_CACHE_DIR"}
        return {**{name: value for name, value in os.environ.items() if name not in removed}, **own}

    def run(self, *arguments: str, path: str | None = None) -> Outcome:
        """Run a command to its end. Raises AttackError if it hangs, or ends with a traceback."""
        command = [sys.executable, "-m", "kognitos_migrate", *arguments]
        environment = {**self.environment, **({"PATH": path} if path is not None else {})}
        try:
            done = subprocess.run(
                command, cwd=self.folder, env=environment, capture_output=True, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise AttackError(f"{' '.join(arguments)} hangs") from error
        output = (done.stdout + done.stderr).decode("utf-8", "replace")
        if "Traceback" in output or "internal error" in output or done.returncode not in (0, 1, 2):
            raise AttackError(f"{' '.join(arguments)} ends with {done.returncode}: {output[-2000:]}")
        return Outcome(done.returncode, output)

    def started(self, *arguments: str) -> tuple[subprocess.Popen[bytes], int]:
        """A command that runs, and the end of a pipe that has a byte when it begins to replace files."""
        read, write = os.pipe()
        program = _WATCHED.format(write=write)
        process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(write,),
        )
        os.close(write)
        return process, read

    def run_killed(self, dice: random.Random, span: float, *arguments: str) -> bool:
        """Run a command and kill it at a random moment within `span` seconds from the first write on; whether
        it was still running."""
        process, read = self.started(*arguments)
        try:
            os.read(read, 1)  # nothing where it ends before
            time.sleep(dice.uniform(0, span))
            process.send_signal(signal.SIGKILL)
            return process.wait(TIMEOUT) == -signal.SIGKILL
        finally:
            os.close(read)

    def writing_span(self, *arguments: str) -> float:
        """The seconds from the first write of a command to its end."""
        process, read = self.started(*arguments)
        os.read(read, 1)
        began = time.monotonic()
        process.wait(TIMEOUT)
        os.close(read)
        return time.monotonic() - began
