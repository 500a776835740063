"""`kognitos-migrate rules list`."""

from pathlib import Path

import click

from kognitos_migrate.cli.options import config_option
from kognitos_migrate.run.configuration import configure


@click.command("list")
@config_option
def list_rules(config: Path | None) -> None:
    """List the rules and the HTTP clients."""
    rulebook = configure(["."], config).rulebook
    operations = sorted(rulebook.operations, key=lambda operation: operation.code)
    width = max((len(operation.name) for operation in operations), default=0)
    for operation in operations:
        click.echo(f"{operation.code}  {operation.name:<{width}}  {operation.message}")
    if rulebook.clients:
        click.echo()
        click.echo(f"HTTP clients: {', '.join(sorted(client.title for client in rulebook.clients))}")
