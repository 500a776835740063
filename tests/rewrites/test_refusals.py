"""Conversations that are found and refused as a whole: nothing is migrated by halves.

The tables are in `refusals/`, one for each part of a request or kind of reason. Each part of a table is a
program; after `#>` are the codes of its findings.
"""

import pytest

from tests.rewrites.tables import programs, tables_in
from tests.rewrites.verbs import check_noop

PROGRAMS = {table: programs(table) for table in tables_in("refusals")}


@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table, some in PROGRAMS.items() for name in some]
)
def test_nothing_is_changed_but_it_is_found(table: str, name: str) -> None:
    before, _, found = PROGRAMS[table][name].rpartition("\n#> ")
    check_noop(before, tuple(found.split()))


@pytest.mark.parametrize(
    "test",
    [
        "200 <= status <= 202",
        "status < 201",
        "201 > status",
        "status < LIMIT",
        "status in range(200, 203)",
        "status not in range(201, 210)",
        "str(status) == '200'",
        "not status - 200",
        "status % 100 == 0",
        "status <= int(input())",
        "str(status).startswith('200')",
        "f'{status}'.endswith('00')",
        "f'{status}'.startswith(input())",
        "http.HTTPStatus(status) is http.HTTPStatus.OK",
        "http.HTTPStatus(status).phrase == 'OK'",
        "{200: True}.get(status)",
        "Counter([status])[200]",
        "reply.reason == 'OK'",
    ],
)
def test_a_status_that_others_share_or_that_comes_out_otherwise(test: str) -> None:
    check_noop(
        f"""
        import http
        from collections import Counter
        import requests
        LIMIT = 202
        HOST = "https://rest-api.app.kognitos.com"
        slot = requests.post(HOST + "/v1/upload", json={{"file_name": "a"}}).json()
        reply = requests.put(slot["upload_url"], data=b"x")
        status = reply.status_code
        assert {test}
        requests.post(HOST + "/v1/invoke/share1", params={{"attachments_key": slot["blob_uri"]}}, json={{}})
        """,
        ("KOG101", "KOG301", "KOG302"),
    )


@pytest.mark.parametrize(
    ("test", "both_branches"),
    [
        ("path.startswith('/invoke')", ()),
        ("path.startswith(('/invoke', '/start'))", ()),
        ("'/invoke/' in path", ("KOG903", "KOG903")),
        ("path.split('/')[1] == 'invoke'", ("KOG903",)),
        ("path[:7] == '/invoke'", ("KOG903", "KOG903")),
        ("path.find('invoke') > 0", ("KOG903", "KOG903")),
        ("path.removeprefix('/invoke') != path", ("KOG903",)),
        ("{'/invoke/share1': True}.get(path)", ("KOG903",)),
    ],
)
def test_a_wrapper_that_looks_into_the_path(test: str, both_branches: tuple[str, ...]) -> None:
    check_noop(
        f"""
        import requests
        BASE = "https://rest-api.app.kognitos.com/v1"
        def send(path, body=None):
            return (requests.post(BASE + path, json=body) if {test} else requests.get(BASE + path)).json()
        worker_id = send("/invoke/share1", {{"a": 1}})["worker_id"]
        print(send("/run/" + worker_id)["state"] == "done")
        """,
        ("KOG101", "KOG201", *both_branches),
    )


def test_a_configured_host_makes_it_the_api() -> None:
    program = """
        import requests
        requests.post("https://gateway.example.com/v1/invoke/nobody", json={})
        """
    check_noop(program)
    check_noop(program, ("KOG101",), {"hosts": ["gateway.example.com"]})


@pytest.mark.parametrize(
    "sent",
    [
        'data={"a": 1}, headers=headers',
        'data=b"x", headers={"x-ms-blob-type": headers["x-ms-blob-type"]}',
        'data=b"x", headers={"x-ms-blob-type": headers.get("x-ms-blob-type")}',
    ],
)
def test_an_upload_that_goes_by_what_its_headers_say_or_is_a_form(sent: str) -> None:
    check_noop(
        f"""
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        slot = requests.post(HOST + "/v1/upload", json={{"file_name": "a"}}).json()
        headers = slot["upload_http_headers"]
        requests.put(slot["upload_url"], {sent}).raise_for_status()
        requests.post(HOST + "/v1/invoke/share1", params={{"attachments_key": slot["blob_uri"]}}, json={{}})
        """,
        ("KOG101", "KOG301", "KOG302"),
    )


@pytest.mark.parametrize("asked", ['== "PUT"', 'in ("PUT", "POST")', ".lower()"])
def test_the_method_by_which_an_upload_was_sent(asked: str) -> None:
    check_noop(
        f"""
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        slot = requests.post(HOST + "/v1/upload", json={{"file_name": "a"}}).json()
        reply = requests.put(slot["upload_url"], data=b"x")
        print(reply.request.method {asked})
        requests.post(HOST + "/v1/invoke/share1", params={{"attachments_key": slot["blob_uri"]}}, json={{}})
        """,
        ("KOG101", "KOG301", "KOG302"),
    )


@pytest.mark.parametrize(
    "asked",
    [
        "re.search('/([^/]+)$', uri).group(1)",
        "re.compile('//').split(uri)",
        "fnmatch.fnmatch(uri, 'https://*')",
        "urlsplit(uri).netloc",
        "unquote(uri).split('?')",
        "posixpath.dirname(uri)",
        "os.path.splitext(uri)[1]",
        "PurePosixPath(uri).parts",
        "uri[:5] == 'https'",
        "uri[:5]",
        "f'{uri:.5}'",
        "'%.5s' % uri",
        "'{0:>30.5s}'.format(uri)",
        "format(uri, '.5')",
        "len(uri)",
        "uri[0]",
        "[*uri]",
        "max(map(len, [uri]))",
        "Path(uri).name",
        "textwrap.shorten(uri, 9)",
        "'https' < uri",
        "requests.head(uri).ok",
        "requests.get(uri + '?sv=1').content",
    ],
)
def test_a_file_s_address_of_which_something_is_asked_that_an_id_does_not_have(asked: str) -> None:
    check_noop(
        f"""
        import fnmatch, os, posixpath, re, textwrap
        from pathlib import Path, PurePosixPath
        from urllib.parse import unquote, urlsplit
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        slot = requests.post(HOST + "/v1/upload", json={{"file_name": "a"}}).json()
        requests.put(slot["upload_url"], data=b"x").raise_for_status()
        uri = slot["blob_uri"]
        print({asked})
        requests.post(HOST + "/v1/invoke/share1", params={{"attachments_key": uri}}, json={{}})
        """,
        ("KOG101", "KOG301", "KOG302"),
    )


UPLOAD = """
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        slot = requests.post(HOST + "/v1/upload", json={"file_name": "a"}).json()
        requests.put(slot["upload_url"], data=b"x").raise_for_status()
        uri = slot["blob_uri"]
"""


@pytest.mark.parametrize(
    "facts",
    [
        '{"scan": uri}',
        '{"scans": [uri]}',
        '{"scan": {"of": "a", "at": uri}}',
        '{"docs": [uri], "first": uri}',
    ],
)
def test_a_fact_that_holds_the_address_of_a_file(facts: str) -> None:
    check_noop(
        f"""{UPLOAD}
        facts = {facts}
        params = {{"attachments_key": "docs"}} if "docs" in facts else None
        requests.post(HOST + "/v1/invoke/share1", params=params, json=facts)
        """,
        ("KOG101", "KOG301", "KOG302"),
    )
