"""The command line `kognitos-migrate`: its commands and its console script."""

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from itertools import takewhile
from typing import Any, NoReturn

import click

from kognitos_migrate import __version__
from kognitos_migrate.cli.command_classes import COMPLETION_VARIABLE, LazyGroup
from kognitos_migrate.cli.error_boundary import run_guarded
from kognitos_migrate.errors import UsageError

_COMMANDS = {
    "check": ("kognitos_migrate.cli.check:check", "Find v1 calls."),
    "fix": ("kognitos_migrate.cli.fix:fix", "Rewrite v1 calls to v2 where that is safe."),
    "apply": ("kognitos_migrate.cli.apply:apply", "Apply a plan written by `fix --plan`."),
    "undo": ("kognitos_migrate.cli.apply:undo", "Revert the last `fix` or `apply`."),
    "explain": ("kognitos_migrate.cli.explain:explain", "Explain a location, a code or a reason."),
    "report": ("kognitos_migrate.cli.report:report", "Write a progress report."),
    "baseline": (
        "kognitos_migrate.cli.baseline:baseline",
        "Record current findings; only new ones fail.",
    ),
    "init": ("kognitos_migrate.cli.init:init", "Create a configuration with the ids that the code uses."),
    "server": ("kognitos_migrate.cli.server:server", "Run a language server for editors."),
    "config": ("kognitos_migrate.cli.config:config", "Print the JSON Schema of the configuration."),
    "completion": (
        "kognitos_migrate.cli.completion:completion",
        "Print a shell completion script.",
    ),
    "rules": ("kognitos_migrate.cli.rules:rules", "List, explain and test the rules."),
}


_ALIASES = {"rule": "kognitos_migrate.cli.rules:show"}
"""Unlisted command names of other linters."""


class _GuardedGroup(LazyGroup):
    """Ends every run with an exit code of the command line's own, and never with a traceback."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002  as click has it
        **extra: Any,
    ) -> Any:
        """Run the command line inside of the error boundary."""
        if COMPLETION_VARIABLE in os.environ:  # registers the shells that it knows
            import_module("kognitos_migrate.cli.completion")
        run = partial(super().main, args, prog_name, complete_var, standalone_mode=False, **extra)
        arguments = sys.argv[1:] if args is None else args

        def run_unambiguous() -> object:
            _refuse_files_as_options(arguments)
            return run()

        code = run_guarded(run_unambiguous, arguments)
        if standalone_mode:
            sys.exit(code)
        return code


def _refuse_files_as_options(arguments: Sequence[str]) -> None:
    """Raise UsageError for an option that is also the name of a file in the working folder.

    Programs such as pre-commit pass the names of a repository's files, and these may be `--exit-zero`.
    """
    for argument in takewhile(lambda argument: argument != "--", arguments):
        if argument.startswith("-") and len(argument) > 1 and os.path.lexists(argument):
            raise UsageError(
                f"{argument!r} is an option, and the name of a file in this folder",
                expected="pass `--` before the paths; to mean the option, rename the file",
            )


@click.group(
    cls=_GuardedGroup,
    lazy=_COMMANDS,
    aliases=_ALIASES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "-V", "--version", prog_name="kognitos-migrate")
def cli() -> None:
    """Migrate Python code from Kognitos REST API v1 to v2.

    Static analysis only: your code is never imported or executed.
    """


def main() -> NoReturn:
    """The entry point of the console script."""
    gc.disable()  # a run is short, and most objects live until its end
    _open_standard_streams()
    _exit_process(cli.main(prog_name="kognitos-migrate", standalone_mode=False))


def _open_standard_streams() -> None:
    """Replace standard streams that the parent process has closed with the null device."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nothing, "r" if name == "stdin" else "w"))


def _exit_process(code: int) -> NoReturn:
    """Exit without freeing objects, which would take a tenth of the time of a run of a few files."""
    if _is_tool_attached():
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # the error has been printed
            stream.flush()
    os._exit(code)


def _is_tool_attached() -> bool:
    """Whether a profiler, a debugger or a coverage measurement needs a regular exit."""
    monitoring = getattr(sys, "monitoring", None)  # since Python 3.12
    tools = map(monitoring.get_tool, range(6)) if monitoring is not None else ()
    return bool(sys.getprofile() or sys.gettrace() or any(tools))
