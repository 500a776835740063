"""Which of several services a word of the API means: the others stay on the old version."""

from __future__ import annotations

from pathlib import Path

import pytest

from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.run.session import Options, run_check

CONFIG = """
processes:
  abcd3fg9ijk5mn1pqr3tu2wxy: {process_id: p1, agent_id: a1, stage: Draft}
"""
PROCESS = "abcd3fg9ijk5mn1pqr3tu2wxy"
IMPORTS = "import json\nimport os\nimport requests\n"
ERP = """
ERP = os.environ["ERP_URL"]
def export(order):
    return requests.post(f"{ERP}/v1/invoke/export", json=order).json()["worker_id"]
"""
START = """
BASE = os.environ["AUTOMATION_URL"]
def start(order):
    return requests.post(f"{BASE}/v1/invoke/{os.environ['PROCESS']}", json=order).json()["worker_id"]
"""
POLL = """
def poll(number):
    run = requests.get(f"{BASE}/v1/run/{number}").json()
    return json.loads(run["answer"]) if run["state"] == "done" else None
"""
CHAT = 'CHAT = os.environ["CHAT_URL"]\ndef say(text):\n    requests.post(f"{CHAT}/post", json=text)\n'
CLIENT = """
class Client:
    prefix = "/v1"
    def __init__(self, url):
        self.root = url.rstrip("/") + self.prefix
    def post(self, *path, json):
        return requests.post("/".join((self.root, *path)), json=json).json()
    def get(self, *path):
        return requests.get("/".join((self.root, *path))).json()
"""

PROJECTS: dict[str, tuple[dict[str, str], set[str], set[str]]] = {
    "subclasses, each with its section of the settings": (
        {
            "base.py": f"import requests\n{CLIENT}",
            "erp.py": "from base import Client\nclass Erp(Client):\n    def order(self, number):\n"
            '        return self.post("invoke", f"order-{number}", json={})["worker_id"]\n',
            "automation.py": f"import json\nfrom base import Client\nclass Automation(Client):\n"
            '    "Kognitos"\n    prefix = "/v1"\n    def check(self, order):\n'
            f'        number = self.post("invoke", "{PROCESS}", json=order)["worker_id"]\n'
            '        run = self.get("run", number)\n'
            '        return json.loads(run["answer"]) if run["state"] == "done" else None\n',
            "bridge.py": "import sys, tomllib\nfrom erp import Erp\nfrom automation import Automation\n"
            'conf = tomllib.load(open(sys.argv[1], "rb"))\nerp = Erp(conf["erp"]["url"])\n'
            'kognitos = Automation(conf["automation"]["url"])\n'
            'print(kognitos.check({"export": erp.order("1")}))\n',
        },
        {"automation.py"},
        {"erp.py"},
    ),
    "functions of one module, one service with a proof": (
        {
            "main.py": f'"Kognitos."\n{IMPORTS}{START}{POLL}print(poll(start({{}})))\n',
            "erp.py": f"{IMPORTS}{ERP}",
            "bridge.py": "import erp, main  # kognitos\nprint(erp.export({}))\n",
        },
        {"main.py"},
        {"erp.py"},
    ),
    "functions of one module that only start": (
        {"main.py": f'"Kognitos."\n{IMPORTS}{START}{ERP}print(start({{"export": export({{}})}}))\n'},
        set(),
        {"main.py"},
    ),
    "modules that only start, one with the word": (
        {
            "automation.py": f'"Kognitos."\n{IMPORTS}{START}',
            "erp.py": f"{IMPORTS}{ERP}",
            "main.py": 'import automation, erp\nprint(automation.start({"export": erp.export({})}))\n',
        },
        {"automation.py"},
        {"erp.py"},
    ),
    "a module that wires another vendor's library and a chat": (
        {
            "erp.py": f"{IMPORTS}{ERP}",
            "chat.py": f"{IMPORTS}{CHAT}",
            "bridge.py": "import chat, erp\nfrom kognitos_sdk import check\n"
            'chat.say(check(erp.export({"number": "1"})))\n',
        },
        set(),
        {"erp.py"},
    ),
    "a chat beside the only service": (
        {"main.py": f'"Kognitos."\n{IMPORTS}{START}{CHAT}say(start({{}}))\n'},
        {"main.py"},
        set(),
    ),
    "a word in a module that reaches one service alone": (
        {
            "automation.py": f"{IMPORTS}{START}",
            "chat.py": f"{IMPORTS}{CHAT}say('up')\n",
            "main.py": "import automation  # kognitos\nprint(automation.start({}))\n",
        },
        {"automation.py"},
        set(),
    ),
}


@pytest.mark.parametrize(("files", "changed", "possible"), PROJECTS.values(), ids=PROJECTS)
def test_a_word_that_may_mean_another_service_is_no_sign(
    files: dict[str, str],
    changed: set[str],
    possible: set[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    for path, text in {**files, "kognitos-migrate.yaml": CONFIG}.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    result = run_check(["."], Options(level=Applicability.SAFE)).result
    assert {change.path for change in result.changes} == changed
    assert {(finding.code, finding.place.path) for finding in result.remaining} == {
        ("KOG903", path) for path in possible
    }
