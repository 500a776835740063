"""What of the functions and classes that nothing runs need not be parsed: all of one, or bodies."""

import ast
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache

from kognitos_migrate.discover.idle import Between, bodies, definition, is_of_tests
from kognitos_migrate.discover.index import Index, Place
from kognitos_migrate.discover.statements import Statement
from kognitos_migrate.discover.telling import shown_in
from kognitos_migrate.record import replace


def unparsed(
    idle: Iterable[Place], index: Index, files: Collection[str], named: Callable[[bytes], bool]
) -> Mapping[str, Sequence[Between]]:
    """By file: where that stands, in order. `idle` are the statements that define them, `files` all that are
    looked at; `named` says whether a text names what is looked for."""
    shown = cache(lambda file: shown_in(index.texts[file]))
    some = [(file, one) for file, one in idle if not is_of_tests(file, index.texts[file])]
    wholes = {place: definition(place[1], named, shown(place[0])) for place in some}
    known = _below_their_like({place: at for place, at in wholes.items() if at is not None}, index, files)
    found: dict[str, list[Between]] = {file: [] for file, _ in some}
    for file, one in some:
        at = known.get((file, one))
        found[file] += bodies(one, named, shown(file)) if at is None else (at,)
    return found


def _below_their_like(
    wholes: Mapping[Place, Between], index: Index, files: Collection[str]
) -> Mapping[Place, Between]:
    """Those of which all classes that they are derived from are among them: a class that is run may have to
    do with what is derived from it."""
    above = {place: _bases(*place, index, files) for place in wholes}
    known = dict(wholes)
    while more := [place for place in known if not known.keys() >= above[place]]:
        for place in more:
            del known[place]
    return known


def _bases(file: str, statement: Statement, index: Index, files: Collection[str]) -> set[Place]:
    """What defines, in one of the files, what a class is derived from."""
    bases = statement.node.bases if isinstance(statement.node, ast.ClassDef) else ()
    inner = [one for base in bases for one in ast.walk(base)]
    said = {one.id for one in inner if isinstance(one, ast.Name)}
    said |= {one.attr for one in inner if isinstance(one, ast.Attribute)}
    asked = replace(statement, words=frozenset(said), names=frozenset())
    places = index.mentioned(file, asked) if said else ()
    return {(other, one) for other, one in places if other in files and not one.is_import}
