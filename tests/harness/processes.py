"""Runs programs, each in a process of its own.

To import an HTTP client takes longer than all else that most programs do. So a program that imports one runs
in a fork of an interpreter that has imported it already, and has done nothing else (`ready.py`).
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_CLIENTS = ("aiohttp", "httpx", "requests", "niquests", "urllib3", "urllib.request", "http.client")
_URLLIB3 = ("h11", "urllib3.contrib.hface.protocols.http1", "encodings.idna", "queue")
AT_FIRST_REQUEST: Mapping[str, tuple[str, ...]] = {
    "aiohttp": ("encodings.idna", "concurrent.futures.thread"),
    "httpx": ("httpcore", "h11", "anyio", "certifi", "encodings.idna"),
    "requests": (*_URLLIB3, "netrc"),
    "urllib3": _URLLIB3,
}
"""Modules of libraries that a client imports with its first request only, in one version or another."""
_SECONDS = 0.25
"""The interval, in seconds, at which the time limit of a program is checked."""
_STREAMS = {"stdin": "rb", "stdout": "wb", "stderr": "wb"}


@dataclass(frozen=True)
class Program:
    """A program: the arguments that Python gets, and what it finds around it."""

    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    scratch: Path
    """The folder of the files `stdin`, which it reads, and `stdout` and `stderr`, which it writes."""

    def stream(self, name: str) -> Path:
        """The file that is one of its streams."""
        return self.scratch / name

    def output(self, name: str) -> str:
        """The output so far."""
        return self.stream(name).read_text(encoding="utf-8", errors="backslashreplace")


def client_of(folder: Path) -> str | None:
    """An HTTP client that the modules in a folder import at once."""
    texts = [path.read_bytes() for path in folder.rglob("*.py")]
    for client in _CLIENTS:
        name = re.escape(client)
        pattern = re.compile(rf"^(?:import (?:[\w.]+, )*|from ){name}\b".encode(), re.MULTILINE)
        if any(pattern.search(text) for text in texts):
            return client
    return None


def start_anew(program: Program, is_over: Callable[[], bool]) -> tuple[int, bool]:
    """Run the program in an interpreter of its own: its exit code, and whether its time was over."""
    with contextlib.ExitStack() as stack:
        stdin, stdout, stderr = (
            stack.enter_context(program.stream(name).open(mode)) for name, mode in _STREAMS.items()
        )
        process = subprocess.Popen(
            [sys.executable, *program.arguments],
            cwd=program.folder,
            env=program.environment,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    while True:
        try:
            return process.wait(_SECONDS), False
        except subprocess.TimeoutExpired:
            if is_over():
                os.killpg(process.pid, signal.SIGKILL)
                return process.wait(), True


class Ready:
    """An interpreter that has imported libraries, and runs programs in forks of itself."""

    def __init__(self, libraries: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("ready.py")), *libraries],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        atexit.register(self.close)

    def run(self, program: Program, is_over: Callable[[], bool]) -> tuple[int, bool]:
        """Run the program: its exit code, and whether its time was over."""
        job = {
            "arguments": program.arguments,
            "folder": str(program.folder),
            "environment": program.environment,
            **{name: str(program.stream(name)) for name in _STREAMS},
        }
        self._input.write(json.dumps(job).encode() + b"\n")
        number = self._answer()
        try:
            while not self._has_answered():
                if is_over():
                    _kill(number)
                    return self._answer(), True
        except KeyboardInterrupt:
            _kill(number)
            raise
        return self._answer(), False

    def _has_answered(self) -> bool:
        """Whether an answer comes within a moment. `select` knows the first 1,024 files of a process only."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            return bool(selector.select(_SECONDS))

    def close(self) -> None:
        """End the interpreter, as the end of its input does."""
        self._process.communicate()

    def _answer(self) -> int:
        return int(self._output.readline())


def _kill(number: int) -> None:
    """End a group of processes, which may have ended by itself meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(number, signal.SIGKILL)
