"""Code that gets errors, logs or instances from code that it doesn't name is part of the slice of a large
program: findings and changes are those of an analysis of the whole program.

Each part of slice_channels.txt is the code of a program in addition to a function that follows runs, and a
module that imports it. The programs of the other tables are tested in the same way, with unrelated functions
appended. A new way to observe replies belongs in one of these tables, and fails here if slices don't know it
(`modules/channels.py`).
"""

import re
from collections.abc import Callable, Mapping

import pytest

from kognitos_migrate.findings.result import Applicability
from tests.rewrites.comparable import analysed, told, without_numbers
from tests.rewrites.tables import files_of, programs, tables_in
from tests.rewrites.test_reply_paths import BEFORE
from tests.rewrites.test_slices import sliced
from tests.rewrites.verbs import FILE

NOISE = "".join(
    f"\n\ndef filler_{n}(rows):\n    total = 0\n    for row in rows:\n        total += len(row) * {n}\n"
    "    return total\n"
    for n in range(3)
)
UNNAMED = programs("slice_channels.txt")
WAYS = {
    f"{file}: {name}": f"{BEFORE}{body}".partition("\n#>")[0]
    for file in ("unchanged", "restored_words", "new_names")
    for name, body in programs(f"reply_paths/{file}.txt").items()
}
OTHERS = {
    f"{file.removesuffix('.txt')}: {name}": body.partition("\n#>")[0]
    for file in (*tables_in("refusals"), *tables_in("becomes"))
    for name, body in programs(file).items()
}
_OWN = re.compile(r"(?m)^(?:import main|from (?:main|base) import .*)\n|\bmain\.")


def apart(case: str) -> dict[str, str]:
    """The modules of a program of slice_channels.txt."""
    files = files_of(f"## {FILE}\n{UNNAMED[case]}")
    files[FILE] = f"{BEFORE}{files[FILE]}{NOISE}"
    return dict(sorted({**files, "noise.py": f"import main\n{NOISE}"}.items()))


def in_one(case: str) -> dict[str, str]:
    """The program in one module."""
    files = apart(case)
    files.pop("noise.py")
    order = sorted(files, key=lambda path: (path != "base.py", path != FILE))
    return {FILE: "".join(_OWN.sub("", files[path]) for path in order)}


@pytest.mark.parametrize("level", [Applicability.SAFE, Applicability.ADAPT])
@pytest.mark.parametrize("made", [apart, in_one])
@pytest.mark.parametrize("case", UNNAMED)
def test_who_says_no_name_is_in_the_slice(
    case: str,
    made: Callable[[str], dict[str, str]],
    level: Applicability,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    require_alike(made(case), level, monkeypatch)


@pytest.mark.parametrize("case", [case for case in WAYS if case.startswith("unchanged")])
def test_what_holds_back_a_small_program_holds_back_a_large_one(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_alike({FILE: f"{WAYS[case]}\n{NOISE}"}, Applicability.SAFE, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in (*WAYS, *OTHERS) if not case.startswith("unchanged")][::6])
def test_a_large_program_becomes_what_a_small_one_does(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    require_alike({FILE: f"{(WAYS | OTHERS)[case]}\n{NOISE}"}, Applicability.SAFE, monkeypatch)


def require_alike(texts: Mapping[str, str], level: Applicability, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slice of a program tells what the whole tells."""
    whole = without_numbers(analysed(texts, level))
    assert whole.findings or not whole.changes
    sliced(monkeypatch)
    part = without_numbers(analysed(texts, level))
    assert part.changes == whole.changes
    assert told(part) == told(whole)
