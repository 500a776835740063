"""Uploads for keys that the table may lack: they fail in place of the start, if that makes no difference."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import decode_module
from kognitos_migrate.structs import replace

FIXTURES = Path(__file__).parents[2] / "fixtures"
HEAD = """import os, sys
import requests

B = "https://rest-api.app.kognitos.com/v1"


def upload(name):
    reply = requests.post(f"{B}/upload", json={"file_name": name})
    %(check)s
    ticket = reply.json()
    requests.put(ticket["upload_url"], data=b"abc", headers=ticket["upload_http_headers"]).raise_for_status()
    return ticket["blob_uri"]


def start(share, blob):
    reply = requests.post(f"{B}/invoke/{share}", params={"attachments_key": "docs"}, json={"docs": [blob]})
    %(start)s


"""
RAISE = "reply.raise_for_status()"
READ = 'return reply.json()["worker_id"]'
PLAIN = 'share = os.environ["SHARE"]\nblob = upload("a.txt")\nprint(start(share, blob))\n'
TRIED = f"try:\n{indent(PLAIN, '    ')}except requests.HTTPError:\n    print('failed')\n"
START_TRIED = (
    'share = os.environ["SHARE"]\nblob = upload("a.txt")\n'
    "try:\n    print(start(share, blob))\nexcept requests.RequestException:\n    print('failed')\n"
)
UPLOAD_TRIED = (
    'share = os.environ["SHARE"]\ntry:\n    blob = upload("a.txt")\nexcept requests.HTTPError:\n'
    "    blob = ''\nprint(start(share, blob))\n"
)
LOOP = (
    'for share in os.environ["SHARES"].split():\n    try:\n        print(start(share, upload("a.txt")))\n'
    "    except (requests.HTTPError, KeyError) as error:\n        continue\n"
)
ALIKE = {
    "both raise": (RAISE, f"{RAISE}\n    {READ}", PLAIN),
    "both lack a field": ("pass", READ, PLAIN),
    "one checks, the other reads": (RAISE, READ, PLAIN),
    "one handler for both": (RAISE, f"{RAISE}\n    {READ}", TRIED),
    "one handler in a loop": (RAISE, f"{RAISE}\n    {READ}", LOOP),
}
APART = {
    "the start's status is tested": (RAISE, f"if reply.status_code == 404: return None\n    {READ}", PLAIN),
    "the start's outcome is tested": (RAISE, f"if not reply.ok: return 'unknown'\n    {READ}", PLAIN),
    "the start's field may be absent": (RAISE, 'return reply.json().get("worker_id")', PLAIN),
    "the start's status is returned": (RAISE, "return reply.status_code", PLAIN),
    "a handler for the start": (RAISE, f"{RAISE}\n    {READ}", START_TRIED),
    "a handler for the upload": (RAISE, f"{RAISE}\n    {READ}", UPLOAD_TRIED),
    "the upload's status is tested": ("if not reply.ok: sys.exit(3)", f"{RAISE}\n    {READ}", PLAIN),
}


def migrated(check: str, start: str, rest: str, *, owner: str = "") -> tuple[str, list[str | None]]:
    """The text after a fix, and the reasons of the findings that remain."""
    rules = load_rulebook()
    settings = load_settings(FIXTURES / "kognitos-migrate.yaml", rules, FIXTURES)
    settings = replace(settings, values={"upload_agent": owner} if owner else {})
    text = HEAD % {"check": check, "start": start} + rest
    source = decode_module(text.encode(), "main.py")
    result = analyse([source], rules, settings, Applicability.SAFE)
    after = result.changes[0].after if result.changes else text
    return after, [finding.reason for finding in result.remaining]


@pytest.mark.parametrize("name", ALIKE)
def test_an_upload_fails_where_the_start_failed(name: str) -> None:
    after, reasons = migrated(*ALIKE[name])
    assert reasons == []
    assert '"process_id": str(share_id),\n        "agent_id": str(share_id),' in after
    assert '_process(share)["agent_id"]' in after


@pytest.mark.parametrize("name", APART)
def test_a_program_that_would_notice_is_refused(name: str) -> None:
    after, reasons = migrated(*APART[name])
    assert set(reasons) == {"owner-unknown"}
    assert "/v2" not in after


@pytest.mark.parametrize("name", [*ALIKE, *APART])
def test_a_default_owner_gets_such_uploads(name: str) -> None:
    after, reasons = migrated(*{**ALIKE, **APART}[name], owner="owner-of-the-rest")
    assert reasons == []
    assert '"agent_id": "owner-of-the-rest",' in after
