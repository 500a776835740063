"""Attribute access by a computed name."""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.interpret.classes.attribute_lookup import PLAIN_BASES, class_attribute, mro_of
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.names import expose_module
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.rulebook.model import Role, Verb, View
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Class,
    Lit,
    MemberRef,
    ModuleRef,
    Ref,
    Symbol,
    Text,
    Value,
)

_MOST = 8
"""The maximum number of attributes that one computed name is resolved to."""


def attributes_by_text(here: EvalPoint, owner: Operand, name: Operand) -> Value:
    """The join of the attributes whose names `name` may be."""
    here.use(UseKind.ESCAPE, name.value, name.site, detail="the name of an attribute")
    found: list[Value] = []
    for choice in alternatives(owner.value):
        for asked in alternatives(name.value):
            sender = _sender(here, choice)
            known = isinstance(asked, Text) and asked.literal is not None
            if sender is not None and not known:
                found.append(_bound(here, sender, name._replace(value=asked)))
            else:
                found.append(_of_one(here, owner._replace(value=choice), asked))
    return join(*found)


def _sender(here: EvalPoint, owner: Value) -> Value | None:
    """A client's function, or method of its session, whose first argument is the HTTP method; None if there
    is none.

    The other functions are named after HTTP methods, so a computed name is passed as the method.
    """
    m = here.machine
    if isinstance(owner, Symbol):
        client = m.libraries.of_module(owner.name)
        functions = client.functions if client is not None else {}
        name = _told(functions, f"{owner.name}.")
        return Symbol(name) if name is not None else None
    thing = m.heap[owner] if isinstance(owner, Ref) else None
    if not isinstance(thing, Instance) or thing.client is None or thing.cls is not None:
        return None
    name = _told(m.libraries.clients[thing.client].session_methods, "")
    return MemberRef(owner, name) if name is not None else None


def _told(verbs: Mapping[str, Verb], prefix: str) -> str | None:
    return next(
        (
            name
            for name, verb in verbs.items()
            if name.startswith(prefix) and verb.arguments[:1] == (Role.METHOD,) and verb.gives is View.SELF
        ),
        None,
    )


def _bound(here: EvalPoint, sender: Value, method: Operand) -> Value:
    """A partial application of a client's send function, with its first argument (the HTTP method) bound."""
    ref, thing = here.machine.instance(here.act, here.node)
    thing.put("partial target", here.given(sender))
    thing.put("partial 0", method)
    return ref


def _of_one(here: EvalPoint, owner: Operand, asked: Value) -> Value:
    m = here.machine
    word = asked.literal if isinstance(asked, Text) else None
    if word is not None:
        return here.attribute(owner.value, word)
    names = [one for one in dict.fromkeys(_names(m, owner.value)) if may_equal(asked, one)]
    if len(names) > _MOST:
        m.mark_escaped(owner.value)
        if isinstance(owner.value, ModuleRef):
            expose_module(here, owner.value)
        here.use(UseKind.ESCAPE, owner.value, owner.site, detail="getattr")
        return UNKNOWN
    found = [here.attribute(owner.value, one) for one in names]
    return join(*found) if found and has_closed_names(m, owner.value) else join(*found, UNKNOWN)


def has_closed_names(m: Interpreter, owner: Value) -> bool:
    """Whether all attributes of an object are known: none are defined outside of the program or by
    `__getattr__`."""
    if isinstance(owner, ModuleRef):
        tree = m.trees[owner.path]
        return not any(isinstance(one.names, cst.ImportStar) for one in tree.of_kind(cst.ImportFrom))
    thing = m.heap[owner] if isinstance(owner, Ref) else None
    if isinstance(thing, Instance) and thing.cls is None:
        return thing.client is None
    cls = thing.cls if isinstance(thing, Instance) else owner
    if not isinstance(cls, Class) or class_attribute(m, cls, "__getattr__") is not NEVER:
        return False
    return all(base.name in PLAIN_BASES for base in mro_of(m, cls).outside)


def may_equal(asked: Value, name: str) -> bool:
    """Whether a text with unknown parts may be equal to `name`."""
    if not isinstance(asked, Text):
        return True
    first, *rest = ["".join(texts) for texts in _between_gaps(asked)]
    if not rest:
        return name == first
    *middle, last = rest
    at = len(first)
    for text in middle:  # the first match is the best one; a regular expression would try all
        found = name.find(text, at)
        if found < 0:
            return False
        at = found + len(text)
    return name.startswith(first) and name.endswith(last) and at + len(last) <= len(name)


def _between_gaps(asked: Text) -> list[list[str]]:
    """The literals of a text, grouped by the holes between them."""
    found: list[list[str]] = [[]]
    for part in asked.parts:
        if isinstance(part, Lit):
            found[-1].append(part.text)
        else:
            found.append([])
    return found


def _names(m: Interpreter, owner: Value) -> Iterator[str]:
    thing = m.heap[owner] if isinstance(owner, Ref) else None
    if isinstance(thing, Instance):
        yield from thing.attributes
        owner = thing.cls if thing.cls is not None else UNKNOWN
    if isinstance(owner, Class):
        for info in mro_of(m, owner).infos:
            yield from (name for name in info.attributes if not name.startswith("__"))
    if isinstance(owner, ModuleRef) and (loaded := m.rooms.load_module(m, owner.path)) is not None:
        yield from loaded.env
