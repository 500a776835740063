"""A slot's value in a dict of its own that is merged into the body where it is sent: it is taken from that
dict, which is merged no more."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.additions import Addition
from kognitos_migrate.edits.body.listed import value_as_list
from kognitos_migrate.edits.body.places import body_roles, find_entries, has_surely, records_of
from kognitos_migrate.edits.contexts import gives_only
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.literal import quoted
from kognitos_migrate.edits.removal import remove_merged
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.values.base import Reply, Text
from kognitos_migrate.values.heap import Given, Record
from kognitos_migrate.values.join import alternatives


class Merged(Struct, frozen=True):
    """What is said of the slot, and the draft that takes its dict out of the body; None where that holds more
    than the slot."""

    addition: Addition
    draft: Draft | None


def merged(scene: Scene, match: Match, key: str) -> Merged | None:
    """The body's entry `key`, if a dict holds it that is merged into the body of this operation, and it has a
    name, or nothing else in it; None where none does."""
    for part in _parts(scene, match, key):
        choices = [record for value in part for record in records_of(scene, value.value)]
        draft = remove_merged(scene, part[0].site)
        is_own = all(set(one.entries) <= {key} and not one.spreads and not one.open for one in choices)
        addition = _named(scene, key, part) or (_written(scene, key, part) if is_own else None)
        if draft is not None and addition is not None:
            return Merged(addition, draft if is_own else None)
    return None


def _parts(scene: Scene, match: Match, key: str) -> Iterator[list[Given]]:
    """The dicts, by what they may be, that are merged into a body which has the key from nowhere else."""
    for level in (one for given in body_roles(match) for one in scene.levels(given, Role.JSON)):
        records = records_of(scene, level.value)
        if len(records) != 1 or records[0].site != level.site or key in records[0].entries:
            continue
        if not gives_only(scene, match, level.site):
            continue
        found = _holding(scene, records[0], key)
        if len(found) == 1:
            yield found[0]


def _holding(scene: Scene, record: Record, key: str) -> list[list[Given]]:
    """What was merged into a dict, expression by expression, where it may have the key."""
    by_site: dict[object, list[Given]] = {}
    for spread in record.spreads:
        by_site.setdefault((spread.site, spread.frame), []).append(spread)
    return [
        choices for choices in by_site.values() if any(find_entries(scene, one.value, key) for one in choices)
    ]


def _written(scene: Scene, key: str, part: list[Given]) -> Addition | None:
    """Return the entries of a dict as a list, which is written where it is merged, and perhaps empty unless
    a test holds."""
    choice = scene.node(part[0].site)
    tree = scene.tree(part[0].site)
    entries = [entry for one in part for entry in find_entries(scene, one.value, key)]
    if isinstance(choice, cst.Dict) and len(entries) == 1:
        return value_as_list(scene, entries[0].given)
    if not isinstance(choice, cst.IfExp) or not isinstance(choice.orelse, cst.Dict):
        return None
    if len(entries) != 1 or not isinstance(choice.body, cst.Dict) or choice.orelse.elements:
        return None
    if tree.parent(scene.node(entries[0].holder)) is not choice.body:
        return None
    listed = value_as_list(scene, entries[0].given).parts or ()
    test = tree.outer_span(choice.test)
    return Addition((*listed, " if ", test, " else []"), frame=part[0].frame, always=True)


def _named(scene: Scene, key: str, part: list[Given]) -> Addition | None:
    """What a dict holds that has a name, as a list."""
    if not isinstance(scene.node(part[0].site), cst.Name):
        return None
    name, item = scene.code(part[0].site), quoted(key)
    entries = [entry for one in part for entry in find_entries(scene, one.value, key)]
    single = all(
        isinstance(choice, Reply | Text) for entry in entries for choice in alternatives(entry.given.value)
    )
    certain = all(has_surely(scene, one.value, key) for one in part)
    if single:
        after = "]]" if certain else f"]] if {item} in {name} else []"
        return Addition(given=part[0], before="[", after=f"[{item}{after}", always=not certain)
    return Addition(given=part[0], after=f"[{item}]" if certain else f".get({item}, [])", always=not certain)
