"""Selection of codes."""

import pytest

from kognitos_migrate.rulebook.codes import (
    OWN_CLASSES,
    OWN_CODES,
    expected_selector,
    nearest_codes,
    selectors_without_code,
)
from kognitos_migrate.rulebook.load import load_rulebook


@pytest.mark.parametrize("selector", ["KOG", "KOG1", "KOG10", "KOG101", "KOG4", "KOG5", "KOG801", "KOG9"])
def test_what_begins_a_code_selects(selector: str) -> None:
    assert selectors_without_code([selector], load_rulebook()) == []


@pytest.mark.parametrize(
    "selector",
    ["", "K", "KOG7", "KOG102", "KOG1011", "KOG9999", "KOG999", "KOG98", "KOG404", "E501", "kog101"],
)
def test_what_begins_no_code_does_not(selector: str) -> None:
    assert selectors_without_code([selector], load_rulebook()) == [selector]


def test_the_tools_own_codes_are_told_apart_and_in_order() -> None:
    codes = [own.code for own in OWN_CODES]
    assert codes == sorted(set(codes))
    assert len({own.name for own in OWN_CODES}) == len(codes)
    assert all(code[3] in OWN_CLASSES for code in codes)


def test_the_best_match_is_first_and_the_beginning_of_no_code_has_none() -> None:
    rulebook = load_rulebook()
    assert nearest_codes("KOG1O1", rulebook)[0] == "KOG101"
    assert nearest_codes("KOG7", rulebook) == ()


def test_the_expectation_gives_an_example() -> None:
    assert expected_selector(load_rulebook()) == "a code or the beginning of one, as in KOG101 or KOG1"
