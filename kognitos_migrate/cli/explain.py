"""The command `explain`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kognitos_migrate.cli.options import (
    Verbosity,
    color_option,
    config_option,
    examples_help,
    refuse_if,
    verbosity_options,
)
from kognitos_migrate.cli.output import Output, print_problems
from kognitos_migrate.cli.terminal import progress_bar
from kognitos_migrate.run.session import Options

_PATH = re.compile(r"[/\\]|[.]\w+$")
"""A part of a query that only paths have."""

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def _complete_query(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> "list[CompletionItem[Any]]":
    from kognitos_migrate.cli.completion_items import complete_query

    return complete_query(ctx, parameter, incomplete)


@click.command(
    epilog=examples_help(
        ("explain app/jobs.py:42", "why is (or isn't) this line a finding?"),
        ("explain app/jobs.py:42 --output-format json", "the same as JSON"),
        ("explain not-configured", "what a reason means, and how to resolve it"),
        ("explain KOG101", "what a code means"),
    )
)
@click.argument("query", metavar="FILE:LINE[:COLUMN]|CODE|REASON", shell_complete=_complete_query)
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of the explanation; json needs a location.",
)
@config_option
@color_option
@verbosity_options("Show no progress.")
def explain(query: str, output_format: str, config: Path | None, color: str, verbosity: Verbosity) -> None:
    """Explain a location, a rule code (KOG101) or a reason (not-configured).

    For a location (any line of the statement): why it is or isn't a finding, how the request and its response
    were traced, the evidence that it calls the API, its conversation, what `fix` changes, and what would
    make it fixable.

    Exits with 0, or 2 on an error.
    """
    from kognitos_migrate.findings.explanation import parse_place_query
    from kognitos_migrate.report.redact import redact, redact_session, secrets_of
    from kognitos_migrate.run.place_query import explain_place as explained

    output = Output.of(color)
    target = parse_place_query(query)
    refuse_if(target is None and Path(query).is_file(), f"{query} needs a line", f"expected {query}:LINE")
    is_path = target is None and _PATH.search(query) is not None
    refuse_if(is_path, f"{query}: no such file", "expected FILE:LINE, as in app/jobs.py:42")
    if target is None:
        output.write(_by_name(query, config, output))
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
