"""The facts of an interpreted program, with the rules and the settings."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.conversations.url import Url, urls
from kognitos_migrate.interpret.state.facts import Facts, Request, Use
from kognitos_migrate.rulebook.model import Api, Operation, Role, Rulebook
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.lattice import Lit, Reply, Text, Value


class ProgramFacts(Struct, eq=False, dict=True):
    """The facts of a program, with the rules and the settings for its API."""

    facts: Facts
    trees: Mapping[str, Tree]
    rules: Rulebook
    settings: Settings

    def api(self, operation: Operation) -> Api:
        """The API of an operation."""
        return self.rules.apis[operation.api]

    def readings(self, request: Request) -> Sequence[Url]:
        """The parsed readings of a request's URL, cached."""
        if request.id not in self._readings:
            operands = request.value(Role.URL)
            self._readings[request.id] = [url for operand in operands for url in urls(operand.value)]
        return self._readings[request.id]

    @cached_property
    def _readings(self) -> dict[int, Sequence[Url]]:
        return {}

    @cached_property
    def uses(self) -> Mapping[int, list[Use]]:
        """The uses of replies by request id."""
        uses_by_request: dict[int, list[Use]] = {}
        for use in self.facts.uses:
            if isinstance(use.value, Reply):
                uses_by_request.setdefault(use.value.request, []).append(use)
        return uses_by_request

    def module_naming(self, word: str) -> str | None:
        """The path of the first module whose lower-case text contains a word, cached. None if there is
        none."""
        if word not in self._naming:
            paths = (path for path, tree in self.trees.items() if word in tree.lowered)
            self._naming[word] = next(paths, None)
        return self._naming[word]

    @cached_property
    def _naming(self) -> dict[str, str | None]:
        return {}

    @cached_property
    def first_reads(self) -> dict[tuple[str, str], Site | None]:
        """A cache, by module and field, of the first place that reads the field from an unknown value."""
        return {}

    @cached_property
    def literal_uses(self) -> Mapping[Site, list[Use]]:
        """The uses of texts by the literals in them."""
        uses_by_literal: dict[Site, list[Use]] = {}
        for use in self.facts.uses:
            for part in use.value.parts if isinstance(use.value, Text) else ():
                if isinstance(part, Lit) and part.site is not None:
                    uses_by_literal.setdefault(part.site, []).append(use)
        return uses_by_literal

    def everywhere(self, site: Site) -> list[Value]:
        """The values of the expression at `site` in all frames."""
        return self._by_site.get(site, [])

    @cached_property
    def _by_site(self) -> dict[Site, list[Value]]:
        values_by_site: dict[Site, list[Value]] = {}
        for (site, _), value in self.facts.values.items():
            values_by_site.setdefault(site, []).append(value)
        return values_by_site
