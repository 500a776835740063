"""Suppression comments, the findings that they suppress, and comments that suppress nothing."""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import takewhile

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.manual_findings import manual_finding
from kognitos_migrate.findings.result import Finding, Place, Result, Suppressed, SuppressionKind
from kognitos_migrate.rulebook.codes import (
    EXPIRED_SUPPRESSION,
    UNUSED_SUPPRESSION,
    WRONG_SUPPRESSION,
    OwnCode,
    known_codes,
)
from kognitos_migrate.rulebook.document import suggestion
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tokens import Comment, LogicalLines, Rows, logical_statements

TOOL = "kognitos-migrate:"
FILE_IGNORE = "file-ignore"

_VERBS = {"ignore": SuppressionKind.IGNORE, "keep": SuppressionKind.KEEP, FILE_IGNORE: SuppressionKind.IGNORE}
_NAME = TOOL.removesuffix(":")
_WITHOUT_COLON = re.compile(rf"{_NAME}\s+(?:file-ignore|ignore|keep)\s*\[")
_OWN = re.compile(r"(?P<verb>[A-Za-z][\w-]*)\s*(?:\[(?P<codes>[^\]]*)\])?(?P<rest>.*)", re.DOTALL)
_NOQA = re.compile(r"noqa\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)", re.IGNORECASE)
_UNTIL = re.compile(r"(?:^|\s)until\s*=\s*(?P<day>\S*)")
_PRAGMA = re.compile(r"\s*(?:[A-Za-z][\w-]*\s*[:=\[(]|(?:noqa|nosec)\b)", re.IGNORECASE)
"""The start of a comment to a tool, such as `type: ignore` or `nosec`. Only such a comment may precede a
suppression."""
_NEXT = re.compile(f"#(?={_PRAGMA.pattern})", re.IGNORECASE)


class Directive(Struct, frozen=True):
    """A comment that suppresses these codes in some rows, or in the whole file (None)."""

    kind: SuppressionKind
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
    path: str,
    text: str,
    valid_codes: Collection[str],
    read: Callable[[str], LogicalLines] = logical_statements,
) -> Iterator[Directive | InvalidDirective]:
    """The suppressions of `valid_codes` in the comments of a source, which `read` tokenizes."""
    if _NAME not in text and not _names_codes(text, valid_codes):
        return
    for comment in read(text).comments:
        for part in _tool_comments(path, comment):
            if part.text.startswith(TOOL):
                yield from _own_directives(part, valid_codes)
            elif _WITHOUT_COLON.match(part.text):
                yield InvalidDirective(part.place, "missing colon", f"expected {TOOL}")
            else:
                yield from _noqa(part, valid_codes)


def _names_codes(text: str, codes: Collection[str]) -> bool:
    """Whether a `noqa` in a text may name one of these codes. Most name other tools' codes, and tokenizing is
    slow."""
    lowered = text.lower()
    return "noqa" in lowered and any(code.lower() in lowered for code in codes)


def _tool_comments(path: str, comment: Comment) -> Iterator[_CommentPart]:
    """The comments to tools at the start of `comment`."""
    column = comment.column
    for piece in _NEXT.split(comment.text[1:]):
        end = column + 1 + len(piece.rstrip())
        yield _CommentPart(piece.strip(), Place(path, comment.row, column, comment.row, end), comment.about)
        if not _PRAGMA.match(piece):
            return
        column += 1 + len(piece)


def _own_directives(
    part: _CommentPart, valid_codes: Collection[str]
) -> Iterator[Directive | InvalidDirective]:
    match = _OWN.match(part.text[len(TOOL) :].strip())
    if match is None or (match["codes"] is None and match["verb"] not in _VERBS):
        return  # prose
    if match["verb"] not in _VERBS:
        hint = suggestion(match["verb"], _VERBS)
        yield InvalidDirective(part.place, f"unknown word {match['verb']!r} after {TOOL}", hint)
        return
    named = tuple(code for code in re.split(r"[\s,]+", match["codes"] or "") if code)
    codes = tuple(code for code in dict.fromkeys(map(str.upper, named)) if code in valid_codes)
    until = _UNTIL.search(match["rest"])
    day = _day(until["day"]) if until else None
    reason = " ".join(_UNTIL.sub(" ", match["rest"]).split()).strip(" -:,") or None
    kind = _VERBS[match["verb"]]
    rows = None if match["verb"] == FILE_IGNORE else part.rows
    yield from _faults(part.place, match["verb"], named, valid_codes)
    if kind is SuppressionKind.KEEP and reason is None:
        yield InvalidDirective(part.place, "`keep` needs a reason", "expected keep[CODE] the reason")
    if until and day is None:
        yield InvalidDirective(part.place, f"invalid date {until['day']!r}", "expected until=2027-03-31")
    if codes:
        yield Directive(kind, codes, part.place, rows, reason, day)


def _faults(
    place: Place, verb: str, named: Collection[str], valid_codes: Collection[str]
) -> Iterator[InvalidDirective]:
    example = min(valid_codes, default="CODE")
    if not named:
        yield InvalidDirective(place, f"`{verb}` needs codes", f"expected {verb}[{example}]")
    for code in named:
        if code.upper() not in valid_codes:
            near = _nearest_code(code.upper(), sorted(valid_codes))
            hint = f"did you mean {near}?" if near else f"expected a full code, as in {example}"
            yield InvalidDirective(place, f"unknown code {code}", hint)


def _nearest_code(code: str, valid_codes: Sequence[str]) -> str | None:
    """The code that a misspelled one resembles most, in its first characters above all."""
    near = difflib.get_close_matches(code, valid_codes, n=len(valid_codes) or 1, cutoff=0.82)
    return max(near, key=lambda other: _common_length(other, code), default=None)


def _common_length(one: str, other: str) -> int:
    """The number of first characters that two texts have in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _noqa(part: _CommentPart, valid_codes: Collection[str]) -> Iterator[Directive]:
    match = _NOQA.match(part.text)
    if match is None:
        return
    named = dict.fromkeys(code.upper() for code in re.split(r"[\s,]+", match["codes"]))
    codes = tuple(code for code in named if code in valid_codes)
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
        valid_codes = known_codes(rulebook)
        all_directives = [
            directive
            for path, text in texts.items()
            for directive in directives(path, text, valid_codes, read)
        ]
        holding: dict[str, list[Directive]] = {}
        expired: list[Directive] = []
        for directive in all_directives:
            if isinstance(directive, Directive):
                is_expired = directive.until is not None and directive.until < today
                (expired if is_expired else holding.setdefault(directive.place.path, [])).append(directive)
        return cls(
            holding,
            expired,
            [directive for directive in all_directives if isinstance(directive, InvalidDirective)],
        )

    def is_suppressed(self, code: str, place: Place) -> bool:
        """Whether a finding with this code at this place is suppressed."""
        return next(self._over(code, place), None) is not None

    def suppress(self, findings: Sequence[Finding]) -> list[Suppressed]:
        """The suppressed findings."""
        return [
            Suppressed(
                finding,
                directive.kind,
                directive.place,
                directive.reason,
                directive.until.isoformat() if directive.until else None,
            )
            for finding in findings
            if (directive := next(self._over(finding.code, finding.place), None)) is not None
        ]

    def complaints(self, findings: Sequence[Finding]) -> Iterator[Finding]:
        """The findings about suppressions that are unused, expired or invalid. `findings` are all findings of
        the run."""
        used = {
            (directive, finding.code)
            for finding in findings
            for directive in self._over(finding.code, finding.place)
        }
        for directive in (directive for inside in self.holding.values() for directive in inside):
            unused = [code for code in directive.codes if (directive, code) not in used]
            if unused:
                where = "file" if directive.rows is None else "statement"
                message = (
                    f"{', '.join(unused)} {_verb(unused)} not found in this {where}: nothing is suppressed"
                )
                yield _complaint(UNUSED_SUPPRESSION, directive.place, message, "remove it from the comment")
        for directive in self.expired:
            message = f"this suppression of {', '.join(directive.codes)} expired on {directive.until}"
            yield _complaint(EXPIRED_SUPPRESSION, directive.place, message, "migrate it, or set a new date")
        for wrong in self.wrong:
            yield _complaint(WRONG_SUPPRESSION, wrong.place, wrong.message, wrong.expected)

    def _over(self, code: str, place: Place) -> Iterator[Directive]:
        for directive in self.holding.get(place.path, ()):
            within = directive.rows is None or directive.rows.first <= place.row <= directive.rows.last
            if within and code in directive.codes:
                yield directive


def _complaint(code: OwnCode, place: Place, message: str, to_do: str) -> Finding:
    return manual_finding(code, message, place, to_do, code.name)


def _verb(codes: Sequence[str]) -> str:
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
    suppressions = Suppressions.of(texts, rulebook, settings.today, read)
    suppressed = suppressions.suppress(result.findings)
    hidden = {entry.finding for entry in suppressed}
    complaints = list(suppressions.complaints(result.findings))

    def visible_and_complaints(findings: Sequence[Finding]) -> tuple[Finding, ...]:
        visible = [finding for finding in findings if finding not in hidden] if hidden else findings
        with_complaints = [*visible, *complaints]
        return tuple(sorted(with_complaints, key=lambda finding: (finding.place, finding.code)))

    return replace(
        result,
        findings=visible_and_complaints(result.findings),
        remaining=visible_and_complaints(result.remaining),
        suppressed=tuple(suppressed),
    )
