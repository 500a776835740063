"""`fix` changes the settings files that the changed code takes its version from, and `undo` restores them."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kognitos_migrate.cli.main import cli
from tests.cli.test_explain import CONFIG
from tests.unit.discover.trees import plant

HOST = "https://rest-api.app.kognitos.com"
CODE = """import os
import requests

{read}
started = requests.post(f"{{BASE}}/invoke/{{SHARE}}", json={{"n": 1}}).json()
run = requests.get(f"{{BASE}}/run/{{started['worker_id']}}").json()
print(run["state"] == "done")
"""
CALL_BY_HAND = f"""import json
import requests

BASE = json.load(open("conf.json"))["api"]["base"]
print(requests.post("{HOST}/v1/invoke/unknown1").json(), BASE)
"""
PROCESSES = "processes:\n  share1: {process_id: p1, agent_id: a1, stage: Draft}\n"
FORMATS = {
    "json": (
        "conf.json",
        f'{{"api": {{"base":  "{HOST}/v1"}},\r\n "share": "abcd3fg9ijk5mn1pqr3tu2wxy"}}\r\n',
        'import json\nCONF = json.load(open("conf.json"))\nBASE, SHARE = CONF["api"]["base"], CONF["share"]',
    ),
    "yaml": (
        "conf.yaml",
        f"# the API, v1\nbase: {HOST}/v1/  # no proxy\nshare: abcd3fg9ijk5mn1pqr3tu2wxy\n",
        'import yaml\nCONF = yaml.safe_load(open("conf.yaml"))\n'
        'BASE, SHARE = CONF["base"].rstrip("/"), CONF["share"]',
    ),
    "toml": (
        "conf.toml",
        f"[api]\nbase = '{HOST}/v1'\nshare = 'abcd3fg9ijk5mn1pqr3tu2wxy'\n",
        'import tomllib\nCONF = tomllib.load(open("conf.toml", "rb"))["api"]\n'
        'BASE, SHARE = CONF["base"], CONF["share"]',
    ),
    "ini": (
        "conf.ini",
        f"[api]\nbase: {HOST}/v1\nshare: abcd3fg9ijk5mn1pqr3tu2wxy\n",
        "import configparser\nconf = configparser.ConfigParser()\nconf.read('conf.ini')\n"
        'BASE, SHARE = conf["api"]["base"], conf["api"]["share"]',
    ),
    "env": (
        ".env",
        f"export API_BASE='{HOST}/v1'\nSHARE=abcd3fg9ijk5mn1pqr3tu2wxy\n",
        "from dotenv import load_dotenv\nload_dotenv()\n"
        'BASE, SHARE = os.environ["API_BASE"], os.environ["SHARE"]',
    ),
}


def fix(project: Path, files: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, *options: str) -> Result:
    plant(project, {"kognitos-migrate.yaml": CONFIG.replace("processes:\n", PROCESSES)})
    for name, text in files.items():
        (project / name).write_bytes(text.encode())
    subprocess.run(["git", "init", "-q", "."], cwd=project, check=True)
    monkeypatch.chdir(project)
    return CliRunner().invoke(cli, ["fix", "--no-cache", "--allow-dirty", *options])


@pytest.mark.parametrize("kind", FORMATS)
def test_the_version_is_changed_where_it_is_written(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, text, read = FORMATS[kind]
    code = CODE.format(read=read)
    result = fix(tmp_path, {name: text, "job.py": code}, monkeypatch)
    assert result.exit_code == 0, result.output
    assert (tmp_path / name).read_bytes() == text.replace(f"{HOST}/v1", f"{HOST}/v2").encode()
    assert f"changed {name}" in result.output
    assert CliRunner().invoke(cli, ["undo"]).exit_code == 0
    assert (tmp_path / name).read_bytes() == text.encode()
    assert (tmp_path / "job.py").read_bytes() == code.encode()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-8-sig"])
def test_a_file_with_a_byte_order_mark_keeps_its_encoding(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, text, read = FORMATS["env"]
    mark = "" if encoding == "utf-8-sig" else "\ufeff"
    (tmp_path / name).write_bytes(f"{mark}{text}".encode(encoding))
    result = fix(tmp_path, {"job.py": CODE.format(read=read)}, monkeypatch, "--unsafe")
    assert result.exit_code == 0, result.output
    new_text = text.replace(f"{HOST}/v1", f"{HOST}/v2")
    assert (tmp_path / name).read_bytes() == f"{mark}{new_text}".encode(encoding)


def test_a_file_that_its_mark_misnames_is_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, text, read = FORMATS["env"]
    content = b"\xef\xbb\xbf" + text.encode() + b"NAME=\xe9\n"
    (tmp_path / name).write_bytes(content)
    result = fix(tmp_path, {"job.py": CODE.format(read=read)}, monkeypatch, "--unsafe")
    assert result.exit_code == 2
    assert f"{name}: the file isn't valid utf-8; save it as UTF-8" in result.output
    assert (tmp_path / name).read_bytes() == content
    assert "/invoke/" in (tmp_path / "job.py").read_text("utf-8")


def test_a_saved_plan_changes_python_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, text, read = FORMATS["env"]
    files = {name: text, "job.py": CODE.format(read=read)}
    fix(tmp_path, files, monkeypatch, "--unsafe", "--plan", "plan.json")
    applied = CliRunner().invoke(cli, ["apply", "plan.json", "--allow-dirty"])
    assert applied.exit_code == 0, applied.output
    assert (tmp_path / name).read_bytes() == text.encode()


OUT_OF_SIGHT = {
    "no file": {},
    "a sample": {".env.example": f"API_BASE={HOST}/v1\n"},
    "a file of tests": {"tests/.env": f"API_BASE={HOST}/v1\n"},
    "another variable": {".env": f"OTHER_API_BASE={HOST}/v1\n"},
    "another value beside it": {
        ".env": f"API_BASE={HOST}/v1\n",
        ".env.local": "API_BASE=http://localhost:80\n",
    },
    "the path of a call": {".env": f"API_BASE={HOST}/v1/invoke/more\n"},
}
"""Files without a variable that is certain to have the version."""


@pytest.mark.parametrize("files", OUT_OF_SIGHT.values(), ids=OUT_OF_SIGHT)
def test_a_version_out_of_sight_is_not_safe(
    files: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tests").mkdir()
    result = fix(tmp_path, {**files, "job.py": CODE.format(read=FORMATS["env"][2])}, monkeypatch)
    assert result.exit_code == 1
    assert "fix --unsafe (version-elsewhere)" in result.output
    assert all((tmp_path / name).read_text("utf-8") == text for name, text in files.items())


DEPLOYED = {
    "compose.yaml": "services:\n  job:\n    environment:\n      API_BASE: {base}\n      SHARE: share1\n",
    "Dockerfile": "FROM python:3.12\nENV API_BASE={base}\n",
    "deploy/job.yaml": "env:\n  - name: API_BASE\n    value: {base}\n",
    "job.service": "[Service]\nEnvironment=API_BASE={base}\nExecStart=python job.py\n",
    "run.sh": "export API_BASE={base}\npython job.py\n",
}


@pytest.mark.parametrize("name", DEPLOYED)
def test_a_file_that_deploys_the_program_is_changed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deploy").mkdir()
    read = 'BASE, SHARE = os.environ["API_BASE"], os.environ["SHARE"]'
    files = {name: DEPLOYED[name].format(base=f"{HOST}/v1"), "job.py": CODE.format(read=read)}
    result = fix(tmp_path, files, monkeypatch)
    assert result.exit_code == 0, result.output
    assert (tmp_path / name).read_text("utf-8") == DEPLOYED[name].format(base=f"{HOST}/v2")


READERS = {
    "decouple": "from decouple import config\nBASE, SHARE = config('API_BASE'), config('SHARE')",
    "decouple, converted": "from decouple import AutoConfig\nconfig = AutoConfig()\n"
    "BASE, SHARE = config('API_BASE', cast=str), config('SHARE')",
    "environs": "import environs\nenv = environs.Env()\nBASE, SHARE = env.str('API_BASE'), env('SHARE')",
    "environs, shared": "from environs import env\nBASE, SHARE = env.str('API_BASE'), env.str('SHARE')",
    "django-environ": "import environ\nenv = environ.Env()\nBASE, SHARE = env('API_BASE'), env.str('SHARE')",
    "starlette": "from starlette.config import Config\nconfig = Config('.env')\n"
    "BASE, SHARE = config('API_BASE'), config('SHARE')",
    "a class": "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n"
    "    model_config = {'env_file': '.env', 'env_prefix': 'API_'}\n    base: str\n    share: str\n\n\n"
    "settings = Settings()\nBASE, SHARE = settings.base, settings.share",
}


def test_settings_of_a_framework_may_come_from_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = "from django.conf import settings\nBASE, SHARE = settings.BASE, 'abcd3fg9ijk5mn1pqr3tu2wxy'"
    files = {
        ".env": f"API_BASE={HOST}/v1\n",
        "settings.py": 'import os\n\nBASE = os.environ["API_BASE"]\n',
        "job.py": CODE.format(read=read),
    }
    result = fix(tmp_path, files, monkeypatch)
    assert result.exit_code == 0, result.output
    assert (tmp_path / ".env").read_text("utf-8") == f"API_BASE={HOST}/v2\n"
    assert "setting BASE can override the changed value" in result.output


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_library_reads_the_variable(read: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        ".env": f"API_BASE={HOST}/v1\nSHARE=abcd3fg9ijk5mn1pqr3tu2wxy\n",
        "job.py": CODE.format(read=read),
    }
    result = fix(tmp_path, files, monkeypatch)
    assert result.exit_code == 0, result.output
    assert f"API_BASE={HOST}/v2" in (tmp_path / ".env").read_text("utf-8")


def test_a_file_that_git_ignores_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, text, read = FORMATS["json"]
    files = {name: text, "job.py": CODE.format(read=read), ".gitignore": "conf.json\n"}
    result = fix(tmp_path, files, monkeypatch, "--unsafe")
    assert "changed job.py" in result.output
    assert (tmp_path / name).read_bytes() == text.encode()
    assert "conf.json:1:" in result.output.partition("Before you deploy")[2]


def test_code_stays_on_v1_with_other_readers_of_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, text, read = FORMATS["json"]
    code = CODE.format(read=read)
    by_hand = CALL_BY_HAND.replace("json.load(", "load_with_library(")
    files = {name: text, "job.py": code, "other.py": by_hand}
    result = fix(tmp_path, files, monkeypatch, "--unsafe")
    assert "may belong to this conversation (other.py:4" in result.output
    assert (tmp_path / "job.py").read_bytes() == code.encode()
    assert (tmp_path / name).read_bytes() == text.encode()


PATHS = {
    "variable": ('os.environ.get("CONF", "conf.json")', "environment variable CONF"),
    "expanded": ('os.path.expanduser(os.getenv("CONF") or "conf.json")', "environment variable CONF"),
    "option": ("parser.parse_args().config", "option config"),
}


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize("read", ["open({}).read()", "pathlib.Path({}).read_text()"])
def test_a_setting_can_name_another_file(
    kind: str, read: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, setting = PATHS[kind]
    text = FORMATS["json"][1]
    load = (
        "import argparse, json, pathlib\nparser = argparse.ArgumentParser()\n"
        'parser.add_argument("--config", default="conf.json")\n'
        f'CONF = json.loads({read.format(path)})\nBASE, SHARE = CONF["api"]["base"], CONF["share"]'
    )
    result = fix(tmp_path, {"conf.json": text, "job.py": CODE.format(read=load)}, monkeypatch)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "conf.json").read_bytes() == text.replace(f"{HOST}/v1", f"{HOST}/v2").encode()
    assert f"{setting} can name another file than conf.json; if that has v1, change it too" in result.output


def test_a_number_behind_the_letter_of_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = (
        'import tomllib\nCONF = tomllib.load(open("conf.toml", "rb"))\n'
        f'BASE, SHARE = f"{HOST}/v{{CONF[\'version\']}}", "share1"'
    )
    files = {"conf.toml": "version = 1\n", "job.py": CODE.format(read=read)}
    result = fix(tmp_path, files, monkeypatch, "--unsafe")
    assert "setting version must end with 2 instead of 1 (changed by this fix" in result.output, result.output
    assert (tmp_path / "conf.toml").read_text() == "version = 2\n"


@pytest.mark.parametrize("url", ["${{API:-{}/v1}}", '"${{API:-{}/v1}}"', "${{API-{}/v1}}"])
def test_a_value_that_a_variable_may_replace(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = (
        'import re, yaml\nTEXT = open("conf.yaml").read()\n'
        'TEXT = re.sub(r"[$]{(\\w+):?-([^}]*)}", lambda m: os.environ.get(m[1], m[2]), TEXT)\n'
        'CONF = yaml.safe_load(TEXT)\nBASE, SHARE = CONF["api"]["url"], "share1"'
    )
    text = f"api:\n  url: {url.format(HOST)}\n"
    result = fix(tmp_path, {"conf.yaml": text, "job.py": CODE.format(read=read)}, monkeypatch, "--unsafe")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "conf.yaml").read_text() == text.replace("/v1", "/v2")


def test_json_lists_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = 'BASE, SHARE = os.environ["API_BASE"], os.environ["SHARE"]'
    files = {"job.py": CODE.format(read=read)}
    result = fix(tmp_path, files, monkeypatch, "--unsafe", "--output-format", "json")
    messages = [step["message"] for step in json.loads(result.stdout)["before_you_deploy"]]
    assert "environment variable API_BASE must end with v2 instead of v1" in messages


def test_a_settings_module_of_a_framework_is_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = (
        "from django.conf import settings\nBASE, SHARE = settings.API_BASE, settings.KOGNITOS_PROCESSES['a']"
    )
    plant(tmp_path, {"shop/__init__.py": "", "jobs/__init__.py": "", "jobs/job.py": CODE.format(read=read)})
    settings = (
        f"API_BASE = '{HOST}/v1'  # no proxy\nKOGNITOS_PROCESSES = {{'a': 'abcd3fg9ijk5mn1pqr3tu2wxy'}}\n"
    )
    (tmp_path / "shop" / "settings").mkdir()
    files = {"shop/settings/__init__.py": "from .base import *\n", "shop/settings/base.py": settings}
    result = fix(tmp_path, files, monkeypatch)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "shop/settings/base.py").read_text() == settings.replace("/v1", "/v2")
    assert "setting API_BASE can override the changed value" in result.output


FLASK = """import requests
from flask import current_app


class Kognitos:
    def init_app(self, app):
        app.config.setdefault("KOGNITOS_TIMEOUT", 30)
        session = requests.Session()
        session.headers["x-api-key"] = app.config["KOGNITOS_KEY"]
        app.extensions["kognitos"] = session

    def url(self, *parts):
        return "/".join([current_app.config["KOGNITOS_URL"].rstrip("/"), *parts])

    def start(self, facts):
        session = current_app.extensions["kognitos"]
        share = current_app.config.get("KOGNITOS_SHARE", "abcd3fg9ijk5mn1pqr3tu2wxy")
        return session.post(self.url("invoke", share), json=facts).json()["worker_id"]

    def is_done(self, worker_id):
        return current_app.extensions["kognitos"].get(self.url("run", worker_id)).json()["state"] == "done"


kognitos = Kognitos()
"""
FLASK_APP = """from flask import Flask

from .client import kognitos


def create_app():
    app = Flask(__name__)
    app.config.from_object("shop.config.Production")
    kognitos.init_app(app)
    return app
"""


def test_the_classes_of_a_settings_module_are_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = (
        "import os\n\n\nclass Base:\n"
        f"    KOGNITOS_URL = os.environ.get('KOGNITOS_URL', '{HOST}/v1')\n\n\n"
        "class Production(Base):\n    DEBUG = False\n"
    )
    plant(tmp_path, {"shop/__init__.py": FLASK_APP, "shop/client.py": FLASK})
    result = fix(tmp_path, {"shop/config.py": settings}, monkeypatch)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "shop/config.py").read_text() == settings.replace("/v1", "/v2")
    assert "environment variable KOGNITOS_URL can override the changed value" in result.output
    assert "setting KOGNITOS_URL can override the changed value" in result.output


MODEL = """import json
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Vendor:
    base_url: str
    auth_header: str


def load(path: Path = Path("vendors.toml")) -> dict[str, Vendor]:
    raw = tomllib.loads(path.read_text())
    return {name: Vendor(**fields) for name, fields in raw.items()}
"""
TRANSPORT = """import requests

from shop.settings import Vendor


class Transport:
    def __init__(self, vendor: Vendor) -> None:
        self.base_url = vendor.base_url
        self.session = requests.Session()
        self.session.headers["x-api-key"] = "k"

    def send(self, method, path, body=None):
        return self.session.request(method, self.base_url + path, json=body).json()
"""
JOB = """import json

from shop.settings import load
from shop.transport import Transport

kognitos = Transport(load()["kognitos"])
row = {"worker_id": kognitos.send("POST", "/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", {"n": 1})["worker_id"]}
run = kognitos.send("GET", "/run/" + row["worker_id"])
print(json.loads(run["answer"]) if run["state"] == "done" else row["worker_id"])
"""
VENDORS = f"""[kognitos]
base_url = "{HOST}/v1"
auth_header = "x-api-key"

[docparse]
base_url = "https://api.docparse.example/v1"
auth_header = "authorization"
"""


OPTION_ABOVE_A_CONSTANT = """import click
import requests

BASE = "https://rest-api.app.kognitos.com/v1"


@click.command()
@click.option("--base", "-b", help="the address")
@click.argument("run")
def main(base, run):
    base = base or BASE
    print(requests.get(f"{base}/run/{run}").json()["state"] == "done")
"""
FILE_ABOVE_DEFAULTS = """import os
from pathlib import Path

import requests
import yaml

CONF = {"base": "https://rest-api.app.kognitos.com/v1", "timeout": 30, **os.environ}
CONF.update(yaml.safe_load((Path.home() / ".config" / "runs.yaml").read_text()))


def main(run):
    print(requests.get(f"{CONF['base']}/run/{run}").json()["state"] == "done")
"""


@pytest.mark.parametrize(
    ("program", "settings"),
    [
        (OPTION_ABOVE_A_CONSTANT, ["option --base"]),
        (FILE_ABOVE_DEFAULTS, ["environment variable base", "setting base"]),
    ],
)
def test_what_replaces_a_default_in_the_code_is_named(
    program: str, settings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = fix(tmp_path, {"main.py": program}, monkeypatch)
    assert (tmp_path / "main.py").read_text() != program
    for setting in settings:
        assert f"{setting} can override the changed value" in result.output


def test_another_module_of_the_program_reads_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path, {"shop/__init__.py": "", "shop/settings.py": MODEL, "shop/transport.py": TRANSPORT})
    result = fix(tmp_path, {"vendors.toml": VENDORS, "job.py": JOB}, monkeypatch, "--unsafe")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "vendors.toml").read_text() == VENDORS.replace(f"{HOST}/v1", f"{HOST}/v2")
    checked = CliRunner().invoke(cli, ["check", "--no-cache"])
    assert checked.exit_code == 0, checked.output  # although a column is still called worker_id
    (tmp_path / "vendors.toml").write_text(VENDORS)
    checked = CliRunner().invoke(cli, ["check", "--no-cache"])
    assert "KOG801" in checked.output


SECTIONS = {
    "format": (
        "[kognitos]\nhost = rest-api.app.kognitos.com\napi_version = v1\nshare = abcd3fg9ijk5mn1pqr3tu2wxy\n",
        'BASE = "https://{host}/{api_version}".format(**SECTION)',
    ),
    "interpolated in a folder of files": (
        "[kognitos]\nhost = rest-api.app.kognitos.com\nbase = https://%(host)s/v1\n"
        "share = abcd3fg9ijk5mn1pqr3tu2wxy\n",
        'BASE = SECTION["base"]',
    ),
}


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_part_of_the_base_is_in_a_section(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, base = SECTIONS[kind]
    read = (
        "import configparser\nfrom pathlib import Path\nconf = configparser.ConfigParser()\n"
        'conf.read([*Path(".").glob("*.ini"), "local.ini"])\nSECTION = conf["kognitos"]\n'
        f'{base}\nSHARE = SECTION["share"]'
    )
    result = fix(tmp_path, {"10-base.ini": text, "job.py": CODE.format(read=read)}, monkeypatch, "--unsafe")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "10-base.ini").read_text() == text.replace("v1", "v2")


@pytest.mark.parametrize(
    "base",
    [
        f'environ.Env(API_BASE=(str, "{HOST}/v1"))("API_BASE")',
        f'environ.Env().str("API_BASE", "{HOST}/v1")',
        f'settings_of(os.environ).url.from_env("API_BASE", "{HOST}/v1").resolve()',
    ],
)
def test_the_default_of_a_library_that_is_not_known_holds_the_fix_back(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = f'import environ\nfrom acme_config import settings_of\nBASE = {base}\nSHARE = os.environ["SHARE"]'
    code = CODE.format(read=read)
    result = fix(tmp_path, {"job.py": code}, monkeypatch, "--unsafe")
    assert result.exit_code == 1
    assert (tmp_path / "job.py").read_text() == code


@pytest.mark.parametrize("test", ["!= 1", "not in (1, 2)", "== 'v1'"])
def test_a_version_that_the_program_compares_is_not_changed(
    test: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = "" if "v1" in test else "v"
    text = f"version: {'v1' if 'v1' in test else 1}\nhost: rest-api.app.kognitos.com\n"
    text += "share: abcd3fg9ijk5mn1pqr3tu2wxy\n"
    read = (
        'import yaml\nCONF = yaml.safe_load(open("conf.yaml"))\n'
        f'if CONF["version"] {test}:\n    raise SystemExit("old file")\n'
        f"BASE, SHARE = f\"https://{{CONF['host']}}/{prefix}{{CONF['version']}}\", CONF[\"share\"]"
    )
    code = CODE.format(read=read)
    result = fix(tmp_path, {"conf.yaml": text, "job.py": code}, monkeypatch, "--unsafe")
    reason = "other code uses differently" if "v1" in test else "is compared with the old one"
    assert reason in result.output
    assert (tmp_path / "job.py").read_text() == code
    assert (tmp_path / "conf.yaml").read_text() == text


PLUGIN = f"""import requests

DEFAULTS = {{"endpoint": "{HOST}", "version": "v1"}}
OPTIONS = {{}}


def configure(options):
    OPTIONS.update(DEFAULTS | options)


def is_over(ident):
    url = f"{{OPTIONS['endpoint']}}/{{OPTIONS['version']}}/run/{{ident}}"
    return requests.get(url).json()["state"] == "done"
"""
LOADER = """import importlib
import json

config = json.load(open("config.json"))
for name, options in config.items():
    plugin = importlib.import_module(f"plugin_{name}")
    plugin.configure(options)
    print(plugin.is_over("7"))
"""
APART = {
    "beside the host": (f'{{"approval": {{"endpoint": "{HOST}", "version": "v1"}}}}', {"approval"}),
    "beside the host of another service, too": (
        f'{{"approval": {{"endpoint": "{HOST}", "version": "v1"}}, '
        '"other": {"endpoint": "https://api.example.com", "version": "v1"}}',
        {"approval"},
    ),
    "without a host": ('{"approval": {"version": "v1"}}', set[str]()),
    "in another file than the host": ('{"approval": {"version": "v1"}}', set[str]()),
}


@pytest.mark.parametrize("name", APART)
def test_the_options_of_a_plugin_are_passed_by_code_that_names_it_at_run_time(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, changed = APART[name]
    files = {"plugin_approval.py": PLUGIN, "main.py": LOADER, "config.json": settings}
    if "in another" in name:
        files["hosts.json"] = f'{{"approval": {{"endpoint": "{HOST}"}}}}'
    result = fix(tmp_path, files, monkeypatch)
    assert result.exit_code == 0, result.output
    after = json.loads((tmp_path / "config.json").read_text())
    assert {key for key, options in after.items() if options["version"] == "v2"} == changed
    assert "setting version" in result.output


def test_code_stays_on_v1_if_a_call_that_is_left_reads_the_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = 'import json\nimport requests\nAPI = json.load(open("config.json"))["approval"]\nrequests.post(\n'
    left += "    f\"{API['endpoint']}/{API['version']}/invoke/unknown1\"\n).json()[\"worker_id\"]\n"
    files = {"plugin_approval.py": PLUGIN, "left.py": left, "config.json": APART["beside the host"][0]}
    result = fix(tmp_path, files, monkeypatch)
    assert result.exit_code == 1
    assert (tmp_path / "config.json").read_text() == files["config.json"]
    assert (tmp_path / "plugin_approval.py").read_text() == PLUGIN
