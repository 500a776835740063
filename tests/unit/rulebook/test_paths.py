"""Where the rule files are."""

from pathlib import Path

import pytest

from kognitos_migrate.errors import RuleError
from kognitos_migrate.rulebook import paths


def test_the_packaged_rules_come_before_those_of_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "kognitos_migrate"
    monkeypatch.setattr(paths, "_PACKAGE", str(package))
    with pytest.raises(RuleError, match="the built-in rules are missing; install the package again"):
        paths.builtin_rules()
    (tmp_path / "rules").mkdir()
    assert paths.builtin_rules() == str(tmp_path / "rules")
    (package / "rules").mkdir(parents=True)
    assert paths.builtin_rules() == str(package / "rules")


def test_rule_files_are_found_at_every_depth_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a/c.yml", "a/notes.txt", "a/b/d.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = [Path(path).relative_to(tmp_path).as_posix() for path in paths.rule_files(tmp_path)]
    assert found == ["a/b/d.yaml", "a/c.yml", "b.yaml"]
