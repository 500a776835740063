"""Links of a document, as the site needs them.

Documents link to files of the repository by relative paths, which work in a checkout and on a code host. On
the site, links to other documents lead to their pages. Links to other files lead to the published repository;
as long as it has no address, only their text remains.
"""

import posixpath
import re
from collections.abc import Callable, Mapping, Set

_LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]\[]*)\]\((?P<target>[^)\s]+)\)")
_LITERAL = re.compile(r"^ *```.*?^ *```$|`[^`\n]+`|^#[^\n]*$", re.DOTALL | re.MULTILINE)
"""Code and headings."""
_LINK_OR_CODE = re.compile(r"\[[^\]\[]*\]\([^)\s]+\)|(?P<code>\bKOG[0-9]{3}\b)")


_GENERATED_LINK = re.compile(r"<!-- site: (?P<text>[^>]+) (?P<target>\S+) -->")


def with_generated_links(text: str) -> str:
    """The Markdown `text` of a document in docs/ with its links to generated pages, which only the site has:
    `<!-- site: Troubleshooting troubleshooting/README.md -->`."""
    return _GENERATED_LINK.sub(r" ([\g<text>](\g<target>))", text)


def with_site_links(text: str, file: str, page: str, pages: Mapping[str, str], repository: str | None) -> str:
    """The Markdown `text` of the repository's `file`, with the links that the site's `page` needs.

    `pages` maps files of the repository to files of the site, both as paths with `/`. `repository` is the
    published address.
    """

    def link(match: re.Match[str]) -> str:
        if re.match(r"\w+:|#", match["target"]):
            return match[0]
        path, mark, fragment = match["target"].partition("#")
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        target = pages.get(wanted) or pages.get(f"{wanted}/README.md")
        if target is not None:
            address = relative(target, page)
        elif repository is not None:
            address = f"{repository}/blob/main/{wanted}"
        else:
            return match["text"]
        return f"{match['image']}[{match['text']}]({address}{mark}{fragment})"

    return _LINK.sub(link, text)


def with_rule_links(text: str, page: str, codes: Set[str]) -> str:
    """The Markdown `text` with the first mention of each of the `codes` linked to the rule's page."""
    rest = set(codes)

    def link(match: re.Match[str]) -> str:
        code = match["code"]
        if code not in rest:
            return match[0]
        rest.discard(code)
        return f"[{code}]({relative(f'rules/{code}.md', page)})"

    return _outside_literals(text, lambda part: _LINK_OR_CODE.sub(link, part))


def relative(target: str, page: str) -> str:
    """The path of the site's file `target` as seen from `page`."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")


def _outside_literals(text: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for literal in _LITERAL.finditer(text):
        parts += [change(text[end : literal.start()]), literal[0]]
        end = literal.end()
    return "".join([*parts, change(text[end:])])
