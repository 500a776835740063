"""Settings that are assumed to contain the version, and what else depends on them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.path_settings import settings_with_path
from kognitos_migrate.conversations.url import Url, UrlPiece
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.interpret.state.tracked_values import texts_in
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.shapes import is_method_call
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Instance, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Const, Hole, Ref, Text, Unknown, Value
from kognitos_migrate.values.texts import literals

_MOST_NAMES = 3
"""The limit on the keys that a message names."""


def require_unshared_settings(context: PlanContext, matches: Sequence[Match]) -> None:
    """Raises RefusalError if a setting that will name the new version is also the version of another
    service."""
    settings, overriding = (
        _version_settings(matches),
        {source for match in matches for source in match.overridden},
    )
    if not settings and not overriding:
        return
    _require_one_entry(context, matches)
    own = {match.request.id for match in matches}
    readings = [url for match in matches for url in (*(path.url for path in match.paths), *match.other_urls)]
    addresses = {address for url in readings for address in _addresses_before(url, settings | overriding)}
    for request in context.facts.requests if len(own) < len(context.facts.requests) else ():
        urls = context.url_readings(request) if request.id not in own else ()
        others = (address for url in urls for address in _addresses_before(url, settings | overriding))
        if any(address not in addresses for address in others):
            message = "the URL of another service contains the setting that must name the new version"
            raise RefusalError(request.site, "another-service", message)
    _require_own_paths(context, matches)


def _version_settings(matches: Sequence[Match]) -> set[str]:
    """The settings that are assumed to contain the version."""
    settings = {source for match in matches for source in match.version_sources}
    return settings | {source for match in matches for source in _read_items(match)}


def require_untested_settings(
    context: PlanContext, matches: Sequence[Match], edits: Sequence[PendingEdit]
) -> None:
    """Raises RefusalError if a setting that will name the new version is compared with the old version, and
    no edit is in the text that it is compared with: `assert client.base_url == "https://host/v1"`."""
    settings = _version_settings(matches) | {source for match in matches for source in match.overridden}
    versions = {context.api(match.operation).old for match in matches}
    edited = [edit.span for edit in edits if edit.span.path in context.facts.tests]
    for site in _comparisons(context, settings, versions) if settings else ():
        if _is_expectation_edited(context, site, versions, edited):
            continue
        message = "the setting that must name the new version is compared with the old one, or a key"
        raise RefusalError(site, "url", message)


def _require_one_entry(context: PlanContext, matches: Sequence[Match]) -> None:
    """Raises RefusalError if the program reads several entries of a mapping that it fills in a loop over
    settings, and a base URL may be that of any entry: one of them may be another service's."""
    bases = {value for match in matches if match.version_sources for value in _version_setting_values(match)}
    for number, record in enumerate(context.facts.heap.objects if bases else ()):
        if isinstance(record, DictObject) and record.names is not NEVER:
            if bases.isdisjoint(_values_in_entries(context, record)):
                continue
            accesses = context.facts.accesses.get(Ref(number), {}).values()
            reads = {
                access.key: access.place for places in accesses for access in places if access.key is not None
            }
            if len(reads) > 1:
                message = f"the settings of {_names_phrase(sorted(reads))} aren't told apart here"
                raise RefusalError(reads[max(reads)], "another-service", message)


def _names_phrase(names: Sequence[str]) -> str:
    """The first names of a sequence, with the number of the others: `a and b`, `a, b, c and 5 others`."""
    shown = names[:_MOST_NAMES] if len(names) > _MOST_NAMES + 1 else names
    more = len(names) - len(shown)
    *first, last = [*shown, f"{more} others"] if more else shown
    return f"{', '.join(first)} and {last}"


def _version_setting_values(match: Match) -> Iterator[Value]:
    """The values of the settings that are assumed to contain the version."""
    for path in match.paths:
        for piece in path.url.base[-1:] if path.url.base[-1].text is None else ():
            yield from alternatives(piece.via[-1].value)


def _values_in_entries(context: PlanContext, record: DictObject) -> Iterator[Value]:
    """The values in the objects that may be the entries of a mapping."""
    for choice in alternatives(record.others):
        entry = context.facts.heap.get(choice)
        if isinstance(entry, Instance):
            yield from (value for stored in entry.attributes.values() for value in alternatives(stored))
        elif isinstance(entry, DictObject):
            yield from alternatives(entry.any_entry())
            yield from alternatives(entry.others)


def _read_items(match: Match) -> Iterator[str]:
    """The items of decoded files that are assumed to contain the version, in the interpreter's notation."""
    for path in match.paths if match.version_sources else ():
        for piece in path.url.base[-1:]:
            for choice in alternatives(piece.via[-1].value) if piece.text is None else ():
                if isinstance(choice, Unknown) and choice.source.endswith("]"):
                    yield choice.source


def _require_own_paths(context: PlanContext, matches: Sequence[Match]) -> None:
    """Raises RefusalError if another request may have the path of the same setting, or of one that isn't
    known by its keys."""
    own = {match.request.id for match in matches}
    paths = (match for match in matches if match.path_setting is not None)
    names = {name for match in paths for name in settings_with_path(context, match.request)}
    requests = (request for request in context.facts.requests if names and request.stub is None)
    for request in requests:
        others = settings_with_path(context, request) if request.id not in own else frozenset[str]()
        if others & names or (others and any(name.startswith("`") for name in others | names)):
            message = "this request may have the path that must be changed in a setting, too"
            raise RefusalError(request.site, "another-service", message)


def _addresses_before(url: Url, settings: Collection[str]) -> Iterator[tuple[str, ...]]:
    """The parts of a URL in front of each of the settings in it."""
    pieces = url.pieces()
    for number, piece in enumerate(pieces):
        if piece.text is None and _is_setting(piece.via[-1].value, settings):
            yield tuple("".join(_text_or_settings(before)) for before in pieces[:number])


def _text_or_settings(piece: UrlPiece) -> Iterator[str]:
    """The text of a piece, or the settings that it may be."""
    if piece.text is not None:
        yield piece.text
    else:
        yield from (str(getattr(choice, "source", "")) for choice in alternatives(piece.via[-1].value))


def _is_setting(value: Value, settings: Collection[str]) -> bool:
    return any(isinstance(choice, Unknown) and choice.source in settings for choice in alternatives(value))


def has_setting(value: Value, settings: Collection[str]) -> bool:
    """Whether a value is one of the settings, or a text that contains one."""
    return any(source in settings for source in settings_in(value))


def settings_in(value: Value) -> Iterator[str]:
    """The settings that a value may be, or contain as a text."""
    for choice in alternatives(value):
        if isinstance(choice, Unknown):
            yield choice.source
        elif isinstance(choice, Text):
            for part in choice.parts:
                if isinstance(part, Hole):
                    yield from settings_in(part.value)


def _is_expectation_edited(
    context: PlanContext, site: Site, versions: Collection[str], edited: Sequence[Span]
) -> bool:
    """Whether a test compares for equality, and edits are in all the literals with a version that it
    expects."""
    tree, node = context.tree(site), context.node(site)
    if not edited or not isinstance(node, cst.Comparison):
        return False
    parts = [node.left, *(target.comparator for target in node.comparisons)]
    values = (
        choice
        for part in parts
        for value in context.values_at(tree.site(part))
        for choice in alternatives(value)
    )
    written = {
        lit.site
        for choice in values
        for lit in literals(choice)
        if any(version in lit.text for version in versions)
    }
    expected = [context.span(own) for own in written if own is not None and own.path in context.facts.tests]
    return bool(expected) and all(any(span.contains(edit) for edit in edited) for span in expected)


class _TestsBySetting:
    """The tests and lookups of a program, by the settings in the values whose tests they are."""

    def __init__(self, context: PlanContext) -> None:
        self._sites: defaultdict[str, dict[Site, int]] = defaultdict(dict)
        nodes = (
            (tree, node)
            for tree in context.trees.values()
            for node in tree.of_kind(cst.Comparison, cst.Call, cst.Match, cst.Subscript)
        )
        for number, (tree, node) in enumerate(nodes):
            tested, _ = _test_operands(node)
            for value in (value for part in tested for value in context.values_at(tree.site(part))):
                for source in settings_in(value):
                    self._sites[source][tree.site(node)] = number

    def of(self, settings: Collection[str]) -> list[Site]:
        """The tests of one of the settings, in the order of the program."""
        number_by_site = {
            site: number for source in settings for site, number in self._sites.get(source, {}).items()
        }
        return sorted(number_by_site, key=number_by_site.__getitem__)


def _comparisons(
    context: PlanContext, settings: Collection[str], versions: Collection[str]
) -> Iterator[Site]:
    """The tests of one of the settings for a text that names one of the versions, and its uses as a key."""
    ends = {version[at:] for version in versions for at in range(1, len(version))}
    for site in context.memoize(_TestsBySetting).of(settings):
        tree, node = context.tree(site), context.node(site)
        tested, others = _test_operands(node)
        values = {part: context.values_at(tree.site(part)) for part in (*tested, *others)}
        named = [part for part in tested if any(has_setting(value, settings) for value in values[part])]
        other_values = [value for part in values if part not in named for value in values[part]]
        texts = [text for value in other_values for text in _nested_texts(context, value)]
        numbers = {str(choice.value) for value in other_values for choice in _constants(context, value)}
        is_item = isinstance(node, cst.Subscript) and not any(map(_has_heap_object, other_values))
        is_end = not ends.isdisjoint({*texts, *numbers})  # `v` may be in front of the setting
        if is_item or is_end or any(version in text for version in versions for text in texts):
            yield site


def _test_operands(node: cst.CSTNode) -> tuple[Sequence[cst.BaseExpression], Sequence[cst.BaseExpression]]:
    """The expressions whose value a test depends on, and those that it is compared with, or looked up in."""
    match node:
        case cst.Comparison():
            return [node.left, *(target.comparator for target in node.comparisons)], ()
        case cst.Call(func=cst.Attribute(value=owner), args=[cst.Arg(value=argument), *_]):
            if is_method_call(node, *_TESTS):
                return [owner], [argument]
            return ([argument], [owner]) if is_method_call(node, *_LOOKUPS) else ((), ())
        case cst.Match(subject=subject, cases=cases):
            patterns = (case.pattern for case in cases)
            return [subject], [value for pattern in patterns for value in _pattern_values(pattern)]
        case cst.Subscript(value=owner, slice=[cst.SubscriptElement(cst.Index(index))]):
            return [index], [owner]
    return (), ()


_TESTS = ("startswith", "endswith", "removeprefix", "removesuffix", "replace", "count", "find", "partition")
"""Methods of texts whose result depends on whether the text has the argument in it."""
_LOOKUPS = ("get", "pop", "setdefault", "index", "__getitem__")


def _pattern_values(pattern: cst.MatchPattern) -> Iterator[cst.BaseExpression]:
    if isinstance(pattern, cst.MatchValue):
        yield pattern.value
    elif isinstance(pattern, cst.MatchOr):
        for element in pattern.patterns:
            yield from _pattern_values(element.pattern)


def _nested_texts(context: PlanContext, value: Value) -> Iterator[str]:
    """The texts in a value, in the elements of a list, and in the keys of a dict."""
    yield from texts_in(value, context.facts.heap)
    for choice in alternatives(value):
        record = context.facts.heap.get(choice)
        if isinstance(record, DictObject):
            yield from record.entries


def _constants(context: PlanContext, value: Value) -> Iterator[Const]:
    """The constants in a value, and in the elements of a list."""
    for choice in alternatives(value):
        record = context.facts.heap.get(choice)
        inner = [item.value for item in record.items] if isinstance(record, SequenceObject) else [choice]
        yield from (
            constant for item in inner for constant in alternatives(item) if isinstance(constant, Const)
        )


def _has_heap_object(value: Value) -> bool:
    return any(isinstance(choice, Ref) for choice in alternatives(value))
