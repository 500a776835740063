"""`dev.py facts FILE[:LINE]`: what the interpreter knows there.

Each expression with its value, by calling context where these differ; the requests that are sent there, and
the uses of replies.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.state.facts import Request, Use
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.lattice import Value
from tests.views.program import Program, Target, end_with_reader, program_around, target_of
from tests.views.values import ValueRenderer

_WIDTH = 44
"""Characters of an expression's source that are shown."""
_CONTEXTS = 4
"""Contexts that are named for a value; of further ones, the number."""


class FactsView:
    """The facts of a program at some rows of a file."""

    def __init__(self, program: Program, target: Target) -> None:
        self._program = program
        self._target = target
        self._values = ValueRenderer(program.trees, program.facts)

    def lines(self) -> Iterator[str]:
        """The view, line by line."""
        row = 0
        for site, by_frame in self._expressions():
            span = self._program.trees[site.path].span(self._program.trees[site.path].node(site))
            here = self._program.position(span).row
            if here != row:
                row = here
                yield f"{site.path}:{row}"
            yield from self._expression(site, by_frame)
        for title, entries in (("requests", self._requests()), ("uses", self._uses())):
            some = list(entries)
            yield from [title, *some] if some else []

    def _expressions(self) -> list[tuple[Site, dict[int, Value]]]:
        """The expressions in source order, outer ones first, each with its value by frame."""
        found: defaultdict[Site, dict[int, Value]] = defaultdict(dict)
        for (site, frame), value in self._program.facts.values.items():
            if site.path == self._target.path and not self._is_literal(site) and self._is_asked(site):
                found[site][frame] = value
        return sorted(found.items(), key=lambda item: item[0].node)

    def _is_literal(self, site: Site) -> bool:
        return isinstance(self._program.trees[site.path].node(site), cst.SimpleString | cst.BaseNumber)

    def _is_asked(self, site: Site) -> bool:
        tree = self._program.trees[site.path]
        return self._target.has(self._program.position(tree.span(tree.node(site))).row)

    def _expression(self, site: Site, by_frame: dict[int, Value]) -> Iterator[str]:
        contexts: defaultdict[str, list[int]] = defaultdict(list)
        for frame, value in by_frame.items():
            contexts[self._values.render(value)].append(frame)
        source = self._source(site)
        for text, frames in contexts.items():
            known = f"   in {self._contexts(frames)}" if len(contexts) > 1 else ""
            yield f"    {source:<{_WIDTH}} {text}{known}"
            source = ""

    def _source(self, site: Site) -> str:
        tree = self._program.trees[site.path]
        source = " ".join(tree.code(tree.node(site)).split())
        return source if len(source) <= _WIDTH else f"{source[: _WIDTH - 1]}…"

    def _contexts(self, frames: list[int]) -> str:
        shown = [self.context(frame) for frame in frames[:_CONTEXTS]]
        more = len(frames) - len(shown)
        return "; ".join([*shown, *([f"{more} more"] if more else [])])

    def context(self, number: int) -> str:
        """The activation with this number, and the calls that led to it: `start() < jobs.py:12 main()`;
        `< :12 main()` for a call in the file that is shown."""
        calls: list[str] = []
        place = ""
        current: int | None = number
        while current is not None and len(calls) < _CONTEXTS:
            frame = self._program.facts.frames[current]
            name = "<module>" if frame.function is None else f"{self._values.name(frame.function)}()"
            calls.append(f"{place}{name}")
            if frame.call is not None:
                tree = self._program.trees[frame.call.path]
                span = tree.span(tree.node(frame.call))
                path = "" if frame.call.path == self._target.path else frame.call.path
                place = f"{path}:{self._program.position(span).row} "
            current = frame.caller
        return " < ".join(calls)

    def _requests(self) -> Iterator[str]:
        for request in self._program.facts.requests:
            if request.site.path == self._target.path and self._is_asked(request.site):
                yield from self._request(request)

    def _request(self, request: Request) -> Iterator[str]:
        kind = f"stub of {request.stub.mock}" if request.stub is not None else request.client
        operation = self._program.operations.get(request.id, "no call of the API")
        method = self._values.render(request.method)
        yield f"    {request.id}: {method} by {kind}, {operation}, in {self.context(request.frame)}"
        for role in Role:
            for operand in request.value(role):
                optional = " (optional)" if role in request.optional else ""
                yield f"        {role.value:<8} {self._values.render(operand.value)}{optional}"
                if role is Role.URL:
                    yield from dict.fromkeys(self._provenance(operand.value))

    def _provenance(self, value: Value) -> Iterator[str]:
        """Where the literals of a URL are written; with `?` if an escape hides the offset."""
        for literal in self._values.literals(value):
            if literal.site is not None:
                tree = self._program.trees[literal.site.path]
                start = tree.span(tree.node(literal.site)).start + max(literal.offset, 0)
                place = self._program.place(Span(tree.path, start, start))
                yield f"            {literal.text!r} at {place}{'' if literal.offset >= 0 else ' ?'}"

    def _uses(self) -> Iterator[str]:
        for use in self._program.facts.uses:
            if use.operand.path == self._target.path and self._is_asked(use.operand):
                yield f"    {self._use(use)}   in {self.context(use.frame)}"

    def _use(self, use: Use) -> str:
        other = f" {self._values.render(use.other)}" if use.other is not None else ""
        detail = f" ({use.detail})" if use.detail else ""
        return f"{use.kind.value:<9} {self._values.render(use.value)}{other}{detail}"


def main() -> None:
    """Print the facts at the place that the argument names."""
    target = target_of(sys.argv[1])
    lines = list(FactsView(program_around(target.path), target).lines())
    print("\n".join(lines or ["no expression is evaluated here"]))


if __name__ == "__main__":
    end_with_reader()
    main()
