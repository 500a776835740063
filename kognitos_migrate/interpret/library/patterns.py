"""Comparison of texts with the patterns of a shell: nothing is sent by it, and nothing kept."""

from functools import partial

from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.out_of_sight import unknown_call
from kognitos_migrate.values.base import UNKNOWN, Text, Unknown, Value

_NAMES = ("fnmatch.fnmatch", "fnmatch.fnmatchcase")


def _matched(name: str, call: Call) -> Value:
    """`fnmatch.fnmatch(name, pattern)`. Part of a reply goes where nobody can follow, and so does what it is
    compared with."""
    leaves = (leaf for given in call.arguments.everything() for leaf in call.machine.leaves(given.value))
    if all(isinstance(leaf, Text | Unknown) for leaf in leaves):
        return UNKNOWN
    return unknown_call(call, name)


SYMBOLS: dict[str, Model] = {name: partial(_matched, name) for name in _NAMES}
METHODS: dict[str, Method] = {}
