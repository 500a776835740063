"""A page for each code of a finding, and their index."""

from collections.abc import Iterator, Mapping, Sequence

from kognitos_migrate.config.settings import OFF_BY_DEFAULT
from kognitos_migrate.findings.examples import finding_examples
from kognitos_migrate.rulebook.codes import OwnCode, all_rules
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Operation
from website.markup import cell, diff_block, example_section, sentence

INDEX = "rules/README.md"
Rule = Operation | OwnCode

_GROUPS = {
    "1": "Starting a run",
    "2": "Polling a run",
    "3": "Files",
    "4": "v1 mentioned without a call",
    "5": "Adapted calls",
    "8": "Half-migrated code",
    "9": "Code that couldn't be analyzed, and suppressions",
}
"""Headings of the index, by the first digit of the codes."""

_INTRODUCTION = """\
# Rules

Every finding has a code. `--select` and `--ignore` take codes and prefixes of codes, such as `KOG1`. A code
never gets another meaning. `kognitos-migrate rules list` lists the codes, with those of your own rules."""


_OFF = "`check` reports it only if you select it (`--select {code}`); `report` always does."
_FIXABLE = """\
`kognitos-migrate fix` rewrites the call, with all other calls of its
[conversation](../glossary.md#conversation). If it refuses, the finding has a reason: see
[Troubleshooting](../troubleshooting/README.md)."""
_SUPPRESS = """\
## Suppress it

```python
statement()  # kognitos-migrate: ignore[{code}] why this is a false alarm
```

More ways: [Suppressing findings](../suppressing.md)."""


def rule_pages() -> Mapping[str, str]:
    """The Markdown of the pages, by their path in the site."""
    rules = all_rules(load_rulebook())
    pages = {f"rules/{rule.code}.md": "\n".join(_page(rule)) for rule in rules}
    return {INDEX: "\n".join(_index(rules)), **pages}


def _index(rules: Sequence[Rule]) -> Iterator[str]:
    yield _INTRODUCTION
    for digit, title in _GROUPS.items():
        yield from (
            "",
            f"## {title}",
            "",
            "| code | name | meaning | severity |",
            "| --- | --- | --- | --- |",
        )
        for rule in rules:
            if rule.code[3] == digit:
                link = f"[{rule.code}]({rule.code}.md)"
                yield f"| {link} | {rule.name} | {cell(sentence(rule.message))} | {_severity(rule)} |"
    yield ""


def _page(rule: Rule) -> Iterator[str]:
    yield from (
        f"# {rule.code} {rule.name}",
        "",
        f"**{sentence(rule.message)}** Severity: {_severity(rule)}.",
    )
    yield from ("", rule.explain.rstrip())
    if rule.code.startswith(OFF_BY_DEFAULT):
        yield from ("", _OFF.format(code=rule.code))
    if isinstance(rule, Operation):
        yield from ("", f"The vendor's guide: <{rule.url}>")
        for example in rule.examples:
            yield from ("", f"## Example: {example.about}", "", diff_block(example.before, example.after))
        yield from ("", "## Fix it", "", _FIXABLE)
    elif rule.code in finding_examples():
        yield from ("", *example_section(finding_examples()[rule.code]))
    if not rule.code.startswith("KOG91"):
        yield from ("", _SUPPRESS.format(code=rule.code))
    yield ""


def _severity(rule: Rule) -> str:
    return rule.severity if isinstance(rule, OwnCode) else "error"
