"""An import of an own module stands where isort would put it."""

import pytest

from kognitos_migrate.edits.import_placement import ImportSections, import_edits
from kognitos_migrate.edits.pending_edit import compose
from kognitos_migrate.source.text_edits import apply_edits
from kognitos_migrate.syntax.parsing import parse

FIRST_PARTY = ImportSections(lambda dotted: dotted.startswith("own"), is_first_party=True)
THIRD_PARTY = ImportSections(lambda dotted: dotted.startswith("own"), is_first_party=False)

OWN = {
    "a section of its own": ("import b\n", "import b\n\nfrom own_d import d\n"),
    "ahead of relative imports": (
        "import b\n\nfrom .a import c\n\nx = 1\n",
        "import b\n\nfrom own_d import d\n\nfrom .a import c\n\nx = 1\n",
    ),
    "where there is no import": ("x = 1\n", "from own_d import d\nx = 1\n"),
    "sorted among its like": (
        "import b\n\nfrom own_a import a\nfrom own_z import z\n",
        "import b\n\nfrom own_a import a\nfrom own_d import d\nfrom own_z import z\n",
    ),
    "behind plain imports": (
        "import b\n\nimport own_z\n",
        "import b\n\nimport own_z\nfrom own_d import d\n",
    ),
    "in a section with others": (
        "import b\nimport own_z\nfrom c import c\nfrom z import z\n",
        "import b\nimport own_z\nfrom c import c\nfrom own_d import d\nfrom z import z\n",
    ),
    "names of the same module": (
        "import b\n\nfrom own_d import a, z\n",
        "import b\n\nfrom own_d import a, d, z\n",
    ),
    "a last name of the same module": (
        "from own_d import (\n    a,\n    c as f,\n)\n",
        "from own_d import (\n    a,\n    c as f,\n    d,\n)\n",
    ),
}


def with_import(before: str, line: str, section: ImportSections) -> str:
    tree = parse("a.py", before)
    return apply_edits(before, compose(list(import_edits(tree, line, section, None)), {"a.py": tree}))


@pytest.mark.parametrize(("before", "expected"), OWN.values(), ids=OWN)
def test_an_import_of_the_projects_own(before: str, expected: str) -> None:
    assert with_import(before, "from own_d import d", FIRST_PARTY) == expected


def test_an_import_that_linters_take_for_anothers() -> None:
    before = "import os\n\nimport b\nfrom z import z\n"
    expected = "import os\n\nimport b\nfrom own_d import d\nfrom z import z\n"
    assert with_import(before, "from own_d import d", THIRD_PARTY) == expected


def test_relative_imports_with_more_dots_come_first() -> None:
    before = "import os\n\nfrom ..a import a\nfrom .b import b\n"
    expected = "import os\n\nfrom ..a import a\nfrom ..own_d import d\nfrom .b import b\n"
    assert with_import(before, "from ..own_d import d", FIRST_PARTY) == expected
