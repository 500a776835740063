"""The codes of findings, and what selects several of them: `KOG101`, `KOG1`, `KOG`."""

import re
from collections.abc import Sequence

from kognitos_migrate.rulebook.model import Rulebook

OWN_CLASSES = "4589"
"""The first digits of codes that no rule file has, since the tool itself finds such things: the old version
named where it is not called, adapted call sites, half-migrated code, what could not be analysed."""

_DIGITS = "0123456789"


def selector_pattern(rulebook: Rulebook) -> str:
    """A regular expression for whatever begins a code of the rules, or one of the tool's own."""
    codes = {operation.code for operation in rulebook.operations}
    letters = sorted({code.rstrip(_DIGITS) for code in codes})
    begins = sorted({code[:end] for code in codes for end in range(len(code.rstrip(_DIGITS)), len(code) + 1)})
    own = [f"{prefix}[{OWN_CLASSES}][0-9]{{0,2}}" for prefix in letters]
    return f"^({'|'.join([*begins, *own])})$"


def expected_selector(rulebook: Rulebook) -> str:
    """What selects codes, in words."""
    code = min(operation.code for operation in rulebook.operations)
    return f"a code or how codes begin, as in {code} or {code[:-2]}"


def unknown_selectors(selectors: Sequence[str], rulebook: Rulebook) -> Sequence[str]:
    """Those of `selectors` that select no code, for the command line's own options."""
    pattern = re.compile(selector_pattern(rulebook))
    return [selector for selector in selectors if not pattern.search(selector)]
