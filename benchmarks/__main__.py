"""`python -m benchmarks linear`: measure, and print a table."""

import sys

from benchmarks.linear import table


def main(arguments: list[str]) -> int:
    """Run the measurement that is named; 2 where none is."""
    if arguments != ["linear"]:
        print("usage: python -m benchmarks linear", file=sys.stderr)
        return 2
    for line in table():
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
