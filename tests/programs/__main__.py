"""`python -m tests.programs [NAME...]`: rewrite after/ of the fixture programs, so that a person can read the
diff."""

from __future__ import annotations

import shutil
import sys

from tests.harness import load_case, programs
from tests.programs.migrating import migrate, read, written


def main(names: list[str]) -> int:
    """Write the after/ of these programs, or of all; 1 if one of them is not migrated whole."""
    failed = 0
    for name, folder in programs().items():
        if names and name not in names:
            continue
        sources = read(folder / "before")
        result, texts = migrate(load_case(folder), sources)
        for finding in result.remaining:
            failed = 1
            print(f"{folder.name}:{finding.place.row}: {finding.code} {finding.fix.message}")
        if result.remaining:
            continue
        shutil.rmtree(folder / "after", ignore_errors=True)
        shutil.copytree(folder / "before", folder / "after", ignore=shutil.ignore_patterns("__pycache__"))
        for path, data in written(sources, texts).items():
            (folder / "after" / path).write_bytes(data)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
