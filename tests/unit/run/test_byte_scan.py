"""The cached facts about many files: valid while the files are unchanged, and never longer."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from kognitos_migrate.cache import CacheEntry, Store
from kognitos_migrate.discover.prefilter import Anchors
from kognitos_migrate.discover.signature import SignatureName
from kognitos_migrate.run import byte_scan, file_marks, scan_cache
from kognitos_migrate.run.byte_scan import ByteScan
from kognitos_migrate.run.progress import Silent
from kognitos_migrate.source.content import read_bytes, read_up_to
from tests.unit.discover.trees import plant

ANCHORS = Anchors((b"acme",), (), hosts=(b"acme",))
TIES = (SignatureName(b"ticket_no", (b"launch",), (b"job",)),)
SIGNATURE = Anchors((b"acme",), (), TIES, hosts=(b"acme",))
SIGNED = {
    "paths.py": "START = '/launch/{}'\n",
    "starter.py": "import paths\nnumber = post(paths.START)['ticket_no']\n",
    "main.py": "import starter\n",
    "queue_.py": "class Row:\n    ticket_no: int\n",
    "views.py": "route('/job/1')\n",
}
TREE = {
    "client.py": "HOST = 'acme'\nimport http_\n",
    "http_.py": "import json\n",
    "user.py": "from client import start\n",
    "plugins.py": "import pkgutil\nfor one in pkgutil.iter_modules(): pass\n",
    "other.py": "import json\n",
}
FILES = tuple(sorted(TREE))


class Opened:
    """Notes which files are read."""

    def __init__(self) -> None:
        self.files: list[str] = []

    def whole(self, path: str) -> bytes:
        self.files.append(path)
        return read_bytes(path)

    def up_to(self, path: str, most: int) -> bytes | None:
        self.files.append(path)
        return read_up_to(path, most)


@pytest.fixture(autouse=True)
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    opened = Opened()
    plant(tmp_path, TREE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(byte_scan, "MANY", 1)
    monkeypatch.setattr(scan_cache, "REST", -(10**18))  # what was just written counts as at rest
    monkeypatch.setattr(byte_scan, "read_bytes", opened.whole)
    monkeypatch.setattr(file_marks, "read_up_to", opened.up_to)
    return opened


def seen(files: Sequence[str] = FILES, workers: int = 1) -> tuple[list[str], list[str]]:
    """The relevant files, and the files connected to those that name the API."""
    found = ByteScan(files, ANCHORS, Store("cache"), Silent(), workers)
    result = found.relevant_files(), sorted(found.import_closure_of_api())
    found.write_file_states()
    return result


EXPECTED = ["client.py"], ["client.py", "http_.py", "plugins.py", "user.py"]
RELATED = ["client.py", "http_.py", "user.py"]
"""The files that are read again to resolve their imports."""


def test_what_has_not_changed_is_not_opened_again(opened: Opened) -> None:
    assert seen() == EXPECTED
    assert sorted(opened.files) == sorted([*FILES, *RELATED])
    opened.files.clear()
    assert seen() == EXPECTED
    assert opened.files == []


def test_what_was_read_before_one_that_names_the_api_is_read_again(opened: Opened) -> None:
    Path("client.py").write_text(TREE["client.py"].replace("acme", "emca"))
    Path("plugins.py").write_text(f"{TREE['plugins.py']}HOST = 'acme'\n")
    assert seen() == (["plugins.py"], ["plugins.py"])
    assert sorted(opened.files) == sorted([*FILES, "client.py", "http_.py", "other.py", "plugins.py"])


def test_where_nothing_names_the_api_nobody_asks_what_is_imported(opened: Opened) -> None:
    Path("client.py").write_text("import http_\n")
    assert seen() == ([], [])
    assert opened.files == [*FILES]
    assert not Path("cache/imports").exists()


def test_only_what_has_changed_is_opened(opened: Opened) -> None:
    seen()
    opened.files.clear()
    Path("other.py").write_text("import user\n")
    assert seen() == (["client.py"], [*EXPECTED[1][:2], "other.py", *EXPECTED[1][2:]])
    assert sorted(opened.files) == sorted(["other.py", "other.py", *RELATED, "other.py"])


def test_a_change_of_the_same_size_at_the_same_time_is_seen(opened: Opened) -> None:
    seen()
    times = os.stat("client.py").st_mtime_ns
    Path("client.py").write_text(TREE["client.py"].replace("acme", "emca"))
    os.utime("client.py", ns=(times, times))
    assert seen() == ([], [])


def test_files_that_come_and_go_are_seen(opened: Opened) -> None:
    seen()
    Path("more.py").write_text("acme = 1\n")
    more = tuple(sorted([*FILES, "more.py"]))
    assert seen(more)[0] == ["client.py", "more.py"]
    Path("client.py").unlink()
    assert seen(tuple(file for file in more if file != "client.py")) == (
        ["more.py"],
        ["more.py", "plugins.py"],
    )


def test_a_file_that_was_just_written_is_not_relied_upon(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_cache, "REST", 10**12)
    seen()
    opened.files.clear()
    assert seen() == EXPECTED
    assert set(opened.files) == set(FILES)


def test_other_anchors_are_another_search() -> None:
    seen()
    found = ByteScan(FILES, Anchors((b"json",), (), hosts=(b"json",)), Store("cache"), Silent(), 1)
    assert found.relevant_files() == ["http_.py", "other.py"]


def test_damaged_file_states_are_made_again(opened: Opened) -> None:
    seen()
    (name,) = os.listdir("cache/files")
    store = Store("cache")
    entry = store.read("files", name)
    assert entry is not None
    for content in (b"", b"\x95\xc4\x00\xc4\x00\x90\xc0\xc4\x00", b"\xff", entry.content[:-1]):
        store.write("files", name, CacheEntry(entry.origin, content))
        assert seen() == EXPECTED


def test_a_file_that_cannot_be_read_is_told_each_time(opened: Opened) -> None:
    for _ in range(2):
        found = ByteScan([*FILES, "zzz.py"], ANCHORS, Store("cache"), Silent(), 1)
        assert found.relevant_files() == ["client.py"]
        assert list(found.problems) == ["zzz.py"]
        found.write_file_states()


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_number_of_processes_changes_nothing(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(byte_scan, "LEAST", 1)
    monkeypatch.setattr(byte_scan, "read_bytes", read_bytes)
    monkeypatch.setattr(file_marks, "read_up_to", read_up_to)
    found = ByteScan([*FILES, "zzz.py"], ANCHORS, Store(None), Silent(), workers)
    assert found.relevant_files() == EXPECTED[0]
    assert sorted(found.import_closure_of_api()) == EXPECTED[1]
    assert list(found.problems) == ["zzz.py"]


def test_what_loads_modules_belongs_in_its_own_project_only(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {"lib/pyproject.toml": "", "lib/load.py": TREE["plugins.py"], "lib/acme.py": "import json\n"},
    )
    files = tuple(sorted([*FILES, "lib/load.py", "lib/acme.py"]))
    assert seen(files) == EXPECTED
    Path("lib/acme.py").write_text("acme = 1\n")
    assert seen(files)[1] == sorted([*EXPECTED[1], "lib/acme.py", "lib/load.py"])


def test_where_a_project_begins_is_not_remembered(tmp_path: Path) -> None:
    mark = tmp_path / "lib" / "pyproject.toml"
    plant(tmp_path, {"lib/pyproject.toml": "", "lib/load.py": TREE["plugins.py"]})
    files = tuple(sorted([*FILES, "lib/load.py"]))
    assert seen(files) == EXPECTED
    mark.unlink()
    assert seen(files)[1] == sorted([*EXPECTED[1], "lib/load.py"])


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names of files are text there")
def test_a_name_that_is_no_text_is_remembered_like_others(opened: Opened) -> None:
    odd = os.fsdecode(b"\xffacme.py")
    Path(odd).write_text("acme = 1\n")
    assert seen([*FILES, odd])[0] == ["client.py", odd]
    opened.files.clear()
    assert seen([*FILES, odd])[0] == ["client.py", odd]
    assert opened.files == []


def test_a_file_that_cannot_be_read_does_not_make_a_run_forget(opened: Opened) -> None:
    Path("zzz.py").mkdir()
    assert seen([*FILES, "zzz.py"]) == EXPECTED
    opened.files.clear()
    assert seen([*FILES, "zzz.py"]) == EXPECTED
    assert opened.files == ["zzz.py"] * len(opened.files)


def signed(files: Sequence[str], contents: Mapping[str, bytes] | None = None) -> list[str]:
    found = ByteScan(files, SIGNATURE, Store("cache"), Silent(), 1)
    result = sorted(found.import_closure_of_signature(contents or {}))
    found.write_file_states()
    return result


def test_what_bears_a_signature_together_matters(tmp_path: Path, opened: Opened) -> None:
    plant(tmp_path, SIGNED)
    files = sorted({**TREE, **SIGNED})
    assert signed(files) == ["main.py", "paths.py", "starter.py"]
    opened.files.clear()
    assert signed(files) == ["main.py", "paths.py", "starter.py"]
    assert opened.files == []


def test_a_name_and_a_word_that_nothing_connects_are_no_signature(tmp_path: Path) -> None:
    plant(tmp_path, SIGNED)
    assert signed(["paths.py", "queue_.py", "views.py"]) == []
    assert signed(["queue_.py", "views.py"]) == []
    assert signed(["views.py", "paths.py"]) == []


def test_contents_that_are_not_saved_bear_a_signature(tmp_path: Path) -> None:
    plant(tmp_path, SIGNED)
    files = sorted({**TREE, **SIGNED})
    assert signed(files, {"paths.py": b"START = '/begin/{}'"}) == []
    assert "queue_.py" in signed(files, {"queue_.py": b"post('/launch/x')['ticket_no']"})


def test_the_importers_of_a_module_that_reads_replies(tmp_path: Path) -> None:
    """They may read other data with it, in the layout of a reply."""
    texts = {
        "caller.py": "import acme, models, times\npost('/launch/1')\n",
        "models.py": "def number(reply): return reply['ticket_no']\n",
        "times.py": "import time\n",
        "test_models.py": "from models import number\n",
        "archive.py": "import test_models\n",
        "clock.py": "import times\n",
    }
    plant(tmp_path, texts)
    found = ByteScan(sorted(texts), SIGNATURE, Store("cache"), Silent(), 1)
    assert found.import_closure(["caller.py"]) == {*texts} - {"clock.py"}
