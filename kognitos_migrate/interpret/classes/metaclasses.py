"""Metaclasses and class hooks: how they change a class and its instances."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import metaclasses, mro_of
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.overwrites import (
    join_class_attribute,
    may_be_data,
    overwrite_class_attributes,
)
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.syntax.shapes import string_value
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import DictEntry, DictObject, Instance
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Bound, Class, Function, Ref, Symbol, Value

_INIT_SUBCLASS = "__init_subclass__"
_PREPARE = "__prepare__"
_CLASS_HOOKS = ("__new__", "__init__", _INIT_SUBCLASS)
"""The methods that receive a class while it is created."""
_READING_FUNCTIONS = ("dict", "len", "list", "sorted", "set", "tuple", "print")
"""Functions that read a namespace without changing it."""


def replaced_methods(interpreter: Interpreter, cls: Class) -> list[Function]:
    """The methods of a class that a metaclass or `__init_subclass__` may replace."""
    infos = mro_of(interpreter, cls).infos[:1]
    methods = {
        name: attribute
        for info in infos
        for name, attribute in info.attributes.items()
        if isinstance(attribute, Function)
    }
    changes = [
        name
        for definition in _methods(interpreter, cls, *_CLASS_HOOKS)
        for name in _NamespaceChanges(*definition).names()
    ]
    return [method for name, method in methods.items() if name in changes or None in changes]


def prepared_namespace(
    point: EvalPoint, name: str, bases: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    """The namespace that a metaclass's `__prepare__` makes for the body of a class; NEVER without one."""
    interpreter = point.interpreter
    metas = [choice for choice in alternatives(keywords.get("metaclass", NEVER)) if isinstance(choice, Class)]
    for base in chain.from_iterable(map(alternatives, bases)):
        metas += metaclasses(interpreter, base) if isinstance(base, Class) else []
    for meta in metas[:1]:
        if mro_of(interpreter, meta).attribute(_PREPARE) is not NEVER:
            made_of = interpreter.allocate_sequence(
                point.act, point.node, [point.operand(base) for base in bases]
            )
            arguments = Arguments([point.operand(plain_text(name)), point.operand(made_of)])
            return point.call(point.attribute(meta, _PREPARE), arguments)
    return NEVER


def supplied_names(interpreter: Interpreter, namespace: Value) -> dict[str, Value] | None:
    """The entries of a class body's namespace before it is run; None if it isn't a plain dict."""
    names: dict[str, Value] = {}
    for choice in alternatives(namespace):
        record = interpreter.heap.get(choice)
        if (
            not isinstance(record, DictObject)
            or not _has_known_entries(interpreter, record)
            or record.spreads
        ):
            return None
        for name in record.entries:
            names[name] = join(names.get(name, NEVER), record.get(name))
    return names


def call_metaclass(call: CallPoint, meta: Class, new_methods: Iterable[Function]) -> Value:
    """The result of `Meta(name, bases, attributes)`: a class that isn't known."""
    for method in new_methods:
        call.call(Bound(method, meta), call.arguments)
    call.call(Symbol("builtins.type"), call.arguments)  # with what the methods put into the namespace
    init_method = mro_of(call.interpreter, meta).attribute("__init__")
    if isinstance(init_method, Function):
        call.call(Bound(init_method, UNKNOWN), call.arguments)
    return UNKNOWN


def metaclass_result(call: CallPoint, cls: Class, instance: Value) -> Value:
    """The result of a call of a class: the instance, or the result of the metaclass's `__call__`."""
    for meta in metaclasses(call.interpreter, cls)[:1]:
        calling = mro_of(call.interpreter, meta).attribute("__call__")
        if isinstance(calling, Function):
            return _call_metaclass_method(call, instance, Bound(calling, cls), call.arguments)
    return instance


def _call_metaclass_method(point: EvalPoint, value: Value, method: Bound, arguments: Arguments) -> Value:
    """The result of a metaclass's method. While it runs, `type.__new__` and `type.__call__` return `value`.

    If the result isn't of the same kind, `value` is returned.
    """
    being_made = point.interpreter.classes.being_made
    being_made.append(value)
    try:
        result = point.call(method, arguments)
    finally:
        being_made.pop()
    return result if any(isinstance(choice, type(value)) for choice in alternatives(result)) else value


def completed_class(point: EvalPoint, cls: Class) -> Value:
    """The result of a class statement: the class, or the result of its metaclass. Also calls
    `__init_subclass__`."""
    interpreter = point.interpreter
    value: Value = cls
    for meta in metaclasses(interpreter, cls)[:1]:
        new_method, init_method = (
            mro_of(interpreter, meta).attribute(name) for name in ("__new__", "__init__")
        )
        if isinstance(new_method, Function):
            value = _call_metaclass_method(point, cls, Bound(new_method, meta), _class_arguments(point, cls))
        if isinstance(init_method, Function):
            point.call(Bound(init_method, cls), _class_arguments(point, cls))
    init_subclass = next(_inherited_init_subclass(interpreter, cls), None)
    if init_subclass is not None:
        keywords = mro_of(interpreter, cls).infos[0].keywords.items()
        arguments = {name: point.operand(argument) for name, argument in keywords if name != "metaclass"}
        point.call(Bound(init_subclass, cls), Arguments([], arguments))
    return value


def _class_arguments(point: EvalPoint, cls: Class) -> Arguments:
    """The arguments of a metaclass's `__new__` and `__init__`: name, bases and namespace of the class."""
    interpreter, info = point.interpreter, mro_of(point.interpreter, cls).infos[0]
    names, record = interpreter.allocate_dict(point.act, point.node)
    for name, value in info.attributes.items():
        record.put(name, DictEntry(point.operand(value), point.site, None, optional=False))
    bases = interpreter.allocate_sequence(point.act, point.node, [point.operand(base) for base in info.bases])
    return Arguments([point.operand(argument) for argument in (plain_text(info.name), bases, names)])


def type_call_result(call: CallPoint) -> Value:
    """The result of `type.__new__(...)` and `type.__call__(...)` in a metaclass: the object that is being
    created."""
    being_made = call.interpreter.classes.being_made
    created = being_made[-1] if being_made else UNKNOWN
    if isinstance(created, Class) and call.arguments.positional:
        take_namespace(call.interpreter, created, call.arguments.positional[-1].value)
    return created


def take_namespace(interpreter: Interpreter, cls: Class, namespace: Value) -> None:
    """Join the entries of the namespace that a metaclass creates a class from into its attributes."""
    info = interpreter.class_info(cls.site)
    if info is None:
        return
    for choice in alternatives(namespace):
        record = interpreter.heap.get(choice)
        for part in interpreter.heap.with_merged_dicts(record) if isinstance(record, DictObject) else ():
            for name in part.entries:
                _add_attribute(interpreter, cls, info, name, part.get(name))
        if not _has_known_entries(interpreter, record):
            overwrite_class_attributes(interpreter, info)


def _add_attribute(interpreter: Interpreter, cls: Class, info: ClassInfo, name: str, value: Value) -> None:
    """Join a value that a derived class has under a name into that of the class, which stands for both. A
    descriptor or method in place of data is an unknown value."""
    inherited = mro_of(interpreter, cls).attribute(name)
    objects = interpreter.heap.objects_of(value)
    is_computed = not may_be_data(value) or any(isinstance(heap_object, Instance) for heap_object in objects)
    added = UNKNOWN if is_computed and may_be_data(inherited) else value
    join_class_attribute(interpreter, info, name, join(inherited, added))


def merge_bases(interpreter: Interpreter, bases: Sequence[Class]) -> None:
    """Join the attributes of earlier bases into those of later ones, whose methods find them in a class that
    is derived from all."""
    for place, base in enumerate(bases):
        names = sorted({name for above in mro_of(interpreter, base).infos for name in above.attributes})
        for later in bases[place + 1 :]:
            info = interpreter.class_info(later.site)
            for name in names:
                if info is not None and may_be_data(mro_of(interpreter, later).attribute(name)):
                    _add_attribute(interpreter, later, info, name, mro_of(interpreter, base).attribute(name))


def _has_known_entries(interpreter: Interpreter, mapping: object) -> bool:
    """Whether a mapping is a dict whose entries are all known, also those merged into it."""
    if not isinstance(mapping, DictObject) or mapping.open:
        return False
    merged = [choice for spread in mapping.spreads for choice in alternatives(spread.value)]
    return all(
        isinstance(choice, Ref) and _has_known_entries(interpreter, interpreter.heap[choice])
        for choice in merged
    )


def _inherited_init_subclass(interpreter: Interpreter, cls: Class) -> Iterator[Function]:
    """The inherited `__init_subclass__` methods, nearest first."""
    for info in mro_of(interpreter, cls).infos[1:]:
        attribute = info.attributes.get(_INIT_SUBCLASS)
        if isinstance(attribute, Function):
            yield attribute


def _methods(interpreter: Interpreter, cls: Class, *names: str) -> Iterator[tuple[Tree, cst.FunctionDef]]:
    """The methods of these names that the metaclass defines. `__init_subclass__` is also looked up in the
    bases."""
    of_metas = (
        mro_of(interpreter, meta).attribute(name) for meta in metaclasses(interpreter, cls) for name in names
    )
    for function in (
        *of_metas,
        *(_inherited_init_subclass(interpreter, cls) if _INIT_SUBCLASS in names else ()),
    ):
        if isinstance(function, Function):
            tree = interpreter.trees[function.site.path]
            definition = tree.node(function.site)
            if isinstance(definition, cst.FunctionDef):
                yield tree, definition


class _NamespaceChanges:
    """The changes that a method makes to the namespace of a class that it receives."""

    def __init__(self, tree: Tree, method: cst.FunctionDef) -> None:
        parameters = [parameter.name.value for parameter in method.params.params]
        self._tree, self._method = tree, method
        self._makes = method.name.value == "__new__"
        self._namespace = parameters[3] if self._makes and len(parameters) > 3 else None

    def names(self) -> Iterator[str | None]:
        """The names that the method rebinds; None for an unknown name."""
        for node in self._tree.descendants_of_kind(self._method, cst.Call):
            yield from self._names_called(node)
        for assigned in self._tree.descendants_of_kind(self._method, cst.AssignTarget):
            target = assigned.target
            if isinstance(target, cst.Attribute):
                yield target.attr.value
            elif isinstance(target, cst.Subscript) and self._is_namespace(target.value):
                index = target.slice[0].slice
                yield string_value(index.value) if isinstance(index, cst.Index) else None
            elif self._is_namespace(target):
                yield None

    def _names_called(self, node: cst.Call) -> Iterator[str | None]:
        name = node.func.value if isinstance(node.func, cst.Name) else ""
        if name == "setattr" and len(node.args) == 3:
            yield string_value(node.args[1].value)
            return
        makes = isinstance(node.func, cst.Attribute) and node.func.attr.value == "__new__"
        if makes and self._makes and node.args and not self._is_namespace(node.args[-1].value):
            if not any(arg.star for arg in node.args) and len(node.args) > 3:
                yield None
        elif (
            not makes
            and name not in _READING_FUNCTIONS
            and any(self._is_namespace(arg.value) for arg in node.args)
        ):
            yield None
        elif isinstance(node.func, cst.Attribute) and self._is_namespace(node.func.value):
            if node.func.attr.value in ("update", "setdefault"):
                yield None

    def _is_namespace(self, node: cst.CSTNode) -> bool:
        return isinstance(node, cst.Name) and node.value == self._namespace
