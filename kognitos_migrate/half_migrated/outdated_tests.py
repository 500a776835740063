"""Tests that expect the old version of a call which the program makes in the new one."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from types import MappingProxyType

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.reachability import ReferenceGraph, program_tests
from kognitos_migrate.discover.signature import is_segment_in, path_words, signature_of_all, starts_path_in
from kognitos_migrate.edits.adapter_source import MARK
from kognitos_migrate.edits.doctest_examples import docstrings_with_word, expected_paths
from kognitos_migrate.half_migrated.old_replies_in_tests import (
    data_of_functions,
    is_compared_with_part_of_path,
    is_data_of_program,
    is_field_of_test,
    is_sought_in_shown_value,
    old_records,
)
from kognitos_migrate.interpret.library.testing import COLLECTED, collection_rank
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.blocks import is_statement
from kognitos_migrate.syntax.tree import Site, Tree

NO_ROWS: Mapping[str, frozenset[int]] = MappingProxyType({})


class OldWord(Struct, frozen=True):
    """A name or path of the old version, and the literal or argument that contains it."""

    site: Site
    text: str


class SignatureShare(Enum):
    """How much of the old version's signature is among the words of a test."""

    NONE = 0
    """Fields with ordinary names."""
    PART = 1
    """A path, or a name that only the old version has."""
    WHOLE = 2
    """Both."""


class OutdatedTest(Struct, frozen=True):
    """A test that reaches calls of the new version, and the words of the old one in the code that it uses."""

    site: Site
    """The definition of the test, or the docstring with an example."""
    calls: tuple[Match, ...]
    """The calls that it reaches, one for each operation. Empty if it may reach them out of sight, as in a
    process of its own."""
    words: tuple[OldWord, ...]
    """The old words in the test, and in the fixtures, doubles and constants that it uses."""
    signature_share: SignatureShare
    reaches_old_call: bool
    """Whether the test also reaches a call of the old version, to which the words may belong."""
    reaches_change: bool
    """Whether the test reaches code in a changed row."""
    functions: frozenset[Site] = frozenset()
    """The functions of tests that it runs, itself included."""
    has_old_record: bool = False
    """Whether the test has data of the old version for code that reads replies of the new one."""

    @property
    def expects_old_version(self) -> bool:
        """Whether its words are of the old version, and not the program's own. An old call that it reaches
        explains them, too; a test that reaches no call needs more words."""
        if self.has_old_record:
            return True
        if self.reaches_old_call:
            return False
        return self.signature_share is SignatureShare.WHOLE or (
            bool(self.calls) and self.signature_share is SignatureShare.PART
        )


def outdated_tests(
    program: ProgramFacts,
    new_calls: Iterable[Match],
    old_calls: Iterable[Match],
    changed_rows: Mapping[str, frozenset[int]] = NO_ROWS,
) -> Iterator[OutdatedTest]:
    """The tests that reach calls of the new version or changed code, or have old words, in order.

    `new_calls` and `old_calls` are those of both versions, `changed_rows` the changed rows by file. A module
    of tests stands for the code in it that is no test, if that reaches a call and none of its tests does.
    """
    new_calls, old_calls = tuple(new_calls), tuple(old_calls)
    sent = [match for match in new_calls if match.request.stub is None]
    modules = program_tests(program) if sent or changed_rows else frozenset[str]()
    remaining = [match for match in old_calls if match.request.stub is None]
    yield from _outdated_examples(program, sent, remaining)
    if not modules:
        return
    graph = ReferenceGraph(program, modules)
    words = _OldWords(program, _literals_of_other_services(program, (*new_calls, *old_calls)))
    records, data = old_records(program, sent, modules), data_of_functions(program)
    senders = {match.request.id: _functions(program, match, modules) for match in sent}
    places = {match.request.id: senders[match.request.id] | _url_literals(match, modules) for match in sent}
    old_places = frozenset[Site]().union(*(_functions(program, match, modules) for match in remaining))
    changed = frozenset(_changed_places(program, changed_rows))
    has_adapters = any(MARK in tree.text for tree in program.trees.values())

    def outdated_test(site: Site, places_by_request: Mapping[int, frozenset[Site]]) -> OutdatedTest:
        reached = graph.reached_from(site)
        calls: dict[str, Match] = {}
        for match in sent:
            if not reached.isdisjoint(places_by_request[match.request.id]):
                calls.setdefault(match.operation.id, match)
        readers = {*(place for place in reached if place.path in modules), Site(site.path, 0)}
        in_data = (_statements(program.trees[path]) for reader in readers for path in data.get(reader, ()))
        own = (
            *words.find_words(place for place in reached if place.path in modules),
            *words.find_words({statement for statements in in_data for statement in statements}),
        )
        own_records = [OldWord(record, records[record]) for record in sorted(reached & records.keys())]
        names = {word.text for word in own}
        reaches_old_call = not reached.isdisjoint(old_places)
        return OutdatedTest(
            site,
            tuple(calls.values()),
            (*own, *(record for record in own_records if record.text not in names)),
            SignatureShare.NONE if has_adapters and not words.has_path(own) else words.signature_share(own),
            reaches_old_call,
            not reached.isdisjoint(changed),
            frozenset(place for place in reached if place.path in modules and _is_function(program, place)),
            bool(own_records),
        )

    for path in sorted(modules):
        tests = [outdated_test(site, places) for site in _test_functions(program.trees[path])]
        outdated = [test for test in tests if test.calls or test.reaches_change or _has_whole_signature(test)]
        rest = [] if outdated else [outdated_test(Site(path, 0), senders)]
        yield from (*outdated, *(test for test in rest if test.calls))


def tests_of_old_version(
    program: ProgramFacts, new_calls: Iterable[Match], old_calls: Iterable[Match]
) -> list[OutdatedTest]:
    """The outdated tests that expect the old version, in order. Without a call of theirs, they count if the
    program has no call of the old version."""
    old_calls = tuple(old_calls)
    is_migrated = all(match.request.stub is not None for match in old_calls)
    return [
        test
        for test in outdated_tests(program, new_calls, old_calls)
        if test.expects_old_version and (test.calls or is_migrated)
    ]


def _outdated_examples(
    program: ProgramFacts, sent: Iterable[Match], remaining: Iterable[Match]
) -> Iterator[OutdatedTest]:
    """The docstrings with examples of the old version, for calls that the program makes in the new version
    only: those that expect a path, and those with a field of a reply that code in the same file reads."""
    calls = {match.operation.id: match for match in sent}
    old = {match.operation.id for match in remaining}
    signature = _OldWords(program, frozenset())
    words: dict[Site, dict[str, Match]] = {}
    for site, word, operations in expected_paths(program, [match.operation for match in calls.values()]):
        words.setdefault(site, {})[word] = calls[operations[0].id]
    paths = frozenset(words)
    for site, name, match in _fields_in_examples(program, sent):
        words.setdefault(site, {}).setdefault(name, match)
    for site, by_word in words.items():
        own = tuple({match.operation.id: match for match in by_word.values()}.values())
        old_words = tuple(OldWord(site, word) for word in by_word)
        share = SignatureShare.WHOLE if site in paths else signature.signature_share(old_words)
        is_mixed = any(match.operation.id in old for match in own)
        yield OutdatedTest(
            site,
            own,
            old_words,
            share,
            is_mixed,
            reaches_change=not is_mixed,
            has_old_record=len(by_word) > 1 and not is_mixed,
        )


def _fields_in_examples(program: ProgramFacts, sent: Iterable[Match]) -> Iterator[tuple[Site, str, Match]]:
    """The docstrings with an example that contains a field which only the old reply has, where code in the
    same file reads that reply. Adapters rebuild the old fields."""
    if any(MARK in tree.text for tree in program.trees.values()):
        return
    for match in {match.operation.id: match for match in sent}.values():
        reply, new = match.operation.old.reply, match.operation.new
        names = [member.name for member in reply if not new.has_reply_field(member.name)]
        readers = {
            use.site.path
            for other in sent
            for use in program.uses.get(other.request.id, ())
            if other.operation.id == match.operation.id and use.kind in (UseKind.READ, UseKind.FILL)
        }
        for path in sorted(readers & program.trees.keys()):
            for name in names:
                for site in docstrings_with_word(program.trees[path], name):
                    yield site, name, match


def _statements(tree: Tree) -> Iterator[Site]:
    return map(tree.site, tree.module.body)


def _is_function(program: ProgramFacts, site: Site) -> bool:
    return isinstance(program.node(site), cst.FunctionDef | cst.Lambda)


def _has_whole_signature(test: OutdatedTest) -> bool:
    return test.signature_share is SignatureShare.WHOLE


def _test_functions(tree: Tree) -> Iterator[Site]:
    """The tests of a module, in the order of place."""
    for node in tree.of_kind(cst.FunctionDef):
        if node.name.value.startswith("test") and collection_rank(node) == COLLECTED:
            yield tree.site(node)


def _changed_places(program: ProgramFacts, changed_rows: Mapping[str, frozenset[int]]) -> Iterator[Site]:
    """The functions and the literals outside of them in changed rows."""
    for path in changed_rows.keys() & program.trees.keys():
        tree, index = program.trees[path], LineIndex(program.trees[path].text)
        for node in tree.of_kind(cst.FunctionDef, cst.Lambda, cst.SimpleString, cst.FormattedStringText):
            span = tree.span(node)
            rows = range(index.position(span.start)[0], index.position(span.end)[0] + 1)
            if not changed_rows[path].isdisjoint(rows):
                yield tree.site(node)


def _functions(program: ProgramFacts, match: Match, tests: Collection[str]) -> frozenset[Site]:
    """The functions outside of tests that send a request or use its reply."""
    frames = [match.request.frame, *(use.frame for use in program.uses.get(match.request.id, ()))]
    functions = (program.facts.frames[number].function for number in frames)
    return frozenset(site for site in functions if site is not None and site.path not in tests)


def _url_literals(match: Match, tests: Collection[str]) -> frozenset[Site]:
    """The literals outside of tests in the URL of a request."""
    literals = (site for path in match.paths for site in path.url.sites())
    return frozenset(site for site in literals if site.path not in tests)


def _literals_of_other_services(program: ProgramFacts, calls: Iterable[Match]) -> frozenset[Site]:
    """The literals that are only in URLs of other services: with another host, and another path behind it."""
    rules, own_ids = program.rules, {match.request.id for match in calls}
    hosts = {host for api in rules.apis.values() for host in program.settings.hosts_of(api)}
    paths = (path for operation in rules.operations for path in (operation.old.path, operation.new.path))
    words = {None, *(part.text for path in paths for part in path)}
    own: set[Site] = set()
    others: set[Site] = set()
    for request in program.facts.requests:
        for url in program.url_readings(request):
            is_other_host = url.host is not None and "*" not in url.host and url.host not in hosts
            has_other_path = any(segment.text not in words for segment in url.segments[:2])
            is_other = is_other_host and has_other_path and request.id not in own_ids
            (others if is_other else own).update(_enclosing_f_string(program, site) for site in url.sites())
    return frozenset(others - own)


def _enclosing_f_string(program: ProgramFacts, site: Site) -> Site:
    """The f-string around a part of its text; any other site itself."""
    tree = program.tree(site)
    node = tree.node(site)
    literal = tree.parent(node) if isinstance(node, cst.FormattedStringText) else None
    return tree.site(literal) if literal is not None else site


def _own_nodes(tree: Tree, site: Site) -> Iterator[cst.CSTNode]:
    """The nodes at and inside a site. None of a module, and of a class none in its methods."""
    node = tree.node(site)
    if isinstance(node, cst.ClassDef):
        for statement in node.body.body:
            if not isinstance(statement, cst.FunctionDef):
                yield from tree.descendants(statement)
    elif site.node and not tree.is_elided(node):
        yield from tree.descendants(node)


_QUOTES = b"\"'"


_IN_PATH = rb"(?<![\w{<])(?<!/:)%b(?![\w}>])"
"""A name in a text without spaces, and not as the name of a placeholder."""
_IN_PROSE = rb"""(?<=["'`?&])%b(?!\w)"""
"""A name in quotes, or of a parameter, in a text with spaces. Other words there are no data."""


def _names_field(content: bytes, name: bytes) -> bool:
    """Whether a literal names a field as data do, and not in prose."""
    pattern = _IN_PROSE if b" " in content else _IN_PATH
    return name in content and re.search(pattern % re.escape(name), content) is not None


class _OldWords:
    """The names and paths of the old version that the new one lacks."""

    def __init__(self, program: ProgramFacts, others: frozenset[Site]) -> None:
        """Collect the words of all operations. `others` are literals that are none of the API."""
        self._program, self._others = program, others
        rules = program.rules
        names = (signature_name.name for signature_name in rules.memoize(signature_of_all))
        self._signature: Sequence[bytes] = tuple(dict.fromkeys(names))
        fields = (
            member.name.encode()
            for operation in rules.operations
            for member in operation.old.reply
            if not operation.new.has_reply_field(member.name)
        )
        self._fields = tuple(dict.fromkeys((*self._signature, *fields)))
        words = (path_words(rules.apis[operation.api], operation) for operation in rules.operations)
        self._paths = tuple(dict.fromkeys(word.word for word in words if word is not None))
        self._versions = tuple(api.old.encode() for api in rules.apis.values())

    def signature_share(self, words: Iterable[OldWord]) -> SignatureShare:
        """How much of the signature is among the words."""
        words = tuple(words)
        names = {word.text.encode() for word in words}
        return SignatureShare(self.has_path(words) + (not names.isdisjoint(self._signature)))

    def has_path(self, words: Iterable[OldWord]) -> bool:
        """Whether a path or a version is among the words. Adapters rebuild the old fields, and no paths."""
        return not {word.text.encode() for word in words}.isdisjoint((*self._paths, *self._versions))

    def find_words(self, sites: Iterable[Site]) -> Iterator[OldWord]:
        """The old words in the code at some sites, in the order of place. Modules are left out, and so are
        fields in data of the program's own."""
        seen = {*self._others}
        for site in sorted(sites):
            tree = self._program.tree(site)
            for node in _own_nodes(tree, site):
                inner = tree.site(node)
                if inner not in seen and (text := self._word(tree, node)) is not None:
                    seen.add(inner)
                    is_of_test = text not in self._fields or is_data_file(inner.path)
                    if is_of_test or not is_data_of_program(self._program, inner, text.decode()):
                        yield OldWord(inner, text.decode())

    def _word(self, tree: Tree, node: cst.CSTNode) -> bytes | None:
        match node:
            case cst.Arg(keyword=cst.Name(value=name)) if name.encode() in self._fields:
                return name.encode() if is_field_of_test(self._program, tree, node) else None
            case cst.SimpleString() if not is_statement(tree, node):
                text = tree.code(node).encode("utf-8", "surrogatepass")
                segment = next((word for word in self._paths if text.strip(_QUOTES) == word), None)
                is_of_path = is_compared_with_part_of_path(tree, node) or is_sought_in_shown_value(tree, node)
                return segment if segment is not None and is_of_path else self._word_in_literal(text)
            case cst.FormattedString(parts=parts):
                texts = (part.value if isinstance(part, cst.FormattedStringText) else "{}" for part in parts)
                written = "".join((node.start, *texts, node.end))
                return self._word_in_literal(written.encode("utf-8", "surrogatepass"))
            case cst.FormattedStringText():
                literal = tree.parent(node)
                assert literal is not None
                return self._word(tree, literal)
        return None

    def _word_in_literal(self, text: bytes) -> bytes | None:
        content = text.lstrip(b"rbufRBUF").strip(_QUOTES)
        for name in self._fields:
            if content == name or b'"%b"' % name in content:
                return name
        for name in self._signature:
            if _names_field(content, name):
                return name
        paths = (
            word
            for word in self._paths
            if starts_path_in(word, text) and (b"/%b" % word in content or b"%b/" % word in content)
        )
        return next(
            paths, next((version for version in self._versions if is_segment_in(version, text)), None)
        )
