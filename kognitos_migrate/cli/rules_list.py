"""`kognitos-migrate rules list`."""

from pathlib import Path

import click

from kognitos_migrate.cli.options import config_option, examples
from kognitos_migrate.report.escape import plain
from kognitos_migrate.rulebook.codes import all_rules
from kognitos_migrate.run.configuration import configure


@click.command(
    "list",
    epilog=examples(
        ("rules list", "all codes, and the HTTP clients"),
    ),
)
@config_option
def list_rules(config: Path | None) -> None:
    """List the rules, the tool's own codes, the HTTP clients and the mock libraries."""
    rulebook = configure(["."], config).rulebook
    rules = all_rules(rulebook)
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        click.echo(f"{rule.code}  {rule.name:<{width}}  {plain(rule.message)}")
    if rulebook.clients:
        click.echo()
        click.echo(f"HTTP clients: {', '.join(sorted(plain(client.title) for client in rulebook.clients))}")
    if rulebook.mocks:
        click.echo(f"Mock libraries: {', '.join(sorted(plain(mock.title) for mock in rulebook.mocks))}")
