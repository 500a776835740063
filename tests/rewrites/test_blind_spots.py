"""A request to an unknown URL is counted if there is no evidence that it goes to the API."""

import pytest

from tests.rewrites.verbs import FILE, analysed

HEAD = 'import os\nimport requests\n\nNAME = "kognitos"\nBASE = os.environ["BASE"]\n\n'
UNKNOWN = "the URL of this request is unknown"
BLIND = {
    "any URL": ("def ask(url):\n    return requests.get(url)\n", UNKNOWN),
    "any path": ('def ask(path):\n    return requests.post(f"{BASE}/{path}")\n', UNKNOWN),
    "any method": ("def ask(verb, url):\n    return getattr(requests, verb)(url)\n", UNKNOWN),
    "a path like the API's without its version": (
        'def ask(one):\n    return requests.get("/".join([BASE, "run", one]))\n',
        "the path looks like one of the API's, and the host is unknown",
    ),
}
SEEN = {
    "a host of others": 'def ask(path):\n    return requests.get(f"https://example.com/{path}")\n',
    "a path of others": 'def ask():\n    return requests.get(f"{BASE}/items")\n',
    "a method that no call has": "def ask(url):\n    return requests.delete(url)\n",
    "a function that is called": "def ask(url):\n    return requests.get(url)\nask('https://example.com')\n",
}


@pytest.mark.parametrize(("text", "what"), BLIND.values(), ids=BLIND)
def test_it_is_counted(text: str, what: str) -> None:
    (spot,) = analysed({FILE: HEAD + text}).blind_spots
    assert (spot.place.path, spot.place.row, spot.message) == (FILE, 8, what)


@pytest.mark.parametrize("text", SEEN.values(), ids=SEEN)
def test_it_is_none(text: str) -> None:
    assert not analysed({FILE: HEAD + text}).blind_spots


def test_what_is_found_is_none() -> None:
    text = 'def ask(one):\n    return requests.get(f"{BASE}/v1/run/{one}")\n'
    result = analysed({FILE: HEAD + text})
    assert [one.code for one in result.findings] == ["KOG903"]
    assert not result.blind_spots


def test_of_several_parts_all_are_told() -> None:
    text, _ = BLIND["any URL"]
    result = analysed({"a/one.py": HEAD + text, "b/two.py": HEAD + text})
    assert [spot.place.path for spot in result.blind_spots] == ["a/one.py", "b/two.py"]
