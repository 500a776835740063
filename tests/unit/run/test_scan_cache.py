"""The cached configuration and rules equal those that are read again."""

import os
from pathlib import Path

import pytest

from kognitos_migrate.cache import NO_STORE, CacheEntry, Store
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.scan_cache import cached_selection
from tests.unit.discover.trees import plant

CONFIG = "hosts: [gate.example]\nexclude: [old/]\nbaseline: known.json\n"
RULES = Path(__file__).parents[3] / "fixtures" / "other_api" / "rules"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    plant(tmp_path, {"kognitos-migrate.yaml": CONFIG, "a.py": ""})
    monkeypatch.chdir(tmp_path)
    return Store(str(tmp_path / "cache"))


def forget_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever reads YAML fail."""
    monkeypatch.setattr("kognitos_migrate.rulebook.document.parse_yaml", None)


def test_the_second_run_reads_no_yaml(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cached_selection(["a.py"], None, store)
    assert (first.configured, first.baseline, first.exclude) == (True, True, ("old/",))
    assert b"gate.example" in first.anchors.words
    assert first == cached_selection(["a.py"], None, NO_STORE)
    forget_yaml(monkeypatch)
    assert cached_selection(["a.py"], None, store) == first


def test_a_changed_configuration_is_read(store: Store, tmp_path: Path) -> None:
    cached_selection(["a.py"], None, store)
    (tmp_path / "kognitos-migrate.yaml").write_text(CONFIG.replace("gate", "door"))
    assert b"door.example" in cached_selection(["a.py"], None, store).anchors.words
    (tmp_path / "kognitos-migrate.yaml").write_text("hosts: 3\n")
    with pytest.raises(ConfigError):
        cached_selection(["a.py"], None, store)
    (tmp_path / "kognitos-migrate.yaml").unlink()
    scope = cached_selection(["a.py"], None, store)
    assert (scope.configured, scope.root) == (False, str(tmp_path))


def test_a_changed_rule_is_read(store: Store, tmp_path: Path) -> None:
    (tmp_path / "kognitos-migrate.yaml").write_text("rules: [own/]\n")
    plant(tmp_path / "own", {path.name: path.read_text() for path in RULES.rglob("*.yaml")})
    before = cached_selection(["a.py"], None, store)
    for path in (tmp_path / "own").iterdir():
        path.write_text(path.read_text().replace("hosts: [", "hosts: [new.example, "))
    after = cached_selection(["a.py"], None, store)
    assert after == cached_selection(["a.py"], None, NO_STORE)
    assert after != before


def test_what_is_no_scope_is_made_again(store: Store, tmp_path: Path) -> None:
    scope = cached_selection(["a.py"], None, store)
    (name,) = os.listdir(tmp_path / "cache" / "scopes")
    entry = store.read("scopes", name)
    assert entry is not None
    for content in (b"", b"\xff", b"(1, 2)", b"__import__('os')", b"([], 0, (), (), [1], [])", b"("):
        store.write("scopes", name, CacheEntry(entry.origin, content))
        assert cached_selection(["a.py"], None, store) == scope


def test_kept_rules_are_the_rules(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [RULES]
    first = load_rulebook(folders, store)
    assert first == load_rulebook(folders)
    forget_yaml(monkeypatch)
    assert load_rulebook(folders, store) == first
    monkeypatch.undo()
    (name,) = os.listdir(tmp_path / "cache" / "rules")
    entry = store.read("rules", name)
    assert entry is not None
    for content in (b"", b"\x91\x01", b"\xff" * 9):
        store.write("rules", name, CacheEntry(entry.origin, content))
        assert load_rulebook(folders, store) == first
