"""Options that go together: a command gets what they say as one thing, checked."""

import os
from collections.abc import Callable, Sequence
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import click

from kognitos_migrate.cli.options import refuse
from kognitos_migrate.run.looked import Asked, FileChoice, Stdin

if TYPE_CHECKING:
    from pathlib import Path

    from kognitos_migrate.cache.store import Store
    from kognitos_migrate.run.session import Options

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]


def bundle(name: str, make: Callable[..., object], *options: Decorator[Any]) -> Decorator[Any]:
    """A decorator that gives a command `options`, and what they say as one argument, `name`.

    `make` makes it; its parameters are named as the options are. An option may be a bundle itself.
    """
    parts = tuple(signature(make).parameters)

    def decorated(command: Command) -> Command:
        @wraps(command)
        def bundled(*args: Any, **said: Any) -> Any:
            whole = make(**{part: said.pop(part) for part in parts})
            return command(*args, **{name: whole}, **said)

        for option in reversed(options):
            bundled = option(bundled)
        return cast(Command, bundled)

    return decorated


# Which files.


class Where(NamedTuple):
    """Which configuration is taken, and which files."""

    config: "Path | None"
    files: FileChoice


def _where(
    config: tuple[str, ...],
    exclude: tuple[str, ...],
    respect_gitignore: bool,
    force_exclude: bool,
    isolated: bool,
) -> Where:
    file, overrides = _config_and_keys(config)
    refuse(isolated and file, "--isolated and --config exclude each other")
    return Where(file, FileChoice(exclude, respect_gitignore, force_exclude, isolated, overrides))


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


where_options = bundle(
    "where",
    _where,
    click.option(
        "--config",
        multiple=True,
        metavar="FILE|KEY=VALUE",
        help="The configuration, in the place of the one found by walking up from the paths; or one key of "
        "it, as in ignore=[KOG302]. May be given several times.",
    ),
    click.option(
        "--exclude",
        "--extend-exclude",
        "exclude",
        multiple=True,
        callback=lambda ctx, parameter, values: _split(values),
        metavar="PATTERNS",
        help="Files and folders to leave out, besides those of the configuration: old/,*_pb2.py.",
    ),
    click.option(
        "--respect-gitignore/--no-respect-gitignore",
        default=True,
        show_default=True,
        help="Leave out what git ignores.",
    ),
    click.option(
        "--force-exclude", is_flag=True, help="Leave out excluded files even if they are given as paths."
    ),
    click.option("--isolated", is_flag=True, help="Look for no configuration."),
)


# Which codes.


class Codes(NamedTuple):
    """Which codes are looked for."""

    select: tuple[str, ...]
    extend_select: tuple[str, ...]
    ignore: tuple[str, ...]


def split_codes(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """`KOG1,KOG2` as its parts; the option may be given several times."""
    return tuple(code.upper() for code in _split(values))


def _split(values: Sequence[str]) -> tuple[str, ...]:
    parts = [part.strip() for value in values for part in value.split(",")]
    return tuple(part for part in parts if part)


def _codes(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from kognitos_migrate.cli.names import codes

    return codes(ctx, parameter, incomplete)


def _codes_option(name: str, help: str) -> Decorator[Any]:
    return click.option(
        name, multiple=True, callback=split_codes, shell_complete=_codes, metavar="CODES", help=help
    )


codes_options = bundle(
    "codes",
    Codes,
    _codes_option(
        "--select",
        "Codes, or how codes begin, to look for: KOG1,KOG301, or ALL. Replaces the configuration's.",
    ),
    _codes_option("--extend-select", "Codes, or how codes begin, to look for as well: KOG4,KOG5."),
    _codes_option(
        "--ignore",
        "Codes, or how codes begin, to leave out, besides those that the configuration ignores.",
    ),
)


# What is kept between runs.


def _store(cache_dir: str | None, no_cache: bool) -> "Store":
    """Where a run keeps what others can use."""
    from kognitos_migrate.cache.folder import cache_folder
    from kognitos_migrate.cache.store import NOWHERE, Store

    return NOWHERE if no_cache else Store(cache_dir or cache_folder())


store_options = bundle(
    "store",
    _store,
    click.option(
        "--cache-dir",
        metavar="DIR",
        envvar="KOGNITOS_MIGRATE_CACHE_DIR",
        help="Where what is known of unchanged files is kept; in the user's cache folder by default.",
    ),
    click.option("-n", "--no-cache", is_flag=True, help="Keep nothing, and use nothing kept."),
)


# All that says what is looked at, and for what.


class Look(NamedTuple):
    """What a run looks at and for, as the command line says it."""

    where: Where
    codes: Codes
    store: "Store"

    def asked(self, paths: Sequence[str], stdin: Stdin | None = None) -> Asked:
        """The files that it is about."""
        config, files = self.where
        return Asked(paths, str(config) if config is not None else None, files, stdin, self.store)

    def options(self) -> "Options":
        """The options of a run."""
        from kognitos_migrate.run.session import Options

        (config, files), (select, extend_select, ignore) = self.where, self.codes
        return Options(config, select, ignore, extend_select, files, store=self.store)


look_options = bundle("look", Look, codes_options, where_options, store_options)


# How much is said.


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


chatter_options = bundle(
    "chatter",
    Chatter.of,
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but the findings."),
    click.option(
        "-v", "--verbose", is_flag=True, help="Say what was looked at; a traceback on an internal error."
    ),
)
