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


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_no_word_of_the_api_stands_in_the_engine(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    found = [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if API_WORDS.search(line)]
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
