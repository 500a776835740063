"""Reports show no secret, and no edits that would not do."""

from pathlib import Path

import pytest

from kognitos_migrate.findings.result import Applicability, Fix, Result
from kognitos_migrate.findings.secrets import Secrets
from kognitos_migrate.report.redact import redact, secrets_of
from kognitos_migrate.run.session import Options, run_check
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


def test_the_secrets_of_all_sources_are_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {
        "keys.py": "API_KEY = 'kgn-in-an-import'\n",
        "settings.json": '{"token": "kgn-in-its-settings", "base": "https://rest-api.app.kognitos.com/v1"}',
        "client.py": "import json, requests, keys\nsettings = json.load(open('settings.json'))\n"
        "requests.post(settings['base'] + '/invoke/abcd3fg9ijk5mn1pqr3tu2wxy', json={})\n",
        "other.py": "API_KEY = 'kgn-of-another-program'\nhost = 'rest-api.app.kognitos.com'\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    values = {*secrets_of(run_check(["."], Options())).values}
    assert values >= {"kgn-in-an-import", "kgn-in-its-settings", "kgn-of-another-program"}
