"""Settings files beside modules."""

from pathlib import Path

import pytest

from kognitos_migrate.config.load import default_settings
from kognitos_migrate.discover.prefilter import anchors
from kognitos_migrate.discover.settings_files import adjacent_settings
from kognitos_migrate.rulebook.load import load_rulebook
from tests.unit.discover.trees import plant


def test_the_order_is_the_same_in_every_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of a set isn't, and a cached result is only read if its inputs are equal."""
    monkeypatch.chdir(tmp_path)
    modules = {f"app/m{number}.py" for number in range(40)}
    plant(tmp_path, {**dict.fromkeys(modules, ""), ".env": "URL=https://rest-api.app.kognitos.com/v1\n"})
    rulebook = load_rulebook()
    pairs = adjacent_settings(modules, [".env"], anchors(rulebook, default_settings(rulebook, tmp_path)))
    assert [pair.module for pair in pairs] == sorted(modules)


def test_a_file_is_near_the_modules_around_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    modules = ["main.py", "app/client.py", "app/jobs/nightly.py", "other/tool.py"]
    files = ["config/a.env", "app/b.env", "app/conf/c.env", "deploy/prod/d.env"]
    line = "URL=https://rest-api.app.kognitos.com/v1\n"
    plant(tmp_path, {**dict.fromkeys(modules, ""), **dict.fromkeys(files, line)})
    rulebook = load_rulebook()
    pairs = adjacent_settings(modules, files, anchors(rulebook, default_settings(rulebook, tmp_path)))
    near: dict[str, list[str]] = {}
    for pair in pairs:
        near.setdefault(pair.settings.path, []).append(pair.module)
    assert near == {
        "config/a.env": sorted(modules),
        "app/b.env": ["app/client.py", "app/jobs/nightly.py", "main.py"],
        "app/conf/c.env": ["app/client.py", "app/jobs/nightly.py", "main.py"],
        "deploy/prod/d.env": ["main.py"],
    }
