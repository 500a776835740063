"""The command `config schema`."""

import json
from pathlib import Path

import click

from kognitos_migrate.cli.command_classes import LazyGroup
from kognitos_migrate.cli.options import (
    config_option,
    examples_help,
    message_color_option,
    results_only_option,
)


@click.command(
    epilog=examples_help(
        ("config schema > kognitos-migrate.schema.json", "completion and checks in your editor"),
    )
)
@config_option
@message_color_option
@results_only_option
def schema(config: Path | None) -> None:
    """Print the JSON Schema of kognitos-migrate.yaml, for editors.

    Save it as kognitos-migrate.schema.json next to the configuration, and begin the configuration with the
    comment `# yaml-language-server: $schema=kognitos-migrate.schema.json`; `init` does so if the file exists.

    Keys that your own rules declare (`rules:`) are part of the schema.
    """
    from kognitos_migrate.config.discovery import find_config
    from kognitos_migrate.config.load import read_config
    from kognitos_migrate.config.schema import config_json_schema
    from kognitos_migrate.rulebook.load import load_rulebook

    file = config or find_config(".")
    rules = read_config(Path(file)).rules if file is not None else ()
    click.echo(json.dumps(config_json_schema(load_rulebook(rules)), indent=2))


_COMMANDS = {
    "schema": ("kognitos_migrate.cli.config:schema", "Print the JSON Schema of the configuration."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def config() -> None:
    """Describe the configuration. `init` creates it, and `check --show-settings` shows its values."""
