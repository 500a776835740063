"""Parts that name the API in identifiers, imports and stubs only are not analysed."""

from __future__ import annotations

import pytest

from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.component_relevance import calling
from kognitos_migrate.run.components import connected_components
from tests.rewrites.verbs import settings, sources

QUIET = {
    "an import": "from kognitos.bdk import book\n\n@book\ndef total(rows):\n    return sum(rows)\n",
    "a class": "class KognitosBook:\n    state = 'done'\n",
    "a stub": "import grpc\n\ndef run(stub, worker_id):\n    return stub.Run('kognitos.Book', worker_id)\n",
    "a word of prose": "def upload(path):\n    '''Show Kognitos how to run it.'''\n",
}
TELLING = {
    "an endpoint": "import kognitos\n\nPATH = '/invoke/'\n",
    "an endpoint of the new version": "import kognitos\n\nPATH = 'v2/runs'\n",
    "an endpoint by itself": "import kognitos\n\nPARTS = ['invoke']\n",
    "a host": "HOST = 'rest-api.app.kognitos.com'\n",
    "a key": "import kognitos\n\nKEY = 'share1'\n",
    "a client": "import kognitos\nimport requests\n\ndef ask(url):\n    return requests.get(url)\n",
    "a library": "import kognitos\nfrom urllib.request import urlopen\n",
    "what can't be parsed": "import kognitos\n\nprint 'v1'\n",
}


def _is_analysed(text: str) -> bool:
    rulebook = load_rulebook()
    parts = connected_components(sources({"module.py": text}))
    return bool(calling(parts, rulebook, settings()))


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET)
def test_a_name_alone_is_no_reason_to_analyse(text: str) -> None:
    assert not _is_analysed(text)


@pytest.mark.parametrize("text", TELLING.values(), ids=TELLING)
def test_what_a_call_needs_is_a_reason(text: str) -> None:
    assert _is_analysed(text)
