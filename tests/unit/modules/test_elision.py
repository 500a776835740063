"""Which bodies of functions, and which functions and classes, need not be parsed."""

import libcst as cst
import pytest

from kognitos_migrate.modules.elision import (
    elidable_bodies,
    elidable_definition,
    may_hold_tests,
    placeholder,
    runs_at_import,
)
from kognitos_migrate.modules.module_effects import error_names_in
from kognitos_migrate.modules.top_level import TopLevelStatement, top_level_statements
from kognitos_migrate.syntax import message_observers, module_references
from kognitos_migrate.syntax.parsing import parse

LONG = "return [one for one in rows if one.total > 10]"


def one(text: str) -> TopLevelStatement:
    found = top_level_statements(text.encode())
    assert found is not None
    return found[0]


def left_out(text: str) -> list[str]:
    """The bodies that are left out of a text of one statement."""
    places = elidable_bodies(one(text), lambda body: b"secret" in body)
    return [text.encode()[start:end].decode() for start, end in places]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"def f(rows):\n    {LONG}\n", [LONG]),
        (f"def f(rows):\n    {LONG}", [LONG]),
        (f"def f(rows):\n\t{LONG}  # behind\n\n    # below\n", [f"{LONG}  # behind"]),
        (f"def f(rows):\n\f  {LONG}\n", [LONG]),
        (f"def f(rows):\r\n  # above\r\n  {LONG}\r\n", [LONG]),
        (f"def f(rows):\r  {LONG}\r  {LONG}\r", [f"{LONG}\r  {LONG}"]),
        (f'async def f(rows):\n    """Ü."""\n    {LONG}\n', [f'"""Ü."""\n    {LONG}']),
        (f"def f(\n    rows,\n):\n    {LONG}\n", [LONG]),
        (f"@property\ndef f(rows):\n    {LONG}\n", [LONG]),
        (f"def f(rows):\n    @deco\n    def g():\n        {LONG}\n    return g\n", None),
        (f"def f(rows):\n    x = 1; \\\n    {LONG}\n", [f"x = 1; \\\n    {LONG}"]),
        (f"def f(rows): {LONG}\n", []),
        (f"def f(rows,\n  more): {LONG}\n", []),
        (f"def f(rows,\n  möre='ü'): {LONG}\n", []),
        ("def f(rows):\n    return 1\n", []),
        (
            f"class A:\n  X = 1\n  def f(rows):\n    {LONG}\n  class B:\n    def g(rows): {LONG}\n",
            [LONG],
        ),
        (f"class A:\n    if X:\n        def f(rows):\n            {LONG}\n", []),
        (f"x = '''\ndef f(rows):\n    {LONG}\n'''\n", []),
        (f"def f(rows):\n    secret(rows)\n    {LONG}\n", []),
        (f"class A:\n  def f(rows):\n    secret\n    {LONG}\n  def g(rows):\n    {LONG}\n", [LONG]),
    ],
)
def test_bodies_have_lines_of_their_own(text: str, expected: list[str] | None) -> None:
    if expected is None:  # all of it
        expected = [text.split("\n", 1)[1].strip()]
    assert left_out(text) == expected


def test_a_mark_of_another_encoding_does_not_mislead() -> None:
    text = f"# -*- coding: latin-1 -*-\ndef f(rows,\n  more='ü'): {LONG}\ndef g(rows):\n    'ü'; {LONG}\n"
    found = [
        place
        for one in top_level_statements(text.encode()) or ()
        for place in elidable_bodies(one, lambda body: False)
    ]
    assert [text.encode()[start:end].decode() for start, end in found] == [f"'ü'; {LONG}"]


ERRORS = [
    "try:\n    g()\nexcept E as e:\n    if 'x' in str(e): raise",
    "try:\n    g()\nexcept (E,\n    F) as e:\n    if f'{e}' == 'x': raise",
    "if g():\n    try:\n        g()\n    except E as e:\n        if '%s' % e == 'x': raise",
    "for x in y:\n    try:\n        g()\n    except E as e:\n        if '%s %s' % (1, e) == 'x': raise",
    "e = task.exception()\nif 'x' in repr(e): raise",
    "e = sys.exc_info()[1]\nif 'x' in '{}'.format(e): raise",
    "if error.args[0] == 'x': raise",
    "if 'x' in traceback.format_exc(): raise",
    "with pytest.raises(E, match='x'): f()",
    "with self.assertRaisesRegex(E, 'x'): f()",
    "class A:\n    def __exit__(self, kind, e, trace):\n        return 'x' in str(e)",
    "for e in group.exceptions:\n    if str(e) == 'x': raise",
]
LOGS = [
    "if 'x' in record.getMessage(): raise",
    "class A(H):\n    def emit(self, record):\n        kept.append(record)",
    "class A(H):\n    def filter(self, record):\n        return record.msg == 'x'",
    "with catch_warnings(record=True): f()",
    "warnings.showwarning = f",
    "assert 'x' in caplog.text",
    "with self.assertLogs() as logs: f()\nassert 'x' in logs.output[0]",
    "assert capsys.readouterr().err == 'x'",
]
PAD = "\nrows = [one for one in rows if one.total > 10]\n"


def within(body: str) -> str:
    return "def f(rows):\n" + "".join(f"    {line}\n" for line in f"{body}{PAD}".splitlines())


WHOLE = [
    f"def f(rows):\n    {LONG}\n",
    f"def f(rows):\n    {LONG}",
    f"def f(rows):\r\n    {LONG}\r\n",
    f"async def f(rows: list[int] = (), *, more=None) -> str:\n    {LONG}\n",
    f"@cache\n@lru_cache(maxsize=None)  # all\n\n# above\ndef f(rows):\n    {LONG}\n",
    f"def f(rows): {LONG}\n",
    f"def f(rows):\n    @deco\n    def g():\n        {LONG}\n    return g(make())\n",
    f"class f:\n    def g(self, rows):\n        {LONG}\n",
    f"class f(Base, Generic[T]):\n    def g(self, rows):\n        {LONG}\n",
    f"@dataclass(frozen=True)\nclass f:\n  rows: list = field(default_factory=list)\n  def g(self): {LONG}\n",
    f"class f:\n  '''Text.'''\n  X = Y = (1, -2)\n  class g:\n    pass\n  def h(self):\n    {LONG}\n",
]


@pytest.mark.parametrize("text", WHOLE)
def test_definitions_that_need_not_be_parsed(text: str) -> None:
    at = elidable_definition(one(text), lambda body: b"secret" in body)
    assert at == (0, len(text.rstrip()))
    found = placeholder(text.encode())
    assert found is not None
    (standing,) = parse("a.py", found.text.decode()).module.body
    assert isinstance(standing, cst.FunctionDef | cst.ClassDef)
    assert (standing.name.value, found.name) == ("f", "f")


@pytest.mark.parametrize(
    "text",
    [
        "def f(rows):\n    return 1\n",
        f"@app.get('/')\ndef f(rows):\n    {LONG}\n",
        f"@cache(\n)\ndef f(rows):\n    {LONG}\n",
        f"def f(rows=make()):\n    {LONG}\n",
        f"def f(rows: make()):\n    {LONG}\n",
        f"def f(rows) -> (x := 1):\n    {LONG}\n",
        f"def f(rows):\n    secret(rows)\n    {LONG}\n",
        f"def f(secret):\n    {LONG}\n",
        f"class f(make()):\n    def g(self):\n        {LONG}\n",
        f"class f(metaclass=Meta):\n    def g(self):\n        {LONG}\n",
        f"class f:\n    def __init_subclass__(cls):\n        {LONG}\n",
        f"class f(metaclass=make()):\n    def g(self):\n        {LONG}\n",
        f"class f:\n    X = make()\n    def g(self):\n        {LONG}\n",
        f"class f:\n    X: make()\n    def g(self):\n        {LONG}\n",
        f"class f:\n    X.y = 1\n    def g(self):\n        {LONG}\n",
        f"class f:\n    X.y: int = 1\n    def g(self):\n        {LONG}\n",
        f"class f:\n    make()\n    def g(self):\n        {LONG}\n",
        f"class f:\n    for x in y: pass\n    def g(self):\n        {LONG}\n",
        f"class f:\n    @make\n    class g:\n        X = make()\n    def h(self):\n        {LONG}\n",
        f"class f:\n    import json\n    def g(self):\n        {LONG}\n",
        f"class f:\n    def __exit__(self, kind, e, trace):\n        {LONG}\n",
        f"class f:\n    def filter(self, e):\n        {LONG}\n",
        *(within(body) for body in (*ERRORS, *LOGS)),
    ],
)
def test_definitions_that_tell_or_do_something_are_parsed(text: str) -> None:
    assert elidable_definition(one(text), lambda body: b"secret" in body) is None


@pytest.mark.parametrize(
    ("body", "question"),
    [
        *((body, message_observers.error_text_patterns) for body in ERRORS),
        *((body, message_observers.log_text_patterns) for body in LOGS),
        ("return inspect.currentframe().f_locals['x']", module_references.looks_into_frames),
        ("self.__dict__ = rows", module_references.namespace_assignments),
    ],
)
def test_what_tells_something_of_its_module_is_parsed(body: str, question: object) -> None:
    assert callable(question)
    assert question(parse("a.py", within(body)))
    assert left_out(within(body)) == []


@pytest.mark.parametrize(
    ("text", "errors", "filters"),
    [
        ("try: f()\nexcept (A,\n  B) as e: pass", "e", ""),
        ("def __exit__(self, kind, e, trace): pass", "self kind e trace", ""),
        ("e = f = task.exception()", "e f", ""),
        ("e = [\n  task.exception() for task in done\n]", "e", ""),
        ("log.exception('x')", "", ""),
        ("if e == task.exception(): pass", "", ""),
        ("for e in group.exceptions: pass\nfor x in y: pass", "e", ""),
        ("for x in await gather(return_exceptions=True): pass", "x", ""),
        ("log.addFilter(keep)", "", "keep"),
    ],
)
def test_what_a_module_names_that_is_shown(text: str, errors: str, filters: str) -> None:
    shown = error_names_in(text.encode())
    assert (shown.errors, shown.filters) == (frozenset(errors.split()), frozenset(filters.split()))


def test_texts_of_what_another_function_catches_tell() -> None:
    body = within("return 'x' in str(e)")
    assert len(left_out(body)) == 1
    assert (
        list(elidable_bodies(one(body), lambda text: False, error_names_in(b"try: f()\nexcept A as e: pass")))
        == []
    )
    assert (
        len(
            list(
                elidable_bodies(
                    one(body), lambda text: False, error_names_in(b"try: f()\nexcept A as x: pass")
                )
            )
        )
        == 1
    )


@pytest.mark.parametrize(
    "body",
    ["global x\nx = 1", "def g():\n    nonlocal x\n    x = 1", "import json", "if x == '__main__': f()"],
)
def test_what_binds_names_elsewhere_or_imports_is_parsed(body: str) -> None:
    assert left_out(within(body)) == []


@pytest.mark.parametrize(
    "body",
    [
        "try:\n    g()\nexcept E as e:\n    log.warning('failed: %s', e)",
        "try:\n    g()\nexcept E as e:\n    raise F('x') from e",
        "try:\n    g()\nexcept E:\n    log.exception('failed')",
        "return '%s' % rows + str(rows) + f'{rows}'",
    ],
)
def test_errors_that_no_text_is_made_of_tell_nothing(body: str) -> None:
    assert len(left_out(within(body))) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a", False),
        ("X = 1", True),
        ("if x:\n    def f(): pass", True),
        ("def f(): pass", False),
        ("@app.get('/')\ndef f(): pass", True),
        ("@lru_cache(maxsize=None)\ndef f(): pass", False),
        ("@dataclasses.dataclass\nclass A:\n    @property\n    def f(self): pass", False),
        (
            "class A:\n  @x.setter\n  def f(self, x): pass\n  @validates('x')\n  def g(self): pass",
            True,
        ),
    ],
)
def test_what_happens_when_a_module_is_loaded(text: str, expected: bool) -> None:
    assert runs_at_import(one(text)) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("tests/test_a.py", "", True),
        ("a_test.py", "", True),
        ("tests/conftest.py", "", True),
        ("a.py", "import unittest\n", True),
        ("a.py", "import pytest\n", True),
        ("a.py", "import json\n", False),
    ],
)
def test_modules_of_tests(path: str, text: str, expected: bool) -> None:
    assert may_hold_tests(path, text.encode()) == expected
