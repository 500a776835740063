"""Searches of hostile texts take linear time.

With an ambiguous regular expression, each of these texts takes more than three seconds of processor time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from kognitos_migrate.findings.secret_screen import may_contain_secret
from kognitos_migrate.findings.secrets import Secrets
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.source.notebook.magics import mask_magics, unmask_magics
from kognitos_migrate.text_search.assignments import assigned_versions
from kognitos_migrate.text_search.url_prefix import HostKnowledge

SECONDS = 1.0


def _base(before: str) -> object:
    text = f"{before}/v1/invoke/x"
    return HostKnowledge(("api.example.org",), (), (), (), {}).base_before(text, len(before))


def _assigned(text: str) -> object:
    rulebook = load_rulebook()
    return [*assigned_versions(text, rulebook, rulebook.apis["kognitos"])]


def _masked(cell: str) -> object:
    return unmask_magics(mask_magics(cell, "M"), "M") == cell or cell


def _secrets(text: str) -> object:
    return Secrets.of([("a.env", text)])


TEXTS: dict[str, tuple[Callable[[str], object], str]] = {
    "placeholders behind a host": (_base, "//h" + "{{a}}" * 30 + " "),
    "placeholders with spaces": (_base, "//h" + "{{ a }}" * 24 + " "),
    "an open placeholder": (_base, "{{" + " " * 190 + "}x"),
    "slashes": (_assigned, "#" + "/" * 4_000),
    "escaped slashes": (_assigned, "#" + "\\/" * 2_000),
    "segments": (_assigned, "/a" * 2_000 + " v2"),
    "options": (_masked, "%timeit " + "-n10 " * 24 + "f?"),
    "options and help": (_masked, "%timeit " + "-n " * 3_000 + "f?"),
    "blanks": (_masked, " " * 20_000 + "x"),
    "blanks in brackets": (_masked, "%timeit (1,\n" + " " * 20_000 + "x)\ny"),
    "calls of authentication": (_secrets, ("auth" * 12 + "(" + " " * 199 + 'x,"' + "y" * 1_000 + "\n") * 10),
    "a long name of authentication": (_secrets, "auth" * 40_000),
    "private keys without an end": (_secrets, "-----BEGIN PRIVATE KEY-----\n" * 4_000),
    "nested quotes": (may_contain_secret, "x = '" + 'f"{' * 3_000 + "'"),
    "quotes and braces": (may_contain_secret, "x = [" + '"if", "{", ' * 2_000 + "]"),
    "quotes without braces": (may_contain_secret, "x = '" + 'f"' * 20_000 + "'"),
    "escaped quotes": (may_contain_secret, 'x = "' + "\\'" * 20_000),
    "a long word": (may_contain_secret, "x = '" + "a" * 30_000 + "'"),
}


@pytest.mark.parametrize(("search", "text"), TEXTS.values(), ids=TEXTS)
def test_a_search_ends(search: Callable[[str], object], text: str) -> None:
    load_rulebook()
    search(text[:2])
    began = time.process_time()
    search(text)
    assert time.process_time() - began < SECONDS
