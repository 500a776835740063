"""The planning context: facts of the program, matches of the API, and indexes over both."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar, cast

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.url import Url, parse
from kognitos_migrate.edits.outside_modules import NO_OUTSIDE_MODULES, OutsideModules, takes_name
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.interpret.state.facts import Frame, Request, Use, UseKind
from kognitos_migrate.rulebook.model import Client, Operation, Role, View
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.syntax.module_resolution import ModuleFiles
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Join, Json, Lit, Ref, Reply, Text, Value

Made = TypeVar("Made")
HARMLESS = frozenset((UseKind.LOG, UseKind.NONE, UseKind.IDENTITY, UseKind.TRUTH, UseKind.TYPED))
"""Uses that don't depend on the content of the value."""


TOO_MANY = "the functions around it are called in too many ways to follow"


def requests_of(uses: Iterable[Use]) -> frozenset[int]:
    """The numbers of the requests whose replies are used."""
    return frozenset(use.value.request for use in uses if isinstance(use.value, Reply))


class RelocatedExpression(Struct, frozen=True):
    """An expression that has a value at another place, and the pending edits that it needs there."""

    parts: tuple[str | Span, ...]
    drafts: tuple[PendingEdit, ...] = ()


class PlanContext(ProgramFacts, eq=False, dict=True):
    """The facts of a program, its matched requests, and the indexes that planning needs."""

    matches: Mapping[int, Match]
    files: ModuleFiles = field(default_factory=ModuleFiles)
    apart: OutsideModules = NO_OUTSIDE_MODULES
    literal_uses: dict[Site, list[Use]] = field(default_factory=dict)
    """By literal: the uses of tracked texts that contain it."""
    requests_by_argument: dict[Site, set[int]] = field(default_factory=dict)
    """By expression: the requests that it supplies an argument for."""
    passages: dict[Site, dict[int, set[int]]] = field(default_factory=dict)
    """By expression and frame: the requests that it supplies an argument for."""
    unclear: set[int] = field(default_factory=set)
    """The frames that stand for several calls and that the present plan has read."""
    bodies: dict[Site, dict[int, int]] = field(default_factory=dict)
    """A cache for the present plan, by expression: the frame in which it evaluates to a request's body, by
    request. If all calls go through one wrapper, it is read for each of them."""
    importers_of_name: dict[str, frozenset[str]] = field(default_factory=dict)
    """A cache, by name: the modules that take it from another module."""
    requests_by_call: dict[Site, set[int]] = field(default_factory=dict)
    """By call: the requests that it sends, itself or further down."""
    sendings: dict[Site, dict[int, set[int]]] = field(default_factory=dict)
    """By call and frame: the requests that it sends."""
    senders: set[Site | None] = field(default_factory=set)
    """The functions that send requests, themselves or further down."""
    said: dict[tuple[Site, int, int, Site, int], RelocatedExpression | None] = field(default_factory=dict)
    """A cache of table keys: by expression, its frame, the frame and site that need the key, and the request.
    None if the key can't be written there. If all calls go through one wrapper, each call is looked up for
    each other one."""

    effects: dict[Site, bool] = field(default_factory=dict)
    """A cache, by expression: whether it acts or may raise."""

    def __post_init__(self) -> None:
        for use in self.facts.uses:
            for part in getattr(use.value, "parts", ()):
                if getattr(part, "site", None) is not None:
                    self.literal_uses.setdefault(part.site, []).append(use)
        for request in self.facts.requests:
            for role, values in request.given.items():
                for operand in values:
                    roles = (role, Role.JSON) if role is Role.DATA else (role,)
                    for level in (
                        level for chain_role in roles for level in self.argument_chain(operand, chain_role)
                    ):
                        self.requests_by_argument.setdefault(level.site, set()).add(request.id)
                        frames = self.passages.setdefault(level.site, {})
                        frames.setdefault(level.frame, set()).add(request.id)
            for site, frame in self.calls(request):
                self.senders.add(self.facts.frames[frame].function)
                self.requests_by_call.setdefault(site, set()).add(request.id)
                self.sendings.setdefault(site, {}).setdefault(frame, set()).add(request.id)

    @cached_property
    def requests_by_url_literal(self) -> dict[Site, set[int]]:
        """By literal or expression: the requests whose URL contains its text."""
        readers: dict[Site, set[int]] = {}
        for request in self.facts.requests:
            if request.id in self.matches and self.matches[request.id].target:
                continue
            for site in (site for url in self.readings(request) for site in url.sites()):
                readers.setdefault(site, set()).add(request.id)
        return readers

    @cached_property
    def constant_readers(self) -> dict[Site, set[tuple[Site, int]]]:
        """By literal: the names and attributes that have its value, each with the frame in which they do."""
        readers: dict[Site, set[tuple[Site, int]]] = {}
        for (site, frame), value in self.facts.values.items():
            for choice in alternatives(value):
                part = choice.parts[0] if isinstance(choice, Text) and len(choice.parts) == 1 else None
                if isinstance(part, Lit) and part.site is not None and part.site != site:
                    if isinstance(self.node(site), cst.Name | cst.Attribute):
                        readers.setdefault(part.site, set()).add((site, frame))
        return readers

    @cached_property
    def unused_urls(self) -> list[tuple[Site, frozenset[Site | None]]]:
        """The expressions that build URLs of the old version which no request is known to use, each with the
        literals and expressions that the URL consists of."""
        words = [
            [part.text for part in operation.old.path if part.text] for operation in self.rules.operations
        ]
        urls = {
            (site, id(choice)): parse(choice)
            for (site, _), value in self.facts.values.items()
            if type(value) is Text or type(value) is Join
            for choice in alternatives(value)
            if isinstance(choice, Text) and len(choice.parts) > 1
        }
        return [
            (site, frozenset(piece.site for piece in url.pieces()))
            for (site, _), url in urls.items()
            if any(self._is_unused(url, path) for path in words)
        ]

    def _is_unused(self, url: Url, path: list[str]) -> bool:
        """Whether a URL has these words in its path, in this order, and some of them aren't in the URL of a
        request."""
        segments = [segment for segment in url.segments if segment.text in path]
        return (
            bool(path)
            and [segment.text for segment in segments] == path
            and any(
                piece.site not in self.requests_by_url_literal
                for segment in segments
                for piece in segment.pieces
            )
        )

    def is_used_elsewhere(self, path: str, name: str) -> bool:
        """Whether a module other than `path` takes a name from a module."""
        if self.apart.take(name):
            return True
        if name not in self.importers_of_name:
            self.importers_of_name[name] = frozenset(
                tree.path for tree in self.trees.values() if takes_name(tree, name, self.everywhere)
            )
        return not self.importers_of_name[name] <= {path}

    def run_by(self, site: Site) -> list[Site]:
        """The functions of the program that an expression runs itself, as a call or as the read of a
        property."""
        return self._run_by.get(site, [])

    @cached_property
    def _run_by(self) -> dict[Site, list[Site]]:
        functions: dict[Site, list[Site]] = {}
        for frame in self.facts.frames:
            if frame.call is not None and frame.function is not None:
                functions.setdefault(frame.call, []).append(frame.function)
        return functions

    def readers_of(self, site: Site) -> set[int]:
        """The requests that are sent by the innermost call around an argument's expression, itself or further
        down."""
        tree = self.tree(site)
        call = tree.enclosing(tree.node(site), cst.Call)
        return self.requests_by_call.get(tree.site(call), set()) if call is not None else set()

    def cached(self, compute: Callable[["PlanContext"], Made]) -> Made:
        """The result of a function for this program. The function runs once."""
        if compute not in self._made:
            self._made[compute] = compute(self)
        return cast(Made, self._made[compute])

    @cached_property
    def _made(self) -> dict[Callable[["PlanContext"], Any], Any]:
        return {}

    def begin_plan(self) -> None:
        """Forget the frames and bodies that the previous plan has read."""
        self.unclear.clear()
        self.bodies.clear()

    # Syntax.

    def tree(self, site: Site) -> Tree:
        """The tree of a site's file."""
        return self.trees[site.path]

    def node(self, site: Site) -> cst.CSTNode:
        """The node at a site."""
        return self.trees[site.path].node(site)

    def span(self, site: Site) -> Span:
        """The span of a site, without parentheses around it."""
        tree = self.trees[site.path]
        return tree.span(tree.node(site))

    def dialect(self, operation: Operation) -> str:
        """The layout that the configuration chooses among those that the operation's API documents."""
        return self.settings.dialect(operation.api)

    def outer_span(self, site: Site) -> Span:
        """The span of a site, with its parentheses."""
        tree = self.trees[site.path]
        return tree.outer_span(tree.node(site))

    def code(self, site: Site) -> str:
        """The source of a site."""
        return self.trees[site.path].slice(self.outer_span(site))

    # Values.

    def value(self, site: Site, frame: int) -> Value:
        """The value of the expression at `site` in `frame`; unknown if there is none."""
        return self.facts.values.get((site, frame), UNKNOWN)

    def holding(self, ref: Ref) -> list[Site]:
        """The expressions that may evaluate to an object on the heap."""
        return self._holders.get(ref, [])

    @cached_property
    def _holders(self) -> dict[Ref, list[Site]]:
        holders: dict[Ref, dict[Site, None]] = {}
        for (site, _), value in self.facts.values.items():
            for choice in alternatives(value):
                if isinstance(choice, Ref):
                    holders.setdefault(choice, {})[site] = None
        return {ref: list(sites) for ref, sites in holders.items()}

    @cached_property
    def merged(self) -> Mapping[int, list[Ref]]:
        """By request: the dicts that contain entries merged from its reply."""
        refs_by_request: dict[int, list[Ref]] = {}
        for number in range(len(self.facts.heap.things)):
            for request in self.merged_into(Ref(number)):
                refs_by_request.setdefault(request, []).append(Ref(number))
        return refs_by_request

    def merged_into(self, ref: Ref) -> set[int]:
        """The requests whose decoded replies were merged into an object on the heap, or into its parts."""
        record = self.facts.heap[ref]
        parts = self.facts.heap.parts(record) if isinstance(record, DictObject) and record.spreads else ()
        spreads = (spread.value for part in parts for spread in part.spreads)
        return {value.request for value in spreads if isinstance(value, Reply) and value.path == (View.JSON,)}

    def written_key(self, node: cst.Subscript) -> str | None:
        """The key of a subscript if it is a string literal, else None."""
        index = node.slice[0].slice
        inner = index.value if isinstance(index, cst.Index) else None
        return str(literal_text(inner)) if isinstance(inner, cst.SimpleString) else None

    def frame(self, number: int) -> Frame:
        """A frame by its number. Records a frame that stands for several calls in `unclear`: a plan can't
        rely on it."""
        if number in self.facts.merged:
            self.unclear.add(number)
        return self.facts.frames[number]

    # Call chains, from the inside out.

    def argument_chain(self, operand: Operand, role: Role) -> Iterator[Operand]:
        """The expressions that pass an argument on, from the request's own call outwards. For JSON text, the
        value inside it is followed."""
        seen: set[tuple[Site, int]] = set()
        current: Operand | None = operand
        while current is not None and (current.site, current.frame) not in seen:
            seen.add((current.site, current.frame))
            inner = next((choice for choice in alternatives(current.value) if isinstance(choice, Json)), None)
            if inner is not None and role is Role.JSON:
                current = Operand(inner.value, inner.site, inner.frame)
                continue
            yield current
            current = self.caller_argument(current)

    def caller_argument(self, operand: Operand) -> Operand | None:
        """The caller's argument for an expression that reads a parameter. None if it reads anything else, if
        the parameter is rebound, or if the frame stands for several calls."""
        node = self.node(operand.site)
        if not isinstance(node, cst.Name):
            return None
        frame = self.frame(operand.frame)
        if (
            operand.frame in self.unclear
            or node.value not in self.parameters(frame)
            or self.rebound(frame, node.value)
        ):
            return None
        argument = frame.arguments.get(node.value)
        return argument if argument is not None and self._gives(argument) else None

    def _gives(self, operand: Operand) -> bool:
        """Whether an expression evaluates to the argument, and not to a list that contains it."""
        whole = list(alternatives(self.value(operand.site, operand.frame)))
        return all(choice in whole for choice in alternatives(operand.value))

    def calls(self, request: Request) -> Iterator[tuple[Site, int]]:
        """The calls that lead to a request, from its own outwards, each with the caller's frame."""
        yield request.site, request.frame
        frame = self.frame(request.frame)
        while frame.call is not None and frame.caller is not None:
            yield frame.call, frame.caller
            frame = self.frame(frame.caller)

    def parameters(self, frame: Frame) -> dict[str, cst.Param]:
        """The parameters of a frame's function, by name."""
        if frame.function is None:
            return {}
        definition = self.node(frame.function)
        if not isinstance(definition, cst.FunctionDef | cst.Lambda):
            return {}
        signature = definition.params
        parameters = [*signature.posonly_params, *signature.params, *signature.kwonly_params]
        return {parameter.name.value: parameter for parameter in parameters}

    def rebound(self, frame: Frame, name: str) -> bool:
        """Whether the function of a frame assigns to a name."""
        if frame.function is None:
            return False
        return bool(self.trees[frame.path].cached(Variables).bindings(self.node(frame.function), name))

    # Requests by operation.

    def same_operation(self, requests: Iterable[int], match: Match) -> bool:
        """Whether all of these requests are calls of the match's operation."""
        return self._matched.get(match.operation.id, frozenset()).issuperset(requests)

    @cached_property
    def _matched(self) -> Mapping[str, set[int]]:
        """By operation: the numbers of the requests that call it."""
        numbers: dict[str, set[int]] = {}
        for number, match in self.matches.items():
            numbers.setdefault(match.operation.id, set()).add(number)
        return numbers

    def client(self, request: Request) -> Client:
        """The client of a request."""
        return next(client for client in self.rules.clients if client.id == request.client)
