"""Shows what a fixture program does: python -m tests.harness fixtures/programs/NAME [--after]."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.server import Mode

from .case import Case, CaseError, load_case
from .runner import Outcome, run_program


def main() -> int:
    """Run the programs and print their outcomes.

    Returns 0 if each ended in time with the exit code that its case.yaml expects, 1 if one did not,
    2 if one could not be run at all.
    """
    options = _parser().parse_args()
    mode: Mode = options.mode or ("v2" if options.after else "v1")
    result = 0
    for folder in options.folders:
        try:
            case = load_case(folder)
            program = case.after if options.after else case.before
            if not program.is_dir():
                raise CaseError(f"{program}: there is no such folder")
        except CaseError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        outcome = run_program(program, case, mode)
        print(_describe(case, program, mode, outcome))
        if outcome.timed_out or outcome.exit_code != case.exit_code:
            result = 1
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.harness", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="folders that hold a case.yaml")
    parser.add_argument("--after", action="store_true", help="run after/ on v2, not before/ on v1")
    parser.add_argument("--mode", choices=["v1", "v2"], help="the version that the server speaks")
    return parser


def _describe(case: Case, program: Path, mode: Mode, outcome: Outcome) -> str:
    ended = f"exit code {outcome.exit_code} (expected {case.exit_code})"
    effects = [
        f"  {start.process_id} {start.agent_id} {start.stage} {json.dumps(start.inputs)}"
        f" files={[file[:12] for file in start.files]}"
        for start in outcome.effects
    ]
    refusals = [
        f"  {refusal.method} {refusal.path} -> {refusal.status}: {refusal.why}"
        for refusal in outcome.refusals
    ]
    return "\n".join(
        [
            f"=== {program} on {mode}",
            f"--- {'TIMED OUT' if outcome.timed_out else ended}",
            "--- stdout",
            outcome.stdout.rstrip("\n"),
            "--- stderr",
            outcome.stderr.rstrip("\n"),
            "--- effects",
            *(effects or ["  none"]),
            "--- refusals",
            *(refusals or ["  none"]),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
