"""Searches with regular expressions agree with those of `re`, and end."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kognitos_migrate.text_search.bounded_regex import MatchExtent, has_match, may_change

URL = "https://rest-api.app.example.com/v1/invoke/abc?full=1"
PATTERNS = [
    r".*/invoke/.*",
    r"^https?://[^/]+/v1/(invoke|run)/\w{3}(\?.*)?$",
    r"/invoke/(?P<key>[\w-]+)\Z",
    r"https://(?!other)rest-api(?=\.app).+?/v\d+/",
    r"(?:https://)?rest-api\.app\.example\.com",
    r"\bv1\b/[]a-z]+/",
    r"\x68ttps:.{2}r",
    r"v1{2}/",
    r"v{,}1{0,3}/{1,}invoke{1}",
    r"{v1}|{}|invoke",
    r"(invoke",
    r"*invoke",
    r"",
]
HOSTILE = [
    r"(\w|\w)*!",
    r"(a|.|.)+!",
    r"(.*)*(.*)*!",
    r".?" * 200 + "." * 200,
    r".*a" * 100 + "!",
    r"((((.+)+)+)+)+!",
    r"(?:(?:(?:(?:.{9999}){9999}){9999}){9999})",
    r"((?:){9999}){9999}",
    "(" * 3_000 + "a" + ")" * 3_000,
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_search_agrees_with_re(pattern: str) -> None:
    for text in (URL, "", "v1/", URL.upper(), f"{URL}\n"):
        try:
            compiled = re.compile(pattern)
        except re.error:
            expected = [False, False, False]
        else:
            expected = [compiled.search(text) is not None, compiled.match(text) is not None]
            expected.append(compiled.fullmatch(text) is not None)
        assert [has_match(pattern, text, extent) for extent in MatchExtent] == expected


@given(
    st.lists(st.sampled_from([*"ab/.()|*+?^$", "[ab]", "[^a]", r"\w", "(?:", "(?=", "(?!", "{2}", "{,2}"])),
    st.text("ab/", max_size=5),
)
def test_random_searches_agree_with_re(parts: list[str], text: str) -> None:
    pattern = "".join(parts[:8])
    try:
        expected = re.search(pattern, text) is not None
    except re.error:
        expected = False
    assert has_match(pattern, text) in (expected, None)


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_hostile_expression_ends(pattern: str) -> None:
    began = time.process_time()
    assert has_match(pattern, URL + "a" * 100) in (False, None)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("pattern", [r"(a)\1", r"(?P<x>a)(?P=x)", r"(?<=a)b", r"(?i)a", r"(?i:a)"])
def test_an_expression_that_is_not_supported_is_unknown(pattern: str) -> None:
    assert has_match(pattern, "aab") is None


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"\$\{(\w+)\}", "/v1", False),
        (r"\$\{([^}]*)\}", "/v1", False),
        (r"/v\d+", "/v1", True),
        (r"\$\{(\w+)\}/v\d+", "/v1", True),
        (r"\$\{(\w+)\}/?", "/v1", True),
        (r"\$\w+", "v1", True),
        (r"\$.*", "/v1", True),
        (r"x*", "/v1", True),
        (r"\$(?=\{)", "/v1", True),
        (r"(\$)\1", "/v1", True),
        (r"\xzz", "/v1", True),
        ("[", "/v1", True),
    ],
)
def test_a_replacement_may_change_a_text_behind_an_unknown_one(
    pattern: str, text: str, expected: bool
) -> None:
    assert may_change(pattern, text, is_behind=True, is_before=False) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"\$\{(\w+)\}", "https://", False),
        (r"//\$\{(\w+)\}", "https://", True),
        (r"https?:.*", "http:", True),
        (r"\{(\w+)\}", "https://{", True),
    ],
)
def test_a_replacement_may_change_a_text_before_an_unknown_one(
    pattern: str, text: str, expected: bool
) -> None:
    assert may_change(pattern, text, is_behind=False, is_before=True) is expected
    assert may_change(pattern, text, is_behind=False, is_before=False) is bool(re.search(pattern, text))
