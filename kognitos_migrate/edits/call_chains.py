"""Call chains: from a request outwards through the calls that lead to it, and through the arguments."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.value_sources import Evaluation, ValueSources
from kognitos_migrate.interpret.state.facts import Frame, Request
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.functions import named_parameters
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, Json, Ref, Value

_HEADER_STEPS = 6
"""The expressions between the headers of a request and the caller's argument that are followed."""


def json_text_of(value: Value) -> Json | None:
    """The value's JSON text, if one expression encodes it whenever the value is text.

    The value may also be None, or an empty dict, as in `facts and json.dumps(facts)`."""
    choices = [choice for choice in alternatives(value) if choice != NONE and not isinstance(choice, Ref)]
    texts = [choice for choice in choices if isinstance(choice, Json)]
    is_one = len(texts) == len(choices) and len({text.site for text in texts}) == 1
    return texts[0] if is_one else None


def _has_known_keys(record: DictObject) -> bool:
    """Whether the keys of a dict are literals, apart from those that are merged into it, and stay in it."""
    return not record.open and not record.has_removals and record.names is NEVER and record.others is NEVER


class CallChains(ProgramFacts, eq=False, dict=True):
    """The facts of a program, and its activations from the inside out."""

    def calls(self, request: Request) -> Iterator[tuple[Site, int]]:
        """The calls that lead to a request, from its own outwards, each with the caller's frame."""
        yield request.site, request.frame
        yield from self.outer_calls(request.frame)

    def outer_calls(self, number: int) -> Iterator[tuple[Site, int]]:
        """The calls that lead to a frame, from the inside out, each with the caller's frame."""
        frame = self.read_frame(number)
        while frame.call is not None and frame.caller is not None:
            yield frame.call, frame.caller
            frame = self.read_frame(frame.caller)

    def calls_into(self, frames: frozenset[int]) -> Mapping[int, Collection[Site]]:
        """The calls that lead to one of the frames, by the caller's frame. All requests of a wrapper have the
        same frames, so they are followed once."""
        if frames not in self._calls_by_frames:
            calls: defaultdict[int, set[Site]] = defaultdict(set)
            for frame in frames:
                for call, caller in self.outer_calls(frame):
                    calls[caller].add(call)
            self._calls_by_frames[frames] = calls
        return self._calls_by_frames[frames]

    @cached_property
    def _calls_by_frames(self) -> dict[frozenset[int], Mapping[int, Collection[Site]]]:
        return {}

    def is_within(self, number: int, outer: int) -> bool:
        """Whether an activation is `outer`, or was called from it directly or indirectly."""
        current: int | None = number
        while current is not None and current != outer:
            current = self.read_frame(current).caller
        return current is not None

    def argument_chain(self, operand: Operand, role: Role) -> Iterator[Operand]:
        """The expressions that pass an argument on, from the request's own call outwards. For JSON text that
        one expression encodes, the value inside it is followed."""
        visited: set[tuple[Site, int]] = set()
        current: Operand | None = operand
        while current is not None and (current.site, current.frame) not in visited:
            visited.add((current.site, current.frame))
            inner = json_text_of(current.value)
            if inner is not None and role is Role.JSON:
                current = Operand(inner.value, inner.site, inner.frame)
                continue
            yield current
            caller_argument = self._caller_headers if role is Role.HEADERS else self.caller_argument
            current = caller_argument(current)

    def _caller_headers(self, operand: Operand) -> Operand | None:
        """The caller's argument that contains the headers of an expression, apart from those that the
        function adds: `headers` itself, `headers or {}`, or a new dict that they are merged into."""
        current: Operand | None = operand
        for _ in range(_HEADER_STEPS):
            if current is None or current.frame in self.facts.merged:
                return None
            if (argument := self.caller_argument(current)) is not None:
                return argument
            current = self._inner_headers(current)
        return None

    def _inner_headers(self, operand: Operand) -> Operand | None:
        """The expression in the same activation that supplies the headers of another one."""
        tree, node = self.tree(operand.site), self.node(operand.site)
        record = self.facts.heap.get(operand.value)
        match node:
            case cst.Name():
                return self.memoize(ValueSources).assigned_operand(operand.site, operand.frame)
            case cst.BooleanOperation(left, cst.Or(), right):
                site, default = tree.site(left), self.value(tree.site(right), operand.frame)
                is_empty = self._is_known_dict(default, may_have_entries=False)
                return Operand(self.value(site, operand.frame), site, operand.frame) if is_empty else None
        if not isinstance(record, DictObject) or record.site != operand.site or not _has_known_keys(record):
            return None
        merged: dict[Evaluation, list[Value]] = {}
        for spread in record.spreads:  # one per alternative of the expression
            merged.setdefault((spread.site, spread.frame), []).append(spread.value)
        unknown = [part for part, values in merged.items() if not all(map(self._is_known_dict, values))]
        (site, frame), *others = unknown or list(merged) or [(operand.site, operand.frame)]
        return Operand(self.value(site, frame), site, frame) if not others else None

    def _is_known_dict(self, value: Value, *, may_have_entries: bool = True) -> bool:
        """Whether a value is a dict with literal keys only, or None."""
        record = self.facts.heap.get(value)
        if not isinstance(record, DictObject) or not _has_known_keys(record) or record.spreads:
            return value == NONE
        return may_have_entries or not record.entries

    def caller_argument(self, operand: Operand) -> Operand | None:
        """The caller's argument for an expression that reads a parameter. None if it reads anything else, if
        the parameter may be rebound by then, or if the frame stands for several calls."""
        if operand.frame in self.facts.merged:
            return None
        argument = self.memoize(ValueSources).argument_of_read(operand.site, operand.frame)
        return argument if argument is not None and self._is_whole_value(argument) else None

    def _is_whole_value(self, operand: Operand) -> bool:
        """Whether an expression evaluates to the argument, and not to a list that contains it."""
        whole = list(alternatives(self.value(operand.site, operand.frame)))
        return all(choice in whole for choice in alternatives(operand.value))

    def parameters(self, frame: Frame) -> dict[str, cst.Param]:
        """The parameters of a frame's function, by name."""
        if frame.function is None:
            return {}
        return {parameter.name.value: parameter for parameter in named_parameters(self.node(frame.function))}

    def is_rebound(self, frame: Frame, name: str) -> bool:
        """Whether the function of a frame assigns to a name."""
        if frame.function is None:
            return False
        return bool(self.trees[frame.path].memoize(Variables).bindings(self.node(frame.function), name))
