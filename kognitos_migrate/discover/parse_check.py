"""Python files without signs of the API that can't be parsed.

Files of a folder aren't parsed without such a sign: that would take most of the time of a run. Nor are the
many files that a hook names: parsing ten takes a third of the time of the run.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator

from kognitos_migrate.errors import Fault
from kognitos_migrate.source.content import MIB, read_bounded

_ONLY_TREE = 0x400
"""The flag of `ast.PyCF_ONLY_AST`. Importing `ast` takes longer than parsing a file."""


def unparsable_files(files: Iterable[str]) -> Iterator[Fault]:
    """The fault of each of the files that isn't Python, or, if its name says so, no notebook."""
    for file in files:
        try:
            data = read_bounded(file, MIB)
        except OSError:
            continue
        fault = _fault_of_notebook(data, file) if file.endswith(".ipynb") else _fault_of_module(data, file)
        if fault is not None:
            yield fault


def _fault_of_module(data: bytes, file: str) -> Fault | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, file, "exec", _ONLY_TREE, dont_inherit=True)
    except SyntaxError as error:
        return None if _is_of_newer_python(data) else Fault(error.msg, file, error.lineno)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return Fault(str(error) or type(error).__name__, file)
    return None


def _is_of_newer_python(data: bytes) -> bool:
    """Whether LibCST parses a module that this Python doesn't. A wrong encoding is a SyntaxError."""
    import libcst

    try:
        libcst.parse_module(data)
    except (libcst.ParserSyntaxError, SyntaxError, ValueError, RecursionError):
        return False
    return True


def _fault_of_notebook(data: bytes, file: str) -> Fault | None:
    import json

    try:
        json.loads(data)
    except (ValueError, RecursionError) as error:
        return Fault(f"invalid JSON: {error}", file)
    return None
