"""What names the old version apart from the path of a call: its version, and keys of the configuration."""

from collections.abc import Iterator

from kognitos_migrate.mentions.mention import Kind, Mention
from kognitos_migrate.mentions.rewritten import new_version
from kognitos_migrate.mentions.sought import Sight

BESIDE = 400
"""Characters around a key in which what it has become may stand."""


def bases(sight: Sight) -> Iterator[Mention]:
    """The version behind a host, whatever else is behind it."""
    api = sight.sought.api
    for found in sight.sought.bases.finditer(sight.text) if sight.names_host else ():
        host, head = found["host"], found["head"]
        instead = found[0][: len(found[0]) - len(head)] + new_version(api, head)
        yield Mention(*found.span(), Kind.BASE, api, found[0], instead, f"the host {host}")


def versions(sight: Sight) -> Iterator[Mention]:
    """The version that a name is given."""
    api = sight.sought.api
    for found in sight.sought.versions.finditer(sight.text) if sight.says_word else ():
        head, evidence = found["head"], f"the name {found['name']} says so"
        yield Mention(*found.span("head"), Kind.VERSION, api, head, new_version(api, head), evidence)


def keys(sight: Sight) -> Iterator[Mention]:
    """The keys of tables, but where what they have become stands beside them."""
    sought = sight.sought
    for found in sought.any_key.finditer(sight.text) if sight.has_keys else ():
        key, table = found[0], sought.keys[found[0]]
        beside = sight.text[max(0, found.start() - BESIDE) : found.end() + BESIDE]
        became = sought.settings.tables[table.setting][key].values()
        if any(value in beside for value in became if len(value) >= len(key) // 2):
            continue
        said = "the configuration has it"
        yield Mention(*found.span(), Kind.KEY, sought.api, key, "", said, key=key, table=table)
