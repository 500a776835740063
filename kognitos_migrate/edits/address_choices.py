"""Choices between two addresses: whether one run of a program takes one of them only.

BASE = LOCAL if os.environ.get("DEV") else LIVE       # once
profile = data["profiles"][options.profile]           # by a setting, which stays the same
for base in (LIVE, LOCAL): ...                        # both
"""

from collections.abc import Iterator
from enum import Enum

import libcst as cst

from kognitos_migrate.conversations.value_sources import Evaluation, Source, ValueSources
from kognitos_migrate.edits.calling_contexts import evaluations
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.memory_locations import ENVIRONMENT, ENVIRONMENT_WRITERS, FieldLocation
from kognitos_migrate.edits.written_locations import own_locations_written
from kognitos_migrate.interpret.names import is_module_namespace
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.binding_sources import BindingKind
from kognitos_migrate.syntax.blocks import loops_around
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.roles import is_assigned
from kognitos_migrate.syntax.scopes import FUNCTIONS, Scopes
from kognitos_migrate.syntax.shapes import is_method_call
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NONE,
    Bound,
    Class,
    Const,
    Function,
    Hole,
    Json,
    ModuleRef,
    Ref,
    Text,
    Unknown,
    Value,
)

_READS = ("get", "__getitem__")
_WHOLE = (BindingKind.ASSIGNED, BindingKind.ARGUMENT, BindingKind.DEFAULT, BindingKind.ENTERED)
"""How a variable gets the value of an expression as a whole."""


class _Address(Enum):
    """The kinds of addresses that a value may contain."""

    STAND_IN = "stand-in"
    API = "api"


_BOTH = frozenset(_Address)


class AddressChoices(Struct):
    """The choices between the addresses of two sets of literals."""

    context: PlanContext
    stand_ins: frozenset[Site]
    hosts: frozenset[Site]
    _in_objects: dict[Ref, frozenset[_Address]] = field(default_factory=dict)
    """The kinds of addresses in objects on the heap."""

    def is_made_once(self, evaluation: Evaluation, visited: tuple[Evaluation, ...] = ()) -> bool:
        """Whether a run of the program takes one of both addresses at most, as far as an expression decides
        it. The expression must lead to the choice by steps that are understood."""
        value = self.context.value(*evaluation)
        kinds = [self._kinds(choice) for choice in alternatives(value)]
        if _BOTH.difference(*kinds) if kinds else True:
            return True
        if all(kind == _BOTH for kind in kinds):
            return True  # containers with both, from which later code chooses
        if evaluation in visited:
            return False
        return self._is_step_once(evaluation, (*visited, evaluation))

    def _is_step_once(self, evaluation: Evaluation, visited: tuple[Evaluation, ...]) -> bool:
        site, frame = evaluation
        tree, node = self.context.tree(site), self.context.node(site)
        match node:
            case cst.Name():
                return self._is_variable_once(tree, node, frame, visited)
            case cst.Attribute(value=owner):
                return self._is_attribute_once(tree, node, (tree.site(owner), frame), visited)
            case cst.Subscript(value=owner) | cst.Call(func=cst.Attribute(value=owner)) if isinstance(
                node, cst.Subscript
            ) or is_method_call(node, *_READS):
                return self._is_read_once(tree, node, (tree.site(owner), frame), visited)
            case cst.Call() if self._sources.callees(evaluation):
                return self._is_result_once(evaluation, visited)
            case cst.Call() | cst.IfExp() | cst.BooleanOperation():
                return self._is_operand_once(evaluation, self._operands(tree, node, frame), visited)
            case cst.BinaryOperation() | cst.FormattedString() | cst.Await():
                operands = self._operands(tree, node, frame)
                return bool(operands) and all(self.is_made_once(operand, visited) for operand in operands)
        return False

    @property
    def _sources(self) -> ValueSources:
        return self.context.memoize(ValueSources)

    def _is_result_once(self, evaluation: Evaluation, visited: tuple[Evaluation, ...]) -> bool:
        """Whether functions of the program that an expression runs return one of both addresses. If several
        results are a choice, the expression runs once."""
        callees = self._sources.callees(evaluation)
        results = [result for callee in callees for result in self._sources.results(callee)]
        results = [result for result in results if self._kinds_at(result)]
        is_settled = bool(results) and all(self.is_made_once(result, visited) for result in results)
        return is_settled and (len(results) == 1 or self._is_evaluated_once(evaluation[0]))

    def _is_operand_once(
        self, evaluation: Evaluation, operands: list[Evaluation], visited: tuple[Evaluation, ...]
    ) -> bool:
        """Whether an expression has one of both addresses from its only operand with addresses, or chooses
        one of them itself, once, or by settings that don't change."""
        if not all(self.is_made_once(operand, visited) for operand in operands):
            return False
        if len(operands) == 1 and self._has_both(self.context.value(*operands[0])):
            return True
        return self._has_fixed_operands(evaluation) or self._is_evaluated_once(evaluation[0])

    def _is_variable_once(
        self, tree: Tree, node: cst.Name, frame: int, visited: tuple[Evaluation, ...]
    ) -> bool:
        """Whether the only binding of a function's variable, or those of a module's, give it one of both
        addresses."""
        variable = tree.memoize(Scopes).variable(node)
        if isinstance(tree.nodes[variable.scope], cst.Module):
            aliases = [
                alias for alias in map(self._alias_of, self._sources.of_name(tree, node, frame)) if alias
            ]
            return self._is_module_variable_once(aliases[0] if aliases else variable.name, visited)
        sources = list(self._sources.of_name(tree, node, frame))
        operands = [source.operand for source in sources if source.kind in _WHOLE and not source.binding.path]
        only = operands[0] if len(operands) == len(sources) == 1 else None
        if only is None or self._kinds(only.value) != self._kinds_at((only.site, only.frame)):
            return False
        return self.is_made_once((only.site, only.frame), visited)

    def _alias_of(self, source: Source) -> str | None:
        """The name under which another module has an imported variable."""
        tree = self.context.trees[source.home.path]
        alias = tree.enclosing(source.binding.target, cst.ImportAlias)
        return alias.name.value if alias is not None and isinstance(alias.name, cst.Name) else None

    def _is_attribute_once(
        self, tree: Tree, node: cst.Attribute, owner: Evaluation, visited: tuple[Evaluation, ...]
    ) -> bool:
        """Whether the attribute of an object, or the variable of a module, has one of both addresses."""
        name = node.attr.value
        if self._sources.callees((tree.site(node), owner[1])):  # a property
            return self._is_result_once((tree.site(node), owner[1]), visited)
        owners = list(alternatives(self.context.value(*owner)))
        if owners and all(isinstance(choice, ModuleRef) for choice in owners):
            return self._is_module_variable_once(name, visited)
        instances = [self.context.facts.heap[choice] for choice in owners if isinstance(choice, Ref)]
        if not all(isinstance(choice, Ref | Unknown) for choice in owners):
            return False
        stores: dict[Evaluation, None] = {}
        for instance in instances:
            origins = instance.origins.get(name, ()) if isinstance(instance, Instance) else ()
            own = [origin for origin in origins if self._kinds(origin.value)]
            if not isinstance(instance, Instance) or len({origin.site for origin in own}) != 1:
                return False
            for origin in own:
                supplies = dict.fromkeys(self._stores_of(instance, origin))
                if not supplies:
                    return False
                stores.update(supplies)
        if len(instances) > 1 and not self.is_made_once(owner, visited):
            return False
        return bool(stores) and all(self.is_made_once(store, visited) for store in stores)

    def _stores_of(self, instance: Instance, origin: Operand) -> Iterator[Evaluation]:
        """The expressions that supply an attribute of an instance. An entry of a mapping that its constructor
        got by `**` may be that of one of several mappings."""
        call = self.context.call(instance.site)
        spreads = [
            (self.context.tree(instance.site).site(arg.value), instance.frame)
            for arg in (call.args if call is not None else ())
            if arg.star == "**"
            and self._has_both(
                self.context.value(self.context.tree(instance.site).site(arg.value), instance.frame)
            )
        ]
        if self._has_both(origin.value) and not self._has_both(self.context.value(origin.site, origin.frame)):
            yield from spreads
        else:
            yield origin.site, origin.frame

    def _is_module_variable_once(self, name: str, visited: tuple[Evaluation, ...]) -> bool:
        """Whether all modules that have a variable of a name bind it in their bodies alone, outside of loops,
        and to one of both addresses."""
        for tree in self.context.trees.values():
            if tree.gaps.mentions(name):
                raise NeedsFullParseError(tree.path)
        sources = [
            self._sources.of_target(tree, target, home)
            for tree in self.context.trees.values()
            for target in tree.names_spelled(name)
            if (home := self._sources.module_frame(tree.path)) is not None
            and is_assigned(tree, target)
            and isinstance(tree.nodes[tree.memoize(Scopes).variable(target).scope], cst.Module)
        ]
        return (
            bool(sources)
            and not self._is_set_from_outside(name)
            and all(map(self._is_bound_by_module, sources))
            and all(
                source.evaluation is not None and self.is_made_once(source.evaluation, visited)
                for source in sources
            )
        )

    def _is_bound_by_module(self, source: Source) -> bool:
        """Whether a module's body binds a variable, outside of functions and loops."""
        tree, target = self.context.trees[source.home.path], source.binding.target
        return (
            source.kind is BindingKind.ASSIGNED
            and tree.enclosing(target, *FUNCTIONS) is None
            and not loops_around(tree, target)
        )

    def _is_set_from_outside(self, name: str) -> bool:
        """Whether code may set a module's variable as an attribute or an item, also under any name."""
        for location in self.context.memoize(_fields_written):
            owners = location.values(self.context)
            if location.name in (name, repr(name)):
                if not owners or not all(isinstance(owner, Ref | Class) for owner in owners):
                    return True
            elif location.name is None and any(map(_is_module, owners)):
                return True
        return False

    def _is_read_once(
        self, tree: Tree, node: cst.CSTNode, owner: Evaluation, visited: tuple[Evaluation, ...]
    ) -> bool:
        """Whether a container is one of several once, and a key takes one of its entries once, or always the
        same one."""
        if not self.is_made_once(owner, visited):
            return False
        tables = [table for table in alternatives(self.context.value(*owner)) if self._has_both(table)]
        records = [self.context.facts.heap[table] for table in tables if isinstance(table, Ref)]
        if len(records) < len(tables) or not all(isinstance(record, DictObject) for record in records):
            return False
        evaluation = (tree.site(node), owner[1])
        return not tables or self._has_fixed_operands(evaluation) or self._is_evaluated_once(evaluation[0])

    def _is_evaluated_once(self, site: Site) -> bool:
        """Whether a run evaluates an expression at most once."""
        frames = self.context.memoize(evaluations).get(site, set())
        return len(frames) == 1 and all(self._is_run_once((site, frame)) for frame in frames)

    def _is_run_once(self, evaluation: Evaluation) -> bool:
        """Whether a module's body leads to an expression by calls of its functions, none of them in a
        loop."""
        site: Site | None = evaluation[0]
        for frame in self.context.facts.stack(evaluation[1]):
            if site is None or loops_around(self.context.tree(site), self.context.node(site)):
                return False
            if frame.function is None:
                return frame.call is None
            call = self.context.call(frame.call) if frame.call is not None else None
            if call is None or frame.call is None:
                return False
            callees = self.context.alternatives_at(self.context.tree(frame.call).site(call.func))
            if not any(_function(callee) == frame.function for callee in callees):
                return False
            site = frame.call
        return False

    def _has_fixed_operands(self, evaluation: Evaluation) -> bool:
        """Whether settings of the whole run make the choice: variables of the environment, options, and their
        defaults."""
        site, frame = evaluation
        tree, node = self.context.tree(site), self.context.node(site)
        match node:
            case cst.Subscript(slice=[cst.SubscriptElement(cst.Index(key))]):
                deciding = [key]
            case cst.Call(func=func, args=args):
                owners = [func.value] if isinstance(func, cst.Attribute) else []
                deciding = [*owners, *(arg.value for arg in args)]
            case cst.IfExp(test=test):
                deciding = [test]
            case _:
                return False
        values = [self.context.value(tree.site(part), frame) for part in deciding]
        own = [value for value in values if not self._has_both(value)]
        is_fixed = bool(own) and any(map(_has_setting, own)) and all(map(_is_fixed, own))
        return is_fixed and not self._changes_environment()

    def _changes_environment(self) -> bool:
        """Whether the program changes a variable of the environment."""
        fields = self.context.memoize(_fields_written)
        return any(ENVIRONMENT in location.values(self.context) for location in fields)

    def _operands(self, tree: Tree, node: cst.CSTNode, frame: int) -> list[Evaluation]:
        """The nearest operands of an expression that contain an address."""
        operands: list[Evaluation] = []
        waiting = list(reversed(node.children))
        while waiting:
            part = waiting.pop()
            if isinstance(part, cst.BaseExpression) and self._kinds_at((tree.site(part), frame)):
                operands.append((tree.site(part), frame))
            else:
                waiting.extend(reversed(part.children))
        return operands

    def _has_both(self, value: Value) -> bool:
        return self._kinds(value) == _BOTH

    def _kinds_at(self, evaluation: Evaluation) -> frozenset[_Address]:
        return self._kinds(self.context.value(*evaluation))

    def _kinds(self, value: Value) -> frozenset[_Address]:
        """The kinds of addresses in a value."""
        return frozenset(kind for choice in alternatives(value) for kind in self._kinds_in(choice))

    def _kinds_in(self, choice: Value) -> Iterator[_Address]:
        if isinstance(choice, Text):
            for part in choice.parts:
                if isinstance(part, Hole):
                    yield from self._kinds(part.value)
                elif part.site in self.stand_ins:
                    yield _Address.STAND_IN
                elif part.site in self.hosts:
                    yield _Address.API
        elif isinstance(choice, Json):
            yield from self._kinds(choice.value)
        elif isinstance(choice, Ref):
            if choice not in self._in_objects:
                self._in_objects[choice] = frozenset()  # while it is searched, in case it contains itself
                kinds = (kind for inner in self._values_in(choice) for kind in self._kinds(inner))
                self._in_objects[choice] = frozenset(kinds)
            yield from self._in_objects[choice]

    def _values_in(self, ref: Ref) -> Iterator[Value]:
        record = self.context.facts.heap[ref]
        if isinstance(record, Instance):
            yield from record.attributes.values()
        elif isinstance(record, DictObject):
            yield from (entry.operand.value for entry in record.all_entries)
            yield record.others
            yield from (spread.value for spread in record.spreads)
        elif isinstance(record, SequenceObject):
            yield from (item.value for item in record.items)
            yield record.rest


def _function(value: Value) -> Site | None:
    if isinstance(value, Bound):
        return _function(value.function)
    return value.site if isinstance(value, Function) else None


def _has_setting(value: Value) -> bool:
    """Whether a value may be a setting that users name, alone or in a text."""
    return any(
        (isinstance(choice, Unknown) and choice.is_named_setting)
        or (
            isinstance(choice, Text)
            and any(_has_setting(part.value) for part in choice.parts if isinstance(part, Hole))
        )
        for choice in alternatives(value)
    )


def _is_fixed(value: Value) -> bool:
    """Whether a value is the same in a whole run: a constant, a setting, or a setting with one default."""
    plain = [choice for choice in alternatives(value) if not _has_setting(choice)]
    return len([choice for choice in plain if choice != NONE]) < 2 and all(
        isinstance(choice, Const) or (isinstance(choice, Text) and choice.literal is not None)
        for choice in plain
    )


def _fields_written(context: PlanContext) -> list[FieldLocation]:
    """The fields that the program may write, other than by functions that aren't parsed. Raises
    NeedsFullParseError if one of these may change the environment."""
    for tree in context.trees.values():
        if any(map(tree.gaps.mentions, ("environ", *ENVIRONMENT_WRITERS))):
            raise NeedsFullParseError(tree.path)
    return [
        location
        for tree in context.trees.values()
        for node in tree.nodes
        for location in own_locations_written(context, tree, node).fields
    ]


def _is_module(value: Value) -> bool:
    return isinstance(value, ModuleRef) or is_module_namespace(value)
