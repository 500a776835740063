"""`kognitos-migrate rules schema`."""

import json

import click

from kognitos_migrate.cli.options import examples
from kognitos_migrate.rulebook.schema import json_schema


@click.command(
    epilog=examples(("rules schema > rules.schema.json", "for an editor that completes and checks"))
)
def schema() -> None:
    """Write the JSON Schema of rule files, for editors."""
    click.echo(json.dumps(json_schema(), indent=2))
