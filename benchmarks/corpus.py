"""`python -m benchmarks.corpus N SEED FOLDER`: write N independent modules of ordinary styles.

The seed determines the modules. Each module but the unrelated ones has one to three small clients of the old
version, and may have leftovers of it; one in five has a blocker, which `blocked.txt` lists.
"""

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from textwrap import indent

from benchmarks.generate import CONFIG, KEYS
from benchmarks.styles import (
    ADDRESSES,
    BLOCKERS,
    LEFTOVERS,
    SENDERS,
    SHARES,
    UNRELATED,
    Address,
    Scope,
    Sender,
    Share,
    fill,
)

NOUNS = ("invoice", "order", "vendor", "claim", "permit", "shipment", "payment", "ticket", "lease", "donor")
TEAMS = 7
"""Folders that the modules lie in."""
OFTEN = {"unrelated": 0.08, "blocker": 0.2, "leftover": 0.25}
"""How many of the modules are, or have, such."""


class Shape(Enum):
    """The requests that a client makes."""

    START = "start"
    POLL = "poll"
    APART = "start and poll, in functions that don't call each other"
    PROCESS = "start and poll"
    UPLOAD = "upload and start"


@dataclass(frozen=True, slots=True)
class Module:
    """A module's text, and why one of its functions can't be migrated, if so."""

    text: str
    blocker: str | None


def corpus(count: int, seed: int) -> dict[str, Module]:
    """Modules by path."""
    chance = random.Random(seed)
    modules: dict[str, Module] = {}
    for number in range(count):
        noun = chance.choice(NOUNS)
        path = f"team_{number % TEAMS}/{noun}_job_{number:03}.py"
        modules[path] = _module(chance, noun, number)
    return modules


def _module(chance: random.Random, noun: str, number: int) -> Module:
    if chance.random() < OFTEN["unrelated"]:
        names = chance.sample(sorted(UNRELATED), 3)
        return _assembled(
            noun, number, [fill(UNRELATED[name], f"{noun}_{k}") for k, name in enumerate(names)]
        )
    parts: list[str] = []
    for k in range(chance.choice((1, 1, 2, 3))):
        at = f"{noun}_{k}"
        parts.append(_client(chance, at))
        for name in chance.sample(sorted(UNRELATED), chance.randint(1, 3)):
            parts.append(fill(UNRELATED[name], at))
    if chance.random() < OFTEN["leftover"]:
        parts.append(fill(LEFTOVERS[chance.choice(sorted(LEFTOVERS))], noun))
    blocker = chance.choice(sorted(BLOCKERS)) if chance.random() < OFTEN["blocker"] else None
    if blocker is not None:
        parts.append(fill(BLOCKERS[blocker], noun))
    return _assembled(noun, number, parts, blocker)


def _assembled(noun: str, number: int, parts: list[str], blocker: str | None = None) -> Module:
    """The parts, below the imports that they use."""
    text = "\n\n\n".join(part.strip("\n") for part in parts) + "\n"
    plain = "".join(f"import {name}\n" for name in _STANDARD if f"{name}." in text)
    taken = "".join(f"from {module} import {name}\n" for module, name in _TAKEN if name in text)
    others = "".join(f"import {name}\n" for name in _OTHERS if f"{name}." in text)
    imports = "\n".join(filter(None, (plain + taken, others)))
    space = "\n\n" if text.startswith(("def ", "class ")) else "\n"
    return Module(f'"""{noun.title()} jobs, part {number}."""\n\n{imports}{space}{text}', blocker)


_STANDARD = ("asyncio", "functools", "http.client", "json", "os", "sys", "time", "urllib.request")
_OTHERS = ("acme_audit", "aiohttp", "httpx", "requests")
_TAKEN = (("dataclasses", "dataclass"), ("urllib.parse", "urljoin"))


def _client(chance: random.Random, at: str) -> str:
    sender = SENDERS[chance.choice(sorted(SENDERS))]
    address = ADDRESSES[chance.choice(sorted(ADDRESSES))]
    share = SHARES[chance.choice(sorted(SHARES))]
    shapes = [shape for shape in Shape if shape is not Shape.UPLOAD or sender.uploads]
    client = _Client(at, sender, address, share, chance.choice(KEYS))
    return client.text(chance.choice(shapes))


@dataclass(frozen=True, slots=True)
class _Client:
    """A small client: its choices, and the pieces of its code."""

    at: str
    sender: Sender
    address: Address
    share: Share
    key: str

    def text(self, shape: Shape) -> str:
        """The client's constants and functions."""
        functions = list(self._functions(shape))
        if self.sender.scope in (Scope.CLASS, Scope.DATACLASS):
            head = _CLASS if self.sender.scope is Scope.CLASS else _DATACLASS
            functions = ["\n".join([fill(head, self.at), *(indent(text, "    ") for text in functions)])]
        pieces = [*self._setup(shape), *functions]
        return "\n\n\n".join(piece.strip("\n") for piece in pieces if piece.strip())

    def _setup(self, shape: Shape) -> Iterator[str]:
        """Constants, then helpers."""
        words = ["upload"] if shape is Shape.UPLOAD else []
        words += ["invoke"] if shape is not Shape.POLL else []
        words += ["run"] if shape in (Shape.POLL, Shape.APART, Shape.PROCESS) else []
        templates = [self._word(self.address.setup, word) for word in words]
        if "invoke" in words:
            templates.append(fill(self.share.setup, self.at, key=self.key))
        templates.append(fill(self.sender.setup, self.at))
        pieces = [text.partition("\n\n\n") for text in dict.fromkeys(templates)]
        yield "\n".join(constants.strip("\n") for constants, _, _ in pieces if constants)
        yield from (helpers for _, _, helpers in pieces if helpers)

    def _word(self, template: str, word: str) -> str:
        if word == "upload":
            template = template.replace("/{}", "")
        return fill(template, self.at, base=self.sender.base, word=word, WORD=word.upper())

    def _functions(self, shape: Shape) -> Iterator[str]:
        taken = ", ".join(name for name in (self.share.parameter, "facts") if name)
        if shape is Shape.UPLOAD:
            yield self._function("upload", "path", self._filled(_UPLOAD, self._post("upload", "facts", "")))
            start = self._post("invoke", "facts", ', params={"attachments_key": "docs"}')
            yield self._function("start", f"{taken}, path", self._filled(_ATTACHED, start))
            return
        if shape is not Shape.POLL:
            yield self._function("start", taken, self._filled(_START, self._post("invoke", "facts", "")))
        if shape is not Shape.START:
            get = fill(self.sender.get, self.at, url=self._url("run", "worker_id"))
            yield self._function("result", "worker_id", self._filled(_RESULT, get))
        if shape is Shape.PROCESS:
            yield self._function("process", taken, self._filled(_PROCESS, taken), block=False)

    def _post(self, word: str, body: str, more: str) -> str:
        value = fill(self.share.value, self.at, key=self.key) if word == "invoke" else ""
        return fill(self.sender.post, self.at, url=self._url(word, value), body=body, more=more)

    def _url(self, word: str, value: str) -> str:
        template = self.address.filled if value else self.address.bare
        url = self._word(template, word)
        url = fill(url, self.at, value=value, Q=value.replace('"', "'")).replace(
            "{'" + self.key + "'}", self.key
        )
        return url if "{" in url else url.replace('f"', '"')

    def _filled(self, body: str, request: str) -> str:
        coroutines = self.sender.scope is Scope.COROUTINES
        call = "await " if coroutines else ""
        own = "self." if self.sender.scope in (Scope.CLASS, Scope.DATACLASS) else ""
        end = "" if own else f"_{self.at}"
        sleep = "await asyncio.sleep" if coroutines else "time.sleep"
        words = {"request": request, "call": call, "own": own, "end": end, "sleep": sleep}
        return fill(body, self.at, **words)

    def _function(self, name: str, taken: str, body: str, block: bool = True) -> str:
        if self.sender.block and block:
            body = fill(self.sender.block, self.at) + "\n" + indent(body, "    ")
        if self.sender.scope in (Scope.CLASS, Scope.DATACLASS):
            return f"def {name}(self, {taken}):\n{indent(body, '    ')}"
        define = "async def" if self.sender.scope is Scope.COROUTINES else "def"
        return f"{define} {name}_{self.at}({taken}):\n{indent(body, '    ')}"


_CLASS = """\
class $At:
    def __init__(self, key=None):
        self.session = requests.Session()
        self.session.headers["x-api-key"] = key or os.environ["KOGNITOS_KEY"]
"""
_DATACLASS = """\
@dataclass
class $At:
    key: str
"""
_START = """\
run = $request
return run["worker_id"]
"""
_RESULT = """\
while True:
    run = $request
    if run["state"] == "done":
        return json.loads(run["answer"])
    $sleep(2)
"""
_PROCESS = """\
worker_id = $call${own}start$end($request)
print("started", worker_id)
return $call${own}result$end(worker_id)
"""
_UPLOAD = """\
facts = {"file_name": os.path.basename(path)}
ticket = $request
with open(path, "rb") as file:
    sent = requests.put(ticket["upload_url"], data=file, headers=ticket["upload_http_headers"])
sent.raise_for_status()
return ticket["blob_uri"]
"""
_ATTACHED = """\
facts = {**facts, "docs": [${own}upload$end(path)]}
run = $request
return run["worker_id"]
"""


def write(count: int, seed: int, folder: Path) -> None:
    """Write the modules, their configuration, and the list of those that are blocked."""
    modules = corpus(count, seed)
    for path, module in modules.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(module.text, encoding="utf-8")
    (folder / "kognitos-migrate.yaml").write_text(CONFIG, encoding="utf-8")
    blocked = [f"{path}: {module.blocker}\n" for path, module in modules.items() if module.blocker]
    (folder / "blocked.txt").write_text("".join(blocked), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Write a corpus; return 2 if the arguments are wrong."""
    if len(arguments) != 3 or not all(argument.isdecimal() for argument in arguments[:2]):
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    write(int(arguments[0]), int(arguments[1]), Path(arguments[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
