"""`kognitos-migrate rules show CODE`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from kognitos_migrate.cli.options import color_option, config_option
from kognitos_migrate.cli.output import Output
from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.finding import Change
from kognitos_migrate.report.diff import diff_text
from kognitos_migrate.report.paint import Paint
from kognitos_migrate.rulebook.codes import OWN_CODES, OwnCode, all_rules
from kognitos_migrate.rulebook.model import Example, Operation, Rulebook
from kognitos_migrate.run.configuration import configure


@click.command()
@click.argument("code")
@config_option
@color_option
def show(code: str, config: Path | None, color: str) -> None:
    """Explain the rule with this CODE (or name)."""
    rule = _named(code, configure(["."], config).rulebook)
    output = Output.of(color)
    output.write("\n".join(_explained(rule, output.paint)))


def _named(code: str, rulebook: Rulebook) -> Operation | OwnCode:
    for operation in rulebook.operations:
        if code.lower() in (operation.code.lower(), operation.name, operation.id):
            return operation
    for own in OWN_CODES:
        if code.lower() in (own.code.lower(), own.name):
            return own
    codes = ", ".join(rule.code for rule in all_rules(rulebook))
    raise UsageError(f"no rule is called {code!r}", expected=f"expected one of {codes}")


def _explained(rule: Operation | OwnCode, paint: Paint) -> Iterator[str]:
    yield f"{paint.code(rule.code)} {paint.strong(rule.name)}: {rule.message}"
    yield ""
    yield rule.explain.rstrip()
    if isinstance(rule, Operation):
        yield ""
        yield rule.url
        yield from _examples(rule.examples, paint)


def _examples(examples: Sequence[Example], paint: Paint) -> Iterator[str]:
    for example in examples:
        yield ""
        yield f"Example: {example.about}"
        yield diff_text([Change("example.py", example.before, example.after)], paint)
