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
from kognitos_migrate.conversations.program import Program
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.engine import interpret
from kognitos_migrate.interpret.state.events import Facts
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.syntax.tree import Tree, parse
from kognitos_migrate.values.base import Value
from kognitos_migrate.values.join import join

FILE = "main.py"


@dataclass
class Made:
    """A program of one module, and what is found in it."""

    tree: Tree
    facts: Facts
    settings: Settings
    rules: Rulebook = field(default_factory=load_rulebook)

    @property
    def program(self) -> Program:
        """All that matching looks at."""
        return Program(self.facts, {FILE: self.tree}, self.rules, self.settings)

    @property
    def matches(self) -> list[Match]:
        """The requests that fit an operation."""
        return match_requests(self.program)

    @property
    def scene(self) -> Scene:
        """All that planning looks at."""
        matches = {match.request.id: match for match in self.matches}
        return Scene(self.facts, {FILE: self.tree}, self.rules, self.settings, matches)

    def value(self, name: str) -> Value:
        """What is assigned to a name."""
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
