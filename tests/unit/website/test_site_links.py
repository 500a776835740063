"""Links of documents, as pages of the site have them."""

import pytest

from website.site_links import with_generated_links, with_rule_links, with_site_links

PAGES = {
    "docs/README.md": "README.md",
    "docs/ci.md": "ci.md",
    "docs/report.png": "report.png",
    "docs/decisions/README.md": "decisions/README.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
}
REPOSITORY = "https://code.example.org/tool"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("[a](ci.md#github)", "[a](ci.md#github)"),
        ("[a](../CONTRIBUTING.md)", "[a](CONTRIBUTING.md)"),
        ("[a](decisions)", "[a](decisions/README.md)"),
        ("![a](report.png)", "![a](report.png)"),
        ("[a](#below)", "[a](#below)"),
        ("[a](https://example.org/x)", "[a](https://example.org/x)"),
        ("[`a`](../action.yml)", f"[`a`]({REPOSITORY}/blob/main/action.yml)"),
    ],
)
def test_a_link_of_a_document(link: str, expected: str) -> None:
    assert with_site_links(link, "docs/other.md", "other.md", PAGES, REPOSITORY) == expected


def test_a_link_to_a_file_without_a_page_is_its_text_as_long_as_there_is_no_repository() -> None:
    assert with_site_links("see [`a`](../action.yml)", "docs/b.md", "b.md", PAGES, None) == "see `a`"


def test_a_link_of_a_page_in_a_folder() -> None:
    text = with_site_links("[a](../ci.md)", "docs/decisions/1.md", "decisions/1.md", PAGES, None)
    assert text == "[a](../ci.md)"


def test_a_link_to_a_generated_page() -> None:
    text = "all reasons<!-- site: Troubleshooting troubleshooting/README.md --> |"
    assert with_generated_links(text) == "all reasons ([Troubleshooting](troubleshooting/README.md)) |"


def test_the_first_mention_of_a_code_is_a_link() -> None:
    text = "# KOG101\n\n`KOG101`, [KOG101](x.md), KOG101 and KOG101, KOG999\n\n```\nKOG201\n```\n"
    assert with_rule_links(text, "a/b.md", {"KOG101", "KOG201"}) == text.replace(
        "KOG101 and", "[KOG101](../rules/KOG101.md) and"
    )
