"""Values that a program sends in the API's key header are starred in every report, whatever their names."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli

PROGRAM = """\
import requests

BASE = "https://rest-api.app.kognitos.com/v1"
MAGIC = "hunter-two-three"


class Client:
    word = "zebra-and-lion"

    def headers(self, stage):
        return {**{"accept": "*/*"}, "X-Api-Key": f"giraffe-{stage}", "x": "shown"}

    def start(self, facts):
        url = f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
        return requests.post(url, headers=self.headers("one"), json=facts)


session = requests.Session()
session.headers["x-api-key"] = Client.word
session.post(f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={"a": "b"})
requests.post(f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", headers={"x-api-key": MAGIC}, json={"a": "b"})
Client().start({"a": "b"})
print("hunter-two-three")
"""
COMMANDS = [
    *(
        ("check", "--output-format", name)
        for name in ("text", "json", "sarif", "github", "junit", "markdown")
    ),
    *(("report", "--format", name) for name in ("html", "markdown", "json")),
    ("explain", "client.py:20"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_report_shows_them(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("client.py").write_text(PROGRAM)
    Path("kognitos-migrate.yaml").write_text(
        "processes:\n  abcd3fg9ijk5mn1pqr3tu2wxy: {process_id: b4fznghynbdemslfd5k044fgd, "
        "agent_id: a7xm2kp9qwj3v5nh8t4c6r1e9z, stage: Published}\n"
    )
    result = CliRunner().invoke(cli, list(command))
    assert result.exit_code in (0, 1), result.output
    assert "v1" in result.output
    for word in ("hunter", "zebra", "giraffe"):
        assert word not in result.output
