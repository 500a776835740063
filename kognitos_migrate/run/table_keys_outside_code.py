"""Keys in files that are not Python, which stay because migrated code looks them up in a table."""

import ast
from collections.abc import Iterable, Iterator

from kognitos_migrate.findings.result import DeployStep, SettingKind
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.search_terms import Mention, MentionKind


class LookedUpKeys(Struct, frozen=True):
    """The keys in tables of the code, as `(constant, key)`, and the constants of the tables that a fix adds.

    A table for keys from settings has all keys of the configuration.
    """

    keys: frozenset[tuple[str, str]]
    constants: frozenset[str]

    @classmethod
    def of(cls, modules: Iterable[str], steps: Iterable[DeployStep], rulebook: Rulebook) -> "LookedUpKeys":
        """The keys in the texts of modules, and the tables of the deployment steps."""
        constants = {table.constant for api in rulebook.apis.values() for table in api.tables.values()}
        keys = {key for text in modules for key in _keys_in_tables(text, constants)}
        return cls(frozenset(keys), frozenset(step.name for step in steps if step.kind is SettingKind.TABLE))

    def has(self, mention: Mention) -> bool:
        """Whether a mention is such a key, and nothing else."""
        if mention.kind is not MentionKind.KEY or mention.table is None or mention.key is None:
            return False
        constant = mention.table.constant
        return constant in self.constants or (constant, mention.key) in self.keys


def _keys_in_tables(text: str, constants: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The constant and the key of each entry of the tables that a module defines."""
    if not any(constant in text for constant in constants):
        return
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for statement in body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(name)], value=ast.Dict(keys=keys))
                | ast.AnnAssign(target=ast.Name(name), value=ast.Dict(keys=keys))
            ) if name in constants:
                for key in keys:
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield name, key.value
