"""`kognitos-migrate rules`."""

import click

from kognitos_migrate.cli.lazy import LazyGroup

_COMMANDS = {
    "list": ("kognitos_migrate.cli.rules_list:list_rules", "List the rules, clients and mock libraries."),
    "show": ("kognitos_migrate.cli.rules_show:show", "Explain one rule, or one reason."),
    "reasons": ("kognitos_migrate.cli.rules_reasons:reasons", "List why findings stay as they are."),
    "schema": ("kognitos_migrate.cli.rules_schema:schema", "Write the JSON Schema of a rule file."),
    "test": ("kognitos_migrate.cli.rules_test:test", "Run the examples inside the rules."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def rules() -> None:
    """List, explain and test the rules: the built-in ones and those of the configuration."""
