"""Rematerialization: source that recomputes a value at another place or in another scope."""

from collections.abc import Iterable, Sequence

import libcst as cst

from kognitos_migrate.conversations.value_sources import Evaluation, ValueSources
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.memory_locations import LocationSet, field_of, locations_read, variables_in
from kognitos_migrate.edits.side_effects import acts, may_use_up_iterators
from kognitos_migrate.edits.value_identity import RereadOperand
from kognitos_migrate.edits.value_provenance import is_argument_of_frame
from kognitos_migrate.interpret.state.facts import Frame
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.binding_sources import BindingKind
from kognitos_migrate.syntax.functions import all_parameters, receiver_name
from kognitos_migrate.syntax.module_references import names_bound_by
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.roles import assignment_to
from kognitos_migrate.syntax.scopes import COMPREHENSIONS, Scopes, Variable, Variables
from kognitos_migrate.syntax.shapes import index_of, is_primary_expression, receiver_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import ModuleRef, Symbol, Text, Value

CodeTemplate = tuple[str | Span, ...]


def rematerialize(context: PlanContext, site: Site, frame: int, target: int, at: Site) -> CodeTemplate | None:
    """An expression at the site `at`, in frame `target`, for the value of the expression at `site` in
    `frame`, provided that no location it reads has changed. None if there is no such expression."""
    return Rematerialization(context, target, at, []).parts(site, frame)


class Rematerialization(Struct, frozen=True):
    """The expression of a value at the site `at` in the frame `target`. `leaves` collects the operands that
    it reads again."""

    context: PlanContext
    target: int
    at: Site
    leaves: list[RereadOperand]

    def parts(self, site: Site, frame: int) -> CodeTemplate | None:
        """The expression for the value of the expression at `site` in `frame`; None if there is none."""
        context, target = self.context, self.target
        node = context.node(site)
        if frame == target:
            scopes = context.tree(site).memoize(Scopes)
            names = map(scopes.variable, variables_in(context.tree(site), node))
            if not is_pure_expression(context, node, site, frame) or self._captures_other_variable(names):
                return None
            self._read(site, frame, locations_read(context, site))
            return (context.outer_span(site),)
        if (
            context.read_frame(target).caller == frame
            and (parameter := self._parameter_for(site, node)) is not None
        ):
            return (parameter,)
        home = context.read_frame(frame)
        tree = context.tree(site)
        match node:
            case cst.SimpleString() | cst.Integer():
                return (context.outer_span(site),)
            case cst.Name(name):
                return self._name(site, name, frame)
            case cst.Attribute(instance, cst.Name(name)):
                owner = self.parts(tree.site(instance), frame)
                self._read(site, frame, LocationSet(set(), [field_of(tree, node)]))
                return (*owner, f".{name}") if owner else None
            case cst.Subscript(container) if (index := index_of(node)) is not None:
                owner, key = self.parts(tree.site(container), frame), self.parts(tree.site(index), frame)
                self._read(site, frame, LocationSet(set(), [field_of(tree, node)]))
                return (*owner, "[", *key, "]") if owner and key else None
        if home.path != context.read_frame(target).path:
            return None
        value = context.value(site, frame)
        if isinstance(value, Text) and value.literal is not None and isinstance(node, cst.FormattedString):
            return (string_literal(value.literal),)
        return None

    def _captures_other_variable(self, variables: Iterable[Variable]) -> bool:
        """Whether a name of the expression means another variable at the target site."""
        tree = self.context.tree(self.at)
        return any(
            variable.path == tree.path
            and tree.memoize(Scopes).variable_at(variable.name, tree.node(self.at)) != variable
            for variable in variables
        )

    def _read(self, site: Site, frame: int, read: LocationSet, again: Site | None = None) -> None:
        """Record a repeated read: at the target site, or at `again` in the frame itself."""
        reader = self.target if again is None else frame
        self.leaves.append(RereadOperand(site, frame, again or self.at, reader, read))

    def _parameter_for(self, site: Site, node: cst.CSTNode) -> str | None:
        """The parameter of the called function that gets this very variable as its argument."""
        if not isinstance(node, cst.Name):
            return None
        context, frame = self.context, self.context.read_frame(self.target)
        variable = context.tree(site).memoize(Scopes).variable(node)
        for name, argument in frame.arguments.items():
            other = context.node(argument.site)
            if (
                not isinstance(other, cst.Name)
                or argument.frame != frame.caller
                or context.is_rebound(frame, name)
            ):
                continue
            same = context.tree(argument.site).memoize(Scopes).variable(other) == variable
            if same and is_argument_of_frame(context, argument, frame):
                if argument.site != site:
                    self._read(site, argument.frame, LocationSet({variable}, []), argument.site)
                return name
        return None

    def _name(self, site: Site, name: str, frame: int) -> CodeTemplate | None:
        context, target = self.context, self.target
        if isinstance(node := context.node(site), cst.Name) and _is_of_comprehension(
            context.tree(site), node
        ):
            return None
        home = context.read_frame(frame)
        definition = context.node(home.function) if home.function else None
        if home.receiver is not None and definition is not None and receiver_name(definition) == name:
            return self._receiver(frame)
        if name in context.parameters(home):
            argument = home.arguments.get(name)
            if (
                argument is None
                or context.is_rebound(home, name)
                or not is_argument_of_frame(context, argument, home)
            ):
                return None
            return self.parts(argument.site, argument.frame)
        tree = context.trees[home.path]
        bindings = tree.memoize(Variables).bindings(definition, name) if definition is not None else []
        if bindings:
            element = self._only_element(tree, bindings, home)
            return self._single_assignment(name, frame) if element is None else self.parts(*element)
        if home.closure is not None and context.read_frame(home.closure).function is not None:
            outer_frame = context.read_frame(home.closure)
            if outer_frame.id != target:
                return self._name(site, name, outer_frame.id)
            owner = tree.node(outer_frame.function) if outer_frame.function is not None else tree.module
            read = LocationSet({Variable(tree.path, tree.number(owner), name)}, [])
            self._read(site, frame, read)
            return (name,) if not self._captures_other_variable(read.variables) else None
        if home.path != context.read_frame(target).path:
            return self._name_of_other_module(site, name, frame)
        if _is_shadowed(context, name, target):
            return None
        read = LocationSet({Variable(tree.path, 0, name)}, [])
        self._read(site, frame, read)
        if self._captures_other_variable(read.variables):
            return None
        return (name,) if _is_bound_at_call(context, name, target) else None

    def _name_of_other_module(self, site: Site, name: str, frame: int) -> CodeTemplate | None:
        """The expression for a variable of another module: the name of the module or the library's object
        that both modules import, or an attribute of the other module, if that is imported here."""
        context, path = self.context, self.context.read_frame(frame).path
        is_loaded = all(
            context.read_frame(caller).path != path or context.read_frame(caller).function is not None
            for _, caller in context.outer_calls(self.target)
        )
        value = context.value(site, frame)
        is_shared = isinstance(value, ModuleRef | Symbol)
        alias = self._import_of(value if is_shared else ModuleRef(path)) if is_loaded else None
        if alias is None:
            return None
        self._read(site, frame, LocationSet({Variable(path, 0, name)}, []))
        return (alias,) if is_shared else (f"{alias}.{name}",)

    def _import_of(self, value: Value) -> str | None:
        """The name that an import of the target's module binds to a value, and nothing else binds there. None
        if the name means something else at the target site, or isn't bound when the code runs."""
        context, path = self.context, self.context.read_frame(self.target).path
        tree = context.trees[path]
        for _, statement in tree.imports:
            for name in names_bound_by(statement):
                variable = Variable(path, 0, name)
                bindings = tree.memoize(Scopes).bindings(variable)
                reads = [node for node in variables_in(tree, tree.module) if node.value == name]
                values = {choice for node in reads for choice in context.alternatives_at(tree.site(node))}
                if values == {value} and len(bindings) == 1 and not self._captures_other_variable([variable]):
                    is_module = context.read_frame(self.target).function is None
                    use = self.at.node if is_module else _call_in_module(context, self.target)
                    return name if use is None or tree.number(statement) < use else None
        return None

    def _only_element(self, tree: Tree, bindings: Sequence[cst.Name], home: Frame) -> Evaluation | None:
        """The expression of the only value that a loop binds a local name to. None for any other name."""
        if len(bindings) != 1 or not isinstance(tree.enclosing(bindings[0], cst.For, cst.Assign), cst.For):
            return None
        source = self.context.memoize(ValueSources).of_target(tree, bindings[0], home)
        return source.evaluation if source.kind is BindingKind.ASSIGNED else None

    def _single_assignment(self, name: str, frame: int) -> CodeTemplate | None:
        """The expression to which a local name is bound once, if it can be repeated."""
        value = _assigned_value(self.context, name, frame)
        return self.parts(value, frame) if value is not None else None

    def _receiver(self, frame: int) -> CodeTemplate | None:
        """The receiver (`self`), as an expression of the caller."""
        context = self.context
        if frame == self.target or self._is_called_on_receiver(frame):
            return _own_receiver(context, self.target)
        home = context.read_frame(frame)
        while home.call is not None and home.caller is not None:
            tree, owner = context.tree(home.call), receiver_of(context.node(home.call))
            if owner is None:
                break
            receivers = alternatives(context.value(tree.site(owner), home.caller))
            if isinstance(owner, cst.Call) or home.receiver is None or home.receiver.value not in receivers:
                break
            return self.parts(tree.site(owner), home.caller)
        same = context.read_frame(self.target)
        if (
            same.receiver is not None
            and home.receiver is not None
            and same.receiver.value == home.receiver.value
        ):
            return _own_receiver(context, self.target)
        return None

    def _is_called_on_receiver(self, frame: int) -> bool:
        """Whether the target's method is called on the object that is the receiver in `frame`."""
        context, called = self.context, self.context.read_frame(self.target)
        if called.receiver is None or called.call is None or called.caller is None:
            return False
        tree, owner = context.tree(called.call), receiver_of(context.node(called.call))
        receiver = context.read_frame(frame).receiver
        if owner is None or receiver is None or receiver.value != called.receiver.value:
            return False
        outer = Rematerialization(context, called.caller, tree.site(owner), [])
        parts = outer._receiver(frame)
        if parts is None or template_text(context, parts) != tree.code(owner):
            return False
        self.leaves.extend(outer.leaves)
        return True


def template_text(context: ProgramTrees, parts: Sequence[str | Span]) -> str:
    """The source of an expression."""
    return "".join(part if isinstance(part, str) else context.trees[part.path].slice(part) for part in parts)


def _is_of_comprehension(tree: Tree, node: cst.Name) -> bool:
    """Whether a name is a comprehension's own variable, which exists nowhere else."""
    return isinstance(tree.nodes[tree.memoize(Scopes).variable(node).scope], COMPREHENSIONS)


def _is_bound_at_call(context: CallChains, name: str, target: int) -> bool:
    """Whether a module's variable is bound when the activation `target` starts: the call that leads to it
    follows the assignment."""
    tree, call = context.trees[context.read_frame(target).path], _call_in_module(context, target)
    bound = [tree.number(node) for node in tree.memoize(Variables).bindings(tree.module, name)]
    return call is None or not bound or min(bound) < call


def _call_in_module(context: CallChains, target: int) -> int | None:
    """The number of the call in the body of the activation's own module that leads to it. None if another
    module calls it."""
    path = context.read_frame(target).path
    for call, caller in context.outer_calls(target):
        frame = context.read_frame(caller)
        if frame.function is None and frame.path == path:
            return call.node
    return None


def _assigned_value(context: CallChains, name: str, frame: int) -> Site | None:
    """The expression to which a local name that is no parameter is bound once."""
    home = context.read_frame(frame)
    tree = context.trees[home.path]
    if home.function is None:
        return None
    definition = tree.node(home.function)
    if any(parameter.name.value == name for parameter in all_parameters(definition)):
        return None
    bound = tree.memoize(Variables).bindings(definition, name)
    match assignment_to(tree, bound[0]) if len(bound) == 1 else None:
        case cst.Assign(value=value) if not isinstance(value, cst.Call):
            return tree.site(value)
    return None


def assigned_value(context: PlanContext, parts: CodeTemplate, frame: int) -> CodeTemplate | None:
    """The expression to which a local name is bound once; None if `parts` isn't such a name."""
    name = template_text(context, parts)
    value = _assigned_value(context, name, frame) if name.isidentifier() else None
    return rematerialize(context, value, frame, frame, value) if value is not None else None


def _own_receiver(context: CallChains, target: int) -> CodeTemplate | None:
    frame = context.read_frame(target)
    receiver = receiver_name(context.node(frame.function)) if frame.function else None
    return (receiver,) if receiver is not None else None


def _is_shadowed(context: CallChains, name: str, target: int) -> bool:
    frame = context.read_frame(target)
    if frame.function is None:
        return False
    definition = context.node(frame.function)
    return name in context.parameters(frame) or bool(
        context.trees[frame.path].memoize(Variables).bindings(definition, name)
    )


def is_pure_expression(context: PlanContext, node: cst.CSTNode, site: Site, frame: int) -> bool:
    """Whether an expression has the same value if it is evaluated again a little later. It consists of names,
    attributes, items, tests of these, and calls of functions that only read."""
    tree, parts = context.trees[site.path], list[cst.BaseExpression]()
    match node:
        case cst.Name() | cst.SimpleString() | cst.Integer():
            return True
        case cst.Comparison(left, comparisons):
            parts = [left, *(comparison.comparator for comparison in comparisons)]
        case cst.BooleanOperation(left, right=right):
            parts = [left, right]
        case cst.UnaryOperation(expression=operand):
            parts = [operand]
        case cst.Attribute(owner) if not acts(context, tree, node):
            parts = [owner]
        case cst.Subscript(owner, [cst.SubscriptElement(cst.Index(key)), *_]):
            parts = [owner, key]
        case cst.Call(cst.Name() | cst.Attribute(), arguments) if not (
            acts(context, tree, node) or may_use_up_iterators(context, tree, node)
        ):
            parts = [arg.value for arg in arguments]
        case _:
            return False
    return all(is_pure_expression(context, part, site, frame) for part in parts)


def primary_source(context: ProgramTrees, site: Site) -> CodeTemplate:
    """The source of an expression as an operand of any operator: in parentheses unless it is a primary."""
    span = context.outer_span(site)
    return (span,) if is_primary_expression(context.node(site)) else ("(", span, ")")
