"""A slot's value that a function puts into a dict of its own, which only its request gets: it stays out of
that."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.additions import Addition
from kognitos_migrate.edits.body.filled import made_empty
from kognitos_migrate.edits.body.listed import value_as_list
from kognitos_migrate.edits.body.ownership import is_bound_once, is_made_at
from kognitos_migrate.edits.body.places import body_roles
from kognitos_migrate.edits.body.precedence import Precedence
from kognitos_migrate.edits.contexts import gives_only
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.layout import indentation, newline
from kognitos_migrate.edits.literal import quoted
from kognitos_migrate.edits.removal import remove_item, remove_statement
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.syntax.variables import Variables, is_variable, saying
from kognitos_migrate.values.heap import Entry, Given

_FILLING = ("update", "setdefault")
"""Methods that put more into a dict."""
_STABLE = (cst.Name, cst.Attribute, cst.List)


class Part(Struct, frozen=True):
    """The entry of a body that holds the slot, which is `certain` to be there, or isn't."""

    key: str
    entry: Entry
    precedence: Precedence
    certain: bool


class KeptOut(Struct, frozen=True):
    """The expression of the slot, the drafts that keep it out of the dict, and the keys that are to be left
    out where the dict is sent, because a fact may have the same."""

    addition: Addition
    drafts: tuple[Draft, ...]
    replaced: frozenset[str] = frozenset()


def kept_out(scene: Scene, match: Match, name: str, part: Part) -> KeptOut | None:
    """The value of an entry of a body that has a name in the function around the request, and is only filled
    there. `name` is what the value is called, if it needs a name. None where the body isn't such a dict."""
    entry, replaces = part.entry, part.precedence is Precedence.LAST
    for level in (one for given in body_roles(match) for one in scene.levels(given, Role.JSON)):
        local = _local(scene, level)
        if local is None or entry.holder.path != local.tree.path:
            continue
        if isinstance(local.scope, cst.Module) and scene.is_taken_elsewhere(
            local.tree.path, local.given.value
        ):
            continue
        if not gives_only(scene, match, level.site) or not local.is_only_filled():
            continue
        holder = local.tree.node(entry.holder)
        value = local.put(holder)
        if value is None:
            continue
        sometimes = not part.certain or local.is_guarded(holder)
        if not sometimes and local.is_stable(value):
            item, draft = remove_item(scene, entry.holder), remove_statement(scene, entry.holder)
            addition = Addition(value_as_list(scene, entry.given).parts, frame=level.frame)
            if item is not None:
                return KeptOut(addition, (item,), frozenset((part.key,)) if replaces else frozenset())
            if draft is not None and replaces:
                draft = Draft(local.statement(holder), (local.take_out(part.key),))
            if draft is not None:
                return KeptOut(addition, (draft,))
        elif isinstance(holder, cst.Subscript) and not saying(local.tree, local.scope, name):
            parts = value_as_list(scene, entry.given).parts or ()
            empty = made_empty(local.tree, local.block, holder, name) if sometimes else None
            if sometimes and empty is None:
                continue
            drafts = [Draft(local.tree.span(holder), (name,)), Draft(local.tree.outer_span(value), parts)]
            if empty is not None:
                drafts.append(empty)
            if replaces:
                start = local.statement(holder).start
                lead = f"{local.take_out(part.key)}{newline(local.tree)}{indentation(local.tree, start)}"
                drafts.append(Draft(Span(local.tree.path, start, start), (lead,)))
            return KeptOut(Addition((name,), frame=level.frame, always=True), tuple(drafts))
    return None


def _local(scene: Scene, level: Given) -> "_Local | None":
    tree = scene.tree(level.site)
    node = tree.node(level.site)
    function = scene.frame(level.frame).function
    scope = tree.node(function) if function is not None else tree.module
    if not isinstance(node, cst.Name) or not isinstance(scope, cst.FunctionDef | cst.Module):
        return None
    bound = tree.once(Variables).bindings(scope, node.value)
    is_own = len(bound) == 1 and is_made_at(scene, bound[0], level.site)
    return _Local(scene, level.frame, tree, scope, node, bound[0]) if is_own else None


class _Local(Struct, frozen=True):
    """A name that `scope` binds once, and gives to a request as `given`."""

    scene: Scene
    frame: int
    tree: Tree
    scope: cst.FunctionDef | cst.Module
    given: cst.Name
    bound: cst.Name

    @property
    def block(self) -> cst.CSTNode | None:
        """The block in which the dict is made."""
        made = self.tree.enclosing(self.bound, cst.SimpleStatementLine)
        return self.tree.parent(made) if made is not None else None

    def is_only_filled(self) -> bool:
        """Whether nothing is done with the dict, but to fill it and to give it to the request."""
        return all(
            node is self.given or node is self.bound or self._is_filling(node)
            for node in saying(self.tree, self.scope, self.given.value)
            if is_variable(self.tree, node)
        )

    def _is_filling(self, node: cst.Name) -> bool:
        around = self.tree.parent(node)
        above = self.tree.parent(around) if around is not None else None
        if isinstance(around, cst.Subscript):
            return isinstance(above, cst.AssignTarget)
        called = isinstance(around, cst.Attribute) and around.attr.value in _FILLING
        return called and isinstance(above, cst.Call) and isinstance(self.tree.parent(above), cst.Expr)

    def put(self, holder: cst.CSTNode) -> cst.BaseExpression | None:
        """What is put into the dict where an entry is held: as it is made, or in a statement of its own."""
        around = self.tree.parent(holder)
        above = self.tree.parent(around) if around is not None else None
        if isinstance(holder, cst.DictElement | cst.Arg) and isinstance(above, cst.Assign | cst.AnnAssign):
            return (
                holder.value if above is self.tree.enclosing(self.bound, cst.Assign, cst.AnnAssign) else None
            )
        if not isinstance(holder, cst.Subscript) or not isinstance(holder.value, cst.Name):
            return None
        if not isinstance(above, cst.Assign) or len(above.targets) > 1:
            return None
        return above.value if holder.value.value == self.given.value else None

    def statement(self, holder: cst.CSTNode) -> Span:
        """The span of the statement that puts an entry into the dict."""
        statement = self.tree.enclosing(holder, cst.Assign)
        assert statement is not None
        return self.tree.span(statement)

    def take_out(self, key: str) -> str:
        """The statement by which the dict has no fact of this name."""
        return f"{self.given.value}.pop({quoted(key)}, None)"

    def is_guarded(self, holder: cst.CSTNode) -> bool:
        """Whether an entry is held in a statement that may not be run where the dict is made."""
        line = self.tree.enclosing(holder, cst.SimpleStatementLine)
        return line is None or self.tree.parent(line) is not self.block

    def is_stable(self, value: cst.BaseExpression) -> bool:
        """Whether a value is made of names that are the same where the request is sent."""
        nodes = [node for node in self.tree.descendants(value) if isinstance(node, cst.BaseExpression)]
        names = {node.value for node in nodes if isinstance(node, cst.Name)}
        attributes = [node for node in nodes if isinstance(node, cst.Attribute)]
        if not all(isinstance(node, _STABLE) for node in nodes) or not all(
            map(self._is_bound_once, attributes)
        ):
            return False
        return all(
            self.tree.number(bound) < self.tree.number(value)
            for name in names
            for bound in self.tree.once(Variables).bindings(self.scope, name)
        )

    def _is_bound_once(self, attribute: cst.Attribute) -> bool:
        site = self.tree.site(attribute.value)
        owner = Given(self.scene.value(site, self.frame), site, self.frame)
        return is_bound_once(self.scene, owner, attribute.attr.value, self.scope)
