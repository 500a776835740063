"""Runs the examples of the rules as tests."""

from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path

from kognitos_migrate.config.load import RawConfig, settings_of
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.result import Applicability, Change, Finding
from kognitos_migrate.rulebook.document import Document
from kognitos_migrate.rulebook.model import Example, Rulebook
from kognitos_migrate.run.engine_protocol import Engine
from kognitos_migrate.source.file import decode_module
from kognitos_migrate.structs import Struct

FILE = "example.py"


class ExampleVerdict(Enum):
    """The outcome of an example."""

    VALIDATED = "validated"
    """`before` became `after`, and `after` has no findings."""
    MISSING = "missing"
    """`before` did not become `after`."""
    NOISY = "noisy"
    """`after` has findings, or `before` has some although it should stay as it is."""


class ExampleOutcome(Struct, frozen=True):
    """An example's verdict. `difference` is the change from the actual to the expected result."""

    rule: str
    about: str
    verdict: ExampleVerdict
    difference: Change | None = None
    findings: tuple[str, ...] = ()


def run_examples(rulebook: Rulebook, analyse: Engine) -> Sequence[ExampleOutcome]:
    """The outcomes of all examples of the rules, analysed with the sample configuration of their API."""
    settings = sample_settings(rulebook)
    return [_run_example(rule, example, rulebook, settings, analyse) for rule, example in _examples(rulebook)]


def sample_settings(rulebook: Rulebook) -> Settings:
    """The settings for the examples of the rules. Raises ConfigError if a sample is invalid."""
    value = {key: item for api in rulebook.apis.values() for key, item in api.sample.items()}
    return settings_of(RawConfig(Path("sample.yaml"), Document("sample", value, {}), ()), rulebook)


def _examples(rulebook: Rulebook) -> Iterator[tuple[str, Example]]:
    for operation in rulebook.operations:
        for example in operation.examples:
            yield operation.code, example
    for client in rulebook.clients:
        for example in client.examples:
            yield client.id, example
    for mock in rulebook.mocks:
        for example in mock.examples:
            yield mock.id, example


def _run_example(
    rule: str, example: Example, rulebook: Rulebook, settings: Settings, analyse: Engine
) -> ExampleOutcome:
    source = decode_module(example.before.encode(), FILE)
    first = analyse([source], rulebook, settings, Applicability.SAFE)
    got = first.changes[0].after if first.changes else example.before
    if example.before == example.after and first.findings:
        return ExampleOutcome(
            rule, example.about, ExampleVerdict.NOISY, findings=tuple(_finding_lines(first.findings))
        )
    if got != example.after:
        difference = Change(FILE, got, example.after)
        messages = tuple(_finding_lines(first.findings))
        return ExampleOutcome(rule, example.about, ExampleVerdict.MISSING, difference, messages)
    again = analyse([decode_module(got.encode(), FILE)], rulebook, settings, Applicability.SAFE)
    if again.findings:
        return ExampleOutcome(
            rule, example.about, ExampleVerdict.NOISY, findings=tuple(_finding_lines(again.findings))
        )
    return ExampleOutcome(rule, example.about, ExampleVerdict.VALIDATED)


def _finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        place = f"{finding.place.row}:{finding.place.column}"
        yield f"{place}: {finding.code} {finding.message}: {finding.fix.message}"
