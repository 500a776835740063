"""Decodes and encodes JSON text in new code, with the `json` that the module imports."""

import json

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.imports import is_bound_at_top, json_name, means_builtin, module_name_at
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.interpret.library_effects import is_file, makes_text
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.shapes import last_name
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.lattice import Const, Json, Ref, Text, Unknown, Value

EMPTY_TEXTS = ("{}", "")
"""JSON texts of an object without entries."""


def decoding_call(context: PlanContext, site: Site, imports: dict[str, set[str]]) -> str:
    """The start of the call that decodes JSON text, or a file with it. Raises RefusalError if the body may be
    either, or may be text that isn't a JSON object. Import lines are added to `imports`, by file."""
    module = require_json_name(context, site, imports)
    choices = context.alternatives_at(site)
    files = [choice for choice in choices if isinstance(choice, Unknown) and is_file(choice)]
    if len(files) < len(choices) and (files or not _yields_text(context, site)):
        raise RefusalError(
            site, "body", "the body may be text or a file", "decode the body first, and send a dict"
        )
    if any(isinstance(choice, Text) and not _may_be_json_object(choice.literal) for choice in choices):
        message = (
            "the body may be text that isn't a JSON object, and the new code would raise an error for it"
        )
        raise RefusalError(site, "body", message, "pass a dict as the body")
    return f"{module}.load(" if files else f"{module}.loads("


def _yields_text(context: PlanContext, site: Site) -> bool:
    """Whether an expression yields text or bytes, as opposed to an object that may be read like a file: an
    instance, an object of a library, or an unknown value."""
    call = context.call(site)
    is_made = call is not None and makes_text(last_name(call.func))
    return all(_is_text_value(context, choice, is_made=is_made) for choice in context.alternatives_at(site))


def _is_text_value(context: PlanContext, value: Value, *, is_made: bool) -> bool:
    """Whether a value is text or bytes. `is_made` says that a method of texts returned it."""
    match value:
        case Unknown():
            name = value.member[1]
            return value.public or is_made or (name.endswith("()") and makes_text(name.removesuffix("()")))
        case Ref():
            return not isinstance(context.facts.heap.objects[value.id], Instance)
    return isinstance(value, Text | Json | Const)


def _may_be_json_object(text: str | None) -> bool:
    """Whether a text, None if unknown, may be a JSON object."""
    try:
        return text is None or isinstance(json.loads(text), dict)
    except ValueError:
        return False


def is_empty_json_object(context: PlanContext, site: Site) -> bool:
    """Whether an expression is always the JSON text of an object without entries, or an empty text."""
    return all(map(is_empty_json_text, context.alternatives_at(site)))


def is_empty_json_text(value: Value) -> bool:
    """Whether a value is the JSON text of an object without entries, or an empty text."""
    return isinstance(value, Text) and value.literal in EMPTY_TEXTS


def require_json_name(context: PlanContext, site: Site, imports: dict[str, set[str]]) -> str:
    """The module's name for `json`. The lines of new imports are added to `imports`, by file. Raises
    RefusalError if the name means something else."""
    tree = context.tree(site)
    name = module_name_at(tree, "json", tree.node(site))
    if name is not None:
        return name
    top_name = json_name(tree)
    if top_name is None and tree.gaps.mentions("json"):
        raise NeedsFullParseError(tree.path)
    if (
        top_name is None
        and not is_bound_at_top(tree, "json")
        and means_builtin(tree, "json", tree.node(site))
    ):
        imports.setdefault(tree.path, set()).add("import json")
        return "json"
    raise RefusalError(
        site,
        "name-taken",
        f"the new code needs the name {top_name or 'json'!r}, which has another meaning here",
    )
