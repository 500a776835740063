"""Suppression comments, the findings that they suppress, and comments that suppress nothing."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.finding import Finding, Place, Result, Suppressed, SuppressionKind
from kognitos_migrate.findings.manual_findings import manual_finding
from kognitos_migrate.rulebook.codes import (
    EXPIRED_SUPPRESSION,
    UNUSED_SUPPRESSION,
    WRONG_SUPPRESSION,
    OwnCode,
    known_codes,
)
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tokens import Comment, LogicalLines, Rows, logical_statements

TOOL = "kognitos-migrate:"
FILE_IGNORE = "file-ignore"

_VERBS = {"ignore": SuppressionKind.IGNORE, "keep": SuppressionKind.KEEP, FILE_IGNORE: SuppressionKind.IGNORE}
_OWN = re.compile(r"(?P<verb>[A-Za-z][\w-]*)\s*(?:\[(?P<codes>[^\]]*)\])?(?P<rest>.*)", re.DOTALL)
_NOQA = re.compile(r"noqa\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)", re.IGNORECASE)
_UNTIL = re.compile(r"(?:^|\s)until\s*=\s*(?P<day>\S*)")
_PRAGMA = re.compile(r"\s*(?:[A-Za-z][\w-]*\s*[:=\[(]|(?:noqa|nosec)\b)", re.IGNORECASE)
"""The start of a comment to a tool, such as `type: ignore` or `nosec`. Only such a comment may precede a
suppression."""
_NEXT = re.compile(f"#(?={_PRAGMA.pattern})", re.IGNORECASE)


class Directive(Struct, frozen=True):
    """A comment that suppresses these codes in some rows, or in the whole file (None)."""

    silence: SuppressionKind
    codes: tuple[str, ...]
    place: Place
    rows: Rows | None
    reason: str | None = None
    until: date | None = None


class InvalidDirective(Struct, frozen=True):
    """An invalid suppression comment, and the expected form."""

    place: Place
    message: str
    expected: str


class _CommentPart(Struct, frozen=True):
    """One comment to a tool. A line may have several, each after its own `#`."""

    text: str
    place: Place
    rows: Rows


def directives(
    path: str, text: str, known: Collection[str], read: Callable[[str], LogicalLines] = logical_statements
) -> Iterator[Directive | InvalidDirective]:
    """The suppressions in the comments of a source, for `known` codes. `read` tokenizes the source."""
    if TOOL not in text and not _names_codes(text, known):
        return
    for comment in read(text).comments:
        for part in _parts(path, comment):
            if part.text.startswith(TOOL):
                yield from _own(part, known)
            else:
                yield from _noqa(part, known)


def _names_codes(text: str, known: Collection[str]) -> bool:
    """Whether a `noqa` in a text may name one of these codes. Most name other tools' codes, and tokenizing is
    slow."""
    lowered = text.lower()
    return "noqa" in lowered and any(code.lower() in lowered for code in known)


def _parts(path: str, comment: Comment) -> Iterator[_CommentPart]:
    """The comments to tools at the start of `comment`."""
    column = comment.column
    for piece in _NEXT.split(comment.text[1:]):
        end = column + 1 + len(piece.rstrip())
        yield _CommentPart(piece.strip(), Place(path, comment.row, column, comment.row, end), comment.about)
        if not _PRAGMA.match(piece):
            return
        column += 1 + len(piece)


def _own(part: _CommentPart, known: Collection[str]) -> Iterator[Directive | InvalidDirective]:
    said = _OWN.match(part.text[len(TOOL) :].strip())
    if said is None or (said["codes"] is None and said["verb"] not in _VERBS):
        return  # prose
    if said["verb"] not in _VERBS:
        yield InvalidDirective(
            part.place, f"{said['verb']} suppresses nothing", f"expected {', '.join(_VERBS)}"
        )
        return
    named = tuple(code for code in re.split(r"[\s,]+", said["codes"] or "") if code)
    codes = tuple(code for code in dict.fromkeys(map(str.upper, named)) if code in known)
    until = _UNTIL.search(said["rest"])
    day = _day(until["day"]) if until else None
    reason = " ".join(_UNTIL.sub(" ", said["rest"]).split()).strip(" -:,") or None
    silence = _VERBS[said["verb"]]
    rows = None if said["verb"] == FILE_IGNORE else part.rows
    yield from _faults(part.place, said["verb"], named, known)
    if silence is SuppressionKind.KEEP and reason is None:
        yield InvalidDirective(
            part.place, "keep says no reason", "expected it behind the codes: keep[CODE] the reason"
        )
    if until and day is None:
        yield InvalidDirective(
            part.place, f"{until['day']!r} is no day", "expected one as in until=2027-03-31"
        )
    if codes:
        yield Directive(silence, codes, part.place, rows, reason, day)


def _faults(
    place: Place, verb: str, named: Collection[str], known: Collection[str]
) -> Iterator[InvalidDirective]:
    example = min(known, default="CODE")
    if not named:
        yield InvalidDirective(
            place, f"{verb} names no codes", f"expected them in brackets: {verb}[{example}]"
        )
    for code in named:
        if code.upper() not in known:
            yield InvalidDirective(place, f"{code} is no code", f"expected a whole one, as in {example}")


def _noqa(part: _CommentPart, known: Collection[str]) -> Iterator[Directive]:
    said = _NOQA.match(part.text)
    if said is None:
        return
    named = dict.fromkeys(code.upper() for code in re.split(r"[\s,]+", said["codes"]))
    codes = tuple(code for code in named if code in known)
    if codes:
        yield Directive(SuppressionKind.NOQA, codes, part.place, part.rows)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


class Suppressions(Struct, frozen=True):
    """The suppressions of a program, by file."""

    holding: Mapping[str, Sequence[Directive]]
    expired: Sequence[Directive]
    wrong: Sequence[InvalidDirective]

    @classmethod
    def of(
        cls,
        texts: Mapping[str, str],
        rulebook: Rulebook,
        today: date,
        read: Callable[[str], LogicalLines] = logical_statements,
    ) -> "Suppressions":
        """The suppressions in `texts` (by path) on the day `today`. `read` tokenizes a text."""
        known = known_codes(rulebook)
        found = [one for path, text in texts.items() for one in directives(path, text, known, read)]
        holding: dict[str, list[Directive]] = {}
        expired: list[Directive] = []
        for one in found:
            if isinstance(one, Directive):
                over = one.until is not None and one.until < today
                (expired if over else holding.setdefault(one.place.path, [])).append(one)
        return cls(holding, expired, [one for one in found if isinstance(one, InvalidDirective)])

    def hold(self, code: str, place: Place) -> bool:
        """Whether a finding with this code at this place is suppressed."""
        return next(self._over(code, place), None) is not None

    def suppressed(self, findings: Sequence[Finding]) -> list[Suppressed]:
        """The suppressed findings."""
        return [
            Suppressed(
                finding, one.silence, one.place, one.reason, one.until.isoformat() if one.until else None
            )
            for finding in findings
            if (one := next(self._over(finding.code, finding.place), None)) is not None
        ]

    def complaints(self, findings: Sequence[Finding]) -> Iterator[Finding]:
        """The findings about suppressions that are unused, expired or invalid. `findings` are all findings of
        the run."""
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
    return manual_finding(own, message, place, to_do, own.name)


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(codes)


def _is(codes: Sequence[str]) -> str:
    return "is" if len(codes) == 1 else "are"


def suppress_findings(
    result: Result,
    texts: Mapping[str, str],
    rulebook: Rulebook,
    settings: Settings,
    read: Callable[[str], LogicalLines] = logical_statements,
) -> Result:
    """`result` without suppressed findings, and with findings about the suppressions.

    It contains all findings of `texts`. `read` tokenizes a text.
    """
    silences = Suppressions.of(texts, rulebook, settings.today, read)
    suppressed = silences.suppressed(result.findings)
    hidden = {one.finding for one in suppressed}
    complaints = list(silences.complaints(result.findings))

    def left(findings: Sequence[Finding]) -> tuple[Finding, ...]:
        shown = [finding for finding in findings if finding not in hidden] if hidden else findings
        kept = [*shown, *complaints]
        return tuple(sorted(kept, key=lambda finding: (finding.place, finding.code)))

    return replace(
        result,
        findings=left(result.findings),
        remaining=left(result.remaining),
        suppressed=tuple(suppressed),
    )
