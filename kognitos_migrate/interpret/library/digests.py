"""Digests, such as those that sign a request: nothing can be read off them of what was sent."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.out_of_sight import unknown_call
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.base import Reply, Symbol, Value
from kognitos_migrate.values.heap import Given

DIGEST = Symbol("hashlib.digest")
"""What is made by them, of which the library has no name."""


def digested(call: Call) -> Value:
    """`hashlib.sha256(data)`, `hmac.new(key, data, …)`: anything else goes where nobody can follow."""
    given = call.arguments
    others = Arguments(
        [one for one in given.positional if not _was_sent(call, one)],
        {name: one for name, one in given.keywords.items() if not _was_sent(call, one)},
    )
    unknown_call(replace(call, arguments=others), "a digest")
    return DIGEST


def _was_sent(call: Call, given: Given) -> bool:
    leaves = list(call.machine.leaves(given.value))
    return bool(leaves) and all(isinstance(one, Reply) and one.path in _SENT for one in leaves)


_SENT = ((View.ADDRESS,), (View.VERB,))
_HASHES = ("blake2b", "blake2s", "md5", "new", "sha1", "sha224", "sha256", "sha384", "sha3_256", "sha512")

SYMBOLS: dict[str, Model] = {
    **{f"hashlib.{name}": digested for name in _HASHES},
    "hmac.new": digested,
    "hmac.digest": digested,
    "hashlib.digest.update": digested,
}
METHODS: dict[str, Method] = {}
