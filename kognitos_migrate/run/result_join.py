"""Joins the results of components into one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from kognitos_migrate.findings.finding import (
    Change,
    DeployStep,
    Finding,
    MigratedCall,
    Missing,
    Place,
    Result,
    SettingKind,
)
from kognitos_migrate.structs import replace

Named = TypeVar("Named", Finding, MigratedCall)


def join_results(results: Sequence[Result]) -> Result:
    """The results joined, in the order of place. Conversations are renumbered to be unique."""
    if len(results) == 1:
        return results[0]
    numbered = list(_numbered_through(results))
    findings = [finding for one in numbered for finding in one.findings]
    remaining = [finding for one in numbered for finding in one.remaining]
    changes = [change for one in numbered for change in one.changes]
    keys = {setting: None for one in numbered for setting in one.keys}
    return Result(
        findings=tuple(sorted(findings, key=_order)),
        remaining=tuple(sorted(remaining, key=_order)),
        changes=tuple(sorted(changes, key=_order_of_change)),
        keys={
            setting: _unique(key for one in numbered for key in one.keys.get(setting, ())) for setting in keys
        },
        missing=tuple(_missing(numbered)),
        problems=tuple(sorted(problem for one in numbered for problem in one.problems)),
        migrated=tuple(sorted(call for one in numbered for call in one.migrated)),
        blind_spots=tuple(sorted(spot for one in numbered for spot in one.blind_spots)),
        accounted=tuple(sorted({place for one in numbered for place in one.accounted})),
        files_around=tuple(sorted({path for one in numbered for path in one.files_around})),
        deployment=_deployment(numbered),
        credentials=tuple(sorted({span for one in numbered for span in one.credentials})),
    )


def _numbered_through(results: Sequence[Result]) -> Iterator[Result]:
    """The results with conversation names (`c3`) renumbered consecutively."""
    taken: Counter[str] = Counter()
    for result in results:
        ahead = Counter(taken)
        names = (one.conversation for one in (*result.findings, *result.remaining))
        for name in (*names, *(one.conversation for one in result.migrated)):
            if name is not None:
                taken[name[0]] = max(taken[name[0]], ahead[name[0]] + int(name[1:]))
        yield replace(
            result,
            findings=_shifted(result.findings, ahead),
            remaining=_shifted(result.remaining, ahead),
            migrated=_shifted(result.migrated, ahead),
        )


def _shifted(found: Sequence[Named], ahead: Counter[str]) -> tuple[Named, ...]:
    return tuple(
        one
        if one.conversation is None
        else replace(
            one, conversation=f"{one.conversation[0]}{int(one.conversation[1:]) + ahead[one.conversation[0]]}"
        )
        for one in found
    )


def _missing(results: Iterable[Result]) -> Iterator[Missing]:
    """The keys that the configuration lacks, each once."""
    places: dict[tuple[str, str], dict[Place, None]] = {}
    for lacking in (lacking for one in results for lacking in one.missing):
        places.setdefault((lacking.setting, lacking.key), {}).update(dict.fromkeys(lacking.places))
    return (Missing(setting, key, tuple(where)) for (setting, key), where in places.items())


def _deployment(results: Iterable[Result]) -> tuple[DeployStep, ...]:
    """The deployment steps, each setting once."""
    first: dict[tuple[SettingKind, str, str], DeployStep] = {}
    for step in sorted((step for one in results for step in one.deployment), key=lambda step: step.place):
        first.setdefault((step.kind, step.name, step.written), step)
    return tuple(first.values())


def _unique(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(keys))


def _order(finding: Finding) -> tuple[Place, str]:
    return finding.place, finding.code


def _order_of_change(change: Change) -> tuple[bool, str]:
    """New files come last."""
    return change.before is None, change.path
