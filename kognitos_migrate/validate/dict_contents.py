"""The contents of dicts as terms: their entries, and the values merged into them."""

from collections.abc import Iterable, Sequence

import libcst as cst

from kognitos_migrate.interpret.library.json_ import DECODERS, ENCODERS
from kognitos_migrate.rulebook.model import EntryKeys
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.shapes import variable_name
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.validate.places import NEW
from kognitos_migrate.validate.symbolic_terms import Term, literal_term
from kognitos_migrate.validate.term_builder import TermBuilder
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject, join_operands
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, Json, Ref, Symbol, Text, Value

_DEPTH = 8


class EntryTerm(Struct, frozen=True):
    """A possible value of a dict entry, and whether the entry may be missing."""

    term: Term
    is_optional: bool = False


class MergedTerm(Struct, frozen=True):
    """A merged value whose entries are unknown, and the keys that are certainly set after it."""

    term: Term
    overridden: frozenset[str] = frozenset()

    def with_keys(self, keys: Iterable[str]) -> "MergedTerm":
        """The value with further keys that are set after it."""
        return MergedTerm(self.term, self.overridden.union(keys))


class Contents(Struct):
    """The entries of a dict, including those merged into it."""

    entries: dict[str, list[EntryTerm]] = field(default_factory=dict)
    rest: list[MergedTerm] = field(default_factory=list)
    is_open: bool = False
    """Whether it may have further keys."""
    dropped: set[str] = field(default_factory=set)
    """The keys that are left out, also from `rest`."""

    def copy(self) -> "Contents":
        """An independent copy."""
        return Contents(dict(self.entries), [*self.rest], self.is_open, set(self.dropped))

    @property
    def is_opaque(self) -> bool:
        """Whether no entry is known, but unknown values are merged in."""
        return bool(self.rest) and not self.entries

    def drop(self, key: str) -> None:
        """Remove an entry."""
        self.entries.pop(key, None)
        self.dropped.add(key)
        self.rest = [MergedTerm(merged.term, merged.overridden - {key}) for merged in self.rest]

    def add_alternative(self, other: "Contents") -> None:
        """Add the contents of another dict that the value may be. All entries become optional."""
        for key, terms in other.entries.items():
            self.entries.setdefault(key, []).extend(terms)
        self.rest += other.rest
        self.is_open |= other.is_open
        self.make_optional()

    def merge(self, other: "Contents") -> None:
        """Merge the contents of another dict into this one, as `update` does."""
        certain = [key for key in other.entries if other.is_certain(key)]
        self.rest = [*(merged.with_keys(certain) for merged in self.rest), *other.rest]
        for key, terms in other.entries.items():
            previous = [] if key in certain else self.entries.get(key, [])
            self.entries[key] = [*previous, *terms]
        self.is_open |= other.is_open

    def make_optional(self) -> None:
        """Make all entries optional."""
        for key, terms in self.entries.items():
            self.entries[key] = [*dict.fromkeys(EntryTerm(entry.term, is_optional=True) for entry in terms)]
        self.rest = [MergedTerm(merged.term) for merged in self.rest]

    def is_certain(self, key: str) -> bool:
        """Whether the entry of a key is there on every path."""
        return any(not entry.is_optional for entry in self.entries.get(key, ()))


def records_of(builder: TermBuilder, value: Value) -> list[DictObject] | None:
    """The dicts that a value may be, ignoring None. None if it may be anything else."""
    records: list[DictObject] = []
    for choice in alternatives(value):
        if isinstance(choice, Json):
            inner = records_of(builder, choice.value)
            if inner is None:
                return None
            records += inner
        elif choice == NONE:
            continue
        else:
            heap_object = builder.facts.heap.objects[choice.id] if isinstance(choice, Ref) else None
            if not isinstance(heap_object, DictObject):
                return None
            records.append(heap_object)
    return records


def contents_of(builder: TermBuilder, records: Sequence[DictObject]) -> Contents:
    """The entries of the dicts that a value may be."""
    return _MergedDicts(builder).contents(records, 0)


class _MergedDicts:
    """Reads the contents of dicts, and of the dicts merged into them. Several dicts may share one of these,
    which is read once."""

    def __init__(self, builder: TermBuilder) -> None:
        self._tracer = builder
        self._read: dict[tuple[DictObject, int], Contents] = {}

    def contents(self, records: Sequence[DictObject], depth: int) -> Contents:
        """The entries of the dicts that a value may be, which is merged at a depth."""
        return _any_of([self._of_record(record, depth) for record in records])

    def of_choices(self, records: Sequence[DictObject], value: Value, depth: int = 0) -> Contents:
        """The entries of the dicts in a value that may be None, too.

        An empty dict that only the result creates stands for None.
        """
        filled = [record for record in records if not _is_substitute(self._tracer, record)]
        contents = self.contents(filled, depth)
        if len(filled) < len(records) or NONE in alternatives(value):
            contents.make_optional()
        return contents

    def _of_record(self, record: DictObject, depth: int) -> Contents:
        if (record, depth) not in self._read:
            self._read[record, depth] = self._read_record(record, depth)
        return self._read[record, depth].copy()

    def _read_record(self, record: DictObject, depth: int) -> Contents:
        builder, contents = self._tracer, Contents()
        spreads = join_operands([], record.spreads)
        for spread in spreads:
            contents.merge(self._of_spread(record, spread, depth))
        for key, entries in record.entries.items():
            terms = [
                EntryTerm(builder.argument_term(entry.operand), entry.optional or key in record.removed_keys)
                for entry in entries
            ]
            is_last = all(record.surely_overrides(key, spread) for spread in spreads)
            contents.entries[key] = (
                terms if is_last else _in_order(record, key, terms, contents.entries.get(key, []))
            )
        contents.dropped |= record.removed_keys - record.entries.keys()
        contents.is_open |= record.others != NEVER or (record.open and not record.has_removals)
        return contents

    def _of_spread(self, record: DictObject, spread: Operand, depth: int) -> Contents:
        """The entries of a value merged into a dict."""
        records = records_of(self._tracer, spread.value)
        if records is None or depth > _DEPTH or self._tracer.is_decoded(spread.value):
            inner = Contents(rest=[MergedTerm(self._tracer.of(spread))])
        else:
            inner = self.of_choices(records, spread.value, depth + 1)
        keys = [key for key in record.entries if record.surely_overrides(key, spread)]
        inner.rest = [merged.with_keys(keys) for merged in inner.rest]
        return inner


def _any_of(alternative_contents: Sequence[Contents]) -> Contents:
    """The entries of a dict that is one of several. An entry is optional if there are two or more dicts."""
    if len(alternative_contents) == 1:
        return alternative_contents[0]
    joined = Contents()
    for contents in alternative_contents:
        joined.add_alternative(contents)
    return joined


def _in_order(record: DictObject, key: str, own: list[EntryTerm], merged: list[EntryTerm]) -> list[EntryTerm]:
    """The possible values of an entry that is set by itself and by a merge, in source order."""
    first = record.entries[key][0].holder
    is_behind = any(
        (first.path, first.node) > (spread.site.path, spread.site.node) for spread in record.spreads
    )
    return [*merged, *own] if is_behind else [*own, *merged]


def _is_substitute(builder: TermBuilder, record: DictObject) -> bool:
    """Whether a dict is empty and created by the result alone."""
    is_empty = not record.entries and record.is_closed
    return is_empty and builder.anchor(record.site, record.frame)[0].path.startswith(NEW)


def contents_at(builder: TermBuilder, operand: Operand, keys: EntryKeys | None = None) -> Contents:
    """The entries of the dict that an expression evaluates to. With `keys`, of a list of such entries."""
    copied = _comprehension_source(builder, operand, keys)
    if copied is not None:
        whole, dropped = copied
        contents = contents_at(builder, whole)
        for key in dropped:
            contents.drop(key)
        return contents
    if keys is not None:
        listed = _list_contents(builder, operand, keys)
        return listed if listed is not None else Contents(rest=[MergedTerm(builder.argument_term(operand))])
    operand = _without_default(builder, operand)
    records = records_of(builder, operand.value)
    if records is None:
        term = builder.argument_term(operand)
        return Contents() if is_empty_text(term) else Contents(rest=[MergedTerm(term)])
    return _MergedDicts(builder).of_choices(records, operand.value)


def _without_default(builder: TermBuilder, operand: Operand) -> Operand:
    """The value that an empty dict replaces if it is None: `value or {}`, `value if value is not None else
    {}`. Any other operand is unchanged."""
    tree = builder.program.trees[operand.site.path]
    match tree.node(operand.site):
        case cst.BooleanOperation(value, cst.Or(), cst.Dict([])):
            pass
        case cst.IfExp(
            cst.Comparison(tested, [cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]),
            value,
            cst.Dict([]),
        ) if tested.deep_equals(value):
            pass
        case _:
            return operand
    site = tree.site(value)
    return Operand(builder.value(site, operand.frame), site, operand.frame)


def _list_contents(builder: TermBuilder, operand: Operand, keys: EntryKeys) -> Contents | None:
    """The entries in a list of names and values. None unless all are known."""
    lists: list[Contents] = []
    for choice in alternatives(operand.value):
        heap_object = builder.facts.heap.objects[choice.id] if isinstance(choice, Ref) else None
        if not isinstance(heap_object, SequenceObject) or heap_object.rest != NEVER:
            return None
        contents = Contents()
        for item in heap_object.items:
            records = records_of(builder, item.value)
            if records is None or len(records) != 1:
                return None
            (record,) = records
            names, values = record.entries.get(keys.name, []), record.entries.get(keys.value, [])
            if len(names) != 1 or len(values) != 1:
                return None
            name = names[0].operand.value
            if not isinstance(name, Text) or name.literal is None:
                return None
            contents.entries.setdefault(name.literal, []).append(
                EntryTerm(builder.argument_term(values[0].operand))
            )
        lists.append(contents)
    return _any_of(lists)


def _comprehension_source(
    builder: TermBuilder, operand: Operand, keys: EntryKeys | None
) -> tuple[Operand, list[str]] | None:
    """The dict whose items a comprehension copies or turns into entries, and the keys that it leaves out.

    None for any other expression.
    """
    tree = builder.program.trees[operand.site.path]
    node = tree.node(operand.site)
    if not isinstance(node, cst.DictComp if keys is None else cst.ListComp):
        return None
    match node.for_in:
        case cst.CompFor(
            cst.Tuple([cst.Element(cst.Name(key)), cst.Element(cst.Name(value))]),
            cst.Call(cst.Attribute(owner, cst.Name("items"))),
            tests,
        ):
            pass
        case _:
            return None
    if keys is None:
        names = (variable_name(node.key), variable_name(node.value)) if isinstance(node, cst.DictComp) else ()
        is_copy = names == (key, value)
    else:
        is_copy = isinstance(node, cst.ListComp) and _pairs(node.elt) == [
            (keys.name, key),
            (keys.value, value),
        ]
    dropped = [_excluded_keys(clause.test, key) for clause in tests]
    if not is_copy or None in dropped:
        return None
    site = tree.site(_without_text(owner, builder, tree, operand.frame))
    whole = Operand(builder.value(site, operand.frame), site, operand.frame)
    return whole, [key for keys in dropped if keys is not None for key in keys]


def copied_operand(builder: TermBuilder, operand: Operand, keys: EntryKeys | None = None) -> Operand:
    """The expression whose items an operand copies. The operand itself if it is no copy."""
    copied = _comprehension_source(builder, operand, keys)
    return copied_operand(builder, copied[0]) if copied is not None else operand


def _without_text(
    node: cst.BaseExpression, builder: TermBuilder, tree: Tree, frame: int
) -> cst.BaseExpression:
    """The expression inside calls that encode or decode JSON text."""
    match node:
        case cst.Call(func, [cst.Arg(inner)]):
            called = builder.value(tree.site(func), frame)
            if isinstance(called, Symbol) and called.name in (*DECODERS, *ENCODERS):
                return _without_text(inner, builder, tree, frame)
    return node


def _pairs(node: cst.CSTNode) -> list[tuple[object, str | None]]:
    return [
        (element.key.evaluated_value, variable_name(element.value))
        for element in (node.elements if isinstance(node, cst.Dict) else ())
        if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString)
    ]


def _excluded_keys(test: cst.CSTNode, name: str) -> list[str] | None:
    """The keys that a test excludes for a variable. None if it tests something else."""
    match test:
        case cst.BooleanOperation(first, cst.Or()):
            return _excluded_keys(first, name)
        case cst.Comparison(
            cst.Name(left), [cst.ComparisonTarget(cst.NotEqual(), cst.SimpleString() as key)]
        ):
            return [str(key.evaluated_value)] if left == name else None
        case cst.Comparison(cst.Name(left), [cst.ComparisonTarget(cst.NotIn(), cst.Tuple(elements))]):
            literals = [element.value for element in elements if isinstance(element.value, cst.SimpleString)]
            keys = [literal.evaluated_value for literal in literals]
            return [str(key) for key in keys] if left == name and len(keys) == len(elements) else None
    return None


def is_empty_text(term: Term) -> bool:
    """Whether a term is an empty string or an empty JSON object."""
    return term in (literal_term(""), literal_term(b""), literal_term("{}"), literal_term(b"{}"))
