"""Small programs, interpreted and matched with the built-in rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import libcst as cst

from kognitos_migrate.config.load import default_settings
from kognitos_migrate.conversations.match import Match, match_requests
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.engine import interpret
from kognitos_migrate.interpret.events import Facts
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.syntax.tree import Tree, parse
from kognitos_migrate.values.base import Value
from kognitos_migrate.values.join import join

FILE = "main.py"


@dataclass
class Program:
    """A program of one module, and what is found in it."""

    tree: Tree
    facts: Facts
    hosts: tuple[str, ...] = ()
    rules: Rulebook = field(default_factory=load_rulebook)

    @property
    def matches(self) -> list[Match]:
        """The requests that fit an operation."""
        return match_requests(self.facts, self.rules, self.hosts)

    @property
    def scene(self) -> Scene:
        """All that planning looks at."""
        settings = default_settings(self.rules, Path())
        matches = {match.request.id: match for match in self.matches}
        return Scene(self.facts, {FILE: self.tree}, self.rules, settings, matches)

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


def program(text: str, hosts: tuple[str, ...] = ()) -> Program:
    """Interpret the module `text`."""
    tree = parse(FILE, dedent(text).lstrip("\n"))
    return Program(tree, interpret({FILE: tree}, load_rulebook().clients, ()), hosts)
