"""Which files know of each other."""

import pytest

from kognitos_migrate.modules.definition_links import connected_files, definition_links

APART = {
    "modules of the same names in other folders": {
        "a/main.py": "import util\n",
        "a/util.py": "",
        "b/util.py": "",
    },
    "a text that names no module": {"a.py": "HOST = 'www.b.com'\n", "b/__init__.py": "", "c.py": "'b'\n"},
    "a conftest of another folder": {"x/conftest.py": "", "y/test_a.py": ""},
    "a conftest and no test": {"conftest.py": "", "app.py": ""},
    "a module of the standard library": {
        "pkg/__init__.py": "",
        "pkg/json.py": "",
        "pkg/a.py": "import json\n",
    },
    "an alias": {"a.py": "import __main__ as main\n", "b/main.py": ""},
    "a common word where modules are loaded by name": {
        "big/a.py": "import importlib\nREVISION = 'main'\nimportlib.import_module(NAME)\n",
        "b/main.py": "",
    },
    "a common word where modules are patched by name": {
        "big/a.py": "setattr(x, 'main', 1)\n",
        "b/main.py": "",
    },
    "a dotted name of two modules elsewhere": {
        "big/a.py": "importlib.import_module(NAME)\n'jobs.daily'\n",
        "b/jobs/daily.py": "",
        "c/jobs/daily.py": "",
    },
}
TOGETHER = {
    "an import": {"a.py": "import b\n", "b.py": ""},
    "an import within a function": {"a.py": "def f():\n    from pkg.b import c\n", "pkg/b.py": ""},
    "a relative import": {"pkg/a.py": "from . import b\n", "pkg/b.py": ""},
    "two that import the same": {"a.py": "import c\n", "b.py": "import c\n", "c.py": ""},
    "a patch by name": {"test_a.py": "patch('pkg.b.post')\n", "pkg/b.py": ""},
    "a patch of a module at the top": {"test_a.py": "mocker.patch('b.post')\n", "b.py": ""},
    "a module named apart from its attribute": {"test_a.py": "M = 'b'\npatch(f'{M}.post')\n", "b.py": ""},
    "a module of fixtures by name": {"a.py": "pytest_plugins = ['b']\n", "b.py": ""},
    "a module loaded by its name": {"x/a.py": "importlib.import_module('b')\n", "lib/b.py": ""},
    "a module named beside, in a list": {"x/a.py": "import_module(n) for n in ['b']\n", "x/b.py": ""},
    "the only module of a dotted name": {
        "x/a.py": "import_module(n) for n in ['jobs.daily']\n",
        "lib/jobs/daily.py": "",
    },
    "a conftest and a test below it": {"t/conftest.py": "", "t/deep/test_a.py": ""},
    "a notebook that is run": {"a.ipynb": "import b\n", "b.ipynb": ""},
}


@pytest.mark.parametrize("case", APART)
def test_files_that_know_nothing_of_each_other(case: str) -> None:
    groups = connected_files(definition_links({path: text.encode() for path, text in APART[case].items()}))
    assert len(groups) > 1
    assert sorted(path for group in groups for path in group) == sorted(APART[case])


@pytest.mark.parametrize("case", TOGETHER)
def test_files_that_know_of_each_other(case: str) -> None:
    assert connected_files(
        definition_links({path: text.encode() for path, text in TOGETHER[case].items()})
    ) == [[*TOGETHER[case]]]


def test_groups_and_the_files_in_them_are_in_the_order_of_the_files() -> None:
    texts = {"b.py": "import d\n", "a.py": "", "d.py": "", "c.py": "import a\n"}
    assert connected_files(definition_links({path: text.encode() for path, text in texts.items()})) == [
        ["b.py", "d.py"],
        ["a.py", "c.py"],
    ]
