"""Functions and classes that have nothing to do with a program, put behind its modules: with the names of
what it has, in texts and comments too, and in the shapes that functions have."""

from __future__ import annotations

from collections.abc import Sequence

from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import replace

TEXT = '''


def bystander_{n}(rows, *others, flag=None, **more):
    """Of json, time, requests and "app.client.start": ünïcödé."""
    found = {{}}
    for row in rows:
        try:
            found[row.name] = row.parse(flag or more)
        except (LookupError, ValueError,
                TypeError, AttributeError):
            log.warning("skipped: %s", type(row)); continue
        if not row: \\
            continue
    def inner(some):
        return [one.json() for one in some if one.json]
    text = json.dumps(found) + 'json' + "time" + requests.__name__
    return inner(rows), text, time.sleep


class Bystander{n}:
    """A class that nobody makes."""

    LIMIT = 3

    def label(self, job=None):
        ident = self.rows
        yield from (f"{{self.LIMIT}}: {{ident}}" for one in self.rows)

    @property
    def total(self):
        # a comment, with "quotes' in it
        return sum(one["total"] for one in self.rows if one["total"] > self.LIMIT)

    async def wait(self, session):
        async with session.get("https://example.com/" + str(self.LIMIT)) as reply:
            return (await reply.json())["items"]


@dataclass(frozen=True)
class Derived{n}(Bystander{n}):
    time: list = field(default_factory=list)
    json: "requests.Session" = None

    @classmethod
    def made(cls, *rows, job: "app.client" = None) -> "list[json]":
        """Some of rows, of json and of time."""
        return [cls(row, job) for row in rows if row.total > cls.LIMIT]
'''


def with_bystanders(sources: Sequence[SourceFile]) -> list[SourceFile]:
    """The modules with unrelated code appended, and notebooks unchanged."""
    return [
        replace(source, text=_ended(source.text) + TEXT.format(n=number).replace("\n", _newline(source.text)))
        if source.path.endswith(".py")
        else source
        for number, source in enumerate(sources)
    ]


def _ended(text: str) -> str:
    return text.rstrip("\r\n")


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
