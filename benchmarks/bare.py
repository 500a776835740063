"""What others would do with the same files, as little as possible: `python bare.py WHAT FOLDER [N]`.

`scan` searches their bytes, `visit` has LibCST parse them and make one pass, `write` generates the code as
well; in N processes.
"""

import sys
from collections.abc import Callable, Mapping
from multiprocessing import Pool
from pathlib import Path


def scan(path: str) -> bool:
    """Whether the file has an anchor."""
    with open(path, "rb") as file:
        return b"kognitos" in file.read().lower()


def visit(path: str) -> bool:
    """Parse the file, and make a pass that does nothing."""
    import libcst as cst

    cst.parse_module(Path(path).read_bytes()).visit(cst.CSTTransformer())
    return True


def write(path: str) -> bool:
    """The same, and generate the code."""
    import libcst as cst

    return bool(cst.parse_module(Path(path).read_bytes()).visit(cst.CSTTransformer()).bytes)


WORK: Mapping[str, Callable[[str], bool]] = {"scan": scan, "visit": visit, "write": write}


def main(what: str, folder: str, processes: int = 1) -> None:
    """Do it, and say how many files there were."""
    files = [str(path) for path in Path(folder).rglob("*.py")]
    if processes == 1:
        found = list(map(WORK[what], files))
    else:
        with Pool(processes) as pool:
            found = pool.map(WORK[what], files, chunksize=max(1, len(files) // (8 * processes)))
    print(sum(found), "of", len(files))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
