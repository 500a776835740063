"""Doctest examples that pass responses to functions of the program."""

import doctest
import types

import pytest

from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.run.engine import analyse
from tests.rewrites.test_flow_channels import RULES
from tests.rewrites.verbs import settings, sources

PROGRAM = '''\
import json
from dataclasses import dataclass

import requests

URL = "https://rest-api.app.kognitos.com/v1"


@dataclass
class Run:
    """
    {example}
    """

    number: str
    is_done: bool
    outputs: dict

    @classmethod
    def parse(cls, number, data):
        answer = data.get("answer")
        return cls(number, data["state"] == "done", json.loads(answer) if answer else {{}})


def worker(*, data):
    return data["worker_id"]


def start(facts):
    return worker(data=requests.post(f"{URL}/invoke/share1", json=facts).json())


def state(number):
    run = requests.get(f"{URL}/run/{number}").json()
    {call}
    return Run.parse(number, run)
'''


def fixed(example: str, call: str = "pass") -> str:
    """The program with an example after `fix`; empty if it is unchanged."""
    program = PROGRAM.replace("{example}", example).replace("{call}", call).replace("{{}}", "{}")
    result = analyse(sources({"main.py": program}), RULES, settings(), Applicability.SAFE)
    return "".join(change.after for change in result.changes)


def failures(program: str) -> int:
    """How many examples of a program fail."""
    module = types.ModuleType("main")
    exec(program, module.__dict__)
    return doctest.testmod(module, verbose=False).failed


@pytest.mark.parametrize(
    "example",
    [
        """>>> Run.parse("w", {"state": "done", "answer": '{"size": 2}'}).outputs\n    {'size': 2}""",
        """>>> Run.parse("w", data={'state': 'running', 'answer': None})
    Run(number='w', is_done=False, outputs={})""",
        """>>> worker(data={"worker_id": "w"}), Run.parse("w", {"state": "done"}).is_done\n    ('w', True)""",
        """>>> Run.parse("w", {"state": "done", "answer": '{"size": NaN}'}).outputs\n    {'size': nan}""",
        """>>> Run.parse("ü", {"state": "done"}).is_done  # ü\n    True""",
    ],
)
def test_a_response_in_an_example_changes_with_the_function(example: str) -> None:
    changed = fixed(example)
    assert "/v2" in changed
    assert failures(changed) == 0
    assert '"state"' not in changed.partition('"""')[2].partition('"""')[0]


@pytest.mark.parametrize(
    ("example", "call"),
    [
        ('>>> data = {"state": "done"}\n    >>> Run.parse("w", data).is_done\n    True', "pass"),
        ('>>> Run.parse("w",\n    ...     {"state": "done"}).is_done\n    True', "pass"),
        ('>>> from other import Run\n    >>> Run.parse("w", {"state": "done"}).is_done\n    True', "pass"),
        ('>>> Run = print\n    >>> Run.parse("w", {"state": "done"})', "pass"),
        ('>>> Run.parse("w", {"state": "done"})["state"]\n    True', "pass"),
        (">>> Run.parse(\"w\", {})\n    Traceback (most recent call last):\n    KeyError: 'state'", "pass"),
        ('>>> Run.parse("w", {"state": "unheard-of"}).is_done\n    False', "pass"),
        ('>>> Run.parse("w", {"state": "done", "status": 3}).is_done\n    True', "pass"),
        ('>>> Run.parse("w", {"state": "done", "answer": "[]"}).is_done\n    True', "pass"),
        ('>>> Run.parse("w", {"state": "done"}).is_done  # \\t\n    True', "pass"),
        ('>>> Run.parse(*["w", {"state": "done"}]).is_done\n    True', "pass"),
        ('>>> Other.parse("w", {"state": "done"})', "pass"),
        ('Doc.\u2028 More.\n    >>> Run.parse("w", {"state": "done"}).is_done\n    True', "pass"),
        ('\t>>> Run.parse("w", {"state": "done"}).is_done\n\tTrue', "pass"),
        (
            '>>> Run.parse("w", {"state": "done", "answer": 3})\n    Traceback (most recent call last):\n'
            "    TypeError: the JSON object must be str, bytes or bytearray, not int",
            "pass",
        ),
        (
            '>>> Run.parse("w", {})\n    Traceback (most recent call last):\n    ValueError: no state',
            "pass",
        ),
        ('>>> Run.parse("w", {"state": "done"}).outputs == "done"\n    False', "pass"),
        (
            '>>> Run.parse("w", {"state": "done"}).is_done\n    True',
            "Run.parse(number, json.load(open(number)))",
        ),
    ],
)
def test_an_example_that_is_not_understood_keeps_the_program(example: str, call: str) -> None:
    assert fixed(example, call) == ""
