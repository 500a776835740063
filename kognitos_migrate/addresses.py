"""The published addresses of this project, for findings, the package's metadata and the documentation site.

This is the only place for them. As long as an address is None, the project isn't published there.
"""

from __future__ import annotations

REPOSITORY: str | None = None
"""The repository on a code host, without a slash at its end."""

DOCUMENTATION: str | None = None
"""The documentation site, without a slash at its end."""

IS_ON_PYPI = False
"""Whether the package can be installed by its name."""

_BUILT_IN = "KOG"
"""The letters of the tool's own codes and of those of the built-in rules, which have pages on the site."""


def install_advice(extra: str) -> str:
    """The command that installs an extra of the package."""
    if IS_ON_PYPI:
        return f"run `pip install 'kognitos-migrate[{extra}]'`"
    return f"run `pip install '.[{extra}]'` in a checkout of kognitos-migrate"


def rule_page(code: str, url: str | None = None) -> str | None:
    """The address of the documentation of a code: its page on the site, or `url` if there is none."""
    if DOCUMENTATION is None or not code.startswith(_BUILT_IN):
        return url
    return f"{DOCUMENTATION}/rules/{code}/"
