"""Which files belong together, as far as their imports tell."""

from collections.abc import Mapping

import pytest

from kognitos_migrate.discover.imports import related

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


def found(files: Mapping[str, str], *seeds: str) -> set[str]:
    return set(related(list(files), seeds, lambda path: files[path].encode()))


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


def test_an_unrelated_file_stays_out() -> None:
    files = {"acme/client.py": "", "acme/user.py": "# import client\nclient = 1\n"}
    assert found(files, "acme/client.py") == {"acme/client.py"}
