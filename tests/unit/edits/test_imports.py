"""The imports of a module, and the removal of unused ones."""

import pytest

from kognitos_migrate.edits import imports
from kognitos_migrate.edits.pending_edit import PendingEdit, compose
from kognitos_migrate.source.text_edits import Span, apply_edits
from kognitos_migrate.syntax.parsing import parse


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("import json", "json"),
        ("import json as j", "j"),
        ("import a, json", "json"),
        ("import json.decoder", None),
        ("from json import dumps", None),
        ("import simplejson", None),
        ("import simplejson as json", None),
    ],
)
def test_what_a_module_calls_json(text: str, called: str | None) -> None:
    tree = parse("a.py", f"{text}\n")
    assert imports.json_name(tree) == called
    assert imports.is_imported(tree, "import json") is (called == "json")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("from a import b, c as d", {"b"}),
        ("from a import *", set()),
        ("import a", set()),
        ("def f():\n    from .a import (b, c)", {"b", "c"}),
    ],
)
def test_the_names_that_a_module_takes_from_others(text: str, names: set[str]) -> None:
    assert imports.unaliased_from_imports(parse("a.py", f"{text}\n")) == names


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a\nimport b\n@a.f()@\nb.g()\n", "import b\n_\nb.g()\n"),
        ("import a\n\nimport b\n@a.f()@\nb.g()\n", "import b\n_\nb.g()\n"),
        ("import b\nimport a\n\n@a.f()@\nb.g()\n", "import b\n\n_\nb.g()\n"),
        ("import a, b\n@a.f()@\nb.g()\n", "import b\n_\nb.g()\n"),
        ("from a import f, g\n@f()@\ng()\n", "from a import g\n_\ng()\n"),
        ("from a import f, g, h\n@f(g())@\nh()\n", "from a import h\n_\nh()\n"),
        ("from a import h, f, g\n@f(g())@\nh()\n", "from a import h\n_\nh()\n"),
        ("from a import f, h, g\n@f(g())@\nh()\n", "from a import h\n_\nh()\n"),
        (
            "from a import (\n    f,\n    h,\n    g,\n)\n@f(g())@\nh()\n",
            "from a import (\n    h,\n)\n_\nh()\n",
        ),
        ("from a import f, g\n@f(g())@\n", "_\n"),
        ("import a as c\n@c.f()@\n", "_\n"),
        ("import a.b\n@a.b.f()@\n", None),
        ("import a\n@a.f()@\na.g()\n", None),
        ("import a  # as it was\n@a.f()@\n", None),
        ("import a; import b\n@a.f()@\nb.g()\n", None),
        ("from a import *\n@f()@\n", None),
        ("import a\n@a.f()@\n__all__ = ['a']\n", None),
        ("import a\n@a.f()@\nprint(globals()['b'])\n", None),
        ("import elsewhere\n@elsewhere.f()@\n", None),
        ("import used\n@used.f()@\n", None),
        ("import a\n@x()@\n", None),
    ],
)
def test_imports_that_nothing_uses_any_more_go(before: str, after: str | None) -> None:
    first, taken, rest = before.split("@")
    tree = parse("a.py", first + taken + rest)
    written = "used.g()" if "used" in before else "_"
    edits = [PendingEdit(Span("a.py", len(first), len(first) + len(taken)), (written,))]
    gone = imports.unused_import_edits(tree, edits, {"a.py": tree}, {"elsewhere"}.__contains__)
    edited = apply_edits(tree.text, compose([*edits, *gone], {"a.py": tree}))
    assert edited == (first + written + rest if after is None else after)


def test_an_import_whose_use_is_moved_stays() -> None:
    tree = parse("a.py", "import a\nb = a.f()\n")
    edits = [PendingEdit(Span("a.py", 9, 18), ("c = ", Span("a.py", 13, 18)))]
    assert imports.unused_import_edits(tree, edits, {"a.py": tree}, set[str]().__contains__) == []
