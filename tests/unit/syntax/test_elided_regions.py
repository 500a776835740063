"""A module with elided bodies, functions or classes: the other nodes and their positions are unchanged."""

import libcst as cst
import pytest

from kognitos_migrate.edits.literals import usual_quote
from kognitos_migrate.modules.elision import Between, elidable_bodies, elidable_definition
from kognitos_migrate.modules.top_level import top_level_statements
from kognitos_migrate.source.text_edits import Edit, Span, apply_edits
from kognitos_migrate.syntax.elided_regions import Definition, ElidedRegions, NeedsFullParseError
from kognitos_migrate.syntax.message_observers import error_text_patterns
from kognitos_migrate.syntax.module_references import elided_body_takes_name
from kognitos_migrate.syntax.parsing import parse, reparse
from kognitos_migrate.syntax.scopes import occurrences
from kognitos_migrate.syntax.tree import Tree

TEXT = '''\
"""A module: ü."""
import json

LIMIT = 3


def first(rows, names=("ä", "ö")):
    """Not parsed: ß."""
    found = [row.json() for row in rows if row]
    return json.dumps(found), 'name', "app.client.start"


@decorated
def seen(rows):
    return first(rows)  # ü


class Some(Base):
    X = first

    def method(self):
        # above

        total = sum(one.total for one in self.rows
                    if one.total > LIMIT)
        return total  # "behind"

        # below

    async def other(self):
        async for one in self.rows:
            yield one, one, one, one

    def stub(self) -> None: ...


def last(rows):
    return {row.name: row for row in rows if row.name}
'''
SHAPES = {
    "as it is": TEXT,
    "tabs": TEXT.replace("    ", "\t"),
    "CRLF": TEXT.replace("\n", "\r\n"),
    "form feeds": TEXT.replace("\ndef ", "\n\f\ndef "),
    "blanks at the ends of lines": TEXT.replace("\n", "  \n"),
    "no newline at the end": TEXT.rstrip(),
    "stubs with blanks behind them": TEXT.replace("None: ...", "None:\n        ..." + " " * 60),
}


def places(text: str, least: int = 0) -> list[Between]:
    found = top_level_statements(text.encode()) or ()
    return [place for one in found for place in elidable_bodies(one, lambda body: len(body) < least)]


def gapped(text: str) -> Tree:
    return parse("a.py", text, places(text))


def wholes(text: str) -> list[Between]:
    found = (
        elidable_definition(one, lambda body: False) for one in top_level_statements(text.encode()) or ()
    )
    return [place for place in found if place is not None]


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_parsed_is_where_it_is_in_the_whole(shape: str) -> None:
    text = SHAPES[shape]
    tree, whole = gapped(text), parse("a.py", text)
    assert len(tree.gaps.places) == 4
    assert tree.text == text
    inner = [one for one in tree.of_kind(cst.FunctionDef) if tree.is_elided(one)]
    assert [one.name.value for one in inner] == ["first", "method", "other", "last"]
    spans = {(type(node), *_between(whole, node)) for node in whole.nodes}
    blanks = {id(node) for one in inner for node in (one.body, *_below(one.body))}
    outer = [node for node in tree.nodes if id(node) not in blanks]
    assert {(type(node), *_between(tree, node)) for node in outer} <= spans
    assert len(outer) > 80


@pytest.mark.parametrize("shape", SHAPES)
def test_what_stands_beside_wholes_is_where_it_is(shape: str) -> None:
    text = SHAPES[shape]
    tree, whole = parse("a.py", text, wholes(text)), parse("a.py", text)
    definitions: list[Definition] = [*tree.of_kind(cst.FunctionDef), *tree.of_kind(cst.ClassDef)]
    left_out = sorted(filter(tree.is_elided, definitions), key=tree.number)
    assert [one.name.value for one in left_out] == ["first", "Some", "last"]
    assert [one.value for one in tree.of_kind(cst.Name)].count("method") == 0
    for one in left_out:
        with pytest.raises(NeedsFullParseError):
            tree.descendants_of_kind(one, cst.Name)
    spans = {(type(node), *_between(whole, node)) for node in whole.nodes}
    standing = {id(node) for one in left_out for node in (one, *_below(one))}
    outer = [node for node in tree.nodes if id(node) not in standing]
    assert {(type(node), *_between(tree, node)) for node in outer} <= spans
    assert len(outer) > 20
    first, some, last = (tree.span(one).start for one in left_out)
    assert text.encode()[first:].startswith(b"def first(rows, names")
    assert text.encode()[some:].startswith(b"class Some(Base):")
    assert text.encode()[last:].startswith(b"def last(rows):")


def test_what_they_hold_is_known() -> None:
    tree = parse("a.py", TEXT, wholes(TEXT))
    assert tree.gaps.words >= {"first", "names", "Some", "Base", "method", "LIMIT", "json"}
    assert all(map(tree.gaps.use, ("Base", "json", "first")))
    assert elided_body_takes_name(tree, "dumps")
    assert [one.name for one in tree.unparsed_functions("method")] == ["method"]
    assert tree.unparsed_functions("seen") == []


def _between(tree: Tree, node: cst.CSTNode) -> Between:
    span = tree.span(node)
    if isinstance(node, cst.FunctionDef | cst.ClassDef | cst.Module):
        return span.start, 0  # a body that ends with what is below it
    return span.start, span.end


def _below(node: cst.CSTNode) -> list[cst.CSTNode]:
    return [inner for child in node.children for inner in (child, *_below(child))]


@pytest.mark.parametrize("shape", SHAPES)
def test_only_what_is_not_left_out_may_be_looked_into(shape: str) -> None:
    tree = gapped(SHAPES[shape])
    for function in tree.of_kind(cst.FunctionDef):
        if tree.is_elided(function):
            with pytest.raises(NeedsFullParseError):
                tree.descendants_of_kind(function, cst.Name)
            with pytest.raises(NeedsFullParseError):
                list(tree.descendants(function))
            assert [one.value for one in tree.descendants_of_kind(function.name, cst.Name)] == [
                function.name.value
            ]
        else:
            assert [*tree.descendants_of_kind(function, cst.Name)]
    for whole in (tree.module, *tree.of_kind(cst.ClassDef)):
        with pytest.raises(NeedsFullParseError):
            tree.descendants_of_kind(whole, cst.Name)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 30000"),
        ("return first(rows)", "return first(\n        rows, 'ü')"),
        ("import json", "import json, ünicode"),
        ("X = first", "X, Y = first, 'é'"),
        ("def last(rows)", "def last(rows: 'ü')"),
        ("# below", "# belöw"),
    ],
)
def test_a_change_outside_moves_them(shape: str, old: str, new: str) -> None:
    text = SHAPES[shape]
    tree = gapped(text)
    start = len(text[: text.index(old)].encode())
    edits = [Edit(Span("a.py", start, start + len(old.encode())), 0, new)]
    after = apply_edits(text, edits)
    again = reparse(tree, edits, after)
    assert [after.encode()[slice(*place)] for place in again.gaps.places] == [
        text.encode()[slice(*place)] for place in tree.gaps.places
    ]
    assert again.rendering.tops == parse("a.py", after, again.gaps.places).rendering.tops
    assert sum(map(again.is_elided, again.of_kind(cst.FunctionDef))) == 4


@pytest.mark.parametrize("old", ["ß", "async for", "row.name: row", "return total"])
def test_a_change_in_one_needs_the_whole(old: str) -> None:
    start = len(TEXT[: TEXT.index(old)].encode())
    edits = [Edit(Span("a.py", start, start + 1), 0, "x")]
    with pytest.raises(NeedsFullParseError):
        reparse(gapped(TEXT), edits, "")


def test_what_is_found_elsewhere_in_the_module_is_no_body_of_it() -> None:
    start, end = places(TEXT)[0]
    at = len(TEXT[: TEXT.index("LIMIT")].encode())
    tree = parse("a.py", TEXT, [(at, at + len("LIMIT = 3"))])
    with pytest.raises(NeedsFullParseError):  # the blanks are in no function
        tree.require(tree.module)
    with pytest.raises(NeedsFullParseError):  # and this is no Python
        parse("a.py", f"{TEXT}\nprint 1\n", [(start, end)])


@pytest.mark.parametrize(
    ("name", "use", "say"),
    [
        ("json", True, True),
        ("found", True, True),
        ("name", True, True),  # as a text
        ("dumps", False, True),
        ("parsed", False, True),
        ("behind", False, True),
        ("rows", True, True),
        ("seen", False, False),
        ("own", False, False),
    ],
)
def test_names_in_them_are_told(name: str, use: bool, say: bool) -> None:
    gaps = gapped(TEXT).gaps
    assert (gaps.use(name), gaps.mentions(name)) == (use, say)
    assert (name in gaps.words) == say


@pytest.mark.parametrize(
    ("body", "key", "sets"),
    [
        ("TABLE[10] = 2", "1", False),
        ("TABLE[1] = 2", "1", True),
        ("TABLE[True] = 2", "1", True),
        ("TABLE[1.0] = 2", "1", True),
        ("TABLE[-1] = 2", "-1", True),
        ("TABLE.insert(1, x)", "1", True),
        ("x = TABLE[1]", "1", False),
        ("TABLE[None] = 2", "None", True),
        ("TABLE['main'] = 2", "main", True),
        ("run('a.main')", "main", True),
    ],
)
def test_keys_that_they_may_set(body: str, key: str, sets: bool) -> None:
    text = f"def one():\n    {body}\n    # {key}\n"
    start = text.index(body)
    gaps = parse("a.py", text, [(start, len(text) - 1)]).gaps
    assert gaps.may_set(key) == sets


def test_nothing_is_in_none() -> None:
    assert not any(
        (
            ElidedRegions().words,
            ElidedRegions().text,
            ElidedRegions().caught_names,
            ElidedRegions().mentions("x"),
            ElidedRegions().use("x"),
        )
    )


@pytest.mark.parametrize(
    ("name", "taken"),
    [("dumps", True), ("start", True), ("total", True), ("json", False), ("row", False), ("LIMIT", False)],
)
def test_names_that_they_take_from_modules(name: str, taken: bool) -> None:
    text = TEXT.replace("found = [", "row = rows.pop()\n    found = [")
    assert elided_body_takes_name(gapped(text), name) == taken


def test_a_name_at_the_top_is_told_only_where_they_do_not_say_it() -> None:
    tree = gapped(TEXT)
    assert [tree.code(node) for node in occurrences(tree, tree.module, "Base")] == ["Base"]
    with pytest.raises(NeedsFullParseError):
        occurrences(tree, tree.module, "LIMIT")


QUOTES = """\
x = 'a'


def f(rows):
    # don't
    return ("b", "b", "b", rows.total, rows.last)
"""


def test_quotes_in_them_count() -> None:
    assert len(places(QUOTES)) == 1
    assert usual_quote(gapped(QUOTES)) == usual_quote(parse("a.py", QUOTES)) == '"'


SHOWN = """
def look(run, error):
    {}


def beside(rows, text):
    try:
        return [row for row in rows if row.total > 10], {}
    except ValueError as error:
        raise KeyError from error
"""


@pytest.mark.parametrize(
    ("seen", "left_out", "sought"),
    [
        ("'x' in str(error)", "1", True),  # it has the name of one that is caught out of sight
        ("'x' in str(other)", "1", False),
        ("beside(str(error), 1)", "text == 'x'", True),
        ("print(str(error), 1)", "text == 'x'", False),
    ],
)
def test_errors_that_are_caught_in_them_are_sought_elsewhere(seen: str, left_out: str, sought: bool) -> None:
    text = SHOWN.format(seen, left_out)
    assert len(places(text)) == 1
    assert (
        (None in error_text_patterns(gapped(text)))
        == (None in error_text_patterns(parse("a.py", text)))
        == sought
    )
