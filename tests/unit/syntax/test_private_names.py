"""Private names in a class are those that Python makes of them, and the source text stays as it is."""

import pytest

from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.syntax.parsing import parse, reparse
from kognitos_migrate.syntax.tree import Tree

TEXT = """import m

class _Desk(__Base, metaclass=m.__Meta):
    __share = 1
    def __go(self, __x=__share):
        return self.__share + __x(__key=self.__dict__)
    class __Part:
        __y: int = 2
    class _:
        __z = 3

__w = _Desk._Desk__share
"""


def private(tree: Tree) -> list[str]:
    """The private names of a module, mangled or not."""
    return [name for name in tree.names if "__" in name and not name.endswith("__")]


def test_names_in_a_class_are_mangled() -> None:
    names = ["__Base", "__Meta", "_Desk__share", "_Desk__go", "_Desk__x", "__key", "_Desk__Part", "_Part__y"]
    assert private(parse("a.py", TEXT)) == [*names, "__z", "__w"]


def test_spans_are_those_of_the_spelled_names() -> None:
    tree = parse("a.py", TEXT)
    assert [tree.code(node) for node in tree.names_spelled("_Desk__share")] == [
        *("__share", "__share", "__share", "_Desk__share"),
    ]


@pytest.mark.parametrize("old", ["__w", "= 1"])
def test_a_changed_module_has_the_same_names(old: str) -> None:
    before = parse("a.py", TEXT)
    start = TEXT.index(old)
    edit = Edit(Span("a.py", start, start + len(old)), 0, old + "1")
    text = TEXT[:start] + old + "1" + TEXT[start + len(old) :]
    after = reparse(before, [edit], text)
    assert private(after) == [name if name != old else "__w1" for name in private(before)]
    assert after.code(after.module) == text
