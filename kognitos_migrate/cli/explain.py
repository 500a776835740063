"""`kognitos-migrate explain`."""

from pathlib import Path

import click

from kognitos_migrate.cli.bundles import Chatter, chatter_options
from kognitos_migrate.cli.options import color_option, config_option, examples, refuse
from kognitos_migrate.cli.output import Output, say_problems
from kognitos_migrate.cli.progress import shown_progress
from kognitos_migrate.run.session import Options


@click.command(
    epilog=examples(
        ("explain app/jobs.py:42", "why is this a finding, or why is it none?"),
        ("explain app/jobs.py:42 --output-format json", "the same for a program"),
        ("explain not-configured", "what a reason means, and what unlocks a fix"),
        ("explain KOG101", "what a code means"),
    )
)
@click.argument("what", metavar="FILE:LINE[:COLUMN]|CODE|REASON")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is told; json goes with a place only.",
)
@config_option
@color_option
@chatter_options
def explain(what: str, output_format: str, config: Path | None, color: str, chatter: Chatter) -> None:
    """Tell all that is known of a place: why it is a finding (or none), how the request and its reply were
    followed, what shows that it is the API's, its conversation, what `fix` does to it, and what unlocks a
    fix where there is none. Any line of a statement will do.

    In the place of a place, a code (KOG101) or a reason (not-configured) is explained.

    Exits with 0 if it is told, 2 on an error.
    """
    from kognitos_migrate.findings.explanation import target_of
    from kognitos_migrate.report.mask import hidden, masked, secrets_of
    from kognitos_migrate.run.explain import explain as explained

    output = Output.of(color)
    target = target_of(what)
    refuse(target is None and Path(what).is_file(), f"{what}: no line is named", f"expected {what}:LINE")
    if target is None:
        output.write(_by_name(what, config, output))
        return
    with shown_progress(chatter.quiet) as progress:
        explanation, session = explained(target, Options(config=config), progress)
    say_problems(session.result, chatter.verbose)
    explanation, session = hidden(explanation, secrets_of(session)), masked(session)
    if output_format == "json":
        from kognitos_migrate.report.explained_json import explained_json

        output.write(explained_json(explanation, session.sources, session.settings.root))
    else:
        from kognitos_migrate.report.explained import explained_text

        output.write(explained_text(explanation, session.sources, output.paint))


def _by_name(name: str, config: Path | None, output: Output) -> str:
    """What is said of a code or a reason. Raises UsageError."""
    from kognitos_migrate.cli.rules_show import explained
    from kognitos_migrate.run.configuration import configure

    return explained(name, configure(["."], config).rulebook, output.paint)
