"""Options that several commands have, and the examples in their help."""

from typing import TYPE_CHECKING

import click

from kognitos_migrate.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

STDIN = "-"


def examples(*lines: tuple[str, str]) -> str:
    """The end of a help text: command lines (without the program's name), and what each is for."""
    said = (f"  # {about}\n  $ kognitos-migrate {line}" for line, about in lines)
    return "\b\nExamples:\n" + "\n".join(said)


def refuse(condition: object, message: str, expected: str | None = None) -> None:
    """Raise a UsageError if `condition` holds."""
    if condition:
        raise UsageError(message, expected=expected)


def as_path(ctx: click.Context, parameter: click.Parameter, value: str | None) -> "Path | None":
    """A path as a `Path`. `pathlib` is loaded when one is given, since most runs are given none."""
    if value is None:
        return None
    from pathlib import Path

    return Path(value)


def as_output(ctx: click.Context, parameter: click.Parameter, value: str | None) -> "Path | None":
    """A file to write to; None for the standard output, which `-` is too."""
    return as_path(ctx, parameter, None if value == "-" else value)


paths_argument = click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")

config_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False),
    callback=as_path,
    metavar="FILE",
    help="The configuration, in the place of the one found by walking up from the paths.",
)

all_files_option = click.option(
    "--all-files",
    is_flag=True,
    help="Search files that are not Python, too: scripts, configuration, documentation (KOG401, KOG402).",
)

output_file_option = click.option(
    "-o",
    "--output-file",
    type=click.Path(dir_okay=False, allow_dash=True),
    callback=as_output,
    metavar="FILE",
    help="Write there, and not to the standard output (-).",
)

baseline_option = click.option(
    "--baseline",
    type=click.Path(dir_okay=False),
    callback=as_path,
    metavar="FILE",
    help="The baseline, in the place of the one that the configuration names.",
)

color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Whether to use colour; auto: at a terminal, unless NO_COLOR is set.",
)
