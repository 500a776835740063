"""Markers stand above statements, whatever those look like, and come and go without a trace."""

import ast

import pytest

from kognitos_migrate.edits.todo_comments import LIMIT, TodoComment, count_todos, with_todos, without_todos
from kognitos_migrate.findings.reasons import all_reasons
from tests.ruff import left_alone

M = "# TODO(kognitos-migrate): KOG101 do it (why)"
TODO = TodoComment(0, "KOG101", "do it", "why")


def at(*rows: int) -> list[TodoComment]:
    return [TodoComment(row, "KOG101", "do it", "why") for row in rows]


@pytest.mark.parametrize(
    ("before", "row", "after"),
    [
        ("call()\n", 1, f"{M}\ncall()\n"),
        ("call()", 1, f"{M}\ncall()"),
        ("def f():\n    call()\n", 2, f"def f():\n    {M}\n    call()\n"),
        ("def f():\n\tcall()\n", 2, f"def f():\n\t{M}\n\tcall()\n"),
        ("x = [\n    1,\n    call(),\n]\n", 3, f"{M}\nx = [\n    1,\n    call(),\n]\n"),
        ("x = 1 + \\\n    call()\n", 2, f"{M}\nx = 1 + \\\n    call()\n"),
        ("x = '''\na\n''' + call()\n", 3, f"{M}\nx = '''\na\n''' + call()\n"),
        ("if x: call()\n", 1, f"{M}\nif x: call()\n"),
        ("if x:\n    pass\nelse: call()\n", 3, f"if x:\n    pass\n{M}\nelse: call()\n"),
        ("if x:\n    pass\nelse:\n    call()\n", 4, f"if x:\n    pass\nelse:\n    {M}\n    call()\n"),
        ("if x:\n    pass\nelif call():\n    pass\n", 3, f"if x:\n    pass\n{M}\nelif call():\n    pass\n"),
        ("try:\n    pass\nfinally: call()\n", 3, f"try:\n    pass\n{M}\nfinally: call()\n"),
        ("a = 1; call(); b = 2\n", 1, f"{M}\na = 1; call(); b = 2\n"),
        ("@d\n@call()\ndef f(): pass\n", 2, f"@d\n{M}\n@call()\ndef f(): pass\n"),
        ("@d\ndef f(x=call()): pass\n", 2, f"@d\n{M}\ndef f(x=call()): pass\n"),
        ("#!/usr/bin/python\ncall()\n", 2, f"#!/usr/bin/python\n{M}\ncall()\n"),
        ("# -*- coding: utf-8 -*-\ncall()\n", 2, f"# -*- coding: utf-8 -*-\n{M}\ncall()\n"),
        ("# a comment\ncall()  # another\n", 2, f"# a comment\n{M}\ncall()  # another\n"),
        ("a()\r\ncall()\r\n", 2, f"a()\r\n{M}\r\ncall()\r\n"),
        ("a()\rcall()\r", 2, f"a()\r{M}\rcall()\r"),
        ("\\\ncall()\n", 2, f"{M}\n\\\ncall()\n"),
        ("\x0ccall()\n", 1, f"\x0c{M}\n\x0ccall()\n"),
        ("call()\n# the end", 1, f"{M}\ncall()\n# the end"),
    ],
)
def test_it_stands_above_the_statement(before: str, row: int, after: str) -> None:
    assert with_todos(before, at(row)) == after
    assert ast.dump(ast.parse(before)) == ast.dump(ast.parse(after))
    moved = next(number for number in range(1, 9) if with_todos(after, at(number)) == after)
    assert with_todos(after, at(moved)) == after
    assert with_todos(after, ()) == before
    assert without_todos(after, {moved: ["KOG101"]}) == before


def test_there_is_one_for_a_code_in_a_statement() -> None:
    todos = [*at(1, 2), TodoComment(2, "KOG301", "that, too")]
    text = with_todos("x = [call(),\n     call()]\n", todos)
    assert text.splitlines()[:2] == [M, "# TODO(kognitos-migrate): KOG301 that, too"]
    assert count_todos(text) == 2
    assert (
        with_todos(text, [TodoComment(todo.row + 2, todo.code, todo.to_do, todo.reason) for todo in todos])
        == text
    )


def test_it_is_updated_where_it_stands() -> None:
    text = f"# before\n{M}\n# after\ncall()\n"
    assert with_todos(text, [TodoComment(4, "KOG101", "do that")]) == (
        "# before\n# TODO(kognitos-migrate): KOG101 do that\n# after\ncall()\n"
    )
    behind = "call()  # TODO(kognitos-migrate): KOG101 old\n"
    assert with_todos(behind, at(1)) == f"call()  {M}\n"
    assert with_todos(behind, ()) == "call()\n"


def test_one_of_a_pair_goes() -> None:
    assert with_todos(f"{M}\n{M}\ncall()\n", at(3)) == f"{M}\ncall()\n"


def test_others_stay_where_only_what_is_done_goes() -> None:
    text = f"{M}\na()\n# TODO(kognitos-migrate): KOG301 x\n{M}\nb()\n"
    assert without_todos(text, {5: {"KOG101"}}) == f"{M}\na()\n# TODO(kognitos-migrate): KOG301 x\nb()\n"


@pytest.mark.parametrize("text", ["# TODO(kognitos): KOG101 x\ncall()\n", f'x = "{M}"\n', f'"""\n{M}\n"""\n'])
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert with_todos(text, ()) == text
    assert count_todos(text) == 0


def test_a_row_that_is_in_no_statement_is_not_marked() -> None:
    assert with_todos("# a comment\n\n", at(1, 2)) == "# a comment\n\n"


@pytest.mark.parametrize("indent", [0, 8, 20, 40, 80])
@pytest.mark.parametrize("reason", all_reasons().values(), ids=lambda reason: reason.name)
def test_no_reason_makes_a_line_too_long_or_an_encoding(reason: object, indent: int) -> None:
    space = " " * indent
    text = f"if 1:\n{space}call()\n" if indent else "call()\n"
    (line,) = [
        line
        for line in with_todos(text, [_todo(reason, 2 if indent else 1)]).splitlines()
        if "TODO(kognitos-migrate)" in line
    ]
    assert len(line) <= max(LIMIT, indent + 48)
    assert line.isascii()
    assert "coding:" not in line
    assert "coding=" not in line


def _todo(reason: object, row: int) -> TodoComment:
    known = all_reasons()[getattr(reason, "name", "")]
    return TodoComment(row, "KOG101", known.todo, f"{known.name}, jobs.py")


def test_a_file_name_cannot_make_an_encoding() -> None:
    text = with_todos("call()\n", [TodoComment(1, "KOG101", "do it", "url, coding=x.py")])
    assert text == "# TODO(kognitos-migrate): KOG101 do it (url)\ncall()\n"


def test_a_marker_keeps_its_reason_if_it_is_shortened() -> None:
    todo = TodoComment(1, "KOG101", f"fix --adapt, or {'read ' * 9}", "reply-escapes, jobs.py")
    assert with_todos("call()\n", [todo]).startswith(
        "# TODO(kognitos-migrate): KOG101 fix --adapt (reply-escapes)\n"
    )
    todo = TodoComment(1, "KOG101", "read " * 20, "reply-escapes")
    assert with_todos("call()\n", [todo]).startswith(
        "# TODO(kognitos-migrate): KOG101 read read read read read read read ... (reply-escapes)\n"
    )


def test_a_formatter_leaves_it_where_it_is() -> None:
    before = (
        "if x:\n    a()\nelif call():\n    b()\nelse:\n    call()\n\n\n@call()\ndef f(x=call()):\n    pass\n"
    )
    rows = [3, 6, 9, 10]
    text = with_todos(before, at(*rows))
    assert left_alone(text)
    assert with_todos(text, ()) == before
