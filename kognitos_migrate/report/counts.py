"""What a run found, in numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence

from kognitos_migrate.findings.finding import Applicability, Finding, Result
from kognitos_migrate.record import Struct
from kognitos_migrate.report.words import NOTHING, counted
from kognitos_migrate.rulebook.codes import OWN_CODES

NAMED = "KOG4"
"""How the codes of v1 named where it is not called begin."""
UNANALYSED = "KOG90"
"""How the codes of what could not be analysed begin."""
SUPPRESSIONS = "KOG91"
"""How the codes of comments that suppress nothing begin."""


class Counts(Struct, frozen=True):
    """The findings of a run, counted."""

    total: int
    files: int
    named: int
    unanalysed: int
    suppressions: int
    by_applicability: Counter[Applicability]
    by_code: Counter[str]
    by_reason: Counter[str]

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> "Counts":
        """The counts of `findings`."""
        return cls(
            total=len(findings),
            files=len({finding.place.path for finding in findings}),
            named=sum(finding.code.startswith(NAMED) for finding in findings),
            unanalysed=sum(finding.code.startswith(UNANALYSED) for finding in findings),
            suppressions=sum(finding.code.startswith(SUPPRESSIONS) for finding in findings),
            by_applicability=Counter(finding.fix.applicability for finding in findings),
            by_code=Counter(finding.code for finding in findings),
            by_reason=Counter(finding.reason for finding in findings if finding.reason),
        )

    def applicable(self, applicability: Applicability) -> int:
        """How many findings are fixed like this."""
        return self.by_applicability[applicability]

    def found(self) -> str:
        """`3 v1 uses in 2 files`, or what else was found."""
        parts = []
        uses = self.total - self.named - self.unanalysed - self.suppressions
        if uses:
            parts.append(counted(uses, "v1 use"))
        if self.named:
            parts.append(f"{counted(self.named, 'mention')} of v1")
        if self.unanalysed:
            parts.append(f"{counted(self.unanalysed, 'place')} that could not be analysed")
        if self.suppressions:
            parts.append(f"{counted(self.suppressions, 'suppression')} to mend")
        return f"{_joined(parts)} in {counted(self.files, 'file')}"

    def ways(self) -> str:
        """`2 fixable with …, 1 by hand`: how the findings can be fixed."""
        return ", ".join(f"{count} {way}" for count, way in self._ways() if count)

    def _ways(self) -> Iterable[tuple[int, str]]:
        for applicability, way in WAYS.items():
            yield self.applicable(applicability), way


WAYS = {
    Applicability.SAFE: "fixable with `kognitos-migrate fix`",
    Applicability.ADAPT: "with `kognitos-migrate fix --adapt`",
    Applicability.UNSAFE: "with `kognitos-migrate fix --unsafe`",
    Applicability.MANUAL: "by hand",
}
"""How findings of each kind are fixed, in words."""


def _joined(parts: Sequence[str]) -> str:
    *most, last = parts or ("nothing",)
    return f"{', '.join(most)} and {last}" if most else last


def nothing(result: Result) -> str:
    """The line for a run without findings: how many places could not be resolved, if there are such, and
    whether something is suppressed."""
    files = counted(result.files, "file")
    if not result.blind_spots:
        return f"{'Nothing to report' if result.suppressed else NOTHING} in {files}."
    spots = counted(len(result.blind_spots), "place")
    it = "it" if len(result.blind_spots) == 1 else "them"
    return (
        f"Nothing to report in {files}, but {spots} could not be resolved (`check -v` lists {it}, "
        f"`check --strict` fails on {it})."
    )


def meaning(finding: Finding) -> str:
    """What all findings with its code are, in a few words; those of the tool's own codes differ in what they
    say."""
    own = next((one for one in OWN_CODES if one.code == finding.code), None)
    return own.message if own is not None else finding.message
