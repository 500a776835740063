"""Joins the results of components into one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from kognitos_migrate.findings.result import (
    Change,
    Finding,
    MigratedCall,
    Missing,
    Place,
    Result,
)
from kognitos_migrate.structs import replace

Named = TypeVar("Named", Finding, MigratedCall)


def join_results(results: Sequence[Result]) -> Result:
    """The results joined, in the order of place. Conversations are renumbered to be unique."""
    if len(results) == 1:
        return results[0]
    numbered = list(_numbered_through(results))
    findings = [finding for result in numbered for finding in result.findings]
    remaining = [finding for result in numbered for finding in result.remaining]
    changes = [change for result in numbered for change in result.changes]
    deployment = [step for result in numbered for step in result.deployment]
    keys = {setting: None for result in numbered for setting in result.keys}
    return Result(
        findings=tuple(sorted(findings, key=_order)),
        remaining=tuple(sorted(remaining, key=_order)),
        changes=tuple(sorted(changes, key=_order_of_change)),
        keys={
            setting: _unique(key for result in numbered for key in result.keys.get(setting, ()))
            for setting in keys
        },
        missing=merge_missing(result.missing for result in numbered),
        problems=tuple(sorted(problem for result in numbered for problem in result.problems)),
        migrated=tuple(sorted(call for result in numbered for call in result.migrated)),
        migrated_modules=tuple(sorted({module for result in numbered for module in result.migrated_modules})),
        blind_spots=tuple(sorted(spot for result in numbered for spot in result.blind_spots)),
        literals_without_finding=tuple(
            sorted({place for result in numbered for place in result.literals_without_finding})
        ),
        settings_of_others=tuple(
            sorted({place for result in numbered for place in result.settings_of_others})
        ),
        files_around=tuple(sorted({path for result in numbered for path in result.files_around})),
        calls_around=tuple(sorted({place for result in numbered for place in result.calls_around})),
        deployment=tuple(dict.fromkeys(sorted(deployment, key=lambda step: step.place))),
        credentials=tuple(sorted({span for result in numbered for span in result.credentials})),
    )


def _numbered_through(results: Sequence[Result]) -> Iterator[Result]:
    """The results with conversation names (`c3`) renumbered consecutively."""
    highest: Counter[str] = Counter()
    for result in results:
        ahead = Counter(highest)
        names = (finding.conversation for finding in (*result.findings, *result.remaining))
        for name in (*names, *(call.conversation for call in result.migrated)):
            if name is not None:
                highest[name[0]] = max(highest[name[0]], ahead[name[0]] + int(name[1:]))
        yield replace(
            result,
            findings=_renumber(result.findings, ahead),
            remaining=_renumber(result.remaining, ahead),
            migrated=_renumber(result.migrated, ahead),
        )


def _renumber(items: Sequence[Named], ahead: Counter[str]) -> tuple[Named, ...]:
    return tuple(
        item
        if item.conversation is None
        else replace(
            item,
            conversation=f"{item.conversation[0]}{int(item.conversation[1:]) + ahead[item.conversation[0]]}",
        )
        for item in items
    )


def merge_missing(groups: Iterable[Iterable[Missing]]) -> tuple[Missing, ...]:
    """The keys that the configuration lacks, each once."""
    places: dict[Missing, dict[Place, None]] = {}
    for missing_key in (missing_key for group in groups for missing_key in group):
        places.setdefault(replace(missing_key, places=()), {}).update(dict.fromkeys(missing_key.places))
    return tuple(replace(missing_key, places=tuple(key_places)) for missing_key, key_places in places.items())


def _unique(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(keys))


def _order(finding: Finding) -> tuple[Place, str]:
    return finding.place, finding.code


def _order_of_change(change: Change) -> tuple[bool, str]:
    """New files come last."""
    return change.before is None, change.path
