"""What the language asks of an instance: items and elements, by its own methods or by its fields; what `with`
gets."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.lookup import class_attribute, is_exception, lineage
from kognitos_migrate.interpret.machine import Here, Machine
from kognitos_migrate.interpret.messages import ARGUMENTS
from kognitos_migrate.interpret.state.events import UseKind
from kognitos_migrate.values.base import UNKNOWN, Bound, Const, Function, Member, Ref, Text, Value
from kognitos_migrate.values.heap import Given, Instance, Iterated
from kognitos_migrate.values.join import alternatives, join

_DICTS = ("typing.TypedDict", "typing_extensions.TypedDict")
"""Bases whose instances are dicts of their fields."""


def asked(m: Machine, ref: Ref, method: str, *given: Given, here: Here | None = None) -> Value | None:
    """What a method of the instance's class gives, which is called here, or nobody knows where; None where
    the class has none."""
    thing = m.heap[ref]
    found = class_attribute(m, thing.cls, method) if isinstance(thing, Instance) else None
    act = m.activations.get(thing.frame)
    if not isinstance(found, Function) or act is None:
        return None
    if here is None:
        here = Here(m, act, m.trees[thing.site.path].node(thing.site))
    return here.call(Bound(found, ref), Arguments(list(given)))


def told(here: Here, given: Given) -> Given:
    """What is put into a text of a value: of an instance, what its class makes of it."""
    found = [_text_of(here, choice) for choice in alternatives(given.value)]
    if all(one is None for one in found):
        return given
    values = [said or choice for said, choice in zip(found, alternatives(given.value), strict=True)]
    return Given(join(*values), given.site, given.frame)


def _text_of(here: Here, value: Value) -> Value | None:
    """Return the text that a value is formatted as; None where it is the value itself."""
    m = here.machine
    if not isinstance(value, Ref):
        return None
    thing, text = m.heap[value], asked(m, value, "__str__", here=here)
    if text is None and isinstance(thing, Instance) and thing.cls is not None and is_exception(m, thing.cls):
        return thing.attributes.get(ARGUMENTS)
    return text


_OPERATORS = {
    "Add": "add",
    "Subtract": "sub",
    "Multiply": "mul",
    "Divide": "truediv",
    "FloorDivide": "floordiv",
    "Modulo": "mod",
    "Power": "pow",
    "MatrixMultiply": "matmul",
    "LeftShift": "lshift",
    "RightShift": "rshift",
    "BitAnd": "and",
    "BitOr": "or",
    "BitXor": "xor",
}
"""The methods that operators are, by their names in the syntax."""


def operated(here: Here, left: Given, right: Given, operator: str) -> Value | None:
    """What an operator gives by the methods of classes of the program; None where these have none. `operator`
    is its name in the syntax, `AddAssign` for `+=`."""
    m, word = here.machine, _OPERATORS.get(operator.removesuffix("Assign"))
    if word is None:
        return None
    by_right = [
        asked(m, choice, f"__r{word}__", left, here=here)
        for choice in alternatives(right.value)
        if isinstance(choice, Ref)
    ]
    found = [value for value in by_right if value is not None]
    is_answered = bool(found)
    others: list[Value] = []
    for choice in alternatives(left.value):
        changed: Value | None = None
        if isinstance(choice, Ref):
            if operator.endswith("Assign"):
                changed = asked(m, choice, f"__i{word}__", right, here=here)
            if changed is None:
                changed = asked(m, choice, f"__{word}__", right, here=here)
        (found if changed is not None else others).append(changed if changed is not None else choice)
    if not found:
        return None
    if is_answered or not others:
        return join(*found)
    here.use(UseKind.METHOD, join(*others), left.site, detail="an operator")
    here.use(UseKind.METHOD, right.value, right.site, detail="an operator")
    return join(*found, UNKNOWN)


def places(m: Machine, ref: Ref) -> list[Value] | None:
    """The fields of an instance that is a tuple as well, in order; None for any other."""
    thing = m.heap[ref]
    if not isinstance(thing, Instance) or thing.cls is None:
        return None
    family = lineage(m, thing.cls).family
    if family is None or not family.is_tuple:
        return None
    info = m.classes.infos[thing.cls.site]
    return [thing.attributes.get(one.name, UNKNOWN) for one in info.fields]


def item(m: Machine, ref: Ref, key: Given) -> Value | None:
    """`instance[key]`; None where its class doesn't say."""
    fields = places(m, ref)
    if fields is not None:
        number = key.value.value if isinstance(key.value, Const) else None
        if isinstance(number, int) and -len(fields) <= number < len(fields):
            return fields[number]
        return join(*fields)
    thing = m.heap[ref]
    if isinstance(thing, Instance) and thing.cls is not None and isinstance(key.value, Text):
        known = thing.attributes.get(key.value.literal or "")
        if known is not None and not lineage(m, thing.cls).outside_names.isdisjoint(_DICTS):
            return known
    return asked(m, ref, "__getitem__", key)


def iterator(m: Machine, ref: Ref) -> Value | None:
    """What walks over an instance, with `for` or `async for`; None where its class doesn't say."""
    found = asked(m, ref, "__iter__")
    return found if found is not None else asked(m, ref, "__aiter__")


def following(m: Machine, ref: Ref) -> Value | None:
    """What an instance that is an iterator gives next; None where its class doesn't say."""
    found = asked(m, ref, "__next__")
    return found if found is not None else asked(m, ref, "__anext__")


def entered(here: Here, manager: Value, method: str) -> Value:
    """What `with` gets of a manager, by its method of that name; one that can't be followed gives itself."""
    return join(*(_entered(here, choice, method) for choice in alternatives(manager)))


def left(here: Here, manager: Value, method: str, error: Value) -> None:
    """Call the methods of that name of a `with`'s managers, which may be given an error."""
    told = Given(error, here.site, here.act.frame.id)
    for choice in alternatives(manager):
        if isinstance(choice, Ref):
            asked(here.machine, choice, method, told, told, told, here=here)


def _entered(here: Here, manager: Value, method: str) -> Value:
    thing = here.machine.heap[manager] if isinstance(manager, Ref) else None
    if isinstance(thing, Iterated):
        return thing.element
    if not isinstance(thing, Instance) or thing.cls is None:
        return manager
    enter = here.attribute(manager, method)
    return manager if isinstance(enter, Member) else here.call(enter, Arguments())
