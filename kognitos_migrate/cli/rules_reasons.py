"""`kognitos-migrate rules reasons`."""

import click

from kognitos_migrate.cli.options import examples
from kognitos_migrate.findings.reasons import REASONS


@click.command(
    epilog=examples(
        ("rules reasons", "all reasons, and what unlocks a fix"),
    )
)
def reasons() -> None:
    """List the reasons for which findings are not simply fixed, and what unlocks each.

    A finding names its reason in brackets, and as `reason` in JSON. `rules show REASON` tells more.
    """
    width = max(map(len, REASONS))
    for name, reason in REASONS.items():
        click.echo(f"{name:<{width}}  {reason.means}")
        click.echo(f"{'':<{width}}  -> {reason.unlocks}")
