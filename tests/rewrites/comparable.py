"""A client to make programs of, and the results of programs that are analysed whole and in parts, made
comparable."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeVar

from kognitos_migrate.findings.result import Applicability, Finding, MigratedCall, Result
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.structs import replace
from tests.rewrites.verbs import settings, sources

RULES = load_rulebook()
HOST = "https://rest-api.app.kognitos.com"
CLIENT = f"""\
import requests

BASE = "{HOST}/v1"


def start(process, facts):
    reply = requests.post(f"{{BASE}}/invoke/{{process}}", json=facts).json()
    return reply["worker_id"]


def state(run):
    return requests.get(f"{{BASE}}/run/{{run}}").json()["state"]
"""
Named = TypeVar("Named", Finding, MigratedCall)


def without_numbers(result: Result) -> Result:
    """A result with its conversations numbered in the order of what is found."""
    names: dict[str, str] = {}

    def renamed(found: Iterable[Named]) -> tuple[Named, ...]:
        return tuple(
            replace(one, conversation=names.setdefault(one.conversation, f"c{len(names) + 1}"))
            if one.conversation is not None
            else one
            for one in found
        )

    return replace(
        result,
        findings=renamed(result.findings),
        remaining=renamed(result.remaining),
        migrated=renamed(result.migrated),
        keys={table: tuple(sorted(keys)) for table, keys in result.keys.items()},
    )


def analysed(texts: Mapping[str, str], level: Applicability | None) -> Result:
    """The engine's result for modules, by path, at a level of fixing."""
    return analyse(sources(texts), RULES, settings(), level)


def told(result: Result) -> Counter[tuple[str, str | None, Applicability, str]]:
    """The findings as text. If a shared helper sends a request, a run over the whole project knows its
    callers."""
    return Counter((one.code, one.reason, one.fix.applicability, one.message) for one in result.findings)
