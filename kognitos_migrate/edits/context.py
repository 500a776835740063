"""The planning context: the facts of a program, its matched requests, and the caches of planning."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.outside_modules import NO_OUTSIDE_MODULES, OutsideModules, takes_name
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.request_index import RequestIndex
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.module_resolution import ModuleFiles
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.lattice import Reply

HARMLESS = frozenset((UseKind.LOG, UseKind.NONE, UseKind.IDENTITY, UseKind.TRUTH, UseKind.TYPED))
"""Uses that don't depend on the content of the value."""


TOO_MANY = "the functions around this request are called from too many places to analyse"


def requests_of(uses: Iterable[Use]) -> frozenset[int]:
    """The numbers of the requests whose replies are used."""
    return frozenset(use.value.request for use in uses if isinstance(use.value, Reply))


class RelocatedExpression(Struct, frozen=True):
    """An expression that has a value at another place, and the pending edits that it needs there."""

    parts: tuple[str | Span, ...]
    drafts: tuple[PendingEdit, ...] = ()


class PlanContext(CallChains, eq=False, dict=True, kw_only=True):
    """The facts of a program, its matched requests, and the caches that planners share.

    A function that needs less takes a base class: `ProgramTrees`, `ProgramFacts`, `CallChains`.
    """

    matches: Mapping[int, Match]
    files: ModuleFiles = field(default_factory=ModuleFiles)
    outside_modules: OutsideModules = NO_OUTSIDE_MODULES
    bodies: dict[Site, dict[int, int]] = field(default_factory=dict)
    """A cache for the present plan, by expression: the frame in which it evaluates to a request's body, by
    request. If all calls go through one wrapper, it is read for each of them."""
    importers_of_name: dict[str, frozenset[str]] = field(default_factory=dict)
    """A cache, by name: the modules that take it from another module."""
    table_keys: dict[tuple[Site, int, int, Site, int], RelocatedExpression | None] = field(
        default_factory=dict
    )
    """A cache of table keys: by expression, its frame, the frame and site that need the key, and the request.
    None if the key can't be written there. If all calls go through one wrapper, each call is looked up for
    each other one."""
    restored_words: set[tuple[str, str]] = field(default_factory=set)
    """The operations and fields whose words the present plan converts back where they are read."""
    canned_words: dict[Site, tuple[str, str]] = field(default_factory=dict)
    """By literal in a test: the operation and the field whose word the present plan writes there."""
    effects: dict[Site, bool] = field(default_factory=dict)
    """A cache, by expression: whether it acts or may raise."""

    @cached_property
    def requests(self) -> RequestIndex:
        """The index of its requests. A plan doesn't depend on the frames that building it visits."""
        chains = CallChains(self.trees, self.facts, self.rules, self.settings)
        return RequestIndex(chains, self.matches)

    def begin_plan(self) -> None:
        """Forget what the previous plan has read and written."""
        self.shared_frames.clear()
        self.bodies.clear()
        self.restored_words.clear()
        self.canned_words.clear()

    def is_used_elsewhere(self, path: str, name: str) -> bool:
        """Whether a module other than `path` takes a name from a module."""
        if self.outside_modules.may_take(name):
            return True
        if name not in self.importers_of_name:
            self.importers_of_name[name] = frozenset(
                tree.path for tree in self.trees.values() if takes_name(tree, name, self.values_at)
            )
        return not self.importers_of_name[name] <= {path}
