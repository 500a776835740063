"""Mentions in modules outside of a slice."""

import pytest

from kognitos_migrate.edits.adapter_location import imports_in, string_literals_in
from kognitos_migrate.edits.generated_code import defined_names
from kognitos_migrate.edits.stubs.json_objects import object_entries, object_of, python_source
from kognitos_migrate.rulebook.model import EntryKeys


@pytest.mark.parametrize(
    ("text", "imported"),
    [
        ("import a, b.c", [("a", 0, True), ("b.c", 0, True)]),
        ("import a as b", [("a", 0, True)]),
        ("from a import b", [("a", 0, True), ("a.b", 0, False)]),
        ("from .a import b, c", [("a", 1, True), ("a.b", 1, False), ("a.c", 1, False)]),
        ("from .. import b", [("b", 2, False)]),
        ("from a import *", [("a", 0, True)]),
        ("def f():\n    import a", [("a", 0, True)]),
        ("import a\n(", []),
        ("x = 1", []),
    ],
)
def test_what_a_module_imports(text: str, imported: list[tuple[str, int, bool]]) -> None:
    assert sorted(imports_in(text)) == sorted(imported)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a = 'b', \"c\", 1, b'd', None", {"b", "c"}),
        ('"""Doc."""\na = f"b{c}d"', {"Doc.", "b", "d"}),
        ("a = '", set()),
        ("", set()),
    ],
)
def test_the_texts_in_a_module(text: str, found: set[str]) -> None:
    assert string_literals_in(text) == found


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def a(b):\n    c = 1\n    return c", ["a"]),
        ("A = 1\n\n\ndef b():\n    pass\nC = f'{A}'", ["A", "b", "C"]),
        ("    a = 1", []),
    ],
)
def test_the_names_that_a_helper_defines(source: str, names: list[str]) -> None:
    assert defined_names(source) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [('{"a": 1}', {"a": 1}), ("{}", {}), ("[1]", None), ("1", None), ("{a}", None), ("", None)],
)
def test_the_object_that_a_text_is_the_json_of(text: str, said: dict[str, object] | None) -> None:
    assert object_of(text) == said


def test_json_is_written_as_python() -> None:
    said: dict[str, object] = {"a": [1, 2.5, "b'c"], "d": {"e": None, "f": True}, "g": []}
    assert python_source(said) == """{"a": [1, 2.5, "b'c"], "d": {"e": None, "f": True}, "g": []}"""
    made = object_entries(EntryKeys("key", "is"), {"a": 1, "b": None})
    assert made == [{"key": "a", "is": 1}, {"key": "b", "is": None}]
