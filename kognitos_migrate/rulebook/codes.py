"""Codes of findings: those of the rules, the tool's own, and selectors such as `KOG1`."""

import re
from collections.abc import Sequence
from itertools import takewhile

from kognitos_migrate.rulebook.model import Operation, Rulebook
from kognitos_migrate.structs import Struct

OWN_CLASSES = "4589"
"""First digits of the tool's own codes, which no rule file may use.

4 is for the old version named outside of calls, 5 for adapted call sites, 8 for half-migrated code, 9 for
code that could not be analysed and for suppressions.
"""

_DIGITS = "0123456789"
_CODE_LENGTH = len("KOG101")


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
    "mentions v1 in a file that isn't Python",
    "A script, a configuration file or a program in another language contains a v1 path, host, key or\n"
    "field. It is found by text search and has to be changed by hand; the finding shows the v2 equivalent.\n"
    "Searched with `--all-files`, and always by `report`.",
    severity="warning",
)
IN_DOCUMENT = OwnCode(
    "KOG402",
    "v1-in-document",
    "documentation mentions v1",
    "Documentation contains a v1 path, host, key or field. Searched with `--all-files`, and always by\n"
    "`report`.",
    severity="info",
)
IN_COMMENT = OwnCode(
    "KOG403",
    "v1-in-comment",
    "mentions v1 in a comment or a string",
    "A comment, a docstring, or a string that no request uses mentions v1. `check` shows it only if the\n"
    "code is selected: a comment never fails a build.",
    severity="info",
)
ADAPTED = OwnCode(
    "KOG501",
    "reply-adapted",
    "still expects the v1 response",
    "The call uses v2, and a function of the adapter module converts its response back to v1 shape. Read\n"
    "the v2 fields in the code that follows, then remove the function.",
    severity="info",
)
HALF_PATH = OwnCode(
    "KOG801",
    "half-migrated-path",
    "mixes the paths of v1 and v2",
    "The URL has one version and the path of the other, so neither version accepts it. Most often only the\n"
    "version was replaced. The body and the response's fields change too.",
)
HALF_METHOD = OwnCode(
    "KOG802",
    "half-migrated-method",
    "calls a v2 path with a method it doesn't accept",
    "The path is a v2 path, and v2 doesn't accept this method there.",
)
HALF_BODY = OwnCode(
    "KOG803",
    "half-migrated-body",
    "sends v2 a body that isn't in v2 layout",
    "v2 needs keys that v1 doesn't have, and expects the v1 body's content under one of them. It rejects a\n"
    "body without them.",
)
HALF_QUERY = OwnCode(
    "KOG804",
    "half-migrated-query",
    "sends a v1 query parameter to v2",
    "v2 ignores the parameter: its value belongs in the body.",
)
HALF_FIELD = OwnCode(
    "KOG805",
    "half-migrated-field",
    "reads a v2 response by a v1 field name",
    "The v2 response doesn't have this field: the read fails, or yields nothing.",
)
HALF_WORD = OwnCode(
    "KOG806",
    "half-migrated-word",
    "compares a v2 word with a v1 word",
    "The versions use different words, such as states: the comparison is never true, so a loop that waits\n"
    "for it never ends. The rules and the configuration map v1 words to v2 words.",
)
HALF_ENCODING = OwnCode(
    "KOG807",
    "half-migrated-encoding",
    "decodes a v2 value in the v1 encoding",
    "The encoding has changed: v1 has the text of a JSON object where v2 has a list of entries.",
)
HALF_TRANSFER = OwnCode(
    "KOG808",
    "half-migrated-transfer",
    "uploads a file to v2 the v1 way",
    "v2 takes the file as a multipart form, with another method: it rejects raw bytes.",
)
HALF_STATUS = OwnCode(
    "KOG809",
    "half-migrated-status",
    "checks a v2 response for the v1 status code",
    "v2 has another status code for success, so the code takes a success for a failure.",
)
HALF_VALUE = OwnCode(
    "KOG810",
    "half-migrated-value",
    "passes an id of one version to the other",
    "The versions don't know each other's ids.",
)
HALF_SETTING = OwnCode(
    "KOG811",
    "half-migrated-setting",
    "leaves v1 in a settings file that migrated code reads",
    "The code calls v2, and a settings file supplies the v1 URL: its requests fail. Change the version\n"
    "there. Environment variables may override the file: check those too.",
)
HALF_TEST = OwnCode(
    "KOG812",
    "half-migrated-test",
    "expects a v1 call, but the code calls v2",
    "A test reaches code that calls v2, and its doubles, fixtures or assertions still have paths, bodies or\n"
    "responses of v1. It fails, or tests nothing. `fix --leave-tests` lists the tests that it left.",
)
SYNTAX_ERROR = OwnCode(
    "KOG901",
    "syntax-error",
    "a file can't be parsed",
    "The file isn't valid Python, so its requests aren't known. Its text is still searched for v1.",
)
NOT_FOLLOWED = OwnCode(
    "KOG902",
    "v1-not-followed",
    "mentions v1 where no request could be traced",
    "A string contains the API's host or a v1 path, and no request that the analysis understands uses it.",
    severity="warning",
)
TOO_DYNAMIC = OwnCode(
    "KOG903",
    "too-dynamic",
    "sends the API a request that can't be followed",
    "A request goes to the API, or its URL is passed on, and the path isn't known: it may be a v1 call.",
    severity="warning",
)
INTERNAL_ERROR = OwnCode(
    "KOG990",
    "internal-error",
    "couldn't be analyzed because of an internal error",
    "The tool failed on this file, or on one connected to it. None of them is changed, and their requests\n"
    "aren't known. Please report it with the traceback that `-v` shows.",
)
POSSIBLE = OwnCode(
    "KOG904",
    "possible-v1-use",
    "may use v1: no traced request explains it",
    "A v1 path is near a field that only v1 has, in the code or in a settings file next to it, and no\n"
    "request could be traced from there. The URL, the path or the response passes through code that can't\n"
    "be followed.",
    severity="warning",
)

UNUSED_SUPPRESSION = OwnCode(
    "KOG911",
    "unused-suppression",
    "suppresses nothing",
    "A comment suppresses a code that isn't found in its statement (or file). Remove the code, or the whole\n"
    "comment: it would hide later findings.",
    severity="warning",
)
EXPIRED_SUPPRESSION = OwnCode(
    "KOG912",
    "expired-suppression",
    "has expired",
    "The comment's `until` date has passed. Migrate the code, or set a new date.",
)
WRONG_SUPPRESSION = OwnCode(
    "KOG913",
    "wrong-suppression",
    "isn't a valid suppression",
    "A comment starts like a suppression, but lacks codes, a reason or a valid date, or contains an unknown\n"
    "code.",
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
    HALF_TEST,
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


def _codes(*owns: OwnCode) -> frozenset[str]:
    return frozenset(own.code for own in owns)


MENTIONS = _codes(IN_FILE, IN_DOCUMENT, IN_COMMENT)
"""The codes of mentions of the old version that aren't calls."""
OF_NEW_CALLS = _codes(*HALF_MIGRATED, HALF_TEST)
"""The codes of calls of the new version that are half migrated, and of their tests."""
UNANALYSED = _codes(SYNTAX_ERROR, NOT_FOLLOWED, TOO_DYNAMIC, POSSIBLE)
"""The codes of code that could not be analysed."""
SUPPRESSIONS = _codes(UNUSED_SUPPRESSION, EXPIRED_SUPPRESSION, WRONG_SUPPRESSION)
"""The codes of suppression comments."""


def known_codes(rulebook: Rulebook) -> frozenset[str]:
    """The codes of all rules: those of the rulebook and the tool's own."""
    return frozenset(rule.code for rule in all_rules(rulebook))


def all_rules(rulebook: Rulebook) -> Sequence[Operation | OwnCode]:
    """The operations of the rulebook and the tool's own codes, sorted by code."""
    rules: list[Operation | OwnCode] = [*rulebook.operations, *OWN_CODES]
    return sorted(rules, key=lambda rule: rule.code)


def selector_pattern(rulebook: Rulebook) -> str:
    """A regular expression that matches the codes and each prefix of a code that selectors may use."""
    codes = known_codes(rulebook)
    begins = {code[:end] for code in codes for end in range(len(code.rstrip(_DIGITS)), len(code) + 1)}
    return f"^({'|'.join(sorted(begins))})$"


def expected_selector(rulebook: Rulebook) -> str:
    """The description of a selector in an error message."""
    code = min(operation.code for operation in rulebook.operations)
    return f"a code or the beginning of one, as in {code} or {code[:-2]}"


def nearest_codes(word: str, rulebook: Rulebook) -> Sequence[str]:
    """At most three codes for `word`, which is no code: those that begin with it or that it begins with,
    else those whose code or name resembles it."""
    import difflib

    rules, start = all_rules(rulebook), word.upper()
    by_prefix = [rule.code for rule in rules if rule.code.startswith(start) or start.startswith(rule.code)]
    if start and by_prefix:
        return tuple(by_prefix[:3])
    if (
        any(start.rstrip(_DIGITS) == rule.code.rstrip(_DIGITS) for rule in rules)
        and len(start) < _CODE_LENGTH
    ):
        return ()  # the beginning of no code
    names = {name: rule.code for rule in rules for name in (rule.code, rule.name.upper())}
    near = difflib.get_close_matches(start, names, n=3, cutoff=0.7)
    near.sort(
        key=lambda name: -len([*takewhile(lambda pair: pair[0] == pair[1], zip(name, start, strict=False))])
    )
    return tuple(dict.fromkeys(names[name] for name in near))


def selectors_without_code(selectors: Sequence[str], rulebook: Rulebook) -> Sequence[str]:
    """The `selectors` that match no code, for options of the command line."""
    pattern = re.compile(selector_pattern(rulebook))
    return [selector for selector in selectors if not pattern.search(selector)]
