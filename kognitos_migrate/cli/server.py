"""The command `server`."""

import os
import sys

import click
from click.exceptions import Exit

from kognitos_migrate.addresses import install_advice
from kognitos_migrate.cli.options import (
    ScanOptions,
    examples_help,
    message_color_option,
    results_only_option,
    scan_options,
)
from kognitos_migrate.errors import UsageError


@click.command(
    epilog=examples_help(
        ("server", "for an editor: reads stdin, writes stdout"),
        ("server --config kognitos-migrate.yaml", "with this configuration for all folders"),
    )
)
@scan_options
@message_color_option
@results_only_option
def server(scope: ScanOptions) -> None:
    """Run a language server for editors on stdin and stdout.

    It needs the extra `lsp`. The documentation shows how to install it, and how to configure VS Code, Neovim
    and PyCharm.
    """
    try:
        import pygls
    except ImportError as error:
        raise UsageError(
            "the language server needs the `lsp` extra", expected=install_advice("lsp")
        ) from error
    del pygls
    if sys.stdin.isatty():
        click.echo("This command is meant to be started by an editor; press Ctrl-C to quit.", err=True)
    from kognitos_migrate.lsp.start import serve

    raise Exit(serve(_with_absolute_paths(scope).options()))


def _with_absolute_paths(scope: ScanOptions) -> ScanOptions:
    """The scope with absolute paths, since checks run in the folders of the editor."""
    config, folder = scope.config_choice.config, scope.store.folder
    return scope._replace(
        config_choice=scope.config_choice._replace(config=config.absolute() if config is not None else None),
        store=scope.store._replace(folder=os.path.abspath(folder) if folder is not None else None),
    )
