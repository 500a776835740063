"""Aliases and merged mappings of YAML settings, whose anchors `fix` changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_settings_edits import CODE, HOST, fix

ALIASES = """defaults: &defaults
  version: &version v1
  share: abcd3fg9ijk5mn1pqr3tu2wxy

kognitos:
  <<: *defaults
  host: https://rest-api.app.kognitos.com
staging: {<<: *defaults, host: https://rest-api.eu.kognitos.com}
level: *version
"""
READ_ALIASES = """import yaml
DATA = yaml.safe_load(open("conf.yaml"))
CONF = DATA["kognitos"]
BASE, SHARE = CONF["host"] + "/" + CONF["version"], CONF["share"]
"""


def test_an_anchor_is_changed_if_no_code_reads_its_other_aliases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = fix(tmp_path, {"conf.yaml": ALIASES, "job.py": CODE.format(read=READ_ALIASES)}, monkeypatch)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "conf.yaml").read_text() == ALIASES.replace("v1", "v2")


@pytest.mark.parametrize(
    "other", ['DATA["level"]', 'DATA["staging"]["version"]', 'DATA["defaults"]', "[*DATA.values()]", "DATA"]
)
def test_an_anchor_that_other_code_reads_by_an_alias_is_not_changed(
    other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = CODE.format(read=f"{READ_ALIASES}print({other})\n")
    result = fix(tmp_path, {"conf.yaml": ALIASES, "job.py": code}, monkeypatch, "--unsafe")
    assert result.exit_code == 1
    assert (tmp_path / "conf.yaml").read_text() == ALIASES
    assert (tmp_path / "job.py").read_text() == code


@pytest.mark.parametrize(
    ("others", "is_changed"), [("", True), ("staging: *kognitos\n", True), ("level: *version\n", False)]
)
def test_an_anchor_in_a_file_that_is_not_followed(
    others: str, *, is_changed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The float key hides the mapping from the analysis, so the line is found by the keys that code reads."""
    text = f"1.5: old\nkognitos: &kognitos\n  host: {HOST}\n  version: &version v1\n  share: share1\n{others}"
    code = CODE.format(read=READ_ALIASES.replace('CONF["host"]', f'"{HOST}"'))
    result = fix(tmp_path, {"conf.yaml": text, "job.py": code}, monkeypatch, "--unsafe")
    assert "Traceback" not in result.output
    assert 'runs"' in (tmp_path / "job.py").read_text(), result.output
    assert (tmp_path / "conf.yaml").read_text() == (text.replace("v1", "v2") if is_changed else text)
    assert "setting kognitos.version must end with v2" in result.output
