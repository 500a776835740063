"""Traces names to their bindings: assignments, loops, parameters, receivers."""

from collections.abc import Sequence
from functools import partial
from typing import cast

import libcst as cst

from kognitos_migrate.conversations.value_sources import Source
from kognitos_migrate.interpret.state.facts import Frame
from kognitos_migrate.syntax.binding_sources import BindingKind
from kognitos_migrate.syntax.blocks import loops_around
from kognitos_migrate.syntax.definition_flow import Definition, DefinitionKind
from kognitos_migrate.syntax.definitions import Definitions
from kognitos_migrate.syntax.scopes import FUNCTIONS, Scopes, Variable, function_around
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.validate.access_paths import ReplyAccessPaths
from kognitos_migrate.validate.node_patterns import (
    constant_of,
)
from kognitos_migrate.validate.symbolic_terms import Term, TermKind, literal_term
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Ref, Reply, Value

PART = "a part"
"""The prefix of `detail` in the term of a value that is part of another one."""
_TRACED = (BindingKind.ASSIGNED, BindingKind.ITERATED, BindingKind.AUGMENTED, BindingKind.ENTERED)
"""The bindings whose value is that of an expression, or made of it."""


class BindingTermBuilder(ReplyAccessPaths):
    """Computes the terms of one program's variables."""

    def term_at(self, site: Site, frame: int) -> Term:
        """The term of an expression's value in a frame."""
        raise NotImplementedError

    def of(self, operand: Operand) -> Term:
        """The term of an operand."""
        return self.term_at(operand.site, operand.frame)

    def _name(self, tree: Tree, node: cst.Name, frame: int) -> Term:
        scopes = tree.memoize(Scopes)
        variable = scopes.variable(node)
        definition = tree.memoize(Definitions).of(node)
        if definition is not None:
            return self._definition_term(tree, definition, frame, node)
        bindings = scopes.bindings(variable)
        if not bindings:
            return Term(TermKind.SYMBOL, f"builtins.{node.value}")
        home = self.sources.owning_frame(variable, frame).id
        if len(bindings) == 1:
            return self._bound_anywhere(tree, bindings[0], variable, home)
        return self._with_definitions(
            Term(
                TermKind.MERGE,
                self._identity(tree, variable),
                (),
                self.anchor(Site(tree.path, variable.scope), home),
            ),
            [partial(self._bound_anywhere, tree, name, variable, home) for name in bindings],
        )

    def _bound_anywhere(self, tree: Tree, binding: cst.Name, variable: Variable, home: int) -> Term:
        """The term of a variable's binding, which may be in another function than the variable's scope."""
        function = function_around(tree, binding)
        owner = tree.nodes[variable.scope]
        if (
            isinstance(function, cst.Module)
            or function is owner
            or not isinstance(owner, (cst.Module, *FUNCTIONS))
        ):
            return self._binding_term(tree, binding, home)
        if isinstance(tree.parent(binding), cst.FunctionDef):
            return self._binding_term(tree, binding, home)
        frames = [frame.id for frame in self.facts.frames if frame.function == tree.site(function)]
        if len(frames) == 1:
            return self._binding_term(tree, binding, frames[0])
        return Term(TermKind.OPAQUE, "", (), (self._site_of(tree.site(binding)), 0))

    def _identity(self, tree: Tree, variable: Variable) -> str:
        """The identity of a variable: the first place that binds it, since its name may change."""
        sites = [self._site_of(tree.site(binding)) for binding in tree.memoize(Scopes).bindings(variable)]
        return f"{min(sites)}" if sites else variable.name

    def _definition_term(self, tree: Tree, definition: Definition, frame: int, use: cst.CSTNode) -> Term:
        if definition.kind is DefinitionKind.BINDING:
            binding = cast(cst.Name, tree.nodes[definition.node])
            term = self._binding_term(tree, binding, frame)
            around = [loop for loop in loops_around(tree, binding) if loop not in loops_around(tree, use)]
            if not around or term.kind in (TermKind.LITERAL, TermKind.SYMBOL):
                return term
            return Term(TermKind.LAST, "", (term,), self.anchor(tree.site(around[-1]), frame))
        place = Site(tree.path, definition.node)
        identity = f"{definition.kind.value} {self._identity(tree, definition.variable)}"
        definitions = tree.memoize(Definitions).sources_of_merge(definition)
        return self._with_definitions(
            Term(TermKind.MERGE, identity, (), self.anchor(place, frame)),
            [partial(self._definition_term, tree, other, frame, use) for other in definitions],
        )

    def _binding_term(self, tree: Tree, binding: cst.Name, frame: int) -> Term:
        """The term of the value that a binding name is bound to."""
        source = self.sources.of_target(tree, binding, self.facts.frames[frame])
        site, path = tree.site(binding), source.binding.path
        operand = source.operand
        whole = self.of(operand) if operand is not None and source.kind in _TRACED else None
        match source.kind:
            case BindingKind.ASSIGNED if whole is not None:
                return self._unpack(whole, path)
            case BindingKind.ITERATED if whole is not None:
                loop = self.anchor(tree.site(source.binding.node), frame)
                return self._unpack(Term(TermKind.ELEMENT, "", (whole,), loop), path)
            case BindingKind.AUGMENTED if whole is not None:
                return self._augmented_term(tree, binding, source.binding.node, whole, frame)
            case BindingKind.ENTERED if whole is not None:
                return Term(TermKind.OPERATION, "with", (whole,), self.anchor(site, frame))
            case BindingKind.IMPORTED:
                return Term(TermKind.SYMBOL, binding.value)
            case BindingKind.DEFINED:
                return Term(TermKind.FUNCTION, "", (), (self._site_of(tree.site(source.binding.node)), 0))
            case BindingKind.OTHER:
                return Term(TermKind.OPAQUE, "", (), self.anchor(site, frame))
        return self._parameter(tree, source)

    def _augmented_term(
        self, tree: Tree, binding: cst.Name, node: cst.CSTNode, added: Term, frame: int
    ) -> Term:
        """The term of a variable after `+=` or the like."""
        site = tree.site(binding)
        before = self.term_at(site, frame) if tree.memoize(Definitions).of(binding) is not None else None
        operands = (before, added) if before is not None else (added,)
        operator = type(node.operator).__name__ if isinstance(node, cst.AugAssign) else ""
        return Term(TermKind.OPERATION, operator, operands, self.anchor(site, frame))

    def _unpack(self, term: Term, path: Sequence[str]) -> Term:
        for step in path:
            if term.kind is TermKind.TUPLE and step.isdigit() and int(step) < len(term.operands):
                term = term.operands[int(step)]
            else:
                term = Term(
                    TermKind.ITEM,
                    "",
                    (term, literal_term(int(step)) if step.isdigit() else literal_term(step)),
                )
        return term

    def _parameter(self, tree: Tree, source: Source) -> Term:
        """The term of a parameter: of what the call supplies for it, if that is known."""
        frame, site = source.home, tree.site(source.binding.node)
        outer = Term(TermKind.PARAMETER, "", (), self.anchor(site, frame.id))
        if frame.id in self.facts.merged:
            return outer
        name = source.binding.target.value if isinstance(source.binding.target, cst.Name) else ""
        if source.kind is BindingKind.COLLECTED:
            star = source.binding.node.star if isinstance(source.binding.node, cst.Param) else ""
            return Term(TermKind.PARAMETER, str(star), self._collected_arguments(site, frame), outer.anchor)
        if source.kind is BindingKind.ARGUMENT and source.operand is not None:
            return self.argument_term(source.operand, name)
        if source.kind is BindingKind.RECEIVER and frame.receiver is not None:
            return self._receiver(frame.receiver)
        unpacked = self._unpacked_argument(frame, name)
        if unpacked is not None:
            return unpacked
        return self.of(source.operand) if source.operand is not None else outer

    def _collected_arguments(self, parameter: Site, frame: Frame) -> tuple[Term, ...]:
        """The arguments in a `*` or `**` parameter. All of the call if they aren't known one by one."""
        heap_object = self.sources.containers.get((parameter, frame.id))
        if isinstance(heap_object, SequenceObject) and heap_object.rest == NEVER:
            return tuple(self.argument_term(item) for item in heap_object.items)
        if isinstance(heap_object, DictObject) and heap_object.is_closed:
            return tuple(
                Term(TermKind.ITEM, key, tuple(self.argument_term(entry.operand, key) for entry in entries))
                for key, entries in heap_object.entries.items()
            )
        return self._arguments_of_call(frame)

    def _arguments_of_call(self, frame: Frame) -> tuple[Term, ...]:
        """The terms of all arguments of the call that a frame runs for."""
        return tuple(self.term_at(*argument) for argument in self.sources.arguments(frame))

    def _unpacked_argument(self, frame: Frame, name: str) -> Term | None:
        """The argument that a `*` or `**` argument of unknown content may supply for a parameter.

        A field of a reply if a reply is unpacked. None if nothing is unpacked.
        """
        if frame.call is None or frame.caller is None:
            return None
        tree = self._tree(frame.call.path)
        node = tree.node(frame.call)
        unpacked = [argument for argument in node.args if argument.star] if isinstance(node, cst.Call) else []
        for argument in unpacked:
            site = tree.site(argument.value)
            value = self.value(site, frame.caller)
            key = self.slot_key(value, name) if argument.star == "**" and len(unpacked) == 1 else None
            if key is not None and all(isinstance(choice, Reply) for choice in alternatives(value)):
                return Term(TermKind.FIELD, key.detail, (self.term_at(site, frame.caller),))
        if not unpacked:
            return None
        return Term(TermKind.OPERATION, f"{PART} {name}", self._arguments_of_call(frame))

    def argument_term(self, argument: Operand, name: str = "") -> Term:
        """The term of an argument.

        If the argument is part of the expression's value, an operation with `name` on the term of the whole.
        """
        constant = constant_of(argument.value)
        if constant is not None:
            return constant
        whole = list(alternatives(self.value(argument.site, argument.frame)))
        term = self.term_at(argument.site, argument.frame)
        if all(choice in whole for choice in alternatives(argument.value)):
            return term
        tree = self._tree(argument.site.path)
        node = tree.node(argument.site)
        elements = (
            [tree.site(element.value) for element in node.elements] if isinstance(node, cst.Tuple) else []
        )
        giving = [site for site in elements if self.value(site, argument.frame) == argument.value]
        if len(giving) == 1:
            return self.term_at(giving[0], argument.frame)
        entries = self._entries_with(whole, argument.value)
        if len(entries) == 1:
            return self.argument_term(entries[0], name)
        return Term(TermKind.OPERATION, f"{PART} {name}", (term,))

    def _entries_with(self, whole: Sequence[Value], value: Value) -> list[Operand]:
        """The operands of the entries with a value in the dicts that an expression may evaluate to."""
        dicts = [self.facts.heap.objects[choice.id] for choice in whole if isinstance(choice, Ref)]
        return [
            entry.operand
            for record in dicts
            if isinstance(record, DictObject) and record.is_closed
            for entry in record.all_entries
            if entry.operand.value == value
        ]

    def _receiver(self, receiver: Operand) -> Term:
        """The term of the object that a method is called on."""
        tree = self._tree(receiver.site.path)
        node = tree.node(receiver.site)
        func = node.func if isinstance(node, cst.Call) else node
        if isinstance(func, cst.Attribute):
            owner = tree.site(func.value)
            choices = alternatives(self.value(owner, receiver.frame))
            if receiver.value in choices or any(choice in choices for choice in alternatives(receiver.value)):
                return self.term_at(owner, receiver.frame)
            if receiver.value in alternatives(self.value(receiver.site, receiver.frame)):
                return self.term_at(receiver.site, receiver.frame)
            function = function_around(tree, node)
            if isinstance(function, cst.FunctionDef) and function.params.params:
                inner = self.facts.frames[receiver.frame]
                if inner.receiver is not None and inner.receiver.value == receiver.value:
                    return self._receiver(inner.receiver)
        if receiver.value in alternatives(self.value(receiver.site, receiver.frame)):
            return self.term_at(receiver.site, receiver.frame)
        return Term(TermKind.DISPLAY, "instance", (), self.anchor(receiver.site, receiver.frame))
