"""Detects secrets in source text, so that reports can redact them."""

from __future__ import annotations

import functools
import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from kognitos_migrate.findings.secret_formats import PLAIN_WORD, values_in_other_formats
from kognitos_migrate.findings.secret_literals import PROSE, RANDOM, SCHEME, secret_literals
from kognitos_migrate.findings.syntax_nodes import document_literals
from kognitos_migrate.structs import Struct

_WORD = (
    r"(?:api[-_]?key|secret|token|passw(?:or)?d|passphrase|credential|authorization|private[-_]?key"
    r"|access[-_]?key|subscription[-_]?key)"
)
# Patterns for whole files start with fixed letters and look behind: such a pattern is searched many times
# faster than one that starts with an alternation or ignores case.
_SECRETS = (
    re.compile(
        r"key(?:(?<=apikey)|(?<=api[-_.]key)|(?<=privatekey)|(?<=private[-_]key)|(?<=accesskey)"
        r"|(?<=access[-_]key)|(?<=subscriptionkey)|(?<=subscription[-_]key))"
    ),
    re.compile(r"secret"),
    re.compile(r"token"),
    re.compile(r"pass(?:w(?:or)?d|phrase)"),
    re.compile(r"credential"),
    re.compile(r"authorization"),
)
"""The alternatives of `_WORD`, as patterns for lower-case text."""
_KEY = re.compile(r"key(?<![a-z0-9-]key)(?![\w-])")
"""A name such as `KEY`, which is ambiguous. Its value is a secret only if it looks random."""
_LITERAL = r"[rbuf]{0,2}(?P<quote>\"\"\"|'''|\"|')(?P<value>(?:\\.|(?!(?P=quote))[^\\\n]){1,1000}?)(?P=quote)"
_BESIDE = re.compile(
    r"[\w-]{0,60}[\"']?\s{0,200}(?:\]\s?[=!]?=|:[\w.\[\]| ]{1,60}=|[=!]?=|:|,)[\s(]{0,200}"
    + _LITERAL
    + r"(?!\s{0,9}:)",
    re.IGNORECASE,
)
"""`="…"`, `": "…"`, `"] = "…"`, `", "…"` and `: str = "…"`, after the name. A key isn't a value."""
_PAIR = re.compile(
    r"[\w-]{0,60}[\"']?,?\s{0,80}[\"']?value[\"']?\s?:\s?[\"']?(?P<value>[^\s\"',}]{1,1000})", re.IGNORECASE
)
"""The value of a pair, after the name: `name: …` with `value: …` behind it."""
_REVERSE_PAIR = re.compile(
    r"value[\"']?\s?:\s?[\"']?(?P<value>[^\s\"',}]{1,1000})[\"']?,?"
    r"\s{0,80}[\"']?(?:name|key)[\"']?\s?:\s?[\"']?(?P<name>[\w-]{1,100})"
)
_USER = re.compile(
    r"curl(?:[^\n\\]|\\\n?){0,1000}?[\s\"'](?:-[A-Za-z]{0,10}u|--(?:proxy-)?user)[\s=,\"']{0,6}"
    r"[^\s:\"'@/]{1,100}:(?P<value>[^\s\"']{1,1000})"
)
"""`curl -u user:…`, also as a list of arguments."""
_COOKIES = (
    re.compile(r"ookie\s?:\s?(?P<value>[\w.-]{1,100}=[^\"'\n]{1,1000})"),
    re.compile(
        r"curl(?:[^\n\\]|\\\n?){0,1000}?\s(?:-b|--cookie)[\s=]{1,3}[\"']?(?P<value>[\w.-]{1,100}=[^\"'\n]{1,1000})"
    ),
)
"""A header with cookies, and the option of curl."""
_IN_TEXT = re.compile(
    r"[\w-]{0,60}\s?:\s?(?:(?:bearer|basic)\s)?(?P<value>[\w.~+/=-]{6,1000})", re.IGNORECASE
)
"""A header in a text, as in a command of curl: `api-key: …`."""
_SCHEMES = tuple(
    re.compile(rf"{scheme} (?P<value>\w(?=[\w.~+/=-]{{0,1000}}?[A-Z0-9])[\w.~+/=-]{{7,1000}})")
    for scheme in ("Bearer", "bearer", "Basic")
)
"""The scheme of a header and its value, in which a word of a sentence has no capital letter or digit."""
_COMMENT = re.compile(r"[\w-]{0,60} ?= ?(?P<value>[\w.~+/=-]{6,1000})")
"""A setting in a comment: `# api_key = …`."""
_AUTH = re.compile(
    r"auth(?:\w{0,40}\s?=\s?[\w.]{0,60}|\w{0,40}\s{1,2}[\w.]{0,60}|[\w.]{0,100})\(", re.IGNORECASE
)
"""The beginning of `auth=("user", "…")` and `HTTPBasicAuth("user", "…")`."""
_SECOND_ARGUMENT = re.compile(
    r"(?:(?:\s{200}|\s{0,199}(?!\s))[^()]{1,200}?|\s{1,200}),\s{0,200}" + _LITERAL, re.IGNORECASE
)
"""The arguments up to a literal, after the parenthesis. No two repetitions match the same characters."""
_SHAPES = (
    *(re.compile(rf"{kind}(?<=\b{kind})[-_][\w-]{{16,}}") for kind in ("sk", "pk", "rk")),
    re.compile(r"gh(?<=\bgh)[pousr]_\w{20,}"),
    re.compile(r"AKIA(?<=\bAKIA)[0-9A-Z]{16}\b"),
    re.compile(r"xox(?<=\bxox)[abprs]-[\w-]{10,}"),
    re.compile(r"eyJ(?<=\beyJ)[\w-]{10,}\.[\w-]{10,}\.[\w-]+"),
    re.compile(r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/-]{8,1000})"),
    re.compile(r"/api/webhooks/(\d{1,40}/[\w-]{20,1000})"),
    re.compile(r"AIza(?<=\bAIza)[\w-]{30,}"),
    re.compile(r"github_pat_\w{20,}"),
    re.compile(r"glpat-[\w-]{16,}"),
    re.compile(r"npm_(?<=\bnpm_)\w{30,}"),
    re.compile(r"pypi-AgE[\w-]{16,}"),
    re.compile(r"SG\.(?<=\bSG\.)[\w-]{16,}\.[\w-]{16,}"),
    re.compile(r"hf_(?<=\bhf_)[A-Za-z]{30,}"),
    re.compile(r"://((?=[a-z.+=~-]*\d)[\w.+=~-]{16,200})@"),
)
_PASSWORD = re.compile(r"://[^/\s:@\"']{0,200}:(?!\d{1,5}/)(?P<value>[^@\s\"']{1,200})@")
_NETRC = re.compile(
    r"machine(?:\s|\\[nt]){1,20}[^\s\\\"']{1,200}(?:\s|\\[nt]){1,20}login(?:\s|\\[nt]){1,20}"
    r"[^\s\\\"']{1,200}(?:\s|\\[nt]){1,20}password(?:\s|\\[nt]){1,20}(?P<value>[^\s\\\"']{1,1000})"
)
"""`machine … login … password …`, as the file `.netrc` has it."""
_QUERY = re.compile(
    r"=(?:(?<=[?&\"' ;](?:sig|key|pwd)=)|(?<=[?&\"' ;]code=)|(?<=[-_]key=)|(?<=apikey=)|(?<=token=)"
    r"|(?<=accountkey=)|(?<=accesskey=)|(?<=secret=)|(?<=signature=)|(?<=password=))(?P<value>[^\s&\"'{}<>#;]{4,1000})",
    re.IGNORECASE,
)
"""`?api_key=…`, `&sig=…`: parameters of a URL, or of a form."""
_EXPRESSION = re.compile(r"lambda:?|(?:None|True|False)\b.*|[A-Za-z_][\w.]*[(\[].*", re.DOTALL)
"""The code after a keyword in Python, which looks like a parameter: `key=lambda run: …`, `token=None):`."""
_PARAMETER = re.compile(r"[\w-]+\Z")
_LONGEST_NAME = 60
"""The limit on the name of a parameter, in characters."""
_PEM_BEGIN, _PEM_END = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"), "-----END"
_LONGEST_PEM = 20_000
"""The limit on a key between these, in characters."""
_LINE_END = re.compile(r"\\[nr]|[\s\"']+")
_NO_SECRET = re.compile(
    rf"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|(?i:(?:[a-z.-]*[-_.])?{_WORD})|<.*>|.*[{{}}].*|[.*x]+", re.DOTALL
)
"""The name of a variable or header, or a placeholder."""
_SHORTEST = 4
"""The least characters of a secret. Shorter ones are words of any program, and aren't masked."""
_BEFORE_LAST = "|".join(
    rf"(?<={before})"
    for before in (
        *("[=:]", ": ", "[A-Z] ", "[Bb]earer ", "[Bb]asic ", "[Tt]oken "),
        "word ",
        "key ",
        "secret ",
    )
)
_AROUND = (r"(?<=[\"'` =}:/>])", r"(?=[\"'` &{$%@<,;|)\\])"), (f"(?:{_BEFORE_LAST})", "$")
"""The characters before and after a common secret in a file, and before one at the end of a line."""
_AROUND_IN_CODE = (
    (r"(?<=[\"'}>])", r"(?=[\"'&{$%@<,;|)])"),
    (r"(?<=[=:/])", r"(?=[\"'&{$%@<;|\s]|$)"),
    (r"(?:(?<=: )|(?<=[Bb]earer )|(?<=[Bb]asic )|(?<=[Tt]oken ))", r"(?=[\"'`\s]|$)"),
)
"""The characters around one in code and messages, whose names may be equal to it: `show(run, name=run)`."""
_WORD_ENDS = r"(?:(?<![A-Za-z0-9_])|(?<=\\[abfnrtv]))", r"(?![A-Za-z0-9_])"
"""The ends of a secret that may be a part of another word. Its beginning may follow an escape."""
_ANYWHERE = "", ""
"""The ends of a secret that may be anywhere in a text."""
_PYTHON_SUFFIXES = (".py", ".pyi", ".pyw", ".ipynb")
_DISTINCT = re.compile(r"(?=\D*\d).{8,}|\S{16,}", re.DOTALL)
"""Secrets that are masked everywhere, not only between delimiters."""


class Secrets(Struct, frozen=True, dict=True):
    """The texts that no report may show."""

    values: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        texts: Iterable[tuple[str, str]],
        public: Collection[str] = (),
        sent: Iterable[str] = (),
        parameters: Collection[str] = (),
    ) -> Secrets:
        """Return the secrets in files, each given as its path and its text.

        `sent` are texts that the program sends as its credentials. Other `public` texts are not secret, nor
        is what the API's query `parameters` contain, whatever their names.
        """
        return cls.of_values(values_in_texts(list(texts), frozenset(parameters)), public, sent)

    @classmethod
    def of_values(
        cls, values: Iterable[Iterable[str]], public: Collection[str], sent: Iterable[str]
    ) -> Secrets:
        """Return the secrets among the `values` of files, as `values_in_texts` returns them."""
        secrets = {value for of_file in values for value in of_file}.difference(public).union(sent)
        shown = (value for value in secrets if len(value) >= _SHORTEST)
        return cls(tuple(sorted(shown, key=lambda value: (-len(value), value))))

    def mask(self, text: str) -> str:
        """Return `text`, of a file that isn't Python, with a star for each character of a secret, so that all
        other text keeps its position."""
        return self._mask(text, _AROUND, _ANYWHERE)

    def mask_message(self, text: str) -> str:
        """Return a message, or a part of code, with its secrets masked."""
        return self._mask(text, _AROUND_IN_CODE, _WORD_ENDS)

    def mask_python(self, text: str) -> str:
        """Return Python source with its secrets masked, in strings and comments only."""
        if not any(value in text for value in self.values) or not any(
            _pattern(self.values, around, _ANYWHERE).search(text) for around in (_AROUND, _AROUND_IN_CODE)
        ):
            return text  # as most: splitting it into tokens takes long
        try:
            spans = _spans_by_kind(text)
        except (SyntaxError, ValueError, tokenize.TokenError):
            return self.mask(text)
        strings = [span for kind, span in spans if kind != tokenize.COMMENT]
        comments = [span for kind, span in spans if kind == tokenize.COMMENT]
        text = self._mask(text, _AROUND, _ANYWHERE, _stars_within(strings))
        return self._mask(text, _AROUND_IN_CODE, _ANYWHERE, _stars_within(comments))

    def _mask(
        self,
        text: str,
        around: Sequence[tuple[str, str]],
        ends: tuple[str, str],
        star: Callable[[re.Match[str]], str] | None = None,
    ) -> str:
        if not self.values:
            return text
        before, pattern = None, _pattern(self.values, tuple(around), ends)
        while text != before:  # a secret may start inside another one
            before, text = text, pattern.sub(star or _stars, text)
        return text


_TEXTS = {
    tokenize.COMMENT,
    tokenize.STRING,
    *(getattr(tokenize, name) for name in ("FSTRING_MIDDLE", "TSTRING_MIDDLE") if hasattr(tokenize, name)),
}


def _spans_by_kind(text: str) -> list[tuple[int, tuple[int, int]]]:
    """The spans of strings and comments in Python source, in characters, each with its kind of token."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]
    return [
        (kind, (starts[start[0] - 1] + start[1], starts[end[0] - 1] + end[1]))
        for kind, _, start, end, _ in tokenize.generate_tokens(io.StringIO(text, newline="").readline)
        if kind in _TEXTS
    ]


def _stars_within(spans: Sequence[tuple[int, int]]) -> Callable[[re.Match[str]], str]:
    """A replacement of matches that start in these spans by stars. Others stay."""
    starts = [start for start, _ in spans]

    def star(match: re.Match[str]) -> str:
        at = bisect_right(starts, match.start()) - 1
        return _stars(match) if at >= 0 and match.start() < spans[at][1] else match[0]

    return star


@functools.lru_cache(maxsize=8)
def _pattern(
    values: tuple[str, ...], around: tuple[tuple[str, str], ...], ends: tuple[str, str]
) -> re.Pattern[str]:
    """The pattern of secrets, longest first. Common ones match between the delimiters `around` them only,
    distinct ones between `ends`."""
    random = [value for value in values if RANDOM.fullmatch(value)]
    distinct = [value for value in values if _DISTINCT.fullmatch(value) and value not in random]
    common = [value for value in values if not _DISTINCT.fullmatch(value)]
    choices = [_choice(random)] if random else []
    choices += [f"{ends[0]}{_choice(distinct)}{ends[1]}"] if distinct else []
    choices += [f"{before}{_choice(common)}{after}" for before, after in around if common]
    return re.compile("|".join(choices), re.MULTILINE)


def _choice(values: Sequence[str], depth: int = 3) -> str:
    """A pattern of any of `values`, longest first.

    It branches on the first characters, so that few values are compared at each position.
    """
    if depth == 0 or len(values) < 2:
        return f"(?:{'|'.join(map(re.escape, values))})"
    by_initial: dict[str, list[str]] = {}
    for value in values:
        by_initial.setdefault(value[:1], []).append(value[1:])
    ends_here = by_initial.pop("", None) is not None
    groups = (re.escape(initial) + _choice(rest, depth - 1) for initial, rest in by_initial.items())
    return f"(?:{'|'.join(groups)}{'|' * ends_here})"


def _stars(match: re.Match[str]) -> str:
    return re.sub(r"[^\r\n]", "*", match[0])


def values_in_texts(texts: Sequence[tuple[str, str]], parameters: frozenset[str]) -> list[tuple[str, ...]]:
    """Return what may be secret in each file, given as its path and its text, except for the values of the
    API's query `parameters`."""
    return [_secret_values(path, text, parameters) for path, text in texts]


@functools.lru_cache(maxsize=1024)
def _secret_values(path: str, text: str, parameters: frozenset[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_secret_candidates(path, text, parameters)))


def _secret_candidates(path: str, text: str, parameters: frozenset[str]) -> Iterator[str]:
    is_python = path.endswith(_PYTHON_SUFFIXES)
    lowered = _lower_case(text)
    values = [*_values_next_to_names(path, text, lowered), *_auth_values(text, lowered)]
    if is_python:
        yield from secret_literals(text)
        documents = document_literals(text)
        inner = _values_next_to_names("", documents, _lower_case(documents)) if documents else ()
        values += (value for value in inner if not PLAIN_WORD.fullmatch(value))
    for value in values:
        bare = SCHEME.sub("", value, count=1).strip()
        if bare and not _NO_SECRET.fullmatch(bare) and not PROSE.match(bare):
            yield bare
    for scheme in _SCHEMES:
        matched = (match["value"] for match in scheme.finditer(text))
        yield from (value for value in matched if not _NO_SECRET.fullmatch(value))
    for shape in _SHAPES:
        yield from shape.findall(text)
    for pattern in (_PASSWORD, _USER, _NETRC, *_COOKIES):
        yield from (match["value"].strip() for match in pattern.finditer(text))
    for query in _QUERY.finditer(text):
        name = _PARAMETER.search(text, max(query.start() - _LONGEST_NAME, 0), query.start())
        is_plain = name is not None and name[0] in parameters
        is_code = is_python and _EXPRESSION.fullmatch(query["value"]) is not None
        if not is_plain and not is_code and not _NO_SECRET.fullmatch(query["value"]):
            yield query["value"]
    for block in _pem_blocks(text):
        yield from (line for line in _LINE_END.split(block) if re.fullmatch(r"[\w+/=]{8,}", line))


def _values_next_to_names(path: str, text: str, lowered: str) -> Iterator[str]:
    """The values beside the names of secrets."""
    for word in _KEY.finditer(lowered):
        literal = _BESIDE.match(text, word.end())
        if literal and RANDOM.fullmatch(literal["value"]):
            yield literal["value"]
    is_python = path.endswith(_PYTHON_SUFFIXES)
    for word in (word for pattern in _SECRETS for word in pattern.finditer(lowered)):
        literal = _PAIR.match(text, word.end()) or _BESIDE.match(text, word.end())
        bare = _IN_TEXT.match(text, word.end())
        if is_python and not bare and "#" in text[max(word.start() - _LONGEST_NAME, 0) : word.start()]:
            bare = _COMMENT.match(text, word.end())
        if literal:
            yield literal["value"]
        elif bare and re.search(r"\d", bare["value"]):
            yield bare["value"]
        elif not is_python:
            yield from values_in_other_formats(text, word)
    for pair in _REVERSE_PAIR.finditer(text):
        if any(pattern.search(pair["name"].lower()) for pattern in _SECRETS):
            yield pair["value"]


def _auth_values(text: str, lowered: str) -> Iterator[str]:
    heads = (_AUTH.match(text, word.start()) for word in re.finditer("auth", lowered))
    for start in dict.fromkeys(head.end() for head in heads if head):  # of several words before it, too
        match = _SECOND_ARGUMENT.match(text, start)
        if match:
            yield match["value"]


def _pem_blocks(text: str) -> Iterator[str]:
    """The text of each private key, up to its end or that of the file."""
    position = 0
    while begin := _PEM_BEGIN.search(text, position):
        start, last = begin.end(), begin.end() + _LONGEST_PEM
        end = text.find(_PEM_END, start + 1, last + len(_PEM_END))
        if end < 0 and start < len(text) <= last:
            end = len(text)
        if end >= 0:
            yield text[start:end]
        position = end if end >= 0 else begin.start() + 1


def _lower_case(text: str) -> str:
    """The text in lower case, with the position of each character unchanged."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(
        lower if len(lower) == 1 else character
        for lower, character in zip(map(str.lower, text), text, strict=True)
    )
