"""Compares terms and contents of objects between an original and its result."""

from collections.abc import Sequence

import libcst as cst

from kognitos_migrate.rulebook.model import EntryKeys
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.validate.reply_positions import Lazy
from kognitos_migrate.validate.terms import Term, TermKind, literal
from kognitos_migrate.validate.trace import Tracer
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, Json, Ref, Symbol, Text, Value

_DEPTH = 8
DECODERS = ("json.load", "json.loads")
ENCODERS = ("json.dumps",)
OTHER_REST = "what is merged into it is something else"


class EntryTerm(Struct, frozen=True):
    """A possible value of a dict entry, and whether the entry may be missing."""

    term: Term
    is_optional: bool = False


class Contents(Struct):
    """The entries of a dict, including those merged into it."""

    entries: dict[str, list[EntryTerm]] = field(default_factory=dict)
    rest: list[Term] = field(default_factory=list)
    """The merged values whose entries are unknown."""
    is_open: bool = False
    """Whether it may have further keys."""
    dropped: set[str] = field(default_factory=set)
    """The keys that are left out, also from `rest`."""

    @property
    def is_opaque(self) -> bool:
        """Whether no entry is known, but unknown values are merged in."""
        return bool(self.rest) and not self.entries

    def drop(self, key: str) -> None:
        """Remove an entry."""
        self.entries.pop(key, None)
        self.dropped.add(key)


class Comparer:
    """Compares values of the original with those of the result.

    Merged definitions are assumed equal until a difference is found.
    """

    def __init__(self, before: Tracer, after: Tracer) -> None:
        self.before, self.after = before, after
        self._equal: set[Term] = set()

    def same(self, before: Term, after: Term) -> bool:
        """Whether two terms denote one value."""
        if before != after:
            return False
        return all(self._same_parts(part) for part in before.parts())

    def _same_parts(self, term: Term) -> bool:
        if term in self._equal:
            return True
        left, right = self.before.merged.get(term), self.after.merged.get(term)
        if left is None or right is None:
            return True
        self._equal.add(term)
        if self._all_same(left, right):
            return True
        self._equal.discard(term)
        return False

    def _all_same(self, left: Sequence[Lazy], right: Sequence[Lazy]) -> bool:
        if len(left) != len(right):
            return False
        pairs = [(one(), other()) for one, other in zip(left, right, strict=True)]
        return all(self.same(one, other) or self._stand_in(one, other) for one, other in pairs)

    def _stand_in(self, before: Term, after: Term) -> bool:
        """Whether two dicts that replace a reply have equal values under the names of its fields."""
        is_dict = before.kind is after.kind is TermKind.DISPLAY and before.detail == after.detail == "Dict"
        if not is_dict or before.anchor != after.anchor or len(before.operands) != len(after.operands):
            return False
        pairs = [
            (one.operands, other.operands) for one, other in zip(before.operands, after.operands, strict=True)
        ]
        return all(
            len(one) == len(other) == 2 and self._same_field(one[0], other[0]) and self.same(one[1], other[1])
            for one, other in pairs
        )

    def _same_field(self, before: Term, after: Term) -> bool:
        """Whether two texts name the same slot in the old and new reply of an operation."""
        if before == after:
            return True
        for operation in self.before.program.rules.operations:
            old = [member for member in operation.old.reply if literal(member.name) == before]
            new = [member for member in operation.new.reply if literal(member.name) == after]
            if old and new and old[0].slot == new[0].slot:
                return True
        return False

    def same_contents(self, before: Contents, after: Contents) -> str | None:
        """The first difference between the entries of two dicts. None if they are equal."""
        for key in before.entries.keys() | after.entries.keys():
            left, right = before.entries.get(key, []), after.entries.get(key, [])
            if not left or not right:
                return f"{key!r} is {'added' if not left else 'left out'}"
            if len(left) != len(right):
                return f"{key!r} has other values"
            for one, other in zip(left, right, strict=True):
                if not self.same(one.term, other.term):
                    return f"{key!r} has another value"
                if one.is_optional != other.is_optional:
                    return f"{key!r} is not there when it was"
        rest = list(dict.fromkeys(before.rest)), list(dict.fromkeys(after.rest))
        if len(rest[0]) != len(rest[1]) or not all(map(self.same, *rest)):
            return OTHER_REST
        if before.is_open != after.is_open:
            return "other keys are set"
        if any(key in before.entries for key in after.dropped - before.dropped):
            return "other keys are left out"
        return None


def records_of(tracer: Tracer, value: Value) -> list[DictObject] | None:
    """The dicts that a value may be, ignoring None. None if it may be anything else."""
    found: list[DictObject] = []
    for choice in alternatives(value):
        if isinstance(choice, Json):
            inner = records_of(tracer, choice.value)
            if inner is None:
                return None
            found += inner
        elif choice == NONE:
            continue
        else:
            thing = tracer.facts.heap.things[choice.id] if isinstance(choice, Ref) else None
            if not isinstance(thing, DictObject):
                return None
            found.append(thing)
    return found


def contents_of(tracer: Tracer, records: Sequence[DictObject], depth: int = 0) -> Contents:
    """The entries of the dicts that a value may be."""
    found = Contents()
    for record in records:
        for spread in record.spreads:
            inner = records_of(tracer, spread.value)
            if inner is None or depth > _DEPTH or tracer.is_decoded(spread.value):
                found.rest.append(tracer.of(spread))
            else:
                maybe = len(inner) != 1 or NONE in alternatives(spread.value)
                _merge(found, contents_of(tracer, inner, depth + 1), maybe=maybe)
        for key, entries in record.entries.items():
            terms = [
                EntryTerm(tracer.passed(one.given), one.optional or key in record.gone) for one in entries
            ]
            if any(not one.is_optional for one in terms) and len(records) == 1:
                found.entries[key] = terms
            else:
                found.entries.setdefault(key, []).extend(terms)
        found.is_open |= record.others != NEVER or (record.open and not record.shrinks)
    if len(records) > 1:
        for key in found.entries:
            found.entries[key] = [EntryTerm(one.term, is_optional=True) for one in found.entries[key]]
    return found


def _merge(found: Contents, inner: Contents, *, maybe: bool) -> None:
    for key, terms in inner.entries.items():
        if maybe or all(one.is_optional for one in terms):
            optional = [EntryTerm(one.term, is_optional=True) for one in terms]
            found.entries.setdefault(key, []).extend(optional)
        else:
            found.entries[key] = terms
    found.rest += inner.rest
    found.is_open |= inner.is_open


def contents_at(tracer: Tracer, given: Operand, keys: EntryKeys | None = None) -> Contents:
    """The entries of the dict that an expression evaluates to. With `keys`, of a list of such entries."""
    copied = _comprehended(tracer, given, keys)
    if copied is not None:
        whole, dropped = copied
        found = contents_at(tracer, whole)
        for key in dropped:
            found.drop(key)
        return found
    if keys is not None:
        listed = _listed(tracer, given, keys)
        return listed if listed is not None else Contents(rest=[tracer.passed(given)])
    records = records_of(tracer, given.value)
    if records is None:
        term = tracer.passed(given)
        return Contents() if is_empty_text(term) else Contents(rest=[term])
    filled = [one for one in records if one.entries or not one.is_closed]
    return contents_of(tracer, filled)


def _listed(tracer: Tracer, given: Operand, keys: EntryKeys) -> Contents | None:
    """The entries in a list of names and values. None unless all are known."""
    found = Contents()
    for choice in alternatives(given.value):
        thing = tracer.facts.heap.things[choice.id] if isinstance(choice, Ref) else None
        if not isinstance(thing, SequenceObject) or thing.rest != NEVER:
            return None
        for item in thing.items:
            records = records_of(tracer, item.value)
            if records is None or len(records) != 1:
                return None
            (record,) = records
            names, values = record.entries.get(keys.name, []), record.entries.get(keys.value, [])
            if len(names) != 1 or len(values) != 1:
                return None
            name = names[0].given.value
            if not isinstance(name, Text) or name.literal is None:
                return None
            found.entries.setdefault(name.literal, []).append(EntryTerm(tracer.passed(values[0].given)))
    return found


def _comprehended(tracer: Tracer, given: Operand, keys: EntryKeys | None) -> tuple[Operand, list[str]] | None:
    """The dict whose items a comprehension copies or turns into entries, and the keys that it leaves out.

    None for any other expression.
    """
    tree = tracer.program.trees[given.site.path]
    node = tree.node(given.site)
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
        said = isinstance(node, cst.DictComp) and (_name(node.key), _name(node.value)) == (key, value)
    else:
        said = isinstance(node, cst.ListComp) and _pairs(node.elt) == [(keys.name, key), (keys.value, value)]
    dropped = [_other_than(one.test, key) for one in tests]
    if not said or None in dropped:
        return None
    site = tree.site(_without_text(owner, tracer, tree, given.frame))
    whole = Operand(tracer.value(site, given.frame), site, given.frame)
    return whole, [key for keys in dropped if keys is not None for key in keys]


def source_of(tracer: Tracer, given: Operand, keys: EntryKeys | None = None) -> Operand:
    """The expression whose items the given one copies. The given one if it is no copy."""
    copied = _comprehended(tracer, given, keys)
    return source_of(tracer, copied[0]) if copied is not None else given


def _without_text(node: cst.BaseExpression, tracer: Tracer, tree: Tree, frame: int) -> cst.BaseExpression:
    """The expression inside calls that encode or decode JSON text."""
    match node:
        case cst.Call(func, [cst.Arg(inner)]):
            called = tracer.value(tree.site(func), frame)
            if isinstance(called, Symbol) and called.name in (*DECODERS, *ENCODERS):
                return _without_text(inner, tracer, tree, frame)
    return node


def _name(node: cst.CSTNode | None) -> str | None:
    return node.value if isinstance(node, cst.Name) else None


def _pairs(node: cst.CSTNode) -> list[tuple[object, str | None]]:
    return [
        (one.key.evaluated_value, _name(one.value))
        for one in (node.elements if isinstance(node, cst.Dict) else ())
        if isinstance(one, cst.DictElement) and isinstance(one.key, cst.SimpleString)
    ]


def _other_than(test: cst.CSTNode, name: str) -> list[str] | None:
    """The keys that a test excludes for a variable. None if it tests something else."""
    match test:
        case cst.BooleanOperation(first, cst.Or()):
            return _other_than(first, name)
        case cst.Comparison(
            cst.Name(left), [cst.ComparisonTarget(cst.NotEqual(), cst.SimpleString() as key)]
        ):
            return [str(key.evaluated_value)] if left == name else None
        case cst.Comparison(cst.Name(left), [cst.ComparisonTarget(cst.NotIn(), cst.Tuple(elements))]):
            keys = [one.value.evaluated_value for one in elements if isinstance(one.value, cst.SimpleString)]
            return [str(key) for key in keys] if left == name and len(keys) == len(elements) else None
    return None


def is_empty_text(term: Term) -> bool:
    """Whether a term is an empty string or an empty JSON object."""
    return term in (literal(""), literal(b""), literal("{}"), literal(b"{}"))
