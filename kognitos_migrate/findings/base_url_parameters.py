"""Parameters whose default contains the version of a URL, and that callers out of sight can pass."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.syntax.functions import named_parameters
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Unknown


def base_url_parameters(program: ProgramFacts, match: Match) -> Iterator[str]:
    """The parameters that can replace the base of a call's URL: `base of Client()`."""
    if not match.paths:
        return
    for url in match.other_urls:
        for piece in url.base if url.segments else url.pieces():
            choices = alternatives(piece.via[-1].value) if piece.text is None else ()
            for choice in choices:
                if isinstance(choice, Unknown) and not choice.public and choice.source.isidentifier():
                    owners = {
                        *_functions_with_default(program, choice.source),
                        *_classes_with_default(program, choice.source),
                    }
                    if owners:
                        yield choice.source + (f" of {owners.pop()}()" if len(owners) == 1 else "")


def _functions_with_default(program: ProgramFacts, name: str) -> Iterator[str]:
    """The names of the functions with a parameter of this name that has a default. A constructor has the name
    of its class."""
    for tree in program.trees.values():
        if name not in tree.text:
            continue
        for function in tree.of_kind(cst.FunctionDef):
            if any(own.name.value == name and own.default for own in named_parameters(function)):
                yield _name_of(tree, function)


def _classes_with_default(program: ProgramFacts, name: str) -> Iterator[str]:
    """The names of the classes with a field of this name that has a default."""
    for info in program.facts.classes.values():
        if any(field.name == name and field.default is not None for field in info.fields):
            yield info.name


def _name_of(tree: Tree, function: cst.FunctionDef) -> str:
    block = tree.parent(function)
    owner = tree.parent(block) if block is not None else None
    if function.name.value == "__init__" and isinstance(owner, cst.ClassDef):
        return owner.name.value
    return function.name.value
