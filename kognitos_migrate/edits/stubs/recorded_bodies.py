"""Whether tests compare recorded bodies with those that the program sends."""

from collections.abc import Container, Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.state.canned_replies import Stub
from kognitos_migrate.rulebook.model import Mock
from kognitos_migrate.source.data_file.forms import Comparison
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import DictObject, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, MemberRef, Symbol, Value
from kognitos_migrate.values.texts import known_text


def compares_recorded_bodies(context: ProgramFacts, stub: Stub) -> bool:
    """Whether tests may compare the body of a stub with that of a request: they do, unless the stub is
    recorded, and every option for what is compared is known to be other parts of a request.

    vcr.VCR(match_on=["method", "uri", "body"])
    """
    mock = next(candidate for candidate in context.rules.mocks if candidate.id == stub.mock)
    comparisons = [form.comparison for form in mock.recordings]
    return not comparisons or any(
        comparison is None or _may_compare(context, mock, comparison) for comparison in comparisons
    )


def _may_compare(context: ProgramFacts, mock: Mock, comparison: Comparison) -> bool:
    """Whether the option that selects the compared parts may have a body, or a function of the program."""
    if any(tree.names_spelled(name) for tree in context.trees.values() for name in comparison.functions):
        return True
    options = [
        value for tree in context.trees.values() for value in _options(context, mock, tree, comparison)
    ]
    for heap_object in context.facts.heap.objects:
        if isinstance(heap_object, DictObject) and comparison.option in heap_object.entries:
            options.append(heap_object.get(comparison.option))
    return not all(_are_parts(context, value, comparison.parts) for value in options)


def _options(context: ProgramFacts, mock: Mock, tree: Tree, comparison: Comparison) -> Iterator[Value | None]:
    """The values of the option in calls of a module, None for one that isn't known."""
    for name in tree.names_spelled(comparison.option):
        match tree.parent(name):
            case cst.Arg(value, keyword) if keyword is name:
                yield from context.alternatives_at(tree.site(value))
            case cst.Attribute(attr=attribute) if attribute is name:
                yield None
    for text in tree.of_kind(cst.SimpleString):
        if isinstance(tree.parent(text), cst.Arg) and literal_text(text) == comparison.option:
            yield None  # setattr(recorder, "match_on", parts)
    for call in tree.of_kind(cst.Call):
        unpacked = [argument.value for argument in call.args if argument.star == "**"]
        callees = context.alternatives_at(tree.site(call.func)) if unpacked else ()
        if any(_is_of_library(mock, callee) for callee in callees):
            for mapping in unpacked:
                values = context.alternatives_at(tree.site(mapping))
                if not all(_is_known_dict(context, value) for value in values):
                    yield None


def _is_of_library(mock: Mock, callee: Value) -> bool:
    """Whether a called value may be a function, a type or a method of a mock library."""
    if isinstance(callee, Symbol):
        return callee.name in (*mock.functions, *mock.types)
    return not isinstance(callee, MemberRef) or callee.name in mock.methods


def _is_known_dict(context: ProgramFacts, value: Value) -> bool:
    """Whether all entries of a dict are known, so that one for the option is on the heap."""
    record = context.facts.heap.get(value)
    return isinstance(record, DictObject) and record.is_closed and not record.spreads


def _are_parts(context: ProgramFacts, value: Value | None, parts: Container[str | None]) -> bool:
    """Whether a value is None or a list of some of the parts."""
    return value is not None and all(
        choice == NONE or _is_list_of(context, choice, parts) for choice in alternatives(value)
    )


def _is_list_of(context: ProgramFacts, value: Value, parts: Container[str | None]) -> bool:
    record = context.facts.heap.get(value)
    return isinstance(record, SequenceObject) and all(
        known_text(element) in parts for element in alternatives(record.element())
    )
