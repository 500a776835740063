"""Making instances: constructors that the program writes, and those that are made of annotated names."""

import libcst as cst

from kognitos_migrate.interpret.activation import Activation
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes import (
    class_attribute,
    client_of_class,
    is_exception,
    lineage,
    open_session,
)
from kognitos_migrate.interpret.declarations import ClassInfo, Field
from kognitos_migrate.interpret.events import UseKind
from kognitos_migrate.interpret.families import Family
from kognitos_migrate.interpret.fills import not_payloads, spread_value, walked
from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.sharing import home
from kognitos_migrate.interpret.validators import validated, validators
from kognitos_migrate.values.base import (
    NEVER,
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
from kognitos_migrate.values.heap import Given, Instance, Record
from kognitos_migrate.values.join import alternatives, join

_SILENT = (
    *("default", "default_factory", "factory", "alias", "validation_alias", "serialization_alias"),
    *("description", "title", "examples", "repr", "exclude", "frozen", "kw_only", "init", "compare", "hash"),
    *("eq", "order", "metadata", "converter", "type", "deprecated", "json_schema_extra", "name"),
)
"""What a field's specifier may say without looking at the value."""
_PLAIN = frozenset(("str", "None", "Optional", "Any", "Union", "object", "typing", "t"))
"""Names in an annotation that leave text as it is."""
_MAPPINGS = frozenset(("dict", "Dict", "Mapping", "MutableMapping"))
"""Names that leave an object of texts as it is."""


def instantiate(m: Machine, act: Activation, node: cst.CSTNode, value: Class, arguments: Arguments) -> Value:
    """A new instance, its constructor run."""
    info = m.class_info(value.site)
    if info is None:
        return UNKNOWN
    if lineage(m, value).is_enum:
        return _member(m, act, node, info, arguments)
    ref = m.heap.new(Instance(*home(m, act, node, value), value, client_of_class(m, value)))
    m.classes.instances.setdefault(value.site, {})[ref] = None
    making, initialise = (class_attribute(m, value, name) for name in ("__new__", "__init__"))
    made = m.call(act, node, Bound(making, value), arguments) if isinstance(making, Function) else NEVER
    if any(isinstance(one, Reply) for one in alternatives(made)):
        return made
    if isinstance(initialise, Function):
        m.call(act, node, Bound(initialise, ref), arguments)
    else:
        open_session(m, m.heap[ref], arguments)
        construct(m, act, node, value, ref, arguments)
    return ref


def _member(m: Machine, act: Activation, node: cst.CSTNode, info: ClassInfo, arguments: Arguments) -> Value:
    """`Color(value)`: a member of the Enum."""
    given = arguments.first()
    if given is None:
        return UNKNOWN
    m.use(UseKind.ESCAPE, given.value, act, node, given.site, detail="an Enum")
    return join(*(member for member in info.attributes.values() if isinstance(member, Text | Const)))


def construct(
    m: Machine, act: Activation, node: cst.CSTNode, value: Class, ref: Ref, arguments: Arguments
) -> None:
    """A constructor made of the annotated names: dataclasses, named tuples, models."""
    thing = m.heap[ref]
    assert isinstance(thing, Instance)
    family = lineage(m, value).family
    whole = family is not None and family.converts and _takes_more(m, value)
    walked(m, act, node, arguments.keyword_spread if whole else not_payloads(arguments))
    place = 0
    names: set[str] = set()
    for one in lineage(m, value).fields:
        keyword = parameter(one, family)
        given = arguments.first(keyword, place=place) if keyword is not None else None
        place += keyword is not None
        names.add(keyword or "")
        if given is None:
            given = _not_given(m, act, node, thing, one, keyword, arguments, family)
        if given is not None:
            kept = _converted(m, act, node, value, one, given, family)
            thing.put(one.name, Given(kept, given.site, given.frame))
            if "str" in one.names:
                home = m.activations[one.frame]
                m.use(UseKind.TYPED, kept, home, home.tree.node(one.site), given.site)
    if not is_exception(m, value):
        for given in _left_over(arguments, place, names):
            m.hand_out(given.value)
            m.use(UseKind.ESCAPE, given.value, act, node, given.site, detail="a constructor out of sight")
    for name in family.after if family else ("__post_init__",):
        after = class_attribute(m, value, name)
        if isinstance(after, Function):
            m.call(act, node, Bound(after, ref), Arguments())


def _left_over(arguments: Arguments, place: int, names: set[str]) -> list[Given]:
    """What no field takes: it goes to the constructor of a base or a metaclass, a dict's for instance."""
    keywords = [given for name, given in arguments.keywords.items() if name not in names]
    spread = [] if names else [*arguments.spread, *arguments.keyword_spread]
    return [*arguments.positional[place:], *keywords, *spread]


def parameter(one: Field, family: Family | None) -> str | None:
    """The constructor's parameter for a field; None where it has none."""
    said = one.specifier
    if said is None:
        return one.name.lstrip("_") if family and family.private else one.name
    off = said.get("init")
    if off is not None and off.value == Const(False):
        return None
    for name in ("validation_alias", "alias"):
        if name in said and isinstance(alias := said[name].value, Text):
            return alias.literal
    return one.name.lstrip("_") if family and family.private else one.name


def _not_given(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    thing: Instance,
    one: Field,
    keyword: str | None,
    arguments: Arguments,
    family: Family | None,
) -> Given | None:
    found: Value = NEVER
    if keyword is not None:
        default = one.default.value if one.default is not None else NEVER
        found = spread_value(m, act, node, arguments, keyword, default)
        if arguments.spread:
            found = join(found, Unknown(one.name))
    site, frame = thing.site, thing.frame
    if one.default is not None:
        found = join(found, one.default.value)
        site, frame = one.default.site, one.default.frame
    if family is not None and family.environment:
        found = join(found, Unknown(_variable(m, thing, one), public=True))
    return Given(found, site, frame) if found is not NEVER else None


def _variable(m: Machine, thing: Instance, one: Field) -> str:
    return f"environment variable {_prefix(m, thing)}{one.name.upper()}"


def _prefix(m: Machine, thing: Instance) -> str:
    """What the names of environment variables begin with, as the class says it."""
    prefix = _config(m, thing.cls, "env_prefix")
    return (prefix.literal or "") if isinstance(prefix, Text) else ""


def _takes_more(m: Machine, cls: Class) -> bool:
    """Whether the class takes what it is given by other names than its fields'."""
    if _config(m, cls, "alias_generator") is not NEVER:
        return True
    extra = _config(m, cls, "extra")
    return extra is not NEVER and not (isinstance(extra, Text) and extra.literal in ("ignore", "forbid"))


def _config(m: Machine, cls: Class | None, key: str) -> Value:
    """An entry of the class's own configuration; Never where it has none."""
    for info in lineage(m, cls).infos if cls is not None else ():
        if key in info.keywords:
            return info.keywords[key]
    config = class_attribute(m, cls, "model_config")
    held = m.heap[config] if isinstance(config, Ref) else None
    return held.get(key) if isinstance(held, Record) else NEVER


def _converted(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    cls: Class,
    one: Field,
    given: Given,
    family: Family | None,
) -> Value:
    """What the field holds of the value that is given for it."""
    value = given.value
    said = one.specifier
    converter = said.get("converter") if said is not None else None
    if converter is not None:
        value = m.call(act, node, converter.value, Arguments([Given(value, given.site, given.frame)]))
    if said is not None and any(name not in _SILENT for name in said):
        m.use(UseKind.METHOD, value, act, node, given.site, detail="a check of the field")
    if family is None or not family.converts or not m.tracked(value):
        return value
    methods = validators(m, cls, one.name)
    if methods is None:
        m.use(UseKind.METHOD, value, act, node, given.site, detail="a validator")
    for method in methods or ():
        if method.before:
            value = validated(m, act, node, cls, method, Given(value, given.site, given.frame))
    value = _of_type(m, act, node, one, Given(value, given.site, given.frame))
    for method in methods or ():
        if not method.before:
            value = validated(m, act, node, cls, method, Given(value, given.site, given.frame))
    return value


def _of_type(m: Machine, act: Activation, node: cst.CSTNode, one: Field, given: Given) -> Value:
    """What a library makes of a value for a field that is annotated so."""
    value, names = given.value, one.names
    if names <= _PLAIN | _MAPPINGS:
        return value
    found: list[Value] = []
    for choice in alternatives(value):
        if not isinstance(choice, Reply):
            found.append(choice)
        elif "Json" in names:
            m.use(UseKind.METHOD, choice, act, node, given.site, detail="decoded by the field")
            found.append(choice.at(Decoding.LOADS))
        elif one.enum is not None:
            found.append(m.call(act, node, one.enum, Arguments([Given(choice, given.site, given.frame)])))
        else:
            m.use(UseKind.METHOD, choice, act, node, given.site, detail="converted by the field")
            found.append(choice)
    return join(*found)


def copied(
    m: Machine, act: Activation, node: cst.CSTNode, ref: Ref, changes: dict[str, Given], more: bool
) -> Value:
    """A copy of an instance with some attributes changed; `more` where others may be changed too."""
    before = m.heap[ref]
    if not isinstance(before, Instance):
        return UNKNOWN
    copy, thing = m.heap.made(Instance(act.site(node), act.frame.id, before.cls, before.client))
    if before.cls is not None:
        m.classes.instances.setdefault(before.cls.site, {})[copy] = None
    for name, origins in list(before.origins.items()):
        if name not in changes:
            for origin in list(origins):
                thing.put(name, origin)
    for name, given in changes.items():
        thing.put(name, given)
        if more:
            thing.put(name, Given(Unknown(name), given.site, given.frame))
    return copy
