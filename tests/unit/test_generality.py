"""The engine knows no API: what it knows of one stands in rule files."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "kognitos_migrate"

API_WORDS = re.compile(
    r"worker_id|share_id|file_ids|attachments_key|blob_ur[il]|kognitos\.com|x-api-key|process_id|agent_id"
    r"|upload_url|upload_http|upload_fields|/v[12]/",
    re.IGNORECASE,
)

MOCK_WORDS = re.compile(
    r"\b(return_value|side_effect|assert_\w*(called|awaited)\w*|assert_any_call|call_args\w*|mock_calls|await_args"
    r"|autospec|spec_set|respond|urlopen)\b"
)
"""Names of mock libraries, and of clients that they stand in for, which the files of these spell."""


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_no_word_of_the_api_stands_in_the_engine(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    found = [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if API_WORDS.search(line)]
    assert found == []


def test_no_word_of_a_mock_library_stands_in_the_engine() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if MOCK_WORDS.search(line)
    ]
    assert found == []


def test_the_words_are_those_of_the_rules() -> None:
    rules = "".join(path.read_text("utf-8") for path in (ROOT / "rules").rglob("*.yaml"))
    words = {word.lower() for word in API_WORDS.findall(rules)}
    assert {
        "worker_id",
        "share_id",
        "file_ids",
        "process_id",
        "agent_id",
        "x-api-key",
        "kognitos.com",
    } <= words
