"""Executes a notebook as Jupyter does and prints what its cells show: python execute.py NOTEBOOK."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

TIMEOUT_SECONDS = 60
NEVER_THE_SAME = "never-the-same"
"""The tag of cells whose outputs are not printed: they show an id, say."""


def main(path: str) -> int:
    """Execute the notebook; 1 if one of its cells fails."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    _, notebook = nbformat.validator.normalize(notebook)
    code = 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            NotebookClient(notebook, km=_kernel_manager(folder), timeout=TIMEOUT_SECONDS).execute()
        except CellExecutionError as error:
            print(error, file=sys.stderr)
            code = 1
    for output in _outputs(notebook):
        if output["output_type"] == "stream":
            stream = sys.stdout if output["name"] == "stdout" else sys.stderr
            stream.writelines(line for line in output["text"].splitlines(True) if not _is_time(line))
        elif "data" in output:
            print(output["data"].get("text/plain", ""))
    return code


def _kernel_manager(folder: str) -> AsyncKernelManager:
    """A manager whose kernel is spoken to through sockets in a folder: a free TCP port, as by default, may be
    taken by another process before the kernel binds it."""
    return AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")


def _is_time(line: str) -> bool:
    """Whether a line is what `%time` says, which is never the same twice. The last two are said by a machine
    that is busy."""
    return line.startswith(("CPU times:", "Wall time:", "Compiler :", "Parser   :"))


def _outputs(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for cell in notebook["cells"]:
        if NEVER_THE_SAME not in cell["metadata"].get("tags", ()):
            yield from cell.get("outputs", ())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
