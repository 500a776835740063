"""A page for each reason why a finding has no safe fix, and their index: troubleshooting."""

from collections.abc import Iterator, Mapping

from kognitos_migrate.findings.examples import finding_examples
from kognitos_migrate.findings.reasons import Reason, all_reasons
from website.markup import cell, example_section

INDEX = "troubleshooting/README.md"

_INTRODUCTION = """\
# Troubleshooting

`fix` rewrites a [conversation](../glossary.md#conversation) only if it can prove that the program behaves
the same. A finding that it leaves alone has a reason, a stable word in parentheses such as
`(not-configured)`. The summary of a run counts the reasons, and `kognitos-migrate explain FILE:LINE` shows
what each is about.

Start with the reason that blocks most calls: one change often unlocks several conversations. Findings that
need your configuration come first, since no code has to change for them.

| reason | meaning | what to do |
| --- | --- | --- |"""


def reason_pages() -> Mapping[str, str]:
    """The Markdown of the pages, by their path in the site."""
    reasons = all_reasons()
    pages = {f"troubleshooting/{name}.md": "\n".join(_page(reason)) for name, reason in reasons.items()}
    rows = [
        f"| [{name}]({name}.md) | {cell(reason.means)} | {cell(reason.unlocks)} |"
        for name, reason in reasons.items()
    ]
    return {INDEX: "\n".join([_INTRODUCTION, *rows, ""]), **pages}


def _page(reason: Reason) -> Iterator[str]:
    yield from (f"# {reason.name}", "", reason.means, "", "## What to do", "", reason.unlocks)
    example = finding_examples().get(reason.name)
    if example is not None:
        yield from ("", *example_section(example))
    yield ""
