"""A program that was interpreted: what all judging looks at."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.conversations.url import Url, urls
from kognitos_migrate.interpret.state.events import Facts, Request, Use
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Api, Operation, Role, Rulebook
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.base import Reply


class Program(Struct, eq=False, dict=True):
    """What the interpreter found in a program, and what the rules and the user say of its API."""

    facts: Facts
    trees: Mapping[str, Tree]
    rules: Rulebook
    settings: Settings

    def api(self, operation: Operation) -> Api:
        """The API that an operation is of."""
        return self.rules.apis[operation.api]

    def readings(self, request: Request) -> Sequence[Url]:
        """The readings of a request's URL, which is taken apart once."""
        if request.id not in self._readings:
            given = request.value(Role.URL)
            self._readings[request.id] = [url for one in given for url in urls(one.value)]
        return self._readings[request.id]

    @cached_property
    def _readings(self) -> dict[int, Sequence[Url]]:
        return {}

    @cached_property
    def uses(self) -> Mapping[int, list[Use]]:
        """By request: what is done with its reply."""
        found: dict[int, list[Use]] = {}
        for use in self.facts.uses:
            if isinstance(use.value, Reply):
                found.setdefault(use.value.request, []).append(use)
        return found
