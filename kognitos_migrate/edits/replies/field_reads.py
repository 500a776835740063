"""Reads of one reply field, with the guards and handlers around them."""

import re
from collections.abc import Collection, Iterator
from functools import cached_property

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.field_renames import fabricated_fields, rename_reads
from kognitos_migrate.edits.replies.keyword_unpacking import FieldFill
from kognitos_migrate.interpret.function_definitions import asks_about_results
from kognitos_migrate.interpret.narrowing import Fields, fields_of
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import LayoutMember
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.scopes import COMPREHENSIONS
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply, Text, Value


class ReplySlot(Struct, frozen=True):
    """A reply's field in both layouts."""

    match: Match
    old: LayoutMember
    new: LayoutMember


class FieldRewrite(Struct):
    """The reads of one field that are rewritten, and the uses of their values."""

    slot: ReplySlot
    reads: list[Use] = field(default_factory=list)
    fills: list[Use] = field(default_factory=list)
    """Reads that fill a parameter, as in `f(**reply)`."""
    uses: list[Use] = field(default_factory=list)


class FieldRewrites(Struct, frozen=True):
    """The fields that are read from the replies of a conversation, in the order in which they are met.
    `widened` are the slots whose reads the upload rewrites."""

    scene: PlanContext
    widened: set[str]
    found: dict[tuple[str, str], FieldRewrite] = field(default_factory=dict)

    def of(self, slot: ReplySlot) -> FieldRewrite:
        """The rewrite of a slot; an empty one at first."""
        return self.found.setdefault((slot.match.operation.id, slot.old.name), FieldRewrite(slot))


def slot_of(match: Match, name: str) -> ReplySlot | None:
    """The field's slot; None for a field that the old layout doesn't document. Raises RefusalError if the new
    reply has no such slot."""
    old = match.operation.old.reply_slot(name)
    if old is None:
        return None
    new = match.operation.new.reply_member(old.slot)
    if new is None:
        raise RefusalError(match.request.site, "field-gone", f"the new reply has nothing for {name!r}")
    return ReplySlot(match, old, new)


class SlotReads(Struct, dict=True):
    """The reads of one slot, and all uses of their values."""

    scene: PlanContext
    match: Match
    old: LayoutMember
    new: LayoutMember
    reads: list[Use]
    uses: list[Use]
    helpers: Helpers
    filled: FieldFill

    def renames(self) -> list[PendingEdit]:
        """Pending edits that read the field by its new name."""
        return rename_reads(self.scene, self.old, self.new, self.reads)

    @cached_property
    def made_up(self) -> frozenset[Value]:
        """The field's values in canned replies of tests, which are rewritten with these."""
        return fabricated_fields(self.scene, self.old, self.reads)


_DECIDING = (cst.If, cst.While, cst.IfExp, cst.Assert)


def names_any(said: str, names: Collection[str]) -> bool:
    """Whether code contains one of these names as a word: `RequestException` isn't `Exception`."""
    return not {*re.findall(r"\w+", said)}.isdisjoint(names)


def _walks(tree: Tree, node: cst.CSTNode, inside: cst.CSTNode, use: Site) -> bool:
    """Whether a node is a loop or comprehension that binds a name which a use in it reads."""
    if isinstance(node, cst.For):
        targets: list[cst.CSTNode] = [node.target] if inside is node.body else []
    elif isinstance(node, COMPREHENSIONS):
        targets = [one.target for one in tree.within(node.for_in, cst.CompFor)]
    else:
        return False
    bound = {name.value for target in targets for name in tree.within(target, cst.Name)}
    return any(name.value in bound for name in tree.within(tree.node(use), cst.Name))


class GuardedReads(SlotReads):
    """The reads of a slot that is present only if the run is done."""

    def is_finished(self, site: Site, frame: int) -> bool:
        """Whether tests have shown that the reply of an expression contains the field: another field has the
        word with which it is present."""
        shown = self._shown(site, frame)
        return bool(self.old.present) and all(
            self._means(name, shown.get(name, frozenset()), word) for name, word in self.old.present
        )

    def shows_present(self, tests: Collection[Use]) -> bool:
        """Whether comparisons with words, all of one reply, show that it contains the field."""
        words: dict[str, set[str]] = {}
        for test in tests:
            if isinstance(test.value, Reply) and test.other is not None:
                met = [one.literal or "" for one in alternatives(test.other) if isinstance(one, Text)]
                words.setdefault(str(test.value.path[-1]), set()).update(met)
        return bool(self.old.present) and all(
            self._means(name, frozenset(words.get(name, ())), word) for name, word in self.old.present
        )

    def is_there(self, read: Use) -> bool:
        """Whether a read follows a test which shows that the field is present."""
        return self.is_finished(read.site, read.frame) or self.old.name in self._shown(read.site, read.frame)

    def is_over(self, read: Use) -> bool:
        """Whether tests have shown the state of the run, or decide on the read. The field is null only while
        the run goes on."""
        site = read.operand if read.kind is UseKind.FILL else read.site
        shown = self._shown(site, read.frame)
        return any(shown.get(name) for name, _ in self.old.present) or self.after_state(read)

    def _shown(self, site: Site, frame: int) -> Fields:
        return fields_of(self.scene.facts, self.scene.tree(site), self.scene.node(site), frame)

    def _means(self, name: str, words: frozenset[str], word: str) -> bool:
        """Whether each of the words has only new meanings that `word` has, too."""
        field = self.match.operation.old.reply_slot(name)
        vocabulary = (field.vocabulary if field is not None else None) or ""
        meanings = self.scene.settings.vocabularies.get(vocabulary, {})
        wanted = set(meanings.get(word, ()))
        return bool(words) and all(meanings.get(one) and set(meanings[one]) <= wanted for one in words)

    def caught(self, site: Site, *only: str) -> bool:
        """Whether an error at `site` is caught in its own function (by a handler that names one of
        `only`)."""
        tree = self.scene.tree(site)
        node = tree.node(site)
        for above in tree.ancestors(node):
            if isinstance(above, cst.FunctionDef | cst.Lambda):
                return False
            if (
                isinstance(above, cst.Try)
                and above.handlers
                and any(one is node for one in tree.descendants(above.body))
            ):
                caught = [tree.code(one.type) if one.type is not None else "" for one in above.handlers]
                if not only or any(names_any(said, only) for said in caught):
                    return True
            for item in above.items if isinstance(above, cst.With) else ():
                said = tree.code(item.item)
                if "suppress" in said and (not only or names_any(said, only)):
                    return True
        return False

    def handled(self, site: Site, *only: str) -> bool:
        """Whether an error at `site` is caught in its own function, or makes a decorator call the function
        again."""
        return self.caught(site, *only) or self.tried_again(site, *only)

    def tried_again(self, site: Site, *only: str) -> bool:
        """Whether a decorator calls the enclosing function again after an error (of one of `only`)."""
        tree = self.scene.tree(site)
        function = tree.enclosing(tree.node(site), cst.FunctionDef)
        return isinstance(function, cst.FunctionDef) and any(
            asks_about_results(value) and (not only or names_any(tree.code(one.decorator), only))
            for one in function.decorators
            for value in self.scene.everywhere(tree.site(one.decorator))
        )

    def under_state(self, use: Use) -> bool:
        """Whether a test of another field of the reply is around the decoding."""
        tree = self.scene.tree(use.site)
        tests = {other.site for other in self.tests()}
        return any(
            tree.site(inside) in tests
            for above in tree.ancestors(tree.node(use.site))
            if isinstance(above, cst.If | cst.While | cst.IfExp)
            for inside in tree.descendants(above.test)
        )

    def state_tested(self, use: Use) -> bool:
        """Whether the function that decodes also tests another field of the reply, such as the state of the
        run."""
        function = self.scene.frame(use.frame).function
        return any(self.scene.frame(other.frame).function == function for other in self.tests())

    def tests(self) -> Iterator[Use]:
        for match in self.scene.matches.values():
            for other in (
                self.scene.uses.get(match.request.id, []) if match.operation is self.match.operation else ()
            ):
                tested = isinstance(other.value, Reply) and other.value.path[-1:] != (self.old.name,)
                if tested and other.kind in (UseKind.COMPARE, UseKind.MATCH):
                    yield other

    def after_state(self, use: Use) -> bool:
        """Whether a use is inside or after a branch or loop that tests another field of the reply, in its own
        function or at a call that leads to it."""
        site, frame = use.site, self.scene.frame(use.frame)
        tests = {other.site for other in self.tests()}
        while not self._is_behind(site, tests):
            if frame.call is None or frame.caller is None:
                return False
            site, frame = frame.call, self.scene.frame(frame.caller)
        return True

    def is_element(self, site: Site) -> bool:
        """Whether a use is of an element that a loop of its own function binds. A test outside of the loop
        was of another object."""
        tree = self.scene.tree(site)
        inside = tree.node(site)
        for above in tree.ancestors(inside):
            if isinstance(above, cst.FunctionDef | cst.Lambda):
                return False
            if _walks(tree, above, inside, site):
                return True
            inside = above
        return False

    def _is_behind(self, site: Site, tests: set[Site]) -> bool:
        """Whether one of `tests` decides on a branch or loop around `site`, or before it in its block."""
        tree = self.scene.tree(site)
        inside = tree.node(site)
        for above in tree.ancestors(inside):
            if isinstance(above, cst.FunctionDef | cst.Lambda):
                return False
            before: list[cst.CSTNode] = []
            if isinstance(above, cst.If | cst.IfExp) and inside is not above.test:
                before = [above]
            elif isinstance(above, cst.BaseSuite | cst.Module):
                body = list(above.body)
                before = list(body[: body.index(inside)]) if inside in body else []
            deciding = (one for node in before for one in (node, *tree.descendants(node)))
            asked = (one.test for one in deciding if isinstance(one, _DECIDING))
            if any(tree.site(one) in tests for test in asked for one in tree.descendants(test)):
                return True
            inside = above
        return False
