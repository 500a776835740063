"""Notes on public functions that return replies, or words in them, to code that can't be followed.

def start(facts):                       # callers in the project are migrated; a script
    return post(url, facts).json()      # on somebody's machine, or a notebook, is not in sight
"""

import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.interpret.state.tracked_values import tracked_leaves
from kognitos_migrate.interpret.state.use_details import CALLERS
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.module_references import is_public
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply, Value

_MOST = 3
"""The most functions that a note names."""


def public_return_notes(
    context: PlanContext, matches: Collection[Match], helpers: Helpers
) -> Mapping[int, list[str]]:
    """Notes that name the public functions which return the whole reply of a request, or words of the new
    version in it, by request id. `helpers` convert words back to the old ones."""
    if not matches:
        return {}
    returning = context.memoize(_ReturningFunctions)
    notes = {match.request.id: _notes_of_match(context, match, helpers, returning) for match in matches}
    return {number: own for number, own in notes.items() if own}


class _ReturningFunctions:
    """The public functions by what they return: a value, or one that contains it."""

    def __init__(self, context: PlanContext) -> None:
        self.by_value: defaultdict[Value, set[str]] = defaultdict(set)
        self.by_leaf: defaultdict[Value, set[str]] = defaultdict(set)
        for function, value in _results(context):
            for choice in alternatives(value):
                self.by_value[choice].add(function)
            for leaf in tracked_leaves(value, (), context.facts.heap, {}):
                self.by_leaf[leaf].add(function)


def _notes_of_match(
    context: PlanContext, match: Match, helpers: Helpers, returning: _ReturningFunctions
) -> list[str]:
    returning_whole = returning.by_value.get(Reply(match.request.id, (View.JSON,)), set())
    returning_word: defaultdict[str, set[str]] = defaultdict(set)
    for word, vocabulary in _new_words(context, match, helpers):
        if functions := returning.by_leaf.get(word):
            returning_word[vocabulary] |= functions
    notes = []
    new = context.api(match.operation).new
    if returning_whole:
        what = f"the {new} response: callers outside this project will see different fields"
        notes.append(f"{_subject(returning_whole)} {what}")
    for vocabulary, functions in sorted(returning_word.items()):
        old_word, means = next(iter(context.settings.vocabularies[vocabulary].items()))
        if functions - returning_whole:
            what = f"{new} words: callers outside this project will see {means[0]!r} instead of {old_word!r}"
            notes.append(f"{_subject(functions - returning_whole)} {what}")
    return notes


def help_for_application(context: PlanContext, use: Use) -> str | None:
    """The setting with which callers outside of the project don't count. None if a function returns the reply
    that has no callers in sight, or none at all does."""
    frame = context.facts.frames[use.frame]
    function = context.node(frame.function) if frame.function is not None else None
    if use.detail != CALLERS or frame.call is None or not isinstance(function, cst.FunctionDef):
        return None
    package = context.files.outermost_package(context.facts.frames[use.frame].path)
    pattern = os.path.relpath(package, context.settings.root).replace(os.sep, "/")
    pattern += "/" if package.endswith("/") else ""
    return (
        f"other projects can import `{function.name.value}`, because its package can be installed; "
        f"if none does, add `applications: [{pattern}]` to the configuration"
    )


def _subject(functions: Collection[str]) -> str:
    """The subject and the verb of a note."""
    names = sorted(functions)
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(names[:_MOST])}{more} {'return' if names[1:] else 'returns'}"


def _new_words(context: PlanContext, match: Match, helpers: Helpers) -> Iterator[tuple[Value, str]]:
    """The fields of a reply that contain words of the new version in the planned program, each with the name
    of its vocabulary."""
    for member in match.operation.old.reply:
        vocabulary = context.api(match.operation).vocabularies.get(member.vocabulary or "")
        if vocabulary is not None and member.vocabulary and not helpers.has_word_function(vocabulary):
            yield Reply(match.request.id, (View.JSON, member.name)), member.vocabulary


def _results(context: PlanContext) -> Iterator[tuple[str, Value]]:
    """The public functions that other projects may import, each with a value that it returns."""
    unavailable = context.facts.tests | context.files.internal
    for path, tree in context.trees.items():
        for node in tree.of_kind(cst.Return) if path not in unavailable else ():
            if isinstance(node, cst.Return) and node.value is not None:
                function = tree.enclosing(node, cst.FunctionDef, cst.Lambda)
                if isinstance(function, cst.FunctionDef) and is_public(tree, function):
                    for value in context.values_at(tree.site(node.value)):
                        yield f"{function.name.value}()", value
