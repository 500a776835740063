"""The command `explain`."""

from pathlib import Path

import click

from kognitos_migrate.cli.options import (
    Verbosity,
    color_option,
    config_option,
    examples,
    refuse_if,
    verbosity_options,
)
from kognitos_migrate.cli.output import Output, print_problems
from kognitos_migrate.cli.terminal import progress_bar
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
@verbosity_options
def explain(what: str, output_format: str, config: Path | None, color: str, verbosity: Verbosity) -> None:
    """Tell all that is known of a place: why it is a finding (or none), how the request and its reply were
    followed, what shows that it is the API's, its conversation, what `fix` does to it, and what unlocks a
    fix where there is none. Any line of a statement will do.

    In the place of a place, a code (KOG101) or a reason (not-configured) is explained.

    Exits with 0 if it is explained, 2 on an error.
    """
    from kognitos_migrate.findings.request_accounts import parse_place_query
    from kognitos_migrate.report.redact import redact, redact_session, secrets_of
    from kognitos_migrate.run.place_query import explain as explained

    output = Output.of(color)
    target = parse_place_query(what)
    refuse_if(target is None and Path(what).is_file(), f"{what}: no line is named", f"expected {what}:LINE")
    if target is None:
        output.write(_by_name(what, config, output))
        return
    with progress_bar(quiet=verbosity.quiet) as progress:
        explanation, session = explained(target, Options(config=config), progress)
    print_problems(session.result, verbose=verbosity.verbose)
    explanation, session = redact(explanation, secrets_of(session)), redact_session(session)
    if output_format == "json":
        from kognitos_migrate.report.explanation import explained_json

        output.write(explained_json(explanation, session.sources, session.settings.root))
    else:
        from kognitos_migrate.report.explanation import explained_text

        output.write(explained_text(explanation, session.sources, output.paint))


def _by_name(name: str, config: Path | None, output: Output) -> str:
    """The explanation of a code or a reason. Raises UsageError if there is none of that name."""
    from kognitos_migrate.cli.rules import explanation_text
    from kognitos_migrate.run.configuration import configure

    return explanation_text(name, configure(["."], config).rulebook, output.paint)
