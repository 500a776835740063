"""Statements that set a variable, or change the object in it."""

import pytest

from kognitos_migrate.modules.top_level import write_places


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("app.BASE = 1", ["app"]),
        ("lib.app.BASE += 1", ["app"]),
        ("app.BASE[k] = 1", ["app"]),
        ("BASE[k] = 1", [None]),
        ('BASE[k["a"]] = 1', [None]),
        ("BASE[k[0]] |= 1", [None]),
        ("BASE[k], other[k] = 1, 2", [None]),
        ("BASE.update(k=1)", [None]),
        ("app.BASE.append(1)", [None]),
        ("setattr(app, 'BASE', 1)", [None]),
        ("global OTHER, BASE", [None]),
        ("app.ÜBER.BASE = 1", ["ÜBER"]),
        ("BASE = 1", []),
        ("app.BASE == 1", []),
        ("app.BASES = 1", []),
        ("A_BASE[k] = 1", []),
        ("get(BASE[k])", []),
        ("get(BASE[k], key=k[0]) == 1", []),
        ("BASE.keys()", []),
    ],
)
def test_writes(text: str, modules: list[str | None]) -> None:
    assert list(write_places("BASE", text.encode())) == modules
