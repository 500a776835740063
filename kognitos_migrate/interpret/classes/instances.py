"""Creates instances, by written or generated constructors."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.allocation import allocate
from kognitos_migrate.interpret.classes.annotations import annotated_value
from kognitos_migrate.interpret.classes.attribute_lookup import (
    PLAIN_BASES,
    PLAIN_OBJECTS,
    class_attribute,
    is_called_from_outside,
    is_exception,
    methods_in,
    mock_class,
    mro_of,
)
from kognitos_migrate.interpret.classes.enums import enum_members, has_written_values
from kognitos_migrate.interpret.classes.environment_fields import ALIASES, config_entry, environment_value
from kognitos_migrate.interpret.classes.fields import (
    field_methods,
    validated_value,
    validators,
)
from kognitos_migrate.interpret.classes.generic_types import types_in
from kognitos_migrate.interpret.classes.metaclasses import call_metaclass, metaclass_result
from kognitos_migrate.interpret.classes.null_validation import validators_keep_null
from kognitos_migrate.interpret.classes.session_classes import open_session
from kognitos_migrate.interpret.classes.type_validation import (
    inspects_field_value,
    note_choice_comparisons,
    texts_of_field,
    validate_text,
    with_models,
)
from kognitos_migrate.interpret.dict_merge import (
    default_detail,
    non_payload_spreads,
    note_spread_use,
    spread_value,
)
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter
from kognitos_migrate.interpret.state.declarations import ClassField, ClassInfo, DataclassLike
from kognitos_migrate.interpret.state.facts import EnumMember, UseKind
from kognitos_migrate.interpret.state.use_details import ANOTHER, ENUM, FIELD_TYPE, VALIDATED
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Decoding,
    Function,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
)

_TEXT_TYPES = frozenset(("str", "None", "Optional", "Any", "Union", "object", "typing", "t"))
"""Names in an annotation that leave a text unchanged."""
_MAPPINGS = frozenset(("dict", "Dict", "Mapping", "MutableMapping"))
"""Names in an annotation that leave a JSON object unchanged."""


class _Constructor(Struct, frozen=True):
    """A call of a generated constructor, with the new instance."""

    call: CallPoint
    cls: Class
    ref: Ref
    instance: Instance
    family: DataclassLike | None


def instantiate(call: CallPoint, value: Class) -> Value:
    """Create an instance, run its constructor, and return it."""
    interpreter = call.interpreter
    info = interpreter.class_info(value.site)
    call.note_flows(*call.arguments.everything(), *call.arguments.merged)
    if info is None:
        return UNKNOWN
    if mro_of(interpreter, value).is_enum:
        return _enum_member(call, value, info)
    new_methods = methods_in(class_attribute(interpreter, value, "__new__"))
    if "builtins.type" in mro_of(interpreter, value).outside_names:
        return call_metaclass(call, value, new_methods)
    if (base := mock_class(interpreter, value)) is not None:
        return call.call(base, call.arguments)
    if not new_methods:
        ref = allocate(call, value)
        _initialize(call, value, ref)
        return metaclass_result(call, value, ref)
    results: list[Value] = []
    made = join(*(call.call(Bound(method, value), call.arguments) for method in new_methods))
    for choice in alternatives(made):
        instance = allocate(call, value) if isinstance(choice, Unknown) else choice
        heap_object = interpreter.heap.get(instance)
        cls = heap_object.cls if isinstance(heap_object, Instance) else None
        if isinstance(instance, Ref) and cls is not None and value.site in mro_of(interpreter, cls).sites:
            _initialize(call, cls, instance)
        results.append(metaclass_result(call, value, instance))
    return join(*results)


def _initialize(call: CallPoint, cls: Class, ref: Ref) -> None:
    """Run the constructor of a class on a new instance."""
    interpreter = call.interpreter
    init_methods, new_methods = (
        methods_in(class_attribute(interpreter, cls, name)) for name in ("__init__", "__new__")
    )
    for init_method in init_methods:
        call.call(Bound(init_method, ref), call.arguments)
    if init_methods:
        return
    others = open_session(interpreter, interpreter.heap[ref], call.arguments)
    family = mro_of(interpreter, cls).family
    if not new_methods or (family is not None and not family.is_tuple):
        construct(call if family is not None else replace(call, arguments=others), cls, ref)


def allocate_instance(call: CallPoint) -> Value:
    """`object.__new__(cls, …)`: an instance whose constructor doesn't run. A base out of sight gets the other
    arguments; a named tuple's fields are filled with them."""
    interpreter, argument = call.interpreter, call.arguments.first("cls", place=0)
    results: list[Value] = []
    for cls in alternatives(argument.value) if argument is not None else ():
        if not isinstance(cls, Class) or interpreter.class_info(cls.site) is None:
            results.append(UNKNOWN)
            continue
        ref, family = allocate(call, cls), mro_of(interpreter, cls).family
        arguments = replace(call.arguments, positional=call.arguments.positional[1:])
        if family is not None and family.is_tuple:
            construct(replace(call, arguments=arguments), cls, ref)
        elif not mro_of(interpreter, cls).outside_names.issubset(PLAIN_BASES):
            for other in _surplus_arguments(arguments, 0, set()):
                interpreter.mark_escaped(other.value)
                call.note_use(UseKind.ESCAPE, other.value, other.site, detail="a constructor out of sight")
        results.append(ref)
    return join(*results)


def _enum_member(call: CallPoint, cls: Class, info: ClassInfo) -> Value:
    """`Color(value)`: a member of the Enum. The value escapes, and a text is compared with those of the
    members."""
    argument = call.arguments.first()
    if argument is None:
        return UNKNOWN
    if (
        has_written_values(call.interpreter, cls)
        and isinstance(call.node, cst.Call)
        and len(call.node.args) == 1
    ):
        value = call.act.site(call.node.args[0].value)
        call.interpreter.facts.members[call.site, call.act.frame.id] = EnumMember(value, cls.site)
    members = list(enum_members(call.interpreter, info))
    texts = [choice for choice in alternatives(argument.value) if isinstance(choice, Text)]
    others = [choice for choice in alternatives(argument.value) if not isinstance(choice, Text)]
    note_choice_comparisons(call, argument, join(*members))
    call.note_use(UseKind.ESCAPE, join(*others), argument.site, join(*members), ENUM)
    words = {text.literal for text in texts}
    is_known = not others and None not in words
    equals = [member for member in members if isinstance(member, Text) and member.literal in words]
    return join(*(equals if is_known and equals else members))


def construct(call: CallPoint, value: Class, ref: Ref, like: DataclassLike | None = None) -> None:
    """Run a generated constructor: of a dataclass, a named tuple or a model. `like` describes it in place of
    the class's own family."""
    interpreter, arguments, instance = call.interpreter, call.arguments, call.interpreter.heap[ref]
    assert isinstance(instance, Instance)
    family = like or mro_of(interpreter, value).family
    takes_more = family is not None and family.converts and _accepts_other_names(interpreter, value)
    note_spread_use(call, arguments.keyword_spread if takes_more else non_payload_spreads(arguments))
    constructor = _Constructor(call, value, ref, instance, family)
    place = 0
    names: set[str] = set()
    init_arguments: list[Operand] = []
    for field in mro_of(interpreter, value).fields:
        keyword = constructor_parameter(field, family)
        argument = None
        if keyword is not None:
            argument = (
                arguments.keywords.get(keyword) if field.by_name else arguments.first(keyword, place=place)
            )
            place += not field.by_name
        names.add(keyword or "")
        if argument is None or keyword in arguments.optional:
            argument = _join_arguments(argument, _omitted_value(constructor, field, keyword))
        if "InitVar" in field.names:
            init_arguments.append(argument or call.operand(Unknown(field.name)))
        else:
            _set_field(constructor, field, argument)
    is_namespace = not mro_of(interpreter, value).outside_names.isdisjoint(PLAIN_OBJECTS)
    if is_namespace and not (names or arguments.positional or arguments.keyword_spread):
        for name, surplus in arguments.keywords.items():
            instance.put(name, surplus)
    elif not is_exception(interpreter, value):
        for argument in _surplus_arguments(arguments, place, names):
            interpreter.mark_escaped(argument.value)
            call.note_use(
                UseKind.ESCAPE, argument.value, argument.site, detail="a constructor that isn't analyzed"
            )
    for name, function in _field_methods(constructor, "validator"):
        for origin in list(instance.origins.get(name, ())):
            call.call(Bound(function, ref), Arguments([call.operand(UNKNOWN), origin]))
    for name in family.after if family else ("__post_init__",):
        for post_init in methods_in(class_attribute(interpreter, value, name)):
            call.call(Bound(post_init, ref), Arguments(init_arguments))


def _join_arguments(argument: Operand | None, omitted: Operand | None) -> Operand | None:
    """An argument that the call may lack, joined with the field's value then."""
    if argument is None or omitted is None:
        return argument or omitted
    return argument._replace(value=join(argument.value, omitted.value))


def _set_field(constructor: _Constructor, field: ClassField, argument: Operand | None) -> None:
    """Set a field to its converted value; nothing is set if `argument` is None."""
    if argument is None:
        return
    interpreter, value = constructor.call.interpreter, _convert_field(constructor, field, argument)
    constructor.instance.put(field.name, Operand(value, argument.site, argument.frame))
    if "str" in field.names:
        activation = interpreter.activations[field.frame]
        interpreter.note_use(
            UseKind.TYPED, value, activation, activation.tree.node(field.site), argument.site
        )


def _field_methods(constructor: _Constructor, role: str) -> Iterator[tuple[str, Function]]:
    """The methods with a role for a field, `@name.validator` or `@name.default`, each with its name."""
    if constructor.family is not None and constructor.family.has_field_methods:
        yield from field_methods(constructor.call.interpreter, constructor.cls, role)


def _surplus_arguments(arguments: Arguments, place: int, names: set[str]) -> list[Operand]:
    """The arguments that no field accepts. A base or metaclass, such as dict, may receive them."""
    keywords = [argument for name, argument in arguments.keywords.items() if name not in names]
    spread = [] if names else [*arguments.spread, *arguments.keyword_spread]
    return [*arguments.positional[place:], *keywords, *spread]


def constructor_parameter(field: ClassField, family: DataclassLike | None) -> str | None:
    """The constructor's parameter for a field, or its alias; None if the field has no parameter."""
    specifier = field.specifier
    if specifier is None:
        return field.name.lstrip("_") if family and family.private else field.name
    init = specifier.get("init")
    if init is not None and init.value == Const(value=False):
        return None
    for name in ALIASES:
        if name in specifier and isinstance(alias := specifier[name].value, Text):
            return alias.literal
    return field.name.lstrip("_") if family and family.private else field.name


def _omitted_value(constructor: _Constructor, field: ClassField, keyword: str | None) -> Operand | None:
    """The value of a field that the call doesn't set by name or position; None if nothing is known about it.

    It may come from a spread argument, the default, or an environment variable.
    """
    call, instance, family = constructor.call, constructor.instance, constructor.family
    value: Value = NEVER
    if keyword is not None:
        default = field.default.value if field.default is not None else NEVER
        detail = default_detail(default)
        if _distinguishes_null(constructor, field):
            detail = VALIDATED if field.default is None else ANOTHER
        value = spread_value(call, keyword, detail)
        if call.arguments.spread:
            value = join(value, _spread_field_value(call, field))
    site, frame = instance.site, instance.frame
    if field.default is not None:
        value = join(value, field.default.value)
        site, frame = field.default.site, field.default.frame
    for name, function in _field_methods(constructor, "default"):
        if name == field.name:
            value = join(value, call.call(Bound(function, constructor.ref), Arguments()))
    if family is not None and family.environment:
        value = join(value, environment_value(call.interpreter, instance, field))
    return Operand(value, site, frame) if value is not NEVER else None


def _distinguishes_null(constructor: _Constructor, field: ClassField) -> bool:
    """Whether null for a field may differ from a missing key. A value is validated, a default isn't."""
    family = constructor.family
    if field.specifier is not None and "converter" in field.specifier:
        return True
    if family is None or not family.converts:
        return False
    if field.default is None:
        return True
    is_nullable = not {"None", "Optional"}.isdisjoint(field.names)
    if "Json" in field.names and not is_nullable:
        return True
    return not validators_keep_null(constructor.call, constructor.cls, field)


def _spread_field_value(call: CallPoint, field: ClassField) -> Value:
    """The value of a field that a spread argument may set. For a caller outside of the program, the
    annotation decides."""
    activation = call.interpreter.activations[field.frame]
    target = activation.tree.node(field.site)
    declaration = activation.tree.parent(target)
    if is_called_from_outside(call) and isinstance(declaration, cst.AnnAssign):
        return annotated_value(call.interpreter, activation, declaration.annotation, target, field.name)
    return Unknown(field.name)


def _accepts_other_names(interpreter: Interpreter, cls: Class) -> bool:
    """Whether the class accepts arguments under other names than those of its fields and their aliases."""
    specifiers = (field.specifier for field in mro_of(interpreter, cls).fields if field.specifier is not None)
    aliases = (specifier[name].value for specifier in specifiers for name in ALIASES if name in specifier)
    if any(not isinstance(alias, Text) and alias != NONE for alias in aliases):
        return True
    if config_entry(interpreter, cls, "alias_generator") is not NEVER:
        return True
    extra = config_entry(interpreter, cls, "extra")
    return extra is not NEVER and not (isinstance(extra, Text) and extra.literal in ("ignore", "forbid"))


def _convert_field(constructor: _Constructor, field: ClassField, argument: Operand) -> Value:
    """The value that a field contains after its converter and validators have run."""
    call, family, value = constructor.call, constructor.family, argument.value
    specifier = field.specifier
    converter = specifier.get("converter") if specifier is not None else None
    if converter is not None:
        value = call.call(converter.value, Arguments([argument]))
    if any(inspects_field_value(name, operand.value) for name, operand in (specifier or {}).items()):
        call.note_use(UseKind.METHOD, value, argument.site, detail="a field specifier")
    if family is None or not family.converts:
        return value
    methods = validators(call.interpreter, constructor.cls, field.name)
    if methods == []:
        value = with_models(call, constructor.cls, field, argument._replace(value=value))
    if not call.interpreter.tracked(value):
        return value
    if methods is None:
        call.note_use(UseKind.METHOD, value, argument.site, detail="a validator")
    for method in methods or ():
        if method.before:
            value = validated_value(call, constructor.cls, method, argument._replace(value=value))
    value = _convert_to_type(call, field, argument._replace(value=value))
    for method in methods or ():
        if not method.before:
            value = validated_value(call, constructor.cls, method, argument._replace(value=value))
    return value


def _convert_to_type(call: CallPoint, field: ClassField, argument: Operand) -> Value:
    """The value after a conversion to the annotated type."""
    value = argument.value
    if field.names <= _TEXT_TYPES | _MAPPINGS:
        return value
    return join(*(_coerce(call, field, argument._replace(value=choice)) for choice in alternatives(value)))


def _coerce(call: CallPoint, field: ClassField, argument: Operand) -> Value:
    """The value after a field with a converted type received it: decoded JSON, an Enum member, or the value
    itself."""
    value = argument.value
    if isinstance(value, Text):
        return _validate_field_text(call, field, argument)
    if not isinstance(value, Reply):
        return value
    if "Json" in field.names:
        call.note_use(UseKind.METHOD, value, argument.site, detail="decoding by the field's type")
        return value.at(Decoding.LOADS)
    if field.enum is not None:
        return call.call(field.enum, Arguments([argument]))
    call.note_use(UseKind.METHOD, value, argument.site, texts_of_field(call.interpreter, field), FIELD_TYPE)
    return value


def _validate_field_text(call: CallPoint, field: ClassField, argument: Operand) -> Value:
    """The value of a field after a text was validated by the annotated type."""
    interpreter, activation = call.interpreter, call.interpreter.activations[field.frame]
    declaration = activation.tree.parent(activation.tree.node(field.site))
    if not isinstance(declaration, cst.AnnAssign):
        return argument.value
    return validate_text(call, types_in(interpreter, activation, declaration.annotation.annotation), argument)
