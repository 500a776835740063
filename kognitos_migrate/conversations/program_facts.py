"""The facts of an interpreted program, with the rules and the settings."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.conversations.url import Url, urls
from kognitos_migrate.interpret.state.facts import Facts, Frame, Request, Use
from kognitos_migrate.rulebook.model import Api, Client, Operation, Role, Rulebook, View
from kognitos_migrate.structs import field
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Instance, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Lit, MemberRef, Ref, Reply, Text, Value
from kognitos_migrate.values.texts import only_part

Index = TypeVar("Index")


class _SharedIndex(Generic[Index]):
    """A property that is computed from the facts alone, once for all objects that share `indexes`."""

    def __init__(self, compute: Callable[[Any], Index]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, program: "ProgramFacts", owner: type) -> Index:
        indexes = program.indexes
        if self._name not in indexes:
            indexes[self._name] = self._compute(program)
        index = program.__dict__[self._name] = cast(Index, indexes[self._name])
        return index


class ProgramFacts(ProgramTrees, eq=False, dict=True):
    """The facts of a program, with the rules and the settings for its API."""

    facts: Facts
    rules: Rulebook
    settings: Settings
    shared_frames: set[int] | None = None
    """The frames that were read and stand for several calls. None if they aren't collected."""
    indexes: dict[str, object] = field(default_factory=dict)
    """The indexes of the facts, by the name of the property. All stages of one analysis share them."""

    def read_frame(self, number: int) -> Frame:
        """A frame by its number. It is added to `shared_frames` if it stands for several calls."""
        if self.shared_frames is not None and number in self.facts.merged:
            self.shared_frames.add(number)
        return self.facts.frames[number]

    def api(self, operation: Operation) -> Api:
        """The API of an operation."""
        return self.rules.apis[operation.api]

    def dialect(self, operation: Operation) -> str:
        """The layout that the configuration chooses among those that the operation's API documents."""
        return self.settings.dialect(operation.api)

    def client(self, request: Request) -> Client:
        """The client of a request, with the keywords that the function which sends it takes."""
        client = next(client for client in self.rules.clients if client.id == request.client)
        return client.without(request.lacks) if request.lacks else client

    def url_readings(self, request: Request) -> Sequence[Url]:
        """The parsed readings of a request's URL, cached."""
        if request.id not in self._url_readings:
            operands = request.value(Role.URL)
            self._url_readings[request.id] = [url for operand in operands for url in urls(operand.value)]
        return self._url_readings[request.id]

    def has_api_host(self, url: Url) -> bool:
        """Whether a URL has a host of an API."""
        host = (url.host or "").rstrip("*")
        return any(host in self.settings.hosts_of(api) for api in self.rules.apis.values())

    @_SharedIndex
    def _url_readings(self) -> dict[int, Sequence[Url]]:
        return {}

    @_SharedIndex
    def uses(self) -> Mapping[int, list[Use]]:
        """The uses of replies by request id."""
        uses_by_request: dict[int, list[Use]] = {}
        for use in self.facts.uses:
            if isinstance(use.value, Reply):
                uses_by_request.setdefault(use.value.request, []).append(use)
        return uses_by_request

    def module_with_word(self, word: str) -> str | None:
        """The path of the first module whose lower-case text contains a word, cached. None if there is
        none."""
        if word not in self._modules_by_word:
            paths = (path for path, tree in self.trees.items() if word in tree.lower_case_text)
            self._modules_by_word[word] = next(paths, None)
        return self._modules_by_word[word]

    @cached_property
    def _modules_by_word(self) -> dict[str, str | None]:
        return {}

    @cached_property
    def first_reads(self) -> dict[tuple[str, str], Site | None]:
        """A cache, by module and field, of the first place that reads the field from an unknown value."""
        return {}

    @_SharedIndex
    def literal_uses(self) -> Mapping[Site, list[Use]]:
        """By literal or expression: the uses of tracked texts that contain it."""
        uses_by_part: dict[Site, list[Use]] = {}
        for use in self.facts.uses:
            for part in use.value.parts if isinstance(use.value, Text) else ():
                if part.site is not None:
                    uses_by_part.setdefault(part.site, []).append(use)
        return uses_by_part

    @_SharedIndex
    def constant_readers(self) -> dict[Site, set[tuple[Site, int]]]:
        """By literal: the other expressions that have its value, each with the frame in which they do."""
        readers: dict[Site, set[tuple[Site, int]]] = {}
        for (site, frame), value in self.facts.values.items():
            for choice in alternatives(value):
                part = only_part(choice)
                if isinstance(part, Lit) and part.site is not None and part.site != site:
                    readers.setdefault(part.site, set()).add((site, frame))
        return readers

    @_SharedIndex
    def instance_holders(self) -> dict[Site, set[str]]:
        """By literal: the files of the classes with instances that have it in a text of an attribute."""
        holders: dict[Site, set[str]] = {}
        for instance in self.facts.heap.objects:
            if not isinstance(instance, Instance) or instance.cls is None:
                continue
            for choice in alternatives(*instance.attributes.values()):
                for part in choice.parts if isinstance(choice, Text) else ():
                    if isinstance(part, Lit) and part.site is not None:
                        holders.setdefault(part.site, set()).add(instance.cls.site.path)
        return holders

    def callees(self, site: Site) -> list[Site]:
        """The functions of the program that an expression runs itself, as a call or as the read of a
        property."""
        return self._callees.get(site, [])

    @_SharedIndex
    def _callees(self) -> dict[Site, list[Site]]:
        functions: dict[Site, list[Site]] = {}
        for frame in self.facts.frames:
            if frame.call is not None and frame.function is not None:
                functions.setdefault(frame.call, []).append(frame.function)
        return functions

    # Values.

    def value(self, site: Site, frame: int) -> Value:
        """The value of the expression at `site` in `frame`; unknown if there is none."""
        return self.facts.values.get((site, frame), UNKNOWN)

    def values_at(self, site: Site) -> list[Value]:
        """The values of the expression at `site` in all frames."""
        return self._values_by_site.get(site, [])

    def alternatives_at(self, site: Site) -> list[Value]:
        """The single values that the expression at `site` may have, in any frame."""
        return [choice for value in self.values_at(site) for choice in alternatives(value)]

    def is_never_run(self, function: Site, expression: Site) -> bool:
        """Whether the program runs a function, but never an expression in its body."""
        is_known = function in self.facts.results and all(
            site.path != function.path for site in self.facts.exhausted
        )
        return is_known and not self.values_at(expression)

    def has_inner_effect(self, function: Site, call: Site, callee: Site) -> bool:
        """Whether a call in a function's body has no effect outside of the function: it never runs, or only
        adds elements to lists that the function has created."""
        return self.is_never_run(function, callee) or (
            self.facts.additions.get(call, False) and all(map(self._is_of_list, self.alternatives_at(callee)))
        )

    def _is_of_list(self, callee: Value) -> bool:
        return isinstance(callee, MemberRef) and isinstance(
            self.facts.heap.get(callee.receiver), SequenceObject
        )

    @_SharedIndex
    def _values_by_site(self) -> dict[Site, list[Value]]:
        values_by_site: dict[Site, list[Value]] = {}
        for (site, _), value in self.facts.values.items():
            values_by_site.setdefault(site, []).append(value)
        return values_by_site

    def aliases_of(self, ref: Ref) -> list[Site]:
        """The expressions that may evaluate to an object on the heap."""
        return self._aliases_by_object.get(ref, [])

    @_SharedIndex
    def _aliases_by_object(self) -> dict[Ref, list[Site]]:
        holders: dict[Ref, dict[Site, None]] = {}
        for (site, _), value in self.facts.values.items():
            for choice in alternatives(value):
                if isinstance(choice, Ref):
                    holders.setdefault(choice, {})[site] = None
        return {ref: list(sites) for ref, sites in holders.items()}

    @cached_property
    def dicts_with_reply(self) -> Mapping[int, list[Ref]]:
        """By request: the dicts that contain entries merged from its reply."""
        refs_by_request: dict[int, list[Ref]] = {}
        for number in range(len(self.facts.heap.objects)):
            for request in self.replies_merged_into(Ref(number)):
                refs_by_request.setdefault(request, []).append(Ref(number))
        return refs_by_request

    def replies_merged_into(self, ref: Ref) -> set[int]:
        """The requests whose decoded replies were merged into an object on the heap, or into its parts."""
        record = self.facts.heap[ref]
        parts = (
            self.facts.heap.with_merged_dicts(record)
            if isinstance(record, DictObject) and record.spreads
            else ()
        )
        spreads = (spread.value for part in parts for spread in part.spreads)
        return {value.request for value in spreads if isinstance(value, Reply) and value.path == (View.JSON,)}
