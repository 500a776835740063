"""Settings in mappings of libraries whose entries are attributes, too: writes to them are seen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kognitos_migrate.run.engine import analyse
from tests.cli.conftest import Run

FIXTURES = Path(__file__).parents[2] / "fixtures"
SETTINGS = {
    "api": {
        "url": "https://rest-api.app.kognitos.com/v1",
        "key": "secret-key",
        "share": "k2mnp8qrs4tuv6wxy1zab3cde",
    }
}
PROGRAM = """\
import json
from pathlib import Path
import requests
import {library}
raw = json.loads(Path(__file__).with_name("settings.json").read_text())
conf = {library}.{made}
HEADERS = {{"x-api-key": conf.api.key}}
def upload(name):
    target = requests.post(conf.api.url + "/upload", json={{"file_name": name}}, headers=HEADERS).json()
    requests.put(target["upload_url"], data=b"%PDF", headers=target["upload_http_headers"]).raise_for_status()
    return target["blob_uri"]
def start(docs):
    url = f"{{conf.api.url}}/invoke/{{conf.api.share}}?attachments_key=docs"
    return requests.post(url, json={{"docs": docs}}, headers=HEADERS).json()["worker_id"]
blob = upload("a.pdf")
{between}
print(requests.get(f"{{conf.api.url}}/run/{{start([blob])}}", headers=HEADERS).json()["state"] == "done")
"""
SHARE = "f5ghj7klm9npq2rst4uvw6xyz"
"""The share_id of a process of another agent."""


@pytest.mark.parametrize(
    ("library", "made"),
    [
        ("addict", "Dict(raw)"),
        ("attrdict", "AttrDict(raw)"),
        ("box", "Box(raw, frozen_box=True)"),
        ("dotmap", "DotMap(raw)"),
        ("easydict", "EasyDict(raw)"),
        ("munch", "munchify(raw)"),
        ("munch", "Munch.fromDict(raw)"),
    ],
)
def test_attributes_are_entries_of_the_file(
    library: str, made: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = _program(tmp_path, monkeypatch, library, made, 'print(conf.api.get("retries"), conf.missing)')
    fixed = run("fix", "--allow-dirty")
    assert fixed.exit_code == 0, fixed.stdout
    assert 'kognitos_process(conf.api.share)["agent_id"]' in program.read_text("utf-8")
    assert "kognitos.com/v2" in (tmp_path / "settings.json").read_text("utf-8")


@pytest.mark.parametrize(
    "between",
    [
        f'conf.api.share = "{SHARE}"',
        f'conf.api["share"] = "{SHARE}"',
        f'section = conf["api"]; section["share"] = "{SHARE}"',
        f'setattr(conf.api, "share", "{SHARE}")',
        f'conf.api.update(share="{SHARE}")',
        f'conf.merge_update({{"api": {{"share": "{SHARE}"}}}})',
        f'conf.api = box.Box(dict(raw["api"], share="{SHARE}"))',
        f'raw["api"]["share"] = "{SHARE}"',
        f'for part in conf.values(): part.share = "{SHARE}"',
        "import stages; stages.apply(conf.api)",
        'print(conf.api.url.rsplit("/", 1)[-1])',
        'Path("out.json").write_text(json.dumps(conf.to_dict()))',
    ],
)
def test_code_that_changes_or_shows_entries_holds_the_program_back(
    between: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = _program(tmp_path, monkeypatch, "box", "Box(raw)", between)
    assert run("fix", "--allow-dirty").exit_code == 1
    assert "/invoke/" in program.read_text("utf-8")
    assert json.loads((tmp_path / "settings.json").read_text("utf-8")) == SETTINGS


def _program(folder: Path, monkeypatch: pytest.MonkeyPatch, library: str, made: str, between: str) -> Path:
    """A program that has its settings in a mapping, in a folder."""
    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", lambda: analyse)
    (folder / "settings.json").write_text(json.dumps(SETTINGS))
    program = folder / "main.py"
    program.write_text(PROGRAM.format(library=library, made=made, between=between))
    shutil.copy(FIXTURES / "kognitos-migrate.yaml", folder)
    return program


OBJECT = """\
class Config:
    def __init__(self, data):
        for key, value in data.items():
            setattr(self, key, Config(value) if isinstance(value, dict) else value)
conf = Config(raw)
"""


@pytest.mark.parametrize(("between", "exit_code"), [("", 0), (f'conf.api.share = "{SHARE}"', 1)])
def test_a_loop_sets_the_attributes(
    between: str, exit_code: int, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = _program(tmp_path, monkeypatch, "os", "environ", between)
    text = program.read_text("utf-8")
    program.write_text(text.replace("conf = os.environ\n", OBJECT))
    fixed = run("fix", "--allow-dirty")
    assert fixed.exit_code == exit_code, fixed.stdout
    assert ("kognitos.com/v2" in (tmp_path / "settings.json").read_text("utf-8")) is (exit_code == 0)
