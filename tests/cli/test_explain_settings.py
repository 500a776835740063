"""`explain` at findings of settings files and of modules beside them, and the columns of such findings."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
from kognitos_migrate.findings.result import PlaceConverter
from kognitos_migrate.source.data_file.conversion import DataFile, module_text
from kognitos_migrate.source.file import new_source
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import replace
from tests.unit.discover.trees import plant

HOST = "rest-api.app.kognitos.com"
FILES = {
    "settings.json": (f'{{"engine": {{"retries": 3, "host": "https://{HOST}"}}}}\n', f'"https://{HOST}"'),
    "settings.yaml": (f"engine: {{retries: 3, name: é, host: '{HOST}'}}\n", f"'{HOST}'"),
    "plain.yaml": (f"engine:\n  host: https://{HOST}\n", f"https://{HOST}"),
    "settings.ini": (f"[engine]\nhost = {HOST}\n", HOST),
    "settings.toml": (f'[engine]\nhost = "{HOST}"\n', f'"{HOST}"'),
}


@pytest.mark.parametrize("name", FILES)
def test_a_place_in_the_module_of_a_data_file_is_a_place_in_the_file(name: str) -> None:
    text, written = FILES[name]
    data = DataFile(text, is_settings=True, suffix=Path(name).suffix)
    module = module_text(data)
    start = module.encode().index(HOST.encode())
    start = module.encode().rindex(b'"', 0, start)
    end = module.encode().index(b'"', start + 1) + 1
    place = PlaceConverter({name: replace(new_source(name, module), data=data)}).of(Span(name, start, end))
    line = text.splitlines()[place.row - 1]
    assert line[place.column - 1 : place.end_column - 1] == written


def test_a_module_beside_a_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = '"""Reads endpoints.yaml."""\nimport requests\n\ndef call(base, endpoint, body):\n'
    transport += (
        '    return requests.request(endpoint["method"], base + endpoint["path"], json=body).json()\n'
    )
    endpoints = f"base_url: https://{HOST}\nstart: {{method: POST, path: '/v1/invoke/{{flow}}'}}\n"
    plant(tmp_path, {"transport.py": transport, "endpoints.yaml": endpoints})
    monkeypatch.chdir(tmp_path)
    checked = CliRunner().invoke(cli, ["check", "--no-cache", "--output-format", "concise"]).output
    places = [line.split(": ")[0] for line in checked.splitlines() if ": KOG9" in line]
    assert places
    for place in places:
        assert CliRunner().invoke(cli, ["explain", place]).output.startswith("KOG9")
