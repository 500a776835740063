"""A path of the old version that nothing reads holds nothing back, and changes with the others; one that may
be read holds back the requests whose ids go in and out of sight."""

import pytest

from tests.rewrites.verbs import FILE, analysed

UNREAD = {
    "an entry of a dict": 'PATHS = {"run": "/v1/run/", "upload": "/v1/upload"}\nuse(PATHS["run"])',
    "a constant": 'RUN = "/v1/run/"\nUPLOAD = "/v1/upload"\nuse(RUN)',
}
READ = {
    "its key is written elsewhere": (
        'PATHS = {"run": "/v1/run/", "upload": "/v1/upload"}\nuse(PATHS["run"])\nWANTED = ["upload"]'
    ),
    "the key may be any": (
        'import sys\nPATHS = {"run": "/v1/run/", "upload": "/v1/upload"}\nuse(PATHS["run"])\n'
        "print(PATHS[sys.argv[1]])"
    ),
    "the dict leaves": (
        'import jobs\nPATHS = {"run": "/v1/run/", "upload": "/v1/upload"}\nuse(PATHS["run"])\n'
        "jobs.note(PATHS)"
    ),
    "it has no name": 'import jobs\nuse("/v1/run/")\nfor path in ["/v1/upload"]:\n    jobs.note(path)',
    "a function that nobody calls": 'UPLOAD = "/v1/upload"\nuse("/v1/run/")\ndef path():\n    return UPLOAD',
}
PROGRAM = """\
import requests
HOST = "https://rest-api.app.kognitos.com"
def use(path):
    print(requests.get(HOST + path + "7").json()["state"] == "done")
"""


@pytest.mark.parametrize("rest", UNREAD.values(), ids=UNREAD)
def test_the_others_are_changed(rest: str) -> None:
    result = analysed({FILE: f"{PROGRAM}{rest}\n"})
    (change,) = result.changes
    assert '"/v2/runs/"' in change.after
    assert '"/v2/files"' in change.after
    assert [one.code for one in result.findings if one.code != "KOG201"] == ["KOG902"]
    assert [one.code for one in result.remaining] == ([] if "/v1/" not in change.after else ["KOG902"])


@pytest.mark.parametrize("rest", READ.values(), ids=READ)
def test_nothing_is_changed_where_ids_come_from_out_of_sight(rest: str) -> None:
    program = PROGRAM.replace('"7"', "input()")
    assert analysed({FILE: f"{program}{rest}\n"}).changes == ()


@pytest.mark.parametrize("rest", READ.values(), ids=READ)
def test_a_request_that_no_id_ties_to_the_path_is_changed(rest: str) -> None:
    (change,) = analysed({FILE: f"{PROGRAM}{rest}\n"}).changes
    assert "/v2/runs/" in change.after
    assert '"/v1/upload"' in change.after


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/v1/run/{batch}/entries", 0),
        ("/v1/upload/parts", 0),
        ("/v1/invoke/{tool}/calls?at=1", 0),
        ("/v1/run/{id}", 1),
        ("/v1/run/{id}/", 1),
        ("/v1/run/{id}/{rest}", 1),
        ("/v1/upload/{rest}", 1),
        ("/v1/invoke/{process}?attachments_key=a/b", 1),
    ],
)
def test_a_path_with_more_segments_is_that_of_another_api(path: str, count: int) -> None:
    program = f"{PROGRAM}use('/v1/run/')\nimport ledger\nledger.note({{'entries': {path!r}}})\n"
    findings = analysed({FILE: program}).findings
    assert sum(one.code == "KOG902" for one in findings) == count
