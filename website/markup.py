"""Pieces of Markdown that several generated pages have."""

import difflib
from collections.abc import Iterator

import yaml

from kognitos_migrate.findings.examples import FindingExample

_LANGUAGES = {"py": "python", "sh": "sh", "md": "markdown", "yaml": "yaml"}
"""Names of languages, by the suffix of a file."""


def diff_block(before: str, after: str) -> str:
    """A fenced diff of two programs, with all lines of both."""
    old, new = before.splitlines(), after.splitlines()
    lines = [*difflib.unified_diff(old, new, n=len(old) + len(new), lineterm="")][3:]
    return "\n".join(["```diff", *(line.rstrip() for line in lines), "```"])


def example_section(example: FindingExample) -> Iterator[str]:
    """The section with an example of a code or of a reason."""
    if example.before:
        yield from ("## Example", "")
        if example.settings:
            settings = yaml.safe_dump(dict(example.settings), sort_keys=False).rstrip()
            yield from ("With this in `kognitos-migrate.yaml`:", "", "```yaml", settings, "```", "")
        if example.after:
            yield from ("The change by hand that resolves the finding:", "")
            yield diff_block(example.before, example.after)
        else:
            language = _LANGUAGES.get(example.file.rpartition(".")[2], "text")
            yield from (f"```{language}", example.before.strip(), "```")
        if example.configuration:
            yield from ("", "The addition to `kognitos-migrate.yaml` that resolves the finding:", "")
            yield from ("```yaml", example.configuration.strip(), "```")
    if example.note:
        yield from ("", example.note.strip())


def sentence(text: str) -> str:
    """A message as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."


def cell(text: str) -> str:
    """A text for a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())
