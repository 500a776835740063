"""Models of libraries that make records of decoded data: `cattrs.structure(data, Run)`."""

from functools import partial

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.allocation import allocate
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, mro_of
from kognitos_migrate.interpret.classes.instances import construct, constructor_parameter
from kognitos_migrate.interpret.classes.type_validation import takes_decoded_data
from kognitos_migrate.interpret.classes.typed_data import (
    MOST_NESTED,
    Declaration,
    declaration_of,
    with_instances,
)
from kognitos_migrate.interpret.dict_merge import is_payload
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter, Method, Model
from kognitos_migrate.interpret.library.record_classes import decoded_data
from kognitos_migrate.interpret.spread_arguments import unpack_keywords
from kognitos_migrate.interpret.unmodeled_calls import call_or_default
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Class, Value, library_result
from kognitos_migrate.values.texts import known_text


class _Signature(Struct, frozen=True):
    """The parameters of a function for the data and for the class, and their places. A place of None means a
    parameter that is passed by its name."""

    data: str
    cls: str
    data_place: int = 0
    class_place: int | None = 1
    is_text: bool = False
    """Whether the data is JSON text."""

    def operands(self, arguments: Arguments) -> tuple[Operand, Operand] | None:
        """The data and the class among the arguments. None if there are others, which may change what is
        made, or if one of both is missing."""
        positional = dict(enumerate(arguments.positional))
        data = positional.get(self.data_place) or arguments.keywords.get(self.data)
        cls = arguments.keywords.get(self.cls)
        if self.class_place is not None:
            cls = positional.get(self.class_place) or cls
        if data is None or cls is None or len(list(arguments.everything())) != 2:
            return None
        return data, cls


_SIGNATURES = {
    **dict.fromkeys(("cattrs.structure", "cattr.structure"), _Signature("obj", "cl")),
    "dacite.from_dict": _Signature("data", "data_class", data_place=1, class_place=0),
    "msgspec.convert": _Signature("obj", "type"),
    "msgspec.json.decode": _Signature("buf", "type", class_place=None, is_text=True),
}
_PLAIN_OPTIONS = frozenset(
    ("default", "default_factory", "eq", "factory", "hash", "kw_only", "order", "repr")
)
"""The options of a field that don't change its key, its type or its value."""
_PLAIN_KEYWORDS = frozenset(("eq", "frozen", "gc", "kw_only", "omit_defaults", "order", "weakref"))
"""The options of a class that don't change how data becomes an instance."""
_RENAMING = "rename"
_KEYWORDS_OF_DATA = _PLAIN_KEYWORDS | {_RENAMING, "forbid_unknown_fields"}
_OPTIONS_OF_DATA = _PLAIN_OPTIONS | {"validator"}
"""The options of classes and of fields that data in sight may have. No rewrite calls such a class instead."""
_HOOKS = (
    *("register_structure_hook", "register_structure_hook_factory", "register_structure_hook_func"),
    "global_converter",
)


def _structure(name: str, call: CallPoint) -> Value:
    """The result of a function that makes an instance of a class of decoded data: as by the constructor, with
    an argument for each field. Data of any other kind is handed to code that isn't analysed."""
    operands = _SIGNATURES[name].operands(call.arguments)
    if operands is None or not _are_written(call, operands) or _registers_hooks(call.interpreter):
        return _hand_to_library(name, call)
    data, classes = operands
    if _SIGNATURES[name].is_text:
        data = data._replace(value=join(*map(decoded_data, alternatives(data.value))))
    if not any(isinstance(cls, Class) for cls in alternatives(classes.value)):
        container = _container(call, data, classes.site)
        return container if container is not None else _hand_to_library(name, call)
    results: list[Value] = []
    for cls in alternatives(classes.value):
        instance = _instance(call, cls, data) if isinstance(cls, Class) else None
        results.append(instance if instance is not None else _hand_to_library(name, call))
    return join(*results)


def _container(call: CallPoint, data: Operand, site: Site) -> Value | None:
    """The list or dict of instances that data in sight becomes: `structure(data, dict[str, Tenant])`."""
    annotation = call.act.tree.node(site)
    contents = [call.interpreter.heap.get(choice) for choice in alternatives(data.value)]
    is_known = all(isinstance(content, DictObject | SequenceObject) for content in contents)
    if not is_known or not isinstance(annotation, cst.BaseExpression):
        return None
    made = with_instances(
        call, Declaration(call.act, annotation, call.node), data, lambda cls, part: _instance(call, cls, part)
    )
    return made if made != data.value else None


def _are_written(call: CallPoint, operands: tuple[Operand, Operand]) -> bool:
    """Whether both arguments are written in the call, so that a rewrite can call the class instead. A partial
    call has one of them already."""
    args = call.node.args if isinstance(call.node, cst.Call) else ()
    return {call.act.site(arg.value) for arg in args}.issuperset(operand.site for operand in operands)


def _registers_hooks(interpreter: Interpreter) -> bool:
    """Whether code of the program may tell a library how to make instances of a class."""
    return any(tree.names_spelled(name) for tree in interpreter.trees.values() for name in _HOOKS)


def _hand_to_library(name: str, call: CallPoint) -> Value:
    call.interpreter.notes.note_library(call.act, name)
    return call_or_default(call, name, name, library_result(name, name, is_data=True))


def _instance(call: CallPoint, cls: Class, data: Operand, depth: int = 0) -> Value | None:
    """An instance of a class with the fields of a payload, or of a dict in sight. None if it isn't known how
    they become its attributes."""
    arguments = Arguments()
    if depth > MOST_NESTED:
        return None
    if is_payload(data.value):
        fields = mro_of(call.interpreter, cls).fields
        if not all(takes_decoded_data(call.interpreter, field) for field in fields):
            return None  # the constructor converts nothing
        if not _is_plain(call.interpreter, cls):
            return None
        arguments.keyword_spread.append(data)
    elif _are_dicts(call.interpreter, data.value):
        if not _has_fields_of_dict(call, cls, data, arguments, depth):
            return None
    else:
        return None
    family = mro_of(call.interpreter, cls).family
    ref = allocate(call, cls)
    like = replace(family, converts=True) if family is not None else None
    construct(replace(call, arguments=arguments), cls, ref, like)
    return ref


def _has_fields_of_dict(call: CallPoint, cls: Class, data: Operand, arguments: Arguments, depth: int) -> bool:
    """Pass the entries of a dict in sight to a constructor, with instances in place of dicts. False if it
    isn't known what becomes of an entry."""
    keys = _keys_by_field(call.interpreter, cls)
    if keys is None:
        return False
    entries = Arguments()
    unpack_keywords(call.interpreter, data, entries)
    arguments.keyword_spread += entries.keyword_spread
    for field in mro_of(call.interpreter, cls).fields:
        key, declared = keys[field.name], declaration_of(call, field)
        argument = entries.keywords.get(key)
        if argument is None:
            continue
        if declared is not None:
            with call.interpreter.heap.in_round(field.site, 0):
                value = with_instances(
                    call, declared, argument, lambda inner, part: _instance(call, inner, part, depth + 1)
                )
            if value is None:
                return False
            argument = argument._replace(value=value)
        arguments.keywords[field.name] = argument
        arguments.holders[field.name] = entries.holders[key]
        if key in entries.optional:
            arguments.optional.add(field.name)
    return True


def _is_plain(interpreter: Interpreter, cls: Class) -> bool:
    """Whether the keys of the data are the names of the class's fields, which are the parameters of its
    generated constructor."""
    mro = mro_of(interpreter, cls)
    return (
        _has_plain_constructor(interpreter, cls)
        and all(field.specifier is None or _PLAIN_OPTIONS.issuperset(field.specifier) for field in mro.fields)
        and all(_PLAIN_KEYWORDS.issuperset(info.keywords) for info in mro.infos)
    )


def _has_plain_constructor(interpreter: Interpreter, cls: Class) -> bool:
    """Whether the names of a class's fields are the parameters of its generated constructor."""
    mro = mro_of(interpreter, cls)
    if mro.family is None or mro.family.is_tuple or mro.family.environment:
        return False
    if any(class_attribute(interpreter, cls, name) is not NEVER for name in ("__init__", "__new__")):
        return False
    return all(constructor_parameter(field, mro.family) == field.name for field in mro.fields)


def _keys_by_field(interpreter: Interpreter, cls: Class) -> dict[str, str] | None:
    """The keys of data that become the fields of a class, by the names of the fields. None if they aren't
    known, or if the data isn't passed to the constructor alone."""
    mro = mro_of(interpreter, cls)
    renamed = _new_names(interpreter, cls)
    if renamed is None or not _has_plain_constructor(interpreter, cls):
        return None
    keys: dict[str, str] = {}
    for field in mro.fields:
        specifier = dict(field.specifier or {})
        name = specifier.pop("name", None)
        key = renamed.get(field.name, field.name) if name is None else known_text(name.value)
        if key is None or not _OPTIONS_OF_DATA.issuperset(specifier):
            return None
        keys[field.name] = key
    return keys


def _new_names(interpreter: Interpreter, cls: Class) -> dict[str, str] | None:
    """The keys that a class names for its fields: `class Desk(Struct, rename={"name": "desk"})`. None if they
    aren't known, or if the class has options that change more than them."""
    names: dict[str, str] = {}
    for info in mro_of(interpreter, cls).infos:
        if not _KEYWORDS_OF_DATA.issuperset(info.keywords):
            return None
        if _RENAMING not in info.keywords:
            continue
        record = interpreter.heap.get(info.keywords[_RENAMING])
        if names or not isinstance(record, DictObject) or not record.has_known_entries:
            return None
        for field, entries in record.entries.items():
            key = known_text(entries[0].operand.value)
            if key is None:
                return None
            names[field] = key
    return names


def _are_dicts(interpreter: Interpreter, value: Value) -> bool:
    return all(isinstance(interpreter.heap.get(choice), DictObject) for choice in alternatives(value))


SYMBOLS: dict[str, Model] = {name: partial(_structure, name) for name in _SIGNATURES}

METHODS: dict[str, Method] = {}
