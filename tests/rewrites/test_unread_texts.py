"""URLs of the old version in texts that nothing reads: they hold nothing back, and are changed along with the
calls of their module, if all of these change."""

import pytest

from kognitos_migrate.findings.result import Applicability, Finding
from kognitos_migrate.run.engine import analyse
from tests.rewrites.test_flow_channels import RULES
from tests.rewrites.verbs import settings, sources

HOST = "https://rest-api.app.kognitos.com"
CLIENT = f"""\
import requests

BASE = "{HOST}"
{{texts}}

def start(facts):
    reply = requests.post({{url}}, json=facts)
    return reply.json(){{field}}
"""
URL = 'BASE + "/v1/invoke/share1"'


def client(*texts: str, url: str = URL, field: str = '["worker_id"]', more: str = "") -> str:
    """A module with some texts and one call; without a `field`, its whole reply escapes."""
    text = CLIENT.replace("{texts}", "\n".join(texts)).replace("{url}", url).replace("{field}", field)
    return text + more


def fixed(*modules: str, level: Applicability = Applicability.SAFE) -> tuple[list[str], list[Finding]]:
    """Modules after a fix, a.py the first, and the remaining findings."""
    named = {f"{name}.py": text for name, text in zip("abc", modules, strict=False)}
    result = analyse(sources(named), RULES, settings(), level)
    texts = {**named, **{change.path: change.after for change in result.changes}}
    return list(texts.values()), list(result.remaining)


CHANGED = {
    'RUN_URL = BASE + "/v1/run/"': 'RUN_URL = BASE + "/v2/runs/"',
    "RUN_URL = BASE + '/v1/run/%s'": "RUN_URL = BASE + '/v2/runs/%s'",
    f'RUN_URL = "{HOST}/v1/run/"': f'RUN_URL = "{HOST}/v2/runs/"',
    'RUN_URL = f"{BASE}/v1/run/{BASE}"': 'RUN_URL = f"{BASE}/v2/runs/{BASE}"',
    'RUN_URL: str = BASE + "/v1/run/"': 'RUN_URL: str = BASE + "/v2/runs/"',
    f'RUN_URL = (\n    "{HOST}"\n    "/v1/run/")': f'RUN_URL = (\n    "{HOST}"\n    "/v2/runs/")',
    'UPLOAD_URL = BASE + "/v1/upload"': 'UPLOAD_URL = BASE + "/v2/files"',
    'INVOKE_URL = BASE + "/v1/invoke/"': 'INVOKE_URL = BASE + "/v2/runs"',
    f'SAMPLE = "{HOST}/v1/invoke/share1?attachments_key=a"': f'SAMPLE = "{HOST}/v2/runs"',
    f'API = "{HOST}/v1"': f'API = "{HOST}/v2"',
    f'API = r"{HOST}/v1/"': f'API = r"{HOST}/v2/"',
    'class Urls:\n    RUN = BASE + "/v1/run/"': 'class Urls:\n    RUN = BASE + "/v2/runs/"',
    '__all__ = ["RUN_URL"]\nRUN_URL = BASE + "/v1/run/"': 'RUN_URL = BASE + "/v2/runs/"',
}
KEPT = (
    f'HELP = "curl {HOST}/v1/run/7"',
    f'HELP = """\nGET {HOST}/v1/run/7\n"""',
    'SHARE = "x"\nINVOKE_URL = f"{BASE}/v1/invoke/{SHARE}"',
    'import enum\nclass Url(enum.Enum):\n    RUN = "/v1/run/"',
    'RUN_URL = BASE + "/v1/run/"  # kognitos-migrate: ignore[KOG902] as the manual says',
    'def example():\n    url = BASE + "/v1/run/"\n    return 7',
)
READ = {
    "by name": ('RUN_URL = BASE + "/v1/run/"', "def url():\n    return RUN_URL\n"),
    "by a text": ('RUN_URL = BASE + "/v1/run/"', 'def url():\n    return globals()["RUN_URL"]\n'),
    "by any text": ('RUN_URL = BASE + "/v1/run/"', "def of(kind):\n    return globals()[kind]\n"),
    "with its dict": ('URLS = {"run": BASE + "/v1/run/"}', "print(URLS)\n"),
    "by any key": ('URLS = {"run": BASE + "/v1/run/"}', "def of(kind):\n    return URLS[kind]\n"),
    "with its class": ('class Urls:\n    RUN = BASE + "/v1/run/"', "print(vars(Urls))\n"),
}


@pytest.mark.parametrize(("before", "after"), CHANGED.items())
def test_an_unused_url_is_changed_with_the_calls_of_its_module(before: str, after: str) -> None:
    (text,), remaining = fixed(client(before))
    assert after in text
    assert "/v1" not in text
    assert remaining == []


@pytest.mark.parametrize("text", KEPT)
def test_a_text_that_is_no_url_or_may_be_looked_up_holds_nothing_back(text: str) -> None:
    (after,), remaining = fixed(client(text))
    assert text in after
    assert "/v2/runs" in after
    assert {finding.code for finding in remaining} == {"KOG902"}


@pytest.mark.parametrize(("text", "reader"), READ.values(), ids=READ)
def test_a_text_that_may_be_read_is_not_changed(text: str, reader: str) -> None:
    (after,), _ = fixed(client(text, more=f"\n\n{reader}"))
    assert text in after


def test_an_entry_that_nothing_reads_is_changed_with_the_others() -> None:
    texts = 'URLS = {"start": BASE + "/v1/invoke/", "poll": BASE + "/v1/run/"}'
    (after,), remaining = fixed(client(texts, url='URLS["start"] + "share1"'))
    assert 'URLS = {"start": BASE + "/v2/runs", "poll": BASE + "/v2/runs/"}' in after
    assert remaining == []


def test_it_stays_where_a_call_of_its_module_stays() -> None:
    unknown = 'requests.post(BASE + "/v1/invoke/nowhere", json={}).json()["worker_id"]'
    blocked = client('RUN_URL = BASE + "/v1/run/"', more=f"\n\ndef archive():\n    return {unknown}\n")
    (after,), remaining = fixed(blocked)
    assert 'RUN_URL = BASE + "/v1/run/"' in after
    assert '"/v2/runs"' in after
    assert [finding.code for finding in remaining] == ["KOG902", "KOG101"]
    assert remaining[0].message == "a path of the old version is mentioned in an unused string"


def test_it_is_adapted_with_a_call_of_its_module() -> None:
    adapted = client('RUN_URL = BASE + "/v1/run/"', field="")
    (safe,), _ = fixed(adapted)
    assert safe == adapted
    (after, *_), remaining = fixed(adapted, level=Applicability.ADAPT)
    assert 'RUN_URL = BASE + "/v2/runs/"' in after
    assert remaining == []


def test_one_in_a_module_of_constants_goes_with_the_calls_that_use_the_others() -> None:
    urls = f'BASE = "{HOST}"\nINVOKE = BASE + "/v1/invoke/"\nRUN = BASE + "/v1/run/"\n'
    call = 'requests.post(INVOKE + "share1", json={}).json()["worker_id"]'
    user = f"import requests\nfrom a import INVOKE\n\ndef start():\n    return {call}\n"
    (after, _), remaining = fixed(urls, user)
    assert after == f'BASE = "{HOST}"\nINVOKE = BASE + "/v2/runs"\nRUN = BASE + "/v2/runs/"\n'
    assert remaining == []
    (after, _), _ = fixed(urls, user.replace("INVOKE", "RUN, INVOKE", 1) + "print(RUN)\n")
    assert 'RUN = BASE + "/v1/run/"' in after


def test_one_beside_no_call_is_its_own_finding() -> None:
    _, remaining = fixed(f'import requests\n\nRUN_URL = "{HOST}/v1/run/"\n')
    (finding,) = remaining
    assert (finding.code, finding.fix.applicability) == ("KOG902", Applicability.MANUAL)


LOADED = f"""\
import os

KOGNITOS = {{"BASE_URL": os.environ.get("KOGNITOS_URL", "{HOST}/v1"), "TIMEOUT": 30}}
FALLBACK = "{HOST}/v1"
"""
LOADERS = {
    "import_module": (
        "import importlib\nimport os\n\n"
        'settings = importlib.import_module(os.environ["DJANGO_SETTINGS_MODULE"])\n'
        'BASE = settings.KOGNITOS["BASE_URL"]\n'
    ),
    "getattr": (
        "import importlib\nimport os\n\n\nclass Settings:\n    def __getattr__(self, name):\n"
        '        return getattr(importlib.import_module(os.environ["SETTINGS"]), name)\n\n\n'
        'BASE = Settings().KOGNITOS["BASE_URL"]\n'
    ),
    "a framework": (
        "BASE = None\n\n\ndef configure(app):\n    global BASE\n    BASE = app.config['BASE_URL']\n"
    ),
}


@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS)
def test_a_module_that_is_loaded_by_name_may_be_read(loader: str) -> None:
    code = f'{loader}\n\ndef start(facts):\n    return requests.post(BASE + "/invoke/share1", json=facts)\n'
    _, remaining = fixed(f"import requests\n{code}", LOADED)
    messages = [finding.message for finding in remaining if finding.place.path == "b.py"]
    assert messages
    assert not [message for message in messages if "unused" in message]


OF_SETTINGS = """\
from importlib import import_module
from os import environ

import requests

settings = import_module(environ["SETTINGS"])


def url(*parts):
    return "/".join([settings.API["URL"], settings.API["VERSION"], *parts])


def start(facts):
    reply = requests.post(url("invoke", "share1"), json=facts, headers={"x-api-key": settings.API["KEY"]})
    return reply.json()["worker_id"]


def state(worker_id):
    return requests.get(url("run", worker_id), headers={"x-api-key": settings.API["KEY"]}).json()["state"]
"""
BASES = {
    'API = {"URL": "HOST", "VERSION": "v1"}': False,
    'API = {"URL": environ.get("URL", "HOST"), "VERSION": "v1"}': False,
    'API: dict[str, str] = {"URL": "HOST", "VERSION": "v1"}': False,
    'API = {"URL": "HOST/v1", "VERSION": "v1"}': True,
    'API = {"OTHER": "HOST", "VERSION": "v1"}': True,
    'OTHER = {"URL": "HOST", "VERSION": "v1"}': True,
    'URL = "HOST"\nAPI = {"VERSION": "v1"}': True,
    'API = {"API": {"URL": "HOST"}, "VERSION": "v1"}': True,
    'def other():\n    API = {"URL": "HOST", "VERSION": "v1"}\n    return API': True,
    'API = {"URL": ["HOST"], "VERSION": "v1"}\nOTHERS = ["HOST"]': True,
}


@pytest.mark.parametrize(("text", "is_found"), BASES.items(), ids=BASES)
def test_the_base_of_traced_urls_in_a_settings_module_is_no_finding(text: str, is_found: bool) -> None:
    """The client names the settings module at run time, so only the names lead to its texts."""
    module = f"from os import environ\nfrom client import start\n{text.replace('HOST', HOST)}\n"
    result = analyse(sources({"client.py": OF_SETTINGS, "conf.py": module}), RULES, settings())
    assert ("KOG902" in [finding.code for finding in result.findings]) is is_found
