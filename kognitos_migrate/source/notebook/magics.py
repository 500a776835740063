"""IPython magics, represented as Python calls with the same rows.

Rows stay as they are, and what stands for something says what it is, so that the cell can be had back from
text in which other things were changed. The rules are those of IPython's input transformers.
"""

import re
from collections.abc import Iterator
from keyword import iskeyword

PYTHON_BODIES = frozenset({"capture", "debug", "memit", "prun", "snakeviz", "time", "timeit"})
"""Cell magics whose body is Python that runs in the notebook itself."""

CODE_ARGUMENTS = ("%lprun", "%memit", "%mprun", "%prun", "%store", "%xdel")
"""Line magics that are given code, or names of variables."""

_REST = r"(?:\\\r?\n|[^\r\n])*"
_LINE_MAGIC = re.compile(
    rf"""
    (?P<indent>[ \t]*)
    (?P<target>(?:[\w.,*:\ \t]+(?:\[[^\]\r\n=]*\][\w.,*:\ \t]*)*=[ \t]*(?=[!%](?!=)))?)
    (?:
        (?P<timed>%time[ \t]+|%timeit(?:[ \t]+-\w+(?:[ \t]*\d+)?)*[ \t]+)
        (?=[^\s!%?]) (?![^\r\n]*\?[ \t]*(?:[\r\n]|\Z))
      | (?P<magic>[%!?,;/]{_REST})
    )
    """,
    re.VERBOSE,
)
_HELP = re.compile(r"""(?P<indent>[ \t]*)(?P<magic>[^\s'"\#][^\r\n'"\#]*\?[ \t]*)(?=[\r\n]|\Z)""")
_CELL_MAGIC = re.compile(r"\s*%%(?P<name>\w*)[^\r\n]*")
_PIECE = re.compile(
    r"""
      \#[^\r\n]*
    | (?P<long>\"{3}|'{3})(?:\\.|[^\\])*?(?:(?P=long)|\Z)
    | (?P<quote>["'])(?:\\(?:\r\n|.)|(?!(?P=quote))[^\\\r\n])*(?:(?P=quote)|(?=[\r\n])|\Z)
    | \\(?:\r\n|.)
    | (?P<open>[\[({])
    | (?P<close>[\])}])
    | (?P<end>\r\n|\r|\n)
    """,
    re.VERBOSE | re.DOTALL,
)
_RUN = re.compile(r"%run[ \t]+(?:-\w+[ \t]+)*(?:\./)?(?P<path>\w+(?:/\w+)*)(?:\.py|\.ipynb)?(?:[ \t]|\Z)")
_RUN_IMPORT = r"(?:from [\w.]+ import \*; )?"
_NAME = re.compile(r"""(?<![\w.%"'])[^\W\d]\w*""")
_HOLE = re.compile(r"\{[^{}]*\}|\$\w+")
_BODY = r'(?:[^\\"]|\\.)*'
_READS = r"(?P<reads>(?:, \w+)*)"
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:u(?P<code>[0-9a-f]{4})|(?P<sign>.))", re.DOTALL)
_END_OF_LINE = re.compile(r"(?<!\\)[ \t]*(?=\r?\n)")


def mask_magics(code: str, mark: str) -> str:
    """`code` of a cell as Python; `mark` is the name of the call that stands for what isn't."""
    first = _CELL_MAGIC.match(code)
    if first is None:
        return _masked_lines(code, mark)
    if first["name"] not in PYTHON_BODIES:
        return mask_cell(code, mark)
    ahead = len(first[0]) - len(first[0].lstrip())
    return first[0][:ahead] + _call(first[0][ahead:], mark) + _masked_lines(code[first.end() :], mark)


def mask_cell(code: str, mark: str) -> str:
    """The same for code that isn't Python at all."""
    return f"{_text_of_call(code, mark)})"


def keep_last_value(text: str, place: int, mark: str) -> str:
    """`text` of a cell with the value of its last expression, which begins at `place`, kept as `_`."""
    return f"{text[:place]}{_kept(mark)}{text[place:]}"


def _kept(mark: str) -> str:
    return f"_ = {mark}_output = "


def unmask_magics(text: str, mark: str) -> str:
    """The code that `mask_magics` made `text` of, with what was changed in it since."""
    text = text.replace(_kept(mark), "")
    parts: list[str] = []
    position = 0
    for call in re.finditer(
        rf'{_RUN_IMPORT}{mark}\("""(?P<body>{_BODY})"""{_READS}\)(?P<code>; )?', text, re.DOTALL
    ):
        if call.start() < position:
            continue
        parts += [text[position : call.start()], _renamed(_unescaped(call["body"]), call["reads"])]
        position = call.end()
        if call["code"]:  # the rest of a magic's line, which is one line
            end = _logical_end(text, position)
            line = text[position:end]
            parts += [_END_OF_LINE.sub(r" \\", line.rstrip("\r\n")), line[len(line.rstrip("\r\n")) :]]
            position = end
    parts.append(text[position:])
    return "".join(parts)


def unmask_prefix(text: str, mark: str) -> str:
    """The same for a text that may end within what stands for something."""
    cut = re.search(
        rf'{_RUN_IMPORT}{mark}(?:\((?:"{{1,2}}|"""({_BODY})"{{0,3}}[\w, ]*)?)?\Z', text, re.DOTALL
    )
    if cut is None:
        return unmask_magics(text, mark)
    return unmask_magics(text[: cut.start()], mark) + _unescaped(cut[1] or "")


def after_magic(code: str, text: str) -> str | None:
    """`text`, which is `code` with something in front, with that behind the cell magic of `code`; None
    where it can't stand there."""
    first = _CELL_MAGIC.match(code)
    if first is None:
        return text
    if first["name"] not in PYTHON_BODIES:
        return None
    ahead, magic, rest = text.partition(first[0].lstrip())
    return f"{magic}\n{ahead.rstrip()}{rest}" if ahead.strip() else text


def _masked_lines(code: str, mark: str) -> str:
    parts: list[str] = []
    position = 0
    while position < len(code):
        magic = _LINE_MAGIC.match(code, position) or _HELP.match(code, position)
        if magic is None:
            end = _logical_end(code, position)
            parts.append(code[position:end])
        else:
            found = magic.groupdict()
            parts += [found["indent"], found.get("target") or ""]
            end = magic.end()
            if found.get("timed"):
                end = _logical_end(code, end)
                parts.append(_timed(found["timed"], code[magic.end() : end], mark))
            else:
                parts.append(_call(found["magic"], mark))
        position = end
    return "".join(parts)


def _timed(head: str, code: str, mark: str) -> str:
    """A magic that is given a line of Python; of what is no such line, nothing is Python."""
    line = code.rstrip("\r\n")
    if _END_OF_LINE.search(line):
        return _call(head + line, mark) + code[len(line) :]
    return f"{_call(head, mark)}; {code}"


def _call(text: str, mark: str) -> str:
    reads = "".join(f", {name}" for name in dict.fromkeys(name[0] for name in _reads(text)))
    return f"{_import_of(text)}{_text_of_call(text, mark)}{reads})"


def _import_of(text: str) -> str:
    """The import that does what `%run` does: the names of the file are those of the notebook, then."""
    run = _RUN.match(text)
    names = run["path"].split("/") if run else []
    if not names or not all(name.isidentifier() and not iskeyword(name) for name in names):
        return ""
    return f"from {'.'.join(names)} import *; "


def _reads(text: str) -> Iterator[re.Match[str]]:
    """The names of variables that a magic reads: those that stand in `{}` or behind `$`, or all."""
    line = text.partition("\n")[0] if text.startswith("%%") else text
    if line.startswith(("?", ",", ";", "/", *CODE_ARGUMENTS)) or line.rstrip().endswith("?"):
        spans = [(0, len(line))]
    else:
        spans = [hole.span() for hole in _HOLE.finditer(line)]
    for start, end in spans:
        yield from (name for name in _NAME.finditer(line, start, end) if not iskeyword(name[0]))


def _renamed(text: str, reads: str) -> str:
    """A magic whose variables have the names `reads` now."""
    found = list(_reads(text))
    names = dict(zip(dict.fromkeys(name[0] for name in found), reads.split(", ")[1:], strict=False))
    for name in reversed(found):
        text = text[: name.start()] + names.get(name[0], name[0]) + text[name.end() :]
    return text


def _text_of_call(text: str, mark: str) -> str:
    said = text.replace("\\", "\\\\").replace('"', '\\"')
    said = _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", said)
    return f'{mark}("""{said}"""'


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match["code"], 16)) if match["code"] else match["sign"], text)


def _logical_end(code: str, start: int) -> int:
    """Where the logical line ends that begins at `start`: behind its line end."""
    depth = 0
    for piece in _PIECE.finditer(code, start):
        depth += bool(piece["open"]) - bool(piece["close"])
        if piece["end"] and depth <= 0:
            return piece.end()
    return len(code)
