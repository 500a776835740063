"""Steps before a deployment, as texts: settings to change, and stored ids of the old version."""

from collections.abc import Iterator, Sequence

from kognitos_migrate.findings.result import DeployStep, Place, SettingKind, described_flows
from kognitos_migrate.report.escape import plain, plain_start
from kognitos_migrate.source.display_locations import DisplayLocations

DEPLOYMENT_TITLE = "Before you deploy"


def deployment_message(step: DeployStep, locations: DisplayLocations | None = None) -> str:
    """The effect or content of a setting, and the change that it needs."""
    if step.kind is SettingKind.FILE:
        if step.name:
            return f"{step.name} is {step.written}; change it to {step.instead}"
        return f"change {step.written} to {step.instead}"
    if step.kind is SettingKind.TABLE:
        return (
            f"{append_flows(f'{step.name} must list {step.written}', step, locations)}; "
            f"a missing one {step.instead}"
        )
    if step.kind in (SettingKind.STORED, SettingKind.TEST):
        return append_flows(step.written, step, locations)
    if step.kind is SettingKind.SHARED:
        return f"still v1, and may read {step.name} as well: migrate it first, or give it its own setting"
    if step.kind is SettingKind.SERVER:
        return f"{step.name} can replace the API; the server there must answer as {step.instead} does"
    if step.kind is SettingKind.FILE_NAME:
        return f"{step.name} can name another file than {step.written}; if that has v1, change it too"
    what = step.name if step.kind is SettingKind.OTHER else f"{step.kind.value} {step.name}"
    if step.instead:
        return append_flows(f"{what} must end with {step.instead} instead of {step.written}", step, locations)
    if step.kind is SettingKind.PARAMETER:
        return f"{what} can override the changed value; callers that pass v1 must change it too"
    return f"{what} can override the changed value; wherever it still points to v1, change it"


def append_flows(text: str, step: DeployStep, locations: DisplayLocations | None = None) -> str:
    """A text on a setting or on stored values, with the places where these are read or stored."""
    described = _flows(step, locations)
    return f"{text} ({described})" if described else text


def _flows(step: DeployStep, locations: DisplayLocations | None) -> str:
    """The places where the values of a step are stored or read."""

    def locate(place: Place) -> str:
        position = place.path, place.row, place.column
        return locations.format(*position) if locations is not None else ":".join(map(str, position))

    return described_flows(step.flows, locate)


MOST_ALIKE = 3
"""The limit on listed steps that need the same change."""


def deployment_lines(steps: Sequence[DeployStep], locations: DisplayLocations) -> Iterator[str]:
    """The list for a terminal. Empty without steps. Many steps that need the same change are shortened."""
    if steps:
        yield f"{DEPLOYMENT_TITLE}:"
    alike: dict[tuple[SettingKind, str], list[DeployStep]] = {}
    for step in steps:
        alike.setdefault(_change(step), []).append(step)
    for step in steps:
        group = alike[_change(step)] if step.kind in (SettingKind.TABLE, SettingKind.STORED) else []
        if len(group) <= MOST_ALIKE:
            yield f"  {_step_location(step, locations)}: {plain(deployment_message(step, locations))}"
        elif step is group[0]:
            yield from _shortened_lines(group, locations)


def _change(step: DeployStep) -> tuple[SettingKind, str]:
    """The change that a step needs, equal for steps that extend one table or ask for the same about ids."""
    return step.kind, step.name if step.kind is SettingKind.TABLE else step.written


def _shortened_lines(steps: Sequence[DeployStep], locations: DisplayLocations) -> Iterator[str]:
    """The change that all `steps` need, the first places that need it, and the number of others."""
    first, is_table = steps[0], steps[0].kind is SettingKind.TABLE
    keys = first.written.partition(" from ")[0]
    common = f"{first.name} must list {keys} that is only known at run time" if is_table else first.written
    yield f"  {plain(common)}:"
    for step in steps[:MOST_ALIKE]:
        own = append_flows(step.written, step, locations) if is_table else _flows(step, locations)
        yield f"    {_step_location(step, locations)}" + (f": {plain(own)}" if own else "")
    effect = f"; a missing one {plain(first.instead)}" if is_table else ""
    yield f"    and {len(steps) - MOST_ALIKE} more{effect}"


def _step_location(step: DeployStep, locations: DisplayLocations) -> str:
    return plain_start(locations.format(step.place.path, step.place.row, step.place.column))
