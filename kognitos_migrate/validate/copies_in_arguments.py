"""Copies that are passed to a call, and read while nothing changes the object that they are a copy of."""

from collections.abc import Iterator
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.interpret.state.facts import AccessKind, Frame
from kognitos_migrate.syntax.functions import is_generator
from kognitos_migrate.syntax.scopes import function_around
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.validate.places import NEW
from kognitos_migrate.validate.program_effects import ProgramEffects
from kognitos_migrate.validate.term_builder import TermBuilder
from kognitos_migrate.values.heap import HeapObject
from kognitos_migrate.values.lattice import Ref

_CHANGES = (AccessKind.WRITE, AccessKind.WHOLE)


class _PassingCall(NamedTuple):
    """A call of the original, in the frame of its caller, that gets a copy in the result."""

    site: Site
    frame: int
    is_awaited: bool
    """Whether other tasks may run meanwhile."""


class CopiesInArguments:
    """The copies of one result that arguments create.

    facts["total"] = 12             # changes the object, before the call
    send("/invoke", {**facts})      # creates the copy, in the result only

    def send(path, payload):
        body = json.dumps(payload)  # reads the copy. Only code that `send` runs comes in between.
    """

    def __init__(self, before: TermBuilder, after: TermBuilder) -> None:
        """Prepare the search in an original and its result."""
        self._before, self._after = before, after
        self._effects = ProgramEffects(before.program)

    def is_like_original(self, shared: Ref, copy: HeapObject, site: Site, frame: int) -> bool:
        """Whether a read of `copy` sees the entries that `shared` has in the original. Nothing changes either
        of them between the creation of the copy and the end of the call that gets it."""
        call = self._passing_call(copy, site, frame)
        return call is not None and not self._may_change_during(shared, call)

    def _passing_call(self, copy: HeapObject, site: Site, frame: int) -> _PassingCall | None:
        """The call with an argument that creates the copy, if an expression reads a parameter that gets this
        argument, directly or through parameters of further calls. None if it reads anything else, or if a
        function on the way may run after the call has ended."""
        is_awaited = False
        operand = self._after.sources.argument_of_read(site, frame)
        while operand is not None:
            callee = self._after.facts.frames[frame]
            if callee.id in self._after.facts.merged or not self._ends_with_call(callee):
                return None
            is_awaited = is_awaited or self._is_awaited(callee)
            if (operand.site, operand.frame) == (copy.site, copy.frame):
                call = self._after.origin(callee.call) if callee.call is not None else None
                if call is None or call.path.startswith(NEW):
                    return None
                return _PassingCall(call, self._after.frame_origin(operand.frame), is_awaited)
            frame = operand.frame
            operand = self._after.sources.argument_of_read(operand.site, frame)
        return None

    def _ends_with_call(self, callee: Frame) -> bool:
        """Whether a function has run when the expression that calls it, or awaits its call, has a value."""
        if callee.function is None or callee.call is None:
            return False
        tree, function = self._after.program.trees[callee.path], self._after.program.node(callee.function)
        if not isinstance(function, cst.FunctionDef) or is_generator(tree, function):
            return False
        caller = self._after.program.trees[callee.call.path]
        awaited = caller.parent(caller.node(callee.call))
        return function.asynchronous is None or isinstance(awaited, cst.Await)

    def _is_awaited(self, callee: Frame) -> bool:
        function = self._after.program.node(callee.function) if callee.function is not None else None
        return isinstance(function, cst.FunctionDef) and function.asynchronous is not None

    def _may_change_during(self, shared: Ref, call: _PassingCall) -> bool:
        """Whether code that runs during a call may change an object."""
        tree, node = self._before.program.trees[call.site.path], self._before.program.node(call.site)
        if not isinstance(node, cst.Call):
            return True
        running = self._effects.functions_run_by(tree, node) | set(self._functions_during(call.site))
        is_local = self._before.facts.heap[shared].frame == call.frame
        for noted in self._before.facts.accesses.get(shared, {}).values():
            for access in (access for access in noted if access.kind in _CHANGES):
                if access.kind is AccessKind.WHOLE or self._runs_within(access.place, call.site, running):
                    return True
                if call.is_awaited and not (is_local and self._is_in_same_function(access.place, call.site)):
                    return True
        return False

    def _runs_within(self, place: Site, call: Site, running: set[Site]) -> bool:
        """Whether a place is evaluated during a call, which runs some functions, or at unknown times."""
        tree = self._before.program.trees[place.path]
        function = function_around(tree, tree.node(place))
        if place.path == call.path and tree.span(tree.node(call)).contains(tree.span(tree.node(place))):
            return True
        if isinstance(function, cst.Module):
            return False
        return (
            not isinstance(function, cst.FunctionDef)
            or is_generator(tree, function)
            or tree.site(function) in running
        )

    def _is_in_same_function(self, place: Site, call: Site) -> bool:
        """Whether the same function contains a place and a call."""
        functions = [
            function_around(self._tree(site), self._before.program.node(site)) for site in (place, call)
        ]
        return functions[0] is functions[1]

    def _tree(self, site: Site) -> Tree:
        return self._before.program.trees[site.path]

    def _functions_during(self, call: Site) -> Iterator[Site]:
        """The functions with activations that a call starts, directly or not."""
        facts = self._before.facts
        for frame in facts.frames:
            if frame.function is not None and any(outer.call == call for outer in facts.stack(frame.id)):
                yield frame.function
