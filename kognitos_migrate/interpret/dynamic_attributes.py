"""Attribute access by a computed name."""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import PLAIN_BASES, class_attribute, mro_of
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.names import ANY_MEMBER, ANY_MODULE, expose_module, expose_module_texts
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.rulebook.model import RequestCallable, Role, View
from kognitos_migrate.values.heap import PARTIAL_TARGET, Instance, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Function,
    Lit,
    MemberRef,
    ModuleRef,
    Ref,
    Symbol,
    Text,
    Value,
)

_MAX_NAMES = 8
"""The maximum number of attributes that one computed name is resolved to."""


def attributes_by_text(point: EvalPoint, owner: Operand, name: Operand) -> Value:
    """The join of the attributes whose names `name` may be."""
    point.note_use(UseKind.ESCAPE, name.value, name.site, detail="a computed attribute name")
    values: list[Value] = []
    for choice in alternatives(owner.value):
        for name_choice in alternatives(name.value):
            sender = _generic_sender(point, choice)
            is_literal = isinstance(name_choice, Text) and name_choice.literal is not None
            if sender is not None and not is_literal:
                values.append(_bind_method(point, sender, name._replace(value=name_choice)))
            else:
                values.append(_attribute_of_choice(point, owner._replace(value=choice), name_choice))
    return join(*values)


def _generic_sender(point: EvalPoint, owner: Value) -> Value | None:
    """A client's function, or method of its session, whose first argument is the HTTP method; None if there
    is none.

    The other functions are named after HTTP methods, so a computed name is passed as the method.
    """
    interpreter = point.interpreter
    if isinstance(owner, Symbol):
        client = interpreter.libraries.client_of_module(owner.name)
        functions = client.functions if client is not None else {}
        name = _generic_sender_name(functions, f"{owner.name}.")
        return Symbol(name) if name is not None else None
    heap_object = interpreter.heap.get(owner)
    if not isinstance(heap_object, Instance) or heap_object.client is None or heap_object.cls is not None:
        return None
    name = _generic_sender_name(interpreter.libraries.clients[heap_object.client].session_methods, "")
    return MemberRef(owner, name) if name is not None else None


def _generic_sender_name(verbs: Mapping[str, RequestCallable], prefix: str) -> str | None:
    return next(
        (
            name
            for name, verb in verbs.items()
            if name.startswith(prefix) and verb.arguments[:1] == (Role.METHOD,) and verb.gives is View.SELF
        ),
        None,
    )


def _bind_method(point: EvalPoint, sender: Value, method: Operand) -> Value:
    """A partial application of a client's send function, with its first argument (the HTTP method) bound."""
    ref, instance = point.interpreter.allocate_library_instance(point.act, point.node)
    instance.put(PARTIAL_TARGET, point.operand(sender))
    instance.put("partial 0", method)
    return ref


def _attribute_of_choice(point: EvalPoint, owner: Operand, name_value: Value) -> Value:
    interpreter = point.interpreter
    word = name_value.literal if isinstance(name_value, Text) else None
    if word is not None:
        return point.attribute(owner.value, word)
    if owner.value == ANY_MODULE:
        expose_module_texts(point, ANY_MODULE)
        return ANY_MEMBER
    names = [
        name
        for name in dict.fromkeys(_attribute_names(interpreter, owner.value))
        if may_equal(name_value, name)
    ]
    if len(names) > _MAX_NAMES:
        interpreter.mark_escaped(owner.value)
        if isinstance(owner.value, ModuleRef):
            expose_module(point, owner.value)
        point.note_use(UseKind.ESCAPE, owner.value, owner.site, detail="getattr")
        return UNKNOWN
    values = [point.attribute(owner.value, name) for name in names]
    return join(*values) if values and has_closed_names(interpreter, owner.value) else join(*values, UNKNOWN)


_GETTER = "__getattr__"


def attribute_by_getter(point: EvalPoint, ref: Ref, instance: Instance, name: str) -> Value | None:
    """The result of the `__getattr__` of an instance's class, for an attribute that the instance lacks. None
    if the class has none, or if code outside of the program may define the attribute."""
    interpreter, cls = point.interpreter, instance.cls
    if cls is None or instance.client is not None or name.startswith("__"):
        return None
    getter = class_attribute(interpreter, cls, _GETTER)
    is_closed = all(base.name in PLAIN_BASES for base in mro_of(interpreter, cls).outside)
    if not isinstance(getter, Function) or not is_closed:
        return None
    text = Operand(Text((Lit(name),)), point.site, point.act.frame.id)
    return interpreter.call(point.act, point.node, Bound(getter, ref), Arguments([text]))


def has_closed_names(interpreter: Interpreter, owner: Value) -> bool:
    """Whether all attributes of an object are known: none are defined outside of the program or by
    `__getattr__`."""
    if isinstance(owner, ModuleRef):
        tree = interpreter.trees[owner.path]
        return not any(
            isinstance(statement.names, cst.ImportStar) for statement in tree.of_kind(cst.ImportFrom)
        )
    heap_object = interpreter.heap.get(owner)
    if isinstance(heap_object, Instance) and heap_object.cls is None:
        return heap_object.client is None
    cls = heap_object.cls if isinstance(heap_object, Instance) else owner
    if not isinstance(cls, Class) or class_attribute(interpreter, cls, _GETTER) is not NEVER:
        return False
    return all(base.name in PLAIN_BASES for base in mro_of(interpreter, cls).outside)


def may_equal(pattern: Value, name: str) -> bool:
    """Whether a text with unknown parts may be equal to `name`."""
    if not isinstance(pattern, Text):
        return True
    first, *rest = ["".join(texts) for texts in _literal_groups(pattern)]
    if not rest:
        return name == first
    *middle, last = rest
    at = len(first)
    for text in middle:  # the first match is the best one; a regular expression would try all
        position = name.find(text, at)
        if position < 0:
            return False
        at = position + len(text)
    return name.startswith(first) and name.endswith(last) and at + len(last) <= len(name)


def _literal_groups(pattern: Text) -> list[list[str]]:
    """The literals of a text, grouped by the holes between them."""
    groups: list[list[str]] = [[]]
    for part in pattern.parts:
        if isinstance(part, Lit):
            groups[-1].append(part.text)
        else:
            groups.append([])
    return groups


def _attribute_names(interpreter: Interpreter, owner: Value) -> Iterator[str]:
    heap_object = interpreter.heap.get(owner)
    if isinstance(heap_object, Instance):
        yield from heap_object.attributes
        owner = heap_object.cls if heap_object.cls is not None else UNKNOWN
    if isinstance(owner, Class):
        for info in mro_of(interpreter, owner).infos:
            yield from (name for name in info.attributes if not name.startswith("__"))
    if (
        isinstance(owner, ModuleRef)
        and (module := interpreter.transfer.load_module(interpreter, owner.path)) is not None
    ):
        yield from module.env


def handles_missing_attribute(act: Activation, node: cst.CSTNode) -> bool:
    """Whether an expression is in a `try` that handles AttributeError."""
    child = node
    for ancestor in act.tree.ancestors(node):
        if isinstance(ancestor, cst.FunctionDef | cst.Lambda):
            return False
        if isinstance(ancestor, cst.Try) and ancestor.body is child:
            types = (handler.type for handler in ancestor.handlers if handler.type is not None)
            return any("AttributeError" in act.tree.code(error_type) for error_type in types)
        child = ancestor
    return False
