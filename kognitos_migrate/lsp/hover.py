"""Hover texts in Markdown: what `explain` says of a finding, without its excerpt and diff."""

from collections.abc import Iterator, Sequence

from kognitos_migrate.findings.reasons import unlock_text
from kognitos_migrate.findings.result import Applicability, Finding, Step
from kognitos_migrate.report.escape import markdown, markdown_block
from kognitos_migrate.report.export import fix_description
from kognitos_migrate.report.markdown import markdown_place
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.source.display_locations import DisplayLocations


def finding_hover(finding: Finding, members: Sequence[Finding], locations: DisplayLocations) -> str:
    """The text for a finding. `members` are the findings of its conversation."""
    return "\n\n".join(_paragraphs(finding, members, locations))


def step_hover(finding: Finding, step: Step, locations: DisplayLocations) -> str:
    """The text for a step of a finding elsewhere."""
    place = markdown_place(finding.place, locations)
    return (
        f"A step of **{finding.code}** at {place}: {markdown(finding.message)}\n\nHere: {markdown(step.text)}"
    )


def _paragraphs(finding: Finding, members: Sequence[Finding], locations: DisplayLocations) -> Iterator[str]:
    code = f"[{finding.code}]({finding.url})" if finding.url else f"**{finding.code}**"
    yield f"{code} {markdown(finding.message)}"
    if finding.fix.message:
        yield f"*{markdown(fix_description(finding))}*: {markdown(finding.fix.message)}"
    unlock = unlock_text(finding)
    if finding.fix.applicability is not Applicability.SAFE and unlock is not None:
        yield f"*what to do*: {markdown(unlock)}"
    if finding.help:
        yield markdown_block(finding.help, "yaml" if "\n" in finding.help else "")
    for note in finding.notes:
        yield f"*note*: {markdown(note)}"
    if len(members) > 1:
        yield "\n".join(
            [
                f"*conversation*: {pluralize(len(members), 'request')}, fixed together or not at all",
                "",
                *(_member_line(member, locations) for member in members),
            ]
        )
    if finding.trace:
        yield "\n".join(
            [
                "*trace*:",
                "",
                *(
                    f"{number}. {markdown_place(step.place, locations)}: {markdown(step.text)}"
                    for number, step in enumerate(finding.trace, 1)
                ),
            ]
        )


def _member_line(finding: Finding, locations: DisplayLocations) -> str:
    return f"- {markdown_place(finding.place, locations)}: {finding.code} {markdown(finding.message)}"
