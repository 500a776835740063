"""Texts of the configuration reach code as literals: each is there as it is, and none of it runs."""

import ast
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.conftest import run as run  # a fixture

TEXTS = [
    'q"} and {"k": __import__("os").system("touch pwned") or "z',
    "it's",
    "a\nb\r\nimport os",
    "back\\slash\\",
    '"""\n__import__("os")\n"""',
    "x{__import__}",
    "x\u202eevil\u2028y",
    "%s{0}",
]
PROGRAMS = {
    "literal": 'print(run.json()["state"] == {word!r})\n',
    "member": 'print(run.json()["state"] in ("done", {word!r}))\n',
    "formatted": "print(f\"{{run.json()['state'] == 'failed'}}\")\n",
    "put_back": 'publish(run.json()["state"] + "!")\n',
    "kept": 'table = {{{word!r}: 1}}\nprint(table[run.json()["state"]], run.json()["state"].upper())\n',
}
HEAD = """\
import sys
import requests
API = "https://rest-api.app.kognitos.com/v1"
def publish(text): print(text)
def start(share_id):
    return requests.post(f"{API}/invoke/{share_id}", json={"a": 1}).json()["worker_id"]
worker_id = start(sys.argv[1])
run = requests.get(f"{API}/run/{worker_id}")
"""


@pytest.mark.parametrize(
    "place", ["x import y; __import__(1)#/kept.py", "a b/kept.py", "class/kept.py", "x\nimport os\n/kept.py"]
)
def test_a_place_for_adapters_is_no_code(place: str, run: Run, tmp_path: Path) -> None:
    config = {
        "processes": {"abcd3fg9ijk5mn1pqr3tu2wxy": {"process_id": "p", "agent_id": "a", "stage": "Draft"}},
        "states": {"failed": "Failed"},
        "adapter": place,
    }
    (tmp_path / "kognitos-migrate.yaml").write_text(json.dumps(config))
    (tmp_path / place).parent.mkdir()
    (tmp_path / "main.py").write_text(f"{HEAD}publish(run.json())\nopaque.keep(run.json())\nimport opaque\n")
    result = run("fix", "--adapt", engine=None)
    assert "internal error" not in result.stderr, result.stderr
    names = {
        one.id for one in ast.walk(ast.parse((tmp_path / "main.py").read_text())) if isinstance(one, ast.Name)
    }
    assert not names & {"__import__", "y"}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("program", "options"), [*((program, ()) for program in PROGRAMS), ("put_back", ("--adapt",))]
)
def test_a_text_is_a_literal(
    options: tuple[str, ...], program: str, text: str, run: Run, tmp_path: Path
) -> None:
    identity = "p" + "".join(text.split())  # an id has no blanks
    row = {"process_id": identity, "agent_id": "a", "stage": "Published", "name": text[:100]}
    config = {
        "processes": {"abcd3fg9ijk5mn1pqr3tu2wxy": row, "k2mnp8qrs4tuv6wxy1zab3cde": row},
        "states": {"done": "Succeeded", text: [text, f"{text}2"], "failed": f"{text}3"},
        "v2_request": "reference",
    }
    (tmp_path / "kognitos-migrate.yaml").write_text(json.dumps(config))
    before = HEAD + PROGRAMS[program].format(word=text)
    (tmp_path / "main.py").write_text(before)
    result = run("fix", *options, engine=None)
    assert "internal error" not in result.stderr, result.stderr
    after = (tmp_path / "main.py").read_text()
    assert result.exit_code != 2, result.stderr
    assert after != before, result.stdout
    for file in tmp_path.glob("*.py"):
        tree = ast.parse(file.read_text())
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not names & {"__import__", "os"}
        imported = [
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        ]
        assert set(imported) <= {"sys", "requests", "json"}
    texts = {node.value for node in ast.walk(ast.parse(after)) if isinstance(node, ast.Constant)}
    assert {identity, text} <= texts
