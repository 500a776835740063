"""Identifiers that Python reads under another name than the source spells.

`__x` in a class `C` is the name `_C__x`, and a name is read in its normal form: `\ufb01le` is `file`. Nodes
get these names once, when a module is parsed, so that everything that compares names is right about them.
"""

import unicodedata
from collections.abc import Sequence

import libcst as cst


class Identifier(str):
    """A name that remembers how it is spelled in the source."""

    __slots__ = ("spelled",)
    spelled: str

    def __new__(cls, name: str, spelled: str) -> "Identifier":
        """The `name` under which Python reads the identifier `spelled`."""
        identifier = super().__new__(cls, name)
        identifier.spelled = spelled
        return identifier

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Only nodes need the spelling, and they are never pickled."""
        return str, (str(self),)


def spelling(name: str) -> str:
    """A name as it is spelled in the source."""
    return name.spelled if isinstance(name, Identifier) else name


def mangle(nodes: Sequence[cst.CSTNode], parents: Sequence[int]) -> None:
    """Mangle the private names in the class bodies of a module.

    `nodes` are the nodes of the module, and `parents` has the number of each node's parent.
    """
    for number, node in enumerate(nodes):
        if type(node) is not cst.Name or not node.value.startswith("__") or node.value.endswith("__"):
            continue
        if not _is_keyword(node, nodes[parents[number]]):
            owner = _class_around(nodes, parents, number)
            stem = spelling(owner.name.value).lstrip("_") if owner is not None else ""
            if stem:
                _rename(node, f"_{stem}{node.value}")


def normalize(nodes: Sequence[cst.CSTNode]) -> None:
    """Give the names among the nodes of a module their normal form, NFKC
    (https://docs.python.org/3/reference/lexical_analysis.html#identifiers)."""
    for node in nodes:
        if type(node) is cst.Name and not node.value.isascii():
            name = unicodedata.normalize("NFKC", node.value)
            if name != node.value:
                _rename(node, name)


def _rename(node: cst.Name, name: str) -> None:
    # nodes are frozen, and a copy would not be the child of its parent
    object.__setattr__(node, "value", Identifier(name, spelling(node.value)))


def _is_keyword(node: cst.Name, parent: cst.CSTNode) -> bool:
    """Whether a name is the keyword of an argument or of a class pattern. Python doesn't mangle these."""
    if isinstance(parent, cst.Arg):
        return parent.keyword is node
    return isinstance(parent, cst.MatchKeywordElement) and parent.key is node


def _class_around(nodes: Sequence[cst.CSTNode], parents: Sequence[int], number: int) -> cst.ClassDef | None:
    """The innermost class whose body contains the node `number`. Its bases and decorators are outside."""
    child, above = nodes[number], parents[number]
    while above >= 0:
        ancestor = nodes[above]
        if type(ancestor) is cst.ClassDef and ancestor.body is child:
            return ancestor
        child, above = ancestor, parents[above]
    return None
