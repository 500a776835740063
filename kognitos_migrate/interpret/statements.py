"""Transfer functions of statements."""

from itertools import chain
from typing import cast

import libcst as cst

from kognitos_migrate.interpret import exceptions, strings
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.branches import merge_environments, remove_keys, remove_none
from kognitos_migrate.interpret.checked_arguments import note_returned
from kognitos_migrate.interpret.classes import special_methods
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, mro_of
from kognitos_migrate.interpret.classes.fields import declared_fields
from kognitos_migrate.interpret.classes.metaclasses import completed_class, replaced_methods
from kognitos_migrate.interpret.containers import element_of, heap_objects, known_text, use_as_key
from kognitos_migrate.interpret.dict_merge import absorb, merge_display
from kognitos_migrate.interpret.displays import key_of
from kognitos_migrate.interpret.error_messages import note_error
from kognitos_migrate.interpret.expressions import condition
from kognitos_migrate.interpret.field_tests import narrow, note_bound
from kognitos_migrate.interpret.function_definitions import (
    asks_about_results,
    dispatches_on_type,
    is_memoizing,
    is_transparent,
    makes_command,
    note_defaults,
    property_part,
)
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.library.retry import note_result_predicates
from kognitos_migrate.interpret.names import bind, is_module_namespace
from kognitos_migrate.interpret.overwrites import overwrite_names
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.interpret.state.facts import CALLERS, AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.unknown_code import is_exported
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, concat, join
from kognitos_migrate.values.lattice import (
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Function,
    MemberRef,
    ModuleRef,
    Ref,
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
)

_DECODED = 3
"""The length of the path of an object that was decoded from the text of a field."""


def statement_line(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The small statements on one line."""
    return m.execute(act, cast("cst.SimpleStatementLine | cst.SimpleStatementSuite", node).body)


def statement_block(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """An indented block."""
    return m.execute(act, cast(cst.IndentedBlock, node).body)


def expression_statement(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """An expression whose value isn't used."""
    EvalPoint(m, act, node).flows(m.given(act, cast(cst.Expr, node).value))
    return True


def assignment(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `a = b = value`."""
    assigned = cast(cst.Assign, node)
    value = m.evaluate(act, assigned.value)
    for target in assigned.targets:
        m.assign(act, target.target, value, act.site(assigned.value))
        note_bound(m.facts, act, target.target, assigned.value)
    return True


def annotated_assignment(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `name: type = value`."""
    assigned = cast(cst.AnnAssign, node)
    if assigned.value is not None:
        value = m.evaluate(act, assigned.value)
        m.assign(act, assigned.target, value, act.site(assigned.value))
        note_bound(m.facts, act, assigned.target, assigned.value)
    return True


def augmented_assignment(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `a += value`, with any operator."""
    assigned = cast(cst.AugAssign, node)
    before, added = m.given(act, assigned.target), m.given(act, assigned.value)
    value: Value = UNKNOWN
    here = EvalPoint(m, act, node)
    here.access(AccessKind.WRITE, before)
    here.access(AccessKind.WALK, added)
    parts = [one for one in alternatives(before.value) if isinstance(one, Reply) and len(one.path) > _DECODED]
    here.use(UseKind.METHOD, join(*parts), before.site, detail="__iadd__")
    own = special_methods.operator_result(
        EvalPoint(m, act, node), before, added, type(assigned.operator).__name__
    )
    if own is not None:
        value = own
    elif isinstance(assigned.operator, cst.AddAssign) and any(
        isinstance(choice, Text) for given in (before, added) for choice in alternatives(given.value)
    ):
        value = concat([strings.operand(assigned.target, before), strings.operand(assigned.value, added)])
    elif isinstance(assigned.operator, cst.AddAssign) and not heap_objects(m, before.value):
        value = strings.total(before.value, added.value)
    elif isinstance(assigned.operator, cst.BitOrAssign):
        value = _merged_in_place(m, act, assigned, before, added)
    elif kept := [thing for thing in heap_objects(m, before.value) if isinstance(thing, SequenceObject)]:
        for thing in kept:
            m.add(thing, element_of(m, added.value))
        value = before.value
    m.assign(act, assigned.target, value, act.site(assigned.value))
    return True


def _merged_in_place(
    m: Interpreter, act: Activation, node: cst.AugAssign, before: Operand, added: Operand
) -> Value:
    """The value of `a |= value`: a dict is extended in place."""
    for choice in alternatives(before.value):
        if is_module_namespace(choice) and isinstance(module := cast(MemberRef, choice).receiver, ModuleRef):
            overwrite_names(m, module)
            return before.value
    replies = [choice for choice in alternatives(before.value) if isinstance(choice, Reply)]
    EvalPoint(m, act, node).use(UseKind.METHOD, join(*replies), before.site, detail="update")
    held = heap_objects(m, before.value)
    if not held or not all(isinstance(thing, DictObject) for thing in held):
        return merge_display(m, act, node, [before, added])
    for thing in held:
        if isinstance(thing, DictObject):
            absorb(m, act, node, thing, added)
    return before.value


def return_statement(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `return`."""
    value = cast(cst.Return, node).value
    given = m.evaluate(act, value) if value is not None else NONE
    if value is not None:
        m.access(AccessKind.FLOW, given, act.site(value), act.site(node))
        note_returned(m.facts, act, value, given)
    act.returns = join(act.returns, given)
    if act.frame.call is None and value is not None and act.frame.function is not None:
        m.mark_escaped(given)
        m.use(UseKind.ESCAPE, given, act, node, act.site(value), detail=CALLERS)
    elif value is not None and is_exported(m, act):
        m.use_replies(given, act, node, act.site(value), CALLERS)
    return False


def raise_statement(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `raise`."""
    error = cast(cst.Raise, node)
    if error.exc is not None:
        m.evaluate(act, error.exc)
    if error.cause is not None and not isinstance(error.cause.item, cst.Name):
        m.evaluate(act, error.cause.item)
    return False


def if_statement(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `if`."""
    choice = cast(cst.If, node)
    known = True if _is_main(choice.test) else condition(m, act, choice.test)
    before = dict(act.env)
    ends: list[dict[str, Value]] = []
    m.guards += known is None
    narrow(m.facts, act, act.env, choice.test, outcome=True)
    remove_keys(m, act, choice.test, outcome=True)
    held = known is not False and m.execute(act, [choice.body])
    if held:
        ends.append(act.env)
    act.env = before
    narrow(m.facts, act, act.env, choice.test, outcome=False)
    remove_keys(m, act, choice.test, outcome=False)
    if known is not True:
        if choice.orelse is None or m.execute(act, [choice.orelse]):
            ends.append(act.env)
    m.guards -= known is None
    act.env = merge_environments(ends)
    if choice.orelse is None and not held:
        remove_none(act.env, choice.test)
    return bool(ends)


def else_block(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The body of an `else`."""
    return m.execute(act, [cast(cst.Else, node).body])


def _is_main(test: cst.CSTNode) -> bool:
    return (
        isinstance(test, cst.Comparison) and isinstance(test.left, cst.Name) and test.left.value == "__name__"
    )


def function_definition(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `def`: binds the function, or the result of its decorators."""
    definition = cast(cst.FunctionDef, node)
    value: Value = Function(act.site(definition), act.frame.id)
    note_defaults(m, act, definition)
    sets = property_part(definition)
    if sets is not None:
        bind(m, act, sets, value)
        return True
    for decorator in reversed(definition.decorators):
        wrapper = m.evaluate(act, decorator.decorator)
        if is_memoizing(wrapper):
            m.functions.remembering.add(act.site(definition))
            m.facts.remembered.add(act.site(definition))
        if any(_is_run(m, choice) for choice in alternatives(wrapper)):
            given = Operand(value, act.site(definition), act.frame.id)
            wrapped = m.call(act, decorator, wrapper, Arguments([given]))
            value = wrapped if isinstance(wrapped, Function) or _is_run(m, wrapped) else value
        elif makes_command(wrapper):
            m.functions.commands.add(act.site(definition))
        elif dispatches_on_type(wrapper):
            value = Unknown(f"{definition.name.value}, which chooses by type")
        elif not is_transparent(wrapper) or (
            asks_about_results(wrapper)
            and not note_result_predicates(m, act, decorator.decorator, act.site(definition))
        ):
            m.functions.wrapped[act.site(definition)] = "a decorator that can't be followed"
    bind(m, act, definition.name.value, value)
    return True


def _is_run(m: Interpreter, decorator: Value) -> bool:
    """Whether a decorator is code of the program: a function, a method, or an instance or class with
    `__call__`."""
    if isinstance(decorator, Bound):
        return isinstance(decorator.function, Function)
    thing = m.heap[decorator] if isinstance(decorator, Ref) else None
    cls = thing.cls if isinstance(thing, Instance) else decorator
    if isinstance(cls, Class):
        return isinstance(class_attribute(m, cls, "__call__"), Function)
    return isinstance(decorator, Function)


def class_definition(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `class`. Its body is run in its own scope, unless it wasn't parsed."""
    definition = cast(cst.ClassDef, node)
    site = act.site(definition)
    if act.tree.is_left_out(definition):
        bind(m, act, definition.name.value, Class(site, act.frame.id))
        return True
    bases = tuple(m.evaluate(act, base.value) for base in definition.bases)
    decorators = tuple(m.evaluate(act, decorator.decorator) for decorator in definition.decorators)
    keywords = {arg.keyword.value: m.evaluate(act, arg.value) for arg in definition.keywords if arg.keyword}
    frame = m.frames.of(site, site, act.frame, act.frame.id, None)
    inner = Activation(frame, act.tree, class_scope=True)
    m.activations[frame.id] = inner
    m.execute(inner, definition.body.body)
    fields = tuple(declared_fields(m, inner, definition))
    info = ClassInfo(definition.name.value, site, frame.id, bases, inner.env, fields, decorators, keywords)
    m.classes.define(info)
    for choice in chain.from_iterable(map(alternatives, bases)):
        if isinstance(choice, Class):
            m.classes.derive(site, choice.site)
    for one in replaced_methods(m, Class(site, act.frame.id)):
        m.functions.wrapped[one.site] = "what takes the place of the method"
    value = completed_class(EvalPoint(m, act, definition), Class(site, act.frame.id))
    if mro_of(m, Class(site, act.frame.id)).is_enum:
        m.use_replies(join(*inner.env.values()), act, definition, site, "an Enum")
    for written, decorator in zip(reversed(definition.decorators), reversed(decorators), strict=True):
        if any(isinstance(choice, Function | Bound) for choice in alternatives(decorator)):
            given = Operand(value, site, act.frame.id)
            changed = m.call(act, written, decorator, Arguments([given]))
            value = changed if isinstance(changed, Class | Function | Bound) else value
    bind(m, act, definition.name.value, value)
    return True


def scope_declaration(_m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statements `global` and `nonlocal`."""
    if act.frame.function is not None:
        act.outer.update(item.name.value for item in cast("cst.Global | cst.Nonlocal", node).names)
    return True


def deletion(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `del`."""
    target = cast(cst.Del, node).target
    for one in [element.value for element in target.elements] if isinstance(target, cst.Tuple) else [target]:
        if isinstance(one, cst.Name):
            act.env.pop(one.value, None)
        elif isinstance(one, cst.Subscript):
            _item_deleted(m, act, node, one)
        elif isinstance(one, cst.Attribute):
            m.evaluate(act, one.value)
    return True


def _item_deleted(m: Interpreter, act: Activation, node: cst.CSTNode, target: cst.Subscript) -> None:
    owner, key = m.given(act, target.value), key_of(m, act, target)
    held = list(heap_objects(m, owner.value))
    word = known_text(key.value) if key is not None else None
    m.access(AccessKind.READ, owner.value, owner.site, act.site(target), word)
    m.use(UseKind.METHOD, owner.value if not held else UNKNOWN, act, node, owner.site, detail="del")
    if key is not None:
        use_as_key(m, act, target, key.value, key.site, owner.value)
    for thing in held:
        if isinstance(thing, DictObject):
            thing.open = True
            thing.take_out(word, act.site(target))
        elif isinstance(thing, SequenceObject):
            thing.disorder()


def assertion(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `assert`."""
    tested = cast(cst.Assert, node)
    condition(m, act, tested.test)
    narrow(m.facts, act, act.env, tested.test, outcome=True)
    if tested.msg is not None:
        given = m.given(act, tested.msg)
        note_error(EvalPoint(m, act, node), Symbol("builtins.AssertionError"), [given.value])
        m.use(
            exceptions.message_style(m, given),
            given.value,
            act,
            node,
            given.site,
            detail="an error's message",
        )
    return True
