"""Open documents override the files on disk in every read of a run, and leave the cache right."""

from pathlib import Path

import pytest

from kognitos_migrate.cache import Store
from kognitos_migrate.run.session import Options, run_check
from kognitos_migrate.source.content import (
    content_of_open_document,
    has_open_documents,
    override_contents,
    read_bounded,
    read_bytes,
    read_chunks,
    read_up_to,
)
from tests.unit.discover.trees import plant

CALL = b"""\
import requests

requests.post("https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={})
"""


def test_every_way_to_read_a_file_reads_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plant(tmp_path, {"a.py": "on disk"})
    with override_contents({"a.py": b"open", "new.py": b"not saved"}):
        for path in ("a.py", str(tmp_path / "a.py")):
            assert read_bytes(path) == b"open"
            assert read_up_to(path, 4) == b"open"
            assert read_up_to(path, 3) is None
            assert read_bounded(Path(path)) == b"open"
            assert b"".join(read_chunks(path, 4, 0)) == b"open"
        assert read_bytes("new.py") == b"not saved"
        assert content_of_open_document("other.py") is None
    assert read_bytes("a.py") == b"on disk"
    assert not has_open_documents()


@pytest.mark.parametrize("others", [0, 120])
def test_a_run_analyses_the_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: int) -> None:
    """With many files, their states are cached: neither run reads what the other one has seen."""
    project = tmp_path / "project"
    plant(project, {"a.py": "import os\n", **{f"o{number}.py": "import os\n" for number in range(others)}})
    monkeypatch.chdir(project)
    options = Options(store=Store(str(tmp_path / "cache")))

    def rows() -> list[tuple[str, int]]:
        return [(finding.code, finding.place.row) for finding in run_check(["."], options).result.findings]

    assert rows() == []
    for _ in range(2):
        with override_contents({"a.py": CALL}):
            assert rows() == [("KOG101", 3)]
        with override_contents({"a.py": b"\n" + CALL}):
            assert rows() == [("KOG101", 4)]
        assert rows() == []
    (project / "a.py").write_bytes(CALL)
    assert rows() == [("KOG101", 3)]
    with override_contents({"a.py": b"import os\n"}):
        assert rows() == []
    assert rows() == [("KOG101", 3)]
