"""Codes of findings: those of the rules, the tool's own, and selectors such as `KOG1`."""

import re
from collections.abc import Sequence

from kognitos_migrate.rulebook.model import Operation, Rulebook
from kognitos_migrate.structs import Struct

OWN_CLASSES = "4589"
"""First digits of the tool's own codes, which no rule file may use.

4 is for the old version named outside of calls, 5 for adapted call sites, 8 for half-migrated code, 9 for
code that could not be analysed and for suppressions.
"""

_DIGITS = "0123456789"


class OwnCode(Struct, frozen=True):
    """A code of the tool's own, which findings of every API share."""

    code: str
    name: str
    message: str
    explain: str
    severity: str = "error"
    """The severity unless the configuration sets another: error, warning or info."""


IN_FILE = OwnCode(
    "KOG401",
    "v1-in-file",
    "names the old version in a file that is not Python",
    "A script, a configuration or a program in another language names a call, an address, a key or a field\n"
    "of the old version. It is found as text, and changed by hand: the finding says what the new version\n"
    "has in its place. Looked for with `--all-files`, and always in a report.",
    severity="warning",
)
IN_DOCUMENT = OwnCode(
    "KOG402",
    "v1-in-document",
    "names the old version in a text for people",
    "Documentation names a call, an address, a key or a field of the old version. Looked for with\n"
    "`--all-files`, and always in a report.",
    severity="info",
)
IN_COMMENT = OwnCode(
    "KOG403",
    "v1-in-comment",
    "names the old version in a comment or a text",
    "A comment, a documentation string, or another text of a Python file that no request is made of names\n"
    "the old version. Off in a check unless it is selected: a comment never fails a build.",
    severity="info",
)
ADAPTED = OwnCode(
    "KOG501",
    "reply-adapted",
    "still expects the old version's reply",
    "The call is one of the new version, and a function of the module of adapters puts its reply back into\n"
    "the old shape. Read the new reply's fields in what follows, and the function can go.",
    severity="info",
)
HALF_PATH = OwnCode(
    "KOG801",
    "half-migrated-path",
    "mixes the paths of the two versions",
    "The URL holds one version and the other version's path: neither version has such a call. Most often\n"
    "the version was replaced and nothing else. The body and the fields of the reply change as well.",
)
HALF_METHOD = OwnCode(
    "KOG802",
    "half-migrated-method",
    "calls a new path with a method that it does not take",
    "The path is one of the new version, which does not take this method there.",
)
HALF_BODY = OwnCode(
    "KOG803",
    "half-migrated-body",
    "sends the new version a body that is not in its layout",
    "The new version wants keys that the old one did not have, and has the old body's content under a key\n"
    "of its own. A body that lacks them is refused.",
)
HALF_QUERY = OwnCode(
    "KOG804",
    "half-migrated-query",
    "sends the new version a query parameter of the old one",
    "The new version does not know the parameter: what it said is said in the body.",
)
HALF_FIELD = OwnCode(
    "KOG805",
    "half-migrated-field",
    "reads the new version's reply by a name of the old one",
    "The new reply has no such field: the read fails, or gives nothing.",
)
HALF_WORD = OwnCode(
    "KOG806",
    "half-migrated-word",
    "compares a word of the new version with one of the old",
    "The new version has other words for the same: the comparison never holds, so a loop that waits for it\n"
    "never ends. The old words and what they have become are those of the rules and of the configuration.",
)
HALF_ENCODING = OwnCode(
    "KOG807",
    "half-migrated-encoding",
    "reads a value of the new version in the old encoding",
    "The value is written in another way than it was: what was text of an object is a list of entries.",
)
HALF_TRANSFER = OwnCode(
    "KOG808",
    "half-migrated-transfer",
    "sends a file to the new version as the old one wanted it",
    "The new version takes a file as a form, by another method than the old one: raw bytes are refused.",
)
HALF_STATUS = OwnCode(
    "KOG809",
    "half-migrated-status",
    "checks the new version's answer for the old status code",
    "The new version answers with another status code where it succeeds: a success is taken for a failure.",
)
HALF_VALUE = OwnCode(
    "KOG810",
    "half-migrated-value",
    "gives a value of one version to the other",
    "The two versions don't know each other's ids: what one of them gave means nothing to the other.",
)
HALF_SETTING = OwnCode(
    "KOG811",
    "half-migrated-setting",
    "leaves the old version in a settings file that migrated code reads",
    "The code calls the new version, and a settings file gives it the old one's URL: its requests fail.\n"
    "Write the new version there. A real environment may override a file: look there, too.",
)
SYNTAX_ERROR = OwnCode(
    "KOG901",
    "syntax-error",
    "a file can't be parsed",
    "The file is not Python that can be read, so what it sends is not known. Its text is still searched for\n"
    "what names the old version.",
)
NOT_FOLLOWED = OwnCode(
    "KOG902",
    "v1-not-followed",
    "names the old version where no request could be followed",
    "A text names the API's host or a path of the old version, and no request that is\n"
    "understood is made of it.",
    severity="warning",
)
TOO_DYNAMIC = OwnCode(
    "KOG903",
    "too-dynamic",
    "sends to the API what can't be followed",
    "Something is sent to the API, or its address is handed on, and what is called there isn't known: it\n"
    "may be the old version.",
    severity="warning",
)
INTERNAL_ERROR = OwnCode(
    "KOG990",
    "internal-error",
    "could not be analysed because of a bug of ours",
    "The tool itself failed on this file, or on one that belongs with it: none of them is changed, and what\n"
    "they send is not known. Please report it, with the traceback that `-v` shows.",
)
POSSIBLE = OwnCode(
    "KOG904",
    "possible-v1-use",
    "holds what only the old version has, and nothing accounts for it",
    "A path of the old version stands near a field that only the old version has, in the code or in a\n"
    "settings file beside it, and no request was followed from there. The address, the path or the reply\n"
    "goes through what the analysis can't follow.",
    severity="warning",
)

UNUSED_SUPPRESSION = OwnCode(
    "KOG911",
    "unused-suppression",
    "suppresses nothing",
    "A comment suppresses a code that is not found in its statement (or file). Take the code, or the whole\n"
    "comment, away: it would hide what comes later.",
    severity="warning",
)
EXPIRED_SUPPRESSION = OwnCode(
    "KOG912",
    "expired-suppression",
    "has expired, and suppresses nothing any more",
    "The comment says until when it holds, and that day is over. Migrate what it kept, or set a new day.",
)
WRONG_SUPPRESSION = OwnCode(
    "KOG913",
    "wrong-suppression",
    "is not written as it should be",
    "A comment that begins as a suppression does, but lacks codes, a reason or a proper day, or names\n"
    "what is no code.",
    severity="warning",
)

HALF_MIGRATED = (
    HALF_PATH,
    HALF_METHOD,
    HALF_BODY,
    HALF_QUERY,
    HALF_FIELD,
    HALF_WORD,
    HALF_ENCODING,
    HALF_TRANSFER,
    HALF_STATUS,
    HALF_VALUE,
    HALF_SETTING,
)
OWN_CODES = (
    IN_FILE,
    IN_DOCUMENT,
    IN_COMMENT,
    ADAPTED,
    *HALF_MIGRATED,
    SYNTAX_ERROR,
    NOT_FOLLOWED,
    TOO_DYNAMIC,
    POSSIBLE,
    UNUSED_SUPPRESSION,
    EXPIRED_SUPPRESSION,
    WRONG_SUPPRESSION,
    INTERNAL_ERROR,
)
"""All of the tool's own codes. A code is stable and never gets another meaning."""


def known_codes(rulebook: Rulebook) -> frozenset[str]:
    """The codes of all rules: those of the rulebook and the tool's own."""
    return frozenset(rule.code for rule in all_rules(rulebook))


def all_rules(rulebook: Rulebook) -> Sequence[Operation | OwnCode]:
    """The operations of the rulebook and the tool's own codes, sorted by code."""
    rules: list[Operation | OwnCode] = [*rulebook.operations, *OWN_CODES]
    return sorted(rules, key=lambda rule: rule.code)


def selector_pattern(rulebook: Rulebook) -> str:
    """A regular expression that matches the codes and each prefix of a code that selectors may use."""
    codes = {operation.code for operation in rulebook.operations}
    letters = sorted({code.rstrip(_DIGITS) for code in codes})
    begins = sorted({code[:end] for code in codes for end in range(len(code.rstrip(_DIGITS)), len(code) + 1)})
    own = [f"{prefix}[{OWN_CLASSES}][0-9]{{0,2}}" for prefix in letters]
    return f"^({'|'.join([*begins, *own])})$"


def expected_selector(rulebook: Rulebook) -> str:
    """The description of a selector in an error message."""
    code = min(operation.code for operation in rulebook.operations)
    return f"a code or how codes begin, as in {code} or {code[:-2]}"


def nearest_codes(word: str, rulebook: Rulebook) -> Sequence[str]:
    """At most three codes whose code or name resembles `word`, which is neither."""
    import difflib

    rules = all_rules(rulebook)
    names = {name: rule.code for rule in rules for name in (rule.code, rule.name.upper())}
    near = difflib.get_close_matches(word.upper(), names, n=3, cutoff=0.7)
    return tuple(dict.fromkeys(names[name] for name in near))


def unknown_selectors(selectors: Sequence[str], rulebook: Rulebook) -> Sequence[str]:
    """The `selectors` that match no code, for options of the command line."""
    pattern = re.compile(selector_pattern(rulebook))
    return [selector for selector in selectors if not pattern.search(selector)]
