"""Reads of an error's arguments are told from those of a call that a double received."""

import pytest

from kognitos_migrate.syntax.parsing import parse
from kognitos_migrate.syntax.received_calls import reads_error_arguments

RECORDS = ("call_args", "call_args_list")


@pytest.mark.parametrize(
    "text",
    [
        "post.call_args.args[0]",
        "post.call_args_list[-1].args",
        "call = post.call_args\nassert call.args == (1,)",
        "found = post.call_args_list\nfound = found[0]\nassert found.args == (1,)",
        "[call.args for call in post.call_args_list]",
        "class E(Exception):\n    def f(self):\n        return self.args",
    ],
)
def test_arguments_of_received_calls(text: str) -> None:
    assert not reads_error_arguments(parse("a.py", text), RECORDS)


@pytest.mark.parametrize(
    "text",
    [
        "error.args",
        "info.value.args[0]",
        "def f(call):\n    return call.args",
        "call = post.call_args\ncall = error\ncall.args",
        "for call in post.call_args_list:\n    call.args\ntry:\n    f()\nexcept E as call:\n    call.args",
        "calls = post.call_args_list\nfor call in calls:\n    print(call.args)",
        "first, call = post.call_args_list\ncall.args",
        "call = post.call_args if post else error\ncall.args",
    ],
)
def test_arguments_that_may_be_those_of_errors(text: str) -> None:
    assert reads_error_arguments(parse("a.py", text), RECORDS)
