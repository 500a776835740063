"""Which files belong together, as far as their imports tell."""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from kognitos_migrate.discover.import_scan import (
    ImportSearch,
    SearchFolders,
    import_words,
    imported_modules,
)
from kognitos_migrate.modules.import_graph import pytest_support_files, related_files
from tests.unit.discover.trees import plant

APP: Mapping[str, str] = {
    "acme/__init__.py": "",
    "acme/client.py": "from acme import http\nfrom .settings import BASE\n",
    "acme/http.py": "import requests\nfrom acme.log import log\n",
    "acme/log.py": "",
    "acme/settings.py": "",
    "acme/jobs/__init__.py": "from ..client import (\n    start,  # (starts)\n    Client,\n)\n",
    "acme/jobs/parse.py": "",
    "acme/main.py": "import acme.jobs as jobs; from acme.jobs import parse\n",
    "acme/other.py": "from acme.log import log\n",
    "tests/test_client.py": "if True: from acme.client \\\n    import start\n",
}
SEEDS = ["acme/client.py"]


def found(files: Mapping[str, str], *seeds: str) -> set[str]:
    said = {path: import_words(text.encode(), path) for path, text in files.items()}
    return set(related_files(said, lambda path: imported_modules(files[path].encode(), path), seeds))


def test_what_imports_a_seed_and_what_a_seed_imports_belong_to_it() -> None:
    assert found(APP, "acme/client.py") == {
        "acme/client.py",
        "acme/http.py",
        "acme/log.py",
        "acme/settings.py",
        "acme/jobs/__init__.py",
        "acme/jobs/parse.py",
        "acme/main.py",
        "acme/__init__.py",
        "tests/test_client.py",
    }


@pytest.mark.parametrize(
    "statement",
    [
        "import client",
        "import os, client as c",
        "from client import start",
        "from . import client",
        "from acme import log, \\\n    client",
        "def f():\n    from acme.client import start",
        "try: import client\nexcept ImportError: pass",
        "import acme.client",
        "from .client import *",
    ],
)
def test_every_form_of_import_is_seen(statement: str) -> None:
    files = {"acme/client.py": "", "acme/user.py": statement}
    assert found(files, "acme/client.py") == set(files)


def test_what_pytest_reads_for_a_test_comes_along_with_it() -> None:
    files = [
        "conftest.py",
        "tests/conftest.py",
        "tests/test_client.py",
        "web/conftest.py",
        "web/notconftest.py",
    ]
    assert pytest_support_files(files, ["tests/test_client.py"]) == {"conftest.py", "tests/conftest.py"}
    assert pytest_support_files(files, ["web/app.py"]) == set()
    assert found({**dict.fromkeys(files, ""), "client.py": "", files[2]: "import client"}, "client.py") == {
        "client.py",
        *files[:3],
    }


def test_an_unrelated_file_stays_out() -> None:
    files = {"acme/client.py": "", "acme/user.py": "# import client\nclient = 1\n"}
    assert found(files, "acme/client.py") == {"acme/client.py"}


@pytest.mark.parametrize(
    ("importer", "imported", "belongs"),
    [
        ("a/x/main.py", "a/client.py", True),
        ("a/tests/test_it.py", "a/src/client.py", True),
        ("a/x/main.py", "b/client.py", True),  # whoever runs it says where imports begin
        ("a/x/main.py", "a/x/y/client.py", True),
        ("a/study.ipynb", "a/client.ipynb", True),
        ("a/client.py", "client.py", True),
    ],
)
def test_a_module_is_looked_for_beside_the_importer_and_above_else_anywhere(
    importer: str, imported: str, belongs: bool
) -> None:
    files = {imported: "", importer: "import client\n"}
    assert (importer in found(files, imported)) is belongs


def test_a_module_inside_a_package_has_the_name_of_the_package_in_front() -> None:
    files = {
        "b/__init__.py": "",
        "b/client.py": "",
        "a/main.py": "import client\n",
        "c/main.py": "import b.client\n",
    }
    assert found(files, "b/client.py") == {"b/client.py", "b/__init__.py", "c/main.py"}
    assert found({**files, "client.py": ""}, "b/client.py") == {"b/client.py", "b/__init__.py", "c/main.py"}


def test_a_package_hides_nothing_of_the_standard_library() -> None:
    files = {
        "app/__init__.py": "",
        "app/time.py": "",
        "app/jobs/run.py": "import time\nfrom app import time\n",
    }
    assert "app/jobs/run.py" in found(files, "app/time.py")
    files["app/jobs/run.py"] = "import time\n"
    assert "app/jobs/run.py" not in found(files, "app/time.py")


def test_a_name_that_is_not_ascii_is_seen() -> None:
    files = {"acme/größe.py": "", "acme/user.py": "from größe import start\n"}
    assert found(files, "acme/größe.py") == set(files)


def test_hardly_more_files_are_read_than_belong() -> None:
    """Of the others it is enough to know the words in their imports."""
    read: list[str] = []

    def modules_of(path: str) -> set[str]:
        read.append(path)
        return imported_modules(files[path].encode(), path)

    others = {f"app{place}/client.py": "from client import start\nimport http\n" for place in range(50)}
    files = {**APP, **others}
    belonging = related_files(
        {path: import_words(text.encode(), path) for path, text in files.items()}, modules_of, SEEDS
    )
    assert belonging == found(APP, *SEEDS)
    assert len(read) == len(set(read))
    assert belonging.issuperset(read)


SAID = (
    "import a.b, c as d",
    "from a.b import (\n    c,  # as (it) is\n    d,\n)",
    "from a \\\n    import b, \\\n    c",
    "from a import(b)",
    "import \\\n    a",
    "from a import \\\n    (b,\n    c)",
    "from . import a",
    "from .. import (a, b)",
    "from ...a.b import *",
    "from .a import b as c; import d\nif x: import e",
    "from a import b  # and import c from d",
    "def f():\r\n\tfrom a import (\r\n\t\tb,\r\n\t)\r\n",
    '"""To import (all of it\nsee below."""\nfrom a import b\nimport c\n',
    "# import (\nfrom a import (b, c)\nimport d\n",
    "from größe import maß",
    "import importlib\nimportlib.import_module('a.b')\n",
    "TABLE = {'a': 'b'}\ndef __getattr__(name):\n    return load(TABLE[name])\n",
)


@pytest.mark.parametrize("text", SAID)
def test_the_words_are_the_parts_of_the_names(text: str) -> None:
    file = "pack/age/module.py"
    said = {*import_words(text.encode(), file).decode().split("\0")}
    named = {name for name in imported_modules(text.encode(), file) if name.strip(".")}
    plain = {part for name in named if "/" not in name for part in name.split(".")}
    relative = {name.rpartition("/")[2] for name in named if "/" in name}
    assert (plain | relative) - {"as"} <= said


def test_an_import_by_a_literal_name_is_an_import() -> None:
    texts = {
        "main.py": 'import importlib\nimportlib.import_module("kog.calls")\n',
        "other.py": '__import__( "kog.calls")\n',
        "apart.py": 'print("kog.calls")\n',
        "kog/calls.py": "",
        "kog/__init__.py": "",
    }
    assert found(texts, "kog/calls.py") == {*texts} - {"apart.py"}


@pytest.mark.parametrize(
    "loader",
    [
        "import importlib\nimportlib.import_module({})\n",
        "__import__({})\n",
        "\ndef __getattr__(n): ...\n{}\n",
    ],
)
def test_strings_are_imports_where_modules_are_loaded_by_name(loader: str) -> None:
    assert {"a", "a.b", "c"} <= imported_modules(loader.format("'a.b', 'c'").encode(), "app/x.py")


def test_strings_are_no_imports_elsewhere() -> None:
    assert imported_modules(b"import os\nprint('a.b')\n", "app/x.py") == {"os"}


def test_the_words_are_found_in_time_where_nothing_closes_an_import() -> None:
    text = b"import (" + b"# a ) b # c\nd, e\n" * 3000
    assert import_words(text, "a.py") != b""
    assert import_words(b"from a import (b\n" * 30_000, "a.py") == import_words(b"from a import b\n", "a.py")
    assert imported_modules(b"import (a\nfrom a import (b\n" * 30_000, "a.py") >= {"a"}


@pytest.mark.parametrize("seed", range(20))
def test_a_search_that_files_share_finds_what_each_finds_alone(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    names = [f"part{number}" for number in range(30)]
    plant(
        tmp_path,
        {
            f"{chance.choice(('', 'src/', 'lib/'))}{name}.py": "\n".join(
                chance.choice(
                    ("import {}", "from . import {}", "from lib import {}", "import os, lib.{}")
                ).format(chance.choice(names))
                for _ in range(chance.randrange(4))
            )
            + ("\nimport wanted\n" if number in (3, 17) else "\n")
            for number, name in enumerate(names)
        },
    )
    plant(tmp_path, {"lib/__init__.py": ""})
    reads: list[str] = []

    def read(path: str) -> bytes:
        reads.append(path)
        return Path(path).read_bytes()

    def search() -> ImportSearch:
        return ImportSearch(read, SearchFolders([str(tmp_path)]), lambda text: b"wanted" in text)

    files = [str(path) for path in tmp_path.rglob("*.py")]
    chance.shuffle(files)
    shared = search()
    found = [shared.leads_to_wanted_file(file) for file in files]
    assert len(reads) == len({*reads})
    assert found == [search().leads_to_wanted_file(file) for file in files]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("import a", "src/a.py"),
        ("from b import c", "b/__init__.py b/c.py"),
        ("import b.c.d", "b/__init__.py b/c.py"),
        ("from . import beside", "app/beside.py app/__init__.py"),
        ("from .beside import name", "app/beside.py"),
        ("from .. import book", "book.ipynb"),
        ("import bare.inner, bare", "bare/inner.py"),
        ("import app.main, json, nothing", "app/__init__.py"),
    ],
)
def test_a_name_means_the_module_that_is_found_first(tmp_path: Path, text: str, meant: str) -> None:
    files = ["src/a.py", "b/__init__.py", "b/c.py", "app/__init__.py", "app/beside.py"]
    plant(tmp_path, dict.fromkeys([*files, "app/main.py", "book.ipynb", "bare/inner.py"], ""))
    folders = SearchFolders([str(tmp_path)])
    importer = str(tmp_path / "app" / "main.py")
    expected = {str(tmp_path / path) for path in meant.split()}
    assert folders.imported_files(text.encode(), importer) == expected
