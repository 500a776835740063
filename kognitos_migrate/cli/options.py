"""Options and option groups that several commands share."""

import os
from collections.abc import Callable, Sequence
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from kognitos_migrate.cli.command_classes import Command, Decorator, in_section
from kognitos_migrate.errors import UsageError
from kognitos_migrate.run.scan import FileChoice, ScanRequest, Stdin

if TYPE_CHECKING:
    from pathlib import Path

    from kognitos_migrate.cache import Store
    from kognitos_migrate.run.session import Options


STDIN = "-"


def examples_help(*lines: tuple[str, str]) -> str:
    """The end of a help text: command lines without the program's name, each with its purpose."""
    paragraphs = (f"  # {about}\n  $ kognitos-migrate {line}" for line, about in lines)
    return "\b\nExamples:\n" + "\n".join(paragraphs)


def refuse_if(condition: object, message: str, expected: str | None = None) -> None:
    """Raise UsageError if `condition` is true."""
    if condition:
        raise UsageError(message, expected=expected)


def parse_path(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> "Path | None":
    """A path as a `Path`. `pathlib` is only imported if the option is used."""
    if value is None:
        return None
    from pathlib import Path

    return Path(value)


def parse_output(ctx: click.Context, parameter: click.Parameter, value: str | None) -> "Path | None":
    """The file for the output; None for stdout, which is also written `-`."""
    return parse_path(ctx, parameter, None if value == "-" else value)


paths_argument = click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")

config_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False),
    callback=parse_path,
    metavar="FILE",
    help="Configuration file to use instead of the one found by walking up from the paths.",
)


output_file_option = click.option(
    "-o",
    "--output-file",
    type=click.Path(dir_okay=False, allow_dash=True),
    callback=parse_output,
    metavar="FILE",
    help="Write to FILE instead of stdout (-).",
)

baseline_option = click.option(
    "--baseline",
    type=click.Path(dir_okay=False),
    callback=parse_path,
    metavar="FILE",
    help="Baseline file to use instead of the configured one.",
)


def _choose_color(ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    """The choice, which also applies to the command's messages on stderr (`terminal.is_colored`)."""
    ctx.color = {"always": True, "never": False}.get(value)
    return value


def _color_option(*, expose_value: bool) -> Decorator[Any]:
    return in_section(
        "Miscellaneous",
        click.option(
            "--color",
            type=click.Choice(["auto", "always", "never"]),
            default="auto",
            show_default=True,
            callback=_choose_color,
            expose_value=expose_value,
            help="When to use color; auto: at a terminal, unless NO_COLOR is set.",
        ),
    )


color_option = _color_option(expose_value=True)

message_color_option = _color_option(expose_value=False)
"""For commands whose result is never colored: applies to their messages on stderr."""

quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print errors only.")

results_only_option = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    help="No effect: this command prints only its result.",
)


def option_group(name: str, make: Callable[..., object], *options: Decorator[Any]) -> Decorator[Any]:
    """A decorator that adds `options` to a command and passes their values as one argument, `name`.

    `make` creates the argument, with the options' names as its parameters. An option may itself be an option
    group.
    """
    option_names = tuple(signature(make).parameters)

    def decorate(command: Command) -> Command:
        @wraps(command)
        def grouped_command(*args: Any, **values: Any) -> Any:
            group = make(**{option_name: values.pop(option_name) for option_name in option_names})
            return command(*args, **{name: group}, **values)

        for option in reversed(options):
            grouped_command = option(grouped_command)
        return cast(Command, grouped_command)

    return decorate


# The choice of files.


class ConfigChoice(NamedTuple):
    """The configuration file, and the choice of files."""

    config: "Path | None"
    files: FileChoice


def config_choice(
    config: tuple[str, ...],
    exclude: tuple[str, ...],
    *,
    respect_gitignore: bool,
    force_exclude: bool,
    isolated: bool,
) -> ConfigChoice:
    file, overrides = _split_config_values(config)
    refuse_if(isolated and file, "--isolated can't be combined with --config")
    return ConfigChoice(file, FileChoice(exclude, respect_gitignore, force_exclude, isolated, overrides))


def _split_config_values(values: Sequence[str]) -> "tuple[Path | None, tuple[str, ...]]":
    """The configuration file and the KEY=VALUE overrides among the values. Raises UsageError."""
    files = [value for value in values if os.path.isfile(value)]
    keys = tuple(value for value in values if value not in files)
    refuse_if(len(files) > 1, f"--config names two files: {' and '.join(files)}")
    wrong = next((key for key in keys if "=" not in key), None)
    refuse_if(wrong is not None, f"--config: there is no file {wrong!r}", "expected a file, or KEY=VALUE")
    if not files:
        return None, keys
    from pathlib import Path

    return Path(files[0]), keys


all_files_option = in_section(
    "File selection",
    click.option(
        "--all-files",
        is_flag=True,
        help="Also search other files: scripts, configuration, documentation (KOG401, KOG402).",
    ),
)

config_choice_options = option_group(
    "config_choice",
    config_choice,
    in_section(
        "File selection",
        click.option(
            "--config",
            multiple=True,
            metavar="FILE|KEY=VALUE",
            help="Configuration file to use, or KEY=VALUE to override a setting, as in ignore=[KOG302]. "
            "Can be repeated.",
        ),
        click.option(
            "--exclude",
            "--extend-exclude",
            "exclude",
            multiple=True,
            callback=lambda _ctx, _parameter, values: _split(values),
            metavar="PATTERNS",
            help="Files and folders to exclude in addition to the configured ones: old/,*_pb2.py.",
        ),
        click.option(
            "--respect-gitignore/--no-respect-gitignore",
            default=True,
            show_default=True,
            help="Skip files that git ignores.",
        ),
        click.option(
            "--force-exclude", is_flag=True, help="Skip excluded files even if they are passed as paths."
        ),
        click.option("--isolated", is_flag=True, help="Ignore all configuration files."),
    ),
)


# The choice of codes.


class CodeChoice(NamedTuple):
    """The codes that are selected and ignored."""

    select: tuple[str, ...]
    extend_select: tuple[str, ...]
    ignore: tuple[str, ...]


def split_codes(_ctx: click.Context, _parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """The codes in comma-separated values, in upper case."""
    return tuple(code.upper() for code in _split(values))


def _split(values: Sequence[str]) -> tuple[str, ...]:
    parts = [part.strip() for value in values for part in value.split(",")]
    return tuple(part for part in parts if part)


def _complete_code(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from kognitos_migrate.cli.completion_items import complete_codes

    return complete_codes(ctx, parameter, incomplete)


def _codes_option(name: str, help: str) -> Decorator[Any]:
    return click.option(
        name, multiple=True, callback=split_codes, shell_complete=_complete_code, metavar="CODES", help=help
    )


code_options = option_group(
    "codes",
    CodeChoice,
    in_section(
        "Rule selection",
        _codes_option(
            "--select",
            "Codes or code prefixes to enable: KOG1,KOG301, or ALL. Replaces the configured selection.",
        ),
        _codes_option("--extend-select", "Codes or code prefixes to enable in addition: KOG4,KOG5."),
        _codes_option(
            "--ignore",
            "Codes or code prefixes to disable in addition to the configured ones.",
        ),
    ),
)


# The cache.


def _choose_store(cache_dir: str | None, *, no_cache: bool) -> "Store":
    """The cache of a run."""
    from kognitos_migrate.cache import NO_STORE, Store, cache_folder

    return NO_STORE if no_cache else Store(cache_dir or cache_folder())


store_options = option_group(
    "store",
    _choose_store,
    in_section(
        "Miscellaneous",
        click.option(
            "--cache-dir",
            metavar="DIR",
            envvar="KOGNITOS_MIGRATE_CACHE_DIR",
            help="Cache directory. [default: in the user's cache folder]",
        ),
        click.option("-n", "--no-cache", is_flag=True, help="Disable the cache."),
    ),
)


# The scope of a run.


class ScanOptions(NamedTuple):
    """The scope of a run from the command line: its files, codes and cache."""

    config_choice: ConfigChoice
    codes: CodeChoice
    store: "Store"

    def scan_request(self, paths: Sequence[str], stdin: Stdin | None = None) -> ScanRequest:
        """The files to scan."""
        config, files = self.config_choice
        return ScanRequest(paths, str(config) if config is not None else None, files, stdin, self.store)

    def options(self) -> "Options":
        """The options of the run."""
        from kognitos_migrate.run.session import Options

        (config, files), (select, extend_select, ignore) = self.config_choice, self.codes
        return Options(config, select, ignore, extend_select, files, store=self.store)


scan_options = option_group("scope", ScanOptions, code_options, config_choice_options, store_options)


# Verbosity.


class Verbosity(NamedTuple):
    """Whether to print more or less than the findings."""

    quiet: bool = False
    verbose: bool = False

    @classmethod
    def of(cls, *, quiet: bool, verbose: bool) -> "Verbosity":
        """The verbosity that `-q` and `-v` choose. Raises UsageError if both are set."""
        refuse_if(quiet and verbose, "--quiet can't be combined with --verbose")
        return cls(quiet, verbose)

    def print_verbose(self, text: str) -> None:
        """Print `text` to stderr with `-v`."""
        if self.verbose:
            from kognitos_migrate.report.escape import plain

            click.echo(plain(text), err=True)


def verbosity_options(quiet_help: str) -> Decorator[Any]:
    """The options `-q` and `-v` of a command, with the help of `-q`."""
    return option_group(
        "verbosity",
        Verbosity.of,
        in_section(
            "Miscellaneous",
            click.option("-q", "--quiet", is_flag=True, help=quiet_help),
            click.option(
                "-v",
                "--verbose",
                is_flag=True,
                help="Show what was analyzed, and tracebacks of internal errors.",
            ),
        ),
    )
