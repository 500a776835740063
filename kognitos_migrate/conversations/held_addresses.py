"""Addresses that escape as an attribute of an instance of the program's own class.

app.state.client = Client(BASE)     # who finds the client in there calls its methods
Server(Application(Client(BASE)))   # a library calls an object that can be called, as it would a function
"""

import sys
from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.unknown_reads import first_read
from kognitos_migrate.interpret.classes.attribute_lookup import has_plain_bases
from kognitos_migrate.interpret.library_effects import looks_at_type
from kognitos_migrate.interpret.names import NAMESPACE
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.interpret.state.tracked_values import tracked_leaves
from kognitos_migrate.interpret.state.use_details import CALLERS, PLATFORM, STORE, WALKERS
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.roles import argument_of, attribute_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    UNKNOWN,
    Bound,
    Class,
    Function,
    Lit,
    Symbol,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.texts import literals

_PROPERTIES = (Symbol("builtins.property"), Symbol("functools.cached_property"))


def is_held_by_instance(use: Use, program: ProgramFacts) -> bool:
    """Whether a text escapes only as an attribute or a property of an instance of the program's own class.

    The instance is returned, or stored in an object of a framework, and no request takes its URL from a value
    that is read by the name of that property, or of the attribute that the instance is stored in. Nor is the
    attribute with the text read from there. Or it is in an object that a library gets in order to call it.
    """
    if use.detail == CALLERS and (name := _property_name(program, use.frame)) is not None:
        return not _is_sent_from(program, name)
    if use.detail == STORE:
        target = program.node(use.site)
        if not isinstance(target, cst.Attribute) or _is_sent_from(program, target.attr.value):
            return False
        if _is_read_from(program, use, target.attr.value):
            return False
    elif use.detail not in (CALLERS, WALKERS, PLATFORM):
        return _is_in_callable(program, use)
    facts = program.facts
    places = _operands_of_yields(program, use.operand) if use.detail == WALKERS else [use.operand]
    values = [facts.values.get((place, use.frame), UNKNOWN) for place in places]
    heap_objects = [facts.heap.get(choice) for value in values for choice in alternatives(value)]
    return all(
        isinstance(heap_object, Instance) and heap_object.cls is not None for heap_object in heap_objects
    )


def _is_read_from(program: ProgramFacts, use: Use, holder: str) -> bool:
    """Whether a text may be read from an object with the name `holder` that isn't known: by the name of the
    attribute that has it, with the whole object, or under another name of the object."""
    value = program.facts.values.get((use.operand, use.frame), UNKNOWN)
    instances = (program.facts.heap.get(choice) for choice in alternatives(value))
    names = {
        name
        for instance in instances
        if isinstance(instance, Instance) and isinstance(use.value, Text)
        for name in _names_of(program, instance, use.value)
    }
    readers = [_reader(program, site, holder) for site in _sites_of(program, holder)]
    return any(
        reader.is_whole
        or reader.attribute in {*names, NAMESPACE}
        or (reader.is_result and any(_is_read_from_unknown(program, name) for name in names))
        for reader in readers
    )


class _Reader(Struct, frozen=True):
    """The code that gets an object which isn't known."""

    attribute: str = ""
    """The attribute that it reads."""
    is_whole: bool = False
    """Whether it is a library's, or makes a text or another object of it."""
    is_result: bool = False
    """Whether it is the caller of a function, which may know the object by another name."""


def _sites_of(program: ProgramFacts, holder: str) -> Iterator[Site]:
    """The expressions whose value isn't known and is read by the name `holder`, or from such a value."""
    for (site, _), value in program.facts.values.items():
        for choice in alternatives(value):
            if isinstance(choice, Unknown) and holder in choice.source.split("."):
                yield site


def _reader(program: ProgramFacts, site: Site, holder: str) -> _Reader:
    tree = program.trees[site.path]
    node = tree.node(site)
    if (attribute := attribute_of(tree, node)) is not None:
        return _Reader(attribute=attribute.attr.value)
    choices = (choice for choice in program.alternatives_at(site) if isinstance(choice, Unknown))
    if isinstance(node, cst.Param) or not any(choice.member[1] == holder for choice in choices):
        return _Reader()
    if (argument := argument_of(tree, node)) is not None:
        callees = program.alternatives_at(tree.site(argument.call.func))
        return _Reader(is_whole=not all(_is_known_reader(callee) for callee in callees))
    above = tree.parent(node)
    return _Reader(is_result=isinstance(above, _RETURNING), is_whole=not isinstance(above, _KEEPING))


def _is_known_reader(callee: Value) -> bool:
    """Whether a function that gets an object is one of the program, or only tests its type."""
    return isinstance(callee, Function | Bound | Class) or looks_at_type(callee)


_RETURNING = (cst.Return, cst.Yield, cst.Lambda)
_KEEPING = (
    *_RETURNING,
    *(cst.Expr, cst.Assign, cst.AnnAssign, cst.AssignTarget, cst.NamedExpr, cst.Await, cst.Comparison),
    *(
        cst.BooleanOperation,
        cst.UnaryOperation,
        cst.IfExp,
        cst.If,
        cst.While,
        cst.Assert,
        cst.WithItem,
        cst.Del,
    ),
    *(cst.ComparisonTarget, cst.Name, cst.Attribute, cst.AugAssign),
)
"""The nodes that hand an object on, test it or rebind its name."""


def _names_of(program: ProgramFacts, instance: Instance, text: Text) -> Iterator[str]:
    """The names of the attributes of an instance and its class that contain a literal of a text."""
    yield from (name for name, _ in _attributes_with(program, instance, text))
    sites = {part.site for part in text.parts if isinstance(part, Lit)}
    for info in _classes_of(program, instance.cls):
        for name, value in info.attributes.items():
            if any(
                part.site in sites
                for leaf in alternatives(value)
                if isinstance(leaf, Text)
                for part in literals(leaf)
            ):
                yield name


def _classes_of(program: ProgramFacts, cls: Class | None) -> Iterator[ClassInfo]:
    """The class and its bases in the program."""
    info = program.facts.classes.get(cls.site) if cls is not None else None
    if info is not None:
        yield info
        for base in info.bases:
            for choice in alternatives(base):
                if isinstance(choice, Class):
                    yield from _classes_of(program, choice)


def _is_in_callable(program: ProgramFacts, use: Use) -> bool:
    """Whether a library gets a text only inside objects of the program that it can call. It is expected to
    call them, as bound methods, and to read nothing of what is in them.

    The text may not be in a public attribute or property of such an object, nor in one that the program reads
    from an unknown object.
    """
    library = use.function.partition(".")[0]
    if not library or library in sys.stdlib_module_names or not isinstance(use.value, Text):
        return False
    if _is_shown_by_property(program, use.value):
        return False
    value = program.facts.values.get((use.operand, use.frame), UNKNOWN)
    return all(
        (instance := _callable_object(program, choice)) is not None
        and not any(
            (is_direct and not name.startswith("_")) or _is_read_from_unknown(program, name)
            for name, is_direct in _attributes_with(program, instance, use.value)
        )
        for choice in alternatives(value)
    )


def _is_shown_by_property(program: ProgramFacts, text: Text) -> bool:
    """Whether a public property returns a text that has a literal of this one."""
    sites = [part.site for part in literals(text) if part.site is not None]
    uses = (use for site in sites for use in program.literal_uses.get(site, ()) if use.detail == CALLERS)
    names = (_property_name(program, use.frame) for use in uses)
    return any(name is not None and not name.startswith("_") for name in names)


def _callable_object(program: ProgramFacts, value: Value) -> Instance | None:
    """The instance that a value is, of a class of the program with `__call__`, and with no base of a library,
    which would read attributes."""
    instance = program.facts.heap.get(value)
    if not isinstance(instance, Instance) or instance.cls is None or instance.client:
        return None
    info = program.facts.classes.get(instance.cls.site)
    if info is None or info.fields or not _has_own_bases(program, info):
        return None
    return instance if isinstance(info.attributes.get("__call__"), Function) else None


def _has_own_bases(program: ProgramFacts, info: ClassInfo) -> bool:
    """Whether all classes that a class derives from are those of the program."""
    bases = (choice for base in info.bases for choice in alternatives(base) if isinstance(choice, Class))
    parents = [program.facts.classes.get(base.site) for base in bases]
    return has_plain_bases(info) and all(
        parent is not None and _has_own_bases(program, parent) for parent in parents
    )


def _attributes_with(program: ProgramFacts, instance: Instance, text: Text) -> Iterator[tuple[str, bool]]:
    """The names of the attributes that contain a literal of a text, and whether they do so outside of other
    instances."""
    heap = program.facts.heap
    sites = {part.site for part in text.parts if isinstance(part, Lit)}
    words = [part.text for part in text.parts if isinstance(part, Lit)]
    for name, value in instance.attributes.items():
        texts = [leaf for leaf in tracked_leaves(value, words, heap, {}) if isinstance(leaf, Text)]
        if any(part.site in sites for leaf in texts for part in literals(leaf)):
            yield name, not all(isinstance(heap.get(choice), Instance) for choice in alternatives(value))


def _is_read_from_unknown(program: ProgramFacts, name: str) -> bool:
    return _is_sent_from(program, name) or any(
        first_read(program, tree, name) is not None for tree in program.trees.values()
    )


def _operands_of_yields(program: ProgramFacts, function: Site) -> list[Site]:
    """The expressions whose values a generator yields."""
    tree = program.trees[function.path]
    yields = tree.descendants_of_kind(tree.node(function), cst.Yield)
    values = (node.value.item if isinstance(node.value, cst.From) else node.value for node in yields)
    return [tree.site(value) for value in values if value is not None]


def _is_sent_from(program: ProgramFacts, name: str) -> bool:
    """Whether the URL of a request contains a value that may be read by this name from an unknown object."""
    return any(
        isinstance(choice, Unknown) and choice.may_be_named(name)
        for request in program.facts.requests
        for url in program.url_readings(request)
        for piece in url.pieces()
        if piece.text is None
        for choice in alternatives(piece.via[-1].value)
    )


def _property_name(program: ProgramFacts, number: int) -> str | None:
    """The name of the property that a frame is an activation of. None if it is of another function."""
    site = program.facts.frames[number].function
    function = program.node(site) if site is not None else None
    if site is None or not isinstance(function, cst.FunctionDef):
        return None
    tree = program.trees[site.path]
    decorators = (tree.site(decorator.decorator) for decorator in function.decorators)
    values = (choice for decorator in decorators for choice in program.alternatives_at(decorator))
    return function.name.value if any(value in _PROPERTIES for value in values) else None
