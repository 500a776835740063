"""The builder of terms, which describe the provenance of an expression's value."""

from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.shapes import literal_number, literal_text
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.validate.calls import CallTermBuilder
from kognitos_migrate.validate.node_patterns import (
    DECODED,
    GATHERED,
    children_of,
    constant_of,
    function_of,
    is_join_call,
    without_compared_words,
    without_default,
)
from kognitos_migrate.validate.places import NEW
from kognitos_migrate.validate.symbolic_terms import Term, TermKind, is_text, literal_term, text_of
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    Decoding,
    Hole,
    Lit,
    Ref,
    Text,
    Value,
)

_DEPTH = 60
"""The limit on nested expressions in one term."""
_LARGEST = 2_000
"""The limit on the parts of a term. `text += text` doubles them."""


class TermBuilder(CallTermBuilder):
    """Computes the terms of one program's expressions."""

    _takes_known_texts = True
    """Whether the term of a text is its known parts, and not that of the expression."""

    def _known_term(self, value: Value) -> Term | None:
        """The term of a value that needs no expression: a constant or a configured table. None for any
        other."""
        return constant_of(value) or self._table(value)

    def of_written_code(self) -> "WrittenTermBuilder":
        """A builder of terms of the same program's expressions as written."""
        return WrittenTermBuilder(self.program, self.matches, self._site_of, self._frame_of)

    def syntactic_term(self, given: Operand) -> Term:
        """The term of an operand as written, even if its value is known."""
        return self._expression_term(given.site, given.frame)

    def term_at(self, site: Site, frame: int) -> Term:
        """The term of an expression's value in a frame. OPAQUE if the expression is recursive, nested too
        deeply, or has too many parts."""
        key = (site, frame)
        if key in self._terms:
            return self._terms[key]
        if key in self._active or len(self._active) > _DEPTH:
            return Term(TermKind.OPAQUE, "deep", (), self.anchor(site, frame))
        self._active.add(key)
        value = self.value(site, frame)
        term = self._known_term(value) or self._expression_term(site, frame)
        self._active.discard(key)
        if self._size(term) > _LARGEST:
            term = Term(TermKind.OPAQUE, "large", (), self.anchor(site, frame))
        self._terms[key] = term
        return term

    def _size(self, term: Term) -> int:
        """The number of a term's parts. Terms share their operands, whose sizes are known."""
        if id(term) not in self._sizes:
            self._sizes[id(term)] = 1 + sum(map(self._size, term.operands)), term
        return self._sizes[id(term)][0]

    def _expression_term(self, site: Site, frame: int) -> Term:
        tree = self._tree(site.path)
        node = tree.node(site)
        if (site, frame) in self._requests:
            return Term(TermKind.REPLY, "", (), self.anchor(site, frame))
        value = self.value(site, frame)
        text = self._built_text_term(value, site) if not is_join_call(node) else None
        if text is not None:
            return text
        return self._reply_access_term(tree, node, frame) or self._term_by_node_type(tree, node, frame)

    def _reply_access_term(self, tree: Tree, node: cst.CSTNode, frame: int) -> Term | None:
        """The term of a call or comprehension whose value has an access path in a reply. None for any other
        node."""
        if isinstance(node, cst.Call):
            adapted = self._adapter_term(tree, node, frame)
            value = self.value(tree.site(node), frame)
            is_new = self._site_of(tree.site(node)).path.startswith(NEW)
            is_structural = is_join_call(node) or (self.is_part_of_decoded(value) and not is_new)
            reply = None if is_structural else self._reply(value)
            return adapted or (self._reply_term(tree, node, frame, reply) if reply is not None else None)
        if isinstance(node, cst.DictComp):
            entries = self._entry_list_term(tree, node, frame)
            decoded = Term(TermKind.OPERATION, DECODED, (entries,)) if entries is not None else None
            return (
                self._copied_reply(tree, node, frame) or decoded or self._entry_dict_term(tree, node, frame)
            )
        return None

    def _term_by_node_type(self, tree: Tree, node: cst.CSTNode, frame: int) -> Term:
        """The term of an expression by its node type."""
        match node:
            case cst.Name():
                return self._name(tree, node, frame)
            case cst.Attribute():
                return self._attribute(tree, node, frame)
            case cst.Call():
                return self._call(tree, node, frame)
            case cst.Subscript():
                return self._item(tree, node, frame)
            case cst.Await(expression):
                return self.term_at(tree.site(expression), frame)
            case cst.NamedExpr(_, bound):
                return self.term_at(tree.site(bound), frame)
            case cst.Arg():
                return self.term_at(tree.site(node.value), frame)
            case _:
                return self._display_term(tree, node, frame)

    def _display_term(self, tree: Tree, node: cst.CSTNode, frame: int) -> Term:
        """The term of a constant, a text, a display, or an operation."""
        site = tree.site(node)
        match node:
            case cst.SimpleString():
                return literal_term(literal_text(node))
            case cst.Integer() | cst.Float():
                number = literal_number(node)
                return literal_term(number) if number is not None else Term(TermKind.LITERAL, node.value)
            case cst.Tuple():
                return Term(TermKind.TUPLE, "", self._child_terms(tree, node, frame))
            case cst.FormattedString():
                return text_of(list(self._format_terms(tree, node.parts, frame)))
            case cst.BinaryOperation(operator=cst.Add()):
                sides = [self.term_at(tree.site(operand), frame) for operand in (node.left, node.right)]
                if any(side.kind is TermKind.TEXT or is_text(side) for side in sides):
                    return text_of(sides)
                return Term(TermKind.OPERATION, "Add", tuple(sides))
            case cst.IfExp():
                parts = [
                    self.term_at(tree.site(operand), frame) for operand in (node.body, node.test, node.orelse)
                ]
                for answer, part in ((True, parts[0]), (False, parts[2])):
                    if parts[1] == literal_term(answer):
                        return part
                return Term(
                    TermKind.OPERATION, "IfExp", (parts[0], without_compared_words(parts[1]), parts[2])
                )
            case cst.ConcatenatedString():
                return text_of(
                    [self.term_at(tree.site(operand), frame) for operand in (node.left, node.right)]
                )
            case cst.Dict() | cst.List() | cst.Set():
                return Term(
                    TermKind.DISPLAY,
                    type(node).__name__,
                    self._child_terms(tree, node, frame),
                    self.anchor(site, frame),
                )
            case cst.Lambda() | cst.FunctionDef() | cst.ClassDef():
                return Term(TermKind.FUNCTION, "", (), self.anchor(site, frame))
            case _:
                return self.operation_term(tree, node, frame)

    def _adapter_term(self, tree: Tree, node: cst.Call, frame: int) -> Term | None:
        """The access path in a reply that an adapter of the result reshapes, or the field that a function of
        the result reads from it. None for any other call."""
        functions = [function_of(callee) for callee in alternatives(self.value(tree.site(node.func), frame))]
        if not functions or any(
            function is None or not self._site_of(function.site).path.startswith(NEW)
            for function in functions
        ):
            return None
        arguments = [tree.site(arg.value) for arg in node.args]
        replies = [site for site in arguments if self._reply(self.value(site, frame)) is not None]
        if len(replies) != 1:
            return None
        whole, part = (self._reply(self.value(site, frame)) for site in (replies[0], tree.site(node)))
        is_field = part is not None and part.startswith(f"{whole} ")
        field = self._result(tree.site(node), tree.site(node.func), frame) if is_field else None
        return field or self.term_at(replies[0], frame)

    def _reply_term(self, tree: Tree, node: cst.Call, frame: int, reply: str) -> Term:
        """The term of a call whose value has an access path in a reply. A call that only the result has is
        traced to its argument."""
        site = tree.site(node)
        is_new = self._site_of(site).path.startswith(NEW)
        for arg in node.args:
            inner = tree.site(arg.value)
            access_path = self._reply(self.value(inner, frame))
            decoded = self._response_with_text(self.term_at(inner, frame), self.value(inner, frame))
            if decoded is not None and reply.endswith(f" {View.JSON.value}"):
                return Term(TermKind.REPLY, reply, (), decoded.anchor)
            if is_new and access_path is not None:
                return self.term_at(inner, frame)
            text_path = access_path or self.encoded_reply(self.value(inner, frame))
            if text_path is not None and reply == f"{text_path} {Decoding.LOADS.value}":
                return Term(TermKind.OPERATION, DECODED, (without_default(self.term_at(inner, frame)),))
        if reply.endswith(Decoding.LOADS.value):
            result = self._result(site, tree.site(node.func), frame)
            if result is not None:
                return result
        response = self._response(tree, node, frame) if is_new else None
        return Term(TermKind.REPLY, reply, (), response.anchor if response else self.anchor(site, frame))

    def _entry_list_term(self, tree: Tree, node: cst.DictComp, frame: int) -> Term | None:
        """The list of a reply's entries that a comprehension turns into a dict. None for any other one."""
        walked = tree.site(node.for_in.iter)
        return (
            without_default(self.term_at(walked, frame)) if self._is_of_entries(tree, node, frame) else None
        )

    def _entry_dict_term(self, tree: Tree, node: cst.DictComp, frame: int) -> Term | None:
        """The term of a dict that is built from a list of entries. None for any other comprehension."""
        if not self._has_entry_keys(node):
            return None
        entries = without_default(self.term_at(tree.site(node.for_in.iter), frame))
        return Term(TermKind.OPERATION, GATHERED, (entries,))

    def _copied_reply(self, tree: Tree, node: cst.DictComp, frame: int) -> Term | None:
        """The reply whose fields a comprehension copies. None for any other one."""
        match node:
            case cst.DictComp(
                cst.Name(key),
                cst.Name(value),
                cst.CompFor(
                    cst.Tuple([cst.Element(cst.Name(first)), cst.Element(cst.Name(second))]),
                    cst.Call(cst.Attribute(owner, cst.Name("items"))),
                ),
            ) if (key, value) == (first, second):
                access_path = self._reply(self.value(tree.site(owner), frame))
                is_json = access_path is not None and access_path.endswith(f" {View.JSON.value}")
                return self.term_at(tree.site(owner), frame) if is_json else None
        return None

    def _built_text_term(self, value: Value, site: Site) -> Term | None:
        """The term of a text with holes, from the interpreter's value: if it may be several, of all of them.
        None for any other value."""
        choices = alternatives(value) if self._takes_known_texts else ()
        if len(choices) == 1:
            return self._term_of_text(choices[0], site)
        texts = {self._term_of_text(choice, site) for choice in choices if _has_hole(choice)}
        return texts.pop() if len(texts) == 1 and all(map(_has_hole, choices)) else None

    def _term_of_text(self, value: Value, site: Site) -> Term | None:
        match value:
            case Text((Hole() as hole,)):
                return self.term_at(hole.site, hole.frame) if hole.site != site else None
            case Text((_, *_)):
                return self.text_term(value)
        return None

    def text_term(self, value: Text) -> Term:
        """The term of a text."""
        parts: list[Term] = []
        for part in value.parts:
            if isinstance(part, Lit):
                parts.append(literal_term(part.text))
            elif isinstance(part.value, Text) and part.value.parts and not self._shows_object(part):
                parts.append(self.text_term(part.value))
            else:
                parts.append(self.term_at(part.site, part.frame))
        return text_of(parts)

    def _shows_object(self, hole: Hole) -> bool:
        """Whether a hole shows the text of an object. The results of its class's methods are compared where
        these return."""
        choices = alternatives(self.value(hole.site, hole.frame))
        return any(
            isinstance(self.facts.heap.objects[choice.id], Instance)
            for choice in choices
            if isinstance(choice, Ref)
        )

    def _format_terms(
        self, tree: Tree, parts: Sequence[cst.BaseFormattedStringContent], frame: int
    ) -> Iterator[Term]:
        for part in parts:
            if isinstance(part, cst.FormattedStringText):
                yield literal_term(part.value)
            elif isinstance(part, cst.FormattedStringExpression):
                inner = self.term_at(tree.site(part.expression), frame)
                yield self._conversion_term(tree, part, inner, frame)

    def _conversion_term(
        self, tree: Tree, part: cst.FormattedStringExpression, inner: Term, frame: int
    ) -> Term:
        """The term of a replacement field, by its conversion and format specification."""
        if part.format_spec is None and part.conversion is None:
            return inner
        spec = text_of(list(self._format_terms(tree, part.format_spec or (), frame)))
        return Term(TermKind.OPERATION, f"format !{part.conversion or ''}", (inner, spec))

    def _child_terms(self, tree: Tree, node: cst.CSTNode, frame: int) -> tuple[Term, ...]:
        return tuple(self._child_term(tree, part, frame) for part in children_of(tree, node))

    def _child_term(self, tree: Tree, node: cst.CSTNode, frame: int) -> Term:
        if isinstance(node, cst.BaseExpression):
            return self.term_at(tree.site(node), frame)
        inner = tuple(self._child_term(tree, part, frame) for part in children_of(tree, node))
        plain = isinstance(
            node, cst.Element | cst.Index | cst.SubscriptElement | cst.FormattedStringExpression
        )
        return inner[0] if plain and len(inner) == 1 else Term(TermKind.OPERATION, type(node).__name__, inner)

    def operation_term(self, tree: Tree, node: cst.CSTNode, frame: int) -> Term:
        return Term(TermKind.OPERATION, type(node).__name__, self._child_terms(tree, node, frame))


def _has_hole(value: Value) -> bool:
    """Whether a value is a text with expressions in it."""
    return isinstance(value, Text) and any(isinstance(part, Hole) for part in value.parts)


class WrittenTermBuilder(TermBuilder):
    """Computes terms of expressions as written: also of those whose value the interpreter knows."""

    _takes_known_texts = False

    def _known_term(self, value: Value) -> Term | None:
        return self._table(value)
