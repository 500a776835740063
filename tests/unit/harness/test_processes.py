"""A program finds the same, and ends the same, whether Python starts for it or its library is ready."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.harness.processes import Ready, client_of
from tests.unit.harness.scratch import ANEW, EITHER_WAY, READY, run

FINDS = """
import os, sys, threading
here, home = os.getcwd(), os.path.expanduser("~")
print(__name__, __spec__ and __spec__.name, os.path.relpath(__file__, here))
print([word.replace(here, "") for word in sys.argv])
print(sorted(name for name in globals() if name not in ("requests", "__cached__", "__annotations__")))
print(sys.modules["__main__"].__dict__ is globals(), sys.exc_info(), threading.active_count())
print([os.path.relpath(path, here) for path in sys.path if path.startswith(here)], len(sys.path))
print([sys.stdin, sys.stdout, sys.stderr] == [sys.__stdin__, sys.__stdout__, sys.__stderr__])
print([(stream.encoding, stream.errors, stream.isatty()) for stream in (sys.stdin, sys.stdout, sys.stderr)])
print(sys.stdin.read().encode(), os.getpid() == os.getsid(0))
print(sorted(set(os.environ) - {"LC_CTYPE"}), os.environ["OWN"], sys.executable, sys.flags)
"""


CASE = """
run: [{arguments}]
env: {{OWN: x, PYTHONPATH: src}}
stdin: "\\xe4\\r\\n"
files:
  app/__init__.py: ""
  app/__main__.py: import main
  app/run.py: "import sys; print(sys.path[0][-4:])"
"""


@pytest.mark.parametrize("arguments", ["main.py, a, b", "-m, main, a", "-m, app, a", "app/run.py"])
def test_what_a_program_finds(tmp_path: Path, arguments: str) -> None:
    case = CASE.format(arguments=arguments)
    anew, ready = (run(tmp_path / name, first + FINDS, case) for name, first in (("a", ANEW), ("b", READY)))
    assert anew.stdout
    assert ready.stdout.splitlines() == anew.stdout.splitlines()
    assert (ready.stderr, ready.exit_code) == (anew.stderr, 0)


@EITHER_WAY
@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        ("", 0, ""),
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('no')", 1, "no\n"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
        ("import os; os._exit(4)", 4, ""),
        ("import os; os.kill(os.getpid(), 9)", -9, ""),
        ("import atexit; atexit.register(print, 'end')", 0, ""),
        ("print(", 1, "SyntaxError: '(' was never closed\n"),
        ("raise KeyboardInterrupt", -2, "KeyboardInterrupt\n"),
    ],
)
def test_how_a_program_ends(tmp_path: Path, first: str, end: str, code: int, said: str) -> None:
    outcome = run(tmp_path, f"{first}print('begun', flush=True)\n{end}")
    assert outcome.exit_code == code
    assert outcome.stderr.endswith(said)
    assert bool(outcome.stderr) == bool(said)
    assert outcome.stdout == {"print(": "", "import atexit": "begun\nend\n"}.get(end.split(";")[0], "begun\n")


AT_THE_END = """
import json, module, threading
class Lock:
    def __del__(self):
        print(json.dumps(name))
name, lock = "global", Lock()
module.lock.own = module.lock
threading.Thread(target=lambda: (threading.Event().wait(0.1), print("thread"))).start()
print("main")
"""
MODULE = "class Lock:\n    def __del__(self):\n        print('module')\n\nlock = Lock()\n"


@EITHER_WAY
def test_what_a_program_does_at_its_end(tmp_path: Path, first: str) -> None:
    case = f"files: {{module.py: {json.dumps(MODULE)}}}"
    outcome = run(tmp_path, first + AT_THE_END, case)
    assert (outcome.stderr, outcome.exit_code) == ("", 0)
    assert outcome.stdout.splitlines()[:2] == ["main", "thread"]
    assert sorted(outcome.stdout.splitlines()[2:]) == ['"global"', "module"]


def test_a_program_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    program = (
        f"{READY}import os\nprint(hasattr(requests, 'left'), os.environ.pop('LANG'))\nrequests.left = 1\n"
    )
    assert [run(tmp_path / name, program).stdout for name in "ab"] == ["False C.UTF-8\n"] * 2


def test_who_waits_for_programs_is_ended_with_its_input(tmp_path: Path) -> None:
    ready = Ready(["json"], {"PYTHONPATH": ""})
    ready.close()
    assert ready._process.returncode == 0


@EITHER_WAY
def test_a_program_that_hangs_is_ended(tmp_path: Path, first: str) -> None:
    program = f"""{first}
import subprocess, sys
print("begun", flush=True)
subprocess.run([sys.executable, "-c", "while True: pass"])
"""
    outcome = run(tmp_path, program, timeout=1)
    assert outcome.timed_out
    assert outcome.stdout == "begun\n"


WAITS = """
import threading
from urllib import request
try:
    request.urlopen("https://rest-api.app.kognitos.com/v1/run/1")
except OSError as error:
    print(error.code, flush=True)
threading.Event().wait()
"""


@EITHER_WAY
def test_a_program_that_waits_for_ever_once_it_was_refused_is_ended(tmp_path: Path, first: str) -> None:
    started = time.monotonic()
    outcome = run(tmp_path, first + WAITS, mode="v2", after_refusal=0.1)
    assert (outcome.stdout, outcome.timed_out) == ("410\n", True)
    assert time.monotonic() - started < 20


@EITHER_WAY
def test_sleeping_is_instant(tmp_path: Path, first: str) -> None:
    program = f"""{first}
import asyncio, time
from time import sleep
time.sleep(100)
sleep(100)
print(asyncio.run(asyncio.sleep(100, "awake")))
"""
    started = time.monotonic()
    assert run(tmp_path, program).stdout == "awake\n"
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("text", "client"),
    [
        ("import requests\n", "requests"),
        ("import os\nfrom requests import get\n", "requests"),
        ("import json, os.path, requests\n", "requests"),
        ("import json, requestsplus\n", None),
        ("import http.client\n", "http.client"),
        ("import requestsplus\n", None),
        ("def late():\n    import requests\n", None),
    ],
)
def test_a_client_that_is_imported_at_once(tmp_path: Path, text: str, client: str | None) -> None:
    tmp_path.joinpath("a.py").write_text(text, encoding="utf-8")
    assert client_of(tmp_path) == client


def test_a_library_that_is_not_there_is_for_the_program_to_miss() -> None:
    ready = Ready(["no_such_library"], {"PYTHONPATH": ""})
    ready.close()
    assert ready._process.returncode == 0
