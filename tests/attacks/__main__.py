"""`python -m tests.attacks [--short] [NAME…]`: all attacks, or those named; prints a table."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from .disk import CannotMountError
from .forms import ATTACKS
from .project import AttackError

SEED = 20261128


def main(arguments: list[str]) -> int:
    """Run the attacks; 1 if one had an effect."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    failed = False
    print("| attack | result | seconds |\n| --- | --- | --- |")
    for name, attack, short, long in ATTACKS:
        if names and name not in names:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as top:
            try:
                counts = attack(Path(top) / "attack", short if "--short" in arguments else long, SEED)
                result = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
            except CannotMountError as error:
                result = f"skipped: {error}"
            except AttackError as error:
                result, failed = f"FAILED: {error}", True
        print(f"| {name} | {result} | {time.monotonic() - began:.0f} |", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
