"""Cache entries are complete or absent."""

import os
from pathlib import Path

import libcst
import pytest

import kognitos_migrate
from kognitos_migrate import cache as module
from kognitos_migrate.cache import NO_STORE, CacheEntry, Store, cache_folder, short_name, tool_fingerprint

ENTRY = CacheEntry(b"made of this", b"\0content\n" * 9)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "a" / "b"))
    assert store.read("things", "one") is None
    store.write("things", "one", ENTRY)
    store.write("things", "empty", CacheEntry(b"", b""))
    assert store.read("things", "one") == ENTRY
    assert store.read("things", "empty") == CacheEntry(b"", b"")
    assert sorted(os.listdir(tmp_path / "a" / "b" / "things")) == ["empty", "one"]


def test_without_a_folder_nothing_is_kept() -> None:
    NO_STORE.write("things", "one", ENTRY)
    assert NO_STORE.read("things", "one") is None


def test_any_damage_is_seen(tmp_path: Path) -> None:
    store, file = Store(str(tmp_path)), tmp_path / "things" / "one"
    store.write("things", "one", ENTRY)
    data = file.read_bytes()
    for damaged in (
        b"",
        *(data[:end] for end in range(0, len(data), 7)),
        *(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(len(data))),
        data + b"x",
    ):
        file.write_bytes(damaged)
        assert store.read("things", "one") is None


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = Store(str(tmp_path / "file"))
    store.write("things", "one", ENTRY)
    assert store.read("things", "one") is None


@pytest.mark.parametrize(("bound", "value"), [("MOST", 3), ("LARGEST", 3 * 200)])
def test_what_was_written_first_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    monkeypatch.setattr(module, bound, value)
    store = Store(str(tmp_path))
    for number in range(6):
        store.write("things", str(number), CacheEntry(b"", b"x" * 150))
        os.utime(tmp_path / "things" / str(number), (number, number))
    assert sorted(os.listdir(tmp_path / "things")) == ["3", "4", "5"]


def test_what_others_have_put_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    folder = tmp_path / "things"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.yaml").write_text("mine: yes\n")
    store = Store(str(tmp_path))
    for number in range(3):
        store.write("things", str(number), ENTRY)
        os.utime(folder / str(number), (number, number))
    assert {"0.yaml", "1.yaml", "2.yaml"} < set(os.listdir(folder))
    assert "0" not in os.listdir(folder)


def test_a_new_folder_says_what_it_is(tmp_path: Path) -> None:
    Store(str(tmp_path / "new" / "cache")).write("things", "one", ENTRY)
    assert (tmp_path / "new" / "cache" / ".gitignore").read_text() == "*\n"
    assert (tmp_path / "new" / "cache" / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172")
    Store(str(tmp_path)).write("things", "one", ENTRY)
    assert sorted(os.listdir(tmp_path)) == ["new", "things"]


def test_names_are_short_and_fit_for_files() -> None:
    assert short_name(b"/some/where") == short_name(b"/some/where") != short_name(b"/else/where")
    assert short_name(b"").isalnum()


def test_the_folder_is_the_one_that_platformdirs_says(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    for value in ("", "/elsewhere", "relative/cache"):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert cache_folder() == platformdirs.user_cache_dir("kognitos-migrate", appauthor=False)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")
@pytest.mark.parametrize("name", ["", "things", "things/one"])
@pytest.mark.parametrize("fault", ["group", "world", "owner"])
def test_what_others_may_have_written_is_not_believed(
    fault: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cache"
    store = Store(str(folder))
    store.write("things", "one", ENTRY)
    assert store.read("things", "one") == ENTRY
    target = folder / name
    if fault == "owner":
        other = os.stat(target).st_uid + 1
        monkeypatch.setattr(os, "geteuid", lambda: other)
    else:
        target.chmod(target.stat().st_mode | (0o020 if fault == "group" else 0o002))
    assert store.read("things", "one") is None
    before = (folder / "things" / "one").read_bytes()
    store.write("things", "two", CacheEntry(b"new", b""))
    if name != "things/one" or fault == "owner":
        assert not (folder / "things" / "two").exists()
    assert (folder / "things" / "one").read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders have no modes here")
def test_a_cache_is_private_whatever_the_mask_is(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        store = Store(str(tmp_path / "cache"))
        store.write("things", "one", ENTRY)
    finally:
        os.umask(mask)
    assert store.read("things", "one") == ENTRY
    assert (tmp_path / "cache" / "things" / "one").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_links_and_pipes_are_no_entries(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "cache"))
    store.write("things", "one", ENTRY)
    (tmp_path / "cache" / "things" / "link").symlink_to("one")
    os.mkfifo(tmp_path / "cache" / "things" / "pipe", 0o600)
    assert store.read("things", "link") is None
    assert store.read("things", "pipe") is None


def test_the_fingerprint_is_of_this_package_and_the_parser() -> None:
    package = Path(kognitos_migrate.__file__).parent
    _, *states = tool_fingerprint().decode().split("\n")
    paths = [Path(state.rsplit(" ", 2)[0]) for state in states]
    assert [path for path in paths if not path.is_relative_to(package)] == [Path(libcst.__file__)]
    assert package / "cache.py" in paths
