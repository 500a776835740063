"""Drafts become edits that neither nest nor overlap; what is moved takes its own edits along."""

import pytest

from kognitos_migrate.edits.pending_edit import OverlapError, PendingEdit, compose
from kognitos_migrate.source.text_edits import Edit, Span, apply_edits
from kognitos_migrate.syntax.parsing import parse

TEXT = "f(alpha, beta, gamma)\n"


def span(word: str, text: str = TEXT, path: str = "a.py") -> Span:
    start = text.index(word)
    return Span(path, start, start + len(word))


def at(word: str, text: str = TEXT) -> Span:
    """The empty place before a word."""
    start = text.index(word)
    return Span("a.py", start, start)


def applied(*edits: PendingEdit) -> str:
    tree = parse("a.py", TEXT)
    return apply_edits(tree.text, compose(edits, {"a.py": tree}))


ALPHA, BETA, GAMMA = span("alpha"), span("beta"), span("gamma")

CASES = {
    "nothing": ((), TEXT),
    "a replacement": ((PendingEdit(ALPHA, ("x",)),), "f(x, beta, gamma)\n"),
    "a removal": ((PendingEdit(span("beta, "), ("",)),), "f(alpha, gamma)\n"),
    "an insertion": ((PendingEdit(at("beta"), ("x, ",)),), "f(alpha, x, beta, gamma)\n"),
    "two replacements": (
        (PendingEdit(GAMMA, ("y",)), PendingEdit(ALPHA, ("x",))),
        "f(x, beta, y)\n",
    ),
    "the same edit twice": ((PendingEdit(ALPHA, ("x",)), PendingEdit(ALPHA, ("x",))), "f(x, beta, gamma)\n"),
    "replacements that touch": (
        (PendingEdit(span("alpha, "), ("x; ",)), PendingEdit(BETA, ("y",))),
        "f(x; y, gamma)\n",
    ),
    "an insertion before a replacement": (
        (PendingEdit(at("beta"), ("x, ",)), PendingEdit(BETA, ("y",))),
        "f(alpha, x, y, gamma)\n",
    ),
    "insertions at one place, by rank": (
        (
            PendingEdit(at("beta"), ("2, ",), rank=2),
            PendingEdit(at("beta"), ("0, ",), rank=-1),
            PendingEdit(at("beta"), ("1, ",)),
        ),
        "f(alpha, 0, 1, 2, beta, gamma)\n",
    ),
    "a move": ((PendingEdit(BETA, ("[", BETA, "]")),), "f(alpha, [beta], gamma)\n"),
    "a move to another place": (
        (PendingEdit(ALPHA, (GAMMA,)), PendingEdit(span(", gamma"), ("",))),
        "f(gamma, beta)\n",
    ),
    "two that change places": (
        (PendingEdit(ALPHA, (GAMMA,)), PendingEdit(GAMMA, (ALPHA,))),
        "f(gamma, beta, alpha)\n",
    ),
    "a move of text that is changed": (
        (PendingEdit(span("alpha, beta"), ("[", span("alpha, beta"), "]")), PendingEdit(BETA, ("y",))),
        "f([alpha, y], gamma)\n",
    ),
    "a move of text into which something is put": (
        (
            PendingEdit(span("alpha, beta"), ("[", span("alpha, beta"), "]")),
            PendingEdit(at("beta"), ("x, ",)),
        ),
        "f([alpha, x, beta], gamma)\n",
    ),
    "a replacement of text that is changed": (
        (PendingEdit(span("alpha, beta"), ("x",)), PendingEdit(BETA, ("y",))),
        "f(x, gamma)\n",
    ),
    "moves in moves": (
        (
            PendingEdit(span("(alpha, beta, gamma)"), ("<", span("(alpha, beta, gamma)"), ">")),
            PendingEdit(span("alpha, beta"), ("[", span("alpha, beta"), "]")),
            PendingEdit(ALPHA, ("{", ALPHA, "}")),
        ),
        "f<([{alpha}, beta], gamma)>\n",
    ),
    "text that is moved twice": (
        (PendingEdit(GAMMA, (ALPHA, " + ", ALPHA)), PendingEdit(ALPHA, ("x",))),
        "f(x, beta, x + x)\n",
    ),
}


@pytest.mark.parametrize(("edits", "expected"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("order", [1, -1], ids=["in order", "in the other order"])
def test_edits_compose(edits: tuple[PendingEdit, ...], expected: str, order: int) -> None:
    assert applied(*edits[::order]) == expected


OVERLAPS = {
    "two replacements of one place": (PendingEdit(ALPHA, ("x",)), PendingEdit(ALPHA, ("y",))),
    "replacements that share text": (
        PendingEdit(span("alpha, beta"), ("x",)),
        PendingEdit(span("beta, gamma"), ("y",)),
    ),
    "a replacement and a move of one place": (
        PendingEdit(ALPHA, ("x",)),
        PendingEdit(ALPHA, ("[", ALPHA, "]")),
    ),
}


@pytest.mark.parametrize("edits", OVERLAPS.values(), ids=OVERLAPS)
def test_edits_that_want_different_things_are_refused(edits: tuple[PendingEdit, ...]) -> None:
    with pytest.raises(OverlapError) as caught:
        applied(*edits)
    assert caught.value.span in {edit.span for edit in edits}


def test_edits_are_by_file_and_place() -> None:
    trees = {path: parse(path, TEXT) for path in ("a.py", "b.py")}
    edits = [PendingEdit(span("beta", path=path), (path,)) for path in ("b.py", "a.py")]
    assert compose(edits, trees) == [
        Edit(span("beta", path="a.py"), 0, "a.py"),
        Edit(span("beta", path="b.py"), 0, "b.py"),
    ]


def test_text_is_moved_from_one_file_to_another() -> None:
    trees = {"a.py": parse("a.py", TEXT), "b.py": parse("b.py", "x = 1\n")}
    edits = [PendingEdit(span("1", "x = 1\n", "b.py"), (ALPHA,)), PendingEdit(ALPHA, ("new",))]
    texts = {edit.span.path: edit.text for edit in compose(edits, trees)}
    assert texts == {"a.py": "new", "b.py": "new"}


def test_offsets_are_those_of_bytes() -> None:
    text = "é = 'ü'; x = 1\n"
    tree = parse("a.py", text)
    start = text.encode().index(b"x")
    edits = compose([PendingEdit(Span("a.py", start, start + 1), ("ÿ",))], {"a.py": tree})
    assert apply_edits(tree.text, edits) == "é = 'ü'; ÿ = 1\n"
