"""A program that was interpreted: what all judging looks at."""

from collections.abc import Mapping
from functools import cached_property

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.interpret.events import Facts, Use
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Api, Operation, Rulebook
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

    @cached_property
    def uses(self) -> Mapping[int, list[Use]]:
        """By request: what is done with its reply."""
        found: dict[int, list[Use]] = {}
        for use in self.facts.uses:
            if isinstance(use.value, Reply):
                found.setdefault(use.value.request, []).append(use)
        return found
