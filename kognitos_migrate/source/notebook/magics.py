"""IPython magics, represented as Python calls with the same rows.

A call contains the text of the magic it replaces, so that the cell can be restored after other parts of the
text have changed. The rules are those of IPython's input transformers.
"""

import re
from collections.abc import Iterator
from keyword import iskeyword

PYTHON_BODIES = frozenset({"capture", "debug", "memit", "prun", "snakeviz", "time", "timeit"})
"""Cell magics that run their body as Python, in the notebook's own namespace."""

CODE_ARGUMENTS = ("%lprun", "%memit", "%mprun", "%prun", "%store", "%xdel")
"""Line magics whose argument is code or names of variables."""

_REST = r"(?:\\\r?\n|[^\r\n])*"
_LINE_MAGIC = re.compile(
    rf"""
    (?P<indent>[ \t]*)
    (?P<target>(?:(?![\ \t])[\w.,*:\ \t]+(?:\[[^\]\r\n=]*\][\w.,*:\ \t]*)*=[ \t]*(?=[!%](?!=)))?)
    (?:
        (?=%time)(?![^\r\n]*\?[ \t]*(?:[\r\n]|\Z))
        (?P<timed>%time[ \t]+|%timeit(?:[ \t]+-\w+(?:[ \t]+\d+)?)*[ \t]+)
        (?=[^\s!%?])
      | (?P<magic>[%!?,;/]{_REST})
    )
    """,
    re.VERBOSE,
)
_HELP = re.compile(r"""(?P<indent>[ \t]*)(?P<magic>[^\s'"\#][^\r\n'"\#]*\?[ \t]*)(?=[\r\n]|\Z)""")
_CELL_MAGIC = re.compile(r"\s*%%(?P<name>\w*)[^\r\n]*")
_TOKEN = re.compile(
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
_END_OF_LINE = re.compile(r"(?<![ \t\\])[ \t]*(?=\r?\n)")


def mask_magics(code: str, mark: str) -> str:
    """A cell's code as Python: calls of `mark` replace the magics."""
    magic = _CELL_MAGIC.match(code)
    if magic is None:
        return _masked_lines(code, mark)
    if magic["name"] not in PYTHON_BODIES:
        return mask_cell(code, mark)
    indent = len(magic[0]) - len(magic[0].lstrip())
    return magic[0][:indent] + _call(magic[0][indent:], mark) + _masked_lines(code[magic.end() :], mark)


def mask_cell(code: str, mark: str) -> str:
    """A call of `mark` that contains all of a cell's code, which isn't Python."""
    return f"{_open_call(code, mark)})"


def assign_last_value(text: str, place: int, mark: str) -> str:
    """`text` with the last expression, which begins at offset `place`, assigned to `_`."""
    return f"{text[:place]}{_output_assignment(mark)}{text[place:]}"


def _output_assignment(mark: str) -> str:
    return f"_ = {mark}_output = "


def unmask_magics(text: str, mark: str) -> str:
    """The cell's code for `text`, which `mask_magics` has made and edits may have changed."""
    text = text.replace(_output_assignment(mark), "")
    segments: list[str] = []
    position = 0
    for call in re.finditer(
        rf'{_RUN_IMPORT}{mark}\("""(?P<body>{_BODY})"""{_READS}\)(?P<code>; )?', text, re.DOTALL
    ):
        if call.start() < position:
            continue
        segments += [text[position : call.start()], _rename_variables(_unescape(call["body"]), call["reads"])]
        position = call.end()
        if call["code"]:  # a magic's argument is one line, so line breaks in it need a backslash
            end = _logical_end(text, position)
            line = text[position:end]
            segments += [_END_OF_LINE.sub(r" \\", line.rstrip("\r\n")), line[len(line.rstrip("\r\n")) :]]
            position = end
    segments.append(text[position:])
    return "".join(segments)


def unmask_prefix(text: str, mark: str) -> str:
    """The cell's code for a prefix of a masked text, which may end inside of a masked magic."""
    cut = re.search(
        rf'{_RUN_IMPORT}{mark}(?:\((?:"{{1,2}}|"""({_BODY})"{{0,3}}[\w, ]*)?)?\Z', text, re.DOTALL
    )
    if cut is None:
        return unmask_magics(text, mark)
    return unmask_magics(text[: cut.start()], mark) + _unescape(cut[1] or "")


def move_behind_magic(code: str, text: str) -> str | None:
    """`text`, which is `code` behind some new text, with the new text moved behind the cell magic of `code`.

    None if the magic's body isn't Python.
    """
    match = _CELL_MAGIC.match(code)
    if match is None:
        return text
    if match["name"] not in PYTHON_BODIES:
        return None
    ahead, header, rest = text.partition(match[0].lstrip())
    return f"{header}\n{ahead.rstrip()}{rest}" if ahead.strip() else text


def _masked_lines(code: str, mark: str) -> str:
    segments: list[str] = []
    position = 0
    while position < len(code):
        magic = _LINE_MAGIC.match(code, position) or _HELP.match(code, position)
        if magic is None:
            end = _logical_end(code, position)
            segments.append(code[position:end])
        else:
            groups = magic.groupdict()
            segments += [groups["indent"], groups.get("target") or ""]
            end = magic.end()
            if groups.get("timed"):
                end = _logical_end(code, end)
                segments.append(_mask_timing(groups["timed"], code[magic.end() : end], mark))
            else:
                segments.append(_call(groups["magic"], mark))
        position = end
    return "".join(segments)


def _mask_timing(head: str, code: str, mark: str) -> str:
    """The masked form of `%time` or `%timeit` and its line of Python.

    IPython passes one line to them. If a bracket or string of the argument spans several lines, all of it is
    kept inside of the call, as text.
    """
    line = code.rstrip("\r\n")
    if _END_OF_LINE.search(line):
        return _call(head + line, mark) + code[len(line) :]
    return f"{_call(head, mark)}; {code}"


def _call(text: str, mark: str) -> str:
    reads = "".join(f", {name}" for name in dict.fromkeys(name[0] for name in _variables_read(text)))
    return f"{_import_of(text)}{_open_call(text, mark)}{reads})"


def _import_of(text: str) -> str:
    """The import that has the effect of `%run`: the names of the file become the notebook's."""
    run = _RUN.match(text)
    names = run["path"].split("/") if run else []
    if not names or not all(name.isidentifier() and not iskeyword(name) for name in names):
        return ""
    return f"from {'.'.join(names)} import *; "


def _variables_read(text: str) -> Iterator[re.Match[str]]:
    """The names of variables that a magic reads: in `{}` or behind `$`, or anywhere if its arguments are
    code.
    """
    line = text.partition("\n")[0] if text.startswith("%%") else text
    if line.startswith(("?", ",", ";", "/", *CODE_ARGUMENTS)) or line.rstrip().endswith("?"):
        spans = [(0, len(line))]
    else:
        spans = [hole.span() for hole in _HOLE.finditer(line)]
    for start, end in spans:
        yield from (name for name in _NAME.finditer(line, start, end) if not iskeyword(name[0]))


def _rename_variables(text: str, reads: str) -> str:
    """A magic's text after the variables that it reads were renamed to `reads`."""
    matches = list(_variables_read(text))
    names = dict(zip(dict.fromkeys(match[0] for match in matches), reads.split(", ")[1:], strict=False))
    for match in reversed(matches):
        text = text[: match.start()] + names.get(match[0], match[0]) + text[match.end() :]
    return text


def _open_call(text: str, mark: str) -> str:
    """The call of `mark` with `text` as its argument, without the closing bracket."""
    literal = text.replace("\\", "\\\\").replace('"', '\\"')
    literal = _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", literal)
    return f'{mark}("""{literal}"""'


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match["code"], 16)) if match["code"] else match["sign"], text)


def _logical_end(code: str, start: int) -> int:
    """The end of the logical line that begins at `start`, behind its line ending."""
    depth = 0
    for token in _TOKEN.finditer(code, start):
        depth += bool(token["open"]) - bool(token["close"])
        if token["end"] and depth <= 0:
            return token.end()
    return len(code)
