"""Calls of the API in a library without source, which is given the address out of sight: only the fields that
are read of its replies show them.

started = automation.begin(os.environ["PROCESS"])   # a library sends the request
run = automation.follow(started["old_id"])
if run["old_state"] == "old word":                  # fields and words that only the old version has
    print(run["old_result"])
"""

from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.handed import HandOver, module_signs
from kognitos_migrate.conversations.program import Program
from kognitos_migrate.conversations.signs import Sign
from kognitos_migrate.interpret.state.events import UseKind
from kognitos_migrate.rulebook.model import Operation, Signature
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import Text
from kognitos_migrate.values.join import alternatives

_LOOKS = (UseKind.COMPARE, UseKind.MATCH)


def wrapped_calls(program: Program, explained: Collection[str]) -> Iterator[HandOver]:
    """The modules in which the fields of two old replies are read of different values of which nothing is
    known, the one giving what the other is asked for, and a word of the second is looked for. Each calls a
    package out of sight; none is one of those whose requests are `explained`."""
    callers = {path for path, outside in program.facts.outside.items() if outside.libraries}
    for path in sorted(callers.intersection(program.trees) - {*explained} - program.facts.tests):
        for giver, taker in _passing(program):
            signs = [sign for one in (giver, taker) for sign in module_signs(program, path, (one,))]
            is_whole = {sign.operation for sign in signs} == {giver.id, taker.id}
            if is_whole and _says(program, path, taker) and _are_apart(program.trees[path], signs):
                call = f"{giver.old.call} and {taker.old.call}"
                yield HandOver(signs[0].site, f"a library may call {call} here", tuple(signs))
                break


def _passing(program: Program) -> Iterator[tuple[Operation, Operation]]:
    """The pairs of operations, by the signatures, of which one gives what the other is sent in its path."""
    operations = {one.id: one for one in program.rules.operations}
    for api in program.rules.apis.values():
        for signature in api.signatures:
            if signature.sends is not None and _is_in_path(operations[signature.operation], signature):
                yield operations[signature.sends.operation], operations[signature.operation]


def _is_in_path(operation: Operation, signature: Signature) -> bool:
    return signature.sends is not None and any(
        part.slot == signature.sends.slot for part in operation.old.path
    )


def _says(program: Program, path: str, operation: Operation) -> bool:
    """Whether a module compares something with a word of an operation's old reply, if that has words."""
    names = {member.vocabulary for member in operation.old.reply if member.vocabulary is not None}
    words = {word for name in names for word in program.settings.vocabularies.get(name, ())}
    looks = (use for use in program.facts.uses if use.kind in _LOOKS and use.site.path == path)
    said = {choice.literal for use in looks for choice in alternatives(use.value) if isinstance(choice, Text)}
    return not names or not words.isdisjoint(filter(None, said))


def _are_apart(tree: Tree, signs: Sequence[Sign]) -> bool:
    """Whether the reads of the two operations are of values that are written differently."""
    subjects: dict[str, set[str]] = {}
    for sign in signs:
        subjects.setdefault(sign.operation, set()).add(_subject(tree, sign.site))
    return len(set.union(*subjects.values())) == sum(map(len, subjects.values()))


def _subject(tree: Tree, site: Site) -> str:
    """The value that a field is read of, as it is written."""
    node = tree.node(site)
    while isinstance(node, cst.Call):
        node = node.func
    owner = node.value if isinstance(node, cst.Subscript | cst.Attribute) else node
    return tree.module.code_for_node(owner)
