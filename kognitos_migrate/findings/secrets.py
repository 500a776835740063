"""Secrets in source: what stands beside a name such as `api-key` or `password`, or looks like a key."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from kognitos_migrate.record import Struct

_WORD = (
    r"(?:api[-_]?key|secret|token|passw(?:or)?d|passphrase|credential|authorization|private[-_]?key"
    r"|access[-_]?key|subscription[-_]?key)"
)
# what is looked for in whole files begins with letters, and looks back at them: such a pattern is searched
# for many times as fast as one that begins with a choice, or that takes letters of either case
_SECRETS = (
    re.compile(
        r"key(?:(?<=apikey)|(?<=api[-_]key)|(?<=privatekey)|(?<=private[-_]key)|(?<=accesskey)"
        r"|(?<=access[-_]key)|(?<=subscriptionkey)|(?<=subscription[-_]key))"
    ),
    re.compile(r"secret"),
    re.compile(r"token"),
    re.compile(r"pass(?:w(?:or)?d|phrase)"),
    re.compile(r"credential"),
    re.compile(r"authorization"),
)
"""The same in a text in lower case."""
_KEY = re.compile(r"key(?<![a-z0-9-]key)(?![\w-])")
_RANDOM = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[\w.+/=-]{16,}")
"""A name such as `KEY` may mean anything: there it counts what the value looks like."""
_LITERAL = r"[rbuf]{0,2}(?P<quote>\"\"\"|'''|\"|')(?P<value>(?:\\.|(?!(?P=quote))[^\\\n]){1,1000}?)(?P=quote)"
_BESIDE = re.compile(
    r"[\w-]{0,60}[\"']?\s{0,200}(?:\]\s?[=!]?=|:[\w.\[\]| ]{1,60}=|[=!]?=|:|,)[\s(]{0,200}" + _LITERAL,
    re.IGNORECASE,
)
"""`="…"`, `": "…"`, `"] = "…"`, `", "…"` and `: str = "…"`, after the name."""
_IN_TEXT = re.compile(
    r"[\w-]{0,60}\s?:\s?(?:(?:bearer|basic)\s)?(?P<value>[\w.~+/=-]{6,1000})", re.IGNORECASE
)
"""What curl is given: `api-key: …`."""
_AUTH = re.compile(
    rf"auth\w{{0,40}}\s?=?\s?[\w.]{{0,60}}\(\s{{0,200}}[^()]{{1,200}}?,\s{{0,200}}{_LITERAL}", re.IGNORECASE
)
"""`auth=("user", "…")` and `HTTPBasicAuth("user", "…")`."""
_TO_THE_END = re.compile(
    r"[\w-]{0,60}[\"']?[ \t]{0,80}[:=][ \t]{0,80}(?P<value>\S{1,1000})[ \t]{0,80}$", re.MULTILINE
)
"""`KEY=…` in a file that isn't Python."""
_SHAPES = (
    *(re.compile(rf"{kind}(?<=\b{kind})[-_][\w-]{{16,}}") for kind in ("sk", "pk", "rk")),
    re.compile(r"gh(?<=\bgh)[pousr]_\w{20,}"),
    re.compile(r"AKIA(?<=\bAKIA)[0-9A-Z]{16}\b"),
    re.compile(r"xox(?<=\bxox)[abprs]-[\w-]{10,}"),
    re.compile(r"eyJ(?<=\beyJ)[\w-]{10,}\.[\w-]{10,}\.[\w-]+"),
)
_PASSWORD = re.compile(r"://[^/\s:@\"']{1,200}:(?P<value>[^@/\s\"']{1,200})@")
_SCHEME = re.compile(r"(?:bearer|basic|token|digest)\s+", re.IGNORECASE)
_NO_SECRET = re.compile(
    rf"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|(?i:(?:[a-z.-]*[-_.])?{_WORD})|<.*>|.*[{{}}].*|[.*]+", re.DOTALL
)
"""The name of a variable, or of a header; what is to be filled in."""
_PROSE = re.compile(r"\S+\s+\S+\s+\S+")
_OPENING, _CLOSING = ('"', "'", " "), ('"', "'")
_LEAST = 8
"""Characters of a secret that is hidden wherever it stands, and not only within quotes."""


class Secrets(Struct, frozen=True):
    """What must not be shown."""

    values: tuple[str, ...] = ()

    @classmethod
    def of(cls, texts: Iterable[tuple[str, str]], known: Collection[str] = ()) -> Secrets:
        """The secrets in files, each given as its path and its text; what is `known` is none."""
        found = {value for path, text in texts for value in _values(path, text)}.difference(known)
        return cls(tuple(sorted(found, key=lambda value: (-len(value), value))))

    def masked(self, text: str) -> str:
        """`text` with a star for each character of a secret, so that all else stays in its place."""
        for value in self.values:
            if value not in text:
                continue
            stars = re.sub(r"[ -~]", "*", value)
            if len(value) >= _LEAST and re.search(r"\d", value):
                text = text.replace(value, stars)
            elif any(f"{before}{value}{after}" in text for before in _OPENING for after in _CLOSING):
                text = "".join(_with_stars(text, value, stars))
        return text


def _with_stars(text: str, value: str, stars: str) -> Iterator[str]:
    """The pieces of `text`, with stars for a short secret where it stands within quotes."""
    begin, at = 0, text.find(value)
    while at >= 0:
        end = at + len(value)
        if text[max(at - 1, 0) : at] in _OPENING and text[end : end + 1] in _CLOSING:
            yield text[begin:at]
            yield stars
            begin = end
        at = text.find(value, end if begin == end else at + 1)
    yield text[begin:]


def _values(path: str, text: str) -> Iterator[str]:
    lowered = _lowered(text)
    for value in (*_beside(path, text, lowered), *_given_as_auth(text, lowered)):
        bare = _SCHEME.sub("", value, count=1).strip()
        if bare and not _NO_SECRET.fullmatch(bare) and not _PROSE.match(bare):
            yield bare
    for shape in _SHAPES:
        yield from shape.findall(text)
    yield from (match["value"] for match in _PASSWORD.finditer(text))


def _beside(path: str, text: str, lowered: str) -> Iterator[str]:
    """What stands beside the name of a secret."""
    for word in _KEY.finditer(lowered):
        literal = _BESIDE.match(text, word.end())
        if literal and _RANDOM.fullmatch(literal["value"]):
            yield literal["value"]
    is_python = path.endswith((".py", ".pyi", ".pyw", ".ipynb"))
    for word in (word for pattern in _SECRETS for word in pattern.finditer(lowered)):
        literal = _BESIDE.match(text, word.end())
        bare = _IN_TEXT.match(text, word.end())
        if literal:
            yield literal["value"]
        elif bare and re.search(r"\d", bare["value"]):
            yield bare["value"]
        elif not is_python and (rest := _TO_THE_END.match(text, word.end())):
            yield rest["value"]


def _given_as_auth(text: str, lowered: str) -> Iterator[str]:
    for word in re.finditer("auth", lowered):
        given = _AUTH.match(text, word.start())
        if given:
            yield given["value"]


def _lowered(text: str) -> str:
    """A text in lower case, with each character in its place."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(
        one if len(one) == 1 else before for one, before in zip(map(str.lower, text), text, strict=True)
    )
