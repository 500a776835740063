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
from kognitos_migrate.rulebook.model import Example, Operation, Rulebook
from kognitos_migrate.run.configuration import configure


@click.command()
@click.argument("code")
@config_option
@color_option
def show(code: str, config: Path | None, color: str) -> None:
    """Explain the rule with this CODE (or name)."""
    operation = _named(code, configure(["."], config).rulebook)
    output = Output.of(color)
    output.write("\n".join(_explained(operation, output.paint)))


def _named(code: str, rulebook: Rulebook) -> Operation:
    for operation in rulebook.operations:
        if code.lower() in (operation.code.lower(), operation.name, operation.id):
            return operation
    codes = ", ".join(sorted(operation.code for operation in rulebook.operations))
    raise UsageError(f"no rule is called {code!r}", expected=f"expected one of {codes}")


def _explained(operation: Operation, paint: Paint) -> Iterator[str]:
    yield f"{paint.code(operation.code)} {paint.strong(operation.name)}: {operation.message}"
    yield ""
    yield operation.explain.rstrip()
    yield ""
    yield operation.url
    yield from _examples(operation.examples, paint)


def _examples(examples: Sequence[Example], paint: Paint) -> Iterator[str]:
    for example in examples:
        yield ""
        yield f"Example: {example.about}"
        yield diff_text([Change("example.py", example.before, example.after)], paint)
