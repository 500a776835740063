"""The commands `rules list`, `show`, `reasons`, `schema` and `test`."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import click
from click.exceptions import Exit

from kognitos_migrate.cli.command_classes import LazyGroup
from kognitos_migrate.cli.completion_items import complete_codes_and_reasons
from kognitos_migrate.cli.exit_codes import ExitCode
from kognitos_migrate.cli.options import (
    color_option,
    config_option,
    examples_help,
    message_color_option,
    quiet_option,
    results_only_option,
)
from kognitos_migrate.cli.output import Output
from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.examples import FindingExample, finding_examples
from kognitos_migrate.findings.reasons import Reason, all_reasons, reason_of
from kognitos_migrate.findings.result import Change
from kognitos_migrate.report.diff import diff_text
from kognitos_migrate.report.escape import plain, plain_block
from kognitos_migrate.report.style import TextStyle
from kognitos_migrate.rulebook.codes import OWN_CODES, OwnCode, all_rules, nearest_codes
from kognitos_migrate.rulebook.model import Example, Operation, Rulebook
from kognitos_migrate.rulebook.schema import json_schema
from kognitos_migrate.run.configuration import configure
from kognitos_migrate.run.rule_examples import ExampleOutcome, ExampleVerdict, run_examples
from kognitos_migrate.run.session import load_engine


@click.command(
    "list",
    epilog=examples_help(
        ("rules list", "all codes, and the HTTP clients"),
    ),
)
@config_option
@message_color_option
@results_only_option
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


@click.command(
    epilog=examples_help(
        ("rules show KOG101", "explain a code"),
        ("rules show not-configured", "explain a reason"),
    )
)
@click.argument("name", metavar="CODE|REASON", shell_complete=complete_codes_and_reasons)
@config_option
@color_option
@results_only_option
def show(name: str, config: Path | None, color: str) -> None:
    """Explain a rule by its CODE or name, or a REASON why a finding has no safe fix."""
    output = Output.of(color)
    output.write(explanation_text(name, configure(["."], config).rulebook, output.paint))


def explanation_text(name: str, rulebook: Rulebook, paint: TextStyle) -> str:
    """The explanation of a code, a rule's name or a reason.

    Raises UsageError if there is none of that name.
    """
    rule, reason = _find_rule(name, rulebook), reason_of(name.lower())
    if rule is None and reason is None:
        near = [*nearest_codes(name, rulebook), *get_close_matches(name.lower(), all_reasons(), cutoff=0.7)]
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(
            f"no rule or reason {name!r}",
            expected=f"{meant}`kognitos-migrate rules list` and `kognitos-migrate rules reasons` list them",
        )
    parts = [_rule(rule, paint)] if rule is not None else []
    if reason is not None:
        parts.append(_reason(reason, paint))
    own = rule.code if isinstance(rule, OwnCode) else None
    example = finding_examples().get(reason.name if reason is not None else own or "")
    if example is not None:
        parts.append(_finding_example(example, paint))
    return "\n\n".join("\n".join(part) for part in parts)


def _find_rule(name: str, rulebook: Rulebook) -> Operation | OwnCode | None:
    for operation in rulebook.operations:
        if name.lower() in (operation.code.lower(), operation.name, operation.id):
            return operation
    return next((own for own in OWN_CODES if name.lower() in (own.code.lower(), own.name)), None)


def _reason(reason: Reason, paint: TextStyle) -> Iterator[str]:
    yield f"{paint.strong(reason.name)} (a reason): {reason.means}"
    yield ""
    yield f"{paint.label('what to do')}: {reason.unlocks}"


def _rule(rule: Operation | OwnCode, paint: TextStyle) -> Iterator[str]:
    yield f"{paint.code(rule.code)} {paint.strong(rule.name)}: {plain(rule.message)}"
    yield ""
    yield plain_block(rule.explain.rstrip())
    if isinstance(rule, Operation):
        yield ""
        yield plain(rule.url)
        yield from _examples(rule.examples, paint)


def _examples(examples: Sequence[Example], paint: TextStyle) -> Iterator[str]:
    for example in examples:
        yield ""
        yield f"Example: {plain(example.about)}"
        yield diff_text([Change("example.py", example.before, example.after)], paint)


def _finding_example(example: FindingExample, paint: TextStyle) -> Iterator[str]:
    """The example of one of the tool's own codes, or of a reason."""
    if example.before:
        yield "Example:"
        if example.after:
            before, after = (f"{text.strip()}\n" for text in (example.before, example.after))
            yield diff_text([Change(example.file, before, after)], paint)
        else:
            yield from (f"    {line}".rstrip() for line in example.before.strip().splitlines())
        if example.configuration:
            yield ""
            yield "Add to the configuration:"
            yield from (f"    {line}" for line in example.configuration.strip().splitlines())
    if example.before and example.note:
        yield ""
    if example.note:
        yield example.note.strip()


@click.command(
    epilog=examples_help(
        ("rules reasons", "all reasons, and how to resolve them"),
    )
)
@message_color_option
@results_only_option
def reasons() -> None:
    """List the reasons why findings have no safe fix, and how to resolve each.

    A finding shows its reason in parentheses, and as `reason` in JSON.
    """
    by_name = all_reasons()
    width = max(map(len, by_name))
    for name, reason in by_name.items():
        click.echo(f"{name:<{width}}  {reason.means}")
        click.echo(f"{'':<{width}}  -> {reason.unlocks}")


@click.command(
    epilog=examples_help(("rules schema > rules.schema.json", "completion and checks in your editor"))
)
@message_color_option
@results_only_option
def schema() -> None:
    """Print the JSON Schema of rule files, for editors."""
    click.echo(json.dumps(json_schema(), indent=2))


@click.command(
    epilog=examples_help(
        ("rules test", "run the examples of the built-in and the configured rules"),
    )
)
@config_option
@color_option
@quiet_option
def test(config: Path | None, color: str, *, quiet: bool) -> None:
    """Run the examples in the rules: each `before` must become its `after`.

    Exits with 0 if all are validated, 1 if one is missing (it became something else) or noisy (it has
    unexpected findings), 2 on an error.
    """
    outcomes = run_examples(configure(["."], config).rulebook, load_engine())
    output = Output.of(color)
    failed = [outcome for outcome in outcomes if outcome.verdict is not ExampleVerdict.VALIDATED]
    if not quiet:
        output.write("\n".join((*_table(outcomes, output.paint), _counts(outcomes))))
    elif failed:
        output.write("\n".join(_table(failed, output.paint)))
    raise Exit(ExitCode.FOUND if failed else ExitCode.CLEAN)


def _table(outcomes: Sequence[ExampleOutcome], paint: TextStyle) -> Iterator[str]:
    rule = max((len(outcome.rule) for outcome in outcomes), default=0)
    for outcome in outcomes:
        verdict = f"{outcome.verdict.value:<9}"
        validated = outcome.verdict is ExampleVerdict.VALIDATED
        colored = paint.good(verdict) if validated else paint.bad(verdict)
        yield f"{colored}  {outcome.rule:<{rule}}  {plain(outcome.about)}"
        for line in outcome.findings:
            yield f"    {plain(line)}"
        if outcome.difference is not None:
            yield "    actual (-) and expected (+):"
            yield from (f"    {line}" for line in diff_text([outcome.difference], paint).split("\n"))


def _counts(outcomes: Sequence[ExampleOutcome]) -> str:
    counts = Counter(outcome.verdict for outcome in outcomes)
    return ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in ExampleVerdict)


_COMMANDS = {
    "list": ("kognitos_migrate.cli.rules:list_rules", "List the rules, clients and mock libraries."),
    "show": ("kognitos_migrate.cli.rules:show", "Explain a rule or a reason."),
    "reasons": ("kognitos_migrate.cli.rules:reasons", "List the reasons why findings have no safe fix."),
    "schema": ("kognitos_migrate.cli.rules:schema", "Print the JSON Schema of rule files."),
    "test": ("kognitos_migrate.cli.rules:test", "Run the examples in the rules."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def rules() -> None:
    """List, explain and test the rules: the built-in ones and those of the configuration."""
