"""`python -m benchmarks [full | quick | linear] [ROUNDS]`: measure, and print a table.

`full` and `quick` compare with other programs, as far as these are installed (ast-grep, ripgrep, Ruff,
Semgrep), in so many rounds; `linear` measures the work of the analysis against the size of a package.
"""

import sys
from collections.abc import Iterator

ROUNDS = {"full": 5, "quick": 1}


def main(arguments: list[str]) -> int:
    """Run the measurement that is named; 2 where there is no such."""
    what = arguments[0] if arguments else "full"
    rounds = arguments[1] if arguments[1:] else str(ROUNDS.get(what, 1))
    if len(arguments) > 2 or what not in (*ROUNDS, "linear") or not rounds.isdecimal():
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    for line in _lines(what, int(rounds)):
        print(line, flush=True)
    return 0


def _lines(what: str, rounds: int) -> Iterator[str]:
    if what == "linear":
        from benchmarks.linear import table as linear_table

        return linear_table()
    from benchmarks.comparisons import table
    from benchmarks.corpora import corpora

    return table(corpora(what == "quick"), rounds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
