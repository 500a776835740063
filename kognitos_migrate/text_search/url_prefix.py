"""The prefix of a path in a text: a host, a placeholder for one, or nothing."""

import re
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from fnmatch import fnmatchcase

from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.assignment_syntax import IN_FRONT_OF_URL
from kognitos_migrate.text_search.patterns import PLACEHOLDER, SLASH

REACH = 200
"""Characters in front of a path that are searched."""

_SLASH = re.compile(SLASH)
_ABSOLUTE = re.compile(
    r"//(?:[^/@\s\"'`]{1,100}@)?(?P<host>[^/\s\"'`:\\]{1,150})(?::[^/\s\"'`\\]{1,40})?"
    r"(?P<ahead>(?:[^\s\"'`<>{]|\{\{[^{}\n]{1,80}\}\}|\{(?!\{[^{}\n]{1,80}\}\}))*)$"
)
_BARE_HOST = re.compile(
    r"(?<![\w./@-])(?P<host>(?:[\w-]{1,60}\.){1,8}[A-Za-z]{2,20}|localhost)(?::\d{1,5})?$"
)
_NAMED = re.compile(
    r"(?:\$?\{\{?\s*(?P<braced>[^{}\s][^{}\n]{0,79}?)\s*\}\}?|\#\{(?P<hashed>[^{}\n]{1,80})\}"
    r"|\$\((?P<made>[\w.-]{1,60})\)|%(?P<batch>\w{1,60})%|\$(?P<shell>\w{1,60})"
    r"|(?P<summed>[\w.$\]\[)(\"'-]{1,80})\s{0,9}(?:\+|\.\.?|\|\||&|,)\s{0,9}[\"'`])$"
)
_GIVEN = re.compile(r"(?P<name>[\w.-]{1,100})[\"']?[ \t]{0,20}(?:=|:=|=>|:(?=[ \t\"']))[ \t]{0,20}[\"']?$")
_BEGINNING = re.compile("http")
_URL = re.compile(r"https?:(?:\\?/){2}[^\s\"'`<>]{1,300}")
_SERVED = re.compile(
    r"(?:\b(?:app|router|server|fastify|mux)\.\w{2,12}\(|@\w{0,20}(?:Mapping|[Rr]oute|Path)\("
    r"|\blocation[ \t]{1,9}\S{0,3}[ \t]{0,9})[\"'`]?$"
)
"""A route of a web framework or a proxy's configuration, in front of the path that it serves."""
_FORMATTED = re.compile(r"%(?:\[\d\]|\d\$)?[sdqv]$")
"""A base that a format string inserts, which is unknown."""
_ADDRESS = re.compile(r"ur[il]|host|base|endpoint|api|server|address|origin", re.IGNORECASE)
"""A word in names for addresses, as opposed to names for folders."""
_LITERAL = re.compile(rf"{SLASH}[\w-]{{1,100}}{SLASH}\w")
"""A path with text behind its first segment, so that it may be a path of files."""
_LOCAL = re.compile(r"localhost|127\.0\.0\.1|0\.0\.0\.0|testserver")


class BaseKind(Enum):
    """How a URL base is related to the API."""

    HOST = "host"
    """An address of the API."""
    NAMED = "named"
    """A name that contains the API's word, or whose value is an address of the API."""
    SERVED = "served"
    """The text itself serves the path: it may be a stand-in for the API, or another service."""
    OPEN = "open"
    """No base, or an unknown name."""
    FOREIGN = "foreign"
    """An address or a path of another service."""


class UrlBase(Struct, frozen=True):
    """The text in front of a path. `versioned` means that it may contain the old version."""

    kind: BaseKind
    evidence: str = ""
    versioned: bool = False


class HostKnowledge(Struct, frozen=True):
    """The names that identify URL bases: the API's hosts, those of the settings, and the API's words.

    `heads` are the old paths up to the version, and `names` the addresses that a text assigns to names.
    """

    hosts: Sequence[str]
    configured: Sequence[str]
    words: Sequence[str]
    heads: Collection[str]
    names: Mapping[str, Sequence[str]]

    def base_before(self, text: str, start: int) -> UrlBase:
        """The base in `text` in front of the offset `start`."""
        before = _SLASH.sub("/", text[max(0, start - REACH) : start].rsplit("\n", 1)[-1])
        absolute = _ABSOLUTE.search(before)
        if absolute:
            return self._base_of_address(absolute["host"], absolute["ahead"])
        placeholder = _NAMED.search(before)
        if placeholder:
            name = next(group for group in placeholder.groups() if group)
            return self._base_of_placeholder(name)
        if _SERVED.search(before):
            return UrlBase(BaseKind.SERVED)
        bare = _BARE_HOST.search(before)
        if bare:
            return self._base_of_address(bare["host"], "")
        assignment = _GIVEN.search(before)
        if assignment and self._has_word(assignment["name"]):
            versioned = _LITERAL.match(text, start) is None
            return UrlBase(BaseKind.NAMED, f"the name {assignment['name']}", versioned)
        is_part = before[-1:].isalnum() and not _FORMATTED.search(before)
        return UrlBase(BaseKind.FOREIGN if is_part else BaseKind.OPEN)

    def is_host(self, host: str) -> bool:
        """Whether `host` can be a host of the API. Placeholders in it match anything."""
        pattern = re.sub(PLACEHOLDER, "*", host).lower()
        if not pattern.strip("*."):
            return False
        return any(fnmatchcase(own_host.lower(), pattern) for own_host in (*self.hosts, *self.configured))

    def _base_of_address(self, host: str, ahead: str) -> UrlBase:
        if not re.sub(PLACEHOLDER, "", host).strip("."):
            return self._base_of_placeholder(host) if not ahead.strip("/") else UrlBase(BaseKind.FOREIGN)
        if not self.is_host(host):
            return UrlBase(BaseKind.OPEN if _LOCAL.fullmatch(host) and not ahead else BaseKind.FOREIGN)
        ahead = ahead.strip("/")
        versioned = ahead in self.heads or re.fullmatch(PLACEHOLDER, ahead) is not None
        if ahead and not versioned and host not in self.configured:
            return UrlBase(BaseKind.FOREIGN)
        return UrlBase(BaseKind.HOST, f"the host {host}", versioned)

    def _base_of_placeholder(self, placeholder: str) -> UrlBase:
        name = _last_word(placeholder)
        addresses = [parsed for url in self.names.get(name, ()) if (parsed := _ABSOLUTE.search(url))]
        bases = [self._base_of_address(match["host"], match["ahead"]) for match in addresses]
        if any(base.kind is BaseKind.HOST for base in bases):
            return UrlBase(BaseKind.NAMED, f"the base URL {name}", any(base.versioned for base in bases))
        if bases and all(base.kind is BaseKind.FOREIGN for base in bases):
            return UrlBase(BaseKind.FOREIGN)
        if self._has_word(placeholder):
            versioned = _ADDRESS.search(placeholder) is not None or name.lower() in map(str.lower, self.words)
            return UrlBase(BaseKind.NAMED, f"the name {name}", versioned)
        return UrlBase(BaseKind.OPEN)

    def _has_word(self, name: str) -> bool:
        return any(word.lower() in name.lower() for word in self.words)


def placeholder_at_end(path: str) -> str | None:
    """The name of the placeholder at the end of `path`, as in `$NAME` or `{{name}}`; None without one."""
    match = re.search(rf"{PLACEHOLDER}$", path)
    return _last_word(match[0]) if match else None


def assigned_name(text: str, start: int) -> str | None:
    """The name to which the value at the offset `start` of `text` is assigned; None if there is none."""
    before = text[max(0, start - REACH) : start].rsplit("\n", 1)[-1]
    match = _GIVEN.search(before)
    return _last_word(match["name"]) if match else None


def _last_word(name: str) -> str:
    """The last word of a name: `INVOICES` in `${{ vars.INVOICES }}`."""
    return re.sub(r"^.*?(\w+)\W*$", r"\1", name)


def urls_by_name(text: str) -> Mapping[str, Sequence[str]]:
    """The URLs that a text assigns to names, by name."""
    urls: dict[str, list[str]] = {}
    end = 0
    for start in (match.start() for match in _BEGINNING.finditer(text)):
        ahead = IN_FRONT_OF_URL.search(text, max(end, start - REACH), start) if start >= end else None
        url = _URL.match(text, start) if ahead is not None else None
        if ahead is not None and url is not None:
            address = url[0].replace("\\/", "/")
            _, opening, variable = ahead[0].rstrip("-=?:").rpartition("${")
            if opening and variable.isidentifier():  # ${name:-https://host/v1}
                address = address.partition("}")[0]
            urls.setdefault(_last_word(ahead["name"]), []).append(address)
            end = url.end()
    return urls
