"""Which modules are tests: by pytest's and unittest's names, by the configuration, and by who uses them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.modules.modules_of_tests import modules_of_tests

TEST = "def test_it(): ..."
CASE = "import unittest\nclass It(unittest.TestCase):\n    def test_it(self): ..."


def named(texts: Mapping[str, str], *patterns: str) -> set[str]:
    settings = Settings(root=Path.cwd(), tests=patterns)
    return {*modules_of_tests({path: text.encode() for path, text in texts.items()}, settings)}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("test_app.py", TEST),
        ("a/app_test.py", f"class TestIt:\n    {TEST}"),
        ("conftest.py", ""),
        ("testapp.py", CASE),
        ("tests.py", CASE),
    ],
)
def test_names_of_tests(path: str, text: str) -> None:
    assert named({path: text, "app.py": "x = 1"}) == {path}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("load_test.py", "import app\napp.run()"),
        ("testing.py", TEST),
        ("tests/smoke.py", "import app\napp.run()"),
        ("latest.py", TEST),
    ],
)
def test_programs_that_are_called_like_tests(path: str, text: str) -> None:
    assert named({path: text, "app.py": "x = 1"}) == set()


def test_modules_of_a_test_folder_that_only_tests_use() -> None:
    texts = {
        "tests/__init__.py": "",
        "tests/test_app.py": f"from tests.fakes import Fake\n{TEST}",
        "tests/fakes.py": "from . import replies",
        "tests/replies.py": "",
        "tests/by_hand.py": "import app",
        "app.py": "",
    }
    assert named(texts) == {*texts} - {"tests/by_hand.py", "app.py"}


def test_code_that_the_program_uses_is_no_test() -> None:
    texts = {
        "tests/test_app.py": f"from tests.fakes import Fake\n{TEST}",
        "tests/fakes.py": "import tests.replies",
        "tests/replies.py": "",
        "conftest.py": "VALUE = 1",
        "app.py": "from conftest import VALUE\nimport tests.fakes",
    }
    assert named(texts) == {"tests/test_app.py"}


def test_a_module_that_the_program_names_in_a_string_is_no_test() -> None:
    texts = {
        "tests/test_app.py": f"import tests.fakes\n{TEST}",
        "tests/fakes.py": "",
        "app.py": 'import importlib\nimportlib.import_module("tests.fakes")',
    }
    assert named(texts) == {"tests/test_app.py"}


def test_a_helper_beside_tests_is_one_if_the_configuration_says_so() -> None:
    texts = {"test_app.py": f"import fakes\n{TEST}", "fakes.py": "", "checks/app.py": "x = 1"}
    assert named(texts) == {"test_app.py"}
    assert named(texts, "fakes.py", "checks/") == {*texts}
