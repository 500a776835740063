"""A session of an editor: diagnostics while typing, hover, explanations, and the end."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.editor import PATIENCE, editor, environment, run
from tests.unit.discover.trees import plant

pytestmark = pytest.mark.slow
CALL = """\
import requests

requests.post("https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={})
"""
FOUND = [("KOG301", 24), ("KOG302", 28), ("KOG101", 35), ("KOG201", 46)]


def test_a_folder_has_the_findings_of_check(demo: Path) -> None:
    command = [sys.executable, "-m", "kognitos_migrate", "check", "--output-format", "json"]
    ran = subprocess.run(command, cwd=demo, env=environment(), capture_output=True, check=False)
    findings = json.loads(ran.stdout)["findings"]

    async def session() -> None:
        async with editor(demo) as opened:
            uri = (demo / "invoices.py").as_uri()
            await opened.until(lambda: opened.found(uri))
            assert opened.found(uri) == FOUND
            assert [
                (item.code, item.range.start.line + 1, item.range.start.character + 1, item.message)
                for item in opened.diagnostics[uri].diagnostics
            ] == [
                (item["code"], item["location"]["row"], item["location"]["column"], item["message"])
                for item in findings
            ]
            first = opened.diagnostics[uri].diagnostics[0]
            page = first.code_description.href if first.code_description is not None else None
            assert page == findings[0].get("url")
            assert [place.message for place in first.related_information or ()] == [
                step["message"] for step in findings[0]["trace"]
            ]

    run(session())


def test_diagnostics_follow_the_text_that_is_typed(demo: Path) -> None:
    async def session() -> None:
        async with editor(demo) as opened:
            uri = opened.open(demo / "invoices.py")
            text = opened.texts[uri]
            assert await opened.until_checked(uri) == FOUND
            opened.change(uri, f"# a line more\n{text}")
            assert await opened.until_checked(uri) == [(code, row + 1) for code, row in FOUND]
            opened.change(uri, "print('nothing')\n")
            assert await opened.until_checked(uri) == []
            opened.change(uri, f"{text}    )\n")
            assert [code for code, _ in await opened.until_checked(uri)] == ["KOG901"]
            opened.close(uri)  # the file on disk counts again
            await opened.until(lambda: opened.found(uri) == FOUND)

    run(session())


def test_another_module_that_is_typed_changes_the_findings(program: Path) -> None:
    """The URL is in one module, the requests are in the other one."""

    async def session() -> None:
        async with editor(program) as opened:
            main, settings = (program / "main.py").as_uri(), program / "settings.py"
            await opened.until(lambda: opened.found(main))
            uri = opened.open(settings)
            opened.change(uri, opened.texts[uri].replace("kognitos", "acme"))
            await opened.until(lambda: not opened.found(main))

    run(session())


def test_text_that_cannot_matter_is_not_checked(demo: Path) -> None:
    """A change of such a document leaves the findings as they are, and later changes are checked."""
    plant(demo, {"other.py": "import os\n"})

    async def session() -> None:
        async with editor(demo) as opened:
            invoices = (demo / "invoices.py").as_uri()
            await opened.until(lambda: opened.found(invoices))
            uri = opened.open(demo / "other.py")
            opened.change(uri, "import sys\n")
            assert await opened.hover(uri, 1) == ""  # which waits for the check
            assert uri not in opened.diagnostics
            opened.change(uri, CALL)
            assert await opened.until_checked(uri) == [("KOG101", 3)]
            opened.change(uri, "import sys\n")
            assert await opened.until_checked(uri) == []
            assert opened.found(invoices) == FOUND

    run(session())


def test_files_that_other_programs_change_are_checked(demo: Path) -> None:
    async def session() -> None:
        async with editor(demo) as opened:
            path = demo / "invoices.py"
            await opened.until(lambda: opened.found(path.as_uri()))
            moved = path.rename(demo / "billing.py")
            opened.tell_of(path, types.FileChangeType.Deleted)
            opened.tell_of(moved, types.FileChangeType.Created)
            await opened.until(lambda: not opened.found(path.as_uri()) and opened.found(moved.as_uri()))
            assert opened.found(moved.as_uri()) == FOUND

    run(session())


def test_columns_are_in_the_units_of_the_editor(tmp_path: Path) -> None:
    line = 's = "😀é"; ' + CALL.splitlines()[-1]
    plant(tmp_path, {"a.py": f"import requests\n\n{line}\n"})
    column = len('s = "😀é"; ')
    encodings = types.PositionEncodingKind
    for encoding, more in ((encodings.Utf8, 4), (encodings.Utf16, 1), (encodings.Utf32, 0)):

        async def session(encoding: types.PositionEncodingKind = encoding) -> int:
            async with editor(tmp_path, encoding=encoding) as opened:
                uri = (tmp_path / "a.py").as_uri()
                await opened.until(lambda: opened.found(uri))
                return opened.diagnostics[uri].diagnostics[0].range.start.character

        assert run(session()) == column + more


def test_each_folder_has_its_own_configuration(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "one/a.py": CALL,
            "one/kognitos-migrate.yaml": "ignore: [KOG101]\n",
            "two/a.py": CALL,
            "two/inner/b.py": CALL,
            "three/a.py": CALL,
        },
    )
    one, two, inner, three = (tmp_path / name for name in ("one", "two", "two/inner", "three"))

    async def session() -> None:
        async with editor(one, two, inner) as opened:
            await opened.until(lambda: len(opened.diagnostics) == 2)
            assert {*opened.diagnostics} == {(two / "a.py").as_uri(), (inner / "b.py").as_uri()}
            folders = types.WorkspaceFoldersChangeEvent(
                added=[types.WorkspaceFolder(three.as_uri(), "three")],
                removed=[types.WorkspaceFolder(two.as_uri(), "two")],
            )
            opened.client.workspace_did_change_workspace_folders(
                types.DidChangeWorkspaceFoldersParams(folders)
            )
            await opened.until(lambda: opened.found((three / "a.py").as_uri()))
            assert opened.found((two / "a.py").as_uri()) == []
            assert opened.found((inner / "b.py").as_uri()) == [("KOG101", 3)]

    run(session())


def test_a_document_outside_of_all_folders_is_checked_while_it_is_open(tmp_path: Path) -> None:
    plant(tmp_path, {"a.py": CALL, "b.py": CALL})

    async def session() -> None:
        async with editor() as opened:
            uri = opened.open(tmp_path / "a.py")
            assert await opened.until_checked(uri) == [("KOG101", 3)]
            assert {*opened.diagnostics} == {uri}
            opened.change(uri, "")
            assert await opened.until_checked(uri) == []
            opened.change(uri, CALL)
            assert await opened.until_checked(uri) == [("KOG101", 3)]
            opened.close(uri)
            await opened.until(lambda: not opened.found(uri))

    run(session())


def test_options_are_those_of_check(demo: Path) -> None:
    async def session() -> None:
        async with editor(demo, options=["--select", "KOG3"]) as opened:
            uri = opened.open(demo / "invoices.py")
            assert await opened.until_checked(uri) == FOUND[:2]

    run(session())


def test_a_configuration_is_named_from_where_the_server_starts(demo: Path, tmp_path: Path) -> None:
    plant(tmp_path, {"other.yaml": "ignore: [KOG3, KOG2]\n"})

    async def session() -> None:
        async with editor(demo, options=["--config", "other.yaml"], cwd=str(tmp_path)) as opened:
            uri = opened.open(demo / "invoices.py")
            assert await opened.until_checked(uri) == [("KOG101", 35)]

    run(session())


def test_a_hover_shows_the_trace(demo: Path) -> None:
    async def session() -> None:
        async with editor(demo) as opened:
            uri = opened.open(demo / "invoices.py")
            text = await opened.hover(uri, 35)
            assert "KOG101" in text
            assert "4 requests, fixed together or not at all" in text
            assert (
                "1. `invoices.py:10:43`: the URL starts with `https://rest-api.app.kognitos.com/v1`" in text
            )
            assert "A step of **KOG301** at `invoices.py:24:17`" in await opened.hover(uri, 10)
            assert await opened.hover(uri, 1) == ""

    run(session())


def test_explain_is_the_text_of_the_command(demo: Path) -> None:
    command = [sys.executable, "-m", "kognitos_migrate", "explain", "invoices.py:35"]
    ran = subprocess.run(
        command, cwd=demo, env=environment(), capture_output=True, encoding="utf-8", check=True
    )

    async def session() -> None:
        async with editor(demo) as opened:
            uri = opened.open(demo / "invoices.py")
            text = await opened.command("explain", uri, 34)
            assert text.rstrip("\n") == ran.stdout.rstrip("\n")
            assert opened.pages == [text]
            opened.shows_documents = False
            assert await opened.command("explain", uri, 34) == text
            await opened.until(lambda: opened.log)
            assert opened.log == [text]
            assert opened.messages == []
            assert await opened.command("explain", uri, None) is None
            await opened.until(lambda: opened.messages)
            assert [text.rpartition(": ")[2] for text in opened.messages] == ["Expected int, got null"]

    run(session())


def test_an_invalid_configuration_is_one_message(demo: Path) -> None:
    (demo / "kognitos-migrate.yaml").write_text("hots: [a.example]\n")

    async def session() -> None:
        async with editor(demo) as opened:
            await opened.until(lambda: opened.messages)
            assert opened.messages == ["kognitos-migrate.yaml:1: hots: unknown key; did you mean hosts?"]
            uri = opened.open(demo / "invoices.py")
            opened.change(uri, opened.texts[uri] + "\n")
            assert await opened.hover(uri, 35) == ""
            assert len(opened.messages) == 1

    run(session())


def test_names_that_no_page_can_have_are_explained(demo: Path) -> None:
    longest = demo / f"{'x' * 252}.py"
    longest.write_bytes((demo / "invoices.py").read_bytes())

    async def session() -> None:
        async with editor(demo) as opened:
            text = await opened.command("explain", opened.open(longest), 34)
            assert text.startswith("KOG")
            await opened.until(lambda: opened.pages or opened.log)
            assert opened.pages == [text]
            for uri in ("file:///a%00b.py", "file:///%00", f"file:///{'y' * 300}.py"):
                opened.messages.clear()
                assert await opened.command("explain", uri, 0) is None
                await opened.until(lambda: opened.messages)
                assert "internal error" not in "".join(opened.messages)
                assert "Traceback" not in "".join(opened.messages)

    run(session())


GARBAGE = (
    b"hello\r\n\r\n",
    b"Content-Length: 3\r\n\r\n{]}",
    b"Content-Length: 2\r\n\r\n[]",
    b"Content-Length: 1\r\n\r\n5",
    b'Content-Length: 17\r\n\r\n{"jsonrpc":"1.0"}',
)
REQUESTS: tuple[tuple[str, object], ...] = (
    ("textDocument/hover", {"textDocument": 5}),
    ("textDocument/codeAction", None),
    ("codeAction/resolve", {"title": "x", "data": {"task": "fix", "folder": 5}}),
    ("workspace/executeCommand", {"command": "kognitos-migrate.explain", "arguments": [5]}),
    ("workspace/executeCommand", {"command": "kognitos-migrate.apply", "arguments": [{"task": "x"}]}),
    ("workspace/executeCommand", {"command": "no-such-command"}),
    ("no/such/method", {}),
)
NOTIFICATIONS: tuple[tuple[str, object], ...] = (
    ("textDocument/didOpen", {"textDocument": {"uri": 5}}),
    ("textDocument/didChange", {"textDocument": {"uri": "file:///nowhere.py", "version": 1}}),
    ("textDocument/didOpen", {"textDocument": {"uri": "untitled:1", "languageId": "python", "version": 1}}),
    ("textDocument/didClose", {"textDocument": {"uri": "file:///never-opened.py"}}),
    ("textDocument/didClose", {"textDocument": {"uri": "file:///a%00b.py"}}),
    ("workspace/didChangeWatchedFiles", {"changes": [{"uri": "file:///a%00b.py", "type": 1}]}),
    ("workspace/didChangeWatchedFiles", {"changes": [{"uri": "", "type": 1}]}),
    ("no/such/notification", {}),
)


def test_garbage_gets_no_traceback_and_does_not_end_the_session(demo: Path) -> None:
    async def session() -> None:
        async with editor(demo) as opened:
            server = opened.client._server
            assert server is not None
            assert server.stdin is not None
            for data in GARBAGE:
                server.stdin.write(data)
            for number, (method, params) in enumerate(REQUESTS):
                _send(server.stdin, {"id": f"garbage {number}", "method": method, "params": params})
            for method, params in NOTIFICATIONS:
                _send(server.stdin, {"method": method, "params": params})
            uri = opened.open(demo / "invoices.py")
            assert await opened.until_checked(uri) == FOUND
            assert "Traceback" not in "".join(opened.messages)
            assert not any("internal error" in message for message in opened.messages)

    run(session())


def _send(stream: asyncio.StreamWriter, message: dict[str, object]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)


def test_a_session_without_shutdown_ends_with_1(demo: Path) -> None:
    async def session(message: bytes) -> tuple[int, bytes]:
        command = [sys.executable, "-m", "kognitos_migrate", "server"]
        pipe = asyncio.subprocess.PIPE
        server = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment()
        )
        out, err = await asyncio.wait_for(server.communicate(message), PATIENCE)
        assert server.returncode is not None
        return server.returncode, out + err

    assert run(session(b"")) == (1, b"")
    leave = b'{"jsonrpc":"2.0","method":"exit"}'
    assert run(session(b"Content-Length: %d\r\n\r\n" % len(leave) + leave)) == (1, b"")


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['pygls'] = None; from kognitos_migrate.cli.main import main;"
        "sys.argv = ['kognitos-migrate', 'server']; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    message = (
        "the language server needs the `lsp` extra; run `pip install '.[lsp]'` "
        "in a checkout of kognitos-migrate"
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"error: {message}\n")
