"""The modules that pytest, unittest or the configuration call tests, with the modules that only they use."""

import posixpath
import re
from collections.abc import Collection, Iterable, Mapping

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.ignore_rules import matches_settings
from kognitos_migrate.modules.definition_links import mention_links

_PYTEST_NAME = re.compile(r"test_.*\.py|.*_test\.py")
_UNITTEST_NAME = re.compile(r"test.*\.py")
"""The names that unittest discovers."""
_TEST = re.compile(rb"^[ \t]*(?:(?:async[ \t]+)?def[ \t]+test|class[ \t]+Test)|\bTestCase\b", re.MULTILINE)
"""A test as pytest finds it, or a test case of unittest."""
_FOLDERS = frozenset(("test", "tests"))


def modules_of_tests(texts: Mapping[str, bytes], settings: Settings) -> frozenset[str]:
    """The modules of tests among `texts` (by path), which no other code uses.

    These are the files that pytest, unittest or the configuration call tests, and in folders of tests also
    the modules that these use, and packages' `__init__.py`. Code that other code imports, directly or through
    other modules, or names in a string, is no test.
    """
    named = {path for path, text in texts.items() if _is_named_test(path, text, settings)}
    return tests_with_helpers(named, mention_links(texts)) if named else frozenset()


def tests_with_helpers(tests: Collection[str], links: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The modules `tests` that no other code uses, with the modules in folders of tests that only they use.

    `links` are the files that each file of the program uses.
    """
    helpers = {path for path in links if not _FOLDERS.isdisjoint(posixpath.dirname(path).split("/"))}
    packages = {path for path in helpers if posixpath.basename(path) == "__init__.py"}
    candidates = {*tests} | packages | _used_modules(tests, links, helpers)
    return frozenset(candidates - _used_modules({*links} - candidates, links, candidates))


def _is_named_test(path: str, text: bytes, settings: Settings) -> bool:
    """Whether a module is a test by its name and its content. A program may be called `load_test.py`."""
    name = posixpath.basename(path)
    if name == "conftest.py" or (_PYTEST_NAME.fullmatch(name) and _TEST.search(text)):
        return True
    if _UNITTEST_NAME.fullmatch(name) and b"TestCase" in text:
        return True
    return matches_settings("tests", settings.tests, path, settings.root)


def _used_modules(
    users: Iterable[str], links: Mapping[str, frozenset[str]], within: Collection[str]
) -> set[str]:
    """The files of `within` that the users import or name, directly or through each other."""
    used: set[str] = set()
    waiting = list(users)
    while waiting:
        fresh = links.get(waiting.pop(), frozenset()).intersection(within) - used
        used |= fresh
        waiting.extend(fresh)
    return used
