"""Responses in doctest examples, which change with the functions that they are passed to.

>>> Run.parse({"state": "done"}).is_done        >>> Run.parse({"status": "Succeeded"}).is_done
True                                            True
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.doctest_examples import WORD, docstrings, quoted_texts
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.reflective_reads import reflective_reads
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.canned_responses import convert_reply
from kognitos_migrate.edits.stubs.json_objects import python_source
from kognitos_migrate.rulebook.model import Encoding, Operation, View
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.docstring_examples import PROMPT, examples_in
from kognitos_migrate.syntax.functions import methods_of, named_parameters, positional_parameters
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Ref, Reply

_QUOTED = re.compile(r"""(['"])(.*?)\1""")
_CLASS_METHODS, _STATIC_METHODS = "classmethod", "staticmethod"


class ExampleReply(Struct, frozen=True):
    """A dict in an example that is passed where a function of the module gets replies."""

    operation: Operation
    requests: frozenset[int]
    """The ids of the requests whose replies the function gets."""
    span: Span
    reply: Mapping[str, object]


class Examples(Struct, frozen=True):
    """The responses in the examples of a docstring, and the other texts of these."""

    replies: tuple[ExampleReply, ...]
    texts: frozenset[str]
    """The literals and the quoted texts in the code, and in the output that it expects."""
    shown: frozenset[str]
    """The words in the output that the code expects."""


def migrate_examples(
    context: PlanContext, matches: Iterable[Match], adapted: frozenset[int]
) -> Iterator[PendingEdit]:
    """The edits of responses in docstrings. Raises RefusalError if one can't be converted, or if an example
    has an old word that the program no longer gets; such a docstring stays if examples may fail.

    The functions that get replies which are `adapted`, by request id, keep the old layout."""
    own = {match.request.id for match in matches} - adapted
    for tree in context.trees.values():
        for site, _ in docstrings(tree) if PROMPT in tree.text else ():
            examples = examples_of(context, site)
            try:
                yield from _edits_of(context, site, examples, own) if examples is not None else ()
            except RefusalError:
                if not context.settings.leaves_examples:
                    raise


def _edits_of(
    context: PlanContext, site: Site, examples: Examples, own: Collection[int]
) -> list[PendingEdit]:
    """The edits of a docstring whose responses come from requests among `own`."""
    replies = [reply for reply in examples.replies if reply.requests.issubset(own)]
    lost = {word for reply in replies for word in _words_lost(context, reply.operation)}
    words = lost & (examples.texts | examples.shown)
    if words:
        message = f"an example in this docstring has the word {min(words)!r} of a response"
        raise RefusalError(site, "stand-in", message, "leave the word out of the example")
    converted = [convert_reply(context, reply.operation, {**reply.reply}, site) for reply in replies]
    return [
        PendingEdit(reply.span, (python_source(new),)) for reply, new in zip(replies, converted, strict=True)
    ]


def examples_of(context: PlanContext, docstring: Site) -> Examples | None:
    """The responses in the examples of a docstring. None if a field of the old version is in another text, or
    if the examples can't be edited."""
    tree, node = context.tree(docstring), context.node(docstring)
    if not isinstance(node, cst.SimpleString) or len(node.quote) == 1 or PROMPT not in node.value:
        return None
    text = literal_text(node)
    if text != node.raw_value or not _has_plain_lines(text):
        return None
    if context.memoize(reflective_reads).documentation:
        return None
    modules = [_syntax_tree_of(example.source) for example in examples_in(text)]
    bound = frozenset(name for module in modules if module is not None for name in _names_bound(module))
    search = _ExampleSearch(context, tree, bound)
    start = tree.span(node).start + len(node.prefix) + len(node.quote)
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line.encode()) + 1)
    replies: list[ExampleReply] = []
    texts: set[str] = set()
    shown: set[str] = set()
    for example in examples_in(text):
        code = start + starts[example.lineno] + example.indent + len(PROMPT) + 1
        own = list(search.replies(example.source, code))
        if own and example.exc_msg is not None:
            return None
        replies += own
        texts.update(search.other_texts(example.source, code, {reply.span for reply in own}))
        texts.update(match[2] for match in _QUOTED.finditer(example.want))
        shown.update(WORD.findall(example.want))
    names = {member.name for operation in context.rules.operations for member in operation.old.reply}
    if not replies or not names.isdisjoint(texts):
        return None
    return Examples(tuple(replies), frozenset(texts), frozenset(shown))


def _has_plain_lines(text: str) -> bool:
    """Whether a docstring has no tabs, which doctest expands, and no ends of lines that it doesn't know."""
    return "\t" not in text and text.splitlines() in (lines := text.split("\n"), lines[:-1])


def _words_lost(context: PlanContext, operation: Operation) -> Iterator[str]:
    """The old words of a response's fields that the program doesn't get back from the new ones."""
    for member in operation.old.reply:
        if member.encodings.get(None) is Encoding.WORD:
            words = context.settings.vocabularies.get(member.vocabulary or "", {})
            if (operation.id, member.name) not in context.state.restored_words:
                yield from words


class _ExampleSearch(Struct, frozen=True):
    """A search of a module's examples for the responses in them."""

    context: PlanContext
    tree: Tree
    bound: frozenset[str]
    """The names that the docstring's examples bind."""

    def replies(self, source: str, start: int) -> Iterator[ExampleReply]:
        """The responses in the code of an example, which begins at `start` in the file."""
        module = _syntax_tree_of(source)
        if module is None or "\n" in source.rstrip("\n"):
            return
        for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
            for parameter, argument in self._arguments(call):
                reply = _plain_dict(argument)
                if reply is None or parameter is None:
                    continue
                function, name = parameter
                replies = self._replies_at(function, name)
                operations = {self.context.matches[own].operation.id for own in replies}
                operation = self.context.matches[min(replies)].operation if len(operations) == 1 else None
                if operation is not None and not _has_new_field(operation, reply):
                    yield ExampleReply(operation, replies, self._span(argument, start), reply)

    def other_texts(self, source: str, start: int, spans: Iterable[Span]) -> Iterator[str]:
        """The texts in the code of an example, except those in some spans."""
        module = _syntax_tree_of(source)
        inner = {
            id(part)
            for node in (ast.walk(module) if module is not None else ())
            if isinstance(node, ast.Dict) and self._span(node, start) in spans
            for part in ast.walk(node)
        }
        if module is None:
            yield from quoted_texts(source)
        for node in ast.walk(module) if module is not None else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
                yield node.value
                yield from quoted_texts(node.value)

    def _span(self, node: ast.expr, start: int) -> Span:
        """The place of an expression in the file."""
        end = node.end_col_offset or node.col_offset
        return Span(self.tree.path, start + node.col_offset, start + end)

    def _definitions(self) -> Iterator[tuple[str, cst.FunctionDef | cst.ClassDef]]:
        """The functions and classes of the module whose names nothing else in it has, nor an example."""
        variables = self.tree.memoize(Variables)
        for statement in self.tree.module.body:
            if isinstance(statement, cst.FunctionDef | cst.ClassDef):
                name = statement.name.value
                if len(variables.bindings(self.tree.module, name)) <= 1 and self.bound.isdisjoint(
                    (name, "*")
                ):
                    yield name, statement

    def _arguments(self, call: ast.Call) -> Iterator[tuple[tuple[Site, str] | None, ast.expr]]:
        """The arguments of a call, each with the function and the parameter that get it."""
        definition, is_bound = self._callee(call.func)
        if definition is None or any(isinstance(argument, ast.Starred) for argument in call.args):
            return
        site = self.tree.site(definition)
        positional = [param.name.value for param in positional_parameters(definition)][is_bound:]
        for name, argument in zip(positional, call.args, strict=False):
            yield (site, name), argument
        names = {param.name.value for param in named_parameters(definition)}
        for keyword in call.keywords:
            if keyword.arg in names:
                yield (site, keyword.arg or ""), keyword.value

    def _callee(self, function: ast.expr) -> tuple[cst.FunctionDef | None, bool]:
        """The function of the module that an expression means, and whether it is bound to its class."""
        definitions = dict(self._definitions())
        match function:
            case ast.Name(name):
                definition = definitions.get(name)
                if isinstance(definition, cst.FunctionDef) and not definition.decorators:
                    return definition, False
            case ast.Attribute(ast.Name(owner), name) if owner in definitions:
                methods = [own for own in methods_of(definitions[owner]) if own.name.value == name]
                decorators = [
                    self.tree.code(own.decorator) for method in methods for own in method.decorators
                ]
                if len(methods) == 1 and decorators in ([_CLASS_METHODS], [_STATIC_METHODS]):
                    return methods[0], decorators == [_CLASS_METHODS]
        return None, False

    def _replies_at(self, function: Site, parameter: str) -> frozenset[int]:
        """The ids of the requests whose replies a parameter gets. Empty if it gets something else, too, other
        than dicts in tests."""
        requests: set[int] = set()
        frames = (frame for frame in self.context.facts.frames if frame.function == function)
        for operand in (frame.arguments[parameter] for frame in frames if parameter in frame.arguments):
            for choice in alternatives(operand.value):
                record = self.context.facts.heap.get(choice) if isinstance(choice, Ref) else None
                if (
                    isinstance(choice, Reply)
                    and choice.path == (View.JSON,)
                    and choice.request in self.context.matches
                ):
                    requests.add(choice.request)
                elif record is None or record.site.path not in self.context.facts.tests:
                    return frozenset()
        return frozenset(requests)


def _has_new_field(operation: Operation, reply: Mapping[str, object]) -> bool:
    """Whether a response has a field that only the new version documents."""
    new = {member.name for member in operation.new.reply}
    return not new.isdisjoint(name for name in reply if operation.old.reply_field(name) is None)


def _syntax_tree_of(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def _names_bound(module: ast.Module) -> Iterator[str]:
    """The names that code binds."""
    for node in ast.walk(module):
        match node:
            case ast.Name(name, ast.Store() | ast.Del()) | ast.FunctionDef(name) | ast.ClassDef(name):
                yield name
            case ast.AsyncFunctionDef(name):
                yield name
            case ast.alias(name, other):
                yield (other or name).partition(".")[0]


def _plain_dict(node: ast.expr) -> dict[str, object] | None:
    """A dict of literals with texts as keys; None for anything else."""
    if not isinstance(node, ast.Dict):
        return None
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if all(isinstance(key, str) for key in value) and len(value) == len(node.keys) else None
