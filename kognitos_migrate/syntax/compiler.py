"""Python's own compiler as a judge of texts: it runs the symbol table, which a parser does not."""

import ast
import warnings

from kognitos_migrate.syntax.tree import SourceSyntaxError

_FLAGS = (0, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
"""Of a module, and of a notebook's cells."""


def require_compilable(path: str, before: str | None, after: str) -> None:
    """Raise SourceSyntaxError where Python doesn't compile `after`, and did compile `before`: a text that is
    written for another version of Python says nothing."""
    flags = next((flags for flags in _FLAGS if before is None or _fault(path, before, flags) is None), None)
    fault = None if flags is None else _fault(path, after, flags)
    if fault is not None:
        raise fault


def _fault(path: str, text: str, flags: int) -> SourceSyntaxError | None:
    """Why Python doesn't compile a text; None where it does. Nothing of the text is run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text.removeprefix("\ufeff"), path, "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        return SourceSyntaxError(error.msg, error.lineno or 1)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return SourceSyntaxError(f"can't be compiled ({type(error).__name__})", 1)
    return None
