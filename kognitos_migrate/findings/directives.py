"""Comments that suppress findings, as they are written in a source."""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import date

from kognitos_migrate.findings.finding import Place, Silence
from kognitos_migrate.record import Struct
from kognitos_migrate.syntax.logical import Comment, Rows, Statements, statements

TOOL = "kognitos-migrate:"
FILE_IGNORE = "file-ignore"

_VERBS = {"ignore": Silence.IGNORE, "keep": Silence.KEEP, FILE_IGNORE: Silence.IGNORE}
_OWN = re.compile(r"(?P<verb>[A-Za-z][\w-]*)\s*(?:\[(?P<codes>[^\]]*)\])?(?P<rest>.*)", re.DOTALL)
_NOQA = re.compile(r"noqa\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)", re.IGNORECASE)
_UNTIL = re.compile(r"(?:^|\s)until\s*=\s*(?P<day>\S*)")
_PRAGMA = re.compile(r"\s*(?:[A-Za-z][\w-]*\s*[:=\[(]|(?:noqa|nosec)\b)", re.IGNORECASE)
"""How a comment to a tool begins; only another such may stand before one: `type: ignore`, `nosec`."""
_NEXT = re.compile(f"#(?={_PRAGMA.pattern})", re.IGNORECASE)


class Directive(Struct, frozen=True):
    """A comment that suppresses these codes in some rows, or in the whole file (None)."""

    silence: Silence
    codes: tuple[str, ...]
    place: Place
    rows: Rows | None
    reason: str | None = None
    until: date | None = None


class Wrong(Struct, frozen=True):
    """What is wrong with a comment that was to suppress something, and what was expected."""

    place: Place
    message: str
    expected: str


class _Part(Struct, frozen=True):
    """What one comment says; several may follow each other on a line, each after its own `#`."""

    text: str
    place: Place
    rows: Rows


def directives(
    path: str, text: str, known: Collection[str], read: Callable[[str], Statements] = statements
) -> Iterator[Directive | Wrong]:
    """What the comments of a source suppress, of the codes that are `known`. `read` finds the comments."""
    if TOOL not in text and not _names_codes(text, known):
        return
    for comment in read(text).comments:
        for part in _parts(path, comment):
            if part.text.startswith(TOOL):
                yield from _own(part, known)
            else:
                yield from _noqa(part, known)


def _names_codes(text: str, known: Collection[str]) -> bool:
    """Whether a `noqa` in a text may be one of these codes: most are of other tools, and tokens cost much."""
    lowered = text.lower()
    return "noqa" in lowered and any(code.lower() in lowered for code in known)


def _parts(path: str, comment: Comment) -> Iterator[_Part]:
    """The comments to tools that `comment` begins with."""
    column = comment.column
    for piece in _NEXT.split(comment.text[1:]):
        end = column + 1 + len(piece.rstrip())
        yield _Part(piece.strip(), Place(path, comment.row, column, comment.row, end), comment.about)
        if not _PRAGMA.match(piece):
            return
        column += 1 + len(piece)


def _own(part: _Part, known: Collection[str]) -> Iterator[Directive | Wrong]:
    said = _OWN.match(part.text[len(TOOL) :].strip())
    if said is None or (said["codes"] is None and said["verb"] not in _VERBS):
        return  # prose
    if said["verb"] not in _VERBS:
        yield Wrong(part.place, f"{said['verb']} suppresses nothing", f"expected {', '.join(_VERBS)}")
        return
    named = tuple(code for code in re.split(r"[\s,]+", said["codes"] or "") if code)
    codes = tuple(code for code in dict.fromkeys(map(str.upper, named)) if code in known)
    until = _UNTIL.search(said["rest"])
    day = _day(until["day"]) if until else None
    reason = " ".join(_UNTIL.sub(" ", said["rest"]).split()).strip(" -:,") or None
    silence = _VERBS[said["verb"]]
    rows = None if said["verb"] == FILE_IGNORE else part.rows
    yield from _faults(part.place, said["verb"], named, known)
    if silence is Silence.KEEP and reason is None:
        yield Wrong(part.place, "keep says no reason", "expected it behind the codes: keep[CODE] the reason")
    if until and day is None:
        yield Wrong(part.place, f"{until['day']!r} is no day", "expected one as in until=2027-03-31")
    if codes:
        yield Directive(silence, codes, part.place, rows, reason, day)


def _faults(place: Place, verb: str, named: Collection[str], known: Collection[str]) -> Iterator[Wrong]:
    example = min(known, default="CODE")
    if not named:
        yield Wrong(place, f"{verb} names no codes", f"expected them in brackets: {verb}[{example}]")
    for code in named:
        if code.upper() not in known:
            yield Wrong(place, f"{code} is no code", f"expected a whole one, as in {example}")


def _noqa(part: _Part, known: Collection[str]) -> Iterator[Directive]:
    said = _NOQA.match(part.text)
    if said is None:
        return
    named = dict.fromkeys(code.upper() for code in re.split(r"[\s,]+", said["codes"]))
    codes = tuple(code for code in named if code in known)
    if codes:
        yield Directive(Silence.NOQA, codes, part.place, part.rows)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None
