"""What selects codes."""

import pytest

from kognitos_migrate.rulebook.codes import expected_selector, unknown_selectors
from kognitos_migrate.rulebook.load import load_rulebook


@pytest.mark.parametrize("selector", ["KOG", "KOG1", "KOG10", "KOG101", "KOG4", "KOG5", "KOG801", "KOG9"])
def test_what_begins_a_code_selects(selector: str) -> None:
    assert unknown_selectors([selector], load_rulebook()) == []


@pytest.mark.parametrize("selector", ["", "K", "KOG7", "KOG102", "KOG1011", "KOG9999", "E501", "kog101"])
def test_what_begins_no_code_does_not(selector: str) -> None:
    assert unknown_selectors([selector], load_rulebook()) == [selector]


def test_the_expectation_gives_an_example() -> None:
    assert expected_selector(load_rulebook()) == "a code or how codes begin, as in KOG101 or KOG1"
