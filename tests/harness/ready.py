"""An interpreter that has imported libraries and waits for programs: python ready.py LIBRARY...

Each line that it reads is a program (as JSON, from `processes.py`). It runs that in a fork of itself, and
writes the number of that process, and later how it ended. A program finds what it would find if Python had
started for it alone; but the libraries, which it imports in any case, are there at once.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def waited() -> dict[str, Any] | None:
    """Start processes until the end of the input; in each of them, the program that it is to run."""
    for line in sys.stdin:
        number = os.fork()
        if number == 0:
            program: dict[str, Any] = json.loads(line)
            return program
        print(number, flush=True)
        _, status = os.waitpid(number, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return None


def become(program: dict[str, Any]) -> None:
    """Make this process that of the program: its folder, environment, streams and arguments."""
    os.setsid()
    os.chdir(program["folder"])
    os.environ.clear()
    os.environ.update(program["environment"])
    for number, (name, mode) in enumerate(_STREAMS):
        with open(program[name], f"{mode}b", buffering=0) as file:
            os.dup2(file.fileno(), number)
        errors = "backslashreplace" if name == "stderr" else "surrogateescape"
        stream = os.fdopen(number, mode, encoding="utf-8", errors=errors, newline="\n", closefd=False)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.stderr.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    arguments = program["arguments"]
    sys.argv = ["-m", *arguments[2:]] if arguments[0] == "-m" else arguments
    added = os.environ["PYTHONPATH"].split(os.pathsep)[1:]
    sys.path[1:1] = [os.path.abspath(folder) for folder in added]
    sys.modules["sitecustomize"].aim()


def run(arguments: list[str]) -> None:
    """Run the program as Python's own command line does: a file, or `-m` and a module."""
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__dict__["__builtins__"] = __builtins__
    if arguments[0] == "-m":
        import runpy

        sys.path.insert(0, os.getcwd())
        runpy._run_module_as_main(arguments[1])  # type: ignore[attr-defined]
    else:
        path = os.path.abspath(arguments[0])
        sys.path.insert(0, os.path.dirname(path))
        main.__file__, main.__loader__ = path, SourceFileLoader("__main__", path)
        with open(path, "rb") as file:
            exec(compile(file.read(), path, "exec", dont_inherit=True), main.__dict__)


if __name__ == "__main__":
    del sys.path[0]
    for library in sys.argv[1:]:
        with contextlib.suppress(ImportError):  # which the program is to raise
            __import__(library)
    gc.freeze()  # what is there already is no garbage of a program
    chosen = waited()
    if chosen is not None:
        become(chosen)
        run(chosen["arguments"])
