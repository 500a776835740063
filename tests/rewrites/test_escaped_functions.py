"""Functions and methods of instances that are passed to unanalysed code may be called by it, in addition to
their calls in the program."""

import pytest

from tests.rewrites.verbs import analysed

CLIENT = """\
import requests

BASE = "https://rest-api.app.kognitos.com/v1"


class Client:
    def state(self, run):
        return requests.get(f"{BASE}/run/{run}").json()["state"]

    def _state(self, run):
        return self.state(run)

    def is_over(self, run):
        return self._state(run) == "done"


def state(run):
    return requests.get(f"{BASE}/run/{run}").json()["state"]


def is_over(run):
    return state(run) == "done"


"""
HANDED_OUT = {
    "an instance in an item of an unknown object": "def setup(app):\n    app.data['client'] = Client()\n",
    "an instance in an attribute of an unknown object": "def setup(app):\n    app.state.client = Client()\n",
    "an instance as an argument": "def setup(app):\n    app.include(Client())\n",
    "an instance in a list": "def setup(app):\n    app.include([Client()])\n",
    "an instance that a factory gives": "def client():\n    return Client()\n",
    "an instance of a class below": "class Own(Client):\n    pass\n\n\n"
    "def setup(app):\n    app.include(Own())\n",
    "an instance that can be called": "class Ask:\n    def __call__(self):\n        return state('7')\n\n\n"
    "def setup(app):\n    app.include(Ask())\n    return Ask()() == 'done'\n",
    "the class": "def setup(app):\n    app.provide(Client)\n",
    "a method": "def setup(app):\n    app.every(Client().state)\n",
    "a function": "def setup(app):\n    app.handler = state\n",
    "a function that is found by a name": "def found(name):\n    return {'state': state}[name]\n",
    "a function in a dict": "def setup(app):\n    app.include({'state': state})\n",
}
KEPT = {
    "nothing": "",
    "an instance that is used here": "def begin(run):\n    return Client().is_over(run)\n",
    "an instance in a list of the program": "CLIENTS = [Client()]\n",
    "an instance that is printed": "def begin(run):\n    print(Client())\n",
}


@pytest.mark.parametrize("case", HANDED_OUT)
def test_what_others_may_call_says_what_it_said(case: str) -> None:
    (change,) = analysed({"a.py": CLIENT + HANDED_OUT[case]}).changes
    assert "v1_state(" in change.after


@pytest.mark.parametrize("case", KEPT)
def test_what_nobody_else_may_call_is_changed_with_who_calls_it(case: str) -> None:
    (change,) = analysed({"a.py": CLIENT + KEPT[case]}).changes
    assert "v1_state(" not in change.after
    assert change.after.count('== "Succeeded"') == 2
