"""Whether code can send a request that would be followed, as far as its text tells: it imports, or names, a
module of an HTTP client that the rules know, or of a library that answers in the place of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from kognitos_migrate.discover.imports import modules
from kognitos_migrate.discover.signature import is_word

if TYPE_CHECKING:
    from kognitos_migrate.rulebook.model import Rulebook

_QUOTED = re.compile(rb"""["'](\w+)[.:"']""")
"""A text that may name a module: `import_module("http.client")`."""


class Senders(NamedTuple):
    """What code says that sends requests."""

    modules: frozenset[tuple[str, ...]]
    """The modules of clients, by the parts of their names."""
    fixtures: frozenset[str]
    """What tests are given by these names, without an import."""


def senders(rulebook: Rulebook) -> Senders:
    """What the rules know that sends requests, or answers them in tests."""
    names = [
        *(name for one in rulebook.clients for name in (*one.functions, *one.session_types)),
        *(name for one in rulebook.mocks for name in one.names()),
    ]
    return Senders(
        frozenset(tuple(name.split(".")[:-1] or [name]) for name in names),
        frozenset(name for one in rulebook.mocks for name in one.fixtures),
    )


def may_send(texts: Mapping[str, bytes], known: Senders) -> bool:
    """Whether a program, the modules of which are `texts`, may send a request that is followed.

    What is imported relatively, and is not there, goes by what is said (`from .requests import get`).
    """
    whole = b"\n".join(texts.values())
    if any(is_word(name.encode(), whole) for name in known.fixtures):
        return True
    begun = {part for file, text in texts.items() for part in _beginnings(modules(text, file))}
    begun.update(name.decode() for name in _QUOTED.findall(whole))
    return any(
        first in begun and all(is_word(part.encode(), whole) for part in rest)
        for first, *rest in known.modules
    )


def _beginnings(names: Iterable[str]) -> Iterable[str]:
    """What the names of modules begin with; of those said relatively, all that they may."""
    for name in names:
        yield from name.split("/") if "/" in name else name.split(".")[:1]
