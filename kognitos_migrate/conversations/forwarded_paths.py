"""Requests whose path code out of sight passes to a function that the program calls with paths of its own.

def post(self, path, body):                            # the program passes f"/start/{KIND}", and
    return self.session.post(HOST + path, json=body)   # code that receives the object may pass any path
"""

from collections.abc import Iterable, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.conversations.value_sources import ValueSources
from kognitos_migrate.interpret.state.facts import Frame, Request
from kognitos_migrate.syntax.binding_sources import BindingKind
from kognitos_migrate.syntax.definition_flow import DefinitionKind
from kognitos_migrate.syntax.definitions import Definitions
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.lattice import Hole


def is_forwarding(
    program: ProgramFacts, request: Request, urls: Iterable[Url], understood: Sequence[Match]
) -> bool:
    """Whether a request goes to the path that code out of sight passes, in each of the `urls`, while the
    program itself sends requests that are `understood` by the same code.

    The whole path is such an argument: with the version in the program, a change of it would reach the
    requests of that code, too. A function that the program itself passes on may get a path of the program.
    """
    *_, entry = program.facts.stack(request.frame)
    if entry.function in program.facts.passed:
        return False
    return _is_called_in_sight(program, entry, request.site, understood) and all(
        _is_path_of_caller(program, url, entry) for url in urls
    )


def _is_called_in_sight(program: ProgramFacts, entry: Frame, site: Site, understood: Sequence[Match]) -> bool:
    """Whether the program itself calls the function of `entry` to send a request at `site`."""
    return any(
        frame.function == entry.function and frame.call is not None
        for match in understood
        if match.request.site == site
        for frame in program.facts.stack(match.request.frame)
    )


def _is_path_of_caller(program: ProgramFacts, url: Url, entry: Frame) -> bool:
    """Whether the path of a URL begins with an argument of the outermost caller."""
    pieces = [*url.base, *(piece for segment in url.segments for piece in segment.pieces)]
    first = next((piece for piece in pieces if piece.text is None), None)
    literals = [piece for segment in url.segments for piece in segment.pieces if piece.text is not None]
    return first is not None and not literals and _is_argument_of(program, first.via[-1], entry)


def _is_argument_of(program: ProgramFacts, hole: Hole, entry: Frame) -> bool:
    """Whether a hole is a parameter of `entry` that code out of sight passes."""
    sources, site, frame = program.memoize(ValueSources), hole.site, hole.frame
    while (operand := sources.argument_of_read(site, frame)) is not None:
        site, frame = operand.site, operand.frame
    tree, node = program.tree(site), program.node(site)
    if frame != entry.id or entry.call is not None or not isinstance(node, cst.Name):
        return False
    definition = tree.memoize(Definitions).of(node)
    if definition is None or definition.kind is not DefinitionKind.BINDING:
        return False
    return sources.of_target(tree, tree.nodes[definition.node], entry).kind is BindingKind.PARAMETER
