"""Dicts and words of tests in the old version, which code that reads replies of the new one also gets, and
words that tests compare with parts of paths."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.reachability import program_tests
from kognitos_migrate.interpret.function_definitions import parameters_of
from kognitos_migrate.interpret.state.facts import AccessKind, Use, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.syntax.roles import argument_of
from kognitos_migrate.syntax.shapes import container_of, is_method_call, last_name, literal_text
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, Lit, Ref, Reply, Text, Value

_READS = (UseKind.READ, UseKind.FILL, UseKind.CONTAINS)
_COMPARISONS = (UseKind.COMPARE, UseKind.MATCH)


def old_records(program: ProgramFacts, new: Iterable[Match], tests: Collection[str]) -> Mapping[Site, str]:
    """The dicts in modules of `tests` that have an old field where replies of the `new` calls have a new one,
    and the literals with an old word where these have a new one. Code outside of tests reads both.

    The values are the old fields and words."""
    return dict(
        record
        for match in new
        for use in program.uses.get(match.request.id, ())
        if use.site.path not in tests
        for record in _records(program, match, use, tests)
    )


def data_of_functions(program: ProgramFacts) -> Mapping[Site, frozenset[str]]:
    """The data files that only tests read, by the function that has their contents; by its module for code
    outside of functions."""
    if not any(map(is_data_file, program.trees)):
        return {}
    files: dict[Site, set[str]] = {}
    of_program: set[str] = set()
    for (site, frame), value in program.facts.values.items():
        for choice in alternatives(value) if not is_data_file(site.path) else ():
            heap_object = program.facts.heap.get(choice)
            if heap_object is None or not is_data_file(heap_object.site.path):
                continue
            if site.path not in program.facts.tests:
                of_program.add(heap_object.site.path)
            reader = program.facts.frames[frame].function or Site(site.path, 0)
            files.setdefault(reader, set()).add(heap_object.site.path)
    return {reader: frozenset(paths - of_program) for reader, paths in files.items()}


def is_data_of_program(program: ProgramFacts, site: Site, name: str) -> bool:
    """Whether a field's name in a test is a key of the program's own data: the program reads the key in the
    dict that has it, or the statement has a dict of the program with the key, or an instance of one of its
    classes with such an attribute."""
    tests = program_tests(program)
    tree = program.tree(site)
    node = tree.node(site)
    holder = tree.enclosing(node, cst.Dict, cst.Call)
    records = program.alternatives_at(tree.site(holder)) if holder is not None else []
    if any(
        isinstance(record, Ref) and _is_read_by_program(program, record, name, tests) for record in records
    ):
        return True
    statement = tree.enclosing(node, cst.SimpleStatementLine)
    return statement is not None and any(
        _has_own_key(program, choice, name, tests)
        for inner in tree.descendants(statement)
        for choice in program.alternatives_at(tree.site(inner))
    )


def _has_own_key(program: ProgramFacts, value: Value, name: str, tests: Collection[str]) -> bool:
    """Whether a value is a dict that the program made with a key, an instance of a class of the program with
    an attribute of that name, or a collection of such dicts."""
    record = program.facts.heap.get(value)
    if isinstance(record, Instance):
        return record.cls is not None and record.cls.site.path not in tests and name in record.attributes
    if isinstance(record, SequenceObject):
        elements = (choice for choice in alternatives(record.element()) if choice != value)
        return any(
            isinstance(program.facts.heap[choice], DictObject) and _has_own_key(program, choice, name, tests)
            for choice in elements
            if isinstance(choice, Ref)
        )
    return isinstance(record, DictObject) and record.site.path not in tests and name in record.entries


def _records(
    program: ProgramFacts, match: Match, use: Use, tests: Collection[str]
) -> Iterator[tuple[Site, str]]:
    path = use.value.path if isinstance(use.value, Reply) else ()
    if path == (View.JSON,) and use.kind in _READS:
        for name in _texts(program, use.other):
            new = match.layout.reply_field(name)
            old = match.operation.old.reply_member(new.slot) if new is not None else None
            if old is not None and old.name != name:
                yield from _dicts_with(program, use, old.name, name, tests)
    elif len(path) == 2 and path[0] is View.JSON and use.kind in _COMPARISONS:
        member = match.layout.reply_field(str(path[1]))
        vocabulary = member.vocabulary if member is not None else None
        words = program.settings.vocabularies.get(vocabulary or "", {})
        yield from _old_words(program, use, words, tests)


def _dicts_with(
    program: ProgramFacts, use: Use, old: str, new: str, tests: Collection[str]
) -> Iterator[tuple[Site, str]]:
    """The dicts of tests that lack the new field where a use reads it. A dict whose old field is read as well
    belongs to a program that knows both."""
    owner = container_of(program.node(use.site)) if use.kind is UseKind.READ else None
    holder = program.tree(use.site).site(owner) if owner is not None else use.operand
    for choice in program.alternatives_at(holder):
        record = program.facts.heap.get(choice)
        if not isinstance(choice, Ref) or not isinstance(record, DictObject) or record.site.path not in tests:
            continue
        parts = list(program.facts.heap.with_merged_dicts(record))
        names = {name for part in parts for name in part.entries}
        spread = [choice for part in parts for entry in part.spreads for choice in alternatives(entry.value)]
        is_known = all(isinstance(value, Ref) for value in spread) and not any(part.open for part in parts)
        if (
            old in names
            and new not in names
            and is_known
            and not _is_read_by_program(program, choice, old, tests)
        ):
            yield record.site, old


def _is_read_by_program(program: ProgramFacts, record: Ref, name: str, tests: Collection[str]) -> bool:
    """Whether code outside of tests reads a key of a dict."""
    return any(
        access.kind in (AccessKind.READ, AccessKind.CONTAINS) and access.key == name
        for site, accesses in program.facts.accesses.get(record, {}).items()
        if site.path not in tests
        for access in accesses
    )


def _old_words(
    program: ProgramFacts, use: Use, words: Mapping[str, tuple[str, ...]], tests: Collection[str]
) -> Iterator[tuple[Site, str]]:
    """The old words in tests that a use compares with new ones."""
    comparands = {*_texts(program, use.other)}
    if comparands.isdisjoint(word for new in words.values() for word in new):
        return
    for choice in program.alternatives_at(use.operand):
        word = choice.literal if isinstance(choice, Text) else None
        if not isinstance(choice, Text) or word is None or word not in words or word in comparands:
            continue
        site = next((part.site for part in choice.parts if isinstance(part, Lit)), None)
        if site is not None and site.path in tests:
            yield site, word


def _texts(program: ProgramFacts, value: Value | None) -> Iterator[str]:
    """The known texts among the alternatives of a value, and among the elements of a collection."""
    heap = program.facts.heap
    for choice in heap.flat_alternatives(value) if value is not None else ():
        record = heap.get(choice)
        if isinstance(record, DictObject):
            yield from record.entries
        elif isinstance(choice, Text) and choice.literal is not None:
            yield choice.literal


def is_field_of_test(program: ProgramFacts, tree: Tree, argument: cst.Arg) -> bool:
    """Whether a keyword argument may be a field of a test's data: it is none of a class or function of the
    program, whose own names are kept, no parameter that a function of the tests declares, and no placeholder
    of a text (`URL.format(run_id="7")`)."""
    call = tree.parent(argument)
    if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute):
        receivers = program.alternatives_at(tree.site(call.func.value))
        if receivers and all(isinstance(receiver, Text) for receiver in receivers):
            return False
    callees = program.alternatives_at(tree.site(call.func)) if isinstance(call, cst.Call) else ()
    functions = (callee.function if isinstance(callee, Bound) else callee for callee in callees)
    tests = program_tests(program)
    return not any(
        callee.site.path not in tests
        or (isinstance(callee, Function) and _declares(program, callee, argument))
        for callee in functions
        if isinstance(callee, Function | Class)
    )


def _declares(program: ProgramFacts, function: Function, argument: cst.Arg) -> bool:
    """Whether a function has a parameter with the name of a keyword argument."""
    definition, keyword = program.node(function.site), argument.keyword
    assert isinstance(definition, cst.FunctionDef | cst.Lambda)
    names = {parameter.name.value for parameter in parameters_of(definition)}
    return keyword is not None and keyword.value in names


def is_compared_with_part_of_path(tree: Tree, literal: cst.SimpleString) -> bool:
    """Whether a literal is compared with something where its function parts a text at slashes, as in
    `url.split("/")[-2] == "things"`."""
    function = tree.enclosing(literal, cst.FunctionDef, cst.Lambda)
    is_compared = isinstance(
        tree.parent(literal), cst.Comparison | cst.ComparisonTarget | cst.MatchValue | cst.DictElement
    )
    return (
        is_compared
        and function is not None
        and any(
            isinstance(node, cst.SimpleString) and literal_text(node) == "/" and _is_separator(tree, node)
            for node in tree.descendants(function)
        )
    )


def is_sought_in_shown_value(tree: Tree, literal: cst.SimpleString) -> bool:
    """Whether a literal is sought in what `str` or `repr` makes of a value, as in
    `"things" in str(session.sent)`."""
    match tree.parent(literal):
        case cst.Comparison(left, [cst.ComparisonTarget(cst.In() | cst.NotIn(), searched)]) if (
            left is literal
        ):
            pass
        case cst.Arg() as argument:
            match tree.parent(argument):
                case cst.Call(args=[first, cst.Arg(searched), *_]) if first is argument:
                    pass
                case _:
                    return False
        case _:
            return False
    return isinstance(searched, cst.Call) and last_name(searched.func) in ("str", "repr")


def _is_separator(tree: Tree, literal: cst.SimpleString) -> bool:
    argument = argument_of(tree, literal)
    return argument is not None and is_method_call(argument.call, *_PARTING)


_PARTING = ("split", "rsplit", "partition", "rpartition")
"""The methods that part a text at another one."""
