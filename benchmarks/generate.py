"""Packages of any size, made from a seed: programs as people write them, whose findings are known.

Every third module starts runs of the old version and waits for them, through the package's client or by
requests of its own; the others hold records, tables and functions that call each other across modules.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

KEYS = ("abcd3fg9ijk5mn1pqr3tu2wxy", "k2mnp8qrs4tuv6wxy1zab3cde", "f5ghj7klm9npq2rst4uvw6xyz")
"""The keys that the programs use; a configuration has to know them."""

CONFIG = """\
processes:
""" + "".join(
    f"""\
  {key}:
    process_id: b4fznghynbdemslfd5k044fg{number}
    agent_id: a7xm2kp9qwj3v5nh8t4c6r1e9z
    stage: Published
    name: Process {number}
"""
    for number, key in enumerate(KEYS)
)


class Imports(Enum):
    """Which of the other modules a module imports."""

    ALL = "all"
    """Every one: the package is one great cycle."""
    RING = "ring"
    """The next one, and three others by chance."""


@dataclass(frozen=True, slots=True)
class Package:
    """Modules by path, and how many calls of the old version they hold."""

    modules: dict[str, str]
    calls: int


def generate(size: int, imports: Imports, seed: int = 0) -> Package:
    """A package of `size` modules (and its settings and client)."""
    chance = random.Random(seed)
    modules = {"shop/__init__.py": "", "shop/settings.py": _SETTINGS, "shop/client.py": _CLIENT}
    calls = 2
    for number in range(size):
        others = _others(number, size, imports, chance)
        used = sorted(chance.sample(others, min(3, len(others))))
        lines = [_HEAD.format(number=number), *_imports(others), ""]
        lines.extend(_records(number, chance))
        if number % 6 == 0:
            lines.append(_THROUGH_CLIENT.format(number=number, key=number % len(KEYS)))
        elif number % 6 == 3:
            lines.append(_ALONE.format(number=number, key=KEYS[number % len(KEYS)]))
            calls += 2
        lines.extend(_functions(number, used, chance))
        modules[f"shop/{_name(number)}.py"] = "\n".join(lines)
    return Package(modules, calls)


def _name(number: int) -> str:
    return f"part_{number:03}"


def _others(number: int, size: int, imports: Imports, chance: random.Random) -> list[int]:
    rest = [other for other in range(size) if other != number]
    if imports is Imports.ALL:
        return rest
    return sorted({(number + 1) % size, *chance.sample(rest, min(3, len(rest)))} - {number})


def _imports(others: list[int]) -> Iterator[str]:
    yield "from shop import ("
    for start in range(0, len(others), 8):
        yield "    " + ", ".join(map(_name, others[start : start + 8])) + ","
    yield ")"


def _records(number: int, chance: random.Random) -> Iterator[str]:
    for place in range(chance.randint(1, 3)):
        yield _RECORD.format(
            number=number, place=place, rate=chance.randint(1, 30), limit=chance.randint(9, 99)
        )


def _functions(number: int, used: list[int], chance: random.Random) -> Iterator[str]:
    for place in range(chance.randint(2, 6)):
        yield _FUNCTION.format(number=number, place=place, factor=chance.randint(2, 9))
    calls = "\n".join(f"    total += {_name(other)}.summary_{other}(rows, depth - 1)" for other in used)
    records = "\n".join(
        f"    rows.append({_name(other)}.Record{other}x0(depth, str(depth)).label())" for other in used
    )
    yield _SUMMARY.format(number=number, calls=calls or "    pass", records=records or "    pass")


_SETTINGS = (
    '''\
"""Where things are, and who we are."""

import os

HOST = "https://rest-api.app.kognitos.com"
VERSION = "v1"
KEY = os.environ.get("SHOP_KEY", "")
TIMEOUT = 30
PROCESSES = {
'''
    + "".join(f'    {number}: "{key}",\n' for number, key in enumerate(KEYS))
    + """\
}
"""
)

_CLIENT = '''\
"""The client that most parts share."""

import json
import time

import requests

from shop import settings


class Failed(Exception):
    """A run that did not end well."""


class Client:
    def __init__(self, key):
        self.session = requests.Session()
        self.session.headers.update({"x-api-key": key})

    def _url(self, path):
        return f"{settings.HOST}/{settings.VERSION}/{path}"

    def start(self, process, facts):
        reply = self.session.post(self._url(f"invoke/{process}"), json=facts, timeout=settings.TIMEOUT)
        reply.raise_for_status()
        return reply.json()["worker_id"]

    def wait(self, run):
        while True:
            reply = self.session.get(self._url(f"run/{run}"), timeout=settings.TIMEOUT)
            reply.raise_for_status()
            data = reply.json()
            if data["state"] == "done":
                return json.loads(data["answer"])
            time.sleep(2)


CLIENT = Client(settings.KEY)
'''

_HEAD = '''\
"""Part {number} of the shop."""

import json
import logging
import os
import time
from dataclasses import dataclass, field

import requests

from shop import settings
from shop.client import CLIENT

log = logging.getLogger(__name__)
'''

_RECORD = """
@dataclass
class Record{number}x{place}:
    amount: int
    name: str = "none"
    tags: list = field(default_factory=list)

    RATE = {rate}

    def label(self):
        return f"{{self.name}}: {{self.amount}}"

    def price(self):
        if self.amount > {limit}:
            return self.amount * self.RATE / 100
        return self.amount

    def with_tag(self, tag):
        copy = Record{number}x{place}(self.amount, self.name, [*self.tags, tag])
        log.debug("tagged %s with %s", copy.label(), tag)
        return copy

    @classmethod
    def parse(cls, line):
        name, _, amount = line.partition("=")
        if not amount:
            raise ValueError(f"no amount in {{line!r}}")
        return cls(int(amount), name.strip())
"""

_THROUGH_CLIENT = '''
def process_{number}(rows):
    """Have part {number}'s rows worked on."""
    run = CLIENT.start(settings.PROCESSES[{key}], {{"rows": len(rows), "part": {number}}})
    outputs = CLIENT.wait(run)
    log.info("part {number}: %s", outputs["total"])
    return outputs["total"]
'''

_ALONE = '''
URL_{number} = "https://rest-api.app.kognitos.com/v1"
HEADERS_{number} = {{"x-api-key": os.environ.get("PART_{number}_KEY", "")}}


def start_{number}(rows):
    """Start a run over part {number}'s rows."""
    url = URL_{number} + "/invoke/{key}"
    reply = requests.post(url, json={{"rows": len(rows)}}, headers=HEADERS_{number})
    reply.raise_for_status()
    return reply.json()["worker_id"]


def process_{number}(rows):
    """The total that the run over the rows gives."""
    worker = start_{number}(rows)
    while True:
        data = requests.get(f"{{URL_{number}}}/run/{{worker}}", headers=HEADERS_{number}).json()
        if data["state"] == "done":
            break
        time.sleep(1)
    return json.loads(data["answer"])["total"]
'''

_FUNCTION = '''
def work_{number}_{place}(lines, strict=False):
    """Records of lines, those that can be read."""
    found = {{}}
    for line in lines:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            record = Record{number}x0.parse(line)
        except ValueError as error:
            if strict:
                raise
            log.warning("skipped: %s", error)
            continue
        if record.price() > {factor}:
            record = record.with_tag("dear")
        found[record.name] = record
    return sorted(found.values(), key=lambda one: one.amount)
'''

_SUMMARY = '''
def summary_{number}(rows, depth=3):
    """What part {number} and those that it needs come to."""
    total = 0
    if depth <= 0:
        return total
    for record in work_{number}_0(rows):
        total += record.price()
{records}
{calls}
    return total
'''
