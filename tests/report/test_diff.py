"""Diffs that git applies, whatever is in the file."""

import shutil
import subprocess
from pathlib import Path

import pytest

from kognitos_migrate.findings.result import Change
from kognitos_migrate.report.diff import diff_bytes, diff_text, file_diff
from kognitos_migrate.report.style import TextStyle
from kognitos_migrate.source.file import decode_module, file_bytes

FILES = {
    "plain": b"a\nold\nb\n",
    "no newline at the end": b"a\nold",
    "windows line endings": b"a\r\nold\r\nb\r\n",
    "byte order mark": b"\xef\xbb\xbfold\nb\n",
    "latin-1": b"# coding: latin-1\ns = '\xe9'\nold\n",
    "form feed and lone carriage return": b"a\x0c\nold\rc\nb\x85\n".replace(b"\x85", b""),
}


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("name", ["a.py", "my file.py", "sub/é.py"])
@pytest.mark.parametrize("data", FILES.values(), ids=FILES.keys())
def test_git_applies_it(tmp_path: Path, data: bytes, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    source = decode_module(data, name)
    change = Change(name, source.text, source.text.replace("old", "new\nnewer"))
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, input=diff_bytes(change, source), cwd=tmp_path, check=True)
    assert path.read_bytes() == file_bytes(source, change.after)


def test_a_missing_line_end_is_marked() -> None:
    assert file_diff(Change("a.py", "old", "new\n")).hunks == (
        "@@ -1 +1 @@",
        "-old",
        "\\ No newline at end of file",
        "+new",
    )


def test_names_are_quoted_as_git_does() -> None:
    assert file_diff(Change('a"\n.py', "old\n", "new\n")).header[0] == '--- "a/a\\"\\012.py"'


def test_at_a_terminal_control_characters_are_visible() -> None:
    shown = diff_text([Change("a.py", "old\r\n", "n\x1b[31mew\r\n")], TextStyle())
    assert shown.split("\n")[-2:] == ["-old", "+n␛[31mew"]
    assert "\x1b[32m+new" in diff_text([Change("a.py", "old\n", "new\n")], TextStyle(color=True))
