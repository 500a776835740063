"""Secrets in files that aren't Python: each is starred, and all else stays."""

import pytest

from kognitos_migrate.findings.secrets import Secrets


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("main.tf", 'variable "api_key" {\n  type = string\n  default = "hunter-two"\n}\n'),
        ("Dockerfile", "ENV API_KEY hunter-two\nRUN x\n"),
        ("a.properties", "api.key=hunter-two\n"),
        ("a.xml", "<password>hunter-two</password>\n"),
        ("web.config", '<add key="token" value="hunter-two"/>\n'),
        ("a.http", "Authorization: Bearer hunter-two\n"),
        ("a.sh", "run --password hunter-two\n"),
    ],
)
def test_a_secret_is_starred(path: str, text: str) -> None:
    assert Secrets.of([(path, text)]).mask(text) == text.replace("hunter-two", "*" * 10)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.md", "Pass the token with --token or in a file.\n"),
        ("a.tf", 'variable "token" {\n  type = string\n}\n'),
    ],
)
def test_other_text_is_shown(path: str, text: str) -> None:
    assert Secrets.of([(path, text)]).mask(text) == text
