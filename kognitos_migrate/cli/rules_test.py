"""`kognitos-migrate rules test`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from click.exceptions import Exit

from kognitos_migrate.cli.options import color_option, config_option, examples
from kognitos_migrate.cli.outcome import ExitCode
from kognitos_migrate.cli.output import Output
from kognitos_migrate.report.diff import diff_text
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.paint import Paint
from kognitos_migrate.run.configuration import configure
from kognitos_migrate.run.examples import Outcome, Verdict, run_examples
from kognitos_migrate.run.session import load_engine


@click.command(
    epilog=examples(
        ("rules test", "do the rules, and those of the configuration, do what their examples say?"),
    )
)
@config_option
@color_option
def test(config: Path | None, color: str) -> None:
    """Run the examples inside the rules: each `before` must become its `after`.

    Exits with 0 if all are validated, 1 if one is missing (it did not become what it should) or noisy
    (something is found where nothing should be), 2 on an error.
    """
    outcomes = run_examples(configure(["."], config).rulebook, load_engine())
    output = Output.of(color)
    output.write("\n".join(_table(outcomes, output.paint)))
    failed = any(outcome.verdict is not Verdict.VALIDATED for outcome in outcomes)
    raise Exit(ExitCode.FOUND if failed else ExitCode.CLEAN)


def _table(outcomes: Sequence[Outcome], paint: Paint) -> Iterator[str]:
    rule = max((len(outcome.rule) for outcome in outcomes), default=0)
    for outcome in outcomes:
        verdict = f"{outcome.verdict.value:<9}"
        validated = outcome.verdict is Verdict.VALIDATED
        colored = paint.good(verdict) if validated else paint.bad(verdict)
        yield f"{colored}  {outcome.rule:<{rule}}  {plain(outcome.about)}"
        for line in outcome.found:
            yield f"    {plain(line)}"
        if outcome.difference is not None:
            yield "    what it became (-) and what was expected (+):"
            yield from (f"    {line}" for line in diff_text([outcome.difference], paint).split("\n"))
    counts = Counter(outcome.verdict for outcome in outcomes)
    yield ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict)
