"""Escapes text from files, so that it can't control a terminal, a log or a page."""

import json
import re

_LOG = r"(?<=#)#(?=\w*\[)"
"""The characters `##[` or `##vso[`, which start a command in the log of some CI systems."""
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]|" + _LOG
)
_COMMAND = re.compile(r"\s*::")
_CODE = re.compile(r"(?<!`)`(?P<code>[^`]+)`(?!`)")
_WEB = re.compile(r"https?://[^\s\x00-\x20\x7f-\xa0<>\\]+")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~#!&])")


def plain(text: str) -> str:
    """`text` on one line, with a visible sign, one column wide, for each invisible character."""
    return _HARMFUL.sub(_visible, text)


def plain_start(text: str) -> str:
    """`text` as in `plain`, for the start of a line. A file named `::error::` is then no command to
    GitHub."""
    return f"./{plain(text)}" if _COMMAND.match(text) else plain(text)


def plain_block(text: str) -> str:
    """`text` as in `plain_lines`, if its first line begins a line, too."""
    return plain_lines(f"\n{text}")[1:]


def plain_lines(text: str) -> str:
    """`text` as in `plain`, with its tabs and line endings kept. A further line that starts like a command to
    GitHub gets a dot before it."""
    first, *rest = ("\t".join(map(plain, line.split("\t"))) for line in text.split("\n"))
    return "\n".join((first, *(f".{line}" if _COMMAND.match(line) else line for line in rest)))


def json_text(document: object, indent: int | None = 2) -> str:
    """`document` as JSON in ASCII, without log commands. On one line if `indent` is None."""
    return re.sub(_LOG, r"\\u0023", json.dumps(document, indent=indent))


def markdown(text: str) -> str:
    """`text` on one line, escaped for a Markdown paragraph or table. Text between two backticks is code."""
    text = plain(text)
    parts, end = [], 0
    for span in _CODE.finditer(text):
        parts += [_MARKDOWN.sub(r"\\\1", text[end : span.start()]), markdown_code(span["code"])]
        end = span.end()
    return "".join((*parts, _MARKDOWN.sub(r"\\\1", text[end:])))


def markdown_code(text: str) -> str:
    """`text` as a span of Markdown code, escaped also for a table."""
    text = plain(text)
    fence = "`" * (_longest_run(text) + 1)
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{padding}{text}{padding}{fence}".replace("|", "\\|")


def markdown_link(text: str, url: str | None) -> str:
    """`text` as a link to `url` in Markdown, or only the text if that isn't a web address."""
    is_web = url is not None and _WEB.fullmatch(url) is not None
    address = plain(str(url)).replace("(", "%28").replace(")", "%29")
    return f"[{markdown(text)}]({address})" if is_web else markdown(text)


def markdown_block(text: str, language: str) -> str:
    """`text` as a fenced block of Markdown."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{plain_block(text.rstrip())}\n{fence}"


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def _longest_run(text: str) -> int:
    """The length of the longest run of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)
