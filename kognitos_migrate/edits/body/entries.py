"""An object as a list of entries, each with its name and its value."""

from collections.abc import Collection, Mapping

import libcst as cst

from kognitos_migrate.edits.express import Parts, is_primary
from kognitos_migrate.edits.literal import quoted
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.rulebook.model import EntryKeys
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import (
    NONE,
    NUMBER,
    Const,
    Decoding,
    Json,
    Ref,
    Reply,
    Text,
    Value,
    is_result,
    is_row,
)
from kognitos_migrate.values.heap import Record, Sequence
from kognitos_migrate.values.join import alternatives


def entry_list(entry: EntryKeys, scene: Scene, site: Site, moved: Collection[str] = ()) -> Parts | None:
    """The dict display at `site` as a list of entries, without the keys that are `moved` out of it; None
    where it isn't a display, or two of its keys may be equal, of which the dict keeps one."""
    tree, node = scene.tree(site), scene.node(site)
    if not isinstance(node, cst.Dict):
        return None
    pairs = [element for element in node.elements if isinstance(element, cst.DictElement)]
    keys = [written_key(scene, tree.site(pair.key)) for pair in pairs]
    if len(pairs) < len(node.elements) or len(set(keys)) < len(keys) or (None in keys and len(keys) > 1):
        return None
    parts: list[str | Span] = ["["]
    for pair in (pair for pair, key in zip(pairs, keys, strict=True) if key not in moved):
        parts.append(", " if len(parts) > 1 else "")
        parts += (f"{{{quoted(entry.name)}: ", tree.outer_span(pair.key), ", ")
        parts += (f"{quoted(entry.value)}: ", tree.outer_span(pair.value), "}")
    return (*parts, "]")


def written_key(scene: Scene, site: Site) -> str | None:
    """The text that a key of a dict display is in every context; None where it isn't one known text."""
    texts = {
        choice.literal if isinstance(choice, Text) else None
        for value in scene.everywhere(site)
        for choice in alternatives(value)
    }
    return texts.pop() if len(texts) == 1 else None


def entry_comprehension(
    entry: EntryKeys, scene: Scene, site: Site, expression: Parts, absent: Mapping[str, Parts]
) -> Parts:
    """The list of entries of the dict that `expression` gives, without the keys that are to be `absent`, each
    by its test if it has one; `site` is the source that it says. Raises Refused where Python doesn't allow
    the expression in a comprehension."""
    node, tree = scene.node(site), scene.tree(site)
    bound = next(iter(tree.within(node, cst.NamedExpr)), None)
    if bound is not None:
        message = "a name is bound inside the facts, which a comprehension does not allow"
        raise Refused(tree.site(bound), "body", message, "bind the name in a statement of its own before")
    bare = isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.Call | cst.Dict)
    is_whole = (bare and len(expression) == 1) or is_primary(scene, expression)
    owner = expression if is_whole else ("(", *expression, ")")
    made = f"{{{quoted(entry.name)}: name, {quoted(entry.value)}: value}}"
    tests = (part for key, test in absent.items() for part in left_out("name", key, test))
    return (f"[{made} for name, value in ", *owner, ".items()", *tests, "]")


def without(expression: Parts, absent: Mapping[str, Parts]) -> Parts:
    """The dict that an expression gives, without the keys that are to be `absent`, each by its test."""
    if absent and len(expression) > 1:
        expression = ("(", *expression, ")")
    for key, unless in absent.items():
        tests = left_out("key", key, unless)
        expression = ("{key: value for key, value in ", *expression, ".items()", *tests, "}")
    return expression


def left_out(variable: str, key: str, unless: Parts) -> Parts:
    """The condition of a comprehension that leaves out a key, always or unless something holds."""
    unequal = f" if {variable} != {quoted(key)}"
    return (unequal, " or ", *unless) if unless else (unequal,)


def require_object(scene: Scene, site: Site, facts: Value) -> None:
    """Raises Refused where the facts are no object."""
    choices = alternatives(facts)
    scalars = all(isinstance(choice, Text) or _is_no_text(choice, NONE) for choice in choices)
    for choice in choices:
        thing = scene.facts.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, Sequence) or scalars:
            raise Refused(site, "body", "the facts may be no object here", "send a dict")


def may_have_other_keys(scene: Scene, facts: Value) -> bool:
    """Whether a key of the facts may be no text: as a key it becomes text on its way, as the name of an entry
    it would not. Facts from outside the program, as those of a parameter, are taken for a dict of texts."""
    for choice in alternatives(facts):
        thing = scene.facts.heap[choice] if isinstance(choice, Ref) else None
        parts = scene.facts.heap.parts(thing) if isinstance(thing, Record) else []
        values = [choice, *(spread.value for part in parts for spread in part.spreads)]
        if any(is_row(value) or is_result(value) for value in values):
            return True
        if any(not _is_text(name) for part in parts for name in alternatives(part.names)):
            return True
    return False


def _is_text(value: Value) -> bool:
    """Whether a key is surely a text."""
    if isinstance(value, Reply):
        return bool(value.path) and value.path[-1] is Decoding.NAMES
    return isinstance(value, Text | Json)


def _is_no_text(value: Value, *others: Value) -> bool:
    return value == NUMBER or (isinstance(value, Const) and value not in others)
