"""The pictures of the terminal in README.md show what the command prints."""

from pathlib import Path

import pytest

from tests.integration.projects import ROOT
from website.terminal_picture import THEMES, output_of, picture, shown_text


@pytest.mark.parametrize("name", THEMES)
def test_a_picture_shows_the_present_output(name: str, tmp_path: Path) -> None:
    shown = (ROOT / "docs" / f"check-{name}.svg").read_text("utf-8")
    actual = picture(output_of(tmp_path / "billing"), THEMES[name])
    assert shown_text(shown) == shown_text(actual), "`python -m website.terminal_picture` renews it"
    assert "http" not in shown.replace("http://www.w3.org/2000/svg", "")
