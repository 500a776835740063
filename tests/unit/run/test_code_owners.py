"""Owners, as GitHub's documentation shows them."""

from pathlib import Path

import pytest

from kognitos_migrate.run.code_owners import PLACES, parse_codeowners, read_codeowners

TEXT = """\
# a comment
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
/build/logs/ @doctocat
docs/* docs@example.com
apps/ @octocat
/scripts/ @doctocat @octocat
**/logs @octo-org/octocats
/apps/github
!/build/kept @nobody
bad.py not-an-owner
/a\\ file.py @spaces
/deep/**/end.py @deep
/tree/** @tree
report-?.txt @one
[ab].py @brackets
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("main.py", "@global-owner1 @global-owner2"),
        ("a/b/main.js", "@js-owner"),
        ("a/main.go", "docs@example.com"),
        ("build/logs/today/a.txt", "@octo-org/octocats"),
        ("x/build/other/a.txt", "@global-owner1 @global-owner2"),
        ("docs/getting-started.md", "docs@example.com"),
        ("docs/build-app/troubleshooting.md", "@global-owner1 @global-owner2"),
        ("a/apps/x.py", "@octocat"),
        ("scripts/x/y.sh", "@doctocat @octocat"),
        ("a/scripts/x.sh", "@global-owner1 @global-owner2"),
        ("deeply/nested/logs", "@octo-org/octocats"),
        ("apps/github/x.py", ""),
        ("apps/github2/x.py", "@octocat"),
        ("build/kept", "@global-owner1 @global-owner2"),
        ("bad.py", "@global-owner1 @global-owner2"),
        ("a file.py", "@spaces"),
        ("deep/end.py", "@deep"),
        ("deep/x/y/end.py", "@deep"),
        ("tree/x/y.py", "@tree"),
        ("tree", "@global-owner1 @global-owner2"),
        ("x/report-1.txt", "@one"),
        ("report-12.txt", "@global-owner1 @global-owner2"),
        ("a.py", "@global-owner1 @global-owner2"),
        ("MAIN.JS", "@global-owner1 @global-owner2"),
    ],
)
def test_the_last_rule_that_matches_counts(path: str, owners: str) -> None:
    assert " ".join(parse_codeowners(TEXT).of(path)) == owners


@pytest.mark.parametrize("place", PLACES)
def test_it_is_read_in_any_of_the_three_places(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("* @me\n")
    assert read_codeowners(tmp_path).of("a.py") == ("@me",)


def test_the_first_place_counts(tmp_path: Path) -> None:
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github/CODEOWNERS").write_text("* @github\n")
    (tmp_path / "CODEOWNERS").write_text("* @top\n")
    assert read_codeowners(tmp_path).of("a.py") == ("@github",)


def test_nobody_owns_anything_where_nothing_says_so(tmp_path: Path) -> None:
    assert read_codeowners(tmp_path).of("a.py") == ()


def test_a_pattern_that_takes_too_long_owns_nothing() -> None:
    owners = parse_codeowners(f"* @all\n{'*a' * 20}*b @many\n")
    assert owners.of("a" * 120 + ".py") == ("@all",)
