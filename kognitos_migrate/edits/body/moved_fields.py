"""Fields that move into the body from another place in the request."""

from collections.abc import Callable, Mapping

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.rematerialize import (
    CodeTemplate,
    Rematerialization,
    is_pure_expression,
    template_text,
)
from kognitos_migrate.edits.template_variables import is_primary
from kognitos_migrate.edits.value_identity import (
    RereadOperand,
    has_unchanged_contents,
    has_unchanged_locations,
)
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Const, Ref, Text, Value


class BodyEntryRead(Struct, frozen=True):
    """A read of the old body's entry `key`.

    `suffix_by_site` maps the body's expressions to the suffixes that follow them in the read. The entry is
    sure to exist if it is `certain`, and isn't a list yet if it is `single`. The body may be None if it is
    `maybe_none`.
    """

    key: str
    suffix_by_site: Mapping[Site, str]
    certain: bool
    single: bool
    maybe_none: bool

    def expression_at(self, context: ProgramTrees, at: Site) -> CodeTemplate | None:
        """The entry as a list; None if `at` isn't an expression of the body."""
        if at not in self.suffix_by_site:
            return None
        body: CodeTemplate = (context.outer_span(at), self.suffix_by_site[at])
        body_or_empty = ("(", *body, " or {})") if self.maybe_none else body
        item = f"[{string_literal(self.key)}]"
        if not self.single:
            return (
                (*body, item) if self.certain else (*body_or_empty, f".get({string_literal(self.key)}, [])")
            )
        list_display: CodeTemplate = ("[", *body, f"{item}]")
        return (
            list_display
            if self.certain
            else (*list_display, f" if {string_literal(self.key)} in ", *body_or_empty, " else []")
        )

    def presence_test(self, context: ProgramTrees, at: Site) -> CodeTemplate | None:
        """A test that is false if the entry is missing; None if there is no such test at `at`."""
        if self.maybe_none or at not in self.suffix_by_site:
            return None
        return (f"{string_literal(self.key)} in ", context.outer_span(at), self.suffix_by_site[at])


class MovedField(Struct, frozen=True):
    """One slot's value: `parts` as they are (only in `frame`, unless that is None), the `entry_read` from the
    body, or the value of the expression `operand`, between `before` and `after`."""

    parts: CodeTemplate | None = None
    entry_read: BodyEntryRead | None = None
    frame: int | None = None
    always: bool = False
    """The parts evaluate to an empty list by themselves if there is no value."""
    guard: CodeTemplate | None = None
    operand: Operand | None = None
    before: str = ""
    after: str = ""
    test: Operand | None = None
    """There is a value only if this is true, or false if it is `negated`."""
    negated: bool = False

    def expression_at(self, context: PlanContext, at: Site, frame: int) -> CodeTemplate | None:
        """The value as an expression at a site in a frame; None if it can't be written there."""
        value = self._value(context, at, frame)
        if value is None or self.test is None:
            return value
        condition = self.condition_at(context, at, frame)
        return (*value, " if ", *condition, " else []") if condition is not None else None

    def condition_at(self, context: PlanContext, at: Site, frame: int) -> CodeTemplate | None:
        """The test as an expression at a site in a frame; None if there is no test, or it can't be written
        there."""
        test = _test_at(context, self.test, at, frame)
        return ("not (", *test, ")") if test is not None and self.negated else test

    def absence_test(self, context: PlanContext, at: Site, frame: int) -> CodeTemplate | None:
        """The negated test as an expression at a site in a frame; None as for `condition_at`."""
        test = _test_at(context, self.test, at, frame)
        if test is None:
            return None
        bracketed: CodeTemplate = test if is_primary(context, test) else ("(", *test, ")")
        return bracketed if self.negated else ("not ", *bracketed)

    def _value(self, context: PlanContext, at: Site, frame: int) -> CodeTemplate | None:
        if self.parts is not None:
            return self.parts if self.frame in (None, frame) else None
        if self.entry_read is not None:
            return self.entry_read.expression_at(context, at)
        if self.operand is None:
            return None
        expression = _operand_at(context, self.operand, at, frame)
        return (self.before, *expression, self.after) if expression is not None else None

    def presence_test(self, context: PlanContext, at: Site, frame: int) -> CodeTemplate | None:
        """An expression that is false if there is no value; None if there is none at this site."""
        if self.test is not None:
            return _test_at(context, self.test, at, frame)
        if self.entry_read is not None:
            return self.entry_read.presence_test(context, at)
        if self.guard is not None or self.operand is None:
            return self.guard
        node = context.node(self.operand.site)
        if not is_pure_expression(context, node, self.operand.site, self.operand.frame):
            return None
        return _operand_at(context, self.operand, at, frame)


def _operand_at(
    context: PlanContext,
    operand: Operand,
    at: Site,
    frame: int,
    is_unchanged: Callable[[PlanContext, RereadOperand], bool] = has_unchanged_locations,
) -> CodeTemplate | None:
    """An expression for the value at a site. None if there is none, or code in between may change it."""
    expression = Rematerialization(context, frame, at, [])
    parts = expression.parts(operand.site, operand.frame)
    unchanged = parts is not None and all(is_unchanged(context, leaf) for leaf in expression.leaves)
    return parts if unchanged else None


def _test_at(context: PlanContext, test: Operand | None, at: Site, frame: int) -> CodeTemplate | None:
    """An expression for the truth of a value at a site, which depends on its contents; None as for
    `_operand_at`."""
    return _operand_at(context, test, at, frame, has_unchanged_contents) if test is not None else None


class MovedFields(Struct):
    """The fields that move into the body of one request."""

    expressions: dict[str, MovedField] = field(default_factory=dict)
    edits: list[PendingEdit] = field(default_factory=list)
    """Pending edits elsewhere that make the fields available."""
    notes: list[str] = field(default_factory=list)
    """Notes for reviewers of the change."""
    moved_keys: set[str] = field(default_factory=set)
    """Keys of the old body whose entry moves."""
    removed_keys: set[str] = field(default_factory=set)
    """Keys of the old body that aren't facts and can't be deleted in the source. The new code filters them
    out."""
    replaced_keys: set[str] = field(default_factory=set)
    """Keys whose entry moves and had replaced another fact with this key, which is filtered out as well."""

    tests: dict[str, MovedField] = field(default_factory=dict)
    """By such a key: the field whose test decides whether the key is filtered out. A key that is missing here
    always is."""

    @property
    def absent_keys(self) -> set[str]:
        """The keys that are filtered out where the facts are sent."""
        return self.removed_keys | self.replaced_keys


def express_at_place(
    context: PlanContext,
    slot: str,
    at: Site,
    frames: Mapping[int, int],
    moved_fields: Mapping[int, MovedFields],
) -> CodeTemplate | None:
    """The slot's value at a site that several requests share: the same expression for all that have one,
    guarded if some have none. None if there is no such expression."""
    texts: dict[CodeTemplate, MovedField] = {}
    frames_without: list[int] = []
    for number, frame in frames.items():
        addition = moved_fields[number].expressions.get(slot) if number in moved_fields else None
        if addition is None:
            frames_without.append(frame)
            continue
        parts = addition.expression_at(context, at, frame)
        if parts is None:
            return None
        texts[parts] = addition
        speaking = frame
    if len(texts) != 1:
        return None
    parts, addition = next(iter(texts.items()))
    if not frames_without or addition.always:
        return parts
    guard = addition.presence_test(context, at, speaking)
    if guard is None or not all(_attribute_exists(context, guard, frame) for frame in frames_without):
        return None
    if addition.test is not None:
        return parts
    if not all(_is_surely_false(context, guard, frame) for frame in frames_without):
        return None
    return (*parts, " if ", *guard, " else []")


def _is_surely_false(context: CallChains, guard: CodeTemplate, frame: int) -> bool:
    """Whether a guard is surely false in another context. It reads a parameter or an attribute of the
    receiver."""
    text = template_text(context, guard)
    current = context.read_frame(frame)
    owner, _, attribute = text.partition(".")
    parameters = context.parameters(current)
    if not attribute and text in parameters and not context.is_rebound(current, text):
        argument, default = current.arguments.get(text), parameters[text].default
        if argument is not None:
            return _is_false(context, argument.value)
        if default is None:
            return False
        values = context.values_at(context.trees[current.path].site(default))
        return bool(values) and all(_is_false(context, value) for value in values)
    if current.receiver is not None and owner == next(iter(parameters), None):
        heap_objects = [
            context.facts.heap[choice]
            for choice in alternatives(current.receiver.value)
            if type(choice) is Ref
        ]
        return bool(heap_objects) and all(
            isinstance(heap_object, Instance)
            and _is_false(context, heap_object.attributes.get(attribute, UNKNOWN))
            for heap_object in heap_objects
        )
    return False


def _is_false(context: ProgramFacts, value: Value) -> bool:
    return all(
        (isinstance(choice, Const) and not choice.value)
        or (isinstance(choice, Text) and choice.literal == "")
        or (
            isinstance(heap_object := context.facts.heap.get(choice), SequenceObject)
            and not heap_object.items
            and heap_object.rest is NEVER
        )
        for choice in alternatives(value)
    )


def _attribute_exists(context: CallChains, guard: CodeTemplate, frame: int) -> bool:
    """Whether the attribute that the guard reads exists in another context, too."""
    text = template_text(context, guard)
    owner, _, attribute = text.partition(".")
    receiver = context.read_frame(frame).receiver
    function = context.read_frame(frame).function
    definition = context.node(function) if function is not None else None
    if not attribute or receiver is None or not isinstance(definition, cst.FunctionDef):
        return True
    if not definition.params.params or definition.params.params[0].name.value != owner:
        return True
    heap_objects = context.facts.heap.objects_of(receiver.value)
    return all(
        isinstance(heap_object, Instance) and attribute.split(".")[0] in heap_object.attributes
        for heap_object in heap_objects
    )
