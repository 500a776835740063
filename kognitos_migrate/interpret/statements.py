"""Transfer functions of statements."""

from itertools import chain
from typing import cast

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.attribute_deletion import delete_attribute
from kognitos_migrate.interpret.branches import (
    merge_environments,
    remove_none,
)
from kognitos_migrate.interpret.checked_arguments import note_facts_at_return
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, mro_of
from kognitos_migrate.interpret.classes.enums import make_members
from kognitos_migrate.interpret.classes.fields import declared_fields
from kognitos_migrate.interpret.classes.metaclasses import (
    completed_class,
    prepared_namespace,
    replaced_methods,
    supplied_names,
)
from kognitos_migrate.interpret.classes.typed_dicts import note_reply_annotation
from kognitos_migrate.interpret.conditions import condition
from kognitos_migrate.interpret.containers import use_as_key
from kognitos_migrate.interpret.displays import key_of
from kognitos_migrate.interpret.error_contents import note_error_creation
from kognitos_migrate.interpret.error_messages import message_style
from kognitos_migrate.interpret.exclusions import remove_excluded
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
from kognitos_migrate.interpret.public_surface import note_error, note_result
from kognitos_migrate.interpret.state.declarations import IMPLICIT_METHODS, INHERITED, ClassInfo
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import CALLERS, DECORATOR, ENUM, PLATFORM
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
    Symbol,
    Unknown,
    Value,
)
from kognitos_migrate.values.texts import known_text

_DECODED = 3
"""The length of the path of an object that was decoded from the text of a field."""


def statement_line(interpreter: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The small statements on one line."""
    return interpreter.execute(act, cast("cst.SimpleStatementLine | cst.SimpleStatementSuite", node).body)


def statement_block(interpreter: Interpreter, act: Activation, node: cst.IndentedBlock) -> bool:
    """An indented block."""
    return interpreter.execute(act, node.body)


def expression_statement(interpreter: Interpreter, act: Activation, node: cst.Expr) -> bool:
    """An expression whose value isn't used."""
    EvalPoint(interpreter, act, node).note_flows(interpreter.operand(act, node.value))
    return True


def assignment(interpreter: Interpreter, act: Activation, node: cst.Assign) -> bool:
    """The statement `a = b = value`."""
    value = interpreter.evaluate(act, node.value)
    for target in node.targets:
        interpreter.assign(act, target.target, value, act.site(node.value))
        note_binding(interpreter.facts, act, target.target, node.value)
    return True


def annotated_assignment(interpreter: Interpreter, act: Activation, node: cst.AnnAssign) -> bool:
    """The statement `name: type = value`."""
    if node.value is not None:
        value = interpreter.evaluate(act, node.value)
        interpreter.assign(act, node.target, value, act.site(node.value))
        note_binding(interpreter.facts, act, node.target, node.value)
        note_reply_annotation(interpreter, act, node.annotation, value, node)
    return True


def return_statement(interpreter: Interpreter, act: Activation, node: cst.Return) -> bool:
    """The statement `return`."""
    value = node.value
    result = interpreter.evaluate(act, value) if value is not None else NONE
    if value is not None:
        interpreter.note_access(AccessKind.FLOW, result, act.site(value), act.site(node))
        note_facts_at_return(interpreter.facts, act, value, result)
        function = act.tree.node(act.frame.function) if act.frame.function is not None else None
        if isinstance(function, cst.FunctionDef):
            note_reply_annotation(interpreter, act, function.returns, result, node)
    act.returns = join(act.returns, result)
    interpreter.regions.note_exit(interpreter.guards, of_function=True)
    if act.frame.call is None and value is not None and act.frame.function is not None:
        interpreter.mark_escaped(result)
        receiver = PLATFORM if act.frame.function in interpreter.functions.handlers else CALLERS
        interpreter.note_use(UseKind.ESCAPE, result, act, node, act.site(value), detail=receiver)
    elif value is not None:
        note_result(interpreter, act, node, Operand(result, act.site(value), act.frame.id))
    return False


def raise_statement(interpreter: Interpreter, act: Activation, node: cst.Raise) -> bool:
    """The statement `raise`."""
    if node.exc is not None:
        note_error(interpreter, act, node, interpreter.operand(act, node.exc))
    if node.cause is not None and not isinstance(node.cause.item, cst.Name):
        interpreter.evaluate(act, node.cause.item)
    return False


def if_statement(interpreter: Interpreter, act: Activation, node: cst.If) -> bool:
    """The node `if`."""
    is_main = _main_outcome(node.test)
    has_copy = is_main is not None and interpreter.shared.is_imported(act.frame.path)
    if has_copy:
        outcome = None
        _defer_names(interpreter, act, node.body if is_main else node.orelse)
    else:
        outcome = condition(interpreter, act, node.test) if is_main is None else is_main
    before = dict(act.env)
    ends: list[dict[str, Value]] = []
    interpreter.guards += outcome is None
    narrow(interpreter.facts, act, act.env, node.test, outcome=True)
    remove_excluded(interpreter, act, node.test, outcome=True)
    reaches_end = outcome is not False and interpreter.execute(act, [node.body])
    if reaches_end:
        ends.append(act.env)
    if has_copy and not is_main:
        _defer_names(interpreter, act, node.body)
    act.env = before
    narrow(interpreter.facts, act, act.env, node.test, outcome=False)
    remove_excluded(interpreter, act, node.test, outcome=False)
    if outcome is not True:
        if node.orelse is None or interpreter.execute(act, [node.orelse]):
            ends.append(act.env)
        if has_copy and is_main:
            _defer_names(interpreter, act, node.orelse)
    interpreter.guards -= outcome is None
    act.env = merge_environments(ends)
    if node.orelse is None and not reaches_end:
        remove_none(act.env, node.test)
    return bool(ends)


def else_block(interpreter: Interpreter, act: Activation, node: cst.Else) -> bool:
    """The body of an `else`."""
    return interpreter.execute(act, [node.body])


def _main_outcome(test: cst.CSTNode) -> bool | None:
    """The outcome of `__name__ == "__main__"`, or of `!=`, in the module that is run; None for other
    tests."""
    match test:
        case cst.Comparison(
            cst.Name("__name__"), [cst.ComparisonTarget(operator, cst.SimpleString() as name)]
        ) if literal_text(name) == "__main__" and isinstance(operator, cst.Equal | cst.NotEqual):
            return isinstance(operator, cst.Equal)
    return None


def _defer_names(interpreter: Interpreter, act: Activation, block: cst.CSTNode | None) -> None:
    """Record the values of the names that a branch binds, before or after it, as values that other code may
    read at any time: a module that is run and imported exists twice."""
    nodes = act.tree.descendants_of_kind(block, cst.Name) if block is not None else ()
    for name in sorted({node.value for node in nodes if is_bound(act.tree, node)} & act.env.keys()):
        interpreter.shared.defer(act.frame.id, name, act.env[name])


def function_definition(interpreter: Interpreter, act: Activation, node: cst.FunctionDef) -> bool:
    """The statement `def`: binds the function, or the result of its decorators."""
    value: Value = Function(act.site(node), act.frame.id)
    note_defaults(interpreter, act, node)
    sets = property_part(node)
    if sets is not None:
        bind(interpreter, act, sets, value)
        return True
    for decorator in reversed(node.decorators):
        wrapper = interpreter.evaluate(act, decorator.decorator)
        if is_memoizing(wrapper):
            interpreter.functions.memoizing.add(act.site(node))
        if keeps_result(wrapper):
            interpreter.facts.memoized.add(act.site(node))
        if any(_is_program_decorator(interpreter, choice) for choice in alternatives(wrapper)):
            decorated = Operand(value, act.site(node), act.frame.id)
            wrapped = interpreter.call(act, decorator, wrapper, Arguments([decorated]))
            value = (
                wrapped
                if isinstance(wrapped, Function) or _is_program_decorator(interpreter, wrapped)
                else value
            )
        elif makes_command(wrapper):
            interpreter.functions.commands.add(act.site(node))
        elif dispatches_on_type(wrapper):
            value = Unknown(f"the single-dispatch function {node.name.value}")
        elif not is_transparent(wrapper) or (
            asks_about_results(wrapper)
            and not note_result_predicates(
                interpreter, act, decorator.decorator, Operand(value, act.site(node), act.frame.id)
            )
        ):
            interpreter.functions.wrapped[act.site(node)] = DECORATOR
    bind(interpreter, act, node.name.value, value)
    return True


def _is_program_decorator(interpreter: Interpreter, decorator: Value) -> bool:
    """Whether a decorator is code of the program: a function, a method, or an instance or class with
    `__call__`."""
    if isinstance(decorator, Bound):
        return isinstance(decorator.function, Function)
    heap_object = interpreter.heap.get(decorator)
    cls = heap_object.cls if isinstance(heap_object, Instance) else decorator
    if isinstance(cls, Class):
        return isinstance(class_attribute(interpreter, cls, "__call__"), Function)
    return isinstance(decorator, Function)


def class_definition(interpreter: Interpreter, act: Activation, node: cst.ClassDef) -> bool:
    """The statement `class`. Its body is run in its own scope, unless it wasn't parsed."""
    site = act.site(node)
    if act.tree.is_elided(node):
        bind(interpreter, act, node.name.value, Class(site, act.frame.id))
        return True
    point = EvalPoint(interpreter, act, node)
    bases = tuple(_base_value(point, interpreter.evaluate(act, base.value)) for base in node.bases)
    decorators = tuple(interpreter.evaluate(act, decorator.decorator) for decorator in node.decorators)
    keywords = {
        arg.keyword.value: interpreter.evaluate(act, arg.value) for arg in node.keywords if arg.keyword
    }
    frame = interpreter.frames.of(site, site, act.frame, act.frame.id, None)
    inner = Activation(frame, act.tree, class_scope=True)
    interpreter.activations[frame.id] = inner
    namespace = prepared_namespace(point, node.name.value, bases, keywords)
    names = supplied_names(interpreter, namespace)
    inner.env.update(dict.fromkeys(IMPLICIT_METHODS, INHERITED))
    inner.env.update(names or {})
    inner.is_supplied = names is None
    interpreter.execute(inner, node.body.body)
    for name in IMPLICIT_METHODS:
        if inner.env.get(name) == INHERITED:
            del inner.env[name]
    fields = tuple(declared_fields(interpreter, inner, node))
    info = ClassInfo(node.name.value, site, frame.id, bases, inner.env, fields, decorators, keywords)
    interpreter.classes.define(info)
    if names is None:  # the namespace decides what a statement of the body binds
        overwrite_class_attributes(interpreter, info)
    for choice in chain.from_iterable(map(alternatives, bases)):
        if isinstance(choice, Class):
            interpreter.classes.derive(site, choice.site)
    interpreter.log_sinks.note_bases(mro_of(interpreter, Class(site, act.frame.id)).outside_names)
    for method in replaced_methods(interpreter, Class(site, act.frame.id)):
        interpreter.functions.wrapped[method.site] = "a decorator that replaces the method"
    value = completed_class(point, Class(site, act.frame.id))
    if mro_of(interpreter, Class(site, act.frame.id)).is_enum:
        interpreter.note_replies_escaped(join(*inner.env.values()), act, node, site, ENUM)
        make_members(point, Class(site, act.frame.id), info)
    for decorator_node, decorator in zip(reversed(node.decorators), reversed(decorators), strict=True):
        if any(isinstance(choice, Function | Bound) for choice in alternatives(decorator)):
            operand = Operand(value, site, act.frame.id)
            result = interpreter.call(act, decorator_node, decorator, Arguments([operand]))
            value = result if isinstance(result, Class | Function | Bound) else value
    bind(interpreter, act, node.name.value, value)
    return True


def _base_value(point: EvalPoint, base: Value) -> Value:
    """The bases that an expression in a class statement yields: the value itself, or those that the
    `__mro_entries__` of an instance returns."""
    interpreter, named = point.interpreter, [*alternatives(base)]
    for choice in alternatives(base):
        heap_object = interpreter.heap.get(choice)
        if isinstance(heap_object, Instance) and heap_object.cls is not None:
            method = mro_of(interpreter, heap_object.cls).attribute("__mro_entries__")
            if isinstance(method, Function):
                bases = point.call(Bound(method, choice), Arguments([point.operand(UNKNOWN)]))
                named.append(element_of(interpreter, bases))
    return join(*named)


def scope_declaration(_m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statements `global` and `nonlocal`."""
    if act.frame.function is not None:
        act.outer.update(item.name.value for item in cast("cst.Global | cst.Nonlocal", node).names)
    return True


def pass_statement(_m: Interpreter, _act: Activation, _node: cst.CSTNode) -> bool:
    """The statement `pass`."""
    return True


def type_alias(interpreter: Interpreter, act: Activation, node: cst.TypeAlias) -> bool:
    """The statement `type`, whose value is evaluated later, if at all."""
    name = node.name
    interpreter.assign(act, name, UNKNOWN, act.site(name))
    return True


def deletion(interpreter: Interpreter, act: Activation, node: cst.Del) -> bool:
    """The statement `del`."""
    target = node.target
    for deleted_target in (
        [element.value for element in target.elements] if isinstance(target, cst.Tuple) else [target]
    ):
        if isinstance(deleted_target, cst.Name):
            act.env.pop(deleted_target.value, None)
            if act.class_scope and deleted_target.value in IMPLICIT_METHODS:
                act.env[deleted_target.value] = INHERITED
        elif isinstance(deleted_target, cst.Subscript):
            _item_deleted(interpreter, act, node, deleted_target)
        elif isinstance(deleted_target, cst.Attribute):
            owner = interpreter.operand(act, deleted_target.value)
            delete_attribute(EvalPoint(interpreter, act, deleted_target), owner, deleted_target.attr.value)
    return True


def _item_deleted(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, target: cst.Subscript
) -> None:
    owner, key = interpreter.operand(act, target.value), key_of(interpreter, act, target)
    objects = list(interpreter.heap.objects_of(owner.value))
    word = known_text(key.value) if key is not None else None
    interpreter.note_access(AccessKind.READ, owner.value, owner.site, act.site(target), word)
    interpreter.note_use(
        UseKind.METHOD, owner.value if not objects else UNKNOWN, act, node, owner.site, detail="del"
    )
    if key is not None:
        use_as_key(EvalPoint(interpreter, act, target), key.value, key.site, owner.value)
    for heap_object in objects:
        if isinstance(heap_object, DictObject):
            heap_object.open = True
            heap_object.note_removal(word, act.site(target))
        elif isinstance(heap_object, SequenceObject):
            heap_object.forget_order()


def assertion(interpreter: Interpreter, act: Activation, node: cst.Assert) -> bool:
    """The node `assert`."""
    condition(interpreter, act, node.test)
    narrow(interpreter.facts, act, act.env, node.test, outcome=True)
    if node.msg is not None:
        message = interpreter.operand(act, node.msg)
        note_error_creation(
            EvalPoint(interpreter, act, node), Symbol("builtins.AssertionError"), [message.value]
        )
        use, detail = message_style(interpreter, message)
        interpreter.note_use(use, message.value, act, node, message.site, detail=detail)
    return True
