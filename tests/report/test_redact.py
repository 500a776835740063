"""Reports show no secret, and no edits that would not do."""

from kognitos_migrate.findings.result import Applicability, Fix, Result
from kognitos_migrate.findings.secrets import Secrets
from kognitos_migrate.report.redact import redact
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.structs import replace
from tests.report.examples import finding, place

SECRETS = Secrets(("kgn_secret_4711",))
EDIT = Edit(Span("a.py", 0, 3), 0, "headers={'x-api-key': 'kgn_secret_4711'}")


def test_a_fix_whose_edits_hold_a_secret_has_none() -> None:
    other = Edit(Span("a.py", 5, 6), 0, "new")
    fix = Fix(Applicability.SAFE, "moves it", (EDIT, other))
    assert redact(fix, SECRETS).edits == ()
    assert redact(replace(fix, edits=(other,)), SECRETS).edits == (other,)


def test_secrets_are_hidden_wherever_they_stand() -> None:
    said = "kgn_secret_4711 goes here"
    found = finding(place(1, 1, 4), message=said, help=said, edits=(EDIT,))
    found = replace(found, trace=tuple(replace(step, text=said) for step in found.trace), notes=(said,))
    assert "kgn_secret_4711" not in repr(redact(Result(findings=(found,), remaining=(found,)), SECRETS))
