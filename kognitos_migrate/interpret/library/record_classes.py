"""Models of dataclasses, attrs and pydantic: field specifiers, copies, conversions."""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from kognitos_migrate.interpret import names
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, mro_of
from kognitos_migrate.interpret.classes.class_attributes import FIELD_OBJECTS
from kognitos_migrate.interpret.classes.generic_types import VALIDATION
from kognitos_migrate.interpret.classes.instances import constructor_parameter, instantiate
from kognitos_migrate.interpret.classes.type_validation import takes_decoded_data
from kognitos_migrate.interpret.dict_merge import (
    is_payload,
    merge_and_note,
    merge_into,
    note_set_fields_read,
    spread_value,
)
from kognitos_migrate.interpret.function_definitions import ATTRS_FIELD
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter, Method, Model
from kognitos_migrate.interpret.library.builtins_ import as_dict
from kognitos_migrate.interpret.overwrites import overwrite_attributes
from kognitos_migrate.interpret.spread_arguments import unpack_keywords
from kognitos_migrate.interpret.state.declarations import ClassField, ClassInfo
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import DictEntry, DictObject, Instance, Namespace, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Function,
    Json,
    MemberRef,
    Ref,
    Reply,
    Symbol,
    Value,
    library_result,
)
from kognitos_migrate.values.texts import known_text


def specifier(call: CallPoint) -> Value:
    """The result of `field(default=…)`: the default.

    The specifier is also recorded for the calls of functions that return it in a class body.
    """
    default = call.arguments.first("default")
    keywords = {**call.arguments.keywords, **({"default": default} if default is not None else {})}
    interpreter, act, site = call.interpreter, call.act, call.site
    interpreter.specifiers[site, act.frame.id] = keywords
    while not act.class_scope and act.frame.call is not None and act.frame.caller in interpreter.activations:
        site, act = act.frame.call, interpreter.activations[act.frame.caller]
        interpreter.specifiers[site, act.frame.id] = keywords
    return default.value if default is not None else UNKNOWN


def attrs_field(call: CallPoint) -> Value:
    """The result of `attrs.field(…)`: the default, or the field, whose methods decorate methods."""
    value = specifier(call)
    return library_result(ATTRS_FIELD) if value == UNKNOWN else value


def validator(call: CallPoint) -> Value:
    """The result of `AfterValidator(function)`: metadata of an annotation that passes a value to a
    function."""
    function = call.arguments.first("func")
    if function is not None:
        call.interpreter.specifiers[call.site, call.act.frame.id] = {VALIDATION: function}
    return UNKNOWN


def field_alias(call: CallPoint) -> Value:
    """The result of `AliasChoices(name)`: the name. With several names, any may be in the data."""
    arguments = [*call.arguments.everything()]
    return arguments[0].value if len(arguments) == 1 and len(call.arguments.positional) == 1 else UNKNOWN


def constrained_text(call: CallPoint) -> Value:
    """The type `constr(pattern=…)`: text with a specifier."""
    call.interpreter.specifiers[call.site, call.act.frame.id] = call.arguments.keywords
    parts = [call.operand(Symbol("builtins.str")), call.operand(UNKNOWN)]
    return Bound(Symbol("typing.Annotated"), call.interpreter.allocate_sequence(call.act, call.node, parts))


def describe_fields(call: CallPoint) -> Value:
    """The result of `dataclasses.fields(value)`, which contains no values of fields."""
    argument = call.arguments.first()
    value = argument.value if argument is not None else UNKNOWN
    is_record = isinstance(value, Class) and mro_of(call.interpreter, value).family is not None
    return MemberRef(value, FIELD_OBJECTS) if is_record else UNKNOWN


def named_tuple(call: CallPoint) -> Value:
    """The class that `namedtuple("Run", "id state")` or `NamedTuple("Run", [("id", str)])` creates."""
    interpreter, act = call.interpreter, call.act
    name, field_names = (
        call.arguments.first("typename"),
        call.arguments.first("field_names", "fields", place=1),
    )
    names = list(_field_names(interpreter, field_names.value)) if field_names is not None else []
    if name is None or field_names is None or not names or not all(names):
        return call_unmodeled(call, "a class with computed fields")
    defaults = call.arguments.keywords.get("defaults")
    default_sequences = interpreter.heap.objects_of(defaults.value) if defaults is not None else []
    default_items = [
        item
        for heap_object in default_sequences
        if isinstance(heap_object, SequenceObject)
        for item in heap_object.items
    ][: len(names)]
    padded_defaults = [*[None] * (len(names) - len(default_items)), *default_items]
    fields = tuple(
        ClassField(field_name, call.site, act.frame.id, frozenset(), None, default, None, by_name=False)
        for field_name, default in zip(names, padded_defaults, strict=True)
    )
    bases = (Symbol("typing.NamedTuple"),)
    interpreter.classes.define(
        ClassInfo(known_text(name.value) or "", call.site, act.frame.id, bases, {}, fields, ())
    )
    return Class(call.site, act.frame.id)


def _field_names(interpreter: Interpreter, value: Value) -> Iterator[str]:
    """The names of fields, each a text or the first element of a pair; "" for one that isn't a literal."""
    text = known_text(value)
    if text is not None:
        yield from text.replace(",", " ").split()
    for heap_object in interpreter.heap.objects_of(value):
        for item in heap_object.items if isinstance(heap_object, SequenceObject) else ():
            pairs = [
                pair.items[:1]
                for pair in interpreter.heap.objects_of(item.value)
                if isinstance(pair, SequenceObject)
            ]
            yield known_text(item.value) or "".join(
                known_text(word.value) or "" for pair in pairs for word in pair
            )


def replace_fields(call: CallPoint) -> Value:
    """The result of `dataclasses.replace(value, name=…)` and `attrs.evolve`."""
    argument = call.arguments.first("inst", "obj")
    copies = [
        _replacement(call, choice)
        for choice in (alternatives(argument.value) if argument is not None else ())
        if isinstance(choice, Ref)
    ]
    return join(*copies) if copies else UNKNOWN


def _replacement(call: CallPoint, ref: Ref) -> Value:
    """A new instance with some fields changed. A constructor that runs code of the program runs again."""
    interpreter, arguments = call.interpreter, call.arguments
    instance = interpreter.heap[ref]
    cls = instance.cls if isinstance(instance, Instance) else None
    if not isinstance(instance, Instance) or cls is None or not _runs_code(call, cls):
        return _copy_instance(call, ref, arguments.keywords, arguments.keyword_spread)
    family = mro_of(interpreter, cls).family
    keywords: dict[str, Operand] = {}
    for field in mro_of(interpreter, cls).fields:
        parameter, origins = constructor_parameter(field, family), instance.origins.get(field.name)
        if parameter is not None and origins:
            operand = Operand(
                join(*(origin.value for origin in origins)), origins[-1].site, origins[-1].frame
            )
            supplied = spread_value(call, parameter)
            keywords[parameter] = operand._replace(value=join(operand.value, supplied))
    new_arguments = Arguments(keywords={**keywords, **arguments.keywords})
    return instantiate(replace(call, arguments=new_arguments), cls)


def _copy_instance(
    call: CallPoint, ref: Ref, changes: Mapping[str, Operand], merged: Iterable[Operand]
) -> Value:
    """A copy of an instance with some attributes changed. The mappings in `merged` may change any
    attribute."""
    interpreter, original = call.interpreter, call.interpreter.heap[ref]
    if not isinstance(original, Instance):
        return UNKNOWN
    copy, new_instance = interpreter.heap.allocate(
        Instance(call.site, call.act.frame.id, original.cls, original.client)
    )
    if original.cls is not None:
        interpreter.classes.instances.setdefault(original.cls.site, {})[copy] = None
    for name, origins in list(original.origins.items()):
        if name not in changes:
            for origin in list(origins):
                new_instance.put(name, origin)
    for name, change in changes.items():
        new_instance.put(name, change)
    if original.namespace is not None:
        merge_into(
            interpreter,
            names.instance_namespace(interpreter, new_instance)[1],
            call.operand(names.instance_namespace(interpreter, original)[0]),
        )
    for spread in merged:
        overwrite_attributes(interpreter, new_instance, spread)
    return copy


def _runs_code(call: CallPoint, cls: Class) -> bool:
    """Whether the construction of an instance runs methods of the program, or converts fields."""
    interpreter, family = call.interpreter, mro_of(call.interpreter, cls).family
    methods = ("__init__", "__new__", "__post_init__", *(family.after if family is not None else ()))
    return any(isinstance(class_attribute(interpreter, cls, name), Function) for name in methods) or any(
        field.specifier is not None and "converter" in field.specifier
        for field in mro_of(interpreter, cls).fields
    )


def call_class_method(call: CallPoint, member: MemberRef) -> Value:
    """The result of a class method that a family of dataclass-like classes adds, such as `model_validate`."""
    cls = cast(Class, member.receiver)
    family = mro_of(call.interpreter, cls).family
    argument = call.arguments.first()
    if family is None or argument is None or member.name not in (*family.whole, *family.text):
        return _call_unknown_method(call, member)
    interpreter = call.interpreter
    value = argument.value
    if member.name in family.text:
        for choice in alternatives(value):
            if isinstance(choice, Reply) and choice.path != (View.TEXT,):
                call.note_use(UseKind.ESCAPE, choice, argument.site, detail=member.name)
        value = join(*(decoded_data(choice) for choice in alternatives(value)))
    if is_payload(value) and len(list(call.arguments.everything())) > 1:
        return _call_unknown_method(call, member)
    if member.name in family.text and is_payload(value) and _is_strict(interpreter, cls):
        return _call_unknown_method(call, member)
    if is_payload(value):
        spread = Operand(value, argument.site, argument.frame)
        return instantiate(replace(call, arguments=Arguments(keyword_spread=[spread])), cls)
    arguments = Arguments()
    unpack_keywords(interpreter, argument._replace(value=value), arguments)
    return instantiate(replace(call, arguments=arguments), cls)


def _is_strict(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a model may take text in JSON that its constructor refuses: a strict one converts it there."""
    may_be_strict = any(
        "strict" in info.keywords
        or "Config" in info.attributes
        or not _is_lenient(interpreter, info.attributes.get("model_config", NEVER))
        for info in mro_of(interpreter, cls).infos
    )
    return any(
        (may_be_strict or "Strict" in field.names or "strict" in (field.specifier or {}))
        and not takes_decoded_data(interpreter, field)
        for field in mro_of(interpreter, cls).fields
    )


def _is_lenient(interpreter: Interpreter, config: Value) -> bool:
    """Whether the configuration of a model is known, and doesn't make it strict."""
    record = interpreter.heap.get(config)
    return config is NEVER or (isinstance(record, DictObject) and record.get("strict") is NEVER)


def decoded_data(value: Value) -> Value:
    """The data in a JSON text; a value that is no text as it is."""
    if isinstance(value, Json):
        return value.value
    if isinstance(value, Reply) and value.path == (View.TEXT,):
        return Reply(value.request, (View.JSON,))
    return value if not isinstance(value, Reply) else UNKNOWN


def subclasses(call: CallPoint, member: MemberRef) -> Value:
    """The result of `Class.__subclasses__()`: the direct subclasses in the program."""
    interpreter, cls = call.interpreter, cast(Class, member.receiver)
    classes = [
        Class(site, interpreter.classes.infos[site].frame)
        for site in interpreter.classes.direct_subclasses(cls.site)
    ]
    return interpreter.allocate_sequence(call.act, call.node, (), join(*classes)) if classes else UNKNOWN


def as_dict_of_fields(call: CallPoint) -> Value:
    """The result of `dataclasses.asdict(value)`: a new dict of the attributes."""
    argument = call.arguments.first()
    return _dump(call, argument, is_whole=len([*call.arguments.everything()]) == 1)


def _dump(call: CallPoint, argument: Operand | None, *, is_whole: bool) -> Ref:
    """A new dict of an instance's attributes. It has all fields if no other argument may leave some out."""
    interpreter = call.interpreter
    ref, record = interpreter.allocate_dict(call.act, call.node)
    fields = _common_fields(interpreter, argument.value) if argument is not None and is_whole else frozenset()
    for heap_object in interpreter.heap.objects_of(argument.value) if argument is not None else []:
        for name, origins in getattr(heap_object, "origins", {}).items():
            for origin in origins:
                record.put(name, DictEntry(origin, call.site, None, optional=name not in fields))
        names = getattr(heap_object, "namespace", None)
        if isinstance(names, Namespace) and not (names.is_closed and names.others is NEVER):
            interpreter.stores += merge_into(interpreter, record, call.operand(interpreter.heap.new(names)))
    return ref


def _common_fields(interpreter: Interpreter, value: Value) -> frozenset[str]:
    """The names of the fields that each of a value's alternatives has, as its class declares them."""
    names: list[frozenset[str]] = []
    for choice in alternatives(value):
        instance = interpreter.heap.get(choice)
        cls = instance.cls if isinstance(instance, Instance) else None
        if cls is None or (mro := mro_of(interpreter, cls)).family is None:
            return frozenset()
        names.append(frozenset(field.name for field in mro.fields))
    return frozenset.intersection(*names) if names else frozenset()


def call_instance_method(call: CallPoint, member: MemberRef) -> Value:
    """The result of a method that a family of dataclass-like classes adds, such as `model_dump`."""
    interpreter = call.interpreter
    ref = cast(Ref, member.receiver)
    instance = interpreter.heap[ref]
    cls = instance.cls if isinstance(instance, Instance) else None
    family = mro_of(interpreter, cls).family if cls is not None else None
    if isinstance(instance, Instance) and family is not None and _UNSET in call.arguments.keywords:
        note_set_fields_read(call, instance)
    if family is not None and member.name in family.dumps:
        return _dump(call, call.operand(ref), is_whole=not any(True for _ in call.arguments.everything()))
    if family is not None and member.name in family.copies:
        changes = dict(call.arguments.keywords)
        update = changes.pop("update", None) if member.name in ("model_copy", "copy") else None
        updates = (
            interpreter.heap[update.value] if update is not None and isinstance(update.value, Ref) else None
        )
        merged = list(call.arguments.keyword_spread)
        if isinstance(updates, DictObject):
            changes.update({name: entries[-1].operand for name, entries in updates.entries.items()})
        if update is not None and not (isinstance(updates, DictObject) and updates.is_closed):
            merged.append(update)
        return _copy_instance(call, ref, changes, merged)
    if cls is None and isinstance(instance, Instance) and member.name == "__init__":
        for name, argument in call.arguments.keywords.items():
            interpreter.stores += instance.put(name, argument)
        for mapping in call.arguments.keyword_spread:
            merge_and_note(call, names.instance_namespace(interpreter, instance)[1], mapping)
    return _call_unknown_method(call, member)


def _call_unknown_method(call: CallPoint, method: MemberRef) -> Value:
    call.note_use(UseKind.METHOD, method.receiver, call.site, detail=method.name)
    call.interpreter.expose(method.receiver)
    return call_unmodeled(call, f"the method {method.name} of an unknown object")


def url_text(call: CallPoint) -> Value:
    """The result of `pydantic.AnyHttpUrl(text)`: the text, without the slash that it may append."""
    argument = call.arguments.first()
    if argument is None or len([*call.arguments.everything()]) != 1:
        return UNKNOWN
    call.note_flows(argument)
    return argument.value


_UNSET = "exclude_unset"
"""The argument that makes a dump omit fields that were not set."""
_SPECIFIERS = (
    *("dataclasses.field", "msgspec.field"),
    *("pydantic.Field", "pydantic.fields.Field", "pydantic.PrivateAttr"),
    *("pydantic.StringConstraints", "pydantic.types.StringConstraints", "typing_extensions.Doc"),
)
_VALIDATORS = tuple(
    f"{module}.{name}"
    for module in ("pydantic", "pydantic.functional_validators")
    for name in ("AfterValidator", "BeforeValidator", "PlainValidator")
)

_ADDRESSES = tuple(
    f"{module}.{name}"
    for module in ("pydantic", "pydantic.networks")
    for name in ("AnyUrl", "AnyHttpUrl", "HttpUrl")
)

SYMBOLS: dict[str, Model] = {
    **dict.fromkeys(_SPECIFIERS, specifier),
    **dict.fromkeys((ATTRS_FIELD, "attr.field", "attr.ib", "attr.attrib"), attrs_field),
    **dict.fromkeys(_ADDRESSES, url_text),
    **dict.fromkeys(_VALIDATORS, validator),
    **dict.fromkeys(("pydantic.AliasChoices", "pydantic.aliases.AliasChoices"), field_alias),
    **dict.fromkeys(("pydantic.constr", "pydantic.types.constr"), constrained_text),
    **dict.fromkeys(("dataclasses.fields", "attrs.fields", "attr.fields"), describe_fields),
    **dict.fromkeys(("collections.namedtuple", "typing.NamedTuple"), named_tuple),
    **dict.fromkeys(("dataclasses.replace", "attrs.evolve", "attr.evolve", "copy.replace"), replace_fields),
    **dict.fromkeys(("dataclasses.asdict", "attrs.asdict", "attr.asdict"), as_dict_of_fields),
    **dict.fromkeys(("pydantic.ConfigDict", "pydantic_settings.SettingsConfigDict"), as_dict),
}
METHODS: dict[str, Method] = {
    "class.__subclasses__": subclasses,
    "class.*": call_class_method,
    "object.*": call_instance_method,
}
