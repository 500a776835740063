"""Mentions of an invented API's old version in a text; the engine knows no API by itself."""

from pathlib import Path
from shutil import copytree

import pytest

from kognitos_migrate.config.load import read_config, settings_of
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.structs import replace
from kognitos_migrate.text_search.search import Searcher, searcher
from kognitos_migrate.text_search.search_terms import MentionKind
from tests.harness import FIXTURES

HOST = "https://parcels.example.net"


@pytest.fixture(scope="module")
def search() -> Searcher:
    raw = read_config(FIXTURES / "other_api" / "kognitos-migrate.yaml")
    rules = load_rulebook(raw.rules)
    settings = replace(settings_of(raw, rules), hosts=("proxy.acme.internal",))
    return searcher(rules, settings)


def told(search: Searcher, text: str) -> list[tuple[str, str]]:
    return [(mention.written, mention.replacement) for mention in search.search(text)]


FOUND = {
    f"curl {HOST}/api/1/ship/OSLO": ("/api/1/ship/OSLO", "/api/2/shipments"),
    "curl parcels.example.net:8443/api/1/track/T7": ("/api/1/track/T7", "/api/2/shipments/T7"),
    "curl https://user:pw@parcels.example.net/api/1/track/T7": ("/api/1/track/T7", "/api/2/shipments/T7"),
    "https:\\/\\/parcels.example.net\\/api\\/1\\/track\\/T7": (
        "\\/api\\/1\\/track\\/T7",
        "/api/2/shipments/T7",
    ),
    "next=https%3A%2F%2Fparcels.example.net%2Fapi%2F1%2Ftrack%2FT7": (
        "%2Fapi%2F1%2Ftrack%2FT7",
        "/api/2/shipments/T7",
    ),
    f"{HOST.upper()}:443/api/1/track/T7": ("/api/1/track/T7", "/api/2/shipments/T7"),
    f"{HOST}/api/1/track/${{ticket}} now": ("/api/1/track/${ticket}", "/api/2/shipments/${ticket}"),
    f"{HOST}/api/1/track/{{{{ticket}}}}": ("/api/1/track/{{ticket}}", "/api/2/shipments/{{ticket}}"),
    f"{HOST}/api/1/track/$(TICKET)": ("/api/1/track/$(TICKET)", "/api/2/shipments/$(TICKET)"),
    f"{HOST}/api/1/track/%TICKET%": ("/api/1/track/%TICKET%", "/api/2/shipments/%TICKET%"),
    f"{HOST}/api/1/track/:ticket": ("/api/1/track/:ticket", "/api/2/shipments/:ticket"),
    f"{HOST}/api/1/track/<ticket>": ("/api/1/track/<ticket>", "/api/2/shipments/<ticket>"),
    f"See {HOST}/api/1/track/T7.": ("/api/1/track/T7", "/api/2/shipments/T7"),
    f'"{HOST}/api/1/track/" + ticket': ("/api/1/track", "/api/2/shipments"),
    f"{HOST}/api/1/track/T7?full=1": ("/api/1/track/T7", "/api/2/shipments/T7"),
    "https://proxy.acme.internal/mail/api/1/track/T7": ("/api/1/track/T7", "/api/2/shipments/T7"),
    "https://elsewhere.example/api/1/ship/OSLO": ("/api/1/ship/OSLO", "/api/2/shipments"),
    "$PARCELS_URL/api/1/track/T7": ("/api/1/track/T7", "/api/2/shipments/T7"),
    "${{ vars.PARCELS_URL }}/track/T7": ("/track/T7", "/shipments/T7"),
    "{{ .Values.parcels.url }}/track/T7": ("/track/T7", "/shipments/T7"),
    "process.env.PARCELS_URL + '/track/' + id": ("/track", "/shipments"),
    "%PARCELS_URL%/track/T7": ("/track/T7", "/shipments/T7"),
    "#{parcels_url}/track/T7": ("/track/T7", "/shipments/T7"),
    "parcels.path=/api/1/track": ("/api/1/track", "/api/2/shipments"),
    "PARCELS_VERSION=1\n": ("1", "2"),
    '{"parcels_version": "1"}': ("1", "2"),
    "- name: PARCELS_VERSION\n  value: '1'\n": ("1", "2"),
    f"{HOST}/api/1/tracking/T7": ("parcels.example.net/api/1", "parcels.example.net/api/2"),
    f"{HOST}/api/1/track/T7/events": ("parcels.example.net/api/1", "parcels.example.net/api/2"),
    f"BASE={HOST}/api/1": ("parcels.example.net/api/1", "parcels.example.net/api/2"),
    "parcels: `GET /api/1/track/{ticket}`": ("/api/1/track/{ticket}", "/api/2/shipments/{ticket}"),
}


@pytest.mark.parametrize("text", FOUND)
def test_it_is_found(search: Searcher, text: str) -> None:
    assert FOUND[text] in told(search, text)


SILENT = [
    f"{HOST}/api/2/shipments/T7",
    f"{HOST}/v9/api/1/track/T7",
    f"{HOST}.evil.example/api/1/track/T7",
    "https://not-parcels.example.net/api/1/track/T7",
    "https://elsewhere.example/api/1/track/T7",
    "parcels: https://elsewhere.example/api/1/track/T7",
    "parcels: $ELSEWHERE/api/1/track/T7",
    "parcels: OTHER=https://elsewhere.example\n curl $OTHER/api/1/track/{ticket}",
    "curl /api/1/track/T7",
    "curl $URL/track/T7",
    "parcels live in old/track/T7",
    "PARCELS_VERSION=12",
    "PARCELS_PORT=1024",
    "AOSLO OSLO-2 parcels",
    "depots: OSLO is dep-0047",
]


@pytest.mark.parametrize("text", SILENT)
def test_it_is_silent(search: Searcher, text: str) -> None:
    assert told(search, text) == []


def test_a_name_is_what_it_is_given(search: Searcher) -> None:
    text = f"URL={HOST}/api/1\ncurl $URL/track/T7\ncurl $OTHER/track/T7\n"
    assert told(search, text) == [
        ("parcels.example.net/api/1", "parcels.example.net/api/2"),
        ("/track/T7", "/shipments/T7"),
    ]


def test_a_bare_path_counts_beside_the_host(search: Searcher) -> None:
    assert told(search, "Host: parcels.example.net\nGET /api/1/track/T7 HTTP/1.1\n") == [
        ("/api/1/track/T7", "/api/2/shipments/T7")
    ]


@pytest.mark.parametrize("base", ["%s", "%[1]s", "%1$s", "{}", "{0}", "%v", "http://localhost:8080"])
def test_so_does_one_behind_what_says_nothing(search: Searcher, base: str) -> None:
    text = f'x = "{HOST}"\nget(format("{base}/api/1/track/%s", x, ticket))\n'
    assert told(search, text) == [("/api/1/track/%s", "/api/2/shipments/%s")]


def test_a_list_of_segments(search: Searcher) -> None:
    text = f'{{"host": "{HOST}", "path": ["api", "1", "track", ":ticket"], "other": ["api", "1", "tracker"]}}'
    assert told(search, text) == [('api", "1", "track", ":ticket', 'api", "2", "shipments", ":ticket')]


def test_a_key_alone(search: Searcher) -> None:
    (mention,) = search.search("DEPOT=OSLO")
    assert (mention.kind, mention.key, mention.written) == (MentionKind.KEY, "OSLO", "OSLO")


def test_fields_near_their_call(search: Searcher) -> None:
    text = f'{HOST}/api/1/track/T7\njq .phase\nreply["report"]\nconst {{ phase }} = x\nphase = 1\n.ticket\n'
    assert [one for one in told(search, text) if one[0] in ("phase", "report", "ticket")] == [
        ("phase", "condition"),
        ("report", "facts"),
        ("phase", "condition"),
    ]


def test_fields_far_from_their_call_are_others(search: Searcher) -> None:
    far = "\n" * 30 + "jq .phase"
    assert told(search, f"{HOST}/api/1/track/T7{far}") == [("/api/1/track/T7", "/api/2/shipments/T7")]


@pytest.mark.parametrize(
    "said", ["DEPOT=OSLO\n", "DEPOT: 'OSLO'\n", 'const DEPOT = "OSLO";\n', "ENV DEPOT=OSLO\n"]
)
def test_a_key_that_a_name_is_given_is_that_of_the_path(search: Searcher, said: str) -> None:
    (path,) = (
        one for one in search.search(f"{said}{HOST}/api/1/ship/$DEPOT") if one.kind is MentionKind.PATH
    )
    assert path.key == "OSLO"


def test_a_name_that_is_given_two_keys_has_none(search: Searcher) -> None:
    text = f"DEPOT=OSLO\nDEPOT=ROMA\n{HOST}/api/1/ship/$DEPOT\n{HOST}/api/1/track/$DEPOT"
    assert [one.key for one in search.search(text) if one.kind is MentionKind.PATH] == [None, None]


@pytest.mark.parametrize(
    "route", ["app.get('{}')", 'router.get("{}")', '@GetMapping("{}")', "location {} {{"]
)
def test_a_path_that_is_served_counts_if_it_is_shown_to_be_the_apis(search: Searcher, route: str) -> None:
    assert told(search, f"{HOST}\n{route.format('/api/1/track/:id')}") == []
    text = f"parcels\n{route.format('/api/1/track/:ticket')}"
    assert told(search, text) == [("/api/1/track/:ticket", "/api/2/shipments/:ticket")]


def test_a_slot_may_be_named_head(tmp_path: Path) -> None:
    folder = copytree(FIXTURES / "other_api" / "rules", tmp_path / "rules")
    text = (folder / "ship.yaml").read_text("utf-8")
    text = text.replace("{depot}", "{head}").replace("slot: depot", "slot: head")
    (folder / "ship.yaml").write_text(text, "utf-8")
    rules = load_rulebook((folder,))
    settings = settings_of(read_config(FIXTURES / "other_api" / "kognitos-migrate.yaml"), rules)
    mentions = told(searcher(rules, settings), f"curl {HOST}/api/1/ship/OSLO")
    assert mentions == [("/api/1/ship/OSLO", "/api/2/shipments")]
