"""Small programs, interpreted and matched with the built-in rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import libcst as cst

from kognitos_migrate.config.load import default_settings
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.conversations.match import Match, match_requests
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.dispatch import interpret
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.parsing import parse
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import Value

FILE = "main.py"


@dataclass
class Made:
    """A program of one module, and what is found in it."""

    tree: Tree
    facts: Facts
    settings: Settings
    rules: Rulebook = field(default_factory=load_rulebook)

    @property
    def program(self) -> ProgramFacts:
        """All that matching looks at."""
        return ProgramFacts({FILE: self.tree}, self.facts, self.rules, self.settings)

    @property
    def matches(self) -> list[Match]:
        """The requests that fit an operation."""
        return match_requests(self.program)

    @property
    def context(self) -> PlanContext:
        """All that planning looks at."""
        matches = {match.request.id: match for match in self.matches}
        return PlanContext({FILE: self.tree}, self.facts, self.rules, self.settings, matches=matches)

    def value(self, name: str) -> Value:
        """The value that is assigned to a name."""
        sites = [
            self.tree.site(node.value)
            for node in self.tree.nodes
            if isinstance(node, cst.Assign)
            and isinstance(target := node.targets[0].target, cst.Name)
            and target.value == name
        ]
        return join(*(value for (site, _), value in self.facts.values.items() if site in sites))


def program(text: str, **said: Any) -> Made:
    """Interpret the module `text`. The settings are the defaults, but for what is `said`."""
    tree = parse(FILE, dedent(text).lstrip("\n"))
    rules = load_rulebook()
    settings = replace(default_settings(rules, Path()), **said)
    return Made(tree, interpret({FILE: tree}, rules.clients, ()), settings, rules)
