"""Text that LibCST can parse, with limits on size and depth, and the errors of texts that it can't."""

import ast
import re
import warnings

from kognitos_migrate.source.file import LARGEST_MODULE

_BEFORE_STATEMENT = re.compile(r"^\f+(?=[^\s#])", re.MULTILINE)


def without_form_feeds(text: str) -> str:
    """The text with line feeds in place of form feeds that LibCST would drop, at unchanged offsets.

    Returns the text itself if the replacement would change the program.
    """
    if "\f" not in text:
        return text
    replaced = _BEFORE_STATEMENT.sub(lambda feeds: "\n" * len(feeds[0]), text)
    return replaced if replaced == text or _is_same_program(text, replaced) else text


def _is_same_program(text: str, replaced: str) -> bool:
    try:
        return ast.dump(ast.parse(text)) == ast.dump(ast.parse(replaced))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


NESTING = 400
"""Maximum depth of nested brackets. At some thousands the parser would crash."""
CHAIN = 1_000
"""Maximum number of operators, attributes, calls or strings in one expression, and of `elif` in one file.

Each is a level of the tree, and the parser takes quadratic time.
"""

_OPENING = "([{"
_SIGNS = "-.+*/%@|&^~<>"
_WORDS = ("not", "and", "or", "if", "else", "lambda", "await")
_PARTS = re.compile(
    r"""(?P<text>\"\"\"(?:[^\\"]|\\.|"(?!""))*\"\"\"|'''(?:[^\\']|\\.|'(?!''))*'''"""
    r"""|"(?:[^\\"\n]|\\.)*"|'(?:[^\\'\n]|\\.)*')|(?P<comment>\#[^\n]*)|(?P<open>[(\[{])|(?P<close>[)\]}])"""
    rf"""|(?P<end>[,;=])|(?P<line>\\?[\r\n]+)|(?P<deeper>[{_SIGNS}]|\b(?:{"|".join(_WORDS)})\b)""",
    re.DOTALL,
)


def parse_obstacle(text: str) -> str | None:
    """The reason why `text` can't be parsed; None if there is none."""
    if len(text) > LARGEST_MODULE:
        return f"is too large to be read: {len(text):,} characters, {LARGEST_MODULE:,} are the limit"
    if text.count("elif") > CHAIN or (_may_be_too_deep(text) and _is_too_deep(text)):
        return "is nested too deeply to be read"
    return None


def _may_be_too_deep(text: str) -> bool:
    """A quick upper bound: whether the whole text has enough brackets and operators to exceed a limit."""
    opening = sum(map(text.count, _OPENING))
    texts = sum(map(text.count, "\"'")) // 2
    return opening > NESTING or opening + texts + sum(map(text.count, (*_SIGNS, *_WORDS))) > CHAIN


def _is_too_deep(text: str) -> bool:
    """Whether brackets are nested too deeply, or an expression has too many operators."""
    chains = [0]
    total = 0
    for part in _PARTS.finditer(text):
        kind = part.lastgroup
        if kind in ("text", "deeper", "open"):
            chains[-1] += 1
            total += 1
            if kind == "open":
                chains.append(0)
            if total > CHAIN or len(chains) > NESTING + 1:
                return True
            if kind == "text" and _is_formatted(part) and _is_too_deep(part[0].strip(part[0][0])):
                return True
        elif kind == "close" and len(chains) > 1:
            total -= chains.pop()
        elif kind == "end" or (kind == "line" and len(chains) == 1 and not part[0].startswith("\\")):
            total -= chains[-1]
            chains[-1] = 0
    return False


def _is_formatted(part: re.Match[str]) -> bool:
    """Whether a string literal may contain expressions."""
    before = part.string[max(0, part.start() - 2) : part.start()].lower()
    return "f" in before or "t" in before


class SourceSyntaxError(Exception):
    """The text is not Python that LibCST can parse: the message, the line, and the kind of fault."""

    def __init__(self, message: str, line: int, reason: str = "syntax-error") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.reason = reason


def python_fault(text: str) -> SourceSyntaxError | None:
    """The reason why Python can't parse a text, and the line; None if it can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        return SourceSyntaxError(error.msg, error.lineno or 1)
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


class UnfaithfulError(Exception):
    """LibCST doesn't render the module at `path` as it was, so positions in it are unknown.

    It also fails on a module that is nested more deeply than this Python can recurse.
    """

    def __init__(
        self, path: str, message: str = "can't be read back unchanged", reason: str = "not-read-back"
    ) -> None:
        super().__init__(f"{path} {message}")
        self.path = path
        self.message = message
        self.reason = reason
