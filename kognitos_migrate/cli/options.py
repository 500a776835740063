"""Options that several commands have, the rules of what goes together, and the examples in their help."""

import os
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import click

from kognitos_migrate.errors import UsageError
from kognitos_migrate.run.looked import FileChoice

if TYPE_CHECKING:
    from pathlib import Path

    from kognitos_migrate.cache.store import Store

STDIN = "-"

Command = TypeVar("Command", bound=Callable[..., Any])


class Chatter(NamedTuple):
    """How much is said beside the findings."""

    quiet: bool = False
    verbose: bool = False

    @classmethod
    def of(cls, quiet: bool, verbose: bool) -> "Chatter":
        """What `-q` and `-v` say."""
        refuse(quiet and verbose, "--quiet and --verbose exclude each other")
        return cls(quiet, verbose)

    def note(self, text: str) -> None:
        """Say `text` on the standard error, with `-v` only."""
        if self.verbose:
            from kognitos_migrate.report.escape import plain

            click.echo(plain(text), err=True)


def examples(*lines: tuple[str, str]) -> str:
    """The end of a help text: command lines (without the program's name), and what each is for."""
    said = (f"  # {about}\n  $ kognitos-migrate {line}" for line, about in lines)
    return "\b\nExamples:\n" + "\n".join(said)


def refuse(condition: object, message: str, expected: str | None = None) -> None:
    """Raise a UsageError if `condition` holds."""
    if condition:
        raise UsageError(message, expected=expected)


def split_codes(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """`KOG1,KOG2` as its parts; the option may be given several times."""
    return tuple(code.upper() for code in _split(values))


def _split(values: Sequence[str]) -> tuple[str, ...]:
    parts = [part.strip() for value in values for part in value.split(",")]
    return tuple(part for part in parts if part)


def as_path(ctx: click.Context, parameter: click.Parameter, value: str | None) -> "Path | None":
    """A path as a `Path`. `pathlib` is loaded when one is given, since most runs are given none."""
    if value is None:
        return None
    from pathlib import Path

    return Path(value)


paths_argument = click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")

config_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False),
    callback=as_path,
    metavar="FILE",
    help="The configuration, in the place of the one found by walking up from the paths.",
)

_exclude_option = click.option(
    "--exclude",
    "--extend-exclude",
    "exclude",
    multiple=True,
    callback=lambda ctx, parameter, values: _split(values),
    metavar="PATTERNS",
    help="Files and folders to leave out, besides those of the configuration: old/,*_pb2.py.",
)
_gitignore_option = click.option(
    "--respect-gitignore/--no-respect-gitignore",
    default=True,
    show_default=True,
    help="Leave out what git ignores.",
)
_force_exclude_option = click.option(
    "--force-exclude", is_flag=True, help="Leave out excluded files even if they are given as paths."
)
_isolated_option = click.option("--isolated", is_flag=True, help="Look for no configuration.")
_config_or_key_option = click.option(
    "--config",
    multiple=True,
    metavar="FILE|KEY=VALUE",
    help="The configuration, in the place of the one found by walking up from the paths; or one key of it, "
    "as in ignore=[KOG302]. May be given several times.",
)


def file_options(command: Command) -> Command:
    """`--config`, which the command gets as `config` if it is a file; and its keys, `--isolated`,
    `--exclude`, `--respect-gitignore` and `--force-exclude`, which it gets as one: `files`."""

    @wraps(command)
    def bundled(
        *args: Any,
        exclude: tuple[str, ...],
        respect_gitignore: bool,
        force_exclude: bool,
        isolated: bool,
        config: tuple[str, ...],
        **rest: Any,
    ) -> Any:
        file, overrides = _config_and_keys(config)
        refuse(isolated and file, "--isolated and --config exclude each other")
        files = FileChoice(exclude, respect_gitignore, force_exclude, isolated, overrides)
        return command(*args, files=files, config=file, **rest)

    options = (
        _config_or_key_option,
        _exclude_option,
        _gitignore_option,
        _force_exclude_option,
        _isolated_option,
    )
    for option in reversed(options):
        bundled = option(bundled)
    return cast(Command, bundled)


def _config_and_keys(values: Sequence[str]) -> "tuple[Path | None, tuple[str, ...]]":
    """The configuration that is named, and the keys that are said. Raises UsageError."""
    files = [value for value in values if os.path.isfile(value)]
    keys = tuple(value for value in values if value not in files)
    refuse(len(files) > 1, f"--config names two files: {' and '.join(files)}")
    wrong = next((key for key in keys if "=" not in key), None)
    refuse(wrong is not None, f"--config: there is no file {wrong!r}", "expected a file, or KEY=VALUE")
    if not files:
        return None, keys
    from pathlib import Path

    return Path(files[0]), keys


all_files_option = click.option(
    "--all-files",
    is_flag=True,
    help="Search files that are not Python, too: scripts, configuration, documentation (KOG401, KOG402).",
)

output_file_option = click.option(
    "-o",
    "--output-file",
    type=click.Path(dir_okay=False),
    callback=as_path,
    metavar="FILE",
    help="Write there, and not to the standard output.",
)

baseline_option = click.option(
    "--baseline",
    type=click.Path(dir_okay=False),
    callback=as_path,
    metavar="FILE",
    help="The baseline, in the place of the one that the configuration names.",
)

_cache_dir_option = click.option(
    "--cache-dir",
    metavar="DIR",
    envvar="KOGNITOS_MIGRATE_CACHE_DIR",
    help="Where what is known of unchanged files is kept; in the user's cache folder by default.",
)
_no_cache_option = click.option("-n", "--no-cache", is_flag=True, help="Keep nothing, and use nothing kept.")


def cache_options(command: Command) -> Command:
    """`--cache-dir` and `--no-cache`, which `kept_in` understands."""
    return _cache_dir_option(_no_cache_option(command))


def kept_in(cache_dir: str | None, no_cache: bool) -> "Store":
    """Where a run keeps what others can use."""
    from kognitos_migrate.cache.folder import cache_folder
    from kognitos_migrate.cache.store import NOWHERE, Store

    return NOWHERE if no_cache else Store(cache_dir or cache_folder())


color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Whether to use colour; auto: at a terminal, unless NO_COLOR is set.",
)


def _codes(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from kognitos_migrate.cli.names import codes

    return codes(ctx, parameter, incomplete)


def selection_options(command: Command) -> Command:
    """`--select`, `--extend-select` and `--ignore`."""
    select = click.option(
        "--select",
        multiple=True,
        callback=split_codes,
        shell_complete=_codes,
        metavar="CODES",
        help="Codes, or how codes begin, to look for: KOG1,KOG301, or ALL. Replaces the configuration's.",
    )
    ignore = click.option(
        "--ignore",
        multiple=True,
        callback=split_codes,
        shell_complete=_codes,
        metavar="CODES",
        help="Codes, or how codes begin, to leave out, besides those that the configuration ignores.",
    )
    extend = click.option(
        "--extend-select",
        multiple=True,
        callback=split_codes,
        shell_complete=_codes,
        metavar="CODES",
        help="Codes, or how codes begin, to look for as well: KOG4,KOG5.",
    )
    return select(extend(ignore(command)))


def chatter_options(command: Command) -> Command:
    """`--quiet` and `--verbose`."""
    quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but the findings.")
    verbose = click.option(
        "-v", "--verbose", is_flag=True, help="Say what was looked at; a traceback on an internal error."
    )
    return quiet(verbose(command))
