"""Runs a fixture program against the test server and tells what it did."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.server import Mode, Refusal, Server, Start, serve

from .case import Case
from .processes import AT_FIRST_REQUEST, Program, Ready, client_of, start_anew

TIMEOUT_SECONDS = 60.0
"""Far more than any program takes, on a machine that has other things to do as well."""

_WITHOUT = ("cacheprovider", "randomly", "hypothesispytest", "xdist", "xdist.looponfail")
"""Plugins that none of the programs uses: to load them takes longer than all else."""
_PYTEST = (
    *("-m", "pytest", "-q", "--tb=short", "-W", "ignore::pytest.PytestAssertRewriteWarning"),
    *(part for name in _WITHOUT for part in ("-p", f"no:{name}")),
)
_OF_TESTS = ("pytest", "_pytest.pytester", "respx", "requests_mock", "pytest_httpx", "aiohttp", "responses")
"""Libraries of tests. Pytest would warn that it can't rewrite the assertions of plugins that are there."""

_REDIRECT = Path(__file__).parent / "redirect"
_EXECUTE = Path(__file__).parent / "execute.py"


@dataclass(frozen=True)
class Outcome:
    """The output of a program, its exit code, and its effects on the server."""

    stdout: str
    stderr: str
    exit_code: int
    effects: tuple[Start, ...]
    refusals: tuple[Refusal, ...]
    timed_out: bool = False


def run_program(
    folder: Path,
    case: Case,
    mode: Mode,
    timeout: float = TIMEOUT_SECONDS,
    after_refusal: float = TIMEOUT_SECONDS,
) -> Outcome:
    """Run the program in a folder against a server of one version.

    The program runs in a temporary copy of the folder. Its effects are in the order in which they
    happened, or sorted if the case says that the program is concurrent.

    Args:
        folder: The modules of the program.
        case: How it is run.
        mode: The version that the server speaks.
        timeout: How many seconds the program may take.
        after_refusal: How many it may take from its first request that is refused.
    """
    with (
        tempfile.TemporaryDirectory(prefix="kognitos-program-") as place,
        serve(mode, case.dialect, case.processes, case.hosts) as server,
    ):
        home, work = Path(place, "home"), Path(place, "work")
        home.mkdir()
        shutil.copytree(folder, work)
        _write_files(work, case.files)
        arguments = [*([str(_EXECUTE)] if case.is_notebook else []), *case.run]
        program = Program(arguments, work, _environment(case.env, server, home), Path(place))
        program.stream("stdin").write_text(case.stdin, encoding="utf-8")
        libraries = _imported(case, work)
        run = _ready(libraries, server, home).run if libraries else start_anew
        code, timed_out = run(program, _limit(server, timeout, after_refusal))
        effects = sorted(server.journal) if case.concurrent else server.journal
        stdout, stderr = program.output("stdout"), program.output("stderr")
        return Outcome(stdout, stderr, code, tuple(effects), server.refusals, timed_out)


def _limit(server: Server, timeout: float, after_refusal: float) -> Callable[[], bool]:
    """A function that returns whether the time limit of a program that starts now is exceeded."""
    end = time.monotonic() + timeout

    def is_over() -> bool:
        nonlocal end
        now = time.monotonic()
        if server.refusals:
            end = min(end, now + after_refusal)
        return now > end

    return is_over


def run_tests(folder: Path, case: Case, timeout: float = TIMEOUT_SECONDS) -> Outcome:
    """Run the program's own tests in a folder. No service is there for them but a server that knows neither
    version: what they ask for, their mocks answer."""
    return run_program(folder, replace(case, run=_PYTEST), "v2", timeout)


def _write_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _environment(own: Mapping[str, str], server: Server, home: Path) -> dict[str, str]:
    """Return the whole environment of a program, its own included: nothing of the caller's shows through."""
    search_path = [str(_REDIRECT), *filter(None, [own.get("PYTHONPATH")])]
    ca_file = str(server.ca_file)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **own,
        "PYTHONPATH": os.pathsep.join(search_path),
        "REQUESTS_CA_BUNDLE": ca_file,
        "SSL_CERT_FILE": ca_file,
        "HARNESS_PORT": str(server.port),
        "HARNESS_HOSTS": ",".join(server.hosts),
    }


def _imported(case: Case, folder: Path) -> tuple[str, ...]:
    """Libraries that the program imports as soon as it starts, or with its first request."""
    if case.is_notebook:
        return ("nbclient",)
    if case.run == _PYTEST:
        return _OF_TESTS
    client = client_of(folder)
    return (client, *AT_FIRST_REQUEST.get(client, ())) if client else ()


_interpreters: dict[tuple[int, tuple[str, ...]], Ready] = {}
"""By thread, and by what is imported: an interpreter runs one program at a time."""


def _ready(libraries: tuple[str, ...], server: Server, home: Path) -> Ready:
    """The interpreter for programs that import some libraries; it is started for the first one of them."""
    key = (threading.get_ident(), libraries)
    if key not in _interpreters:
        _interpreters[key] = Ready(libraries, _environment({}, server, home))
    return _interpreters[key]
