"""Where rule files are. Nothing else knows a path."""

from collections.abc import Sequence
from pathlib import Path

from kognitos_migrate.errors import RuleError
from kognitos_migrate.source.file import shown_path

_PACKAGE = Path(__file__).resolve().parent.parent


def builtin_rules() -> Path:
    """The folder of the built-in rules: in the installed package, or else in the checkout beside it."""
    for folder in (_PACKAGE / "rules", _PACKAGE.parent / "rules"):
        if folder.is_dir():
            return folder
    raise RuleError(
        "the built-in rules are missing", path=str(_PACKAGE), expected="install the package again"
    )


def rule_files(folder: Path) -> Sequence[Path]:
    """The rule files in `folder` and below it, in a fixed order. Raises RuleError if it has none."""
    if not folder.is_dir():
        raise RuleError(
            "is not a folder", path=shown_path(folder), expected="expected a folder of rule files"
        )
    found = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml") and path.is_file())
    if not found:
        raise RuleError("has no rule files", path=shown_path(folder), expected="expected *.yaml")
    return found
