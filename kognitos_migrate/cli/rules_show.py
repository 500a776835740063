"""`kognitos-migrate rules show CODE`, or `REASON`."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import click

from kognitos_migrate.cli.names import codes_and_reasons
from kognitos_migrate.cli.options import color_option, config_option, examples
from kognitos_migrate.cli.output import Output
from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.finding import Change
from kognitos_migrate.findings.reasons import REASONS, reason_of
from kognitos_migrate.findings.refusals import Reason
from kognitos_migrate.report.diff import diff_text
from kognitos_migrate.report.escape import plain, plain_lines
from kognitos_migrate.report.paint import Paint
from kognitos_migrate.rulebook.codes import OWN_CODES, OwnCode, nearest_codes
from kognitos_migrate.rulebook.model import Example, Operation, Rulebook
from kognitos_migrate.run.configuration import configure


@click.command(
    epilog=examples(
        ("rules show KOG101", "explain a code"),
        ("rules show not-configured", "explain a reason"),
    )
)
@click.argument("name", metavar="CODE|REASON", shell_complete=codes_and_reasons)
@config_option
@color_option
def show(name: str, config: Path | None, color: str) -> None:
    """Explain the rule with this CODE (or name), or the REASON why a finding is not simply fixed."""
    output = Output.of(color)
    output.write(explained(name, configure(["."], config).rulebook, output.paint))


def explained(name: str, rulebook: Rulebook, paint: Paint) -> str:
    """All that is said of a code, a rule's name or a reason. Raises UsageError where it is none."""
    rule, reason = _named(name, rulebook), reason_of(name.lower())
    if rule is None and reason is None:
        near = [*nearest_codes(name, rulebook), *get_close_matches(name.lower(), REASONS, cutoff=0.7)]
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(
            f"no rule and no reason is called {name!r}",
            expected=f"{meant}`rules list` and `rules reasons` list them",
        )
    parts = [_rule(rule, paint)] if rule is not None else []
    if reason is not None:
        parts.append(_reason(reason, paint))
    return "\n\n".join("\n".join(part) for part in parts)


def _named(name: str, rulebook: Rulebook) -> Operation | OwnCode | None:
    for operation in rulebook.operations:
        if name.lower() in (operation.code.lower(), operation.name, operation.id):
            return operation
    return next((own for own in OWN_CODES if name.lower() in (own.code.lower(), own.name)), None)


def _reason(reason: Reason, paint: Paint) -> Iterator[str]:
    yield f"{paint.strong(reason.name)} (a reason): {reason.means}"
    yield ""
    yield f"{paint.label('what unlocks a fix')}: {reason.unlocks}"


def _rule(rule: Operation | OwnCode, paint: Paint) -> Iterator[str]:
    yield f"{paint.code(rule.code)} {paint.strong(rule.name)}: {plain(rule.message)}"
    yield ""
    yield plain_lines(rule.explain.rstrip())
    if isinstance(rule, Operation):
        yield ""
        yield plain(rule.url)
        yield from _examples(rule.examples, paint)


def _examples(examples: Sequence[Example], paint: Paint) -> Iterator[str]:
    for example in examples:
        yield ""
        yield f"Example: {plain(example.about)}"
        yield diff_text([Change("example.py", example.before, example.after)], paint)
