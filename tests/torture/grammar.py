"""The choices of an author: one field for each choice, drawn by Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from math import prod
from typing import Any

from hypothesis import strategies as st


class Structure(Enum):
    """How the program is cut."""

    SCRIPT = "script"
    FUNCTIONS = "functions"
    CLASS = "class"
    PACKAGE = "package"


class Transport(Enum):
    """The code that sends a request."""

    VERBS = "requests.post"
    REQUEST = "requests.request"
    IMPORTED = "from requests import post"
    ALIAS = "import requests as http"
    SESSION = "a session of the module"
    WRAPPER = "a function that gives the reply object"
    JSON_WRAPPER = "a function that gives the decoded reply"
    SUBCLASS = "a subclass of Session that knows the base"
    PARTIAL = "functools.partial(requests.request, headers=…)"
    HTTPX = "httpx.post"
    HTTPX_CLIENT = "a client of httpx"
    NIQUESTS = "import niquests as requests"


class Base(Enum):
    """Where the base URL comes from."""

    CONSTANT = "BASE = 'https://…/v1'"
    HOST = "HOST + '/v1'"
    VERSION = "HOST + '/' + VERSION"
    ENVIRONMENT = "os.environ.get('…', 'https://…/v1')"
    SETTINGS = "SETTINGS['url']"
    FUNCTION = "base()"
    DATACLASS = "Config().url"
    FILE = "json.load(open('settings.json'))['url'], whose host the file names"
    OPTION = "an option of argparse with a default"


class Url(Enum):
    """How a URL is put together."""

    FSTRING = "f-string"
    PLUS = "+"
    PERCENT = "%"
    FORMAT = ".format"
    JOIN = "'/'.join"
    URLJOIN = "urljoin"
    BUILDER = "url('invoke', share)"
    TEMPLATES = "PATHS['start'].format"


class Share(Enum):
    """Where the share_id comes from."""

    LITERAL = "a literal"
    CONSTANT = "a constant"
    DICT = "a dict by name"
    ENUM = "an Enum's value"
    ENVIRONMENT = "os.environ[…]"
    ARGUMENT = "sys.argv[1]"
    LOOP = "two in a loop"
    CONDITION = "one of two"


class Facts(Enum):
    """How the body is made."""

    LITERAL = "a literal at the call"
    VARIABLE = "a variable"
    ITEMS = "item by item"
    CALL = "dict(…)"
    MERGED = "{**common, …}"
    UNION = "common | {…}"
    COMPREHENSION = "a comprehension"
    DUMPED = "data=json.dumps(…)"
    FUNCTION = "a function gives them"
    OPTIONAL = "None or facts"


class Reading(Enum):
    """How the run's id is read."""

    INDEX = "r.json()['worker_id']"
    GET = "r.json().get('worker_id')"
    VARIABLE = "data = r.json(); data['worker_id']"
    LOADS = "json.loads(r.text)['worker_id']"
    CONTENT = "json.loads(r.content)['worker_id']"
    WALRUS = "(data := r.json())['worker_id']"
    CONSTANT = "r.json()[KEY]"
    POP = "data.pop('worker_id')"
    TUPLE = "status, id = r.status_code, r.json()['worker_id']"


class Checking(Enum):
    """The use of a status."""

    NOTHING = "nothing"
    RAISE = "raise_for_status"
    OK = "if not r.ok"
    STATUS = "if r.status_code != 201"
    HTTPSTATUS = "HTTPStatus.CREATED"
    ASSERT = "assert r.status_code in (200, 201)"


class Polling(Enum):
    """How the end is waited for."""

    FOREVER = "while True"
    WHILE = "while state != 'done'"
    RANGE = "for … in range … else"
    RECURSION = "a function that calls itself"
    GENERATOR = "a generator of replies"
    ITER = "iter(function, None)"
    FINAL = "while state not in FINAL"
    PREDICATE = "while not finished(run)"
    WALRUS = "while (run := fetch(…))['state'] != 'done'"


class Test(Enum):
    """How the state is looked at."""

    EQUAL = "run['state'] == 'done'"
    REVERSED = "'done' == run['state']"
    IN = "in ('done', 'failed')"
    SET = "in {'done'}"
    CONSTANT = "== DONE"
    ENUM = "== State.DONE.value"
    STR_ENUM = "== State.DONE, a str"
    GET = ".get('state') == 'done'"
    NOT = "not run['state'] != 'done'"
    MATCH = "match"
    RUNNING = "!= 'running'"
    LOWER = ".lower() == 'done'"


class Answer(Enum):
    """How the outputs are taken."""

    LOADS = "json.loads(run['answer'])"
    GET = "json.loads(run.get('answer') or '{}')"
    VARIABLE = "text = run['answer']; json.loads(text)"
    HELPER = "outputs_of(run)"
    FIELD = "json.loads(run['answer'])['…']"
    ITEMS = "for name, value in json.loads(…).items()"
    GUARDED = "json.loads(run['answer']) if run['answer'] else {}"
    TEXT = "the text itself is handed on"


class Upload(Enum):
    """Whether and how a file goes with it."""

    NONE = "no file"
    KEY = "attachments_key names a key"
    VALUE = "attachments_key is the file"
    OPTIONAL = "sometimes"


class Sending(Enum):
    """How the file's bytes are sent."""

    PUT = "put(url, data=…, headers=…)"
    REQUEST = "request(ticket['upload_http_method'], …)"
    OPEN = "an open file"
    CHECKED = "its status is looked at"


class Carrying(Enum):
    """How the run's id goes from its start to where it is followed."""

    VARIABLE = "worker_id = start(…)"
    NESTED = "wait(start(…))"
    LIST = "jobs.append(start(…)); for worker_id in jobs"
    DICT = "jobs[name] = start(…); for name, worker_id in jobs.items()"
    TUPLE = "pairs of a name and the id"
    DATACLASS = "Job(start(…)).id"
    FUNCTION = "def run(…): return wait(start(…))"
    THREADS = "pool.submit(wait, start(…)).result()"


class Making(Enum):
    """Where the URL of a start is made, against where it is sent."""

    CALL = "at the call"
    VARIABLE = "a variable of the caller"
    COMPREHENSION = "a list of URLs"
    DICT = "a dict of URLs, filled in a loop"
    CLOSURE = "a closure"
    ATTRIBUTE = "an attribute, set in __init__"
    THREAD = "an argument of a thread"
    MAP = "map with a lambda"
    GENERATOR = "a generator of URLs"
    PARTIAL = "an argument bound by partial"
    QUEUE = "a queue of URLs"


class Rebinding(Enum):
    """The rebinding of the share_id's variable between the URL and the request."""

    NOTHING = "nothing"
    SLICED = "share = share[:4]"
    REUSED = "share = another share_id"
    DELETED = "del share"


class Aliasing(Enum):
    """How the body of a start relates to the caller's facts."""

    COPY = "{**facts, …}"
    SAME = "body = facts"
    DEFAULT = "body = facts or {}"
    READ_BACK = "the caller prints its facts afterwards"


class Order(Enum):
    """Effects in two parts of one request."""

    NONE = "none"
    POP = "one part pops, another counts what is left"
    COUNTER = "two parts draw from one iterator"
    WALRUS = "one part binds what another reads"


class Absence(Enum):
    """How the answer of a failed run is read."""

    NONE = "no run fails"
    UNCAUGHT = "the KeyError ends the program"
    CALLER = "the caller catches it"
    DECORATOR = "a decorator catches it"
    FUTURE = "a future holds it"
    SUPPRESS = "contextlib.suppress"
    DEFAULT = "run.get('answer', '{}')"
    IS_NONE = "run.get('answer') is None"
    MEMBERSHIP = "'answer' in run"


class Archive(Enum):
    """Other data that the reader of the answer gets."""

    NONE = "none"
    FILE = "an archived reply, from a JSON file"
    TEXT = "a sample in the program's text"


class Dialect(Enum):
    """The configuration's `v2_request`."""

    GUIDE = "guide"
    REFERENCE = "reference"


@dataclass(frozen=True)
class Choices:
    """One program, as its author chose it."""

    structure: Structure
    transport: Transport
    base: Base
    url: Url
    share: Share
    facts: Facts
    reading: Reading
    checking: Checking
    polling: Polling
    test: Test
    answer: Answer
    upload: Upload
    sending: Sending
    carrying: Carrying
    making: Making
    rebinding: Rebinding
    aliasing: Aliasing
    order: Order
    absence: Absence
    archive: Archive
    dialect: Dialect

    def __str__(self) -> str:
        return ", ".join(f"{one.name}={getattr(self, one.name).name}" for one in fields(self))


KINDS: dict[str, type[Enum]] = {
    "structure": Structure,
    "transport": Transport,
    "base": Base,
    "url": Url,
    "share": Share,
    "facts": Facts,
    "reading": Reading,
    "checking": Checking,
    "polling": Polling,
    "test": Test,
    "answer": Answer,
    "upload": Upload,
    "sending": Sending,
    "carrying": Carrying,
    "making": Making,
    "rebinding": Rebinding,
    "aliasing": Aliasing,
    "order": Order,
    "absence": Absence,
    "archive": Archive,
    "dialect": Dialect,
}


HAZARDS = ("making", "rebinding", "aliasing", "order", "absence", "archive")
"""Axes whose first value is harmless, and is drawn most often: nothing migrates with all hazards at once."""


def values_of(name: str) -> list[Enum]:
    """The values that an axis is drawn from. The harmless value of a hazard is the likeliest."""
    values = list(KINDS[name])
    return [*[values[0]] * (2 * len(values) - 3), *values[1:]] if name in HAZARDS else values


def programs() -> st.SearchStrategy[Choices]:
    """Any program of the grammar."""
    drawn: dict[str, st.SearchStrategy[Any]] = {name: st.sampled_from(values_of(name)) for name in KINDS}
    return st.builds(Choices, **drawn)


def count() -> int:
    """How many programs there are."""
    return prod(len(kind) for kind in KINDS.values())
