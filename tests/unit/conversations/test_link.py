"""Requests are one conversation where values pass between them, or where they share what would be edited."""

from collections.abc import Iterator

import pytest

from kognitos_migrate.conversations.flow_channels import FlowChannels
from kognitos_migrate.conversations.link import link
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.structs import replace
from tests.unit.conversations.programs import program

HOST = "https://rest-api.app.kognitos.com"


def groups(text: str) -> list[list[str]]:
    """The operations of each conversation, in the order of the requests."""
    made = program(f"import requests\nH = {HOST!r}\n{text}\n")
    linked = link(made.matches, made.facts, no_ties, FlowChannels(made.program, {}))
    return [[match.operation.id for match in one.matches] for one in linked]


def no_ties(match: Match) -> list[object]:
    del match
    return []


CASES = {
    "a run that is followed": (
        """
run = requests.post(H + "/v1/invoke/s").json()["worker_id"]
requests.get(H + "/v1/run/" + run)
""",
        [["start_run", "poll_run"]],
    ),
    "a run that is followed in another function": (
        """
def start():
    return requests.post(H + "/v1/invoke/s").json()
def poll(run):
    return requests.get(f"{H}/v1/run/{run}").json()
poll(start()["worker_id"])
""",
        [["start_run", "poll_run"]],
    ),
    "a file that is sent and attached": (
        """
slot = requests.post(H + "/v1/upload", json={"file_name": "a"}).json()
requests.put(slot["upload_url"], data=b"")
requests.post(H + "/v1/invoke/s", json={"docs": [slot["blob_uri"]]}, params={"attachments_key": "docs"})
""",
        [["upload_file", "transfer_file", "start_run"]],
    ),
    "two runs that have nothing to do with each other": (
        """
print(requests.post(H + "/v1/invoke/s").json()["worker_id"])
print(requests.post(H + "/v1/invoke/t").json()["worker_id"])
""",
        [["start_run"], ["start_run"]],
    ),
    "two starts and the place that reads both replies": (
        """
def ident(reply):
    return reply.json()["worker_id"]
print(ident(requests.post(H + "/v1/invoke/s")), ident(requests.post(H + "/v1/invoke/t")))
""",
        [["start_run", "start_run"]],
    ),
    "one call that two functions go through": (
        """
def call(path):
    return requests.post(H + path)
call("/v1/invoke/s")
call("/v1/invoke/t")
""",
        [["start_run", "start_run"]],
    ),
    "a run that is stored, and one from anywhere": (
        """
import store
store.save(requests.post(H + "/v1/invoke/s").json()["worker_id"])
requests.get(H + "/v1/run/" + store.load())
""",
        [["start_run", "poll_run"]],
    ),
    "a run that is kept, and one from anywhere": (
        """
print(requests.post(H + "/v1/invoke/s").ok)
requests.get(H + "/v1/run/" + input())
""",
        [["start_run"], ["poll_run"]],
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_conversations(text: str, expected: list[list[str]]) -> None:
    assert groups(text) == expected


def test_what_they_share_ties_them() -> None:
    made = program(
        f"""
        import requests
        requests.post("{HOST}/v1/invoke/s")
        requests.get("{HOST}/v1/run/7")
        """
    )
    assert len(link(made.matches, made.facts, no_ties, FlowChannels(made.program, {}))) == 2
    (one,) = link(
        made.matches, made.facts, lambda match: ["the same constant"], FlowChannels(made.program, {})
    )
    assert one.requests == {match.request.id for match in made.matches}


def test_no_matches_are_no_conversations() -> None:
    made = program("x = 1\n")
    assert link(made.matches, made.facts, no_ties, FlowChannels(made.program, {})) == []


class CountedUses(list[Use]):
    """Uses that count how often they are gone through."""

    rounds = 0

    def __iter__(self) -> Iterator[Use]:
        self.rounds += 1
        return super().__iter__()


def test_the_uses_are_gone_through_a_few_times_only_however_many_requests_there_are() -> None:
    pair = """
def start{n}():
    return requests.post(H + "/v1/invoke/s").json()["worker_id"]
def poll{n}(run):
    return requests.get(H + "/v1/run/" + run).json()["state"]
"""
    made = program(f"import requests\nH = {HOST!r}\n" + "".join(pair.format(n=n) for n in range(10)))
    uses = CountedUses(made.facts.uses)
    (one,) = link(made.matches, replace(made.facts, uses=uses), no_ties, FlowChannels(made.program, {}))
    assert (len(one.matches), uses.rounds) == (20, 3)
