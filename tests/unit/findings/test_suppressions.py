"""Comments that suppress."""

from datetime import date

import pytest

from kognitos_migrate.findings.result import SuppressionKind
from kognitos_migrate.findings.suppressions import Directive, InvalidDirective, directives

KNOWN = {"KOG101", "KOG201"}


def read(text: str) -> list[Directive | InvalidDirective]:
    return list(directives("a.py", text, KNOWN))


@pytest.mark.parametrize(
    ("comment", "silence", "codes", "reason"),
    [
        ("# kognitos-migrate: ignore[KOG101]", SuppressionKind.IGNORE, ("KOG101",), None),
        (
            "#kognitos-migrate:ignore[kog101] a test double",
            SuppressionKind.IGNORE,
            ("KOG101",),
            "a test double",
        ),
        (
            "# kognitos-migrate: ignore[KOG101, KOG201] - why",
            SuppressionKind.IGNORE,
            ("KOG101", "KOG201"),
            "why",
        ),
        ("# kognitos-migrate: keep[KOG101] reason [1]", SuppressionKind.KEEP, ("KOG101",), "reason [1]"),
        ("# type: ignore  # kognitos-migrate: ignore[KOG101]", SuppressionKind.IGNORE, ("KOG101",), None),
        ("# kognitos-migrate: ignore[KOG101] why # noqa: E501", SuppressionKind.IGNORE, ("KOG101",), "why"),
        ("# kognitos-migrate: keep[KOG101] see #12", SuppressionKind.KEEP, ("KOG101",), "see #12"),
        ("# noqa: KOG101", SuppressionKind.NOQA, ("KOG101",), None),
        ("# NoQA:E501,KOG101 KOG201 because", SuppressionKind.NOQA, ("KOG101", "KOG201"), None),
        ("# pylint: disable=x # nosec # noqa: KOG101", SuppressionKind.NOQA, ("KOG101",), None),
    ],
)
def test_what_suppresses(
    comment: str, silence: SuppressionKind, codes: tuple[str, ...], reason: str | None
) -> None:
    (one,) = read(f"x = 1  {comment}\n")
    assert isinstance(one, Directive)
    assert (one.kind, one.codes, one.reason, one.until) == (silence, codes, reason, None)


@pytest.mark.parametrize(
    "text",
    [
        "x = '# kognitos-migrate: ignore[KOG101]'\n",
        "'''\n# kognitos-migrate: ignore[KOG101]\n'''\n",
        "x = 1  # write # kognitos-migrate: ignore[KOG101] here\n",
        "x = 1  # see kognitos-migrate: ignore[KOG101]\n",
        "x = 1  # kognitos-migrate: ignored, since it is a test\n",
        "x = 1  # kognitos-migrate: see the docs\n",
        "x = 1  # noqa\n",
        "x = 1  # noqa: E501, W291\n",
        "x = 1  # why noqa: KOG101\n",
    ],
)
def test_what_does_not(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("comment", "message", "expected"),
    [
        ("ignore", "`ignore` needs codes", "expected ignore[KOG101]"),
        ("ignore[]", "`ignore` needs codes", "expected ignore[KOG101]"),
        ("ignore[KOG1]", "unknown code KOG1", "expected a full code, as in KOG101"),
        ("ignore[KOG111]", "unknown code KOG111", "did you mean KOG101?"),
        ("ignore[KOG102]", "unknown code KOG102", "did you mean KOG101?"),
        ("ignroe[KOG101]", "unknown word 'ignroe' after kognitos-migrate:", "did you mean ignore?"),
        ("hush[KOG1]", "unknown word 'hush' after kognitos-migrate:", "expected ignore, keep or file-ignore"),
        ("keep[KOG101]", "`keep` needs a reason", "expected keep[CODE] the reason"),
        ("keep[KOG101] why until=soon", "invalid date 'soon'", "expected until=2027-03-31"),
        (
            "keep[KOG101] why until=2027-02-30",
            "invalid date '2027-02-30'",
            "expected until=2027-03-31",
        ),
    ],
)
def test_what_is_wrong(comment: str, message: str, expected: str) -> None:
    found = [
        one for one in read(f"x = 1  # kognitos-migrate: {comment}\n") if isinstance(one, InvalidDirective)
    ]
    assert [(one.message, one.expected) for one in found] == [(message, expected)]


def test_what_is_wrong_suppresses_all_the_same_what_it_names() -> None:
    found = read("x = 1  # kognitos-migrate: keep[KOG101, KOG999]\n")
    assert [one.codes for one in found if isinstance(one, Directive)] == [("KOG101",)]


def test_until() -> None:
    (one,) = read("x = 1  # kognitos-migrate: keep[KOG101] until=2027-03-31 the vendor is slow\n")
    assert isinstance(one, Directive)
    assert (one.until, one.reason) == (date(2027, 3, 31), "the vendor is slow")


def test_rows() -> None:
    text = (
        "# kognitos-migrate: file-ignore[KOG201]\n"
        "# kognitos-migrate: ignore[KOG101]\n"
        "x = call(\n"
        "    1,  # noqa: KOG101\n"
        ")\n"
    )
    found = [one.rows for one in read(text) if isinstance(one, Directive)]
    assert [rows and (rows.first, rows.last) for rows in found] == [None, (3, 5), (3, 5)]


def test_the_place_is_that_of_the_comment() -> None:
    (one,) = read("x = 1  # type: ignore # noqa: KOG101  \n")
    assert (one.place.row, one.place.column, one.place.end_column) == (1, 23, 37)
