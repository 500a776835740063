"""Abstract values as one line of text.

'https://api.example/v1/run/{?run_id}'     text with a hole: the value in it is not known
reply 0.json["state"]                      a position in the reply of request 0
{'a': 1, **?} | None                       a dict whose keys are not all known, or None
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import (
    DictObject,
    ExpectedCall,
    HeapObject,
    Instance,
    Iterated,
    Operand,
    Prepared,
    SequenceObject,
    ServiceDouble,
    Task,
)
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    Bound,
    Class,
    Const,
    Decoding,
    Function,
    Join,
    Json,
    Lit,
    MemberRef,
    ModuleRef,
    Ref,
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
)

DEPTH = 2
"""How far containers are shown inside containers."""
_STEPS = {
    Decoding.LOADS: ".loads()",
    Decoding.ANY: "[*]",
    Decoding.NAMES: ".keys()[*]",
    Decoding.CASED: ".lower()",
    Decoding.MISSING: ".missing",
    Decoding.SEGMENTS: ".segments",
    Decoding.MATCHED: ".matched",
}


class ValueRenderer:
    """Renders the values of one program."""

    def __init__(self, trees: Mapping[str, Tree], facts: Facts) -> None:
        self._trees = trees
        self._facts = facts

    def render(self, value: Value, depth: int = DEPTH) -> str:
        """A value; the alternatives of a join in alphabetical order."""
        choices = sorted({self._choice(choice, depth) for choice in alternatives(value)})
        return " | ".join(choices) or "never"

    def literals(self, value: Value) -> Iterator[Lit]:
        """The literals that the texts among the alternatives of a value are made of, in order."""
        for choice in alternatives(value):
            for part in choice.parts if isinstance(choice, Text) else ():
                if isinstance(part, Lit):
                    yield part
                else:
                    yield from self.literals(part.value)

    def name(self, site: Site) -> str:
        """The qualified name of the function or class at a site."""
        tree = self._trees[site.path]
        node = tree.node(site)
        around = [node, *tree.ancestors(node)]
        names = [one.name.value for one in around if isinstance(one, cst.FunctionDef | cst.ClassDef)]
        own = "<lambda>" if isinstance(node, cst.Lambda) else None
        return ".".join(filter(None, (*reversed(names), own)))

    def _choice(self, value: Value, depth: int) -> str:
        match value:
            case Unknown():
                return f"?{value.source or ('many' if value.many else '')}"
            case Const():
                return repr(value.value)
            case Text():
                return f"'{self._text(value, depth)}'"
            case Json():
                return f"json({self.render(value.value, depth)})"
            case Reply():
                return "".join([f"reply {value.request}", *map(_step, value.path)])
            case Ref():
                return self._object(self._facts.heap.objects[value.id], depth)
            case Function():
                return f"def {self.name(value.site)}"
            case Class():
                return f"class {self.name(value.site)}"
            case Bound():
                return f"{self.render(value.function, depth)} of {self.render(value.receiver, 0)}"
            case ModuleRef():
                return f"module {value.path}"
            case Symbol():
                return value.name
            case MemberRef():
                return f"{self.render(value.receiver, 0)}.{value.name}"
            case Join():
                return self.render(value, depth)
            case _:
                return type(value).__name__.lower()

    def _text(self, text: Text, depth: int) -> str:
        pieces: list[str] = []
        for part in text.parts:
            if isinstance(part, Lit):
                pieces.append(part.text.encode("unicode_escape").decode())
            elif isinstance(part.value, Text):
                pieces.append(self._text(part.value, depth))
            else:
                pieces.append(f"{{{self.render(part.value, depth)}}}")
        return "".join(pieces)

    def _object(self, thing: HeapObject, depth: int) -> str:
        if isinstance(thing, DictObject):
            return self._dict(thing, depth)
        if isinstance(thing, SequenceObject):
            items = [self.render(item.value, depth - 1) for item in thing.items] if depth else ["…"]
            rest = [f"*{self.render(thing.rest, depth - 1)}"] if depth and thing.rest != NEVER else []
            return f"[{', '.join([*items, *rest])}]"
        if isinstance(thing, Instance):
            name = self.name(thing.cls.site) if thing.cls is not None else thing.client or "object"
            held = thing.attributes.items() if depth > 0 else ()
            fields = [f"{key}={self.render(value, depth - 1)}" for key, value in held]
            return f"{name}({', '.join(fields) if depth > 0 else '…' * bool(thing.attributes)})"
        if isinstance(thing, Iterated):
            return f"iterator of {self.render(thing.element, depth)}"
        if isinstance(thing, Task):
            return f"task of {self.render(thing.result, depth)}"
        if isinstance(thing, Prepared):
            return f"prepared request {thing.request}"
        if isinstance(thing, ServiceDouble):
            return f"{thing.mock} double {thing.name}".strip()
        if isinstance(thing, ExpectedCall):
            return f"expected call {'.'.join(thing.names)}".strip()
        return f"{thing.mock} response"

    def _dict(self, record: DictObject, depth: int) -> str:
        if not depth:
            return "{…}" if record.entries or not record.is_closed else "{}"
        entries = [
            f"{key!r}{'' if record.has_surely(key) else '?'}: {self.render(record.get(key), depth - 1)}"
            for key in record.entries
        ]
        entries += [f"**{self.render(spread.value, depth - 1)}" for spread in _distinct(record.spreads)]
        if record.others != NEVER:
            entries.append(f"?: {self.render(record.others, depth - 1)}")
        elif record.open:
            entries.append("**?")
        return f"{{{', '.join(entries)}}}"


def _distinct(operands: list[Operand]) -> list[Operand]:
    return list({operand.value: operand for operand in operands}.values())


def _step(step: View | Decoding | str) -> str:
    if isinstance(step, View):
        return f".{step.value}"
    return _STEPS[step] if isinstance(step, Decoding) else f'["{step}"]'
