"""An interpreter that has imported libraries and waits for programs: python ready.py LIBRARY...

Each line that it reads is a program (as JSON, from `processes.py`). It runs that in a fork of itself, and
writes the number of that process, and later how it ended. A program finds what it would find if Python had
started for it alone; but the libraries, which it imports in any case, are there at once. It ends as Python
does, but for the libraries, which are not taken apart: in a fork, that takes as long as many a program.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import signal
import sys
import threading
import types
import weakref
from collections.abc import Collection
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


def exit_code(arguments: list[str]) -> int:
    """Run the program: its exit code, or minus the signal that ends it. An error that nothing catches is
    written as Python writes it."""
    try:
        run(arguments)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    return 0


def end(code: int, libraries: Collection[str]) -> None:
    """End the process when its threads have ended. As at the end of an interpreter, the objects of the
    program's modules are deleted while these are whole, and else their names."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    names = ["__main__", *(name for name in sys.modules if name not in libraries)]
    objects = (sys.modules.pop(name) for name in names if name in sys.modules)
    modules = [weakref.ref(module) for module in objects if isinstance(module, types.ModuleType)]
    gc.collect()
    for module in filter(None, (reference() for reference in modules)):
        for name in set(vars(module)) - {"__builtins__"}:
            setattr(module, name, None)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    del sys.path[0]
    for library in sys.argv[1:]:
        with contextlib.suppress(ImportError):  # which the program is to raise
            __import__(library)
    gc.freeze()  # what is there already is no garbage of a program
    chosen = waited()
    if chosen is not None:
        present = frozenset(sys.modules)
        become(chosen)
        end(exit_code(chosen["arguments"]), present)
