"""Models of functions and methods that join the segments of a path, also that of a URL."""

from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model, receiver_of
from kognitos_migrate.interpret.library.data_files import join_path, joined_path
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.use_details import FILE_NAME
from kognitos_migrate.interpret.strings import join_texts, known_end, text_pieces, texts_of
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives, concat
from kognitos_migrate.values.lattice import UNKNOWN, Lit, MemberRef, Text, Value
from kognitos_migrate.values.texts import known_text


def path_joined(call: CallPoint) -> Value:
    """The result of `os.path.join(base, ...)`, if the base begins with a URL."""
    parts = call.arguments.positional
    urls = (
        [choice for choice in alternatives(parts[0].value) if "://" in known_end(choice, first=True)]
        if parts
        else []
    )
    path = joined_path(call, parts) if not urls else None
    if path is not None:
        return path
    if not urls:
        for argument in call.arguments.everything():
            call.note_use(UseKind.ESCAPE, argument.value, argument.site, detail=FILE_NAME)
        return UNKNOWN
    rest = [Operand(UNKNOWN, spread.site, spread.frame) for spread in call.arguments.spread]
    words = [known_text(part.value) or "" for part in parts]
    if any(word.startswith("/") for word in words[1:]) or any(word.endswith("/") for word in words[:-1]):
        return concat([text_pieces(parts[0]), text_pieces(Operand(UNKNOWN, call.site, call.act.frame.id))])
    return join_texts(Text((Lit("/"),)), [*parts, *rest])


def pure_path(call: CallPoint) -> Value:
    """The result of `PurePosixPath(base, ...)`, as its text."""
    text = _normal_path(call, call.arguments.positional)
    return call_unmodeled(call, "pathlib.PurePosixPath", "pathlib.PurePosixPath") if text is None else text


def joined_to_path(call: CallPoint, member: MemberRef) -> Value:
    """The result of `path.joinpath(name)` of a path that is known as a text."""
    receiver = Operand(member.receiver, receiver_of(call), call.act.frame.id)
    text = _normal_path(call, [receiver, *call.arguments.positional])
    return join_path(call, member) if text is None else text


def _normal_path(call: CallPoint, parts: list[Operand]) -> Value | None:
    """The text of a path that is joined of parts. None if a library would spell it in another way."""
    words = [known_text(part.value) for part in parts]
    is_root = words[:1] == ["/"]
    tails = words[1:] if is_root else words
    if call.arguments.spread or not tails or any(word is not None and not _is_normal(word) for word in tails):
        return None
    if any(word is not None and word.startswith("/") for word in words[1:]):
        return None
    if is_root:
        return concat([text_pieces(parts[0]), texts_of(join_texts(_SLASH, parts[1:]))])
    return join_texts(_SLASH, parts)


def _is_normal(word: str) -> bool:
    """Whether a part of a path is spelled as in the whole path."""
    return bool(word) and all(segment not in ("", ".") for segment in word.removeprefix("/").split("/"))


_SLASH = Text((Lit("/"),))


SYMBOLS: dict[str, Model] = {
    "os.path.join": path_joined,
    "pathlib.PurePosixPath": pure_path,
}


METHODS: dict[str, Method] = {"str.joinpath": joined_to_path}
