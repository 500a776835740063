"""The state of our own code: what another code has made is not taken for what this one would make."""

import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@cache
def code_state() -> bytes:
    """All that tells this code from another: its files, LibCST's, and Python's version."""
    parser = find_spec("libcst")
    files = [*_files(), *([parser.origin] if parser is not None and parser.origin else [])]
    return "\n".join([sys.version, *map(_state, files)]).encode("utf-8", "surrogateescape")


def _files() -> Iterator[str]:
    for folder, inner, names in os.walk(_PACKAGE):
        inner.sort()
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(".py"))


def _state(path: str) -> str:
    stat = os.stat(path)
    return f"{path} {stat.st_mtime_ns} {stat.st_size}"
