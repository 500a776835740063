"""The error boundary: turns exceptions into a message and an exit code."""

import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise

import click

from kognitos_migrate.cli.terminal import is_colored
from kognitos_migrate.errors import TRACEBACK_HINT, UserError, bug_report

TROUBLE = 2
"""The exit code for bad usage, a bad configuration, unreadable or unwritable files, and internal errors."""
INTERRUPTED = 130
"""The exit code that shells use for a program stopped with Ctrl-C."""

_FOREIGN_OPTIONS = {
    "--fix": "`kognitos-migrate fix` changes files",
    "--diff": "`kognitos-migrate fix --diff` shows what would change",
    "--fix-only": "`kognitos-migrate fix` changes files",
    "--no-fix": "`check` never changes files",
    "--unsafe-fixes": "`kognitos-migrate fix --unsafe` makes them",
    "--show-fixes": "`kognitos-migrate fix` lists its changes",
    "--add-noqa": "`kognitos-migrate baseline create` records current findings",
    "--add-ignore": "`kognitos-migrate baseline create` records current findings",
    "--ignore-noqa": "`kognitos-migrate report` lists what is suppressed",
    "--per-file-ignores": "use `per-file-ignores:` in the configuration",
    "--format": "use --output-format",
    "--reason": "`kognitos-migrate rules show REASON` explains one",
    "--write": "`kognitos-migrate fix` writes, unless --diff is given",
}
"""Options of other tools, with their equivalents here."""


def run_guarded(run: Callable[[], object], arguments: Sequence[str]) -> int:
    """Call `run`, and return its exit code.

    An exception is printed as a message, with a traceback only if `--verbose` is among `arguments`.
    """
    escape_unencodable_output()
    try:
        code = run()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except UserError as error:
        for line in str(error).split("\n"):
            print_error(line, arguments)
        return TROUBLE
    except click.ClickException as error:
        return _usage_error(error, arguments)
    except (click.Abort, KeyboardInterrupt):
        print_error("interrupted", arguments)
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return TROUBLE
    except OSError as error:
        return _system_error(error, arguments)
    except Exception as error:
        return _internal_error(error, arguments)


def _usage_error(error: click.ClickException, arguments: Sequence[str]) -> int:
    """Print the error of a command line, and where to find help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return TROUBLE
    typed = error.option_name if isinstance(error, click.NoSuchOption) else ""
    if typed in _FOREIGN_OPTIONS:
        print_error(f"no such option {typed}: {_FOREIGN_OPTIONS[typed]}", arguments)
        return TROUBLE
    message = _invalid_value(error) or _misplaced_option(error) or _in_our_style(error.format_message())
    print_error(message, arguments)
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        _print_to_stderr(f"Try `{context.command_path} --help`.")
    return TROUBLE


def _in_our_style(message: str) -> str:
    """A message of click in the style of the others: `no such option '--x'; did you mean '--y'?`."""
    suggested = re.search(r"[.]? [(]?Did you mean (?:one of: )?(.*[?])[)]?$", message)
    if suggested is not None:
        from difflib import SequenceMatcher

        typed, names = message[: suggested.start()], suggested[1].removesuffix("?").split(", ")
        names.sort(key=lambda name: -SequenceMatcher(None, typed.partition("'")[2], name).ratio())
        message = f"{typed}; did you mean {' or '.join(names[:2])}?"
    first_word = message.partition(" ")[0]
    start = message[:1].lower() if first_word[1:].islower() or len(first_word) == 1 else message[:1]
    return start + message[1:].removesuffix(".")


def _invalid_value(error: click.ClickException) -> str:
    """The message on an invalid choice or a missing file; empty for other errors."""
    parameter = error.param if isinstance(error, click.BadParameter) else None
    if parameter is None:
        return ""
    is_option = isinstance(parameter, click.Option)
    start = f"{max(parameter.opts, key=len)}: " if is_option else ""
    if isinstance(parameter.type, click.Choice) and (typed := re.match(r"'([^']*)' is not", error.message)):
        from kognitos_migrate.rulebook.document import suggestion

        choices = [str(choice) for choice in parameter.type.choices]
        kind = "value" if is_option else parameter.name
        return f"{start}unknown {kind} {typed[1]!r}; {suggestion(typed[1], choices)}"
    if missing := re.fullmatch(r"(?:File|Path) '(.*)' does not exist\.", error.message):
        return f"{start}{missing[1]}: no such file"
    return ""


def _misplaced_option(error: click.ClickException) -> str:
    """The message on an option of the commands that precedes the command; empty for other errors."""
    if not isinstance(error, click.NoSuchOption) or error.ctx is None:
        return ""
    group = error.ctx.command
    if not isinstance(group, click.Group):
        return ""
    for name in group.list_commands(error.ctx):
        command = group.get_command(error.ctx, name)
        if command is not None and any(error.option_name in parameter.opts for parameter in command.params):
            example = f"{error.ctx.command_path} {name} {error.option_name}"
            return f"no such option {error.option_name} here; put it after the command, as in `{example}`"
    return ""


def print_error(text: str, arguments: Sequence[str]) -> None:
    """Print an error message to stderr, colored as the `--color` among `arguments` demands."""
    from kognitos_migrate.report.escape import plain

    choice = _color_choice(arguments)
    colored = is_colored(sys.stderr) if choice == "auto" else choice == "always"
    label = click.style("error", fg="red", bold=True) if colored else "error"
    _print_to_stderr(f"{label}: {plain(text)}", colored=colored)


def _color_choice(arguments: Sequence[str]) -> str:
    """The value of the last `--color` among the arguments. Errors end the command that has parsed them."""
    choice = "auto"
    for name, value in pairwise((*arguments, "")):
        if name == "--color":
            choice = value
        elif name.startswith("--color="):
            choice = name.partition("=")[2]
    return choice


def _print_to_stderr(text: str, *, colored: bool = False) -> None:
    """Print `text` to stderr, and ignore errors."""
    with suppress(OSError):
        click.echo(text, err=True, color=colored)


def escape_unencodable_output() -> None:
    """Make stdout and stderr write characters that their encoding lacks as escape sequences."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _system_error(error: OSError, arguments: Sequence[str]) -> int:
    """Print an error of the operating system, such as a full disk."""
    _print_traceback(error, arguments)
    reason = error.strerror or str(error)
    print_error(f"{error.filename}: {reason}" if error.filename else reason, arguments)
    _close_stdout()
    return TROUBLE


def _internal_error(error: Exception, arguments: Sequence[str]) -> int:
    verbose = _print_traceback(error, arguments)
    print_error(bug_report(error), arguments)
    if not verbose:
        _print_to_stderr(TRACEBACK_HINT)
    return TROUBLE


def _print_traceback(error: Exception, arguments: Sequence[str]) -> bool:
    """Print the traceback to stderr if `--verbose` is among the arguments. Returns whether it is."""
    verbose = not {"-v", "--verbose"}.isdisjoint(arguments)
    if verbose:
        import traceback

        _print_to_stderr("".join(traceback.format_exception(error)))
    return verbose


def _close_stdout() -> None:
    """Redirect stdout to the null device, so that the interpreter doesn't fail to flush it at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
