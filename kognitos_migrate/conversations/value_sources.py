"""Sources of values: single steps back, from an expression to those that supplied its value.

Planning searches along these steps (`edits/value_provenance.py`), validation builds terms of them
(`validate/bindings.py`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.state.facts import Frame
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.binding_sources import BindingKind, BindingSource, binding_source
from kognitos_migrate.syntax.definition_flow import DefinitionKind
from kognitos_migrate.syntax.definitions import Definitions
from kognitos_migrate.syntax.functions import positional_parameters, returned_expressions
from kognitos_migrate.syntax.scopes import FUNCTIONS, Scopes, Variable, function_around
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import (
    DictEntry,
    DictObject,
    HeapObject,
    Instance,
    Iterated,
    Operand,
    SequenceObject,
)

_VALUE_OF_PAIR = ("1",)
"""The position of `value` in `for key, value in pairs`."""
Evaluation: TypeAlias = tuple[Site, int]
"""An expression, as evaluated in a frame."""


class Source(Struct, frozen=True):
    """The source of a target's value in one activation."""

    kind: BindingKind
    """PARAMETER if the call doesn't show what a parameter gets."""
    binding: BindingSource
    home: Frame
    """The activation that owns the target's variable."""
    operand: Operand | None = None
    """The expression that supplies the value; None if there is none."""

    @property
    def evaluation(self) -> Evaluation | None:
        """The expression whose value the target gets as a whole; None if there is none."""
        operand = self.operand
        return (operand.site, operand.frame) if operand is not None and not self.binding.path else None


class ValueSources:
    """The sources of the values of one program."""

    def __init__(self, program: ProgramFacts) -> None:
        """Prepare the search. A program computes it once, by `program.memoize(ValueSources)`."""
        self._program = program
        self._callees: dict[Evaluation, list[Frame]] = {}
        self._modules: dict[str, Frame] = {}
        for frame in program.facts.frames:
            if frame.call is not None and frame.caller is not None:
                self._callees.setdefault((frame.call, frame.caller), []).append(frame)
            elif frame.function is None and frame.call is None:
                self._modules[frame.path] = frame
        self.containers: Mapping[Evaluation, HeapObject] = {
            (heap_object.site, heap_object.frame): heap_object
            for heap_object in program.facts.heap.objects
            if isinstance(heap_object, DictObject | SequenceObject)
        }
        """The dicts and sequences by the expressions that create them."""

    def callees(self, evaluation: Evaluation) -> Sequence[Frame]:
        """The activations that an expression starts: as a call, or as the read of a property."""
        return self._callees.get(evaluation, ())

    def results(self, callee: Frame) -> Iterator[Evaluation]:
        """The expressions that an activation may return."""
        if callee.function is not None:
            tree = self._program.tree(callee.function)
            for returned in returned_expressions(tree, tree.node(callee.function)):
                yield tree.site(returned), callee.id

    def arguments(self, callee: Frame) -> Iterator[Evaluation]:
        """The arguments of the call that started an activation, in the caller's frame."""
        call = self._program.call(callee.call) if callee.call is not None else None
        if call is not None and callee.call is not None and callee.caller is not None:
            tree = self._program.tree(callee.call)
            for argument in call.args:
                yield tree.site(argument.value), callee.caller

    def module_frame(self, path: str) -> Frame | None:
        """The activation of a module's body; None if it wasn't run."""
        return self._modules.get(path)

    def owning_frame(self, variable: Variable, frame: int) -> Frame:
        """The activation that owns a variable which an activation reads."""
        current = self._program.read_frame(frame)
        tree = self._program.trees[variable.path]
        owner = tree.nodes[variable.scope]
        function = owner if isinstance(owner, FUNCTIONS) else _function_or_module(tree, owner)
        if isinstance(function, cst.Module):
            return self._modules.get(variable.path, current)
        while current.function is not None and current.function.node != tree.number(function):
            if current.closure is None:
                break
            current = self._program.read_frame(current.closure)
        return current

    def of_name(self, tree: Tree, name: cst.Name, frame: int) -> Iterator[Source]:
        """The sources of a variable that an activation reads, one for each of its bindings."""
        scopes = tree.memoize(Scopes)
        variable = scopes.variable(name)
        home = self.owning_frame(variable, frame)
        for binding in scopes.bindings(variable):
            yield self.of_target(tree, binding, home)

    def argument_of_read(self, site: Site, frame: int) -> Operand | None:
        """The argument that the read of a parameter sees. None if an expression reads anything else, or if
        another binding of the name may reach it."""
        node = self._program.node(site)
        if not isinstance(node, cst.Name) or node.value not in self._program.read_frame(frame).arguments:
            return None
        return self._operand_of_read(site, frame, (BindingKind.ARGUMENT,))

    def assigned_operand(self, site: Site, frame: int) -> Operand | None:
        """The expression whose value the read of a variable sees. None if an expression reads anything else,
        or if another binding of the name may reach it."""
        return self._operand_of_read(site, frame, (BindingKind.ASSIGNED,))

    def supplied_operand(self, site: Site, frame: int) -> Operand | None:
        """The argument, the default or the assigned expression whose value the read of a variable sees. None
        if an expression reads anything else, if another binding of the name may reach it, or if the
        activation stands for several calls."""
        if frame in self._program.facts.merged:
            return None
        kinds = (BindingKind.ARGUMENT, BindingKind.DEFAULT, BindingKind.ASSIGNED)
        return self._operand_of_read(site, frame, kinds)

    def _operand_of_read(self, site: Site, frame: int, kinds: Collection[BindingKind]) -> Operand | None:
        """The operand of the only binding that a read of a variable sees, if it is of one of these kinds."""
        tree, node = self._program.tree(site), self._program.node(site)
        definition = tree.memoize(Definitions).of(node) if isinstance(node, cst.Name) else None
        if definition is None or definition.kind is not DefinitionKind.BINDING:
            return None
        source = self.of_target(tree, tree.nodes[definition.node], self._program.read_frame(frame))
        return source.operand if source.kind in kinds and not source.binding.path else None

    def of_target(self, tree: Tree, target: cst.CSTNode, home: Frame) -> Source:
        """The source of the value that a target is bound to in the activation that owns it."""
        binding = binding_source(tree, target)
        if binding.kind is BindingKind.PARAMETER and isinstance(binding.node, cst.Param):
            kind, operand = self._of_parameter(tree, binding.node, home)
            return Source(kind, binding, home, operand)
        if binding.value is None or binding.kind is BindingKind.COLLECTED:
            return Source(binding.kind, binding, home)
        entry = self.only_pair(tree.site(binding.value), home.id) if binding.path == _VALUE_OF_PAIR else None
        if binding.kind is BindingKind.ITERATED and entry is not None:
            return Source(BindingKind.ASSIGNED, binding._replace(path=()), home, entry.operand)
        return Source(binding.kind, binding, home, self._operand(tree.site(binding.value), home.id))

    def only_pair(self, site: Site, frame: int) -> DictEntry | None:
        """The entry of a dict, if an expression iterates over its keys and values and it has no other: a loop
        over them has one round. None for any other expression."""
        value = self._program.value(site, frame)
        iterator = self._program.facts.heap.get(value)
        views = [*iterator.views] if isinstance(iterator, Iterated) else []
        is_pairs = len(views) == 1 and views[0].method == "items"
        record = self._program.facts.heap[views[0].record] if is_pairs else None
        if not isinstance(record, DictObject) or not record.has_known_entries:
            return None
        entries = record.all_entries
        return entries[0] if len(entries) == 1 else None

    def _of_parameter(
        self, tree: Tree, parameter: cst.Param, home: Frame
    ) -> tuple[BindingKind, Operand | None]:
        """The source of a parameter's value: the argument, the receiver or the default."""
        argument = home.arguments.get(parameter.name.value)
        if argument is not None:
            return BindingKind.ARGUMENT, argument
        ordered = positional_parameters(function_around(tree, parameter))
        if home.receiver is not None and ordered and ordered[0] is parameter:
            return BindingKind.RECEIVER, self._receiver_operand(home)
        if home.call is None or parameter.default is None:
            return BindingKind.PARAMETER, None
        module = self._modules.get(tree.path)
        frame = home.closure if home.closure is not None else module.id if module is not None else home.id
        return BindingKind.DEFAULT, self._operand(tree.site(parameter.default), frame)

    def _receiver_operand(self, home: Frame) -> Operand | None:
        """The owner of the method or property whose call or read started an activation, as written there."""
        match self._program.node(home.call) if home.call is not None else None:
            case cst.Call(cst.Attribute(owner)) | cst.Attribute(owner):
                if home.call is not None and home.caller is not None:
                    return self._operand(self._program.tree(home.call).site(owner), home.caller)
        return None

    def _operand(self, site: Site, frame: int) -> Operand:
        return Operand(self._program.value(site, frame), site, frame)


def stored_operands(heap_object: HeapObject) -> list[Operand]:
    """The operands of the entries, elements or attributes of an object, without those of mappings that were
    merged into it."""
    if isinstance(heap_object, DictObject):
        return [entry.operand for entry in heap_object.all_entries]
    if isinstance(heap_object, Instance):
        return [operand for origins in heap_object.origins.values() for operand in origins]
    return heap_object.items if isinstance(heap_object, SequenceObject) else []


def _function_or_module(tree: Tree, owner: cst.CSTNode) -> cst.CSTNode:
    """The function or module that runs the scope of a class or comprehension."""
    return owner if isinstance(owner, cst.Module) else function_around(tree, owner)
