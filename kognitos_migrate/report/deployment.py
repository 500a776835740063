"""What to do before a changed program is deployed, in words."""

from collections.abc import Iterator, Sequence

from kognitos_migrate.findings.finding import DeployStep, SettingKind
from kognitos_migrate.report.escape import plain, plain_start
from kognitos_migrate.source.locations import Locations

TITLE = "Before you deploy"


def message_of(step: DeployStep) -> str:
    """What a setting does, or holds, and what it must become."""
    if step.kind is SettingKind.FILE:
        subject = f"{step.name} is {step.written}" if step.name else step.written
        return f"{subject}; change it to {step.instead}"
    if step.kind is SettingKind.TABLE:
        return f"{step.name} must list {step.written}; one that it lacks {step.instead}"
    what = step.name if step.kind is SettingKind.OTHER else f"{step.kind.value} {step.name}"
    return f"{what} can override what is changed here; where it names the old version, change it, too"


def deployment_lines(steps: Sequence[DeployStep], where: Locations) -> Iterator[str]:
    """The list for a terminal; nothing where there are no steps."""
    if steps:
        yield f"{TITLE}:"
    for step in steps:
        place = where.said(step.place.path, step.place.row, step.place.column)
        yield f"  {plain_start(place)}: {plain(message_of(step))}"
