"""The relation of files outside of a slice to the slice."""

import re

import pytest

from kognitos_migrate.edits.slice_surroundings import SliceSurroundings


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("import json\n\njson.dumps({})\n", {"dumps"}),
        ("from app.client import json, start\n", {"client", "json", "start"}),
        ("import app.client\n\nPATCHED = 'app.client.session'\n", {"client", "session"}),
        ("from client import *\n\nprint(json)\n", {"from", "client", "import", "print", "json"}),
    ],
)
def test_what_a_file_may_take_from_modules(text: str, taken: set[str]) -> None:
    words = {*re.findall(r"\w+", text)}
    beside = SliceSurroundings().with_texts({"user.py": text}, {})
    assert {word for word in words if beside.may_be_used(word)} == taken
