"""The error boundary: turns exceptions into a message and an exit code."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import click

from kognitos_migrate.cli.terminal import is_colored
from kognitos_migrate.errors import TRACEBACK_HINT, UserError, bug_report

TROUBLE = 2
"""Bad usage, a bad configuration, something that can't be read or written, a bug of ours."""
INTERRUPTED = 130
"""What shells give a program that was stopped with Ctrl-C."""

_ELSEWHERE = {
    "--fix": "`kognitos-migrate fix` changes files",
    "--diff": "`kognitos-migrate fix --diff` shows what would change",
    "--fix-only": "`kognitos-migrate fix` changes files",
    "--no-fix": "`check` changes nothing anyway",
    "--unsafe-fixes": "`kognitos-migrate fix --unsafe` makes them",
    "--show-fixes": "`kognitos-migrate fix` says what it did",
    "--add-noqa": "`kognitos-migrate baseline create` notes what is there",
    "--add-ignore": "`kognitos-migrate baseline create` notes what is there",
    "--ignore-noqa": "`kognitos-migrate report` lists what is suppressed",
    "--per-file-ignores": "`per-file-ignores:` in the configuration says it",
    "--format": "it is called --output-format",
    "--reason": "`kognitos-migrate rules show REASON` explains one",
    "--write": "`kognitos-migrate fix` writes, unless --diff is given",
}
"""What users of other tools type, and where it is here."""


def run_guarded(run: Callable[[], object], arguments: Sequence[str]) -> int:
    """The exit code of `run`. Whatever it raises is told in words; a traceback only with `--verbose`."""
    escape_unencodable_output()
    try:
        code = run()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except UserError as error:
        for line in str(error).split("\n"):
            print_error(line)
        return TROUBLE
    except click.ClickException as error:
        return _usage_error(error)
    except (click.Abort, KeyboardInterrupt):
        print_error("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return TROUBLE
    except OSError as error:
        return _system_error(error, arguments)
    except Exception as error:
        return _internal_error(error, arguments)


def _usage_error(error: click.ClickException) -> int:
    """A command line that can't be understood: what is wrong, and where help is."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return TROUBLE
    typed = error.option_name if isinstance(error, click.NoSuchOption) else ""
    if typed in _ELSEWHERE:
        print_error(f"there is no option {typed} here: {_ELSEWHERE[typed]}")
        return TROUBLE
    print_error(error.format_message())
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        _say(f"`{context.command_path} --help` tells more.")
    return TROUBLE


def print_error(text: str) -> None:
    """Put an error on the standard error."""
    from kognitos_migrate.report.escape import plain

    colored = is_colored(sys.stderr)
    label = click.style("error", fg="red", bold=True) if colored else "error"
    _say(f"{label}: {plain(text)}", colored=colored)


def _say(text: str, *, colored: bool = False) -> None:
    """Put `text` on the standard error, if that still takes any."""
    with suppress(OSError):
        click.echo(text, err=True, color=colored)


def escape_unencodable_output() -> None:
    """Let the standard streams write what their encoding lacks as an escape, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _system_error(error: OSError, arguments: Sequence[str]) -> int:
    """What the operating system refused: a full disk, say."""
    _say_traceback(error, arguments)
    said = error.strerror or str(error)
    print_error(f"{error.filename}: {said}" if error.filename else said)
    _close_stdout()
    return TROUBLE


def _internal_error(error: Exception, arguments: Sequence[str]) -> int:
    verbose = _say_traceback(error, arguments)
    print_error(bug_report(error))
    if not verbose:
        _say(TRACEBACK_HINT)
    return TROUBLE


def _say_traceback(error: Exception, arguments: Sequence[str]) -> bool:
    """Put the traceback on the standard error, if `--verbose` is among the arguments."""
    verbose = not {"-v", "--verbose"}.isdisjoint(arguments)
    if verbose:
        import traceback

        _say("".join(traceback.format_exception(error)))
    return verbose


def _close_stdout() -> None:
    """What is left to write can't be written: let the interpreter not complain of it when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
