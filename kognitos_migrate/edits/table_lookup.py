"""Values of a table slot: literal fields, or a lookup in a table that is written into the code."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import libcst as cst

from kognitos_migrate.config.scaffold import words_to_add
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.path_fit import PathMatch
from kognitos_migrate.edits.code_motion import hoist
from kognitos_migrate.edits.config_table_keys import default_fields, row_of
from kognitos_migrate.edits.context import PlanContext, RelocatedExpression
from kognitos_migrate.edits.imports import in_style_of
from kognitos_migrate.edits.literals import comment, docstring, string_literal, text_outside_f_string
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import CodeTemplate, Rematerialization, rematerialize
from kognitos_migrate.edits.side_effects import acts_or_raises
from kognitos_migrate.edits.table_key_text import formatted_key
from kognitos_migrate.edits.table_key_variable import table_key_variable
from kognitos_migrate.edits.template_variables import is_bound_before, mentions_parameter
from kognitos_migrate.edits.url.path import covering_holes
from kognitos_migrate.edits.value_identity import belongs_to_request, has_same_value
from kognitos_migrate.edits.value_provenance import is_hole_carried_to_request
from kognitos_migrate.rulebook.model import FallbackLookup, LayoutMember, Role, Table
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole


class LiteralFields(Struct, frozen=True):
    """The fields of a row, for a key that is known."""

    fields: Mapping[str, str]


class TableLookup(Struct, frozen=True):
    """The fields of a row that an expression looks up in the table's constant."""

    table: Table
    key: CodeTemplate
    keys: frozenset[str] | None = None
    """The keys that may be looked up; None if any key may."""
    edits: tuple[PendingEdit, ...] = ()
    """Pending edits that bind the key's names before the lookup."""
    moved: Site | None = None
    """The key, if it has a side effect: it must not stay in the URL as well."""


def fields_at(
    context: PlanContext, matches: list[Match], slot: str, table: Table, frames: dict[int, int], at: Site
) -> LiteralFields | TableLookup | None:
    """The fields for all of these requests at the site `at`, in the frame that `frames` has for each. None if
    the key can't be written there, or not with the same expression for all requests. A test's made-up key has
    the fields of a key without a row."""
    keys = {key for match in matches for key in match.keys(slot)}
    expressions: dict[RelocatedExpression | None, None] = {}
    parameter = False
    for match in matches:
        for path in match.paths:
            key = _key_expression(context, match, path, slot, table.key, frames[match.request.id], at)
            expressions[key] = None
            frame = frames[match.request.id]
            for hole in _slot_holes(match, path, slot):
                parts = rematerialize(context, hole.site, hole.frame, frame, at)
                if parts is not None:
                    parameter = parameter or mentions_parameter(context, parts, frame)
                    parameter = parameter or _is_constructor_argument(context, match, path, slot)
                    break
        parameter = parameter or has_default_field(context, match, slot)
    rows = context.settings.tables.get(table.setting, {})
    only = next(iter(keys)) if len(keys) == 1 else None
    if (
        only is not None
        and (context.settings.is_decided(table.setting, only) or at.path in context.facts.tests)
        and not parameter
        and not any(_has_effect(context, match, slot) for match in matches)
    ):
        return LiteralFields(row_of(context, table, only))
    if len({_normalized_key(key) for key in expressions}) != 1:
        return None
    key = next(iter(expressions))
    literal_keys = (
        frozenset(literal for literal in keys if literal is not None)
        if keys <= rows.keys() and not parameter
        else None
    )
    return TableLookup(table, key.parts, literal_keys, key.edits, key.moved) if key is not None else None


def _normalized_key(key: RelocatedExpression | None) -> tuple[str, tuple[Span, ...]] | None:
    """The syntax of a key, regardless of quotes, and the places of the variables that it needs."""
    if key is None:
        return None
    places = tuple(edit.span for edit in key.edits)
    return ast.dump(ast.parse(f"({''.join(map(str, key.parts))})")), places


def _has_effect(context: PlanContext, match: Match, slot: str) -> bool:
    """Whether an expression of the slot has side effects or may raise."""
    return any(
        acts_or_raises(context, operand.site)
        for path in match.paths
        for operand in slot_expressions(context, match, path, slot)
    )


def slot_expressions(context: PlanContext, match: Match, path: PathMatch, slot: str) -> Iterator[Operand]:
    """The expressions that pass on a slot, from the path outwards."""
    hole = slot_hole(match, path, slot)
    return (
        context.argument_chain(Operand(hole.value, hole.site, hole.frame), Role.URL)
        if hole is not None
        else iter(())
    )


def _is_constructor_argument(context: PlanContext, match: Match, path: PathMatch, slot: str) -> bool:
    """Whether a slot is an attribute that the instance got from an argument. Another instance may have
    another one."""
    hole = slot_hole(match, path, slot)
    return hole is not None and any(
        context.caller_argument(origin) is not None
        for origin in _attribute_origins(context, Operand(hole.value, hole.site, hole.frame))
    )


def has_default_field(context: PlanContext, match: Match, slot: str) -> bool:
    """Whether a slot is a field of a dataclass or a model that has its default. Another instance may be
    created with another value."""
    return any(
        context.tree(origin.site).enclosing(context.node(origin.site), *_HOMES).__class__ is cst.AnnAssign
        for path in match.paths
        for operand in slot_expressions(context, match, path, slot)
        for origin in _attribute_origins(context, operand)
    )


_HOMES = (cst.AnnAssign, cst.FunctionDef, cst.Lambda, cst.ClassDef)


def _attribute_origins(context: PlanContext, operand: Operand) -> Iterator[Operand]:
    """The expressions that supply an attribute of an instance; nothing for any other expression."""
    node = context.node(operand.site)
    if not isinstance(node, cst.Attribute):
        return
    owner = context.value(context.tree(operand.site).site(node.value), operand.frame)
    for choice in alternatives(owner):
        instance = context.facts.heap.get(choice)
        if isinstance(instance, Instance):
            yield from instance.origins.get(node.attr.value, ())


def slot_hole(match: Match, path: PathMatch, slot: str) -> Hole | None:
    """The outermost expression that supplies a slot of a path and nothing else."""
    return next(_slot_holes(match, path, slot), None)


def _slot_holes(match: Match, path: PathMatch, slot: str) -> Iterator[Hole]:
    place = next(index for index, part in enumerate(match.operation.old.path) if part.slot == slot)
    return covering_holes(path.segments[place].pieces)


def _key_expression(
    context: PlanContext, match: Match, path: PathMatch, slot: str, name: str, frame: int, at: Site
) -> RelocatedExpression | None:
    """The key at a site, with a new variable of this name if nothing else is the same there."""
    for hole in _slot_holes(match, path, slot):
        key = (hole.site, hole.frame, frame, at, match.request.id)
        if key not in context.table_keys:
            urls = url_arguments(match, path)
            context.table_keys[key] = _relocated_key(context, hole, urls, frame, at, name)
        if context.table_keys[key] is not None:
            return context.table_keys[key]
    return None


def url_arguments(match: Match, path: PathMatch) -> list[Operand]:
    """The arguments of a request that may be a matched URL."""
    return [operand for operand in match.request.value(Role.URL) if _may_be_url(operand, path)]


def _may_be_url(operand: Operand, path: PathMatch) -> bool:
    """Whether an argument may be the matched URL."""
    return any(choice == path.url.value for choice in alternatives(operand.value))


def _relocated_key(
    context: PlanContext, hole: Hole, urls: list[Operand], frame: int, at: Site, name: str
) -> RelocatedExpression | None:
    expression = Rematerialization(context, frame, at, [])
    parts = expression.parts(hole.site, hole.frame)
    moved: Site | None = None
    before = parts is None or is_bound_before(context, parts, frame, at)
    proves = has_same_value if before else belongs_to_request
    if parts is None:
        is_carried = is_hole_carried_to_request(context, urls, hole)
        relocation = table_key_variable(context, hole, frame, at, name) if is_carried else None
        moved = hole.site
    elif not proves(context, expression.leaves, hole, urls):
        is_own = before and belongs_to_request(context, expression.leaves, hole, urls)
        relocation = table_key_variable(context, hole, frame, at, name) if is_own else None
    else:
        relocation = RelocatedExpression(parts) if before else hoist(context, parts, frame, at)
    if relocation is None or (formatted := formatted_key(context, hole, relocation.parts)) is None:
        return None
    # Text, not a span: another edit may delete the argument that passes the key on.
    text = "".join(
        part if isinstance(part, str) else text_outside_f_string(context.trees[part.path], part)
        for part in formatted
    )
    return RelocatedExpression((text,), relocation.edits, moved)


def lookup_expression(lookup: TableLookup) -> CodeTemplate:
    """The expression that looks the key up. It calls the table's function if the table may lack the key."""
    if lookup.keys is None and lookup.table.unlisted is not None:
        return (lookup.table.unlisted.function, "(", *lookup.key, ")")
    return (lookup.table.constant, "[", *lookup.key, "]")


def _name_read_by(lookup: TableLookup) -> str:
    """The name that the expression of a lookup reads: that of the table or of its function."""
    unlisted = lookup.table.unlisted
    return unlisted.function if lookup.keys is None and unlisted is not None else lookup.table.constant


def sources_of_table(
    context: PlanContext, table: Table, keys: Collection[str] | None, tree: Tree
) -> Mapping[str, str]:
    """The source of the table with the rows of these keys (None: all), and of the function for unlisted keys,
    by name. Sources that an earlier run wrote into the module are left out."""
    rows = context.settings.tables.get(table.setting, {})
    names = [
        field.name
        for field in table.fields
        if field.required or _is_field_needed(context, table.setting, field.name)
    ]
    source = _table_source(
        table, {key: row for key, row in rows.items() if keys is None or key in keys}, names
    )
    sources = {} if _contains_table(tree, source) else {table.constant: source}
    if keys is None and table.unlisted is not None:
        function = _function_source(table, table.unlisted, next(iter(rows.values())), names)
        function = in_style_of(tree, function)
        if function not in tree.text.replace("\r\n", "\n"):
            sources[table.unlisted.function] = function
    return sources


def _contains_table(tree: Tree, source: str) -> bool:
    """Whether the module contains the table from an earlier run, with these rows or more."""
    head, *rows = re.split(r"\n(?=    \"|\})", source)
    text = tree.text.replace("\r\n", "\n")
    return f"{head}\n" in text and all(f"\n{row}\n" in text for row in rows[:-1])


def _table_source(table: Table, rows: Mapping[str, Mapping[str, str]], dialect_fields: list[str]) -> str:
    lines = [comment(table.comment), f"{table.constant} = {{"]
    for key, row in rows.items():
        lines.append(f"    {string_literal(key)}: {{")
        lines.extend(
            f"        {string_literal(name)}: {string_literal(row[name])},"
            for name in dialect_fields
            if name in row
        )
        lines.append("    },")
    lines.append("}")
    return "\n".join(lines)


def _function_source(
    table: Table, unlisted: FallbackLookup, row: Mapping[str, str], dialect_fields: list[str]
) -> str:
    """The function that looks a key up, as Python source. An unlisted key gets a row of its own."""
    fields = default_fields(table, row)
    lines = [
        f"def {unlisted.function}({table.key}: str) -> dict[str, str]:",
        f"    {docstring(unlisted.comment)}",
        f"    if {table.key} in {table.constant}:",
        f"        return {table.constant}[{table.key}]",
        "    return {",
    ]
    for name in dialect_fields:
        value = f"str({table.key})" if name == unlisted.field else string_literal(fields[name])
        lines.append(f"        {string_literal(name)}: {value},")
    return "\n".join([*lines, "    }"])


def _is_field_needed(context: PlanContext, setting: str, field: str) -> bool:
    """Whether an operation's body has this field of a table in the chosen dialect."""
    return any(
        member.table == setting and member.field == field
        for operation in context.rules.operations
        for member in operation.new.members
        if member.when in (None, context.dialect(operation))
    )


def missing_words(context: PlanContext, old: LayoutMember, site: Site, words: Sequence[str]) -> RefusalError:
    """The refusal for words that have no meaning in the new vocabulary."""
    setting = old.vocabulary or ""
    return RefusalError(
        site,
        "word-unknown",
        context.settings.fault_of_keys(setting, old.name, words),
        words_to_add(context.settings, setting, words),
    )


def new_word(context: PlanContext, old: LayoutMember, at: Site, word: str) -> str:
    """The new word for a word of a test's reply; the same for one that only the program uses."""
    if word in context.settings.own_words.get(old.vocabulary or "", ()):
        return word
    words = context.settings.vocabularies.get(old.vocabulary or "", {}).get(word)
    if not words:
        raise missing_words(context, old, at, [word])
    return words[0]


class TableUses(Struct):
    """The tables that the new code looks values up in, by file."""

    tables: dict[str, dict[str, Table]] = field(default_factory=dict)
    keys: dict[tuple[str, str], set[str] | None] = field(default_factory=dict)
    """By file and setting: the keys that may be looked up; None if any key may."""
    names: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """By file and setting: the names that the lookups read, of the table and of its function."""
    shared: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """By file: the names that it imports from another file's table, by the beginning of the import."""
    placed: dict[int, Site] = field(default_factory=dict)
    """By request: the site at which its body is rebuilt."""
    imports: dict[str, set[str]] = field(default_factory=dict)
    """By file: the import lines that the new code needs."""
    bindings: dict[PendingEdit, None] = field(default_factory=dict)
    """The pending edits that bind keys to new variables, for bodies."""
    moved: list[Site] = field(default_factory=list)
    """Expressions with side effects that moved out of a URL into a lookup."""
    fields: dict[tuple[Site, str, frozenset[tuple[int, int]]], LiteralFields | TableLookup | None] = field(
        default_factory=dict
    )
    """A cache, by place, slot, and frames of the requests: the fields for all of these requests, which are
    looked up for each of them."""

    def add(self, path: str, lookup: TableLookup) -> None:
        """Record a lookup in the file `path`."""
        place = (path, lookup.table.setting)
        self.tables.setdefault(path, {})[lookup.table.setting] = lookup.table
        self.names.setdefault(place, set()).add(_name_read_by(lookup))
        keys = self.keys.get(place, set())
        if lookup.moved is not None:
            self.moved.append(lookup.moved)
        self.keys[place] = None if keys is None or lookup.keys is None else keys | lookup.keys

    def share(self, table: Table, home: str, imports: Mapping[str, str]) -> None:
        """Move a table to the file `home`. `imports` are the beginnings of its imports, by each other file
        with lookups."""
        key_sets = [self.keys.pop((path, table.setting), set()) for path in (home, *imports)]
        for path, start in imports.items():
            del self.tables[path][table.setting]
            names = self.names[path, table.setting]
            self.shared.setdefault(path, {}).setdefault(start, set()).update(names)
        self.tables.setdefault(home, {})[table.setting] = table
        any_key = None in key_sets
        self.keys[home, table.setting] = None if any_key else {key for keys in key_sets for key in keys or ()}
