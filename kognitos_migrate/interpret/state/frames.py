"""The frames of a run: which call has one of its own, and which shares one with others."""

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.state.events import Facts, Frame
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Ref
from kognitos_migrate.values.heap import Given


class Frames:
    """Makes the frames, and knows them again."""

    def __init__(self, facts: Facts, modules: int) -> None:
        self.eventful: set[Site] = set()
        """The functions that send or use something, themselves or further down, and those that make texts."""
        self.last: dict[Site, int] = {}
        """By function: the frame that was made last."""
        self._facts = facts
        self._calls: dict[Site, int] = {}
        self._limit = budgets.CONTEXTS + budgets.CONTEXTS_A_MODULE * modules
        self._known: dict[tuple[object, ...], Frame] = {}
        self._apart: dict[tuple[object, ...], Frame] = {}
        """By function, closure and receiver: the frame for further calls of those that are not eventful."""

    def of_module(self, path: str) -> Frame:
        """The frame of a module's body."""
        return self._add(path, None, None, None, None, None)

    def of(
        self,
        function: Site,
        call: Site | None,
        above: Frame | None,
        closure: int | None,
        receiver: Given | None,
    ) -> Frame:
        """The frame of a function (or the body of a class) that is called in the frame `above`; the same one
        when the same call is run again."""
        made = self._made_by(receiver, function, call, above)
        if made is not None:
            return made
        own = (function, closure, receiver.value if receiver else None)
        key = (*own, call, above.id if above else None)
        frame = self._known.get(key)
        if frame is not None:
            return frame
        frame = self._merged(own) if above is not None else None
        if frame is None:
            frame = self._add(function.path, function, call, above, closure, receiver)
            self.last[function] = frame.id
            self._apart[own] = frame
        self._known[key] = frame
        return frame

    def may_enter(self, function: Site) -> bool:
        """Whether a function may have one more activation."""
        self._calls[function] = self._calls.get(function, 0) + 1
        return self._calls[function] <= self._limit

    def _add(
        self,
        path: str,
        function: Site | None,
        call: Site | None,
        above: Frame | None,
        closure: int | None,
        receiver: Given | None,
    ) -> Frame:
        frames = self._facts.frames
        caller, depth = (above.id, above.depth + 1) if above else (None, 0)
        frames.append(Frame(len(frames), path, function, call, caller, closure, receiver, {}, depth))
        return frames[-1]

    def _made_by(
        self, receiver: Given | None, function: Site, call: Site | None, above: Frame | None
    ) -> Frame | None:
        """The frame of this same call that has made its receiver: where a thing is replaced by what its own
        method gives, round by round, there is no new frame for each."""
        if receiver is None or not isinstance(receiver.value, Ref):
            return None
        frame = self._facts.frames[self._facts.heap.things[receiver.value.id].frame]
        same = (frame.function, frame.call, frame.caller) == (function, call, above.id if above else None)
        return frame if same else None

    def _merged(self, own: tuple[Site, int | None, object]) -> Frame | None:
        """The frame that a call shares with others; None where it is to have one of its own."""
        function = own[0]
        if function in self.eventful or self._calls.get(function, 0) < budgets.CONTEXTS_APART:
            return None
        frame = self._apart.get(own)
        if frame is not None:
            self._facts.merged.add(frame.id)
        return frame
