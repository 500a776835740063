"""The text of a configuration to fill in.

An entry whose fields are all empty counts as absent until somebody fills it in (`check.without_unfilled`).
"""

from collections.abc import Mapping, Sequence

from kognitos_migrate.config.entries import Section, sections, to_fill_in
from kognitos_migrate.config.yaml_text import STEP, lines_of
from kognitos_migrate.rulebook.model import Api, Operation, Rulebook, Vocabulary


def render(rulebook: Rulebook, keys: Mapping[str, Sequence[str]]) -> str:
    """The text of a new configuration. `keys`, by section, are those to fill in."""
    blocks: list[list[str]] = []
    for api in rulebook.apis.values():
        blocks.append([f"# What kognitos-migrate needs to know to migrate the {api.title}.", f"# {api.url}"])
        blocks += [section_lines(rulebook, one, keys.get(one.setting, ())) for one in sections([api])]
        blocks.append(_dialect_lines(api))
        blocks += [_value_lines(operation) for operation in rulebook.operations if operation.api == api.id]
    blocks.append(["# Other hosts that serve the API: proxies, test systems.", "# hosts: []"])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def section_lines(rulebook: Rulebook, section: Section, keys: Sequence[str]) -> list[str]:
    """A section with `keys` to fill in; with something that shows the form if there are none."""
    if isinstance(section, Vocabulary):
        return _vocabulary_lines(rulebook, section, keys)
    lines = [f"{section.setting}:"]
    for key in keys or [f"<{section.key}>"]:
        lines += lines_of(to_fill_in(rulebook, section, key), STEP)
    if not keys:
        lines = [f"# {line}" for line in lines]
    return [f"# {section.comment}", *lines]


def _vocabulary_lines(rulebook: Rulebook, vocabulary: Vocabulary, keys: Sequence[str]) -> list[str]:
    """A vocabulary: its own words in a comment, and an example to follow."""
    lines = [f"# {vocabulary.comment}"]
    if vocabulary.words:
        own = "; ".join(f"{old}: {', '.join(new)}" for old, new in vocabulary.words.items())
        lines.append(f"# Built in: {own}")
    example = "# old: New, or old: [New, Newer]; word: [] for one that only the programs say"
    entries = [line for key in keys for line in lines_of(to_fill_in(rulebook, vocabulary, key), STEP)]
    return [*lines, f"{vocabulary.setting}:", f"{' ' * STEP}{example}", *entries]


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
            where = f"the {member.name} of {operation.id.replace('_', ' ')}"
            lines += [f"# Where no table gives {where}:", f"# {member.setting}:"]
    return lines
