"""`python -m tests.prose`: lists, counts, and takes out of the baseline what is mended."""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path

from tests.prose import baseline
from tests.prose.offences import ROOT, Offence, offences_of_package


def main() -> None:
    """Run the lint as the arguments ask for it."""
    parser = argparse.ArgumentParser(prog="python -m tests.prose")
    parser.add_argument("paths", nargs="*", help="files or folders whose offences are listed; all by default")
    parser.add_argument("--count", action="store_true", help="count the offences by package and rule")
    parser.add_argument("--shrink", action="store_true", help="take mended offences out of the baseline")
    arguments = parser.parse_args()
    if arguments.shrink:
        baseline.write(baseline.shrunk(offences_of_package()))
        return
    roots = [Path(path).resolve().relative_to(ROOT).as_posix() for path in arguments.paths]
    offences = sorted(offence for offence in offences_of_package() if _is_in(offence, roots))
    print("\n".join(_counts(offences) if arguments.count else map(str, offences)))


def _is_in(offence: Offence, roots: list[str]) -> bool:
    return not roots or any(f"{offence.path}/".startswith(f"{root}/") for root in roots)


def _counts(offences: list[Offence]) -> list[str]:
    """The number of offences by package and by rule, and of docstrings and functions that hold them."""
    packages = Counter(baseline.package_of(offence.path) for offence in offences)
    rules = Counter(re.sub(r"^named .*", "named by a participle", offence.rule) for offence in offences)
    names = len({(offence.path, offence.name) for offence in offences})
    lines = [f"{count:>6} {name}" for counts in (packages, rules) for name, count in counts.most_common()]
    return [*lines, f"{len(offences):>6} offences at {names} names"]


if __name__ == "__main__":
    main()
