"""Connected files are found by reading few files, and are those that reading all files would find."""

import os
import random
import sys
from collections.abc import Iterator, Mapping, Sequence

import pytest

from kognitos_migrate.discover.import_scan import import_words, imported_modules
from kognitos_migrate.modules.import_graph import pytest_support_files, related_files, requesters_of_fixtures

NAMES = ("app", "client", "src", "main", "time", "conftest", "test_it", "größe")
SUFFIXES = (".py", ".py", ".py", ".ipynb", ".pyi")

Names = Mapping[str, set[str]]


@pytest.mark.parametrize("number", range(300))
def test_what_belongs_is_what_the_definition_says(number: int) -> None:
    files = _tree(random.Random(number))
    seeds = random.Random(number).choices(sorted(files), k=1 + number % 3)
    names = {path: imported_modules(text.encode(), path) for path, text in files.items()}
    said = {path: import_words(text.encode(), path) for path, text in files.items()}
    assert related_files(said, names.__getitem__, seeds) == _by_definition(names, seeds)


def _tree(chance: random.Random) -> Mapping[str, str]:
    folders = [""]
    for _ in range(chance.randrange(1, 9)):
        folders.append(f"{chance.choice(folders)}{chance.choice(NAMES)}/")
    files: dict[str, None] = {f"{folder}__init__.py": None for folder in folders if chance.random() < 0.4}
    for _ in range(chance.randrange(2, 16)):
        files[f"{chance.choice(folders)}{chance.choice(NAMES)}{chance.choice(SUFFIXES)}"] = None
    paths = list(files)
    return {path: "".join(_import(chance, paths) for _ in range(chance.randrange(4))) for path in paths}


def _import(chance: random.Random, paths: Sequence[str]) -> str:
    parts = os.path.splitext(chance.choice(paths))[0].split("/")
    parts = parts[chance.randrange(len(parts)) :]
    if chance.random() < 0.3:
        parts = [chance.choice(NAMES)]
    name, last = ".".join(parts), parts[-1]
    package = ".".join(parts[:-1])
    dots = "." * chance.choice((0, 0, 1, 1, 2, 3))
    gap = chance.choice((" ", "  ", " \\\n    "))
    forms = (
        f"import{gap}{name}\n",
        f"import os, {name} as {chance.choice(NAMES)}\n",
        f"from {dots}{name} import{gap}{chance.choice(NAMES)}\n",
        f"from {dots}{package or '.'} import (\n    start,  # (starts)\n    {last},\n)\n",
        f"try: from {dots or '.'} import {last}\nexcept ImportError: pass\n",
        f"from{gap}{dots}{name} import *\n",
        f"# import {name}, the important one\n",
    )
    return chance.choice(forms)


def _by_definition(names: Names, seeds: Sequence[str]) -> set[str]:
    """Closures over what each of all files imports."""
    edges = {path: {one for name in names[path] for one in _meant(path, name, names)} for path in names}
    above = _reached(seeds, {path: {*_importers(path, edges, names)} for path in names})
    found = above | _reached(seeds, edges) | {one for path in above for one in edges[path]}
    served = pytest_support_files(names, found)
    found |= served | {one for path in served for one in edges[path]}
    return found | {part for path in found for name in names[path] for part in _parts(path, name, names)}


def _importers(path: str, edges: Names, names: Names) -> Iterator[str]:
    relative = os.path.splitext(os.path.abspath(path))[0]
    ways = {relative, relative.removesuffix("/__init__")}
    return (other for other in names if path in edges[other] or ways & names[other])


def _bases(importer: str) -> list[str]:
    around = [os.path.dirname(os.path.abspath(importer))]
    while around[-1] != "/":
        around.append(os.path.dirname(around[-1]))
    return [*around, *(os.path.join(base, "src") for base in around)]


def _meant(importer: str, name: str, files: Names) -> set[str]:
    """The nearest file beside the importer or above it; `src` there after all of these. Where there is none,
    the files of that name in any folder that is no package."""
    if not name:  # above the root
        return set()
    bases = ["/"] if "/" in name else _bases(importer)
    if name.partition(".")[0] in sys.stdlib_module_names:
        bases = [base for base in bases if os.path.relpath(f"{base}/__init__.py") not in files]
    found = [*_in_bases(bases, name, files)]
    if found:
        return {*[path for path in found if path != importer][:1]}
    if "/" in name or name.partition(".")[0] in sys.stdlib_module_names:
        return set()
    anywhere = {os.path.dirname(os.path.abspath(path)) for path in files}
    anywhere |= {os.path.dirname(folder) for folder in anywhere}
    anywhere |= {os.path.dirname(folder) for folder in anywhere}
    anywhere |= {os.path.dirname(folder) for folder in anywhere}
    plain = [base for base in anywhere if os.path.relpath(f"{base}/__init__.py") not in files]
    return {path for base in plain for path in _in_bases([base], name, files) if path != importer}


def _parts(importer: str, name: str, files: Names) -> Iterator[str]:
    """The first module in each folder around the importer that begins like a name which is found elsewhere
    only."""
    bases = _bases(importer)
    if (
        "." not in name
        or "/" in name
        or not _meant(importer, name, files)
        or [*_in_bases(bases, name, files)]
    ):
        return
    for base in bases:
        start = f"{os.path.join(base, name.partition('.')[0])}/"
        inside = sorted(path for path in map(os.path.abspath, files) if path.startswith(start))
        yield from map(os.path.relpath, inside[:1])


def _in_bases(bases: Sequence[str], name: str, files: Names) -> Iterator[str]:
    for base in bases:
        for end in ("/__init__.py", ".py", ".ipynb"):
            path = os.path.relpath(os.path.join(base, _path(name)) + end)
            if path in files:
                yield path


def _path(name: str) -> str:
    return name.lstrip("/") if "/" in name else name.replace(".", "/")


def _reached(seeds: Sequence[str], edges: Names) -> set[str]:
    found = set(seeds)
    while more := {other for path in found for other in edges[path]} - found:
        found |= more
    return found


def test_tests_that_request_a_fixture_of_a_support_file() -> None:
    texts = {
        "tests/conftest.py": b"def client(): ...\n@pytest.fixture(name='box')\ndef _box(): ...",
        "tests/test_client.py": b"def test_it(client): ...",
        "tests/deep/test_box.py": b"def test_it(box): ...",
        "tests/test_clients.py": b"def test_it(clients): ...",
        "test_above.py": b"def test_it(client): ...",
        "tests/helper.py": b"client = 1",
    }
    requesting = requesters_of_fixtures(["tests/conftest.py", "tests/helper.py"], texts, texts.__getitem__)
    assert {*requesting} == {"tests/test_client.py", "tests/deep/test_box.py"}
