"""Public functions that return replies to code that can't be followed.

def start(facts):                       # callers in the project are migrated; a script
    return post(url, facts).json()      # on somebody's machine, or a notebook, is not in sight
"""

from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.module_references import is_public
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply, Value

_MOST = 3
"""The most functions that a note names."""


def notes_of_returns(context: PlanContext, matches: Collection[Match]) -> list[str]:
    """A note that names the public functions which return whole replies of the requests `matches`. Empty if
    there are none."""
    names = sorted(set(_returning(context, {match.request.id for match in matches})))
    if not names:
        return []
    new = next(context.api(match.operation).new for match in matches)
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    name_list = ", ".join(names[:_MOST]) + more
    verb = "return" if names[1:] else "returns"
    return [f"{name_list} {verb} the {new} response: callers outside this project will see different fields"]


def _returning(context: PlanContext, requests: Collection[int]) -> Iterator[str]:
    for path, tree in context.trees.items():
        for node in tree.of_kind(cst.Return) if path not in context.facts.tests else ():
            if isinstance(node, cst.Return) and node.value is not None:
                values = context.values_at(tree.site(node.value))
                function = tree.enclosing(node, cst.FunctionDef, cst.Lambda)
                if isinstance(function, cst.FunctionDef) and is_public(tree, function):
                    if any(_is_whole(value, requests) for value in values):
                        yield f"{function.name.value}()"


def _is_whole(value: Value, requests: Collection[int]) -> bool:
    return any(
        isinstance(choice, Reply) and choice.request in requests and choice.path == (View.JSON,)
        for choice in alternatives(value)
    )
