"""Compares the values at sinks: arguments of calls that act, writes, results, and tests."""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cached_property

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.interpret.classes.comparison_methods import COMPARING
from kognitos_migrate.interpret.classes.text_conversions import FORMAT, TO_REPRESENTATION
from kognitos_migrate.interpret.state.facts import Frame
from kognitos_migrate.rulebook.model import Encoding, Role
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.validate.differences import Differences
from kognitos_migrate.validate.effect_comparison import EffectDivergence
from kognitos_migrate.validate.places import NEW
from kognitos_migrate.validate.program_effects import ProgramEffects
from kognitos_migrate.validate.sent_values import path_terms
from kognitos_migrate.validate.spellings import Spellings
from kognitos_migrate.validate.symbolic_terms import Term, TermKind, is_text, literal_term, text_value
from kognitos_migrate.validate.term_builder import TermBuilder
from kognitos_migrate.validate.term_equality import Comparer
from kognitos_migrate.values.heap import DictObject, Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NONE,
    Bound,
    Class,
    Function,
    Json,
    MemberRef,
    Ref,
    Reply,
    Unknown,
    Value,
)

_USING = (cst.Call, cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Return, cst.If, cst.While, cst.IfExp)


class SinkComparison:
    """Compares the operands of the nodes that both programs have."""

    def __init__(
        self,
        before: TermBuilder,
        after: TermBuilder,
        differences: Differences,
        spellings: Spellings,
        effects: ProgramEffects,
        old: Sequence[Match],
    ) -> None:
        """Prepare the comparison. `effects` are those of the result, `old` the requests of the original."""
        self._before, self._after = before, after
        self._differences, self._spellings, self._effects = differences, spellings, effects
        self._requests_before = old

    def divergences(self, old: Tree, new: Tree) -> Iterator[EffectDivergence]:
        """The places of a module, other than a test, whose operands have different values in the result."""
        for node in new.of_kind(*_USING):
            operands = _operands(node) if self._is_compared(new, node) else ()
            origin = self._after.origin(new.site(node)) if operands else None
            if origin is None or origin.path.startswith(NEW):
                continue
            originals = _operands(old.node(origin))
            if len(originals) != len(operands):
                continue
            for left, right in zip(originals, operands, strict=True):
                if old.site(left) in self._stub_contents:
                    continue
                if self._differ(node, old.site(left), new.site(right)):
                    text = " ".join(old.code(left).split())
                    yield EffectDivergence(origin, f"`{text[:_LENGTH]}` has a different value")

    def _is_compared(self, tree: Tree, node: cst.CSTNode) -> bool:
        """Whether a node's operands leave the program, or decide what it does. Requests are compared slot by
        slot, and dicts entry by entry."""
        if isinstance(node, cst.Assign):
            return any(self._effects.acts_itself(tree, target) for target in node.targets)
        if isinstance(node, cst.AnnAssign | cst.AugAssign):
            return self._effects.acts_itself(tree, node)
        if not isinstance(node, cst.Call):
            return True
        site = tree.site(node)
        if site in self._requests or site in self._header_calls or not self._effects.acts_itself(tree, node):
            return False
        callees = self._effects.callee_values(tree, node)
        return not any(isinstance(callee, Function | Bound | Class) for callee in callees)

    def _differ(self, node: cst.CSTNode, before: Site, after: Site) -> bool:
        """Whether an operand of a node has different values in some activation. A result that the program
        itself gets is compared where it is used."""
        is_result = isinstance(node, cst.Return)
        for frame in self._frames.get(after, ()):
            origin = self._after.frame_origin(frame)
            if origin < 0 or (is_result and self._is_compared_at_use(self._after.facts.frames[frame])):
                continue
            if origin in self._answered_by_doubles:
                continue
            subjects = _operand_of_null_test(self._before, before), _operand_of_null_test(self._after, after)
            if subjects[0] is not None and subjects[1] is not None:
                tested = self._before.value(subjects[0], origin), self._after.value(subjects[1], frame)
                if _is_same_nullness(*tested):
                    continue  # as in `body is not None`, whatever else the body contains now
                if self._is_omitted_part(
                    self._before.term_at(subjects[0], origin), self._after.term_at(subjects[1], frame)
                ):
                    continue
            values = self._before.value(before, origin), self._after.value(after, frame)
            terms = self._before.term_at(before, origin), self._after.term_at(after, frame)
            if self._is_omitted_part(*terms) or self._is_rewritten_by_test(node, origin, terms[0]):
                continue
            if self._differences.differ(*terms) and not self._spellings.values_differ_in_addresses(*values):
                if not self._are_equal_as_written((before, origin), (after, frame)):
                    return True
            if terms[0] == terms[1] and self._was_json_text(terms[1], values[1]):
                if isinstance(node, cst.Call) and self._is_out_of_sight(after.path, node):
                    return True
        return False

    def _is_compared_at_use(self, frame: Frame) -> bool:
        """Whether the result of an activation is compared where it is used. The text of an object
        isn't, and neither is the result of a comparison: the object is in its place."""
        if frame.call is None or frame.function is None:
            return False
        definition = self._after.program.trees[frame.function.path].node(frame.function)
        return not isinstance(definition, cst.FunctionDef) or definition.name.value not in _IMPLICIT

    def _are_equal_as_written(self, before: tuple[Site, int], after: tuple[Site, int]) -> bool:
        """Whether two expressions compute one value from the same operands, though more is known of it in one
        of the programs: a dict that is built from a reply's entries is one, and decoded text may be
        anything."""
        written = Comparer(self._before.of_written_code(), self._after.of_written_code())
        is_equal = written.are_equal(written.before.term_at(*before), written.after.term_at(*after))
        written.before.drop_definitions()
        written.after.drop_definitions()
        return is_equal

    def _is_omitted_part(self, before: Term, after: Term) -> bool:
        """Whether a value is a part of an address that is sent in the body instead, and nothing in the
        result."""
        return after in _NOTHING and (self._spellings.is_key(before) or before in self._moved_parts)

    def _is_rewritten_by_test(self, node: cst.CSTNode, frame: int, before: Term) -> bool:
        """Whether a value is computed from a text of tests that the result replaces, in an activation that a
        test starts or on an instance that one makes.

        Data of tests have the form of the new version there, so the other activations are compared instead.
        The text itself is the same if it is encoded again, unless its notation is another one.
        """
        is_tested = isinstance(node, cst.If | cst.While | cst.IfExp) and is_text(before)
        texts = self._replaced_texts & {*before.parts()}
        are_known = all(is_tested or not is_text(text) or _is_as_encoded(text_value(text)) for text in texts)
        return bool(texts) and are_known and self._is_of_test(frame)

    def _is_of_test(self, frame: int) -> bool:
        facts = self._before.facts
        receiver = facts.frames[frame].receiver
        instances = facts.heap.objects_of(receiver.value) if receiver is not None else ()
        makers = [made.frame for made in instances if isinstance(made, Instance)]
        frames = (frame, *makers) if len(makers) == 1 else (frame,)
        return any(caller.path in facts.tests for number in frames for caller in facts.stack(number))

    @cached_property
    def _replaced_texts(self) -> Set[Term]:
        """The texts in tests of the original that the result has no more in their places."""
        texts = set[Term]()
        for path in self._before.facts.tests & self._after.program.trees.keys():
            old, new = self._before.program.trees.get(path), self._after.program.trees[path]
            if old is None or old is new:
                continue
            same = {
                origin
                for node in new.of_kind(cst.SimpleString)
                if (origin := self._after.origin(new.site(node))).path == path
                if old.code(old.node(origin)) == node.value
            }
            lost = (node for node in old.of_kind(cst.SimpleString) if old.site(node) not in same)
            texts.update(literal_term(node.evaluated_value) for node in lost)
        return texts

    @cached_property
    def _moved_parts(self) -> Set[Term]:
        """The parts of the old paths that the new paths lack."""
        return {
            term
            for match in self._requests_before
            for part in match.operation.old.path
            if part.slot is not None and part.slot not in {new.slot for new in match.operation.new.path}
            for term in path_terms(self._before, match, part.slot)
        }

    def _is_out_of_sight(self, path: str, call: cst.Call) -> bool:
        """Whether a call isn't that of a method of an object of the program, such as a list."""
        callees = self._effects.callee_values(self._after.program.trees[path], call)
        return not any(
            isinstance(callee, MemberRef) and isinstance(callee.receiver, Ref) for callee in callees
        )

    def _was_json_text(self, term: Term, value: Value) -> bool:
        """Whether a value is a field of a reply that is JSON text in the old version, and not in the new one.

        Code out of sight that gets the one can't use the other. An adapter encodes it again.
        """
        program = self._before.program
        operation, _, slot = term.detail.partition(".") if term.kind is TermKind.FIELD else ("", "", "")
        if not slot or not term.operands:
            return False
        layouts = program.rules.operation(operation)
        dialect = program.settings.dialect(layouts.api)
        old, new = layouts.old.reply_member(slot), layouts.new.reply_member(slot)
        if old is None or new is None or old.encoding(dialect) is not Encoding.JSON_OBJECT:
            return False
        is_new = any(
            isinstance(choice, Reply) and choice.path[-1:] == (new.name,) for choice in alternatives(value)
        )
        return is_new and new.encoding(dialect) is not Encoding.JSON_OBJECT

    @cached_property
    def _stub_contents(self) -> Set[Site]:
        """The contents of stubs: what a test expects of a request, and responses."""
        stubs = (request for request in self._before.facts.requests if request.stub is not None)
        return {operand.site for stub in stubs for operands in stub.operands.values() for operand in operands}

    @cached_property
    def _answered_by_doubles(self) -> Set[int]:
        """The activations of the original that call a test's double, directly or through others. Nothing is
        known of what the double answers, so the activations that no test starts are compared instead."""
        facts, outer = self._before.facts, set[int]()
        for frame in facts.frames:
            caller = facts.frames[frame.caller] if frame.caller is not None else None
            if caller is not None and frame.path in facts.tests and caller.path not in facts.tests:
                outer.update(around.id for around in facts.stack(caller.id))
        return outer

    @cached_property
    def _requests(self) -> frozenset[Site]:
        return frozenset(request.site for request in self._after.facts.requests)

    @cached_property
    def _header_calls(self) -> Set[Site]:
        """The calls that add a header to a request of the API, such as `request.add_header(…)`."""
        headers = (
            self._after.facts.heap.get(choice)
            for match in self._after.matches.values()
            for operand in match.request.value(Role.HEADERS)
            for choice in alternatives(operand.value)
        )
        return {
            entry.holder
            for record in headers
            if isinstance(record, DictObject)
            for entries in record.entries.values()
            for entry in entries
        }

    @cached_property
    def _frames(self) -> Mapping[Site, Sequence[int]]:
        """The frames of the result that evaluate an expression."""
        frames: dict[Site, list[int]] = {}
        for site, frame in self._after.facts.values:
            frames.setdefault(site, []).append(frame)
        return frames


_IMPLICIT = COMPARING.union(FORMAT, TO_REPRESENTATION)
"""The methods whose results are compared where they return: no expression has these results."""
_NOTHING = (literal_term(None), literal_term(""))
_LENGTH = 60
"""The limit on code in a message, in characters."""


def _operands(node: cst.CSTNode) -> Sequence[cst.CSTNode]:
    """The operands of a node that are compared. A written variable is compared where it is read."""
    match node:
        case cst.Call(args=args):
            return [arg.value for arg in args]
        case cst.Assign(value=value) | cst.AnnAssign(value=value) | cst.AugAssign(value=value):
            return [value] if value is not None else ()
        case cst.Return(value=value):
            return [value] if value is not None else ()
        case cst.If(test=test) | cst.While(test=test) | cst.IfExp(test=test):
            return [test]
    return ()


def _operand_of_null_test(builder: TermBuilder, site: Site) -> Site | None:
    """The operand of a comparison with None by identity. None for any other expression."""
    tree = builder.program.trees[site.path]
    match tree.node(site):
        case cst.Comparison(left, [cst.ComparisonTarget(cst.Is() | cst.IsNot(), cst.Name("None"))]):
            return tree.site(left)
    return None


def _is_same_nullness(before: Value, after: Value) -> bool:
    """Whether a value is null in the result where it was null.

    An unknown body is expected to be a dict, as facts from outside are. So is the encoded text of one to be
    there, though it may be None in the original.
    """
    nulls, nulls_after = ({choice == NONE for choice in alternatives(value)} for value in (before, after))
    is_known = all(choice == NONE or isinstance(choice, Ref | Json) for choice in alternatives(after))
    is_expected = all(
        choice == NONE or isinstance(choice, Ref | Unknown | Json) for choice in alternatives(before)
    )
    texts = [choice for choice in alternatives(before) if isinstance(choice, Json)]
    if nulls_after == {False} and any(_is_from_outside(text.value) for text in texts):
        return is_known and is_expected
    return is_known and is_expected and nulls == nulls_after


def _is_as_encoded(text: str) -> bool:
    """Whether a text is no JSON, or has the notation of `json.dumps`."""
    try:
        return json.dumps(json.loads(text)) == text
    except ValueError:
        return True


def _is_from_outside(value: Value) -> bool:
    return any(isinstance(choice, Unknown) for choice in alternatives(value))
