"""Styles of small clients of the old version: how each sends, builds its URLs and holds its share_id.

Templates of `string.Template`: `$at` is the client's suffix (`$AT` of a constant, `$At` of a class); `$url`,
`$body` and `$value` are expressions.
"""

from collections.abc import Mapping
from enum import Enum
from string import Template
from typing import NamedTuple

from benchmarks.generate import KEYS

HOST = "https://rest-api.app.kognitos.com"
UNKNOWN_KEY = "z9yxw8vtsr7qp6nmk5jh4gf3e"
"""A well-formed share_id that the configuration lacks."""


class Scope(Enum):
    """The container of a client's functions."""

    MODULE = "module"
    CLASS = "class"
    DATACLASS = "dataclass"
    COROUTINES = "coroutines"


class Sender(NamedTuple):
    """One way to send: `post` and `get` are expressions of the decoded reply."""

    imports: tuple[str, ...]
    post: str
    get: str
    setup: str = ""
    block: str = ""
    """The `with` statement around the requests of a function."""
    scope: Scope = Scope.MODULE
    base: str = HOST

    @property
    def uploads(self) -> bool:
        """Whether the sender takes query parameters, as attachments want."""
        return "$more" in self.post


_HEADERS = 'HEADERS_$AT = {"x-api-key": os.environ["KOGNITOS_KEY"]}\n'
_CALL = """

def call_$at(method, url, **options):
    response = requests.request(method, url, headers=HEADERS_$AT, timeout=30, **options)
    response.raise_for_status()
    return response
"""
_CHECKED = """

def checked_$at(response):
    if response.status_code >= 400:
        raise RuntimeError(f"failed with {response.status_code}")
    return response
"""
_OPENED = """

def opened_$at(request):
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)
"""
_EXCHANGE = """

def exchange_$at(method, path, body=None):
    connection = http.client.HTTPSConnection("rest-api.app.kognitos.com", timeout=30)
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, HEADERS_$AT)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()
"""

SENDERS: Mapping[str, Sender] = {
    "functions of requests": Sender(
        ("requests",),
        "requests.post($url, json=$body$more, headers=HEADERS_$AT, timeout=30).json()",
        "requests.get($url, headers=HEADERS_$AT, timeout=30).json()",
        _HEADERS,
    ),
    "requests.request": Sender(
        ("requests",),
        'requests.request("POST", $url, json=$body$more, headers=HEADERS_$AT).json()',
        'requests.request("GET", $url, headers=HEADERS_$AT).json()',
        _HEADERS,
    ),
    "session of the module": Sender(
        ("requests",),
        "session_$at.post($url, json=$body$more, timeout=30).json()",
        "session_$at.get($url, timeout=30).json()",
        _HEADERS + "session_$at = requests.Session()\nsession_$at.headers.update(HEADERS_$AT)\n",
    ),
    "session of a function": Sender(
        ("requests",),
        "session.post($url, json=$body$more, headers=HEADERS_$AT).json()",
        "session.get($url, headers=HEADERS_$AT).json()",
        _HEADERS,
        block="with requests.Session() as session:",
    ),
    "wrapper of requests": Sender(
        ("requests",),
        'call_$at("POST", $url, json=$body$more).json()',
        'call_$at("GET", $url).json()',
        _HEADERS + _CALL,
    ),
    "checked responses": Sender(
        ("requests",),
        "checked_$at(requests.post($url, json=$body$more, headers=HEADERS_$AT)).json()",
        "checked_$at(requests.get($url, headers=HEADERS_$AT)).json()",
        _HEADERS + _CHECKED,
    ),
    "partial": Sender(
        ("functools", "requests"),
        'send_$at("POST", $url, json=$body$more).json()',
        'send_$at("GET", $url).json()',
        _HEADERS + "send_$at = functools.partial(requests.request, headers=HEADERS_$AT, timeout=30)\n",
    ),
    "functions of httpx": Sender(
        ("httpx",),
        "httpx.post($url, json=$body$more, headers=HEADERS_$AT).json()",
        "httpx.get($url, headers=HEADERS_$AT).json()",
        _HEADERS,
    ),
    "client of httpx": Sender(
        ("httpx",),
        "client_$at.post($url, json=$body$more).json()",
        "client_$at.get($url).json()",
        _HEADERS + "client_$at = httpx.Client(headers=HEADERS_$AT, timeout=20)\n",
    ),
    "asynchronous client of httpx": Sender(
        ("asyncio", "httpx"),
        "(await session.post($url, json=$body)).json()",
        "(await session.get($url)).json()",
        _HEADERS,
        block="async with httpx.AsyncClient(headers=HEADERS_$AT) as session:",
        scope=Scope.COROUTINES,
    ),
    "session of aiohttp": Sender(
        ("aiohttp", "asyncio"),
        "await (await session.post($url, json=$body)).json()",
        "await (await session.get($url)).json()",
        _HEADERS,
        block="async with aiohttp.ClientSession(headers=HEADERS_$AT) as session:",
        scope=Scope.COROUTINES,
    ),
    "urllib": Sender(
        ("urllib.request",),
        'opened_$at(urllib.request.Request($url, json.dumps($body).encode(), HEADERS_$AT, method="POST"))',
        "opened_$at(urllib.request.Request($url, headers=HEADERS_$AT))",
        _HEADERS + _OPENED,
    ),
    "http.client": Sender(
        ("http.client",),
        'exchange_$at("POST", $url, $body)',
        'exchange_$at("GET", $url)',
        _HEADERS + _EXCHANGE,
        base="",
    ),
    "class": Sender(
        ("requests",),
        "self.session.post($url, json=$body$more).json()",
        "self.session.get($url).json()",
        scope=Scope.CLASS,
    ),
    "dataclass": Sender(
        ("dataclasses", "requests"),
        'requests.post($url, json=$body$more, headers={"x-api-key": self.key}).json()',
        'requests.get($url, headers={"x-api-key": self.key}).json()',
        scope=Scope.DATACLASS,
    ),
}


class Address(NamedTuple):
    """One way to build a URL: with a value at its end, and without. `$Q` is the value within an f-string."""

    filled: str
    bare: str
    setup: str = ""


_BASE = 'BASE_$AT = "$base/v1"\n'
_PARTS = '\n\ndef url_$at(*parts):\n    return "/".join((BASE_$AT, *parts))\n'

ADDRESSES: Mapping[str, Address] = {
    "literal": Address('f"$base/v1/$word/{$Q}"', '"$base/v1/$word"'),
    "base in an f-string": Address('f"{BASE_$AT}/$word/{$Q}"', 'f"{BASE_$AT}/$word"', _BASE),
    "concatenation": Address(
        'API_$AT + "/v1/$word/" + $value', 'API_$AT + "/v1/$word"', 'API_$AT = "$base"\n'
    ),
    "format": Address('"{}/$word/{}".format(BASE_$AT, $value)', '"{}/$word".format(BASE_$AT)', _BASE),
    "percent": Address(
        '"%s/v1/$word/%s" % (HOST_$AT, $value)', '"%s/v1/$word" % HOST_$AT', 'HOST_$AT = "$base"\n'
    ),
    "join": Address('"/".join([BASE_$AT, "$word", $value])', '"/".join([BASE_$AT, "$word"])', _BASE),
    "function of parts": Address('url_$at("$word", $value)', 'url_$at("$word")', _BASE + _PARTS),
    "urljoin": Address(
        'urljoin(BASE_$AT, f"$word/{$Q}")', 'urljoin(BASE_$AT, "$word")', 'BASE_$AT = "$base/v1/"\n'
    ),
    "template": Address("${WORD}_$AT.format($value)", "${WORD}_$AT", '${WORD}_$AT = "$base/v1/$word/{}"\n'),
    "version apart": Address(
        'f"$base/{VERSION_$AT}/$word/{$Q}"', 'f"$base/{VERSION_$AT}/$word"', 'VERSION_$AT = "v1"\n'
    ),
}
"""The template of a bare URL has no braces: `corpus.py` cuts them."""


class Share(NamedTuple):
    """One way to hold a share_id; `parameter` is what a starting function takes for it."""

    value: str
    setup: str = ""
    parameter: str = ""


SHARES: Mapping[str, Share] = {
    "literal": Share('"$key"'),
    "constant": Share("SHARE_ID_$AT", 'SHARE_ID_$AT = "$key"\n'),
    "environment": Share('os.environ["SHARE_ID_$AT"]'),
    "environment with a default": Share("SHARE_$AT", 'SHARE_$AT = os.environ.get("SHARE_ID_$AT", "$key")\n'),
    "dict by name": Share(
        'PROCESSES_$AT["main"]', f'PROCESSES_$AT = {{"main": "$key", "test": "{KEYS[1]}"}}\n'
    ),
    "parameter": Share("share_id", parameter="share_id"),
    "class attribute": Share(
        "Config$At.share_id", '\n\n\nclass Config$At:\n    share_id = "$key"\n    timeout = 30\n'
    ),
    "command line": Share("sys.argv[1]"),
}

LEFTOVERS: Mapping[str, str] = {
    "unused constant": f'RUN_URL_$AT = "{HOST}" + "/v1/run/"\n',
    "comment": f"# Before: curl -X POST {HOST}/v1/invoke/SHARE_ID -d '{{}}'\n",
    "sample": f'\nSAMPLE_$AT = """\ncurl -H "x-api-key: $$KEY" {HOST}/v1/run/WORKER_ID\n"""\n',
    "documentation": f'''

def help_$at():
    """Show how to ask for a run: GET {HOST}/v1/run/WORKER_ID, with the key in x-api-key."""
    return help_$at.__doc__
''',
}
"""Text of the old version that no request reads."""

BLOCKERS: Mapping[str, str] = {
    "address given to callers": f"""

def old_status_$at(worker_id):
    return "{HOST}/v1/run/" + worker_id
""",
    "reply to an unknown library": f"""

def audit_$at(worker_id):
    response = requests.get("{HOST}/v1/run/" + worker_id, headers={{"x-api-key": os.environ["KOGNITOS_KEY"]}})
    acme_audit.record(response.json())
""",
    "share_id without a process": f"""

def archive_$at(rows):
    url = "{HOST}/v1/invoke/{UNKNOWN_KEY}"
    response = requests.post(url, json={{"rows": rows}}, headers={{"x-api-key": os.environ["KOGNITOS_KEY"]}})
    return response.json()["worker_id"]
""",
    "share_id of a demo": f"""

def demo_$at():
    response = requests.post("{HOST}/v1/invoke/share", json={{"x": 1}}, headers={{"x-api-key": "demo"}})
    return response.status_code
""",
    "state written to a file": f"""

def note_$at(worker_id, path):
    response = requests.get("{HOST}/v1/run/" + worker_id, headers={{"x-api-key": os.environ["KOGNITOS_KEY"]}})
    with open(path, "a") as file:
        file.write(response.json()["state"])
""",
}
"""Functions that stay as they are, each for a reason of its own."""

UNRELATED: Mapping[str, str] = {
    "rows": '''

def normalise_$at(rows):
    """Strip the cells and drop empty rows."""
    cleaned = []
    for row in rows:
        values = [str(cell).strip() for cell in row]
        if any(values):
            cleaned.append(values)
    return cleaned


def total_$at(rows, column=2):
    total = 0.0
    for row in rows:
        try:
            total += float(row[column])
        except (IndexError, ValueError):
            continue
    return round(total, 2)
''',
    "record": """

class Row$At:
    def __init__(self, number, amount, due=None):
        self.number = number
        self.amount = amount
        self.due = due

    def label(self):
        return f"{self.number}: {self.amount:.2f}"

    @classmethod
    def parse(cls, line):
        number, amount, *rest = line.split(";")
        return cls(number, float(amount), rest[0] if rest else None)
""",
    "report": '''

def report_$at(groups, limit=20):
    """Lines of a table, the largest group first."""
    lines = []
    for name, rows in sorted(groups.items(), key=lambda item: -len(item[1]))[:limit]:
        state = "many" if len(rows) > 10 else "few"
        lines.append(f"{name:<30}{len(rows):>6}  {state}")
        for row in rows:
            if row.get("comment"):
                lines.append("    " + row["comment"].strip())
    return "\\n".join(lines)


def read_$at(path, encoding="utf-8"):
    with open(path, encoding=encoding) as file:
        header = file.readline().rstrip().split(",")
        return [dict(zip(header, line.rstrip().split(","))) for line in file]
''',
    "table": '''

def save_$at(database, rows):
    """Insert rows that are not there yet; return how many."""
    cursor = database.cursor()
    cursor.execute("CREATE TABLE IF NOT EXISTS rows_$at (number TEXT PRIMARY KEY, amount REAL)")
    before = cursor.execute("SELECT COUNT(*) FROM rows_$at").fetchone()[0]
    for row in rows:
        cursor.execute("INSERT OR IGNORE INTO rows_$at VALUES (?, ?)", (row["number"], row["amount"]))
    database.commit()
    return cursor.execute("SELECT COUNT(*) FROM rows_$at").fetchone()[0] - before
''',
    "another vendor": '''

def ticket_$at(number):
    """The ticket, as the helpdesk has it."""
    with urllib.request.urlopen(f"https://helpdesk.example.com/v1/run/{number}", timeout=10) as response:
        ticket = json.load(response)
    if ticket["status"] == "done":
        return None
    return {"number": number, "owner": ticket.get("owner"), "data": ticket["data"]}
''',
}
"""Code that has nothing to do with the API."""


def fill(template: str, at: str, **words: str) -> str:
    """A template with its placeholders replaced; those without a word stay for later."""
    return Template(template).safe_substitute(at=at, AT=at.upper(), At=at.title().replace("_", ""), **words)
