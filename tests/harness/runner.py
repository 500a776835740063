"""Runs a fixture program against the test server and tells what it did."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.server import Mode, Refusal, Server, Start, serve

from .case import Case

TIMEOUT_SECONDS = 60.0
"""Far more than any program takes, on a machine that has other things to do as well."""

_WITHOUT = ("cacheprovider", "randomly", "hypothesispytest", "xdist", "xdist.looponfail")
"""Plugins that none of the programs uses: to load them takes longer than all else."""
_PYTEST = ("-m", "pytest", "-q", "--tb=short", *(part for name in _WITHOUT for part in ("-p", f"no:{name}")))

_REDIRECT = Path(__file__).parent / "redirect"
_EXECUTE = Path(__file__).parent / "execute.py"


@dataclass(frozen=True)
class Outcome:
    """What a program printed, how it ended, and what it did at the other side."""

    stdout: str
    stderr: str
    exit_code: int
    effects: tuple[Start, ...]
    refusals: tuple[Refusal, ...]
    timed_out: bool = False


def run_program(folder: Path, case: Case, mode: Mode, timeout: float = TIMEOUT_SECONDS) -> Outcome:
    """Run the program in a folder against a server of one version.

    The program runs in a temporary copy of the folder. Its effects are in the order in which they
    happened, or sorted if the case says that the program is concurrent.
    """
    with (
        tempfile.TemporaryDirectory(prefix="kognitos-program-") as place,
        serve(mode, case.dialect, case.processes, case.hosts) as server,
    ):
        home, work = Path(place, "home"), Path(place, "work")
        home.mkdir()
        shutil.copytree(folder, work)
        _write_files(work, case.files)
        process = _start(case, work, _environment(case, server, home))
        stdout, stderr, timed_out = _communicate(process, case.stdin, timeout)
        effects = sorted(server.journal) if case.concurrent else server.journal
        return Outcome(stdout, stderr, process.returncode, tuple(effects), server.refusals, timed_out)


def run_tests(folder: Path, case: Case, timeout: float = TIMEOUT_SECONDS) -> Outcome:
    """Run the program's own tests in a folder. No service is there for them but a server that knows neither
    version: what they ask for, their mocks answer."""
    return run_program(folder, replace(case, run=_PYTEST), "v2", timeout)


def _write_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _environment(case: Case, server: Server, home: Path) -> dict[str, str]:
    """Return the whole environment of the program: nothing of the caller's shows through."""
    search_path = [str(_REDIRECT), *filter(None, [case.env.get("PYTHONPATH")])]
    ca_file = str(server.ca_file)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **case.env,
        "PYTHONPATH": os.pathsep.join(search_path),
        "REQUESTS_CA_BUNDLE": ca_file,
        "SSL_CERT_FILE": ca_file,
        "HARNESS_PORT": str(server.port),
        "HARNESS_HOSTS": ",".join(server.hosts),
    }


def _start(case: Case, folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *([str(_EXECUTE)] if case.is_notebook else []), *case.run],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="backslashreplace",
        start_new_session=True,
    )


def _communicate(process: subprocess.Popen[str], stdin: str, timeout: float) -> tuple[str, str, bool]:
    """Wait for the program; one that hangs is ended with all that it started."""
    try:
        stdout, stderr = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        return stdout, stderr, True
    return stdout, stderr, False
