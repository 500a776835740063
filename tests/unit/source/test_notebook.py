"""Notebooks: cells to a module and back, with every byte of the JSON that isn't edited as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile, UnwritableSourceError, decode_module, file_bytes
from kognitos_migrate.source.notebook.conversion import read_notebook
from kognitos_migrate.syntax.notebook_cells import only_python
from tests.unit.source.notebooks import Json, code_cell, lines, notebook, old_notebook, text_cell, written

STYLES: dict[str, dict[str, Any]] = {
    "as Jupyter writes it": {"indent": 1, "ensure_ascii": False},
    "escaped": {"indent": 2},
    "with tabs": {"indent": "\t"},
    "on one line": {},
    "compact": {"separators": (",", ":")},
    "sorted": {"indent": 1, "sort_keys": True},
}
CELLS = [text_cell("# é"), code_cell(lines("x = 'é'\n\ny = 2")), code_cell([]), code_cell("z = 3\n")]


def read(data: bytes) -> SourceFile:
    return decode_module(data, "a.ipynb")


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES.keys())
@pytest.mark.parametrize("document", [notebook(CELLS), old_notebook(CELLS)], ids=["nbformat 4", "nbformat 3"])
def test_what_is_not_edited_stays_byte_for_byte(document: Json, style: dict[str, Any]) -> None:
    data = written(document, **style)
    source = read(data)
    assert source.text == ("x = 'é'\n\ny = 2\n# ipython_magic: cell 3\n\n# ipython_magic: cell 4\nz = 3\n\n")
    assert file_bytes(source, source.text) == data


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES.keys())
def test_only_the_strings_of_edited_lines_change(style: dict[str, Any]) -> None:
    before, after = notebook(CELLS), notebook(CELLS)
    after["cells"] = [*CELLS[:1], code_cell(lines("x = 'é'\n\ny = {\n    'é/': 1}")), *CELLS[2:]]
    source = read(written(before, **style))
    assert file_bytes(source, source.text.replace("y = 2", "y = {\n    'é/': 1}")) == written(after, **style)


EDITS = {
    "a line in the middle": (["a\n", "b\n", "c"], "a\nB\nc", '["a\\n","B\\n","c"]'),
    "a line at the end": (["a\n", "b"], "a\nb\nc", '["a\\n","b\\n","c"]'),
    "a line that goes": (["a\n", "b\n", "c"], "a\nc", '["a\\n","c"]'),
    "the only line goes": (["a"], "", "[]"),
    "one line becomes two": (["a"], "a\nb", '["a\\n","b"]'),
    "strings that are no lines": (["a", "b\n", "c\nd\n", "e"], "ab\nc\nd\nE", '["a","b\\n","c\\nd\\n","E"]'),
    "a string of several lines": ("a\nb\nc", "a\nB\nc", '"a\\nB\\nc"'),
    "a string that ends a line": ("a\n", "b\n", '"b\\n"'),
    "an empty string": ("", "a", '"a"'),
}


@pytest.mark.parametrize(("old", "new", "said"), EDITS.values(), ids=EDITS.keys())
def test_lines_are_written_as_the_others(old: str | list[str], new: str, said: str) -> None:
    raw = json.dumps(notebook([code_cell(old)]), separators=(",", ":"))
    changed = read_notebook(raw).with_codes([new])
    assert changed == raw.replace(json.dumps(old, separators=(",", ":")), said)


ESCAPES = {
    "unicode where the others are escaped": ('"é\\u00e9"', "b", "ü", '"ü"'),
    "escaped where the others are": ('"\\u00e9"', "b", "ü", '"\\u00fc"'),
    "slashes": ('"\\/"', "b", "/v2/", '"\\/v2\\/"'),
    "half of a pair": ('"é"', "b", "\ud83d", '"\\ud83d"'),
}


@pytest.mark.parametrize(("first", "old", "new", "said"), ESCAPES.values(), ids=ESCAPES.keys())
def test_characters_are_escaped_as_in_the_rest(first: str, old: str, new: str, said: str) -> None:
    cell = f'{{"cell_type": "code", "source": [{first[:-1]}\\n", "{old}"]}}'
    raw = f'{{"cells": [{cell}]}}'
    book = read_notebook(raw)
    changed = book.with_codes([book.cells[0].code[: -len(old)] + new])
    assert changed == raw.replace(f'"{old}"', said)


def test_line_endings_and_keys_of_a_cell_may_be_anything() -> None:
    data = b'{"cells":\r\n[{"source": ["a = 1\\r\\n",\r\n  "b = 2"], "cell_type": "code", "source2": 1}]}\r\n'
    source = read(data)
    assert file_bytes(source, source.text.replace("b = 2", "b = 3\r\nc = 4")) == data.replace(
        b'"b = 2"', b'"b = 3\\r\\n",\r\n  "c = 4"'
    )


FAULTS = {
    "no JSON": (b"{,", "it isn't valid JSON", 1),
    "empty": (b"", "it isn't valid JSON", 1),
    "cut off": (b'{\n"cells": [', "it isn't valid JSON", 2),
    "null bytes": (b'{"cells": [\0]}', "it isn't valid JSON", 1),
    "nested without end": (b"[" * 200_000, "it can't be parsed as JSON", 1),
    "a list": (b"[]", "expected an object with `cells`", 1),
    "no cells": (b"{}", "it has no `cells`", 1),
    "cells of another kind": (b'{\n"cells": 3}', "`cells` is not a list", 2),
    "a cell of another kind": (b'{"cells": [\n3]}', "cell 1 is not an object", 2),
    "code of another kind": (
        b'{"cells": [\n{"cell_type": "code", "source": [1]}]}',
        "cell 1 is not text",
        2,
    ),
    "no code": (b'{"cells": [{"cell_type": "code"}]}', "cell 1 is not text", 1),
    "two lists of cells": (
        b'{"cells": [], "cells": [\n{"cell_type": "code", "source": "x"}]}',
        "it has a key twice",
        1,
    ),
    "two lists of as many cells": (
        b'{"cells": [\n{"source": "y"}], "cells": [{"cell_type": "code", "source": "x"}]}',
        "it has a key twice",
        2,
    ),
    "worksheets of another kind": (b'{"worksheets": {}}', "it has no `cells`", 1),
}


@pytest.mark.parametrize(("data", "said", "line"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_no_notebook_is_said_with_its_line(data: bytes, said: str, line: int) -> None:
    source = read(data)
    assert source.fault is not None
    assert said in source.fault.message
    assert source.fault.line == line
    assert file_bytes(source, source.text) == data


LANGUAGES = [("python", 1), ("Python", 1), (None, 1), ("R", 0), ("julia", 0)]


@pytest.mark.parametrize(("language", "cells"), LANGUAGES)
def test_notebooks_of_other_languages_have_no_code(language: str | None, cells: int) -> None:
    assert len(read_notebook(written(notebook([code_cell("x")], language)).decode()).cells) == cells


def test_a_cell_of_another_language_is_kept_as_a_text() -> None:
    data = written(notebook([code_cell("echo é", metadata={"vscode": {"languageId": "shellscript"}})]))
    source = read(data)
    assert source.text == 'ipython_magic("""echo é""")\n'
    assert file_bytes(source, source.text) == data


MOVED = {
    "blank lines at the end of a cell go": ("a = 1\n", "a = 1\n\nT = 2\n\n\n", ["a = 1\n\nT = 2", "b = 1"]),
    "what is put first comes behind a cell magic": ("ipython_magic", "T = 1\nipython_magic", None),
}


def test_blank_lines_at_the_ends_of_a_cell_go() -> None:
    source = read(written(notebook([code_cell("import a"), code_cell("b = 1")])))
    text = source.text.replace("import a\n", "import a\n\nT = 2\n\n\n").replace("b = 1", "\nb = 2")
    assert codes(file_bytes(source, text)) == ["import a\n\nT = 2", "b = 2"]


def test_what_comes_first_goes_behind_a_cell_magic() -> None:
    source = read(written(notebook([code_cell("%%time\nb = 1")])))
    assert codes(file_bytes(source, "T = 2\n\n\n" + source.text)) == ["%%time\nT = 2\nb = 1"]


def test_what_comes_first_goes_into_a_cell_of_python() -> None:
    source = read(written(notebook([code_cell("%%bash\nls"), code_cell("b = 1")])))
    assert codes(file_bytes(source, "T = 2\n\n\n" + source.text)) == ["%%bash\nls", "T = 2\n\n\nb = 1"]


@pytest.mark.parametrize("text", ["a\n", 'ipython_magic("""%%bash""")\n# ipython_magic: cell 2\nb = 1\n'])
def test_a_text_that_lost_a_cell_is_refused(text: str) -> None:
    source = read(written(notebook([code_cell("%%bash\nls"), code_cell("b = 1")])))
    with pytest.raises(UnwritableSourceError):
        file_bytes(source, text)


def test_a_name_in_the_notebook_is_not_taken_for_ours() -> None:
    source = read(written(notebook([code_cell("ipython_magic = 1\n!ls")])))
    assert source.text == 'ipython_magic = 1\nipython_magic_("""!ls""")\n'


@pytest.mark.parametrize(
    "name",
    [
        "ipython_magic_",
        "ipython_magic" + "_" * 300_000,
        "ipython_magic_0_ipython_magic_1_ipython_magic_x",
        "; ".join(f"ipython_magic_{number}_" for number in range(1_000)),
    ],
    ids=["one", "very long", "numbers", "many"],
)
def test_our_name_is_short_whatever_names_the_notebook_has(name: str) -> None:
    data = written(notebook([code_cell(f"{name}\n!ls"), code_cell("b = 1")]))
    source = read(data)
    mark = source.text.split("\n")[1].partition("(")[0]
    assert mark not in name
    assert len(mark) < 20
    assert source.text == f'{name}\n{mark}("""!ls""")\n# {mark}: cell 2\nb = 1\n'
    assert file_bytes(source, source.text) == data


def test_the_last_output_is_kept_where_it_is_read() -> None:
    cells = ["import a", "a.f(); (a.g(\n 1))", "b = _['é']\nb", "%time b", "b;"]
    data = written(notebook([code_cell(code) for code in cells]))
    source = only_python(read(data))
    assert source.text.replace("ipython_magic", "M") == (
        "import a\n# M: cell 2\na.f(); _ = M_output = (a.g(\n 1))\n"
        "# M: cell 3\nb = _['é']\n_ = M_output = b\n"
        '# M: cell 4\nM("""%time """); _ = M_output = b\n# M: cell 5\nb;\n'
    )
    assert file_bytes(source, source.text) == data
    assert codes(file_bytes(source, source.text.replace("_['é']", "_['e']")))[2] == "b = _['e']\nb"
    where = DisplayLocations({"a.ipynb": source})
    assert where.format("a.ipynb", 3, len("a.f(); _ = ipython_magic_output = (") + 1) == "a.ipynb:cell 2:1:9"


def test_places_are_said_by_cell_and_found_in_the_json() -> None:
    data = written(notebook([text_cell("#"), code_cell(lines("a = 'é'\n%time b = 2")), code_cell("😀c")]))
    source = read(data)
    where = DisplayLocations({"a.ipynb": source})
    row = 1 + source.text.split("\n").index('ipython_magic("""%time """); b = 2')
    column = source.text.split("\n")[row - 1].index("b =") + 1
    assert where.format("a.ipynb", row, column) == "a.ipynb:cell 2:2:7"
    assert shown_in(data, where.in_file("a.ipynb", row, column)) == 'b = 2"'
    assert where.format("a.ipynb", row + 2, 2) == "a.ipynb:cell 3:1:2"
    assert shown_in(data, where.in_file("a.ipynb", row + 2, 2)) == 'c"'
    assert where.format("b.py", 3, 4) == "b.py:3:4"


def shown_in(data: bytes, position: tuple[int, int]) -> str:
    row, column = position
    return data.decode().split("\n")[row - 1][column - 1 :]


def codes(data: bytes) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(data)["cells"] if cell["cell_type"] == "code"]


# Properties.

CODE = st.text(st.sampled_from("ab \n\r\t\"'\\/{}()%!?#;=é😀\ud800\u2028\x00"), max_size=30)
SOURCE = CODE | st.lists(CODE, max_size=4)
CELL = st.builds(code_cell, SOURCE) | st.builds(text_cell, CODE)
DOCUMENT = st.lists(CELL, max_size=4).flatmap(
    lambda cells: st.sampled_from([notebook(cells), old_notebook(cells)])
)
STYLE = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 1, 4, "\t"]),
        "separators": st.sampled_from([None, (",", ":"), (" , ", " : ")]),
        "ensure_ascii": st.just(True),
        "sort_keys": st.booleans(),
    }
)


@given(DOCUMENT, STYLE, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_notebook_is_written_back_byte_for_byte(
    document: Json, style: dict[str, Any], newline: str, slashes: bool
) -> None:
    text = json.dumps(document, **style).replace("\n", newline)
    data = (text.replace("/", "\\/") if slashes else text).encode()
    source = read(data)
    assert source.fault is None
    assert file_bytes(source, source.text) == data


@given(DOCUMENT, STYLE, st.data())
def test_any_code_can_be_put_into_any_notebook(
    document: Json, style: dict[str, Any], data: st.DataObject
) -> None:
    book = read_notebook(json.dumps(document, **style))
    new = [data.draw(st.just(cell.code) | CODE) for cell in book.cells]
    changed = book.with_codes(new)
    assert [cell.code for cell in read_notebook(changed).cells] == new
    assert without_code(changed) == without_code(book.raw)


def without_code(raw: str) -> object:
    """A notebook's document without the code of its cells."""
    document = json.loads(raw)
    sheets = document.get("worksheets", [document])
    for cell in (cell for sheet in sheets for cell in sheet["cells"] if cell["cell_type"] == "code"):
        cell.pop("source", cell.pop("input", None))
    return document
