"""Names of a vendor's other products, which contain a word of the API and don't use it.

`from kognitos.bdk.api import NounPhrase`, `pip install kognitos-bdk-api` and `kognitos/bdk/api.py` name a
product, and say nothing about calls of the API.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def name_pattern(packages: Iterable[bytes]) -> str:
    """A pattern of the names of packages, in lower case, as modules, folders or distributions.

    Each alternative begins with letters and then looks back at them, which is eight times as fast as the
    other way around.
    """
    patterns: list[str] = []
    for name in packages:
        first, *rest = map(re.escape, name.decode().split("."))
        patterns.append(r"[./\\_-]".join([rf"{first}(?<![A-Za-z0-9]{first})", *rest]))
    return rf"(?:{'|'.join(patterns) or '(?!)'})(?![A-Za-z0-9])"


@cache
def _pattern(packages: tuple[bytes, ...]) -> re.Pattern[bytes]:
    return re.compile(name_pattern(packages).encode())


def with_blank_products(lowered: bytes, words: Iterable[bytes], packages: tuple[bytes, ...]) -> bytes:
    """A text in lower case in which the names of `packages` are blank. `words` are those of the API."""
    if not packages or not any(word in lowered for word in words):
        return lowered
    return _pattern(packages).sub(lambda name: b" " * len(name[0]), lowered)
