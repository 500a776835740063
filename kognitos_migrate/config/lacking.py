"""What a finding says is to be added to the configuration."""

import re
from collections.abc import Sequence

from kognitos_migrate.rulebook.model import Table


def keys_to_add(table: Table, keys: Sequence[str]) -> str:
    """The lines of a table that these keys are missing in."""
    lines: list[str] = []
    for key in keys:
        lines.append(f"{key_text(key)}:")
        for field in table.fields:
            if field.required:
                lines.append(f"  {field.name}: {' | '.join(field.choices) if field.choices else '…'}")
    return _to_add(table.setting, lines)


def words_to_add(vocabulary: str, words: Sequence[str]) -> str:
    """The lines of a vocabulary that doesn't say what these words have become."""
    lines = [f"{key_text(word)}: …  # or [], if only the program says it" for word in words]
    return _to_add(vocabulary, lines)


def _to_add(setting: str, lines: Sequence[str]) -> str:
    return "\n".join(["add to kognitos-migrate.yaml:", f"{setting}:", *(f"  {line}" for line in lines)])


def key_text(key: str) -> str:
    """`key` as YAML that is read as text."""
    import json

    import yaml

    plain = re.fullmatch(r"[\w<>-]+", key) and key[0] != "-" and yaml.safe_load(f"{key}: 0") == {key: 0}
    return key if plain else json.dumps(key, ensure_ascii=False)
