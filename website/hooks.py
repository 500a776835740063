"""Hooks of MkDocs (mkdocs.yml): they add the generated pages, and adapt the links of the documents."""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

try:
    from kognitos_migrate import addresses
    from website import reason_pages, rule_pages, schema_pages
    from website.site_links import with_generated_links, with_rule_links, with_site_links
except ImportError as missing:
    raise Abort(f"{missing}: build the site with `python3 dev.py docs`") from None

ROOT = Path(__file__).parents[1]
ROOT_DOCUMENTS = ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md")
"""Documents beside the package that are pages of the site, too."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Set the published addresses, if there are any."""
    if addresses.DOCUMENTATION is not None:
        config.site_url = addresses.DOCUMENTATION
    if addresses.REPOSITORY is not None:
        config.repo_url = addresses.REPOSITORY
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents beside the package and the generated pages, and list them in the navigation."""
    for name in ROOT_DOCUMENTS:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    generated = {**rule_pages.rule_pages(), **reason_pages.reason_pages(), **schema_pages.schema_pages()}
    for path, text in generated.items():
        files.append(File.generated(config, path, content=text))
    pages = [file.src_uri for file in files.documentation_pages()]
    decisions = [path for path in pages if path.startswith("decisions/")]
    sections = {
        "Rules": [path for path in generated if path.startswith("rules/")],
        "Troubleshooting": [path for path in generated if path.startswith("troubleshooting/")],
        "Decisions": sorted(decisions, key=lambda path: (not path.endswith("README.md"), path)),
    }
    listed = {*_listed(config.nav or []), *chain.from_iterable(sections.values())}
    sections["Guides"] = [path for path in pages if path not in listed]
    _fill(config.nav or [], sections)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Adapt the links of a page."""
    file = page.file
    pages = {_repository_path(other): other.src_uri for other in files if other.abs_src_path is not None}
    if file.abs_src_path is not None:
        source = _repository_path(file)
        markdown = with_site_links(markdown, source, file.src_uri, pages, addresses.REPOSITORY)
        markdown = with_generated_links(markdown)
    return with_rule_links(markdown, file.src_uri, _codes(files) - {Path(file.src_uri).stem})


def _repository_path(file: File) -> str:
    """The path of a file of the site in the repository."""
    return file.src_uri if file.src_uri in ROOT_DOCUMENTS else f"docs/{file.src_uri}"


def _codes(files: Files) -> set[str]:
    return {Path(file.src_uri).stem for file in files if file.src_uri.startswith("rules/KOG")}


def _fill(entries: list[object], sections: Mapping[str, list[str]]) -> None:
    """Add the pages of `sections` to the lists of the navigation that have their titles."""
    for entry in entries:
        if isinstance(entry, dict):
            for title, inner in entry.items():
                if isinstance(inner, list):
                    _fill(inner, sections)
                    inner += sections.get(title, [])


def _listed(entry: object) -> Iterator[str]:
    """The pages that the navigation lists."""
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, list | dict):
        for inner in entry.values() if isinstance(entry, dict) else entry:
            yield from _listed(inner)
