"""A program is run in a folder of its own, and sees only the test server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.harness.scratch import EITHER_WAY, run

INVOKE = "https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
HEADERS = '{"x-api-key": "secret-key"}'


REQUESTS = f"""
import requests
print(requests.post("{INVOKE}", json={{"a": 1}}, headers={HEADERS}).status_code)
"""
URLLIB = f"""
import urllib.request
request = urllib.request.Request("{INVOKE}", b'{{"a": 1}}', {HEADERS})
print(urllib.request.urlopen(request).status)
"""
HTTP_CLIENT = f"""
import http.client
connection = http.client.HTTPSConnection("rest-api.app.kognitos.com")
connection.request("POST", "{INVOKE}".partition(".com")[2], b'{{"a": 1}}', {HEADERS})
print(connection.getresponse().status)
"""
URLLIB3 = f"""
import urllib3
print(urllib3.PoolManager().request("POST", "{INVOKE}", json={{"a": 1}}, headers={HEADERS}).status)
"""
HTTPX = f"""
import httpx
print(httpx.post("{INVOKE}", json={{"a": 1}}, headers={HEADERS}).status_code)
"""
HTTPX_ASYNC = f"""
import asyncio, httpx
async def main():
    async with httpx.AsyncClient() as client:
        print((await client.post("{INVOKE}", json={{"a": 1}}, headers={HEADERS})).status_code)
asyncio.run(main())
"""
AIOHTTP = f"""
import aiohttp, asyncio
async def main():
    async with aiohttp.ClientSession(headers={HEADERS}) as session:
        async with session.post("{INVOKE}", json={{"a": 1}}) as reply:
            print(reply.status)
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("library", "program"),
    [
        pytest.param("requests", REQUESTS, id="requests"),
        pytest.param("urllib", URLLIB, id="urllib"),
        pytest.param("http", HTTP_CLIENT, id="http.client"),
        pytest.param("urllib3", URLLIB3, id="urllib3"),
        pytest.param("httpx", HTTPX, id="httpx"),
        pytest.param("httpx", HTTPX_ASYNC, id="httpx, async"),
        pytest.param("aiohttp", AIOHTTP, id="aiohttp"),
    ],
)
def test_every_http_client_reaches_the_server(tmp_path: Path, library: str, program: str) -> None:
    pytest.importorskip(library)
    outcome = run(tmp_path, program)
    assert (outcome.stdout, outcome.exit_code) == ("201\n", 0), outcome.stderr
    assert [start.inputs for start in outcome.effects] == [{"a": 1}]


def test_v1_is_gone_in_v2_mode(tmp_path: Path) -> None:
    outcome = run(tmp_path, REQUESTS, mode="v2")
    assert outcome.stdout == "410\n"
    assert [refusal.status for refusal in outcome.refusals] == [410]
    assert not outcome.effects


def test_no_other_host_is_known(tmp_path: Path) -> None:
    outcome = run(tmp_path, "import socket\nsocket.create_connection(('example.com', 443))")
    assert "the test server has no host 'example.com'" in outcome.stderr


def test_configured_hosts_are_served(tmp_path: Path) -> None:
    host = "kognitos-gateway.acme.internal"
    program = REQUESTS.replace("rest-api.app.kognitos.com", host)
    assert run(tmp_path, program, f"config: {{hosts: [{host}]}}").stdout == "201\n"


@EITHER_WAY
def test_arguments_environment_files_and_stdin(tmp_path: Path, first: str) -> None:
    program = f"{first}import os, sys\nprint(sys.argv[1], os.environ['A'], open('in/a').read(), input())"
    case = "run: [main.py, argument]\nenv: {A: variable}\nfiles: {in/a: file}\nstdin: line\n"
    assert run(tmp_path, program, case).stdout == "argument variable file line\n"


@EITHER_WAY
def test_the_environment_of_the_tests_is_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid")
    outcome = run(tmp_path, f"{first}import os\nprint(os.environ.get('HTTPS_PROXY'))")
    assert outcome.stdout == "None\n"


def test_the_program_is_not_changed(tmp_path: Path) -> None:
    run(tmp_path, "open('main.py', 'w').write('gone')\nopen('new', 'w').close()")
    before = tmp_path / "before"
    assert [path.name for path in before.iterdir()] == ["main.py"]
    assert "gone" in before.joinpath("main.py").read_text(encoding="utf-8")


def test_starts_of_a_concurrent_program_are_sorted(tmp_path: Path) -> None:
    program = REQUESTS.replace('{"a": 1}', '{"a": 2}') + REQUESTS
    outcome = run(tmp_path, program, "concurrent: true")
    assert [start.inputs for start in outcome.effects] == [{"a": 1}, {"a": 2}]
