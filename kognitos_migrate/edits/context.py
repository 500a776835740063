"""The planning context: the facts of a program, its matched requests, their expressions, and caches."""

from collections.abc import Iterable, Mapping
from functools import cached_property

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import Url, url_from_text
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.slice_surroundings import NO_SURROUNDINGS, SliceSurroundings, may_use_name
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.module_references import ModuleNames
from kognitos_migrate.syntax.module_resolution import ModuleFiles
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Join, Reply, Text


class RequestIndex(Struct, eq=False, dict=True):
    """The requests of a program by the expressions that they are made of."""

    program: CallChains
    matches: Mapping[int, Match]
    by_argument: dict[Site, set[int]] = field(default_factory=dict)
    """By expression: the requests that it supplies an argument for."""
    by_argument_frame: dict[Site, dict[int, set[int]]] = field(default_factory=dict)
    """By expression and frame: the requests that it supplies an argument for."""
    by_call: dict[Site, set[int]] = field(default_factory=dict)
    """By call: the requests that it sends, itself or further down."""
    by_call_frame: dict[Site, dict[int, set[int]]] = field(default_factory=dict)
    """By call and frame: the requests that it sends."""
    senders: set[Site | None] = field(default_factory=set)
    """The functions that send requests, themselves or further down."""

    def __post_init__(self) -> None:
        program = self.program
        for request in program.facts.requests:
            for role, operands in request.operands.items():
                roles = (role, Role.JSON) if role is Role.DATA else (role,)
                for level in (
                    level
                    for operand in operands
                    for chain_role in roles
                    for level in program.argument_chain(operand, chain_role)
                ):
                    self.by_argument.setdefault(level.site, set()).add(request.id)
                    frames = self.by_argument_frame.setdefault(level.site, {})
                    frames.setdefault(level.frame, set()).add(request.id)
            for site, frame in program.calls(request):
                self.senders.add(program.facts.frames[frame].function)
                self.by_call.setdefault(site, set()).add(request.id)
                self.by_call_frame.setdefault(site, {}).setdefault(frame, set()).add(request.id)

    def of_call_around(self, site: Site) -> set[int]:
        """The requests that are sent by the innermost call around an argument's expression, itself or further
        down."""
        tree = self.program.tree(site)
        call = tree.enclosing(tree.node(site), cst.Call)
        return self.by_call.get(tree.site(call), set()) if call is not None else set()

    @cached_property
    def by_url_part(self) -> dict[Site, set[int]]:
        """By literal or expression: the requests whose URL contains its text."""
        readers: dict[Site, set[int]] = {}
        for request in self.program.facts.requests:
            if request.id in self.matches and self.matches[request.id].target:
                continue
            for site in (site for url in self.program.url_readings(request) for site in url.sites()):
                readers.setdefault(site, set()).add(request.id)
        return readers

    @cached_property
    def by_url_argument(self) -> dict[Site, set[int]]:
        """By argument of a function that builds a text: the requests whose URL contains the argument."""
        readers: dict[Site, set[int]] = {}
        for request in self.program.facts.requests:
            holes = {
                (hole.site, hole.frame): hole
                for url in self.program.url_readings(request)
                for piece in url.pieces()
                for hole in piece.via
            }
            for hole in holes.values():
                operand = Operand(hole.value, hole.site, hole.frame)
                for level in self.program.argument_chain(operand, Role.URL):
                    readers.setdefault(level.site, set()).add(request.id)
        return readers

    @cached_property
    def unused_urls(self) -> list[tuple[Site, frozenset[Site | None]]]:
        """The expressions that build URLs of the old version which no request is known to use, each with the
        literals and expressions that the URL consists of."""
        paths = [
            [part.text for part in operation.old.path if part.text]
            for operation in self.program.rules.operations
        ]
        urls = {
            (site, id(choice)): url_from_text(choice)
            for (site, _), value in self.program.facts.values.items()
            if type(value) is Text or type(value) is Join
            for choice in alternatives(value)
            if isinstance(choice, Text) and len(choice.parts) > 1
        }
        return [
            (site, frozenset(piece.site for piece in url.pieces()))
            for (site, _), url in urls.items()
            if any(self._is_unused(url, path) for path in paths)
        ]

    def _is_unused(self, url: Url, path: list[str]) -> bool:
        """Whether a URL has these words in its path, in this order, and some of them aren't in the URL of a
        request."""
        segments = [segment for segment in url.segments if segment.text in path]
        return (
            bool(path)
            and [segment.text for segment in segments] == path
            and any(piece.site not in self.by_url_part for segment in segments for piece in segment.pieces)
        )

    def are_calls_of(self, requests: Iterable[int], match: Match) -> bool:
        """Whether all of these requests are calls of the match's operation."""
        return self._by_operation.get(match.operation.id, frozenset()).issuperset(requests)

    @cached_property
    def _by_operation(self) -> Mapping[str, set[int]]:
        """By operation: the numbers of the requests that call it."""
        numbers: dict[str, set[int]] = {}
        for number, match in self.matches.items():
            numbers.setdefault(match.operation.id, set()).add(number)
        return numbers


HARMLESS = frozenset((UseKind.LOG, UseKind.NONE, UseKind.IDENTITY, UseKind.TRUTH, UseKind.TYPED))
"""Uses that don't depend on the content of the value."""


TOO_MANY = "the functions around this request are called from too many places to analyze"


def requests_of(uses: Iterable[Use]) -> frozenset[int]:
    """The numbers of the requests whose replies are used."""
    return frozenset(use.value.request for use in uses if isinstance(use.value, Reply))


class RelocatedExpression(Struct, frozen=True):
    """An expression that has a value at another place, and the pending edits that it needs there."""

    parts: tuple[str | Span, ...]
    edits: tuple[PendingEdit, ...] = ()
    moved: Site | None = None
    """The expression itself, if it has side effects: it must not stay in its old place as well."""


class PlanState(Struct, eq=False):
    """The results and changes of the current plan. Each plan begins with an empty state."""

    bodies: dict[Site, dict[int, int]] = field(default_factory=dict)
    """A cache, by expression: the frame in which it evaluates to a request's body, by
    request. If all calls go through one wrapper, it is read for each of them."""
    rebuilt: dict[int, int] = field(default_factory=dict)
    """By request: the frame in which its body is rebuilt."""
    restored_words: set[tuple[str, str]] = field(default_factory=set)
    """The operations and fields whose words or texts the plan converts back where they are read."""
    canned_words: dict[Site, tuple[str, str]] = field(default_factory=dict)
    """By literal in a test: the operation and the field whose word the plan writes there."""
    unchanged_words: set[Site] = field(default_factory=set)
    """The literals in tests that stay in the old vocabulary, and are translated where a reply is built."""
    canned_answers: dict[Site, tuple[str, str]] = field(default_factory=dict)
    """By text in a test: the operation and the field whose text the plan writes there as a list."""
    dropped_keys: dict[int, dict[tuple[Site, int], str | None]] = field(default_factory=dict)
    """By stub: the tests of received URLs for a key that the new URL lacks, each with its frame and key. None
    if the key isn't known."""
    compared_rows: set[int] = field(default_factory=set)
    """The frames of tests in which rows of tables are expected in bodies, whole or by a field."""
    imports: dict[str, set[str]] = field(default_factory=dict)
    """By file: the import lines that the new code needs."""


class PlanContext(CallChains, eq=False, dict=True, kw_only=True):
    """The facts of a program, its matched requests, the caches that planners share, and the state of the plan
    at hand.

    A function that needs less takes a base class: `ProgramTrees`, `ProgramFacts`, `CallChains`.
    """

    shared_frames: set[int] = field(default_factory=set)
    """The frames that stand for several calls and that the present plan has read. It can't rely on them."""
    matches: Mapping[int, Match]
    files: ModuleFiles = field(default_factory=ModuleFiles)
    surroundings: SliceSurroundings = NO_SURROUNDINGS
    names_used_elsewhere: dict[tuple[str, str], bool] = field(default_factory=dict)
    """A cache, by module and name: whether another module takes it from there."""
    table_keys: dict[tuple[Site, int, int, Site, int], RelocatedExpression | None] = field(
        default_factory=dict
    )
    """A cache of table keys: by expression, its frame, the frame and site that need the key, and the request.
    None if the key can't be written there. If all calls go through one wrapper, each call is looked up for
    each other one."""
    state: PlanState = field(default_factory=PlanState)
    effects: dict[Site, bool] = field(default_factory=dict)
    """A cache, by expression: whether it acts or may raise."""

    @cached_property
    def requests(self) -> RequestIndex:
        """The index of its requests. The frames that building it reads are not those of a plan."""
        program = CallChains(self.trees, self.facts, self.rules, self.settings, indexes=self.indexes)
        return RequestIndex(program, self.matches)

    def begin_plan(self) -> None:
        """Forget what the previous plan has read and written."""
        self.shared_frames.clear()
        self.state = PlanState()

    def is_used_elsewhere(self, path: str, name: str) -> bool:
        """Whether a module other than `path` takes a name from a module."""
        if self.surroundings.may_be_used(name):
            return True
        if (path, name) not in self.names_used_elsewhere:
            module = ModuleNames.of(path, (*self.trees, *self.surroundings.unanalysed_texts))
            self.names_used_elsewhere[path, name] = any(
                may_use_name(tree, name, module, self.values_at)
                for tree in self.trees.values()
                if tree.path != path
            )
        return self.names_used_elsewhere[path, name]
