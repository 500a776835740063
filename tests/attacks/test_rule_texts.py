"""Texts of a project's rules that try to become statements of the code that `fix` writes."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from kognitos_migrate.config.load import read_config, settings_of
from kognitos_migrate.errors import RuleError
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import decode_module
from tests.harness import FIXTURES

COMMENT = "What a depot's code stands for in version 2; one that isn't listed is sent as it is."


def _code_after(folder: Path, old: str, new: str) -> str:
    """The code of the program of another API, migrated by rules in which `new` replaces `old`."""
    shutil.copytree(FIXTURES / "other_api", folder)
    rules = folder / "rules" / "api.yaml"
    text = rules.read_text("utf-8")
    assert old in text
    rules.write_text(text.replace(old, new), "utf-8")
    config = read_config(folder / "kognitos-migrate.yaml")
    rulebook = load_rulebook(config.rules)
    source = decode_module((folder / "before" / "main.py").read_bytes(), "main.py")
    (change,) = analyse([source], rulebook, settings_of(config, rulebook)).changes
    return change.after


@pytest.mark.parametrize("text", ['x"""; attack(); """y', 'x\\"""; attack(); """', '"""\\', ">>> attack()"])
def test_a_comment_becomes_no_statement(tmp_path: Path, text: str) -> None:
    quoted = text.replace("'", "''")
    code = _code_after(tmp_path / "p", COMMENT, f"'{quoted}'")
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    assert not [call for call in calls if ast.unparse(call.func) == "attack"]
    assert ">>>" not in code


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (COMMENT, '"x\\"\\"\\"\\n    attack()\\n    \\"\\"\\"y"'),
        ("key: depot", 'key: "depot=attack()"'),
        ("key: depot", "key: lambda"),
        ("title: ", 'title: "x\\n\\n>>> attack()\\n"  # '),
        ("url: ", 'url: "https://e/x\\n>>> attack()"  # '),
    ],
)
def test_a_text_that_is_no_text_of_its_kind_is_refused(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(RuleError):
        _code_after(tmp_path / "p", old, new)
