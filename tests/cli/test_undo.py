"""`kognitos-migrate undo`: the last fix is taken back, byte for byte, or not at all."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kognitos_migrate.writing import journal
from tests.cli.conftest import Run
from tests.cli.test_explain import CONFIG
from tests.cli.test_fix import FIXED

ROOT = Path(__file__).parents[2]
HEAD = b'{"version": 2, "command": "fix", "time": "today", "token": "ab"'
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


def done(project: Path) -> Path:
    """The last run in the journal."""
    return max(Path(journal.journal_folder(project)).glob("*.json"))


def begun(project: Path) -> str:
    """Have the last run look as it does while it is under way; the token of its temporary files."""
    file = done(project)
    token = str(json.loads(file.read_text())["token"])
    file.rename(file.with_suffix(".begun.json"))
    return token


def there(folder: Path) -> dict[str, bytes]:
    """The files of the folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_fix_is_taken_back_once(run: Run, project: Path) -> None:
    before = (project / "fixable.py").read_bytes()
    run("fix")
    result = run("undo")
    assert result.exit_code == 0
    assert re.fullmatch(f"restored fixable.py\nReverted `fix` of {TIME} \\(1 file\\).\n", result.stdout)
    assert (project / "fixable.py").read_bytes() == before
    again = run("undo")
    assert again.exit_code == 2
    assert again.stderr.startswith("error: nothing to revert in this project")
    assert run("undo", "nope").stderr == "error: nope: no such file or folder\n"


@pytest.mark.parametrize("options", [(), ("--quiet",)])
def test_files_are_restored_though_the_journal_cannot_be_changed(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    before = (project / "fixable.py").read_bytes()
    run("fix")
    remove = os.remove

    def fail(path: str, **folder: int | None) -> None:
        if path.endswith(".begun.json"):
            raise OSError(errno.EROFS, "Read-only file system", path)
        remove(path, **folder)

    with monkeypatch.context() as patched:
        patched.setattr("os.remove", fail)
        result = run("undo", *options)
    assert result.exit_code == 0
    assert result.stdout.startswith("" if options else "restored fixable.py\nReverted `fix` of ")
    assert bool(result.stdout) is not bool(options)
    assert "`undo` again" not in result.stdout
    assert "Read-only file system" in result.stderr
    assert (project / "fixable.py").read_bytes() == before
    assert run("undo").stderr.startswith("error: nothing to revert in this project")


def test_files_that_already_have_their_old_content_are_left(run: Run, project: Path) -> None:
    before = (project / "fixable.py").read_bytes()
    run("fix")
    (project / "fixable.py").write_bytes(before)
    result = run("undo")
    assert result.exit_code == 0
    message = f"Nothing to revert: the files of `fix` of {TIME} already have their old content.\n"
    assert re.fullmatch(message, result.stdout)


def test_from_a_folder_below_the_configuration(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kognitos-migrate.yaml").write_text("states: {failed: Failed}\n")
    (tmp_path / "a.py").write_bytes(b"KOGNITOS_URL v1/invoke\r\n")
    run("fix")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert run("undo").stdout.startswith("restored ../a.py\n" if os.sep == "/" else "restored")
    assert (tmp_path / "a.py").read_bytes() == b"KOGNITOS_URL v1/invoke\r\n"


def test_what_was_changed_since_is_refused_and_so_is_the_rest(run: Run, tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("KOGNITOS_URL v1/invoke\n")
    run("fix")
    (tmp_path / "b.py").write_text("KOGNITOS_URL v2/runs  # mine\n")
    result = run("undo")
    assert result.exit_code == 2
    assert re.search(f"nothing was reverted: b.py changed since `fix` of {TIME}", result.stderr)
    assert (tmp_path / "a.py").read_text() == "KOGNITOS_URL v2/runs\n"
    (tmp_path / "b.py").write_text("KOGNITOS_URL v2/runs\n")
    assert run("undo").exit_code == 0


def test_a_fix_that_was_cut_short_is_taken_back(run: Run, tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("KOGNITOS_URL v1/invoke\n")
    run("fix")
    (tmp_path / "b.py").write_text("KOGNITOS_URL v1/invoke\n")
    assert run("undo").stdout.startswith("restored a.py\nReverted `fix` of ")
    assert (tmp_path / "a.py").read_text() == "KOGNITOS_URL v1/invoke\n"


def test_a_diff_leaves_the_journal_alone(run: Run, project: Path) -> None:
    run("fix")
    run("fix", "--diff")
    run("fix")
    assert run("undo").exit_code == 0
    assert (project / "fixable.py").read_text() != FIXED


@pytest.mark.parametrize(
    "spoiled",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"version": 2}',
        HEAD + b"}",
        HEAD[:-2] + b'/", "files": []}',
        b'{"version": 9, "files": []}',
        HEAD + b', "files": 3}',
        HEAD + b', "files": [{"path": 3, "before": null, "after": ""}]}',
        HEAD + b', "files": [{"path": "a.py", "before": null, "after": ""}]}',
        HEAD + b', "files": [{"path": "/a\\u0000.py", "before": null, "after": ""}]}',
        HEAD + b', "files": [{"path": "/a.py", "before": "*", "after": ""}]}',
    ],
)
def test_a_spoiled_journal_is_an_error(run: Run, project: Path, spoiled: bytes) -> None:
    run("fix")
    done(project).write_bytes(spoiled)
    result = run("undo")
    assert result.exit_code == 2
    assert "the journal of a run can't be read" in result.stderr
    assert "internal error" not in result.stderr
    assert (project / "fixable.py").read_text() == FIXED


def test_a_fix_that_failed_leaves_the_one_before_to_be_taken_back(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (project / "fixable.py").read_bytes()
    run("fix")
    (project / "more.py").write_text("KOGNITOS_URL v1/invoke\n")
    with monkeypatch.context() as patch:
        patch.setattr("kognitos_migrate.writing.atomic_replace._replace", _refuse)
        assert run("fix").exit_code == 2
    assert run("undo").exit_code == 0
    assert (project / "fixable.py").read_bytes() == before


def _refuse(*arguments: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_fix_that_was_cut_short_is_taken_back_before_there_is_another(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("KOGNITOS_URL v1/invoke\n")
    run("fix")
    token = begun(tmp_path)
    (tmp_path / "b.py").write_text("KOGNITOS_URL v1/invoke\n")
    (tmp_path / f".{token}-x.kognitos-migrate").write_text("left behind")
    for command in (("check",), ("fix", "--diff")):
        assert re.search(f"note: `fix` of {TIME} was interrupted", run(*command).stderr)
    refused = run("fix")
    assert refused.exit_code == 2
    assert re.search(
        f"`fix` of {TIME} was interrupted \\(unchanged: b.py; written: a.py\\)",
        refused.stderr,
    )
    assert run("undo").exit_code == 0
    assert sorted(os.listdir(tmp_path)) == ["a.py", "b.py"]
    assert run("fix").exit_code == 0


def test_a_link_in_the_place_of_a_file_is_refused(run: Run, project: Path) -> None:
    run("fix")
    (project / "fixable.py").rename(project / "elsewhere.py")
    try:
        (project / "fixable.py").symlink_to("elsewhere.py")
    except OSError:
        pytest.skip("no permission to make links")
    result = run("undo")
    assert result.exit_code == 2
    assert "links are never followed for writing" in result.stderr
    assert (project / "elsewhere.py").read_text() == FIXED


@pytest.mark.parametrize("state", ["file/below", "relative"])
def test_without_a_place_for_the_journal_nothing_is_written_unless_the_user_wants_it(
    state: str, run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "file").touch()
    before = (project / "fixable.py").read_text()
    place = Path(state) if state == "relative" else project / state
    monkeypatch.setattr("platformdirs.user_state_path", lambda name: place)
    result = run("fix")
    assert result.exit_code == 2
    assert "the journal of `undo` can't be written, nothing was changed" in result.stderr
    assert (project / "fixable.py").read_text() == before
    assert run("fix", "--no-undo").exit_code == 1
    assert (project / "fixable.py").read_text() == FIXED
    assert not (project / "relative").exists()
    assert "the journal of `undo` can't be written" in run("undo").stderr


def test_a_run_that_writes_nothing_needs_no_journal(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("platformdirs.user_state_path", lambda name: tmp_path / "file")
    assert run("fix").exit_code == 0


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders have no modes here")
def test_a_journal_that_others_may_write_is_not_used(run: Run, project: Path) -> None:
    run("fix")
    folder = done(project).parent
    folder.chmod(0o770)
    assert "others may write it" in run("undo").stderr
    assert (project / "fixable.py").read_text() == FIXED


def test_a_run_is_named_with_its_options(run: Run, tmp_path: Path) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("KOGNITOS_URL v1/invoke\n")
        assert run("fix", "--adapt", "--unsafe").exit_code == 0
    assert "`undo` again reverts `fix --adapt --unsafe` of " in run("undo").stdout


def test_runs_are_taken_back_one_by_one(run: Run, tmp_path: Path) -> None:
    names = [f"a{number}.py" for number in range(journal.MOST_RUNS + 2)]
    for name in names:
        (tmp_path / name).write_text("KOGNITOS_URL v1/invoke\n")
        assert run("fix").exit_code == 0
    for name in reversed(names[2:]):
        stdout = run("undo").stdout
        assert stdout.startswith(f"restored {name}\n")
        assert ("`undo` again reverts `fix` of " in stdout) == (name != names[2])
    assert "nothing to revert" in run("undo").stderr
    assert {name for name, data in there(tmp_path).items() if b"v2" in data} == set(names[:2])


def test_a_run_that_keeps_nothing_is_not_taken_for_another(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("KOGNITOS_URL v1/invoke\n")
    run("fix")
    (tmp_path / "b.py").write_text("KOGNITOS_URL v1/invoke  # other\n")
    assert run("fix", "--no-undo").exit_code == 0
    assert run("undo").stdout.startswith("restored a.py\n")
    assert "nothing to revert" in run("undo").stderr
    assert (tmp_path / "b.py").read_text() == "KOGNITOS_URL v2/runs  # other\n"


def test_a_run_that_is_cut_short_is_found_also_when_files_changed_since(run: Run, tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("KOGNITOS_URL v1/invoke\n")
    run("fix")
    begun(tmp_path)
    (tmp_path / "b.py").write_text("KOGNITOS_URL v1/invoke  # edited\n")
    refused = run("fix")
    assert refused.exit_code == 2
    assert "changed since: b.py" in refused.stderr
    assert "b.py changed since `fix` of" in run("undo").stderr
    (tmp_path / "b.py").write_text("KOGNITOS_URL v1/invoke\n")
    assert run("undo").exit_code == 0


def test_a_run_that_holds_the_lock_is_named(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("undo")  # makes the folder
    program = """
import sys, time
from kognitos_migrate.writing.journal import hold_lock
with hold_lock(sys.argv[1], "`fix --adapt`, process 4711, since today"):
    print("locked", flush=True)
    time.sleep(60)
"""
    lock = os.path.join(journal.journal_folder(project), "lock")
    monkeypatch.setattr("kognitos_migrate.writing.journal.PATIENCE", 0.2)
    command = [sys.executable, "-c", program, lock]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        for arguments in (["fix"], ["undo"], ["fix", "--no-undo"]):
            result = run(*arguments)
            assert result.exit_code == 2
            assert "another run is changing this project: `fix --adapt`, process 4711" in result.stderr
        other.kill()
    assert run("fix").exit_code == 1
    assert (project / "fixable.py").read_text() == FIXED


def test_an_adapter_whose_run_was_killed_does_not_block_undo(run: Run, project: Path) -> None:
    before = (project / "fixable.py").read_bytes()
    run("fix")
    token = begun(project)
    if not hasattr(os, "link"):
        pytest.skip("no hard links here")
    os.link(project / "fixable.py", project / f".{token}-x.kognitos-migrate")  # a file takes its name so
    assert run("undo").exit_code == 0
    assert (project / "fixable.py").read_bytes() == before


CALL = (
    "import requests\n\n"
    'requests.post("https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={})\n'
)
HOST = "https://rest-api.app.kognitos.com/v1"
CLIENT = f"""\
import requests


def start(facts):
    reply = requests.post("{HOST}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json=facts)
    return reply.json()["worker_id"]
"""
MAIN = f"""\
import requests
from client import start

reply = requests.get("{HOST}/run/" + start({{}}))
print(reply.json()["state"] == "done")
"""


@pytest.fixture
def programs(tmp_path: Path, run: Run) -> Path:
    """Two programs of one file, and one of two files, which are fixed."""
    (tmp_path / "kognitos-migrate.yaml").write_text(CONFIG)
    for name in ("a.py", "jobs/b.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(CALL)
    (tmp_path / "client.py").write_text(CLIENT)
    (tmp_path / "main.py").write_text(MAIN)
    assert run("fix", engine=None).exit_code == 0
    assert fixed(tmp_path) == {"a.py", "jobs/b.py", "client.py", "main.py"}
    return tmp_path


def fixed(folder: Path) -> set[str]:
    """The files that are migrated."""
    paths = (path for path in folder.rglob("*.py") if "/v2/runs" in path.read_text())
    return {path.relative_to(folder).as_posix() for path in paths}


@pytest.mark.parametrize(
    ("paths", "back"),
    [
        (["a.py"], {"a.py"}),
        (["jobs"], {"jobs/b.py"}),
        (["main.py"], {"main.py", "client.py"}),
        (["jobs/b.py", "client.py"], {"jobs/b.py", "main.py", "client.py"}),
        (["."], {"a.py", "jobs/b.py", "client.py", "main.py"}),
    ],
)
def test_programs_are_taken_back_alone(run: Run, programs: Path, paths: list[str], back: set[str]) -> None:
    every = fixed(programs)
    result = run("undo", *paths)
    assert result.exit_code == 0
    assert fixed(programs) == every - back
    assert f"({len(back)} file" in result.stdout
    if back != every:
        assert "`undo` again reverts `fix` of " in result.stdout
        assert run("undo").exit_code == 0
    assert fixed(programs) == set()
    assert run("undo").exit_code == 2


def test_a_change_elsewhere_keeps_no_program_from_being_taken_back(run: Run, programs: Path) -> None:
    (programs / "a.py").write_text("print('mine')\n")
    assert run("undo").exit_code == 2
    assert run("undo", "a.py").exit_code == 2
    assert run("undo", "jobs").exit_code == 0
    assert fixed(programs) == {"client.py", "main.py"}


def test_a_path_in_which_nothing_was_changed_is_an_error(run: Run, programs: Path) -> None:
    every = fixed(programs)
    result = run("undo", "kognitos-migrate.yaml")
    assert (result.exit_code, fixed(programs)) == (2, every)
    said = f"error: kognitos-migrate.yaml: `fix` of {TIME} changed nothing here\n"
    assert re.fullmatch(said, result.stderr)


def test_a_file_of_the_user_is_no_leftover(run: Run, project: Path) -> None:
    """Only files named like those of a run are removed, and others never, however old they are."""
    names = (
        ".notes.kognitos-migrate",
        ".0123456789abcdef.kognitos-migrate",
        "0123456789abcdef-x.kognitos-migrate",
    )
    for name in names:
        (project / name).write_text("mine")
        os.utime(project / name, (0, 0))
    stale = project / ".0123456789abcdef-abcdefgh.kognitos-migrate"
    stale.write_text("left")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kognitos_migrate.writing.atomic_replace.STALE", -1.0)
        assert run("fix").exit_code in (0, 1)
    assert all((project / name).exists() for name in names)
    assert not stale.exists()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two repositories with v1 code, `one` and `two`, and another working folder."""
    for name in ("one", "two", "one/module"):
        (tmp_path / name / ".git").mkdir(parents=True)
        for file in ("a.py", "b.py"):
            (tmp_path / name / file).write_text("KOGNITOS_URL v1/invoke\n")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    return tmp_path


def test_an_interrupted_run_belongs_to_the_project_of_its_files(
    run: Run, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("fix", "--allow-dirty", str(elsewhere / "one"))
    begun(elsewhere / "one")
    (elsewhere / "one" / "b.py").write_text("KOGNITOS_URL v1/invoke\n")
    assert "was interrupted" in run("check", str(elsewhere / "one")).stderr
    assert "kognitos-migrate undo FOLDER" in run("undo").stderr
    monkeypatch.chdir(elsewhere / "one")
    assert "was interrupted" in run("check").stderr
    assert "was interrupted" in run("fix", "--allow-dirty").stderr
    assert run("undo").exit_code == 0
    assert (elsewhere / "one" / "a.py").read_text() == "KOGNITOS_URL v1/invoke\n"
    assert (elsewhere / "one" / "module" / "a.py").read_text() == "KOGNITOS_URL v1/invoke\n"


@pytest.mark.parametrize("folder", ["one", "two", "one/module"])
def test_a_run_of_several_projects_is_known_to_each(run: Run, elsewhere: Path, folder: str) -> None:
    paths = [elsewhere / name / "a.py" for name in ("one", "two", "one/module")]
    run("fix", "--allow-dirty", str(elsewhere / "one"), str(elsewhere / "two"))
    assert [path.read_text() for path in paths] == ["KOGNITOS_URL v2/runs\n"] * 3
    begun(elsewhere / folder)
    paths[1].write_text("KOGNITOS_URL v1/invoke\n")
    assert "was interrupted" in run("check", str(elsewhere / folder)).stderr
    assert run("undo", str(elsewhere / folder)).exit_code == 2, "it was interrupted: no part of it"
    assert [path.read_text() for path in paths[::2]] == ["KOGNITOS_URL v2/runs\n"] * 2
