"""Imports go among the imports, tables and helpers after them."""

import pytest

from kognitos_migrate.edits.pending_edit import compose
from kognitos_migrate.edits.plan_composition import preamble_edits
from kognitos_migrate.source.text_edits import apply_edits
from kognitos_migrate.syntax.parsing import parse

TABLE = "TABLE = {\n    1: 2,\n}"


def after(text: str, imports: list[str], sources: list[str]) -> str:
    tree = parse("a.py", text)
    result = apply_edits(tree.text, compose(preamble_edits(tree, imports, sources), {"a.py": tree}))
    compile(result, "a.py", "exec")
    return result


IMPORTS = {
    "before the first import": ("import requests\nx = 1\n", "import json\n\nimport requests\nx = 1\n"),
    "in the order of the imports": (
        "import b\nimport os\n\nimport a\n",
        "import b\nimport json\nimport os\n\nimport a\n",
    ),
    "beside an import from the module": (
        "import b\n\nfrom json import dumps\n",
        "import b\n\nimport json\nfrom json import dumps\n",
    ),
    "after the future": (
        "from __future__ import annotations\nimport b\n",
        "from __future__ import annotations\nimport json\n\nimport b\n",
    ),
    "after the documentation": ('"""Doc."""\n\nimport b\n', '"""Doc."""\n\nimport json\n\nimport b\n'),
    "after a shebang and a coding": (
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nimport b\n",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nimport json\n\nimport b\n",
    ),
    "in the order of the first block": (
        "import abc\n\nimport zoo\n",
        "import abc\nimport json\n\nimport zoo\n",
    ),
    "before an import on one line with others": (
        "import n; import o\n",
        "import json\n\nimport n; import o\n",
    ),
    "with the file's line endings": ("import b\r\nx = 1\r\n", "import json\r\n\r\nimport b\r\nx = 1\r\n"),
    "where there is no import": ("x = 1\n", "import json\nx = 1\n"),
    "where there is but documentation": ('"""Doc."""\nx = 1\n', '"""Doc."""\nimport json\nx = 1\n'),
    "where there is but a comment": ("# why\nx = 1\n", "# why\nimport json\nx = 1\n"),
    "after the future alone": (
        "from __future__ import annotations\nx = 1\n",
        "from __future__ import annotations\nimport json\nx = 1\n",
    ),
}


@pytest.mark.parametrize(("before", "expected"), IMPORTS.values(), ids=IMPORTS)
def test_an_import(before: str, expected: str) -> None:
    assert after(before, ["import json"], []) == expected


SOURCES = {
    "after the imports": ("import b\nimport c\n\nx = 1\n", f"import b\nimport c\n\n{TABLE}\n\nx = 1\n"),
    "after the imports, with space around": ("import b\nx = 1\n", f"import b\n\n{TABLE}\n\n\nx = 1\n"),
    "after imports that may fail": (
        "import b\ntry:\n    import c\nexcept ImportError:\n    c = None\n\nx = 1\n",
        f"import b\ntry:\n    import c\nexcept ImportError:\n    c = None\n\n{TABLE}\n\nx = 1\n",
    ),
    "after imports under a condition": (
        "import b\nif b:\n    import c\n\nx = 1\n",
        f"import b\nif b:\n    import c\n\n{TABLE}\n\nx = 1\n",
    ),
    "after an import of several lines": (
        "from b import (\n    c,\n    d,\n)\n\nx = 1\n",
        f"from b import (\n    c,\n    d,\n)\n\n{TABLE}\n\nx = 1\n",
    ),
    "with the file's line endings": (
        "import b\r\n\r\nx = 1\r\n",
        f"import b\n\n{TABLE}\n\nx = 1\n".replace("\n", "\r\n"),
    ),
    "at the end of a file of imports": ("import b\n", f"import b\n\n{TABLE}\n"),
    "after an import without a line's end": ("import b", f"import b\n\n{TABLE}\n"),
}


@pytest.mark.parametrize(("before", "expected"), SOURCES.values(), ids=SOURCES)
def test_a_definition(before: str, expected: str) -> None:
    assert after(before, [], [TABLE]) == expected


@pytest.mark.parametrize("blank", range(5))
def test_a_function_has_two_blank_lines_around(blank: int) -> None:
    source = "def f():\n    pass"
    apart = "\n" * max(blank, 2)
    expected = f"import b\n\n\n{source}\n{apart}x = 1\n"
    gap = "\n" * blank
    assert after(f"import b\n{gap}x = 1\n", [], [source]) == expected


def test_a_definition_that_is_there_is_not_put_there_again() -> None:
    text = f"import b\n\n{TABLE}\n\nx = 1\n"
    assert after(text, [], [TABLE]) == text


def test_several_definitions_and_imports_at_once() -> None:
    assert after("import b\n\nx = 1\n", ["import json", "import os"], [TABLE, "def f():\n    pass"]) == (
        f"import json\nimport os\n\nimport b\n\n{TABLE}\n\n\ndef f():\n    pass\n\n\nx = 1\n"
    )


def test_nothing_needed_is_no_edit() -> None:
    assert preamble_edits(parse("a.py", "import b\n"), [], []) == []
