"""The examples of codes and reasons (rules/examples.toml): each has its finding, and loses it as it says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from kognitos_migrate.cache import NO_STORE
from kognitos_migrate.findings.examples import FindingExample, finding_examples
from kognitos_migrate.findings.reasons import all_reasons
from kognitos_migrate.findings.result import Applicability, Finding
from kognitos_migrate.rulebook.codes import OWN_CODES
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.session import Options, run_check

EXAMPLES = finding_examples()
WITH_PROGRAM = [name for name, example in EXAMPLES.items() if example.before]
RESOLVED = [name for name in WITH_PROGRAM if EXAMPLES[name].after or EXAMPLES[name].configuration]


def test_every_reason_and_every_own_code_has_an_example_or_a_note() -> None:
    names = {*all_reasons(), *(rule.code for rule in OWN_CODES)}
    assert names == {*EXAMPLES}
    assert [name for name, example in EXAMPLES.items() if not example.before and not example.note] == []


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project of its own: from elsewhere, the fixtures would be searched for its settings files."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", WITH_PROGRAM)
def test_a_program_has_its_finding(name: str, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    findings = found(example, example.before, {}, tmp_path)
    assert name in names_of(findings), findings


@pytest.mark.parametrize("name", RESOLVED)
def test_a_program_loses_its_finding(name: str, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    addition = yaml.safe_load(example.configuration) if example.configuration else {}
    findings = found(example, example.after or example.before, addition, tmp_path)
    assert [finding for finding in findings if finding.fix.applicability is not Applicability.SAFE] == []


def names_of(findings: tuple[Finding, ...]) -> set[str]:
    """The codes and the reasons of findings."""
    return {name for finding in findings for name in (finding.code, finding.reason) if name is not None}


def found(
    example: FindingExample, text: str, addition: Mapping[str, Any], folder: Path
) -> tuple[Finding, ...]:
    """The findings in a program of an example, with these keys added to the configuration."""
    settings = {**sample(), **example.settings}
    for key, value in addition.items():
        settings[key] = {**settings.get(key, {}), **value} if isinstance(value, dict) else value
    (folder / "kognitos-migrate.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    file = folder / example.file
    file.write_text(text.lstrip("\n"), encoding="utf-8")
    return run_check([str(file)], Options(store=NO_STORE, extend_select=("KOG",))).result.findings


def sample() -> dict[str, Any]:
    """The sample configuration of the built-in rules."""
    (api,) = load_rulebook().apis.values()
    return dict(api.sample)
