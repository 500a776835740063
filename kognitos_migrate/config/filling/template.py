"""The text of a configuration to fill in.

An entry whose fields are all empty counts as absent until somebody fills it in (`check.without_unfilled`).
"""

from collections.abc import Mapping, Sequence

from kognitos_migrate.config.filling.entries import Section, sections, to_fill_in
from kognitos_migrate.config.filling.yaml_text import section_lines
from kognitos_migrate.rulebook.model import Api, Operation, Rulebook, Vocabulary


def render(rulebook: Rulebook, keys: Mapping[str, Sequence[str]]) -> str:
    """The text of a new configuration. `keys`, by section, are those to fill in."""
    blocks: list[list[str]] = []
    for api in rulebook.apis.values():
        blocks.append([f"# What kognitos-migrate needs to know to migrate the {api.title}.", f"# {api.url}"])
        blocks += [_section(rulebook, one, keys.get(one.setting, ())) for one in sections([api])]
        blocks.append(_dialect_lines(api))
        blocks += [_value_lines(operation) for operation in rulebook.operations if operation.api == api.id]
    blocks.append(["# Other hosts that serve the API: proxies, test systems.", "# hosts: []"])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _section(rulebook: Rulebook, section: Section, keys: Sequence[str]) -> list[str]:
    """A section with `keys` to fill in; of a table without any, what shows its form, in comments."""
    if keys or isinstance(section, Vocabulary):
        return section_lines(section, to_fill_in(rulebook, section, keys))
    comment, *form = section_lines(section, to_fill_in(rulebook, section, [f"<{section.key}>"]))
    return [comment, *(f"# {line}" for line in form)]


def _dialect_lines(api: Api) -> list[str]:
    """The choice of a dialect, at its default."""
    if api.dialects is None:
        return []
    choices = [f"# {name}: {about}" for name, about in api.dialects.choices.items()]
    return [*choices, f"{api.dialects.setting}: {api.dialects.default}"]


def _value_lines(operation: Operation) -> list[str]:
    """The single values of an operation, each in a comment."""
    lines: list[str] = []
    for member in operation.new.members:
        if member.setting is not None:
            lines += [f"# The {member.name} of {operation.new.call}, where no table gives it:"]
            lines += [f"# {member.setting}:"]
    return lines
