"""Results as the caches store them.

The fixes of a conversation share their edits. An encoded result doesn't: the edits of a conversation with a
thousand findings would be stored a thousand times.
"""

from collections.abc import Sequence

from kognitos_migrate.findings.result import Finding, Result
from kognitos_migrate.source.text_edits import Edit
from kognitos_migrate.structs import Struct, replace


class StoredResult(Struct, frozen=True):
    """A result whose findings have no edits. Each group of `edits` is stored once.

    `groups` are the numbers of their groups: for the findings, the remaining ones, and the suppressed ones.
    """

    result: Result
    edits: tuple[tuple[Edit, ...], ...]
    groups: tuple[int, ...]

    @classmethod
    def of(cls, result: Result) -> "StoredResult":
        """The result, for the cache."""
        numbers: dict[int, int] = {}
        edits: list[tuple[Edit, ...]] = []
        groups: list[int] = []
        for finding in _findings(result):
            own = finding.fix.edits
            if id(own) not in numbers:
                numbers[id(own)] = len(edits)
                edits.append(own)
            groups.append(numbers[id(own)])
        stored = _with_edits(result, [()] * len(groups))
        return cls(stored, tuple(edits), tuple(groups))

    def restore(self) -> Result:
        """The result from the cache. Raises IndexError if the entry is damaged."""
        return _with_edits(self.result, [self.edits[number] for number in self.groups])


def _findings(result: Result) -> list[Finding]:
    suppressed = (suppression.finding for suppression in result.suppressed)
    return [*result.findings, *result.remaining, *suppressed]


def _with_edits(result: Result, edits: Sequence[tuple[Edit, ...]]) -> Result:
    """The result with these edits of its findings, in the order of `_findings`."""
    findings = [
        replace(finding, fix=replace(finding.fix, edits=own))
        for finding, own in zip(_findings(result), edits, strict=True)
    ]
    first = len(result.findings)
    second = first + len(result.remaining)
    return replace(
        result,
        findings=tuple(findings[:first]),
        remaining=tuple(findings[first:second]),
        suppressed=tuple(
            replace(suppression, finding=finding)
            for suppression, finding in zip(result.suppressed, findings[second:], strict=True)
        ),
    )
