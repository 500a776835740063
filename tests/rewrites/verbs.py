"""Two verbs carry the tests of rewriting: what stays as it is, and what becomes what."""

from __future__ import annotations

import ast
import difflib
import functools
import io
import tokenize
import warnings
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from kognitos_migrate.config.load import RawConfig, settings_of
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.result import Result
from kognitos_migrate.rulebook.document import Document
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import SourceFile

FILE = "main.py"

CONFIG = {
    "processes": {
        "share1": {"process_id": "proc1", "agent_id": "agent1", "stage": "Published", "name": "One"},
        "share2": {"process_id": "proc2", "agent_id": "agent1", "stage": "Draft", "name": "Two"},
        "share9": {"process_id": "proc9", "agent_id": "agent9", "stage": "Draft", "name": "Nine"},
    },
    "states": {"running": ["Created", "Executing"], "failed": "Failed"},
}


def check_noop(before: str, found: tuple[str, ...] = (), config: dict[str, object] | None = None) -> None:
    """Nothing is changed in `before`; `found` are the codes of what is found there."""
    result = _analysed(_cleaned(before), config)
    assert result.changes == (), result.changes[0].after
    codes = sorted(finding.code for finding in result.findings)
    assert codes == sorted(found), [
        (finding.code, finding.message, finding.fix.message) for finding in result.findings
    ]


def check_transformed(before: str, after: str, config: dict[str, object] | None = None) -> None:
    """`before` becomes `after`, which is Python, and in which nothing is found any more."""
    got, expected, why = _fixed(before, after, config)
    assert got == expected, _difference(expected, got, why)


def check_code(before: str, after: str, config: dict[str, object] | None = None) -> None:
    """Like `check`, for any line breaks of `after`."""
    got, expected, why = _fixed(before, after, config)
    assert _code(got) == _code(expected), _difference(expected, got, why)


def has_code(text: str, statement: str) -> bool:
    """Whether a statement stands in a module, wherever its lines are broken."""
    (wanted,) = ast.parse(statement).body
    return any(ast.dump(wanted) == ast.dump(node) for node in ast.walk(ast.parse(text)))


def _fixed(before: str, after: str, config: dict[str, object] | None) -> tuple[str, str, list[str]]:
    """A module after the fix, the expected text, and the findings."""
    text, expected = _cleaned(before), _cleaned(after)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of `return` in `finally`, from Python 3.14 on
        compile(expected, FILE, "exec", dont_inherit=True)
    result = _analysed(text, config)
    got = result.changes[0].after if result.changes else text
    again = _analysed(got, config)
    assert again.changes == ()
    if result.changes:
        assert again.findings == (), [finding.message for finding in again.findings]
    return got, expected, [f"{finding.code}: {finding.fix.message}" for finding in result.findings]


def _code(text: str) -> tuple[str, list[str]]:
    """The code of a text, and its comments."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return ast.dump(ast.parse(text)), [one.string for one in tokens if one.type == tokenize.COMMENT]


def analysed(texts: dict[str, str], config: dict[str, object] | None = None) -> Result:
    """The engine's result for modules, by path, and their new texts; `config` is added to the configuration
    of the tests."""
    files = sources({path: _cleaned(text) for path, text in texts.items()})
    return analyse(files, load_rulebook(), _made({**CONFIG, **(config or {})}))


def sources(texts: Mapping[str, str]) -> list[SourceFile]:
    """Modules, by path, as the engine gets them."""
    return [SourceFile(path, text, "utf-8", False, "") for path, text in texts.items()]


def _cleaned(text: str) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    return dedent(text.replace(end, "\n")).lstrip("\n").replace("\n", end)


def _analysed(text: str, config: dict[str, object] | None) -> Result:
    return analyse(
        sources({FILE: text}), load_rulebook(), settings() if config is None else _made({**CONFIG, **config})
    )


@functools.cache
def settings() -> Settings:
    """The configuration of the tests."""
    return _made(CONFIG)


def _made(config: dict[str, object]) -> Settings:
    return settings_of(
        RawConfig(Path("config.yaml"), Document("config.yaml", config, {}), ()), load_rulebook()
    )


def _difference(expected: str, got: str, why: list[str]) -> str:
    lines = difflib.unified_diff(expected.splitlines(), got.splitlines(), "expected", "got", lineterm="")
    return "\n".join(["", *lines, *why])
