"""All changes reach the disk, or none."""

import os
from pathlib import Path
from typing import Any

import pytest

from kognitos_migrate.findings.result import Change, Problem
from kognitos_migrate.source.file import SourceFile, read_source
from kognitos_migrate.writing.change_application import write_changes
from kognitos_migrate.writing.real_folders import _HAS_DESCRIPTORS, RealFolder, RealFolders


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def planted(name: str, data: bytes) -> SourceFile:
    Path(name).write_bytes(data)
    return read_source(name)


def changed(source: SourceFile) -> Change:
    return Change(source.path, source.text, source.text.replace("old", "new"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"old\r\nx\n", b"new\r\nx\n"),
        (b"\xef\xbb\xbfold", b"\xef\xbb\xbfnew"),
        (b"# coding: latin-1\nold = '\xe9'\n", b"# coding: latin-1\nnew = '\xe9'\n"),
    ],
)
def test_only_what_changed_changes(before: bytes, after: bytes) -> None:
    source = planted("a.py", before)
    assert write_changes([changed(source)], [source], (Path(),)) == []
    assert Path("a.py").read_bytes() == after
    assert os.listdir() == ["a.py"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_mode_is_kept() -> None:
    source = planted("a.py", b"old")
    Path("a.py").chmod(0o751)
    write_changes([changed(source)], [source], (Path(),))
    assert Path("a.py").stat().st_mode & 0o777 == 0o751


def test_a_link_is_not_written_through() -> None:
    planted("real.py", b"old")
    try:
        os.symlink("real.py", "link.py")
    except OSError:
        pytest.skip("no permission to make links")
    source = read_source("link.py")
    (problem,) = write_changes([changed(source)], [source], (Path(),))
    assert problem.message == (
        "the file is a link to real.py; links are never followed for writing; pass the link's target"
    )
    assert Path("link.py").is_symlink()
    assert Path("real.py").read_bytes() == b"old"


def test_a_file_with_two_names_is_refused() -> None:
    source = planted("a.py", b"old")
    try:
        os.link("a.py", "b.py")
    except OSError:
        pytest.skip("no hard links here")
    (problem,) = write_changes([changed(source)], [source], (Path(),))
    assert problem.message == "the file has 2 names (hard links), and only this one would change"
    assert Path("a.py").read_bytes() == b"old"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")
def test_the_file_of_another_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    source = planted("a.py", b"old")
    other = os.stat("a.py").st_uid + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert write_changes([changed(source)], [source], (Path(),)) == [
        Problem("a.py", None, "the file belongs to another user")
    ]


def test_a_file_that_has_changed_meanwhile_is_refused_and_so_are_the_others() -> None:
    sources = [planted("a.py", b"old"), planted("b.py", b"old")]
    Path("b.py").write_bytes(b"somebody else's old")
    problems = write_changes([changed(source) for source in sources], sources, (Path(),))
    assert problems == [
        Problem("b.py", None, "the file has changed since it was read; run the command again")
    ]
    assert Path("a.py").read_bytes() == b"old"


def test_a_text_that_the_encoding_lacks_is_refused() -> None:
    source = planted("a.py", b"# coding: ascii\nold\n")
    problems = write_changes([Change("a.py", source.text, "# coding: ascii\né\n")], [source], (Path(),))
    assert problems[0].message.startswith("'\\xe9' can't be written in the file's encoding")


def test_a_failure_in_the_middle_puts_back_what_was_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [planted("a.py", b"old a"), planted("b.py", b"old b")]
    replace = os.replace

    def fail_for_b(source: str, target: str, **folders: Any) -> None:
        if target.endswith("b.py"):
            raise OSError(28, "No space left on device")
        replace(source, target, **folders)

    monkeypatch.setattr(os, "replace", fail_for_b)
    problems = write_changes([changed(source) for source in sources], sources, (Path(),))
    assert [problem.message for problem in problems] == [
        "the file can't be written: No space left on device; no file was changed"
    ]
    assert problems[0].path == "b.py"
    assert (Path("a.py").read_bytes(), Path("b.py").read_bytes()) == (b"old a", b"old b")
    assert sorted(os.listdir()) == ["a.py", "b.py"]


def test_an_interruption_puts_back_what_was_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [planted("a.py", b"old a"), planted("b.py", b"old b")]
    replace, calls = os.replace, 0

    def interrupt_at_second(source: str, target: str, **folders: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        replace(source, target, **folders)

    monkeypatch.setattr(os, "replace", interrupt_at_second)
    with pytest.raises(KeyboardInterrupt):
        write_changes([changed(source) for source in sources], sources, (Path(),))
    assert Path("a.py").read_bytes() == b"old a"
    assert sorted(os.listdir()) == ["a.py", "b.py"]


def test_a_read_only_file_is_refused() -> None:
    source = planted("a.py", b"old")
    Path("a.py").chmod(0o444)
    assert write_changes([changed(source)], [source], (Path(),)) == [
        Problem("a.py", None, "the file is read-only")
    ]
    Path("a.py").chmod(0o644)


def test_bytecode_of_the_old_text_is_not_taken_for_that_of_the_new() -> None:
    source = planted("a.py", b"version = 'old'\n")
    before = os.stat("a.py").st_mtime
    write_changes([changed(source)], [source], (Path(),))
    assert int(os.stat("a.py").st_mtime) != int(before)


def test_a_new_file_is_written_with_the_modes_that_new_files_have() -> None:
    Path("other.py").write_text("")
    assert write_changes([Change("new.py", None, "x = 1\n")], [], (Path(),)) == []
    assert Path("new.py").read_text() == "x = 1\n"
    assert Path("new.py").stat().st_mode == Path("other.py").stat().st_mode


def test_a_new_file_does_not_take_the_place_of_another() -> None:
    source = planted("a.py", b"old")
    Path("new.py").write_text("mine")
    problems = write_changes([changed(source), Change("new.py", None, "x = 1\n")], [source], (Path(),))
    assert ["the file already exists" in problem.message for problem in problems] == [True]
    assert (Path("a.py").read_text(), Path("new.py").read_text()) == ("old", "mine")


def test_a_new_file_goes_again_where_another_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    source = planted("a.py", b"old")
    replace = os.replace

    def failing(temporary: str, target: str, **folders: Any) -> None:
        if target.endswith("a.py"):
            raise OSError("disk full")
        replace(temporary, target, **folders)

    monkeypatch.setattr("os.replace", failing)
    problems = write_changes([Change("new.py", None, "x = 1\n"), changed(source)], [source], (Path(),))
    assert len(problems) == 1
    assert os.listdir() == ["a.py"]


@pytest.mark.skipif(not _HAS_DESCRIPTORS, reason="no descriptors of folders here")
@pytest.mark.parametrize("event", ["stage", "replace"])
def test_a_folder_that_becomes_a_link_meanwhile_is_not_followed(
    event: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "a.py").write_bytes(b"old")
    Path("pkg").mkdir()
    source = planted("pkg/a.py", b"old")
    swapped: list[str] = []
    owner, name = (RealFolders, "parent") if event == "stage" else (RealFolder, "read")
    call = getattr(owner, name)

    def swap(*arguments: Any) -> Any:
        if not swapped:
            Path("pkg").rename("before")
            Path("pkg").symlink_to(outside)
        swapped.append(event)
        return call(*arguments)

    monkeypatch.setattr(owner, name, swap)
    problems = write_changes([changed(source)], [source], (Path(),))
    assert swapped
    assert [(path.name, path.read_bytes()) for path in outside.iterdir()] == [("a.py", b"old")]
    written = [path.read_bytes() for path in Path("before").iterdir()]
    assert written == ([b"old"] if problems else [b"new"])


@pytest.mark.skipif(not _HAS_DESCRIPTORS, reason="no descriptors of folders here")
def test_folders_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kognitos_migrate.writing.real_folders._MOST_OPEN", 2)
    for name in ("a", "b", "c"):
        Path(name).mkdir()
    sources = [planted(f"{name}/x.py", b"old") for name in ("a", "b", "c")]
    before = len(os.listdir("/dev/fd"))
    assert write_changes([changed(source) for source in sources], sources, (Path(),)) == []
    assert len(os.listdir("/dev/fd")) == before
    assert [Path(name, "x.py").read_bytes() for name in ("a", "b", "c")] == [b"new"] * 3
