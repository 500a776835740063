"""`kognitos-migrate baseline`."""

import click

from kognitos_migrate.cli.lazy import LazyGroup

_COMMANDS = {
    "create": ("kognitos_migrate.cli.baseline_create:create", "Write a baseline of all that is found now."),
    "update": ("kognitos_migrate.cli.baseline_update:update", "Take out of the baseline what is gone."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def baseline() -> None:
    """Note the findings that are known: with `check --baseline`, they pass, and only new ones fail."""
