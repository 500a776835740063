"""Code actions: applied to the text, they give what the commands give."""

import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.conftest import CONFIG, contents, fix
from tests.lsp.editor import CAPABILITIES, ROOT, editor, run
from tests.unit.discover.trees import plant

pytestmark = pytest.mark.slow
FIX = "Migrate 4 calls to v2"
FIX_ONE = "Migrate 1 call to v2"
FIX_PROJECT = "Fix all v1 calls of the project (kognitos-migrate)"
SOURCE_FIX = "source.fixProject.kognitos-migrate"
URL = "https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"


def test_a_quick_fix_gives_what_fix_gives(demo: Path) -> None:
    expected = fix(demo)["invoices.py"]

    async def session() -> None:
        async with editor(demo) as opened:
            uri = opened.open(demo / "invoices.py")
            await opened.until_checked(uri)
            actions = await opened.actions(uri, 35)
            assert actions[FIX].is_preferred
            await opened.choose(actions[FIX])
            assert opened.texts[uri].encode() == expected
            await opened.until(lambda: opened.messages)
            assert opened.messages[0].startswith("Before you deploy:\n  invoices.py:")
            assert await opened.until_checked(uri) == []
            assert (demo / "invoices.py").read_bytes() != expected  # the editor saves it

    run(session())


def test_a_quick_fix_is_of_the_text_that_is_typed(demo: Path) -> None:
    """Also with other line endings, characters of two units, and no line feed at the end."""
    path = demo / "invoices.py"
    saved = path.read_text("utf-8")
    text = saved.replace('"""Send', '"""😀 Send').replace("\n", "\r\n").rstrip("\r\n")
    path.write_bytes(text.encode())
    expected = fix(demo)["invoices.py"]
    path.write_text(saved, "utf-8")

    async def session() -> None:
        async with editor(demo) as opened:
            uri = opened.open(path)
            opened.change(uri, text)
            await opened.until_checked(uri)
            await opened.choose((await opened.actions(uri, 35))[FIX])
            assert opened.texts[uri].encode() == expected

    run(session())


def test_a_quick_fix_changes_all_files_of_the_conversation(program: Path) -> None:
    """The open one in the editor, the other one on disk."""
    before, expected = contents(program), fix(program)
    assert before.keys() == expected.keys()
    assert all(before[name] != expected[name] for name in ("main.py", "settings.py"))

    async def session() -> None:
        async with editor(program) as opened:
            uri = opened.open(program / "main.py")
            findings = await opened.until_checked(uri)
            actions = await opened.actions(uri, findings[0][1])
            fixes = [action for title, action in actions.items() if "Migrate" in title]
            assert fixes[0].title.endswith(" to v2 in 2 files")
            edit = await opened.choose(fixes[0])
            assert edit is not None
            documents = [
                change.text_document
                for change in edit.document_changes or ()
                if isinstance(change, types.TextDocumentEdit)
            ]
            assert {(document.uri, document.version) for document in documents} == {
                (uri, 1),
                ((program / "settings.py").as_uri(), None),
            }
            assert {**contents(program), "main.py": opened.texts[uri].encode()} == expected

    run(session())


def test_a_quick_fix_of_one_of_two_conversations_in_a_module(tmp_path: Path) -> None:
    """They share no text, so that each is a conversation of its own."""
    first, second = (f'requests.post("{URL}", json={{"{name}": "1"}})\n' for name in "ab")
    plant(tmp_path, {"p/kognitos-migrate.yaml": CONFIG, "p/a.py": f"import requests\n\n{first}{second}"})
    both = fix(tmp_path / "p")["a.py"].decode()
    assert "/v1" not in both

    async def session() -> None:
        async with editor(tmp_path / "p") as opened:
            uri = opened.open(tmp_path / "p" / "a.py")
            await opened.until_checked(uri)
            await opened.choose((await opened.actions(uri, 4))[FIX_ONE])
            assert first in opened.texts[uri]
            assert second not in opened.texts[uri]
            assert await opened.until_checked(uri) == [("KOG101", 3)]
            await opened.choose((await opened.actions(uri, 3))[FIX_ONE])
            assert opened.texts[uri] == both

    run(session())


@pytest.fixture
def adapting(tmp_path: Path) -> Path:
    """A program whose replies are adapted in a new module."""
    program = ROOT / "fixtures" / "programs" / "adapter_of_a_plain_folder"
    folder = Path(shutil.copytree(program / "before", tmp_path / "adapting"))
    plant(folder, {"kognitos-migrate.yaml": CONFIG})
    return folder


def test_a_fix_with_adapters_creates_their_module(adapting: Path) -> None:
    expected = fix(adapting, "--adapt")
    path = adapting / "clinic" / "intake" / "runs.py"
    assert len(expected) == len(contents(adapting)) + 1

    async def session() -> None:
        async with editor(adapting) as opened:
            uri = opened.open(path)
            findings = await opened.until_checked(uri)
            actions = await opened.actions(uri, findings[0][1])
            title = next(title for title in actions if title.endswith("(adapt)"))
            assert not actions[title].is_preferred
            await opened.choose(actions[title])
            path.write_bytes(opened.texts[uri].encode())
            assert contents(adapting) == expected

    run(session())


def test_an_editor_that_creates_no_files_makes_no_such_fix(adapting: Path) -> None:
    before = contents(adapting)
    capabilities = types.ClientCapabilities(text_document=CAPABILITIES.text_document)

    async def session() -> None:
        async with editor(adapting, capabilities=capabilities) as opened:
            uri = opened.open(adapting / "clinic" / "intake" / "runs.py")
            findings = await opened.until_checked(uri)
            actions = await opened.actions(uri, findings[0][1])
            edit = await opened.choose(actions[next(title for title in actions if "(adapt)" in title)])
            assert edit is None
            await opened.until(lambda: opened.messages)
            assert "your editor can't create files" in opened.messages[0]
            assert contents(adapting) == before

    run(session())


def test_the_whole_project_is_fixed_by_one_edit(program: Path, demo: Path) -> None:
    shutil.copy(demo / "invoices.py", program)
    expected = fix(program)

    async def session() -> None:
        async with editor(program) as opened:
            uri = opened.open(program / "main.py")
            findings = await opened.until_checked(uri)
            assert FIX_PROJECT in await opened.actions(uri, findings[0][1])
            actions = await opened.actions(uri, 1, only=SOURCE_FIX)
            assert {*actions} == {FIX_PROJECT}
            assert await opened.actions(uri, 1, only="source.fixAll") == {}
            await opened.choose(actions[FIX_PROJECT])
            assert {**contents(program), "main.py": opened.texts[uri].encode()} == expected

    run(session())


def test_an_editor_without_resolve_uses_commands(demo: Path) -> None:
    expected = fix(demo)["invoices.py"]
    capabilities = types.ClientCapabilities(workspace=types.WorkspaceClientCapabilities(apply_edit=True))

    async def session() -> None:
        async with editor(demo, capabilities=capabilities) as opened:
            uri = opened.open(demo / "invoices.py")
            await opened.until_checked(uri)
            await opened.command("fixProject", uri)
            assert opened.texts[uri].encode() == expected
            await opened.until(lambda: opened.messages)
            assert opened.messages[0].startswith("Fixed 4 v1 calls; changed 1 file.\nBefore you deploy:\n")
            assert "KOGNITOS_URL" in opened.messages[0]

    run(session())


def test_a_document_that_changes_meanwhile_keeps_its_text(demo: Path) -> None:
    async def session() -> None:
        async with editor(demo) as opened:
            uri = opened.open(demo / "invoices.py")
            await opened.until_checked(uri)
            action = (await opened.actions(uri, 35))[FIX]
            text = f"# a line more\n{opened.texts[uri]}"
            opened.change(uri, text)  # the place of the finding is another one now
            assert await opened.choose(action) is None
            await opened.until(lambda: opened.messages)
            assert opened.messages == ["Nothing left to change."]
            assert opened.texts[uri] == text

    run(session())


def test_a_comment_is_refused_where_the_finding_no_longer_is(tmp_path: Path) -> None:
    head, call = "import requests\n\n", f'requests.post("{URL}", json={{}})\n'
    plant(tmp_path, {"a.py": head + call})

    async def session() -> None:
        async with editor(tmp_path) as opened:
            uri = opened.open(tmp_path / "a.py")
            await opened.until_checked(uri)
            action = (await opened.actions(uri, 3))["Ignore KOG101 in this statement"]
            text = f"{head}print('another statement')\n{call}"
            opened.change(uri, text)
            assert await opened.choose(action) is None
            assert opened.texts[uri] == text
            await opened.until(lambda: opened.messages)
            assert opened.messages == ["a.py:3: KOG101 is no longer here; try again"]

    run(session())


def test_no_comment_is_offered_in_a_file_that_is_not_python(tmp_path: Path) -> None:
    plant(tmp_path, {"deploy.sh": "curl https://rest-api.app.kognitos.com/v1/run/1\n"})

    async def session() -> None:
        async with editor() as opened:
            uri = opened.open(tmp_path / "deploy.sh")
            assert await opened.until_checked(uri) == [("KOG401", 1)]
            assert {*await opened.actions(uri, 1)} == {"Explain KOG401"}

    run(session())


def test_an_explanation_needs_no_edit(demo: Path) -> None:
    async def session() -> None:
        async with editor(demo) as opened:
            uri = opened.open(demo / "invoices.py")
            await opened.until_checked(uri)
            assert await opened.choose((await opened.actions(uri, 35))["Explain KOG101"]) is None
            assert len(opened.pages) == 1
            assert opened.messages == []

    run(session())


def test_all_projects_are_fixed_though_one_has_nothing_to_fix(demo: Path, tmp_path: Path) -> None:
    expected = fix(demo)["invoices.py"]
    plant(tmp_path, {"clean/a.py": "import os\n"})

    async def session() -> None:
        async with editor(tmp_path / "clean", demo) as opened:
            uri = opened.open(demo / "invoices.py")
            await opened.until_checked(uri)
            await opened.command("fixProject")
            assert opened.texts[uri].encode() == expected
            await opened.command("fixProject", uri, uri, (tmp_path / "clean" / "a.py").as_uri())
            await opened.until(lambda: len(opened.messages) > 1)
            assert opened.messages[0].startswith("Fixed 4 v1 calls; changed 1 file.\n")
            assert opened.messages[1:] == ["Nothing left to change."]

    run(session())


IGNORED = (
    ("requests.post(URL, json={})\n", "requests.post(URL, json={})  # kognitos-migrate: ignore[KOG101]\n"),
    (
        "requests.post(\n    URL,\n    json={},\n)  # prose\n",
        "requests.post(\n    URL,\n    json={},\n)  # kognitos-migrate: ignore[KOG101]  # prose\n",
    ),
    (
        "requests.post(URL, json={})  # type: ignore\n",
        "requests.post(URL, json={})  # type: ignore  # kognitos-migrate: ignore[KOG101]\n",
    ),
    (
        'if requests.post(URL, json={"a": """\n"""}):\n    pass\n',
        'if requests.post(URL, json={"a": """\n"""}):  # kognitos-migrate: ignore[KOG101]\n    pass\n',
    ),
)


@pytest.mark.parametrize(("before", "after"), IGNORED)
def test_a_comment_suppresses_a_finding(tmp_path: Path, before: str, after: str) -> None:
    head = f'import requests\n\nURL = "{URL}"\n'
    plant(tmp_path, {"a.py": head + before})

    async def session() -> None:
        async with editor(tmp_path) as opened:
            uri = opened.open(tmp_path / "a.py")
            assert await opened.until_checked(uri) == [("KOG101", 4)]
            await opened.choose((await opened.actions(uri, 4))["Ignore KOG101 in this statement"])
            assert opened.texts[uri] == head + after
            assert await opened.until_checked(uri) == []

    run(session())


def test_a_program_with_a_notebook_is_left_to_the_command(tmp_path: Path) -> None:
    cell = f'import requests\\nrequests.post(\\"{URL}\\", json={{\\"a\\": \\"1\\"}})'
    notebook = f'{{"cells": [{{"cell_type": "code", "source": "{cell}"}}], "nbformat": 4}}'
    plant(tmp_path, {"kognitos-migrate.yaml": CONFIG, "study.ipynb": notebook, "a.py": "import os\n"})

    async def session() -> None:
        async with editor(tmp_path) as opened:
            uri = opened.open(tmp_path / "a.py")
            await opened.command("fixProject", uri)
            await opened.until(lambda: opened.messages)
            assert "study.ipynb: the change includes a notebook" in opened.messages[0]
            assert (tmp_path / "study.ipynb").as_uri() not in opened.diagnostics

    run(session())
