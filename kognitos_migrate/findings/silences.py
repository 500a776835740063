"""Findings that comments suppress, and comments that suppress nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from kognitos_migrate.findings.by_hand import by_hand
from kognitos_migrate.findings.directives import Directive, Wrong, directives
from kognitos_migrate.findings.finding import Finding, Place, Suppressed
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.codes import (
    EXPIRED_SUPPRESSION,
    UNUSED_SUPPRESSION,
    WRONG_SUPPRESSION,
    OwnCode,
    known_codes,
)
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.syntax.logical import Statements, statements


class Silences(Struct, frozen=True):
    """What the comments of a program suppress, by file."""

    holding: Mapping[str, Sequence[Directive]]
    expired: Sequence[Directive]
    wrong: Sequence[Wrong]

    @classmethod
    def of(
        cls,
        texts: Mapping[str, str],
        rulebook: Rulebook,
        today: date,
        read: Callable[[str], Statements] = statements,
    ) -> "Silences":
        """What the comments in `texts` (by path) suppress on this day; `read` finds the comments."""
        known = known_codes(rulebook)
        found = [one for path, text in texts.items() for one in directives(path, text, known, read)]
        holding: dict[str, list[Directive]] = {}
        expired: list[Directive] = []
        for one in found:
            if isinstance(one, Directive):
                over = one.until is not None and one.until < today
                (expired if over else holding.setdefault(one.place.path, [])).append(one)
        return cls(holding, expired, [one for one in found if isinstance(one, Wrong)])

    def hold(self, code: str, place: Place) -> bool:
        """Whether a finding with this code at this place is suppressed."""
        return next(self._over(code, place), None) is not None

    def suppressed(self, findings: Sequence[Finding]) -> list[Suppressed]:
        """Those of `findings` that are suppressed."""
        return [
            Suppressed(
                finding, one.silence, one.place, one.reason, one.until.isoformat() if one.until else None
            )
            for finding in findings
            if (one := next(self._over(finding.code, finding.place), None)) is not None
        ]

    def complaints(self, findings: Sequence[Finding]) -> Iterator[Finding]:
        """What is to be said of the comments themselves, where `findings` is all that was found."""
        used = {
            (one, finding.code) for finding in findings for one in self._over(finding.code, finding.place)
        }
        for one in (one for inside in self.holding.values() for one in inside):
            unused = [code for code in one.codes if (one, code) not in used]
            if unused:
                where = "file" if one.rows is None else "statement"
                message = f"{_listed(unused)} {_is(unused)} not found in this {where}: nothing is suppressed"
                yield _complaint(UNUSED_SUPPRESSION, one.place, message, "take it out of the comment")
        for one in self.expired:
            message = f"this suppression of {_listed(one.codes)} has expired: it held until {one.until}"
            yield _complaint(EXPIRED_SUPPRESSION, one.place, message, "migrate it, or set a new day")
        for wrong in self.wrong:
            yield _complaint(WRONG_SUPPRESSION, wrong.place, wrong.message, wrong.expected)

    def _over(self, code: str, place: Place) -> Iterator[Directive]:
        for one in self.holding.get(place.path, ()):
            within = one.rows is None or one.rows.first <= place.row <= one.rows.last
            if within and code in one.codes:
                yield one


def _complaint(own: OwnCode, place: Place, message: str, to_do: str) -> Finding:
    return by_hand(own, message, place, to_do, own.name)


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(codes)


def _is(codes: Sequence[str]) -> str:
    return "is" if len(codes) == 1 else "are"
