"""What a table of the configuration says for a slot: literal fields, or a lookup in a table written into
the code."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import libcst as cst

from kognitos_migrate.config.lacking import keys_to_add, words_to_add
from kognitos_migrate.conversations.match import Match, PathMatch
from kognitos_migrate.edits.besides import acts, does_besides
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.express import (
    Expression,
    Parts,
    bound_before,
    express,
    mentions_parameter,
)
from kognitos_migrate.edits.identity import is_of_request, is_same
from kognitos_migrate.edits.literal import comment, quoted
from kognitos_migrate.edits.scene import Refused, Said, Scene
from kognitos_migrate.edits.sooner import said_sooner
from kognitos_migrate.edits.url.path import own_hole
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import FieldForm, Member, Role, Table, Unlisted
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import Hole, Ref
from kognitos_migrate.values.heap import Given, Instance
from kognitos_migrate.values.join import alternatives


class Literal(Struct, frozen=True):
    """The fields, known."""

    fields: Mapping[str, str]


class Lookup(Struct, frozen=True):
    """The fields, looked up by an expression in the table's constant."""

    table: Table
    key: Parts
    keys: frozenset[str] | None = None
    """The keys that may be looked up, None where any may."""
    drafts: tuple[Draft, ...] = ()
    """What binds the names in the key before that."""
    moved: Site | None = None
    """The expression that acts, where it is the key: it can't be left in the URL."""


def table_of(scene: Scene, match: Match, member: Member) -> Table:
    """The table that a member is looked up in."""
    return scene.api(match.operation).tables[member.table or ""]


def require_known(scene: Scene, match: Match, slot: str, table: Table) -> None:
    """Refuse where the configuration lacks a key that the code uses."""
    rows = scene.settings.tables.get(table.setting, {})
    unknown = [key for key in match.keys(slot) if key is not None and key not in rows]
    for key in unknown:
        if (fault := table.fault(key)) is not None:
            raise Refused(
                match.request.site,
                "malformed-key",
                f"{key!r} can't be a {table.key}: {fault}",
                f"put a {table.key} in its place, or delete the call",
            )
    if unknown:
        raise Refused(
            match.request.site,
            "not-configured",
            f"the configuration has no {table.key} {unknown[0]!r}",
            keys_to_add(scene.settings, table, unknown),
        )
    if not rows:
        raise Refused(
            match.request.site,
            "not-configured",
            f"the configuration names no {table.key}",
            keys_to_add(scene.settings, table, [f"<the {table.key}>"]),
        )


def fields_at(
    scene: Scene, matches: list[Match], slot: str, table: Table, frames: dict[int, int], at: Site
) -> Literal | Lookup | None:
    """The fields for all of these requests, as said in the frame that `frames` gives for each; None where
    the slot can't be said there, or not in the same words for all."""
    keys = {key for match in matches for key in match.keys(slot)}
    said: dict[Said | None, None] = {}
    parameter = False
    for match in matches:
        for path in match.paths:
            said[_expression(scene, match, path, slot, frames[match.request.id], at)] = None
            hole = _hole(match, path, slot)
            frame = frames[match.request.id]
            parts = express(scene, hole.site, hole.frame, frame, at) if hole is not None else None
            if parts is not None:
                parameter = parameter or mentions_parameter(scene, parts, frame)
                parameter = parameter or _is_given(scene, match, path, slot)
    rows = scene.settings.tables.get(table.setting, {})
    only = next(iter(keys)) if len(keys) == 1 else None
    if only is not None and not parameter and not any(_does_more(scene, match, slot) for match in matches):
        return Literal(rows[only])
    if len({_meaning(key) for key in said}) != 1:
        return None
    key = next(iter(said))
    known = frozenset(one for one in keys if one is not None) if None not in keys and not parameter else None
    return Lookup(table, key.parts, known, key.drafts) if key is not None else None


def _meaning(key: Said | None) -> str | None:
    """A key however it is quoted."""
    return ast.dump(ast.parse(f"({''.join(map(str, key.parts))})")) if key is not None else None


def _does_more(scene: Scene, match: Match, slot: str) -> bool:
    """Whether an expression that gives a slot does more than that."""
    return any(
        does_besides(scene, given.site) for path in match.paths for given in ways(scene, match, path, slot)
    )


def ways(scene: Scene, match: Match, path: PathMatch, slot: str) -> Iterator[Given]:
    """The expressions that give a slot, from the path outwards."""
    hole = _hole(match, path, slot)
    return scene.levels(Given(hole.value, hole.site, hole.frame), Role.URL) if hole is not None else iter(())


def _is_given(scene: Scene, match: Match, path: PathMatch, slot: str) -> bool:
    """Whether a slot is what an instance was given: another one may be given something else."""
    hole = _hole(match, path, slot)
    node = scene.node(hole.site) if hole is not None else None
    if hole is None or not isinstance(node, cst.Attribute):
        return False
    owner = scene.value(scene.tree(hole.site).site(node.value), hole.frame)
    things = [scene.facts.heap[choice] for choice in alternatives(owner) if isinstance(choice, Ref)]
    origins = [
        origin
        for thing in things
        if isinstance(thing, Instance)
        for origin in thing.origins.get(node.attr.value, ())
    ]
    return any(scene.outward(origin) is not None for origin in origins)


def _hole(match: Match, path: PathMatch, slot: str) -> Hole | None:
    place = next(index for index, part in enumerate(match.operation.old.path) if part.slot == slot)
    return own_hole(path.segments[place].pieces)


def _expression(scene: Scene, match: Match, path: PathMatch, slot: str, frame: int, at: Site) -> Said | None:
    hole = _hole(match, path, slot)
    if hole is None:
        return None
    key = (hole.site, hole.frame, frame, at, match.request.id)
    if key not in scene.said:
        given = [one for one in match.request.value(Role.URL) if _has_reading(one, path)]
        scene.said[key] = _said_again(scene, hole, given, frame, at)
    return scene.said[key]


def _has_reading(given: Given, path: PathMatch) -> bool:
    """Whether an argument may be the URL that was matched."""
    return any(choice == path.url.value for choice in alternatives(given.value))


def _said_again(scene: Scene, hole: Hole, urls: list[Given], frame: int, at: Site) -> Said | None:
    expression = Expression(scene, frame, at, [])
    parts = expression.parts(hole.site, hole.frame)
    if parts is None:
        return None
    before = bound_before(scene, parts, frame, at)
    proves = is_same if before else is_of_request
    if not proves(scene, expression.leaves, hole, urls):
        return None
    said = Said(parts) if before else said_sooner(scene, parts, frame, at)
    if said is None or (formatted := _formatted(scene, hole, said.parts)) is None:
        return None
    # As text, not as a span: where the key was passed on, it may be edited away.
    text = "".join(
        part if isinstance(part, str) else scene.trees[part.path].slice(part) for part in formatted
    )
    return Said((text,), said.drafts)


def _formatted(scene: Scene, hole: Hole, parts: Parts) -> Parts | None:
    """The text that an object gives which fills a hole: it is no key itself. None where making the text has
    side effects, or it is made in another way than an f-string's."""
    value = scene.value(hole.site, hole.frame)
    if not any(isinstance(one, Ref) and not _is_text(scene, one) for one in alternatives(value)):
        return parts
    tree, node = scene.tree(hole.site), scene.node(hole.site)
    around = tree.parent(node)
    if not isinstance(around, cst.FormattedStringExpression) or around.format_spec or around.conversion:
        return None
    return ('f"{', *parts, '}"') if not acts(scene, tree, around) else None


def _is_text(scene: Scene, ref: Ref) -> bool:
    """Whether an object is a text, of a class that is one."""
    thing = scene.facts.heap[ref]
    definition = scene.node(thing.cls.site) if isinstance(thing, Instance) and thing.cls else None
    bases = definition.bases if isinstance(definition, cst.ClassDef) else ()
    return any(isinstance(base.value, cst.Name) and base.value.value == "str" for base in bases)


def lookup_expression(lookup: Lookup) -> Parts:
    """The expression that looks the key up, by the table's function where the table may lack the key."""
    if lookup.keys is None and lookup.table.unlisted is not None:
        return (lookup.table.unlisted.function, "(", *lookup.key, ")")
    return (lookup.table.constant, "[", *lookup.key, "]")


def sources_of_table(
    scene: Scene, table: Table, keys: Collection[str] | None, tree: Tree
) -> Mapping[str, str]:
    """By name: the sources of the table with these rows (None: all), and of the function for keys that it may
    lack. Those that an earlier run wrote into the module are left out."""
    rows = scene.settings.tables.get(table.setting, {})
    names = [
        field.name for field in table.fields if field.required or _wanted(scene, table.setting, field.name)
    ]
    source = _table_source(
        table, {key: row for key, row in rows.items() if keys is None or key in keys}, names
    )
    sources = {} if _is_table_there(tree, source) else {table.constant: source}
    if keys is None and table.unlisted is not None:
        function = _function_source(table, table.unlisted, next(iter(rows.values())), names)
        if function not in tree.text.replace("\r\n", "\n"):
            sources[table.unlisted.function] = function
    return sources


def _is_table_there(tree: Tree, source: str) -> bool:
    """Whether an earlier run wrote the table into a module, with these rows and perhaps with more."""
    head, *rows = re.split(r"\n(?=    \"|\})", source)
    text = tree.text.replace("\r\n", "\n")
    return f"{head}\n" in text and all(f"\n{row}\n" in text for row in rows[:-1])


def _table_source(table: Table, rows: Mapping[str, Mapping[str, str]], dialect_fields: list[str]) -> str:
    """The table as Python source."""
    lines = [comment(table.comment), f"{table.constant} = {{"]
    for key, row in rows.items():
        lines.append(f"    {quoted(key)}: {{")
        lines.extend(
            f"        {quoted(name)}: {quoted(row[name])}," for name in dialect_fields if name in row
        )
        lines.append("    },")
    lines.append("}")
    return "\n".join(lines)


def _function_source(
    table: Table, unlisted: Unlisted, row: Mapping[str, str], dialect_fields: list[str]
) -> str:
    """The function that looks a key up, as Python source. One that it lacks gets a row of its own."""
    texts = {field.name for field in table.fields if field.form is FieldForm.TEXT}
    lines = [
        f"def {unlisted.function}({table.key}):",
        f'    """{unlisted.comment}"""',
        f"    if {table.key} in {table.constant}:",
        f"        return {table.constant}[{table.key}]",
        "    return {",
    ]
    for name in dialect_fields:
        value = quoted(f"unknown {table.key}" if name in texts else row.get(name, ""))
        value = f"str({table.key})" if name == unlisted.field else value
        lines.append(f"        {quoted(name)}: {value},")
    return "\n".join([*lines, "    }"])


def _wanted(scene: Scene, setting: str, field: str) -> bool:
    """Whether some body has this field of a table in the dialect that is chosen."""
    return any(
        member.table == setting and member.field == field
        for operation in scene.rules.operations
        for member in operation.new.members
        if member.when in (None, scene.dialect(operation))
    )


def unknown_words(scene: Scene, old: Member, site: Site, words: Sequence[str]) -> Refused:
    """The refusal where words have no meaning in the new vocabulary."""
    *first, last = [repr(word) for word in words]
    said = f"words {', '.join(first)} and {last} have" if first else f"word {last} has"
    return Refused(
        site,
        "word-unknown",
        f"the configuration does not say what the {said} become",
        words_to_add(scene.settings, old.vocabulary or "", words),
    )
