"""The files that are parsed or skipped: a v1 program is never skipped."""

from pathlib import Path

import pytest

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.prefilter import (
    Anchors,
    anchors,
    can_matter,
    json_can_matter,
    module_bytes,
    names_api,
)
from kognitos_migrate.discover.signature import PathWords, has_signature, is_word_in
from kognitos_migrate.rulebook.load import load_rulebook

KEY = "abcd3fg9ijk5mn1pqr3tu2wxy"


@pytest.fixture(scope="module")
def found() -> Anchors:
    settings = Settings(root=Path(), hosts=("gateway.acme.internal",), tables={"processes": {KEY: {}}})
    return anchors(load_rulebook(), settings)


def test_the_anchors_are_those_of_the_rules_and_the_configuration(found: Anchors) -> None:
    assert found.words == (KEY.encode(), b"gateway.acme.internal", b"kognitos")
    assert found.paths == (
        PathWords(b"v1", b"invoke"),
        PathWords(b"v1", b"run"),
        PathWords(b"v1", b"upload"),
    )


def test_the_new_versions_paths_alone_let_no_file_through(found: Anchors) -> None:
    """Without a host, a key or the API's word nothing shows that they are the API's."""
    assert not can_matter(b'requests.get(BASE + "/v2/runs/" + run_id)', found)
    assert can_matter(b'requests.get(KOGNITOS_URL + "/v2/runs/" + run_id)', found)


@pytest.mark.parametrize(
    "code",
    [
        'requests.post("https://rest-api.app.kognitos.com/v1/invoke/x")',
        "os.environ['KOGNITOS_URL']",
        "from kognitos_client import start",
        "class KognitosClient: pass",
        "URL = 'https://Gateway.Acme.internal'",
        f"SHARE = '{KEY}'",
        '"/".join([BASE, "v1", "invoke", sid])',
        "BASE = f'{HOST}/v1'; requests.get(BASE + '/run/' + worker)",
        "url = f'{base}/v1/upload'",
        "'%s/v1/run/%s' % (base, worker)",
        "'{}/v1/run/{}'.format(base, worker)",
        "'/v1/invoke?x=1'",
    ],
)
def test_what_can_matter(found: Anchors, code: str) -> None:
    assert can_matter(code.encode(), found)


@pytest.mark.parametrize(
    "code",
    [
        "print('hello')",
        "subprocess.run(['v1'])  # runs it",
        "requests.get('/v1/runs/3')",
        "requests.post('http://localhost:3500/v1.0/invoke/app')",
        "state = run.invoke()",
    ],
)
def test_what_cannot(found: Anchors, code: str) -> None:
    assert not can_matter(code.encode(), found)


def test_a_path_alone_does_not_name_the_api(found: Anchors) -> None:
    assert not names_api(b"'/v1/invoke/'", found)
    assert names_api(b"# Kognitos", found)


def test_a_product_that_does_not_use_the_api_does_not_name_it(found: Anchors) -> None:
    assert not names_api(b"from kognitos.bdk.api import NounPhrase", found)
    assert not names_api(b"pip install Kognitos-BDK-api", found)
    assert names_api(b"from kognitos.bdks import NounPhrase", found)
    assert names_api(b"from kognitos.bdk import kognitos_client", found)
    assert names_api(b"'https://rest-api.app.kognitos.com/book'", found)


@pytest.mark.parametrize("folder", ["programs", "packages", "demo", "manual"])
def test_every_fixture_program_is_seen(found: Anchors, folder: str) -> None:
    root = Path(__file__).parents[3] / "fixtures" / folder
    for program in root.glob("**/before"):
        texts = [read(path) for path in program.rglob("*") if path.is_file()]
        # A package's other modules come along by their imports.
        assert any(can_matter(text, found) for text in texts) or has_signature(texts, found.signature), (
            program
        )


def read(path: Path) -> bytes:
    """The searched parts of a file."""
    return module_bytes(path.read_bytes(), path.name)


SPELLED = [
    rb"\"rest-api.app.kognitos.com\"",
    rb"\"rest-api\u002eapp.\u006bognitos.com\"",
    rb"BASE + \"\/v1\/invoke\/\"",
    rb"BASE + \"\u002fv1\u002Finvoke\/\"",
    rb"[\u0022v1\u0022, \"invoke\"]",
]


@pytest.mark.parametrize("written", SPELLED)
def test_json_may_write_a_sign_in_several_ways(found: Anchors, written: bytes) -> None:
    assert json_can_matter(b'["' + written + b'"]', found)


def test_json_without_an_anchor_is_passed_over(found: Anchors) -> None:
    assert not json_can_matter(rb'["/v1/images", "\n\u001b[31m\u00e9\\u"]', found)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"patch", True),
        (b"mock.patch('a')", True),
        (b"patches\npatch (", True),
        (b"dispatch", False),
        (b"patched, _patch", False),
        (b"match", False),
    ],
)
def test_a_word_stands_for_itself(data: bytes, expected: bool) -> None:
    assert is_word_in(b"patch", data) is expected
