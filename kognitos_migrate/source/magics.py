"""IPython's own syntax in a cell, and the Python that stands for it: a call that holds it as a text.

Rows stay as they are, and what stands for something says what it is, so that the cell can be had back from
text in which other things were changed. The rules are those of IPython's input transformers.
"""

import re

PYTHON_BODIES = frozenset({"capture", "debug", "memit", "prun", "snakeviz", "time", "timeit"})
"""Cell magics whose body is Python that runs in the notebook itself."""

_REST = r"(?:\\\r?\n|[^\r\n])*"
_LINE_MAGIC = re.compile(
    rf"""
    (?P<indent>[ \t]*)
    (?P<target>(?:[\w.,\[\]'"*:()\ \t]+=[ \t]*(?=[!%](?!=)))?)
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
_BODY = r'(?:[^\\"]|\\.)*'
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:u(?P<code>[0-9a-f]{4})|(?P<sign>.))", re.DOTALL)
_END_OF_LINE = re.compile(r"(?<!\\)[ \t]*(?=\r?\n)")


def masked(code: str, mark: str) -> str:
    """`code` of a cell as Python; `mark` is the name of the call that stands for what isn't."""
    first = _CELL_MAGIC.match(code)
    if first is None:
        return _masked_lines(code, mark)
    if first["name"] not in PYTHON_BODIES:
        return whole(code, mark)
    ahead = len(first[0]) - len(first[0].lstrip())
    return first[0][:ahead] + _call(first[0][ahead:], mark) + _masked_lines(code[first.end() :], mark)


def whole(code: str, mark: str) -> str:
    """The same for code that isn't Python at all."""
    return _call(code, mark)


def unmasked(text: str, mark: str) -> str:
    """The code that `masked` made `text` of, with what was changed in it since."""
    parts: list[str] = []
    position = 0
    for call in re.finditer(rf'{mark}\("""({_BODY})"""\)(; )?', text, re.DOTALL):
        if call.start() < position:
            continue
        parts += [text[position : call.start()], _unescaped(call[1])]
        position = call.end()
        if call[2]:  # the rest of a magic's line, which is one line
            end = _logical_end(text, position)
            line = text[position:end]
            parts += [_END_OF_LINE.sub(r" \\", line.rstrip("\r\n")), line[len(line.rstrip("\r\n")) :]]
            position = end
    parts.append(text[position:])
    return "".join(parts)


def unmasked_beginning(text: str, mark: str) -> str:
    """The same for a text that may end within what stands for something."""
    cut = re.search(rf'{mark}(?:\((?:"""({_BODY})(?:""")?)?)?\Z', text, re.DOTALL)
    if cut is None:
        return unmasked(text, mark)
    return unmasked(text[: cut.start()], mark) + _unescaped(cut[1] or "")


def behind_magic(code: str, text: str) -> str | None:
    """`text`, which is `code` with something in front, with that behind the cell magic of `code`; None
    where it can't stand there."""
    first = _CELL_MAGIC.match(code)
    magic = first[0].lstrip() if first else ""
    ahead, found, rest = text.partition(magic) if magic else ("", "", text)
    if first is None or not found or not ahead.strip():
        return text
    return f"{found}\n{ahead.rstrip()}{rest}" if first["name"] in PYTHON_BODIES else None


def _masked_lines(code: str, mark: str) -> str:
    parts: list[str] = []
    position = 0
    while position < len(code):
        magic = _LINE_MAGIC.match(code, position) or _HELP.match(code, position)
        end = magic.end() if magic else _logical_end(code, position)
        if magic is None:
            parts.append(code[position:end])
        else:
            found = magic.groupdict()
            parts += [found["indent"], found.get("target") or ""]
            timed = found.get("timed")
            parts.append(f"{_call(timed, mark)}; " if timed else _call(found["magic"], mark))
            if timed:
                rest = _logical_end(code, end)
                parts.append(code[end:rest])
                end = rest
        position = end
    return "".join(parts)


def _call(text: str, mark: str) -> str:
    said = text.replace("\\", "\\\\").replace('"', '\\"')
    said = _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", said)
    return f'{mark}("""{said}""")'


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
