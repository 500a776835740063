"""Components that name the API in identifiers, imports and stubs only are not analysed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kognitos_migrate.discover.prefilter import anchors
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.components import connected_components
from kognitos_migrate.run.engine import components_with_calls
from kognitos_migrate.run.session import Options, run_check
from tests.harness import FIXTURES
from tests.rewrites.verbs import settings, sources

QUIET = {
    "an import": "from kognitos.bdk import book\n\n@book\ndef total(rows):\n    return sum(rows)\n",
    "a class": "class KognitosBook:\n    state = 'done'\n",
    "a stub": "import grpc\n\ndef run(stub, worker_id):\n    return stub.Run('kognitos.Book', worker_id)\n",
    "a word of prose": "def upload(path):\n    '''Show Kognitos how to run it.'''\n",
    "a client of another host": "import kognitos\nimport requests\n\nrequests.get('https://acme.example/')\n",
    "a longer word beside another host": "import httpx\n\nI = 'kognitosinc/bdk'\nhttpx.get('https://acme.example/')",
    "a field beside the vendor's package": "from kognitos.bdk.api import book\n\nprint(book.worker_id)\n",
    "a request of the vendor's package": "import requests\nfrom kognitos.bdk import u\n\nrequests.get(u)\n",
    "a plug-in": "import httpx\n\nbook = tools['kognitos-book']\nhttpx.post(book.url)\n",
    "a command": "import kognitos\nimport subprocess\n\nsubprocess.call(['kubectl', 'run'])\n",
    "what can't be parsed": "import kognitos\n\nprint 'v1'\n",
}
TELLING = {
    "an endpoint": "import kognitos\n\nPATH = '/invoke/'\n",
    "an endpoint of the new version": "import kognitos\n\nPATH = 'v2/runs'\n",
    "an endpoint by itself": "import kognitos\n\nPARTS = ['invoke']\n",
    "a host": "HOST = 'rest-api.app.kognitos.com'\n",
    "a key": "import kognitos\n\nKEY = 'share1'\n",
    "a key of a reply": "import kognitos\n\ndef show(reply):\n    print(reply['worker_id'])\n",
    "fields of one reply": "import kognitos\n\ndef show(run):\n    print(run.state, run.answer)\n",
    "a name beside a client": "import requests\n\nrequests.post(settings.KOGNITOS_URL, json=facts)\n",
    "a field beside a client": "import requests\nfrom kognitos import url\n\nw = ask(url).worker_id\n",
    "an endpoint beside a client": "import httpx\nimport kognitos\n\nask('GET', 'run', job)\n",
    "a client by its name": "client = import_module('requests')\nclient.post(os.environ['KOGNITOS'])\n",
    "a client": "import kognitos\nimport requests\n\ndef ask(url):\n    return requests.get(url)\n",
    "a package named almost like the vendor's": "import kognitos_bdks\nimport requests\n",
    "a client beside the vendor's package": "import httpx\nfrom kognitos.bdk import kognitos_client\n",
    "a library": "import kognitos\nfrom urllib.request import urlopen\n",
    "a setting": "import os\n\nURL = os.environ['KOGNITOS_START']\n",
    "an attribute": "import kognitos\n\ndef show(job):\n    print(job.worker_id, job.state)\n",
    "a header": "import kognitos\n\nHEADER = 'X-Api-Key'\n",
}

SEND = "import requests\n\ndef send(path):\n    return requests.post(path)\n"
CLIENT = "from {} import send\n\nclass KognitosClient:\n    def start(self, name):\n        send(name)\n"
APART = {
    "what a client calls": {"client.py": CLIENT.format("transport"), "transport.py": SEND},
    "what a client calls by way of others": {
        "client.py": CLIENT.format("net"),
        "net/__init__.py": "from net.http import send\n",
        "net/http.py": SEND,
    },
    "what is given to a client": {
        "client.py": "class KognitosClient:\n    def start(self, name):\n        self.send(name)\n",
        "main.py": "import client\nimport deps\n\nclient.KognitosClient().send = deps.send\n",
        "deps.py": "from transport import send\n",
        "transport.py": SEND,
    },
    "a package of the project": {
        "packages/bots/bots/client.py": CLIENT.format("acme_http"),
        "packages/http/src/acme_http/__init__.py": "from acme_http.core import send\n",
        "packages/http/src/acme_http/core.py": SEND,
    },
    "an endpoint in a table": {
        "paths.py": "import kognitos\n\nPATHS = dict(invoke='bots')\n",
        "transport.py": f"from paths import PATHS\n{SEND}",
    },
}


def _is_analysed(*files: tuple[str, str]) -> bool:
    rulebook = load_rulebook()
    parts = connected_components(sources(dict(files)))
    return bool(components_with_calls(parts, anchors(rulebook, settings())))


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET)
def test_a_name_alone_is_no_reason_to_analyse(text: str) -> None:
    assert not _is_analysed(("module.py", text))


@pytest.mark.parametrize("text", TELLING.values(), ids=TELLING)
def test_what_a_call_needs_is_a_reason(text: str) -> None:
    assert _is_analysed(("module.py", text))


@pytest.mark.parametrize("files", APART.values(), ids=APART)
def test_a_name_and_a_request_in_two_modules_are_a_reason(files: dict[str, str]) -> None:
    assert _is_analysed(*files.items())
    assert not any(_is_analysed(file) for file in files.items())


def test_a_name_and_a_request_of_two_programs_are_no_reason() -> None:
    assert not _is_analysed(("client.py", QUIET["a class"]), ("transport.py", SEND))


@pytest.mark.parametrize("files", APART.values(), ids=APART)
def test_a_name_and_a_request_in_two_modules_are_never_called_clean(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    session = run_check(["."], Options())
    assert {path for path in files if path.endswith(("transport.py", "http.py", "core.py"))} & {
        spot.place.path for spot in session.result.blind_spots
    }


def test_a_project_that_calls_nothing_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(FIXTURES / "lookalikes" / "bdk_transport", tmp_path / "project")
    (tmp_path / "project" / ".git").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    session = run_check(["."], Options())
    assert len(session.readable_files) == 9
    assert session.sources == {}
