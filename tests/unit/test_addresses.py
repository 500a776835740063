"""The published addresses: findings of built-in rules lead to the site as soon as there is one."""

from pathlib import Path

import pytest

from kognitos_migrate import addresses
from kognitos_migrate.run.session import Options, run_check

VENDOR = "https://docs.example.com/migrating"


def test_without_a_site_a_finding_leads_to_the_page_of_its_rule() -> None:
    assert addresses.DOCUMENTATION is None
    assert addresses.rule_page("KOG101", VENDOR) == VENDOR
    assert addresses.rule_page("KOG902") is None


@pytest.mark.parametrize(
    ("code", "page"),
    [
        ("KOG101", "https://site.example.org/docs/rules/KOG101/"),
        ("KOG902", "https://site.example.org/docs/rules/KOG902/"),
        ("PAR101", VENDOR),
    ],
)
def test_with_a_site_only_built_in_codes_lead_there(
    code: str, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "DOCUMENTATION", "https://site.example.org/docs")
    assert addresses.rule_page(code, VENDOR) == page


def test_findings_have_the_address_of_the_page_of_their_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "DOCUMENTATION", "https://site.example.org/docs")
    (tmp_path / "a.py").write_text(
        "import requests\n"
        'requests.get("https://rest-api.app.kognitos.com/v1/run/7")  # noqa: KOG201\n'
        'requests.get("https://rest-api.app.kognitos.com/v1/health")\n'
    )
    result = run_check([str(tmp_path)], Options()).result
    findings = [*result.findings, *(suppressed.finding for suppressed in result.suppressed)]
    assert {finding.code for finding in findings} == {"KOG201", "KOG903"}
    for finding in findings:
        assert finding.url == f"https://site.example.org/docs/rules/{finding.code}/"


@pytest.mark.parametrize("address", [addresses.DOCUMENTATION, addresses.REPOSITORY])
def test_an_address_has_no_slash_at_its_end(address: str | None) -> None:
    assert address is None or (address.startswith("https://") and not address.endswith("/"))
