"""Traces: the steps from the start of a URL through the request to the last use of its reply."""

from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Several
from functools import cached_property

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.signs import Sign
from kognitos_migrate.conversations.url import Url, UrlPiece
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.source_descriptions import described_source
from kognitos_migrate.findings.result import PlaceConverter, Step
from kognitos_migrate.interpret.state.facts import Request, Use, UseKind
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Const, Reply, Text, Unknown, Value
from kognitos_migrate.values.texts import literals_in


def primary_call(context: PlanContext, match: Match) -> Site:
    """The place where a match is reported: the innermost call that sends only this operation."""
    for site, _ in context.calls(match.request):
        if context.requests.are_calls_of(context.requests.by_call.get(site, set()), match):
            return site
    return match.request.site


_DONE = {
    UseKind.COMPARE: "is compared",
    UseKind.MATCH: "is matched",
    UseKind.NONE: "is compared with None",
    UseKind.IDENTITY: "is compared with `is`",
    UseKind.TRUTH: "is tested",
    UseKind.DECODE: "is decoded",
    UseKind.KEY: "is used as a key",
    UseKind.ITERATE: "is iterated over",
    UseKind.FORMAT: "becomes part of a string",
    UseKind.LOG: "is logged or printed",
    UseKind.FILL: "is unpacked into arguments",
    UseKind.TYPED: "is stored in a field annotated as text",
}
_UNFOLLOWED = "code that can't be followed"
_VIEWS = {
    View.JSON: "the response",
    View.TEXT: "the response's text",
    View.STATUS: "the status code",
    View.OK: "the success of the request",
    View.FAILED: "the failure of the request",
    View.ADDRESS: "the response's URL",
    View.HEADERS: "the response's headers",
    View.VERB: "the request's method",
}


class Traces(Struct, eq=False, dict=True):
    """The traces of a program's requests."""

    context: PlanContext
    places: PlaceConverter

    def of(self, match: Match, signs: Several[Sign]) -> tuple[Step, ...]:
        """The steps of one request, each once. `signs` prove it to be a call of the API."""
        steps = [
            *self._url(match),
            *self._calls(match.request),
            *self.evidence(signs, "it calls the API"),
            *self._reply(match.request),
        ]
        return tuple(dict.fromkeys(steps))

    def step(self, site: Site, text: str) -> Step:
        """A step at a place."""
        return Step(self.places.of(self.context.tree(site).place(self.context.node(site))), text)

    # The origin of the URL.

    def _url(self, match: Match) -> Iterator[Step]:
        for number in match.target:
            yield self.step(
                self.context.facts.requests[number].site, "the response of this request contains the URL"
            )
        for operand in match.request.value(Role.URL) if match.target else ():
            yield self.step(operand.site, "the URL, as passed to the request")
        for path in match.paths:
            yield from self._pieces(path.url)
        for url in match.other_urls:
            for piece in url.base[:1]:
                source = _source(piece)
                if source and piece.site is not None:
                    yield self.step(piece.site, f"{source} may supply the start of the URL")

    def _pieces(self, url: Url) -> Iterator[Step]:
        runs: list[tuple[Site, str, UrlPiece]] = []
        for piece in url.pieces():
            if piece.site is None:
                continue
            if runs and runs[-1][0] == piece.site and piece.text is not None:
                site, text, first = runs.pop()
                runs.append((site, text + piece.text, first))
            else:
                runs.append((piece.site, piece.text or "", piece))
        for number, (site, text, piece) in enumerate(runs):
            what = f"`{text}`" if piece.text is not None else _hole_source(piece)
            yield self.step(site, f"the URL starts with {what}" if number == 0 else f"followed by {what}")

    # The calls that send the request.

    def _calls(self, request: Request) -> Iterator[Step]:
        for site, _ in reversed(list(self.context.calls(request))):
            if site == request.site:
                continue
            node, tree = self.context.node(site), self.context.tree(site)
            name = tree.slice(tree.place(node.func)) if isinstance(node, cst.Call) else ""
            yield self.step(site, f"`{name}` is called" if name and "\n" not in name else "by this call")
        words = literals_in(request.method)
        method = f": {words[0].upper()}" if len(words) == 1 and words[0] else ""
        yield self.step(request.site, f"the request is sent{method}")

    # The evidence for the API.

    def evidence(self, signs: Iterable[Sign], claim: str) -> Iterator[Step]:
        """The steps that prove a `claim`, one per sign."""
        for sign in signs:
            yield self.step(sign.site, f"{claim}: {sign.text}")

    # The uses of the reply.

    def _reply(self, request: Request) -> Iterator[Step]:
        """The uses of the reply in program order, with its decoding before the first read."""
        decoded = False
        for use in self.context.uses.get(request.id, []):
            assert isinstance(use.value, Reply)
            if not decoded and use.value.path[:1] == (View.JSON,):
                decoded = True
                yield from self._decoding_steps(request)
            yield self.step(use.site, self._use_text(use, use.value))
        if not decoded:
            yield from self._decoding_steps(request)

    def _decoding_steps(self, request: Request) -> Iterator[Step]:
        whole = (Reply(request.id), Reply(request.id, (View.TEXT,)))
        for site in self._reply_expressions.get(Reply(request.id, (View.JSON,)), ()):
            node = self.context.node(site)
            if not isinstance(node, cst.Call):
                continue
            parts = [arg.value for arg in node.args]
            if isinstance(node.func, cst.Attribute):
                parts.append(node.func.value)
            operand_values = [
                choice
                for part in parts
                for choice in self.context.alternatives_at(self.context.tree(site).site(part))
            ]
            if any(position in operand_values for position in whole):
                yield self.step(site, "the response is decoded")

    @cached_property
    def _reply_expressions(self) -> dict[Reply, list[Site]]:
        """The expressions whose value is a decoded reply, by its position."""
        sites_by_reply: dict[Reply, dict[Site, None]] = {}
        for (site, _), value in self.context.facts.values.items():
            for choice in alternatives(value):
                if isinstance(choice, Reply) and choice.path == (View.JSON,):
                    sites_by_reply.setdefault(choice, {})[site] = None
        return {reply: list(sites) for reply, sites in sites_by_reply.items()}

    def _use_text(self, use: Use, reply: Reply) -> str:
        subject = _subject(reply)
        if use.kind is UseKind.READ:
            names = [f"`{name}`" for name in self._texts(use.other)]
            return f"{' or '.join(names) or 'a field'} of {subject} is read"
        if use.kind is UseKind.CONTAINS:
            names = [f"`{name}`" for name in self._texts(use.other)]
            return f"{subject} is tested for {' or '.join(names) or 'a key'}"
        if use.kind is UseKind.REQUEST:
            codes = {
                self.context.matches[request.id].operation.code
                for request in self.context.facts.requests
                if (request.site, request.frame) == (use.site, use.frame)
                and request.id in self.context.matches
            }
            return f"{subject} is sent in the next request" + "".join(f" ({code})" for code in sorted(codes))
        if use.kind is UseKind.ESCAPE:
            return f"{subject} is passed to {use.detail or _UNFOLLOWED}"
        if use.kind is UseKind.METHOD:
            return f"a value is computed from {subject} ({use.detail})"
        words = self._texts(use.other) if use.kind in (UseKind.COMPARE, UseKind.MATCH) else []
        comparison = f" with {' or '.join(map(repr, words))}" if words else ""
        return f"{subject} {_DONE.get(use.kind, 'is used')}{comparison}"

    def _texts(self, value: Value | None) -> list[str | int]:
        """The strings and integers that a value is, or contains as elements or keys."""
        texts: list[str | int] = []
        heap = self.context.facts.heap
        for choice in heap.flat_alternatives(value) if value is not None else ():
            heap_object = heap.get(choice)
            if isinstance(heap_object, DictObject):
                texts.extend(heap_object.entries)
            elif isinstance(choice, Text) and choice.literal is not None:
                texts.append(choice.literal)
            elif isinstance(choice, Const) and isinstance(choice.value, int):
                texts.append(choice.value)
        return texts


def _subject(reply: Reply) -> str:
    """A description of a position in a reply."""
    names = [step for step in reply.path if isinstance(step, str)]
    if names:
        return f"`{names[-1]}`"
    view = reply.path[0] if reply.path else None
    return _VIEWS.get(view, "the response") if isinstance(view, View) else "the response"


def _hole_source(piece: UrlPiece) -> str:
    """A description of the value in a hole of a URL."""
    value = piece.via[-1].value
    names = [
        f"`{choice.path[-1]}` of a response"
        for choice in alternatives(value)
        if isinstance(choice, Reply) and choice.path and isinstance(choice.path[-1], str)
    ]
    if names:
        return " or ".join(dict.fromkeys(names))
    source = _source(piece)
    return f"a value: {source}" if source else "a value"


def _source(piece: UrlPiece) -> str | None:
    if piece.text is not None:
        return None
    choices = alternatives(piece.via[-1].value)
    unknown = (choice for choice in choices if isinstance(choice, Unknown) and choice.source)
    return next(map(described_source, unknown), None)
