"""Whether code can send a request that is followed, by its text."""

import pytest

from kognitos_migrate.discover.prefilter import client_modules, may_send_requests
from kognitos_migrate.rulebook.load import load_rulebook

SENDERS = client_modules(load_rulebook())
CAN = (
    "import requests",
    "import requests as r\n",
    "from requests import post",
    "import os, httpx",
    "def f():\n    from aiohttp import ClientSession as S\n",
    "from urllib import request",
    "import urllib.request as r",
    "import urllib\n\nurllib.request.urlopen(url)\n",
    "from urllib3 import connectionpool",
    "import http.client",
    "from http import client as c",
    "from .requests import get",
    "from ..http import client",
    "from . import requests",
    "import importlib\n\nget = importlib.import_module('requests').get\n",
    'patch("requests.post", fake)',
    "if TYPE_CHECKING:\n    import requests\n",
    "def test(requests_mock):\n    requests_mock.get(url)\n",
    "def test(httpx_mock):\n    httpx_mock.add_response(url=url)\n",
    "import responses",
)
CANNOT = (
    "",
    "import os",
    "def poll(session, run):\n    return session.get(f'/v1/run/{run}')\n",
    "from six.moves.urllib.request import urlopen",
    "from vendored import requests",
    "import urllib.parse",
    "from http import HTTPStatus",
    "from urllib.parse import quote\n\nrequested = 1\n",
    "# import the requests, please\n",
    '"""It makes requests."""\n',
)


@pytest.mark.parametrize("text", CAN)
def test_it_can(text: str) -> None:
    assert may_send_requests({"a.py": text.encode()}, SENDERS)


@pytest.mark.parametrize("text", CANNOT)
def test_it_cannot(text: str) -> None:
    assert not may_send_requests({"a.py": text.encode()}, SENDERS)


def test_a_name_may_be_said_in_two_modules() -> None:
    assert may_send_requests(
        {"a.py": b"import urllib\n", "b.py": b"import a\n\na.urllib.request.urlopen(u)\n"}, SENDERS
    )
