"""What a configuration lacks, as text to add to it."""

from collections.abc import Sequence

from kognitos_migrate.rulebook.model import Table


def yaml_to_add(table: Table, keys: Sequence[str]) -> str:
    """The lines of a table that these keys are missing in."""
    lines = ["add to kognitos-migrate.yaml:", f"{table.setting}:"]
    for key in keys:
        lines.append(f"  {key}:")
        for field in table.fields:
            if field.required:
                lines.append(f"    {field.name}: {' | '.join(field.choices) if field.choices else '…'}")
    return "\n".join(lines)
