"""Before a migrated program is deployed: the settings that can override it, and files that hold the old
version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kognitos_migrate.cli.exit_codes import ExitCode, after_fix
from kognitos_migrate.findings.result import Applicability, Place, SettingKind
from kognitos_migrate.report.deployment import deployment_lines
from kognitos_migrate.report.html.page import html_report
from kognitos_migrate.report.json_report import fix_report, json_report
from kognitos_migrate.report.ledger.builder import ledger_of
from kognitos_migrate.report.ledger.markdown_page import ledger_markdown
from kognitos_migrate.report.ledger.reader import read_ledger
from kognitos_migrate.report.ledger.writer import ledger_json
from kognitos_migrate.report.summary import Counts
from kognitos_migrate.run.relocation import relocate_remaining
from kognitos_migrate.run.session import Options, Session, run_check
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import file_text

HOST = "rest-api.app.kognitos.com"
V1 = f"https://{HOST}/v1"
V2 = f"https://{HOST}/v2"
BODY = """

def start(facts):
    url = f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
    return requests.post(url, json=facts, headers={"x-api-key": "k"}).json()["worker_id"]


print(start({}))
"""
CONFIG = """
processes:
  abcd3fg9ijk5mn1pqr3tu2wxy: {process_id: p1, agent_id: a1, stage: Draft}
"""
OVERRIDES = "can override the changed value; wherever it still points to v1, change it"

CASES: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "an environment variable that an ignored .env sets": (
        f'BASE = os.environ.get("KOGNITOS_URL", "{V1}")',
        {".env": f"A=1\nKOGNITOS_URL={V1}\n", ".gitignore": ".env\n"},
        [
            f"environment variable KOGNITOS_URL {OVERRIDES}",
            f".env:2:14: KOGNITOS_URL is {V1}; change it to {V2}",
        ],
    ),
    "one that nobody sets": (
        f'BASE = os.getenv("API_BASE", "{V1}")',
        {".env": "API_BASE=https://gateway.acme.internal/v2\nOTHER=https://example.com/v1\n"},
        [f"environment variable API_BASE {OVERRIDES}"],
    ),
    "a variable behind the methods of a text": (
        f'BASE = os.getenv("API_BASE", "{V1}/").strip().rstrip("/")',
        {".env": f"API_BASE={V1}/\n"},
        [f"environment variable API_BASE {OVERRIDES}", f".env:1:10: API_BASE is {V1}/; change it to {V2}/"],
    ),
    "a variable whose text loses its end": (
        f'URL = os.environ.get("API_BASE")\nBASE = URL.removesuffix("/") if URL else "{V1}"',
        {},
        [f"environment variable API_BASE {OVERRIDES}"],
    ),
    "an option behind a method": (
        "parser = argparse.ArgumentParser()\n"
        f'parser.add_argument("--url", default="{V1}")\nBASE = parser.parse_args().url.rstrip("/")',
        {},
        [f"option url {OVERRIDES}"],
    ),
    "a variable for the host in front of the version": (
        f'BASE = os.environ.get("API_HOST", "https://{HOST}").rstrip("/") + "/v1"',
        {".env": "API_HOST=https://proxy.acme\n"},
        [],
    ),
    "variables for the host and the version": (
        f'HOST = os.environ.get("HOST", "https://{HOST}")\n'
        'BASE = "/".join([HOST, os.environ.get("VERSION", "v1").strip("/")])',
        {},
        [f"environment variable VERSION {OVERRIDES}"],
    ),
    "a host that only a settings file names": (
        f'BASE = os.getenv("API_BASE", "{V1}")',
        {
            "compose.yaml": "services:\n  app:\n    environment:\n      - API_BASE=https://proxy.acme/v1\n",
            "k8s/app.yaml": 'env:\n  - name: API_BASE\n    value: "https://proxy.acme/v1/"\n',
            "Dockerfile": "FROM python\nENV API_BASE https://proxy.acme/v1\n",
        },
        [
            f"environment variable API_BASE {OVERRIDES}",
            "Dockerfile:2:14: API_BASE is https://proxy.acme/v1; change it to https://proxy.acme/v2",
            "compose.yaml:4:18: API_BASE is https://proxy.acme/v1; change it to https://proxy.acme/v2",
            "k8s/app.yaml:3:13: API_BASE is https://proxy.acme/v1/; change it to https://proxy.acme/v2/",
        ],
    ),
    "the version alone": (
        f'BASE = "https://{HOST}/" + os.environ.get("API_VERSION", "v1")',
        {"prod.env": "export API_VERSION=v1\n"},
        [
            f"environment variable API_VERSION {OVERRIDES}",
            "prod.env:1:20: API_VERSION is v1; change it to v2",
        ],
    ),
    "an option of argparse that scripts give": (
        "parser = argparse.ArgumentParser()\n"
        f'parser.add_argument("--base-url", default="{V1}")\nBASE = parser.parse_args().base_url',
        {"run.sh": f"python main.py --base-url {V1}\n", "Procfile": f"app: python main.py --base-url={V1}\n"},
        [
            f"option base_url {OVERRIDES}",
            f"Procfile:1:32: --base-url is {V1}; change it to {V2}",
            f"run.sh:1:27: --base-url is {V1}; change it to {V2}",
        ],
    ),
    "a JSON file": (
        f'BASE = json.load(open("settings.json")).get("base", "{V1}")',
        {
            "settings.json": '{\n  "base": "https://proxy.acme/v1"\n}\n',
            "other.json": '{"base": "https://b.c/v1"}',
        },
        [
            f"setting base {OVERRIDES}",
            "settings.json:2:12: base is https://proxy.acme/v1; change it to https://proxy.acme/v2",
        ],
    ),
    "an INI file": (
        f'parser = configparser.ConfigParser()\nparser.read("app.ini")\n'
        f'BASE = parser.get("api", "base", fallback="{V1}")',
        {"app.ini": f"[api]\nbase = {V1}\n"},
        [f"setting api.base {OVERRIDES}", f"app.ini:2:8: base is {V1}; change it to {V2}"],
    ),
    "a TOML file": (
        f'BASE = tomllib.load(open("c.toml", "rb")).get("base", "{V1}")',
        {"c.toml": f'base = "{V1}"\n'},
        [f"setting base {OVERRIDES}", f"c.toml:1:9: base is {V1}; change it to {V2}"],
    ),
    "a YAML file in front of a default": (
        f'BASE = yaml.safe_load(open("conf.yaml"))["url"] or "{V1}"',
        {"conf.yaml": f"url: {V1}\n"},
        [f"setting url {OVERRIDES}", f"conf.yaml:1:6: url is {V1}; change it to {V2}"],
    ),
    "a YAML file whose reading isn't followed": (
        f'NAME = "conf"\nBASE = yaml.safe_load(open(NAME + "." + "yaml"))["url"] or "{V1}"',
        {"conf.yaml": f"url: {V1}\n"},
        [f"conf.yaml:1:14: change {HOST}/v1 to {HOST}/v2"],
    ),
    "a settings module that git ignores": (
        f'BASE = "{V1}"\ntry:\n    from local_settings import BASE\nexcept ImportError:\n    pass',
        {"local_settings.py": f'BASE = "{V1}"\n', ".gitignore": "local_settings.py\n"},
        [
            f"local_settings.BASE {OVERRIDES}",
            f"local_settings.py:1:17: change {HOST}/v1 to {HOST}/v2",
        ],
    ),
    "nothing that can override": (f'BASE = "{V1}"', {"settings.json": '{"other": "https://b.c/v1"}\n'}, []),
}


def program(folder: Path, base: str, files: dict[str, str], body: str = BODY) -> None:
    modules = ("argparse", "configparser", "json", "os", "tomllib", "requests", "yaml")
    imports = "".join(f"import {module}\n" for module in modules)
    (folder / ".git").mkdir()
    for path, text in {
        "main.py": f"{imports}\n{base}\n{body}",
        "kognitos-migrate.yaml": CONFIG,
        **files,
    }.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def fixed(folder: Path, base: str, files: dict[str, str], body: str = BODY) -> Session:
    program(folder, base, files, body)
    return relocate_remaining(run_check(["."], Options(level=Applicability.SAFE)))


@pytest.mark.parametrize(("base", "files", "expected"), CASES.values(), ids=CASES)
def test_what_to_look_at(
    base: str, files: dict[str, str], expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = fixed(tmp_path, base, files)
    changes = {change.path: change.after for change in session.result.changes}
    written = {said.partition(":")[0]: said.rpartition(" to ")[2] for said in expected[1:]}
    ignored = {*files.get(".gitignore", "").split()}
    assert changes.keys() == {"main.py", *(path for path in written if path not in ignored)}
    for path, text in written.items():
        assert path in ignored or text in changes[path]
    expected = [said for said in expected if said.partition(":")[0] not in changes]
    title, *lines = list(deployment_lines(session.result.deployment, DisplayLocations())) or [""]
    assert title == ("Before you deploy:" if expected else "")
    assert len(lines) == len(expected)
    for line, said in zip(lines, expected, strict=True):
        assert line.endswith(said)
    is_left = any(": change " in line or "change it to " in line for line in lines)
    assert after_fix(session.result) is (ExitCode.FOUND if is_left else ExitCode.CLEAN)
    assert {finding.code for finding in session.result.remaining} == ({"KOG811"} if is_left else set())


def test_data_that_the_program_shows_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is analysed with the program is changed only if a call takes its text."""
    monkeypatch.chdir(tmp_path)
    base = f'BASE = os.environ.get("BASE", "{V1}")\nprint(json.load(open("intro.json"))["link"])'
    session = fixed(tmp_path, base, {"intro.json": f'{{"link": "{V1}"}}\n'})
    assert [change.path for change in session.result.changes] == ["main.py"]
    assert [finding.place.path for finding in session.result.remaining] == ["intro.json"]


WHOLE_URLS = {
    "empty braces": ("{}", ".format(number)", "{}", f"{V2}/runs/{{}}"),
    "a name in braces": ("{run}", ".format(run=number)", "{run}", f"{V2}/runs/{{run}}"),
    "more than a call": ("{}", ".format(number)", "{}/details", "the URL of GET /v2/runs/{run}"),
}


@pytest.mark.parametrize(("default", "fill", "given", "expected"), WHOLE_URLS.values(), ids=WHOLE_URLS)
def test_a_setting_with_a_whole_url_gets_the_new_path(
    default: str, fill: str, given: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    base = f'URL = os.environ.get("RUN_URL", "{V1}/run/{default}")'
    body = f"""
def poll(number):
    return requests.get(URL{fill}, headers={{"x-api-key": "k"}}).json()["state"] == "done"

print(poll("1"))
"""
    files = {"run.env": f"RUN_URL={V1}/run/{given}\n", ".gitignore": "run.env\n"}
    session = fixed(tmp_path, base, files, body)
    assert f"{V2}/runs/{default}" in file_texts(session)["main.py"]
    lines = "\n".join(deployment_lines(session.result.deployment, DisplayLocations()))
    assert f"environment variable RUN_URL {OVERRIDES}" in lines
    assert f"RUN_URL is {V1}/run/{given}; change it to {expected}" in lines
    (finding,) = session.result.remaining
    assert finding.fix.message == f"use {expected}"


@pytest.mark.parametrize("run", ["%s", "%(id)s", "${run}", "{}"])
def test_an_ignored_file_with_a_whole_url_is_shown_with_the_new_path(
    run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {".env": f"RUN_URL={V1}/run/{run}\n", ".gitignore": ".env\n"}
    session = fixed(tmp_path, f'BASE = os.environ.get("RUN_URL", "{V1}")', files)
    (finding,) = session.result.remaining
    assert finding.fix.message == f"use {V2}/runs/{run}"


def test_a_setting_that_replaces_a_whole_url_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"{V1}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
    body = """
print(requests.post(URL, json={}, headers={"x-api-key": "k"}).json()["worker_id"])
"""
    session = fixed(tmp_path, f'URL = os.environ.get("START_URL", "{url}")', {}, body)
    (_, line) = deployment_lines(session.result.deployment, DisplayLocations())
    assert line.endswith(f"environment variable START_URL {OVERRIDES}")


SETTINGS = {
    "an environment file": ('BASE = os.environ.get("BASE", "{}")', ".env", "BASE={}\n"),
    "a JSON file over a default": (
        'conf = {{"base": "{}", **json.load(open("conf.json"))}}\nBASE = conf["base"]',
        "conf.json",
        '{{"base": "{}"}}',
    ),
    "files of a folder": (
        'conf = {{"base": "{}"}}\nfor name in os.listdir("conf.d"):\n'
        '    conf.update(json.load(open(f"conf.d/{{name}}")))\nBASE = conf["base"]',
        "conf.d/site.json",
        '{{"base": "{}"}}',
    ),
    "a file of arguments": (
        'parser = argparse.ArgumentParser(fromfile_prefix_chars="@")\n'
        'parser.add_argument("--base", default="{}")\nBASE = parser.parse_args(["@args.txt"]).base',
        "args.txt",
        "--base\n{}\n",
    ),
}


@pytest.mark.parametrize(("base", "file", "text"), SETTINGS.values(), ids=SETTINGS)
def test_the_old_version_in_settings_remains_until_it_is_edited(
    base: str, file: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = fixed(tmp_path, base.format(V1), {file: text.format(V1), ".gitignore": file})
    (change,) = session.result.changes
    places = [(one.code, one.place.path) for one in session.result.remaining]
    assert places == [("KOG811", file)]
    Path(change.path).write_text(change.after, encoding="utf-8")
    again = run_check(["main.py"], Options(level=Applicability.SAFE))
    assert [(one.code, one.place.path) for one in again.result.findings] == places
    Path(file).write_text(text.format(V2), encoding="utf-8")
    assert run_check(["."], Options()).result.findings == ()


@pytest.mark.parametrize("file", ["app.ini", "app.cfg"])
def test_a_version_in_its_section_remains_until_it_is_edited(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "[api]\nversion = {}\n[mail]\nversion = v1\n"
    parser = f'parser = configparser.ConfigParser()\nparser.read("{file}")\n'
    version = 'VERSION = parser.get("api", "version", fallback="v1")\n'
    base = f'{parser}{version}BASE = f"https://{HOST}/{{VERSION}}"'
    session = fixed(tmp_path, base, {file: text.format("v1"), ".gitignore": file})
    (change,) = session.result.changes
    rows = [(one.code, one.place.path, one.place.row) for one in session.result.remaining]
    assert rows == [("KOG811", file, 2)]
    Path(change.path).write_text(change.after, encoding="utf-8")
    again = run_check(["."], Options())
    assert [(one.code, one.place.path, one.place.row) for one in again.result.findings] == rows
    Path(file).write_text(text.format("v2"), encoding="utf-8")
    assert run_check(["."], Options()).result.findings == ()


SECTIONS = {
    "a section in a variable": (
        'parser = configparser.ConfigParser()\nparser.read("app.ini")\nsection = parser["kognitos"]\n'
        'VERSION = section.get("version", "v1")',
        "app.ini",
        "[crm]\nversion = v1\n[kognitos]\nversion = {}\n",
    ),
    "a table in a TOML file": (
        'TABLE = tomllib.load(open("c.toml", "rb"))["kognitos"]\nVERSION = TABLE.get("version", "v1")',
        "c.toml",
        '[crm]\nversion = "v1"\n[kognitos]\nversion = "{}"\n',
    ),
    "an object in a JSON file": (
        'with open("c.json") as file:\n    conf = json.load(file)\n'
        'VERSION = conf["apis"]["a"].get("version", "v1")',
        "c.json",
        '{{"apis": {{"b": {{"version": "v1"}},\n\t"a": {{"version": "{}"}}}}}}',
    ),
    "a mapping in a YAML file": (
        'class Conf:\n    def __init__(self, data):\n        self.version = data.get("version", "v1")\n'
        'VERSION = Conf(yaml.safe_load(open("c.yaml"))["kognitos"]).version',
        "c.yaml",
        "crm: {{version: v1}}\nkognitos:\n  # of the API\n  version: {}\n",
    ),
}


@pytest.mark.parametrize(("version", "file", "text"), SECTIONS.values(), ids=SECTIONS)
def test_only_the_section_that_the_code_reads_is_changed(
    version: str, file: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    base = f'{version}\nBASE = f"https://{HOST}/{{VERSION}}"'
    session = fixed(tmp_path, base, {file: text.format("v1")})
    changes = file_texts(session)
    assert changes.keys() == {"main.py", file}
    assert changes[file] == text.format("v2")
    for path, after in changes.items():
        Path(path).write_text(after, encoding="utf-8")
    assert run_check(["."], Options()).result.findings == ()


def file_texts(session: Session) -> dict[str, str]:
    """The texts of the changed files, by path. The change of a data file is one of its module."""
    result = session.result
    return {change.path: file_text(session.sources[change.path], change.after) for change in result.changes}


SECTION_OF_STAGE = 'conf = json.load({file})[os.environ["STAGE"]]\nVERSION = conf.get("version", "v1")'


@pytest.mark.parametrize(
    ("file", "rows"), [('open("c.json")', []), ('open(os.environ["C"]) or "c.json"', [1, 2])]
)
def test_the_sections_of_all_stages_are_changed_if_the_file_is_in_sight(
    file: str, rows: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    base = f'{SECTION_OF_STAGE.format(file=file)}\nBASE = f"https://{HOST}/{{VERSION}}"'
    text = '{"a": {"version": "v1"}, \n"b": {"version": "v1"}}'
    session = fixed(tmp_path, base, {"c.json": text})
    changed = {"main.py"} if rows else {"main.py", "c.json"}
    assert {change.path for change in session.result.changes} == changed
    assert [one.place.row for one in session.result.remaining] == rows


def test_stages_with_a_host_of_the_api_are_changed_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    base = f"{SECTION_OF_STAGE.format(file=READ_OUT_OF_SIGHT)}\nBASE = f'https://{HOST}/{{VERSION}}'"
    stage = f'{{"url": "https://{HOST}", "version": "v1"}}'
    session = fixed(tmp_path, base, {"c.json": f'{{"a": {stage},\n"b": {stage}}}'})
    assert {change.path for change in session.result.changes} == {"main.py", "c.json"}
    assert "KOG811" not in {finding.code for finding in session.result.remaining}


READ_OUT_OF_SIGHT = 'open(os.environ["C"]) or "c.json"'

OTHER_CALLERS = {
    "a file": ('BASE = json.load(open("c.json")).get("base", "{}")', "c.json", '{{"base": "{}"}}'),
    "a variable": ('BASE = os.environ.get("KOGNITOS_URL", "{}")', ".env", "KOGNITOS_URL={}\n"),
}


@pytest.mark.parametrize("level", [None, Applicability.SAFE, Applicability.UNSAFE])
@pytest.mark.parametrize(("base", "file", "text"), OTHER_CALLERS.values(), ids=OTHER_CALLERS)
def test_code_whose_settings_file_is_also_for_the_old_version_stays_with_it(
    base: str,
    file: str,
    text: str,
    level: Applicability | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path, base.format(V1), {file: text.format(V1), "nightly.py": signed(base)})
    result = run_check(["."], Options(level=level)).result
    assert result.changes == ()
    reasons = {finding.place.path: finding.reason for finding in result.findings}
    if file == "c.json":  # each request with the text of the file is known
        assert reasons["main.py"] == "too-dynamic"
        return
    assert reasons["main.py"] == "shared-setting"
    (message,) = {one.fix.message for one in result.findings if one.place.path == "main.py"}
    assert message.startswith(f"{file} has the version, and nightly.py:5 may read it")


def signed(base: str) -> str:
    """A program that sends by a function of a library, to the URL in a setting."""
    read = base.partition(" = ")[2].format(V1)
    return (
        "import json\nimport os\nimport requests\nfrom acme import signed\n"
        f'signed(requests.post)({read} + "/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={{}})\n'
    )


@pytest.mark.parametrize(("base", "file", "text"), OTHER_CALLERS.values(), ids=OTHER_CALLERS)
def test_a_file_of_the_same_name_beside_the_other_program_is_its_own(
    base: str, file: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    modules = "\n".join(f"import {name}" for name in ("json", "os", "requests"))
    files = {
        f"night/{file}": text.format(V1),
        "night/nightly.py": signed(base),
        "day/daily.py": f"{modules}\n{base.format(V1)}\n{BODY}",
        f"day/{file}": text.format(V1),
    }
    program(tmp_path, 'BASE = "https://example.com"', files, "")
    result = run_check(["."], Options(level=Applicability.SAFE)).result
    assert {change.path for change in result.changes} >= {"day/daily.py", f"day/{file}"}
    assert f"night/{file}" not in {change.path for change in result.changes}


def test_code_that_shares_no_setting_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base, file, text = OTHER_CALLERS["a file"]
    files = {
        file: text.format(V1),
        "nightly.py": signed(base.replace("c.json", "d.json").replace("base", "root")),
    }
    program(tmp_path, base.format(V1), files)
    result = run_check(["."], Options(level=Applicability.SAFE)).result
    assert {change.path for change in result.changes} == {"main.py", file}


TEMPLATES = {
    "a variable": (
        'START = os.environ.get("START", "/v1/invoke/{share_id}")',
        ".env",
        "START=/v1/invoke/{share_id}\n",
        "START=/v2/runs\n",
    ),
    "a variable with the version alone": (
        'START = os.environ.get("PREFIX", "/v1") + "/invoke/{share_id}"',
        ".env",
        "PREFIX='/v1'\n",
        "PREFIX='/v2'\n",
    ),
    "a key of a JSON file": (
        'START = json.load(open("c.json")).get("start", "/v1/invoke/{share_id}")',
        "c.json",
        '{"start": "/v1/invoke/{share_id}", "name": "v1"}',
        '{"start": "/v2/runs", "name": "v1"}',
    ),
    "a path with more than a call": (
        'START = os.environ.get("START", "/v1/invoke/{share_id}")',
        ".env",
        "START=/v1/invoke/{share_id}/now\n",
        None,
    ),
}


@pytest.mark.parametrize(("start", "file", "text", "expected"), TEMPLATES.values(), ids=TEMPLATES)
def test_templates_of_paths_that_override_defaults_are_changed(
    start: str,
    file: str,
    text: str,
    expected: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    body = BODY.replace('f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"', "BASE + START.format(share_id=SHARE)")
    base = f'BASE = "https://{HOST}"\nSHARE = "abcd3fg9ijk5mn1pqr3tu2wxy"\n{start}'
    program(tmp_path, base, {file: text}, body)
    changes = file_texts(run_check(["."], Options(level=Applicability.SAFE)))
    assert changes.pop("main.py")
    assert changes == ({} if expected is None else {file: expected})


def test_the_json_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base, files, _ = CASES["an environment variable that an ignored .env sets"]
    session = fixed(tmp_path, base, files)
    document = json.loads(fix_report(session.result, session.sources, session.settings.root))
    override, line = document["before_you_deploy"]
    assert (override["kind"], override["name"]) == ("environment variable", "KOGNITOS_URL")
    assert (override["filename"], override["written"], override["instead"]) == ("main.py", None, None)
    assert (line["kind"], line["name"], line["filename"]) == ("file", "KOGNITOS_URL", ".env")
    assert (line["location"], line["written"], line["instead"]) == ({"row": 2, "column": 14}, V1, V2)


def test_a_report_has_it_before_anything_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base, files, _ = CASES["an environment variable that an ignored .env sets"]
    program(tmp_path, base, files)
    session = run_check(["."], Options(all_files=True))
    document = json.loads(json_report(session.result, session.sources, session.settings.root))
    assert [step["filename"] for step in document["before_you_deploy"]] == ["main.py", ".env"]


def test_reports_for_people_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base, files, expected = CASES["an environment variable that an ignored .env sets"]
    program(tmp_path, base, files)
    ledger = ledger_of(run_check(["."], Options(all_files=True)))
    page = ledger_markdown(ledger)
    assert "## Before you deploy\n" in page
    assert f"KOGNITOS\\_URL {OVERRIDES}" in page or f"KOGNITOS_URL {OVERRIDES}" in page
    assert '<h2 id="deployment">Before you deploy</h2>' in html_report(ledger)
    (tmp_path / "state.json").write_text(ledger_json(ledger, {}), encoding="utf-8")
    again = read_ledger(tmp_path / "state.json")
    assert again.projects[0].result.deployment == ledger.projects[0].result.deployment
    assert len(again.projects[0].result.deployment) == len(expected)


def test_a_check_names_the_line_of_a_settings_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    base, files, _ = CASES["an environment variable that an ignored .env sets"]
    program(tmp_path, base, files)
    steps = run_check(["."], Options()).result.deployment
    assert [step.name for step in steps] == ["KOGNITOS_URL", "KOGNITOS_URL"]
    assert ".env" in {step.place.path for step in steps}


def test_ids_that_outlive_the_program_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base = f'BASE = "{V1}"\nprint(requests.get(BASE + "/run/" + os.environ["RUN"]).json()["state"] == "done")'
    session = fixed(tmp_path, base, {})
    lines = list(deployment_lines(session.result.deployment, DisplayLocations()))
    assert "v1 worker_ids aren't valid v2 run ids: let in-flight runs finish before you deploy" in lines[1]


def test_rows_of_stored_ids_are_those_of_the_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base = f'BASE = "{V1}"'
    body = "\nopen('ids', 'a').write(start({}))\n"
    session = fixed(tmp_path, base, {}, BODY + body)
    (after,) = (change.after for change in session.result.changes)
    row = after.splitlines().index("open('ids', 'a').write(start({}))") + 1
    (step,) = session.result.deployment
    assert [flow.place.row for flow in step.flows] == [row]
    lines = list(deployment_lines([step], DisplayLocations(session.sources)))
    assert f"is passed to a file, main.py:{row})" in lines[1]


LINES = {".env": f"KOGNITOS_URL={V1}\nSHARE_ID=abcd3fg9ijk5mn1pqr3tu2wxy\n"}
FROM_ENVIRONMENT = f'BASE = os.environ.get("KOGNITOS_URL", "{V1}")'


@pytest.mark.parametrize("paths", [["main.py"], ["app"], ["main.py", "app"]])
def test_a_fix_is_withheld_if_its_settings_file_is_out_of_reach(
    paths: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path, FROM_ENVIRONMENT, LINES)
    (tmp_path / "app").mkdir()
    text = (tmp_path / "main.py").read_text(encoding="utf-8")
    (tmp_path / "app" / "job.py").write_text(text, encoding="utf-8")
    for level in (None, Applicability.SAFE):
        result = run_check(paths, Options(level=level)).result
        assert (result.changes, result.deployment) == ((), ())
        assert {finding.reason for finding in result.findings} == {"not-given"}
        assert len(result.findings) == len(result.remaining) == len(paths)
        assert ".env" in result.findings[0].fix.message
        assert (
            Counts.of(result.findings).applicability_phrase()
            == f"{len(paths)} fixable with the whole project"
        )


def test_a_settings_file_that_is_named_is_changed_with_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path, FROM_ENVIRONMENT, LINES)
    result = run_check(["main.py", ".env"], Options(level=Applicability.SAFE)).result
    assert {change.path for change in result.changes} == {"main.py", ".env"}


def test_a_line_that_a_fix_changes_is_neither_to_do_by_hand_nor_before_deployment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path, FROM_ENVIRONMENT, LINES)
    result = run_check(["."], Options(all_files=True)).result
    (line,) = (finding for finding in result.findings if finding.place == Place(".env", 1, 22, 1, 50))
    assert line.fix.applicability is Applicability.SAFE
    assert {step.place.path for step in result.deployment} == {"main.py"}
    remaining = run_check(["."], Options(level=Applicability.SAFE, all_files=True)).result.remaining
    assert [finding.place.row for finding in remaining] == [2]


def test_a_key_that_migrated_code_looks_up_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    body = BODY.replace("abcd3fg9ijk5mn1pqr3tu2wxy", "{os.environ['SHARE_ID']}")
    program(tmp_path, FROM_ENVIRONMENT, LINES, body)
    places = [finding.place for finding in run_check(["."], Options(all_files=True)).result.findings]
    assert [place.row for place in places if place.path == ".env"] == [1]
    for change in run_check(["."], Options(level=Applicability.SAFE)).result.changes:
        Path(change.path).write_text(change.after, encoding="utf-8")
    assert run_check(["."], Options(all_files=True)).result.findings == ()
    (tmp_path / "main.py").unlink()
    assert [one.place.row for one in run_check(["."], Options(all_files=True)).result.findings] == [2]


CLIENT = f"""import requests


class Client:
    def __init__(self, base="{V1}"):
        self.base = base

    def start(self, facts):
        url = f"{{self.base}}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
        return requests.post(url, json=facts, headers={{"x-api-key": "k"}}).json()["worker_id"]
"""


def test_a_parameter_that_callers_out_of_sight_pass_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.py").write_text(CLIENT, encoding="utf-8")
    (tmp_path / "kognitos-migrate.yaml").write_text(CONFIG, encoding="utf-8")
    (step, *_) = run_check(["."], Options(level=Applicability.SAFE)).result.deployment
    assert (step.kind, step.name) == (SettingKind.PARAMETER, "base of Client()")
    (line, *_) = list(deployment_lines([step], DisplayLocations()))[1:]
    assert line.endswith(
        "parameter base of Client() can override the changed value; callers that pass v1 must change it too"
    )
    (tmp_path / "main.py").write_text(f"{CLIENT}\n\nClient().start({{}})\n", encoding="utf-8")
    kinds = {step.kind for step in run_check(["."], Options(level=Applicability.SAFE)).result.deployment}
    assert SettingKind.PARAMETER not in kinds


def test_ids_in_tests_are_not_in_flight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base = (
        f'BASE = "{V1}"\ndef wait(run): return requests.get(BASE + "/run/" + run).json()["state"] == "done"'
    )
    program(tmp_path, base, {}, 'wait(open("id.txt").read())\n')
    (tmp_path / "test_main.py").write_text(
        "import responses\nfrom main import wait\n\n\n@responses.activate\ndef test_wait():\n"
        f'    responses.get("{V1}/run/w1", json={{"state": "done"}})\n    assert wait("w1")\n',
        encoding="utf-8",
    )
    result = run_check(["."], Options(level=Applicability.SAFE)).result
    assert len(result.changes) == 2
    stored = [step for step in result.deployment if step.kind is SettingKind.STORED]
    assert {flow.place.path for step in stored for flow in step.flows} == {"main.py"}


def test_the_baseline_is_no_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    entry = {"path": "main.py", "code": "KOG101", "fingerprint": "0", "statement": f"get('{V1}/run/w')"}
    baseline = json.dumps({"version": 1, "findings": [entry]}, indent=2)
    program(tmp_path, FROM_ENVIRONMENT, {"kognitos-migrate-baseline.json": baseline})
    result = run_check(["."], Options(level=Applicability.SAFE)).result
    assert {step.place.path for step in result.deployment} == {"main.py"}


def test_a_note_is_on_the_call_that_it_is_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wait = 'def wait(run): return requests.get(BASE + "/run/" + run).json()["state"] == "done"'
    base = f"{FROM_ENVIRONMENT}\n{wait}"
    program(tmp_path, base, {}, 'wait(open("id.txt").read())\n')
    (tmp_path / "test_main.py").write_text(
        "import responses\nfrom main import wait\n\n\n@responses.activate\ndef test_wait():\n"
        f'    responses.get("{V1}/run/w1", json={{"state": "done"}})\n    assert wait("w1")\n',
        encoding="utf-8",
    )
    findings = run_check(["."], Options()).result.findings
    noted = {one.place.path for one in findings if any("can override this" in note for note in one.notes)}
    assert noted == {"main.py"}
    assert {one.place.path for one in findings} == {"main.py", "test_main.py"}
