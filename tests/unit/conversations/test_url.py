"""URLs taken apart: the host, the segments of the path, the query, and where each piece stands."""

import pytest

from kognitos_migrate.conversations.url import Url, urls
from tests.unit.conversations.programs import Made, program

PRELUDE = """
import os
from urllib.parse import urljoin, urlencode
HOST = "https://api.example.net"
BASE = "https://api.example.net/v1"
SLASHED = "https://api.example.net/v1/"
TEMPLATE = "https://{host}/v1/run/{ident}"
ident = os.environ["IDENT"]
region = os.environ["REGION"]
BARE = "api.example.net"
"""


def taken_apart(expression: str) -> tuple[Made, Url]:
    made = program(f"{PRELUDE}URL = {expression}\n")
    (url,) = urls(made.value("URL"))
    return made, url


@pytest.mark.parametrize(
    ("expression", "host", "segments", "query"),
    [
        ('"https://api.example.net"', "api.example.net", [], ""),
        ('"https://api.example.net/"', "api.example.net", [], ""),
        ('"https://api.example.net/v1/run"', "api.example.net", ["v1", "run"], ""),
        ('"https://api.example.net/v1/run/"', "api.example.net", ["v1", "run"], ""),
        ('"https://api.example.net//v1"', "api.example.net", ["v1"], ""),
        ('"https://api.example.net/v1?k=a/b?c"', "api.example.net", ["v1"], "k=a/b?c"),
        ('"https://api.example.net?k=v"', "api.example.net", [], "k=v"),
        ('"http://API.Example.net:8080/v1"', "api.example.net", ["v1"], ""),
        ('"https://user:secret@api.example.net/v1"', "api.example.net", ["v1"], ""),
        ('"/v1/run"', None, ["v1", "run"], ""),
        ('"v1/run"', None, ["v1", "run"], ""),
        ('""', None, [], ""),
        ('f"{HOST}/v1/run/{ident}"', "api.example.net", ["v1", "run", None], ""),
        ('f"{HOST}/v1/run-{ident}"', "api.example.net", ["v1", None], ""),
        ('f"{HOST}/v{1}/run"', "api.example.net", ["v1", "run"], ""),
        ('f"{HOST}/v{1:02}/run"', "api.example.net", [None, "run"], ""),
        ('f"{HOST}/v{1!r}/run"', "api.example.net", [None, "run"], ""),
        ('f"{BASE}/run/{ident}?k={ident}"', "api.example.net", ["v1", "run", None], "k=*"),
        ('f"https://{region}.example.net/v1"', "*.example.net", ["v1"], ""),
        ('f"https://{BARE}/v1"', "api.example.net", ["v1"], ""),
        ('f"{region}/v1/run"', None, ["v1", "run"], ""),
        ('f"{region}{ident}"', None, [], ""),
        ('f"/v1/run/{ident}"', None, ["v1", "run", None], ""),
        ('HOST + "/v1/" + "run/" + ident', "api.example.net", ["v1", "run", None], ""),
        ('"%s/v1/run/%s" % (HOST, ident)', "api.example.net", ["v1", "run", None], ""),
        ("TEMPLATE.format(host=BARE, ident=ident)", "api.example.net", ["v1", "run", None], ""),
        ('"/".join([HOST, "v1", "run", ident])', "api.example.net", ["v1", "run", None], ""),
        ('urljoin(SLASHED, "run")', "api.example.net", ["v1", "run"], ""),
        ('urljoin(HOST, "/v1/run")', "api.example.net", ["v1", "run"], ""),
        ('SLASHED.rstrip("/") + "/run"', "api.example.net", ["v1", "run"], ""),
        ('BASE + "/run?" + urlencode({"k": ident})', "api.example.net", ["v1", "run"], "k=*"),
        ('"https" + "://" + BARE + "/v1"', "api.example.net", ["v1"], ""),
        ('"https:" + "//" + BARE + "/v1"', "api.example.net", ["v1"], ""),
        ('"https:/" + "/" + BARE + "/v1"', "api.example.net", ["v1"], ""),
    ],
)
def test_a_url_is_taken_apart(expression: str, host: str, segments: list[str | None], query: str) -> None:
    _, url = taken_apart(expression)
    assert url.host == host
    assert [segment.text for segment in url.segments] == segments
    assert "".join("*" if piece.text is None else piece.text for piece in url.query) == query


def test_a_value_with_alternatives_has_a_url_for_each() -> None:
    made = program(f'{PRELUDE}URL = BASE if ident else "/v1"\n')
    assert [url.host for url in urls(made.value("URL"))] == ["api.example.net", None]


def test_what_is_not_text_is_no_url() -> None:
    assert urls(program("URL = 3\n").value("URL")) == []


def test_every_piece_knows_the_literal_that_it_stands_in() -> None:
    made, url = taken_apart('f"{BASE}/run/{ident}"')
    version, run, ident = url.segments
    assert [made.tree.code(made.tree.node(piece.site)) for piece in version.pieces if piece.site] == [
        '"https://api.example.net/v1"'
    ]
    assert version.pieces[0].start == len("https://api.example.net/")
    assert [made.tree.code(made.tree.node(piece.site)) for piece in run.pieces if piece.site] == ["/run/"]
    assert [made.tree.code(made.tree.node(piece.site)) for piece in ident.pieces if piece.site] == ["ident"]
    assert [made.tree.code(made.tree.node(hole.site)) for hole in version.pieces[0].via] == ["BASE"]


def test_a_segment_of_several_literals_keeps_its_pieces() -> None:
    _, url = taken_apart('HOST + "/v" + "1" + "/run"')
    assert [piece.text for piece in url.segments[0].pieces] == ["v", "1"]
    assert url.segments[0].slash is not None
    assert url.segments[0].slash.text == "/"
