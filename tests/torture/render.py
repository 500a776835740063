"""A program's text, from what its author chose."""

from __future__ import annotations

from textwrap import indent

from .client import client_of
from .grammar import (
    Base,
    Carrying,
    Choices,
    Facts,
    Order,
    Share,
    Structure,
    Transport,
    Upload,
)
from .hazards import (
    ARCHIVED,
    INVOICES,
    ORDERS,
    absence_lines,
    archive_lines,
    ordered_facts,
    read_back,
    start_of,
)

HOST = "https://rest-api.app.kognitos.com"
ENVIRONMENT = {"KOGNITOS_SHARE": INVOICES}
ARGUMENTS = (INVOICES,)
FILES = {
    "note.pdf": "a note",
    "archive.json": ARCHIVED,
    "settings.json": f'{{"url": "{HOST}/"}}',
}


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
import argparse
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from http import HTTPStatus
from queue import Queue
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
        Base.FILE: 'with open("settings.json") as file:\n    BASE = json.load(file)["url"] + "v1"',
        Base.OPTION: (
            "parser = argparse.ArgumentParser()\n"
            f'parser.add_argument("--url", default="{HOST}/v1")\n'
            "BASE = parser.parse_known_args()[0].url"
        ),
    }[chosen.base]
    return f'{base}\nHEADERS = {{"x-api-key": "secret-key"}}'


def _main(chosen: Choices) -> str:
    owner = {Structure.CLASS: "desk.", Structure.PACKAGE: "client."}.get(chosen.structure, "")
    lines = ["desk = Desk()"] if chosen.structure is Structure.CLASS else []
    before, shares = _shares(chosen)
    blob = "blob" if chosen.upload is not Upload.NONE else ""
    if blob:
        lines.append(f'blob = {owner}upload("note.pdf")')
    facts, loop = _facts(chosen), shares.startswith("for ")
    lines += facts if loop else [*facts, shares]
    ordered, expression = ordered_facts(chosen, _facts_expression(chosen))
    start = start_of(chosen, owner, expression, blob)
    run = [*ordered, *_followed(chosen, start.call, f"{owner}wait")]
    if chosen.order is Order.NONE and chosen.facts not in (Facts.LITERAL, Facts.FUNCTION):
        run += read_back(chosen)
    if chosen.upload is Upload.OPTIONAL:
        other = start_of(chosen, owner, expression, "None")
        run += [*ordered, f"other = {other.call}" if not _is_thread(other.call) else "other = None"]
        run += ["if other:", f"    print(sorted({owner}wait(other).items()))"]
    if start.loop:
        run = [start.loop, *(indent(line, "    ") for line in run)]
    run = [*start.lines, *run]
    lines += [shares, *(indent(line, "    ") for line in run)] if loop else run
    lines += archive_lines(chosen, owner)
    lines += absence_lines(chosen, owner)
    top = "\n".join(before)
    if chosen.structure is Structure.SCRIPT:
        return _module(top, "\n".join(lines))
    main = "def main():\n" + indent("\n".join(lines), "    ")
    return _module(top, main, 'if __name__ == "__main__":\n    main()')


def _is_thread(call: str) -> bool:
    return call == "future.result()"


def _facts_expression(chosen: Choices) -> str:
    return {
        Facts.LITERAL: '{"invoice": 7, "vendor": "Nordwind"}',
        Facts.FUNCTION: "facts_of(7)",
    }.get(chosen.facts, "facts")


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
