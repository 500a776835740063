"""`check --watch`: checks again when files change."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

import click

from kognitos_migrate.addresses import install_advice
from kognitos_migrate.errors import UsageError
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.run.scan import ScanRequest
from kognitos_migrate.run.worker_processes import isolated_command
from kognitos_migrate.source.content import shown_path

OPTION = "--watch"
_TICK = 200
"""Milliseconds for which changes are awaited at a time. The first tick shows that the watch has begun."""
_TEMPORARY = r"^\..*\.kognitos-migrate$"
"""The names of the files that become an output when they are complete."""
_HAS_SESSIONS = hasattr(os, "killpg")


def check_on_changes(
    request: ScanRequest, arguments: Sequence[str], outputs: Collection[str], *, quiet: bool
) -> None:
    """Run the command with `arguments` now, and whenever a file of the project changes, until Ctrl-C.

    Each check is a process of its own, as if the user repeated the command: no state is kept between them.
    Nothing on the terminal is erased. Changes of `outputs`, which a check writes, don't count. Raises
    UsageError.
    """
    try:
        import watchfiles
    except ImportError as error:
        raise UsageError(f"{OPTION} needs the `watch` extra", expected=install_advice("watch")) from error
    own = [os.path.realpath(path) for path in (*outputs, request.store.folder) if path]
    ordinary = watchfiles.DefaultFilter(
        ignore_entity_patterns=(*watchfiles.DefaultFilter.ignore_entity_patterns, _TEMPORARY)
    )
    folders = list(_folders(request))
    command = [*isolated_command("from kognitos_migrate.cli.main import main; main()"), *arguments]
    is_first = True
    with suppress(KeyboardInterrupt):
        for changes in watchfiles.watch(
            *folders,
            watch_filter=lambda change, path: ordinary(change, path) and not _is_below(path, own),
            rust_timeout=_TICK,
            yield_on_timeout=True,
        ):
            if changes and not quiet:
                click.echo(f"\n{_title([path for _, path in changes])}", err=True)
            if changes or is_first:
                _run(command)
                if not quiet:
                    click.echo("Watching for changes; press Ctrl-C to stop.", err=True)
            is_first = False


def _folders(request: ScanRequest) -> Iterator[str]:
    """The folders and files to watch: those of the command line, and the projects around them."""
    from kognitos_migrate.run.project import project_paths

    paths = (*request.paths, *project_paths(request.paths, request.scope))
    yield from dict.fromkeys(map(os.path.realpath, paths))


def _is_below(path: str, others: Collection[str]) -> bool:
    """Whether a path is one of the others, or in one of them."""
    return any(path == other or path.startswith(other.rstrip(os.sep) + os.sep) for other in others)


def _title(paths: Sequence[str]) -> str:
    """The time, and the files that have changed."""
    names = sorted(set(map(shown_path, paths)))
    rest = f" and {pluralize(len(names) - 1, 'other file')}" if len(names) > 1 else ""
    return f"[{time.strftime('%H:%M:%S')}] {plain(names[0])}{rest} changed"


def _run(command: Sequence[str]) -> None:
    """Run a check to its end. Ctrl-C ends it, and reaches only this process."""
    with subprocess.Popen(command, start_new_session=_HAS_SESSIONS) as process:
        try:
            process.wait()
        except BaseException:
            with suppress(ProcessLookupError, PermissionError):
                if _HAS_SESSIONS:
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()
            raise


def arguments_without_watch() -> list[str]:
    """The arguments of this command without the option."""
    return [argument for argument in sys.argv[1:] if argument != OPTION]
