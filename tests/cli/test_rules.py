"""`kognitos-migrate rules`."""

import json

import pytest

from kognitos_migrate.findings.reasons import all_reasons
from kognitos_migrate.findings.result import Result as Findings
from kognitos_migrate.rulebook.codes import OWN_CODES, OwnCode
from tests.cli.conftest import Run
from tests.fakes import engine


def test_list(run: Run) -> None:
    result = run("rules", "list")
    assert result.exit_code == 0
    assert "KOG101  v1-start-run            starts a v1 run" in result.stdout
    assert "KOG805  half-migrated-field     reads a v2" in result.stdout
    assert "KOG901  syntax-error " in result.stdout
    assert "HTTP clients: " in result.stdout


def test_schema(run: Run) -> None:
    schema = json.loads(run("rules", "schema").stdout)
    assert "ClientFile" in schema["$defs"]


@pytest.mark.parametrize("name", ["KOG101", "kog101", "v1-start-run"])
def test_show(run: Run, name: str) -> None:
    result = run("rules", "show", name)
    assert result.exit_code == 0
    assert result.stdout.startswith("KOG101 v1-start-run: starts a v1 run\n")
    assert "Example: a literal URL" in result.stdout


@pytest.mark.parametrize("own", OWN_CODES, ids=lambda own: own.code)
def test_show_of_the_tools_own_codes(run: Run, own: OwnCode) -> None:
    result = run("rules", "show", own.code)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{own.code} {own.name}: {own.message}\n\n{own.explain}\n\n")
    assert "No newline" not in result.stdout


def test_show_of_an_own_code_has_an_example(run: Run) -> None:
    shown = run("rules", "show", "KOG806").stdout
    assert shown.count("Example:\n") == 1
    assert '["status"] == "Succeeded")\n' in shown


def test_show_of_no_rule(run: Run) -> None:
    result = run("rules", "show", "KOG777")
    assert result.exit_code == 2
    assert "no rule or reason 'KOG777'; `kognitos-migrate rules list` and " in result.stderr


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("KOG10", "KOG101"),
        ("KOG1O1", "KOG101"),
        ("v1-start-runs", "KOG101"),
        ("not-configurd", "not-configured"),
    ],
)
def test_show_of_what_is_nearly_a_name(run: Run, name: str, meant: str) -> None:
    said = run("rules", "show", name).stderr
    assert meant in said.partition("did you mean ")[2]


def test_show_of_a_reason(run: Run) -> None:
    result = run("rules", "show", "not-configured")
    assert result.exit_code == 0
    assert result.stdout.startswith("not-configured (a reason): The code uses an id that ")
    assert "what to do: Run `kognitos-migrate init`" in result.stdout
    assert "Add to the configuration:\n    processes:\n" in result.stdout


def test_show_of_a_reason_without_an_example_says_why(run: Run) -> None:
    assert run("rules", "show", "skipped").stdout.endswith(
        "\n\nYou answered no to this conversation in `fix --interactive`.\n"
    )


def test_show_of_what_is_both_a_rule_and_a_reason(run: Run) -> None:
    result = run("rules", "show", "too-dynamic")
    assert result.stdout.startswith("KOG903 too-dynamic: ")
    assert "\n\ntoo-dynamic (a reason): " in result.stdout
    assert result.stdout.count("Example:") == 1


def test_reasons(run: Run) -> None:
    result = run("rules", "reasons")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()[::2]] == [*all_reasons()]


def test_test_tells_missing_and_noisy_examples(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kognitos_migrate.cli.rules.load_engine", lambda: engine.analyse)
    result = run("rules", "test")
    assert result.exit_code == 1
    assert "missing KOG101 a literal URL and a literal body" in " ".join(result.stdout.split())
    assert "actual (-) and expected (+):" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("0 validated, ")


def test_test_of_an_engine_that_does_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> Findings:
        return Findings()

    monkeypatch.setattr("kognitos_migrate.cli.rules.load_engine", lambda: nothing)
    assert run("rules", "test").exit_code == 1
