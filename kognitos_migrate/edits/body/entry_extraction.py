"""Moves one entry out of a dict that the program builds in statements of its own and sends as the body."""

import re
from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.body.dict_aliasing import has_single_assignment, is_fresh_dict
from kognitos_migrate.edits.body.key_precedence import Precedence
from kognitos_migrate.edits.body.list_values import entry_as_list, initialize_list
from kognitos_migrate.edits.body.moved_fields import MovedField, MovedFields
from kognitos_migrate.edits.body.presence_tests import body_operands
from kognitos_migrate.edits.body.rebuild_points import RebuildPoint, always_has, find_entries, records_of
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.calling_contexts import builds_only_for
from kognitos_migrate.edits.code_layout import indentation, newline
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.structural_edits import remove_item, remove_merged, remove_statement
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.roles import innermost_ancestors
from kognitos_migrate.syntax.scopes import Variables, is_variable, occurrences
from kognitos_migrate.syntax.shapes import variable_name
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply, Text

_FILLING = ("update", "setdefault")
"""Methods that add entries to a dict."""
_STABLE = (cst.Name, cst.Attribute, cst.List)


class BodyEntry(Struct, frozen=True):
    """The entry of a body that contains the slot. It is `certain` if each such body has it."""

    key: str
    entry: DictEntry
    precedence: Precedence
    certain: bool


class ExcludedEntry(Struct, frozen=True):
    """A slot's expression, the pending edits that keep it out of the dict, and the keys to filter out where
    the dict is sent, because a fact may have the same key."""

    addition: MovedField
    edits: tuple[PendingEdit, ...]
    replaced: frozenset[str] = frozenset()


def exclude_from_dict(
    context: PlanContext, match: Match, name: str, body_entry: BodyEntry
) -> ExcludedEntry | None:
    """Take an entry out of a body that is bound to a name in the request's function and only filled there.

    `name` is the new variable for the value, if one is needed. None if the body isn't such a dict."""
    entry, replaces = body_entry.entry, body_entry.precedence is Precedence.LAST
    for level in (
        level for operand in body_operands(match) for level in context.argument_chain(operand, Role.JSON)
    ):
        local = _local(context, level)
        if local is None or entry.holder.path != local.tree.path:
            continue
        if isinstance(local.scope, cst.Module) and context.is_used_elsewhere(
            local.tree.path, local.name.value
        ):
            continue
        if not builds_only_for(context, match, level.site) or not local.is_only_filled():
            continue
        holder = local.tree.node(entry.holder)
        value = local.entry_value(holder)
        if value is None:
            continue
        sometimes = not body_entry.certain or local.is_guarded(holder)
        if not sometimes and local.is_stable(value):
            item, edit = remove_item(context, entry.holder), remove_statement(context, entry.holder)
            addition = MovedField(entry_as_list(context, entry.operand).parts, frame=level.frame)
            if item is not None:
                return ExcludedEntry(
                    addition, (item,), frozenset((body_entry.key,)) if replaces else frozenset()
                )
            if edit is not None and replaces:
                edit = PendingEdit(local.statement(holder), (local.pop_statement(body_entry.key),))
            if edit is not None:
                return ExcludedEntry(addition, (edit,))
        elif isinstance(holder, cst.Subscript) and not occurrences(local.tree, local.scope, name):
            parts = entry_as_list(context, entry.operand).parts or ()
            empty = initialize_list(local.tree, local.block, holder, name) if sometimes else None
            if sometimes and empty is None:
                continue
            edits = [
                PendingEdit(local.tree.span(holder), (name,)),
                PendingEdit(local.tree.outer_span(value), parts),
            ]
            if empty is not None:
                edits.append(empty)
            if replaces:
                start = local.statement(holder).start
                line_end = f"{newline(local.tree)}{indentation(local.tree, start)}"
                lead = f"{local.pop_statement(body_entry.key)}{line_end}"
                edits.append(PendingEdit(Span(local.tree.path, start, start), (lead,)))
            return ExcludedEntry(MovedField((name,), frame=level.frame, always=True), tuple(edits))
    return None


def _local(context: PlanContext, operand: Operand) -> "_LocalDict | None":
    tree = context.tree(operand.site)
    node = tree.node(operand.site)
    function = context.read_frame(operand.frame).function
    scope = tree.node(function) if function is not None else tree.module
    if not isinstance(node, cst.Name) or not isinstance(scope, cst.FunctionDef | cst.Module):
        return None
    bound = tree.memoize(Variables).bindings(scope, node.value)
    is_own = len(bound) == 1 and is_fresh_dict(context, bound[0], operand.site)
    return _LocalDict(context, operand.frame, tree, scope, node, bound[0]) if is_own else None


class _LocalDict(Struct, frozen=True):
    """A dict that `scope` binds to a name once (`bound`), and passes to a request as `name`."""

    context: PlanContext
    frame: int
    tree: Tree
    scope: cst.FunctionDef | cst.Module
    name: cst.Name
    bound: cst.Name

    @property
    def block(self) -> cst.CSTNode | None:
        """The block in which the dict is created."""
        statement = self.tree.enclosing(self.bound, cst.SimpleStatementLine)
        return self.tree.parent(statement) if statement is not None else None

    def is_only_filled(self) -> bool:
        """Whether the dict is only filled and passed to the request."""
        return all(
            node is self.name or node is self.bound or self._is_filling(node)
            for node in occurrences(self.tree, self.scope, self.name.value)
            if is_variable(self.tree, node)
        )

    def _is_filling(self, node: cst.Name) -> bool:
        match innermost_ancestors(self.tree, node, 3):
            case [cst.Subscript(), cst.AssignTarget(), _]:
                return True
            case [cst.Attribute(attr=cst.Name(method)), cst.Call(), cst.Expr()]:
                return method in _FILLING
        return False

    def entry_value(self, holder: cst.CSTNode) -> cst.BaseExpression | None:
        """The value of an entry, from the dict's creation or from an assignment of its own; None if it comes
        from elsewhere."""
        match holder, innermost_ancestors(self.tree, holder, 2):
            case (
                cst.DictElement(value=value) | cst.Arg(value=value),
                [_, (cst.Assign() | cst.AnnAssign()) as statement],
            ):
                creation = self.tree.enclosing(self.bound, cst.Assign, cst.AnnAssign)
                return value if statement is creation else None
            case cst.Subscript(cst.Name(name)), [_, cst.Assign([_], value)]:
                return value if name == self.name.value else None
        return None

    def statement(self, holder: cst.CSTNode) -> Span:
        """The span of the statement that assigns an entry."""
        statement = self.tree.enclosing(holder, cst.Assign)
        assert statement is not None
        return self.tree.span(statement)

    def pop_statement(self, key: str) -> str:
        """A statement that deletes a key from the dict."""
        return f"{self.name.value}.pop({string_literal(key)}, None)"

    def is_guarded(self, holder: cst.CSTNode) -> bool:
        """Whether an entry is added in another block than the one that creates the dict."""
        line = self.tree.enclosing(holder, cst.SimpleStatementLine)
        return line is None or self.tree.parent(line) is not self.block

    def is_stable(self, value: cst.BaseExpression) -> bool:
        """Whether an expression has the same value where the request is sent: its names are bound before it,
        its attributes once."""
        nodes = [node for node in self.tree.descendants(value) if isinstance(node, cst.BaseExpression)]
        names = {node.value for node in self.tree.descendants_of_kind(value, cst.Name)}
        attributes = self.tree.descendants_of_kind(value, cst.Attribute)
        if not all(isinstance(node, _STABLE) for node in nodes) or not all(
            map(self._has_single_assignment, attributes)
        ):
            return False
        return all(
            self.tree.number(bound) < self.tree.number(value)
            for name in names
            for bound in self.tree.memoize(Variables).bindings(self.scope, name)
        )

    def _has_single_assignment(self, attribute: cst.Attribute) -> bool:
        site = self.tree.site(attribute.value)
        owner = Operand(self.context.value(site, self.frame), site, self.frame)
        return has_single_assignment(self.context, owner, attribute.attr.value, self.scope)


class MergedDictEntry(Struct, frozen=True):
    """The slot's expression, and the pending edit that takes its dict out of the body; None if the dict
    contains more than the slot."""

    addition: MovedField
    edit: PendingEdit | None


def take_from_merged_dict(context: PlanContext, match: Match, key: str) -> MergedDictEntry | None:
    """The body's entry `key` from a dict that is merged into the body of this operation. The dict is a
    variable, or contains no other entry. None if there is no such dict."""
    for part in _merged_sources(context, match, key):
        choices = [record for value in part for record in records_of(context, value.value)]
        edit = remove_merged(context, part[0].site)
        is_own = all(
            set(record.entries) <= {key} and not record.spreads and not record.open for record in choices
        )
        addition = _variable_entries(context, key, part) or (
            _display_entries(context, key, part) if is_own else None
        )
        if edit is not None and addition is not None:
            return MergedDictEntry(addition, edit if is_own else None)
    return None


def _merged_sources(context: PlanContext, match: Match, key: str) -> Iterator[list[Operand]]:
    """The values of each merged expression that is the only source of the key in a body."""
    for level in (
        level for operand in body_operands(match) for level in context.argument_chain(operand, Role.JSON)
    ):
        records = records_of(context, level.value)
        if len(records) != 1 or records[0].site != level.site or key in records[0].entries:
            continue
        if not builds_only_for(context, match, level.site):
            continue
        groups = _dicts_with_key(context, records[0], key)
        if len(groups) == 1:
            yield groups[0]


def _dicts_with_key(context: ProgramFacts, record: DictObject, key: str) -> list[list[Operand]]:
    """The dicts merged into a record, grouped by expression, for the expressions that may supply the key."""
    by_site: dict[object, list[Operand]] = {}
    for spread in record.spreads:
        by_site.setdefault((spread.site, spread.frame), []).append(spread)
    return [
        choices
        for choices in by_site.values()
        if any(find_entries(context, operand.value, key) for operand in choices)
    ]


def _display_entries(context: PlanContext, key: str, part: list[Operand]) -> MovedField | None:
    """The entries of a dict display as a list, empty if the display depends on a test that is false. None for
    any other dict."""
    tree = context.tree(part[0].site)
    entries = [entry for operand in part for entry in find_entries(context, operand.value, key)]
    match context.node(part[0].site), entries:
        case cst.Dict(), [entry]:
            return entry_as_list(context, entry.operand)
        case cst.IfExp(test, cst.Dict() as display, cst.Dict([])), [entry] if (
            tree.enclosing(context.node(entry.holder), cst.Dict) is display
        ):
            list_parts = entry_as_list(context, entry.operand).parts or ()
            parts = (*list_parts, " if ", tree.outer_span(test), " else []")
            return MovedField(parts, frame=part[0].frame, always=True)
    return None


def _variable_entries(context: ProgramFacts, key: str, part: list[Operand]) -> MovedField | None:
    """The key's value in a dict that is a variable, as a list; None for any other dict."""
    if not isinstance(context.node(part[0].site), cst.Name):
        return None
    name, item = context.code(part[0].site), string_literal(key)
    entries = [entry for operand in part for entry in find_entries(context, operand.value, key)]
    single = all(
        isinstance(choice, Reply | Text) for entry in entries for choice in alternatives(entry.operand.value)
    )
    certain = all(always_has(context, operand.value, key) for operand in part)
    if single:
        after = "]]" if certain else f"]] if {item} in {name} else []"
        return MovedField(operand=part[0], before="[", after=f"[{item}{after}", always=not certain)
    return MovedField(
        operand=part[0], after=f"[{item}]" if certain else f".get({item}, [])", always=not certain
    )


_DICT = re.compile(r"(?:typing\.)?[dD]ict\b(?!.*\bNone\b)")
"""An annotation of a dict type that excludes None."""


def remaining_dict(
    context: CallChains, point: RebuildPoint, moved_fields: Mapping[int, MovedFields]
) -> Site | None:
    """The only dict that remains in a display: `facts` instead of `{**facts}`. None if more remains, or if it
    may not be a dict."""
    moved = {
        key for number in point.frames if number in moved_fields for key in moved_fields[number].moved_keys
    }
    node, tree = context.node(point.site), context.tree(point.site)
    if not moved or not isinstance(node, cst.Dict):
        return None
    match [element for element in node.elements if not _is_moved(context, tree, element, moved)]:
        case [cst.StarredDictElement(remaining)] if len(node.elements) > 1:
            site = tree.site(remaining)
            return site if _is_surely_dict(context, site, point) else None
    return None


def _is_moved(context: ProgramFacts, tree: Tree, element: cst.BaseDictElement, moved: set[str]) -> bool:
    if not isinstance(element, cst.DictElement):
        return False
    keys = context.alternatives_at(tree.site(element.key))
    return bool(keys) and all(isinstance(key, Text) and key.literal in moved for key in keys)


def _is_surely_dict(context: CallChains, site: Site, point: RebuildPoint) -> bool:
    """Whether an expression is known to evaluate to dicts, by its values or its annotation."""
    choices = context.alternatives_at(site)
    records = [context.facts.heap.get(choice) for choice in choices]
    if records and all(isinstance(record, DictObject) and not record.is_view for record in records):
        return True
    frames, name = map(context.read_frame, point.frames.values()), variable_name(context.node(site))
    params = [context.parameters(frame).get(name) for frame in frames] if name is not None else []
    return bool(params) and all(
        param is not None
        and param.annotation is not None
        and _DICT.match(context.tree(site).code(param.annotation.annotation))
        for param in params
    )
