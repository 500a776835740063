"""Models of functions that read the data files of tests, whose data are modules of the program."""

from typing import cast

from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Method, Model
from kognitos_migrate.interpret.library.json_ import loads, return_receiver
from kognitos_migrate.interpret.strings import join_texts
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled, call_unmodeled_method
from kognitos_migrate.source.data_file.forms import NAME
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    UNKNOWN,
    Hole,
    Json,
    Lit,
    MemberRef,
    ModuleRef,
    Text,
    Unknown,
    Value,
)


def file_contents(point: EvalPoint, path: Value) -> Value | None:
    """The contents of the data files that a path may lead to, as texts of their data. None if it may lead to
    another file."""
    files = _data_files(point, path)
    contents = [
        Json(point.attribute(ModuleRef(file), NAME), Site(file, 0), point.act.frame.id) for file in files
    ]
    return join(*contents) if contents else None


def joined_path(point: EvalPoint, parts: list[Operand]) -> Value | None:
    """The joined segments of a path, if it leads to data files."""
    if not point.machine.testing.data or not parts:
        return None
    path = join_texts(Text((Lit("/"),)), parts)
    return path if _data_files(point, path) else None


def _data_files(point: EvalPoint, path: Value) -> list[str]:
    """The data files that a path may lead to. Empty if it may lead to another file."""
    data = point.machine.testing.data
    files: set[str] = set()
    for tail in _tails(path) if data else ():
        segments = [segment for segment in tail.text.lstrip("/").split("/") if segment != "."]
        if not tail.is_whole:  # the first segment may be the end of a name
            segments = tail.text.split("/")[1:]
        matches = [file for file in data if segments and file.split("/")[-len(segments) :] == segments]
        if len(matches) != 1:
            return []
        files.update(matches)
    return sorted(files)


class _Tail(Struct, frozen=True):
    """The known text at the end of a path, and whether it is the whole path."""

    text: str
    is_whole: bool


def _tails(path: Value) -> list[_Tail]:
    """The known texts at the end of each alternative of a path."""
    return [tail for choice in alternatives(path) for tail in _tails_of(choice)][:_MOST]


def _tails_of(choice: Value) -> list[_Tail]:
    if not isinstance(choice, Text):
        return [_Tail("", is_whole=False)]
    tails = [_Tail("", is_whole=True)]
    for part in reversed(choice.parts):
        heads = _tails(part.value) if isinstance(part, Hole) else [_Tail(str(part.text), is_whole=True)]
        tails = [
            _Tail(head.text + tail.text, head.is_whole) if tail.is_whole else tail
            for tail in tails
            for head in (heads if tail.is_whole else heads[:1])
        ]
    return tails


_MOST = 50
"""The limit on the paths that one expression may have."""


def decode_data(call: CallPoint) -> Value:
    """The result of `yaml.safe_load(text)`."""
    argument = call.arguments.first("stream")
    choices = alternatives(argument.value) if argument is not None else ()
    if choices and all(isinstance(choice, Json) for choice in choices):
        return loads(call)
    result = call_unmodeled(call, "a decoder")
    return _DECODED if result is UNKNOWN else result


_DECODED = Unknown("yaml.safe_load()", is_data=True, maker="yaml.safe_load")


def join_path(call: CallPoint, member: Value) -> Value:
    """The result of `path.joinpath(name)`."""
    callee = cast(MemberRef, member)
    receiver = Operand(callee.receiver, call.site, call.act.frame.id)
    path = joined_path(call, [receiver, *call.arguments.positional])
    return path if path is not None else call_unmodeled_method(call, callee)


SYMBOLS: dict[str, Model] = {
    f"yaml.{name}": decode_data for name in ("safe_load", "load", "full_load", "unsafe_load")
}

METHODS: dict[str, Method] = {
    **dict.fromkeys((f"{kind}.joinpath" for kind in ("unknown", "str")), join_path),
    "json.read": return_receiver,
}
