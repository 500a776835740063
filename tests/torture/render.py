"""A program's text, from what its author chose."""

from __future__ import annotations

from textwrap import indent

from .client import client_of
from .grammar import Base, Carrying, Choices, Facts, Share, Structure, Transport, Upload

HOST = "https://rest-api.app.kognitos.com"
INVOICES, ORDERS = "abcd3fg9ijk5mn1pqr3tu2wxy", "k2mnp8qrs4tuv6wxy1zab3cde"
ENVIRONMENT = {"KOGNITOS_SHARE": INVOICES}
ARGUMENTS = (INVOICES,)
FILES = {"note.pdf": "a note"}


def render(chosen: Choices) -> dict[str, str]:
    """The modules of the program, by path."""
    settings, client, main = _settings(chosen), client_of(chosen), _main(chosen)
    if chosen.structure is Structure.PACKAGE:
        names = "BASE, HEADERS"
        return {
            "main.py": _module(_IMPORTS, "from desk import client", main),
            "desk/__init__.py": "",
            "desk/settings.py": _module(_IMPORTS, settings),
            "desk/client.py": _module(_IMPORTS, _requests(chosen), f"from .settings import {names}", client),
        }
    return {"main.py": _module(_IMPORTS, _requests(chosen), settings, client, main)}


_IMPORTS = """\
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from functools import partial
from http import HTTPStatus
from urllib.parse import urljoin
"""


def _module(*parts: str) -> str:
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def _requests(chosen: Choices) -> str:
    return {
        Transport.ALIAS: "import requests as http",
        Transport.IMPORTED: "import requests\nfrom requests import get, post, put",
        Transport.HTTPX: "import httpx",
        Transport.HTTPX_CLIENT: "import httpx",
        Transport.NIQUESTS: "import niquests as requests",
    }.get(chosen.transport, "import requests")


def _settings(chosen: Choices) -> str:
    base = {
        Base.CONSTANT: f'BASE = "{HOST}/v1"',
        Base.HOST: f'HOST = "{HOST}"\nBASE = HOST + "/v1"',
        Base.VERSION: f'HOST = "{HOST}"\nVERSION = "v1"\nBASE = f"{{HOST}}/{{VERSION}}"',
        Base.ENVIRONMENT: f'BASE = os.environ.get("KOGNITOS_URL", "{HOST}/v1")',
        Base.SETTINGS: f'SETTINGS = {{"url": "{HOST}/v1", "retries": 3}}\nBASE = SETTINGS["url"]',
        Base.FUNCTION: f'def base(host="{HOST}"):\n    return host + "/v1"\n\n\nBASE = base()',
        Base.DATACLASS: f'@dataclass\nclass Config:\n    url: str = "{HOST}/v1"\n\n\nBASE = Config().url',
    }[chosen.base]
    return f'{base}\nHEADERS = {{"x-api-key": "secret-key"}}'


def _main(chosen: Choices) -> str:
    owner = {Structure.CLASS: "desk.", Structure.PACKAGE: "client."}.get(chosen.structure, "")
    lines = ["desk = Desk()"] if chosen.structure is Structure.CLASS else []
    before, shares = _shares(chosen)
    facts = _facts(chosen)
    if chosen.upload is not Upload.NONE:
        facts.append(f'blob = {owner}upload("note.pdf")')
    given = "share, facts" + (", blob" if chosen.upload is not Upload.NONE else "")
    if chosen.facts is Facts.LITERAL:
        given = given.replace("facts", '{"invoice": 7, "vendor": "Nordwind"}')
    if chosen.facts is Facts.FUNCTION:
        given = given.replace("facts", "facts_of(7)")
    last = _followed(chosen, f"{owner}start({given})", f"{owner}wait")
    if chosen.upload is Upload.OPTIONAL:
        other = f"{owner}start({given.replace('blob', 'None')})"
        last += [f"other = {other}", f"print(sorted({owner}wait(other).items()))"]
    if shares.startswith("for "):
        lines += [*facts, shares, *(f"    {line}" for line in last)]
    else:
        lines += [*facts, shares, *last]
    top = "\n".join(before)
    if chosen.structure is Structure.SCRIPT:
        return _module(top, "\n".join(lines))
    main = "def main():\n" + indent("\n".join(lines), "    ")
    return _module(top, main, 'if __name__ == "__main__":\n    main()')


def _followed(chosen: Choices, start: str, wait: str) -> list[str]:
    """A run is started, followed to its end, and its outputs are printed."""
    return {
        Carrying.VARIABLE: [f"worker_id = {start}", f"print(sorted({wait}(worker_id).items()))"],
        Carrying.NESTED: [f"print(sorted({wait}({start}).items()))"],
        Carrying.LIST: [
            "jobs = []",
            f"jobs.append({start})",
            "for worker_id in jobs:",
            f"    print(sorted({wait}(worker_id).items()))",
        ],
        Carrying.DICT: [
            "jobs = {}",
            f'jobs["first"] = {start}',
            "for name, worker_id in jobs.items():",
            f"    print(name, sorted({wait}(worker_id).items()))",
        ],
        Carrying.TUPLE: [
            f'pairs = [("first", {start})]',
            "for name, worker_id in pairs:",
            f"    print(name, sorted({wait}(worker_id).items()))",
        ],
        Carrying.DATACLASS: [
            "@dataclass",
            "class Job:",
            "    id: str",
            "",
            "",
            f"job = Job({start})",
            f"print(sorted({wait}(job.id).items()))",
        ],
        Carrying.FUNCTION: [
            "def run():",
            f"    return {wait}({start})",
            "",
            "",
            "print(sorted(run().items()))",
        ],
        Carrying.THREADS: [
            "with ThreadPoolExecutor(2) as pool:",
            f"    outputs = pool.submit({wait}, {start})",
            "    print(sorted(outputs.result().items()))",
        ],
    }[chosen.carrying]


def _shares(chosen: Choices) -> tuple[list[str], str]:
    return {
        Share.LITERAL: ([], f'share = "{INVOICES}"'),
        Share.CONSTANT: ([f'INVOICES = "{INVOICES}"'], "share = INVOICES"),
        Share.DICT: (
            [f'PROCESSES = {{"invoices": "{INVOICES}", "orders": "{ORDERS}"}}'],
            'share = PROCESSES["invoices"]',
        ),
        Share.ENUM: (
            [f'class Process(Enum):\n    INVOICES = "{INVOICES}"\n'],
            "share = Process.INVOICES.value",
        ),
        Share.ENVIRONMENT: ([], 'share = os.environ["KOGNITOS_SHARE"]'),
        Share.ARGUMENT: ([], "share = sys.argv[1]"),
        Share.LOOP: ([], f'for share in ("{INVOICES}", "{ORDERS}"):'),
        Share.CONDITION: ([], f'share = "{ORDERS}" if len(sys.argv) > 5 else "{INVOICES}"'),
    }[chosen.share]


def _facts(chosen: Choices) -> list[str]:
    return {
        Facts.LITERAL: [],
        Facts.VARIABLE: ['facts = {"invoice": 7, "vendor": "Nordwind"}'],
        Facts.ITEMS: ["facts = {}", 'facts["invoice"] = 7', 'facts["vendor"] = "Nordwind"'],
        Facts.CALL: ['facts = dict(invoice=7, vendor="Nordwind")'],
        Facts.MERGED: ['common = {"vendor": "Nordwind"}', 'facts = {**common, "invoice": 7}'],
        Facts.UNION: ['common = {"vendor": "Nordwind"}', 'facts = common | {"invoice": 7}'],
        Facts.COMPREHENSION: ['facts = {name: name.upper() for name in ("vendor", "city")}'],
        Facts.DUMPED: ['facts = {"invoice": 7, "vendor": "Nordwind"}'],
        Facts.FUNCTION: ['def facts_of(number):\n    return {"invoice": number, "vendor": "Nordwind"}\n'],
        Facts.OPTIONAL: ['facts = {"invoice": 7} if sys.platform else None', "facts = facts or {}"],
    }[chosen.facts]
