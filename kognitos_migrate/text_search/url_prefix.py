"""What precedes a path in a text: a host, a name for one, or nothing."""

import re
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from fnmatch import fnmatchcase

from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.patterns import PLACEHOLDER, SLASH

REACH = 200
"""How many characters in front of a path are looked at."""

_SLASH = re.compile(SLASH)
_ABSOLUTE = re.compile(
    r"//(?:[^/@\s\"'`]{1,100}@)?(?P<host>[^/\s\"'`:\\]{1,150})(?::[^/\s\"'`\\]{1,40})?"
    r"(?P<ahead>(?:[^\s\"'`<>]|\{\{[^{}\n]{1,80}\}\})*)$"
)
_BARE_HOST = re.compile(
    r"(?<![\w./@-])(?P<host>(?:[\w-]{1,60}\.){1,8}[A-Za-z]{2,20}|localhost)(?::\d{1,5})?$"
)
_NAMED = re.compile(
    r"(?:\$?\{\{?\s*(?P<braced>[^{}\n]{1,80}?)\s*\}\}?|\#\{(?P<hashed>[^{}\n]{1,80})\}"
    r"|\$\((?P<made>[\w.-]{1,60})\)|%(?P<batch>\w{1,60})%|\$(?P<shell>\w{1,60})"
    r"|(?P<summed>[\w.$\]\[)(\"'-]{1,80})\s{0,9}(?:\+|\.\.?|\|\||&|,)\s{0,9}[\"'`])$"
)
_GIVEN = re.compile(r"(?P<name>[\w.-]{1,100})[\"']?[ \t]{0,20}(?:=|:=|=>|:(?=[ \t\"']))[ \t]{0,20}[\"']?$")
_BEGINNING = re.compile("http")
_URL = re.compile(r"https?:(?:\\?/){2}[^\s\"'`<>]{1,300}")
_ASSIGNED = re.compile(
    r"(?<![\w.-])(?P<name>[A-Za-z_@][\w.-]{0,100})[\"']?"
    r"(?:[ \t]{0,20}(?::=|=>|[:=?]=?)[ \t]{0,20}"  # name = url
    r"|[ \t]{1,20}"  # ENV name url
    r"|\s{0,9}\n[ \t-]{0,40}value[\"']?:[ \t]{0,20}"  # name: name, and value: url in the next line
    r"|\",\s{0,40}\"value\":\s{0,9})"  # "key": "name", "value": "url"
    r"[\"'`]?\Z"
)
"""What stands in front of a URL that a name is given."""
_SERVED = re.compile(
    r"(?:\b(?:app|router|server|fastify|mux)\.\w{2,12}\(|@\w{0,20}(?:Mapping|[Rr]oute|Path)\("
    r"|\blocation[ \t]{1,9}\S{0,3}[ \t]{0,9})[\"'`]?$"
)
"""How a path is served: by routes of web frameworks, by a proxy's configuration."""
_FORMATTED = re.compile(r"%(?:\[\d\]|\d\$)?[sdqv]$")
"""A base that is put in by a format string: nothing is known of it."""
_ADDRESS = re.compile(r"ur[il]|host|base|endpoint|api|server|address|origin", re.IGNORECASE)
"""What a name says that is one for an address, and not for a folder."""
_LITERAL = re.compile(rf"{SLASH}[\w-]{{1,100}}{SLASH}\w")
"""A path with something behind its first word, which may be one of files."""
_LOCAL = re.compile(r"localhost|127\.0\.0\.1|0\.0\.0\.0|testserver")


class BaseKind(Enum):
    """What is known of a base."""

    HOST = "host"
    """An address of the API."""
    SAID = "said"
    """A name that says the API's word, or whose value is an address of the API."""
    SERVED = "served"
    """The text itself serves the path: it may be a stand-in of the API, or anything else."""
    OPEN = "open"
    """Nothing, or a name of which nothing is known."""
    FOREIGN = "foreign"
    """An address, or the path of something, that isn't the API's."""


class UrlBase(Struct, frozen=True):
    """What stands in front of a path. `versioned`: it may have the old version in it."""

    standing: BaseKind
    said: str = ""
    versioned: bool = False


class HostKnowledge(Struct, frozen=True):
    """By what bases are told: the API's hosts, those of the settings, the API's words, the beginnings of old
    paths up to the version, and the addresses that the names of a text are given."""

    hosts: Sequence[str]
    configured: Sequence[str]
    words: Sequence[str]
    heads: Collection[str]
    names: Mapping[str, Sequence[str]]

    def base(self, text: str, start: int) -> UrlBase:
        """What stands in `text` before the offset `start`."""
        before = _SLASH.sub("/", text[max(0, start - REACH) : start].rsplit("\n", 1)[-1])
        absolute = _ABSOLUTE.search(before)
        if absolute:
            return self._address(absolute["host"], absolute["ahead"])
        named = _NAMED.search(before)
        if named:
            name = next(group for group in named.groups() if group)
            return self._named(name)
        if _SERVED.search(before):
            return UrlBase(BaseKind.SERVED)
        bare = _BARE_HOST.search(before)
        if bare:
            return self._address(bare["host"], "")
        given = _GIVEN.search(before)
        if given and self._says_word(given["name"]):
            versioned = _LITERAL.match(text, start) is None
            return UrlBase(BaseKind.SAID, f"the name {given['name']} says so", versioned)
        is_part = before[-1:].isalnum() and not _FORMATTED.search(before)
        return UrlBase(BaseKind.FOREIGN if is_part else BaseKind.OPEN)

    def is_host(self, host: str) -> bool:
        """Whether this is a host of the API; placeholders in it stand for anything."""
        pattern = re.sub(PLACEHOLDER, "*", host).lower()
        if not pattern.strip("*."):
            return False
        return any(fnmatchcase(known.lower(), pattern) for known in (*self.hosts, *self.configured))

    def _address(self, host: str, ahead: str) -> UrlBase:
        if not re.sub(PLACEHOLDER, "", host).strip("."):
            return self._named(host) if not ahead.strip("/") else UrlBase(BaseKind.FOREIGN)
        if not self.is_host(host):
            return UrlBase(BaseKind.OPEN if _LOCAL.fullmatch(host) and not ahead else BaseKind.FOREIGN)
        ahead = ahead.strip("/")
        versioned = ahead in self.heads or re.fullmatch(PLACEHOLDER, ahead) is not None
        if ahead and not versioned and host not in self.configured:
            return UrlBase(BaseKind.FOREIGN)
        return UrlBase(BaseKind.HOST, f"the host {host}", versioned)

    def _named(self, said: str) -> UrlBase:
        name = _bare(said)
        addresses = [parsed for url in self.names.get(name, ()) if (parsed := _ABSOLUTE.search(url))]
        known = [self._address(one["host"], one["ahead"]) for one in addresses]
        if any(one.standing is BaseKind.HOST for one in known):
            return UrlBase(BaseKind.SAID, f"{name} is its address", any(one.versioned for one in known))
        if known and all(one.standing is BaseKind.FOREIGN for one in known):
            return UrlBase(BaseKind.FOREIGN)
        if self._says_word(said):
            versioned = _ADDRESS.search(said) is not None or name.lower() in map(str.lower, self.words)
            return UrlBase(BaseKind.SAID, f"the name {name} says so", versioned)
        return UrlBase(BaseKind.OPEN)

    def _says_word(self, name: str) -> bool:
        return any(word.lower() in name.lower() for word in self.words)


def name_in(path: str) -> str | None:
    """The name of the placeholder that a path ends with: `$NAME`, `${NAME}`, `{{name}}`."""
    found = re.search(rf"{PLACEHOLDER}$", path)
    return _bare(found[0]) if found else None


def name_given(text: str, start: int) -> str | None:
    """The name that is given what stands in `text` at the offset `start`."""
    before = text[max(0, start - REACH) : start].rsplit("\n", 1)[-1]
    found = _GIVEN.search(before)
    return _bare(found["name"]) if found else None


def _bare(said: str) -> str:
    """The last word of a name: `INVOICES` of `${{ vars.INVOICES }}`."""
    return re.sub(r"^.*?(\w+)\W*$", r"\1", said)


def addresses(text: str) -> Mapping[str, Sequence[str]]:
    """The addresses that names are given in a text, by name."""
    found: dict[str, list[str]] = {}
    end = 0
    for start in (one.start() for one in _BEGINNING.finditer(text)):
        ahead = _ASSIGNED.search(text, max(end, start - REACH), start) if start >= end else None
        url = _URL.match(text, start) if ahead is not None else None
        if ahead is not None and url is not None:
            found.setdefault(_bare(ahead["name"]), []).append(url[0].replace("\\/", "/"))
            end = url.end()
    return found
