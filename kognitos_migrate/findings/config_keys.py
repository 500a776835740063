"""Table keys and words that the code uses, and those that the configuration lacks."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import texts_of_field
from kognitos_migrate.edits.config_table_keys import is_unknown_in_tests
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.replies.field_renames import fabricated_fields
from kognitos_migrate.edits.replies.vocabulary import compared_words, is_known_word, unmapped_words
from kognitos_migrate.edits.supplied_keys import SuppliedKeys
from kognitos_migrate.findings.result import Missing, PlaceConverter
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import LayoutMember, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.lattice import Lit, Reply, Text


def keys_used(context: PlanContext, matches: Iterable[Match]) -> Mapping[str, tuple[str, ...]]:
    """The keys and the configured words in the code, by table and vocabulary."""
    keys_by_setting: dict[str, dict[str, None]] = {}
    for match in matches:
        for table, key in _table_keys(context, match):
            keys_by_setting.setdefault(table, {})[key] = None
        for member, word, _ in _tested_words(context, match):
            if is_known_word(context, member, word) and not _is_built_in(context, match, member, word):
                keys_by_setting.setdefault(str(member.vocabulary), {})[word] = None
    return {setting: tuple(keys) for setting, keys in keys_by_setting.items()}


def _is_built_in(context: PlanContext, match: Match, member: LayoutMember, word: str) -> bool:
    """Whether the rules contain a word of a field."""
    return word in context.api(match.operation).vocabularies[str(member.vocabulary)].words


def keys_missing(
    context: PlanContext, matches: Iterable[Match], unconfigured: Iterable[Match], places: PlaceConverter
) -> Iterator[Missing]:
    """The keys and words that the configuration lacks.

    Words count only for `unconfigured` requests, since the others may test for any word.
    """
    sites_by_key: defaultdict[tuple[str, str], list[Site]] = defaultdict(list)
    for match in matches:
        for table, key in dict.fromkeys(_table_keys(context, match)):
            if not context.settings.is_decided(table, key):
                sites_by_key[table, key].append(match.request.site)
    for match in unconfigured:
        for vocabulary, word, site in _unknown_words(context, match):
            sites_by_key[vocabulary, word].append(site)
    for (setting, key), sites in sites_by_key.items():
        distinct = tuple(dict.fromkeys(places.of(context.span(site)) for site in sites))
        yield Missing(setting, key, distinct, context.settings.is_unfilled(setting, key))


def _table_keys(context: PlanContext, match: Match) -> Iterator[tuple[str, str]]:
    """The keys in a request's path, or in the settings that it reads, with their tables. A literal counts if
    its form is that of a key, unless it stands for an unknown one in tests."""
    tables = context.api(match.operation).tables
    for member in match.operation.new.members:
        if member.table is not None and any(part.slot == member.slot for part in match.operation.old.path):
            slot, table = str(member.slot), tables[member.table]
            keys = context.memoize(SuppliedKeys).required_keys(match, slot, member.table)
            supplied = (key.key for key in keys)
            for key in (*match.keys(slot), *supplied):
                if key is not None and key in context.settings.tables.get(member.table, {}):
                    yield member.table, key
                elif key is not None and table.fault(key) is None:
                    if not is_unknown_in_tests(context, match, slot, table, key):
                        yield member.table, key


def _unknown_words(context: PlanContext, match: Match) -> Iterator[tuple[str, str, Site]]:
    """The unknown words that a reply is tested for, or that a stub's reply contains, each with its vocabulary
    and place."""
    for member, uses in _fields_with_words(context, match):
        for word, site in unmapped_words(context, member, uses).items():
            yield str(member.vocabulary), word, site
    for member, word, site in _words_of_stub(context, match):
        if not is_known_word(context, member, word):
            yield str(member.vocabulary), word, site


def _tested_words(context: PlanContext, match: Match) -> Iterator[tuple[LayoutMember, str, Site]]:
    """The words that a reply is tested for, or that a stub's reply contains, with their fields and places."""
    for member, uses in _fields_with_words(context, match):
        for word, use in compared_words(context, uses):
            yield member, word, use.site
    yield from _words_of_stub(context, match)


def _fields_with_words(context: PlanContext, match: Match) -> Iterator[tuple[LayoutMember, list[Use]]]:
    """The fields of a reply that contain words of a vocabulary, with their uses."""
    fields: defaultdict[str, list[Use]] = defaultdict(list)
    for use in context.uses.get(match.request.id, []):
        if isinstance(use.value, Reply) and len(use.value.path) == 2 and use.value.path[0] is View.JSON:
            fields[str(use.value.path[1])].append(use)
    for name, uses in fields.items():
        old = match.operation.old.reply_field(name)
        if old is not None and old.vocabulary is not None:
            yield old, uses


def _words_of_stub(context: PlanContext, match: Match) -> Iterator[tuple[LayoutMember, str, Site]]:
    """The words in the replies of a test's stub, and in those with which tests call the program's readers."""
    for canned in match.request.stub.replies.values() if match.request.stub is not None else ():
        for member in match.operation.old.reply:
            for word, site in texts_of_field(context.facts, canned, member.name) if member.vocabulary else ():
                yield member, word, site
    for member in match.operation.old.reply if match.request.stub is None else ():
        if member.vocabulary:
            reads = [use for use in context.uses.get(match.request.id, ()) if _is_read(use, member.name)]
            for value in sorted(fabricated_fields(context, member, reads), key=repr):
                for part in value.parts if isinstance(value, Text) and value.literal is not None else ():
                    if isinstance(part, Lit) and part.site is not None:
                        yield member, part.text, part.site


def _is_read(use: Use, name: str) -> bool:
    return use.kind is UseKind.READ and isinstance(use.other, Text) and use.other.literal == name
