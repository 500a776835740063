"""Transfer functions of statements."""

from itertools import chain
from typing import cast

import libcst as cst

from kognitos_migrate.interpret import exceptions
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.attribute_deletion import delete_attribute
from kognitos_migrate.interpret.branches import (
    merge_environments,
    remove_dicts,
    remove_keys,
    remove_none,
    remove_texts,
)
from kognitos_migrate.interpret.checked_arguments import note_returned
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, mro_of
from kognitos_migrate.interpret.classes.declared_types import note_annotation
from kognitos_migrate.interpret.classes.enums import make_members
from kognitos_migrate.interpret.classes.fields import declared_fields
from kognitos_migrate.interpret.classes.metaclasses import (
    completed_class,
    prepared_namespace,
    replaced_methods,
    supplied_names,
)
from kognitos_migrate.interpret.containers import heap_objects, use_as_key
from kognitos_migrate.interpret.displays import key_of
from kognitos_migrate.interpret.error_messages import note_error
from kognitos_migrate.interpret.expressions import condition
from kognitos_migrate.interpret.field_tests import narrow, note_binding
from kognitos_migrate.interpret.function_definitions import (
    asks_about_results,
    dispatches_on_type,
    is_memoizing,
    is_transparent,
    keeps_result,
    makes_command,
    note_defaults,
    property_part,
)
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import element_of
from kognitos_migrate.interpret.library.retry import note_result_predicates
from kognitos_migrate.interpret.names import bind
from kognitos_migrate.interpret.overwrites import overwrite_class_attributes
from kognitos_migrate.interpret.public_surface import note_result
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.interpret.state.facts import (
    CALLERS,
    DECORATOR,
    ENUM,
    IN_ERROR,
    PLATFORM,
    AccessKind,
    UseKind,
)
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.syntax.scopes import is_bound
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Function,
    Ref,
    Symbol,
    Unknown,
    Value,
)
from kognitos_migrate.values.texts import known_text

_DECODED = 3
"""The length of the path of an object that was decoded from the text of a field."""


def statement_line(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The small statements on one line."""
    return m.execute(act, cast("cst.SimpleStatementLine | cst.SimpleStatementSuite", node).body)


def statement_block(m: Interpreter, act: Activation, node: cst.IndentedBlock) -> bool:
    """An indented block."""
    return m.execute(act, node.body)


def expression_statement(m: Interpreter, act: Activation, node: cst.Expr) -> bool:
    """An expression whose value isn't used."""
    EvalPoint(m, act, node).flows(m.operand(act, node.value))
    return True


def assignment(m: Interpreter, act: Activation, node: cst.Assign) -> bool:
    """The statement `a = b = value`."""
    value = m.evaluate(act, node.value)
    for target in node.targets:
        m.assign(act, target.target, value, act.site(node.value))
        note_binding(m.facts, act, target.target, node.value)
    return True


def annotated_assignment(m: Interpreter, act: Activation, node: cst.AnnAssign) -> bool:
    """The statement `name: type = value`."""
    if node.value is not None:
        value = m.evaluate(act, node.value)
        m.assign(act, node.target, value, act.site(node.value))
        note_binding(m.facts, act, node.target, node.value)
        note_annotation(m, act, node.annotation, value, node)
    return True


def return_statement(m: Interpreter, act: Activation, node: cst.Return) -> bool:
    """The statement `return`."""
    value = node.value
    result = m.evaluate(act, value) if value is not None else NONE
    if value is not None:
        m.access(AccessKind.FLOW, result, act.site(value), act.site(node))
        note_returned(m.facts, act, value, result)
        function = act.tree.node(act.frame.function) if act.frame.function is not None else None
        if isinstance(function, cst.FunctionDef):
            note_annotation(m, act, function.returns, result, node)
    act.returns = join(act.returns, result)
    m.regions.note_exit(m.guards, of_function=True)
    if act.frame.call is None and value is not None and act.frame.function is not None:
        m.mark_escaped(result)
        receiver = PLATFORM if act.frame.function in m.functions.handlers else CALLERS
        m.use(UseKind.ESCAPE, result, act, node, act.site(value), detail=receiver)
    elif value is not None:
        note_result(m, act, node, Operand(result, act.site(value), act.frame.id))
    return False


def raise_statement(m: Interpreter, act: Activation, node: cst.Raise) -> bool:
    """The statement `raise`."""
    if node.exc is not None:
        m.evaluate(act, node.exc)
    if node.cause is not None and not isinstance(node.cause.item, cst.Name):
        m.evaluate(act, node.cause.item)
    return False


def if_statement(m: Interpreter, act: Activation, node: cst.If) -> bool:
    """The node `if`."""
    is_main = _main_outcome(node.test)
    has_copy = is_main is not None and m.shared.is_imported(act.frame.path)
    if has_copy:
        outcome = None
        _defer_names(m, act, node.body if is_main else node.orelse)
    else:
        outcome = condition(m, act, node.test) if is_main is None else is_main
    before = dict(act.env)
    ends: list[dict[str, Value]] = []
    m.guards += outcome is None
    narrow(m.facts, act, act.env, node.test, outcome=True)
    remove_keys(m, act, node.test, outcome=True)
    remove_dicts(m, act, node.test, outcome=True)
    remove_texts(m, act, node.test, outcome=True)
    reaches_end = outcome is not False and m.execute(act, [node.body])
    if reaches_end:
        ends.append(act.env)
    if has_copy and not is_main:
        _defer_names(m, act, node.body)
    act.env = before
    narrow(m.facts, act, act.env, node.test, outcome=False)
    remove_keys(m, act, node.test, outcome=False)
    remove_dicts(m, act, node.test, outcome=False)
    remove_texts(m, act, node.test, outcome=False)
    if outcome is not True:
        if node.orelse is None or m.execute(act, [node.orelse]):
            ends.append(act.env)
        if has_copy and is_main:
            _defer_names(m, act, node.orelse)
    m.guards -= outcome is None
    act.env = merge_environments(ends)
    if node.orelse is None and not reaches_end:
        remove_none(act.env, node.test)
    return bool(ends)


def else_block(m: Interpreter, act: Activation, node: cst.Else) -> bool:
    """The body of an `else`."""
    return m.execute(act, [node.body])


def _main_outcome(test: cst.CSTNode) -> bool | None:
    """The outcome of `__name__ == "__main__"`, or of `!=`, in the module that is run; None for other
    tests."""
    match test:
        case cst.Comparison(
            cst.Name("__name__"), [cst.ComparisonTarget(operator, cst.SimpleString() as name)]
        ) if literal_text(name) == "__main__" and isinstance(operator, cst.Equal | cst.NotEqual):
            return isinstance(operator, cst.Equal)
    return None


def _defer_names(m: Interpreter, act: Activation, block: cst.CSTNode | None) -> None:
    """Keep the values of the names that a branch binds: those before it for code of the module that is run,
    those behind it for code of the copy that other modules import. They have them at any time."""
    nodes = act.tree.descendants_of_kind(block, cst.Name) if block is not None else ()
    for name in sorted({node.value for node in nodes if is_bound(act.tree, node)} & act.env.keys()):
        m.shared.defer(act.frame.id, name, act.env[name])


def function_definition(m: Interpreter, act: Activation, node: cst.FunctionDef) -> bool:
    """The statement `def`: binds the function, or the result of its decorators."""
    value: Value = Function(act.site(node), act.frame.id)
    note_defaults(m, act, node)
    sets = property_part(node)
    if sets is not None:
        bind(m, act, sets, value)
        return True
    for decorator in reversed(node.decorators):
        wrapper = m.evaluate(act, decorator.decorator)
        if is_memoizing(wrapper):
            m.functions.memoizing.add(act.site(node))
        if keeps_result(wrapper):
            m.facts.memoized.add(act.site(node))
        if any(_is_run(m, choice) for choice in alternatives(wrapper)):
            decorated = Operand(value, act.site(node), act.frame.id)
            wrapped = m.call(act, decorator, wrapper, Arguments([decorated]))
            value = wrapped if isinstance(wrapped, Function) or _is_run(m, wrapped) else value
        elif makes_command(wrapper):
            m.functions.commands.add(act.site(node))
        elif dispatches_on_type(wrapper):
            value = Unknown(f"the single-dispatch function {node.name.value}")
        elif not is_transparent(wrapper) or (
            asks_about_results(wrapper)
            and not note_result_predicates(m, act, decorator.decorator, act.site(node))
        ):
            m.functions.wrapped[act.site(node)] = DECORATOR
    bind(m, act, node.name.value, value)
    return True


def _is_run(m: Interpreter, decorator: Value) -> bool:
    """Whether a decorator is code of the program: a function, a method, or an instance or class with
    `__call__`."""
    if isinstance(decorator, Bound):
        return isinstance(decorator.function, Function)
    heap_object = m.heap[decorator] if isinstance(decorator, Ref) else None
    cls = heap_object.cls if isinstance(heap_object, Instance) else decorator
    if isinstance(cls, Class):
        return isinstance(class_attribute(m, cls, "__call__"), Function)
    return isinstance(decorator, Function)


def class_definition(m: Interpreter, act: Activation, node: cst.ClassDef) -> bool:
    """The statement `class`. Its body is run in its own scope, unless it wasn't parsed."""
    site = act.site(node)
    if act.tree.is_left_out(node):
        bind(m, act, node.name.value, Class(site, act.frame.id))
        return True
    point = EvalPoint(m, act, node)
    bases = tuple(_base_value(point, m.evaluate(act, base.value)) for base in node.bases)
    decorators = tuple(m.evaluate(act, decorator.decorator) for decorator in node.decorators)
    keywords = {arg.keyword.value: m.evaluate(act, arg.value) for arg in node.keywords if arg.keyword}
    frame = m.frames.of(site, site, act.frame, act.frame.id, None)
    inner = Activation(frame, act.tree, class_scope=True)
    m.activations[frame.id] = inner
    namespace = prepared_namespace(point, node.name.value, bases, keywords)
    names = supplied_names(m, namespace)
    inner.env.update(names or {})
    inner.is_supplied = names is None
    m.execute(inner, node.body.body)
    fields = tuple(declared_fields(m, inner, node))
    info = ClassInfo(node.name.value, site, frame.id, bases, inner.env, fields, decorators, keywords)
    m.classes.define(info)
    if names is None:  # the namespace decides what a statement of the body binds
        overwrite_class_attributes(m, info)
    for choice in chain.from_iterable(map(alternatives, bases)):
        if isinstance(choice, Class):
            m.classes.derive(site, choice.site)
    for method in replaced_methods(m, Class(site, act.frame.id)):
        m.functions.wrapped[method.site] = "a decorator that replaces the method"
    value = completed_class(point, Class(site, act.frame.id))
    if mro_of(m, Class(site, act.frame.id)).is_enum:
        m.note_replies_escaped(join(*inner.env.values()), act, node, site, ENUM)
        make_members(point, Class(site, act.frame.id), info)
    for decorator_node, decorator in zip(reversed(node.decorators), reversed(decorators), strict=True):
        if any(isinstance(choice, Function | Bound) for choice in alternatives(decorator)):
            operand = Operand(value, site, act.frame.id)
            result = m.call(act, decorator_node, decorator, Arguments([operand]))
            value = result if isinstance(result, Class | Function | Bound) else value
    bind(m, act, node.name.value, value)
    return True


def _base_value(point: EvalPoint, base: Value) -> Value:
    """The bases that a base in a class statement stands for: an instance may name others by
    `__mro_entries__`."""
    m, named = point.machine, [*alternatives(base)]
    for choice in alternatives(base):
        heap_object = m.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(heap_object, Instance) and heap_object.cls is not None:
            method = mro_of(m, heap_object.cls).attribute("__mro_entries__")
            if isinstance(method, Function):
                bases = point.call(Bound(method, choice), Arguments([point.operand(UNKNOWN)]))
                named.append(element_of(m, bases))
    return join(*named)


def scope_declaration(_m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statements `global` and `nonlocal`."""
    if act.frame.function is not None:
        act.outer.update(item.name.value for item in cast("cst.Global | cst.Nonlocal", node).names)
    return True


def pass_statement(_m: Interpreter, _act: Activation, _node: cst.CSTNode) -> bool:
    """The statement `pass`."""
    return True


def type_alias(m: Interpreter, act: Activation, node: cst.TypeAlias) -> bool:
    """The statement `type`, whose value is evaluated later, if at all."""
    name = node.name
    m.assign(act, name, UNKNOWN, act.site(name))
    return True


def deletion(m: Interpreter, act: Activation, node: cst.Del) -> bool:
    """The statement `del`."""
    target = node.target
    for deleted_target in (
        [element.value for element in target.elements] if isinstance(target, cst.Tuple) else [target]
    ):
        if isinstance(deleted_target, cst.Name):
            act.env.pop(deleted_target.value, None)
        elif isinstance(deleted_target, cst.Subscript):
            _item_deleted(m, act, node, deleted_target)
        elif isinstance(deleted_target, cst.Attribute):
            owner = m.operand(act, deleted_target.value)
            delete_attribute(EvalPoint(m, act, deleted_target), owner, deleted_target.attr.value)
    return True


def _item_deleted(m: Interpreter, act: Activation, node: cst.CSTNode, target: cst.Subscript) -> None:
    owner, key = m.operand(act, target.value), key_of(m, act, target)
    objects = list(heap_objects(m, owner.value))
    word = known_text(key.value) if key is not None else None
    m.access(AccessKind.READ, owner.value, owner.site, act.site(target), word)
    m.use(UseKind.METHOD, owner.value if not objects else UNKNOWN, act, node, owner.site, detail="del")
    if key is not None:
        use_as_key(m, act, target, key.value, key.site, owner.value)
    for heap_object in objects:
        if isinstance(heap_object, DictObject):
            heap_object.open = True
            heap_object.take_out(word, act.site(target))
        elif isinstance(heap_object, SequenceObject):
            heap_object.disorder()


def assertion(m: Interpreter, act: Activation, node: cst.Assert) -> bool:
    """The node `assert`."""
    condition(m, act, node.test)
    narrow(m.facts, act, act.env, node.test, outcome=True)
    if node.msg is not None:
        message = m.operand(act, node.msg)
        note_error(EvalPoint(m, act, node), Symbol("builtins.AssertionError"), [message.value])
        m.use(
            exceptions.message_style(m, message),
            message.value,
            act,
            node,
            message.site,
            detail=IN_ERROR,
        )
    return True
