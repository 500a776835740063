"""Whether a module inspects text for people: error messages, log records, warnings."""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.syntax.elided_regions import NeedsFullParseError, asks
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.syntax.value_uses import element_reads, stored_into

_LOOKING = (cst.Comparison, cst.ComparisonTarget, cst.Attribute, cst.Subscript, cst.Index, cst.Match)
"""What asks something of a text that stands in it."""
_SEARCHING = ("search", "match", "fullmatch", "findall", "finditer", "sub", "split", "loads", "get")
"""Functions and methods that ask something of a text that they are given; and all that assert."""
_NAMING = (cst.Assign, cst.AnnAssign, cst.NamedExpr)
_MADE_TEXT = ("format_exc", "format_exception", "format_exception_only")
"""Functions that give the text of an error that was caught."""
_LEAVING = ("__exit__", "__aexit__")
_ASKING = ("exception", "exc_info")
"""Methods and functions that give an error: a task's own, the one that is caught."""
_EXPECTING = ("raises", "assertRaises", "assertRaisesRegex")
"""Contexts that keep the error that is raised in them, in one of these:"""
_EXPECTED = ("value", "exception")
_OF_RECORDS = ("filter", "emit", "format", "formatMessage", "handle")
"""Methods that are given log records."""
_IN_RECORDS = ("args", "msg", "message")
_SHOWING = ("showwarning", "formatwarning")
"""What the program may put in the place of what shows warnings."""
_KEEPING = ("append", "appendleft", "add", "put", "put_nowait")
_KEPT_BY_TESTS = ("output", "records", "text", "messages", "record_tuples")
"""What the contexts and fixtures of tests have of the log records that they keep."""
_INTO_MEMORY = ("StreamHandler", "redirect_stderr", "basicConfig")
"""What takes messages to a stream, which may be one that is read afterwards."""


class ErrorConsumers(NamedTuple):
    """The functions, by name, that are called with errors, or with texts of them."""

    errors: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()


NO_ERROR_CONSUMERS = ErrorConsumers()


def error_text_patterns_of(trees: Collection[Tree]) -> frozenset[str | None]:
    """What is sought in the texts of errors by a program of these modules."""
    handed = [tree.cached(_handed) for tree in trees]
    errors = frozenset(name for one in handed for name in one.errors)
    texts = frozenset(name for one in handed for name in one.texts)
    return frozenset(
        one for tree in trees for one in error_text_patterns(tree, ErrorConsumers(errors, texts))
    )


def error_text_patterns(tree: Tree, handed: ErrorConsumers = NO_ERROR_CONSUMERS) -> frozenset[str | None]:
    """The patterns that tests have for the texts of errors; None for one that isn't known, or where errors
    are looked into, also by functions that are handed some."""
    patterns = [literal_text(one) if isinstance(one, cst.SimpleString) else None for one in _patterns(tree)]
    found = [one if isinstance(one, str) else None for one in patterns]
    return frozenset([*found, None] if _looks_into_errors(tree, handed) else found)


def _handed(tree: Tree) -> ErrorConsumers:
    """The functions that a module calls with errors that it caught, and with texts of them."""
    caught = _caught(tree, ())
    texts = list(_texts_of(tree, caught, _contexts(tree, *_EXPECTING)))
    errors = [node for name in caught for node in tree.named(name)]
    return ErrorConsumers(frozenset(_given_to(tree, errors)), frozenset(_given_to(tree, texts)))


def _given_to(tree: Tree, nodes: Iterable[cst.CSTNode]) -> Iterator[str]:
    for node in nodes:
        around = tree.parent(node)
        call = tree.parent(around) if isinstance(around, cst.Arg) else None
        if isinstance(call, cst.Call):
            yield _called(call)


def _patterns(tree: Tree) -> Iterator[cst.BaseExpression]:
    for call in tree.of_kind(cst.Call) if "raises" in tree.lowered else ():
        if _called(call) == "assertRaisesRegex":
            yield from (arg.value for arg in call.args[1:2])
        elif _called(call) == "raises":
            yield from (arg.value for arg in call.args if arg.keyword and arg.keyword.value == "match")


def _looks_into_errors(tree: Tree, handed: ErrorConsumers) -> bool:
    """Whether `args` is read of something that may be an error (of anything but `self`), or the text of an
    error that was caught is looked into."""
    caught = _caught(tree, handed.errors)
    expected = _contexts(tree, *_EXPECTING)
    texts = _texts_of(tree, caught, expected)
    if any(_is_asker(tree, name) or _is_asker_out_of_sight(tree, name) for name in handed.texts):
        return True
    return any(_is_looked_into(tree, text) for text in texts) or any(
        node.attr.value == "args"
        and not (isinstance(node.value, cst.Name) and node.value.value in ("self", "cls"))
        for node in tree.of_kind(cst.Attribute)
    )


def _caught(tree: Tree, handed: Collection[str]) -> set[str]:
    """The names that errors have: where they are caught, in functions that are handed some, and where those
    that were kept are gone through."""
    caught = {one.value for one in _holding_errors(tree) if isinstance(one, cst.Name)} | tree.gaps.caught
    for function in tree.of_kind(cst.FunctionDef) if handed else ():
        if function.name.value in handed:
            if tree.is_left_out(function):
                raise NeedsFullParseError(tree.path)
            caught |= _parameters(function)
    if any(map(tree.unparsed_functions, handed)):
        raise NeedsFullParseError(tree.path)
    errors = (node for name in caught for node in tree.named(name))
    kept = {name for node in errors if (name := stored_into(tree, node)) is not None}
    return caught | {one.value for one in element_reads(tree, kept) if isinstance(one, cst.Name)}


def _holding_errors(tree: Tree) -> Iterator[cst.CSTNode]:
    """The names that errors get: where they are caught, where a context is left, where a task that failed is
    asked for its own, and where several are gone through."""
    for handler in tree.of_kind(cst.ExceptHandler):
        if handler.name is not None:
            yield handler.name.name
    for method in tree.of_kind(cst.FunctionDef):
        if method.name.value in _LEAVING:
            yield from (one.name for one in method.params.params[2:3])
    for call in tree.of_kind(cst.Call):
        if _called(call) in _ASKING:
            assigned = tree.enclosing(call, cst.Assign)
            yield from (one.target for one in assigned.targets) if assigned is not None else ()
    collected = "return_exceptions" in tree.lowered
    loops: list[cst.For | cst.CompFor] = [*tree.of_kind(cst.For), *tree.of_kind(cst.CompFor)]
    for loop in loops:
        if collected or (isinstance(loop.iter, cst.Attribute) and loop.iter.attr.value == "exceptions"):
            yield loop.target


def log_text_patterns(tree: Tree) -> frozenset[str | None]:
    """What is looked for in log records, warnings and the error stream; None for what isn't known, or where
    they are kept."""
    words = tree.lowered
    kept = (
        ("stringio" in words and any(name.lower() in words for name in _INTO_MEMORY))
        or ("catch_warnings" in words and any(map(_is_recording, tree.of_kind(cst.Arg))))
        or (any(name in words for name in _SHOWING) and any(map(_shows, tree.of_kind(cst.AssignTarget))))
        or any(_keeps(tree, one) for one in tree.of_kind(cst.FunctionDef) if one.name.value == "emit")
    )
    found: list[str | None] = [None] if kept else []
    for text in _records(tree):
        around = tree.parent(text)
        if isinstance(around, cst.ComparisonTarget):
            around = tree.parent(around)
        said = [literal_text(one) for one in tree.within(around, cst.SimpleString)] if around else []
        if isinstance(around, cst.Comparison) and said:
            found += [one if isinstance(one, str) else None for one in said]
        elif _is_looked_into(tree, text):
            found.append(None)
    for text in _kept_by_tests(tree):
        found += _beside(tree, text)
    return frozenset(found)


def _keeps(tree: Tree, emit: cst.FunctionDef) -> bool:
    """Whether a handler keeps the texts of records: who has them may look into them."""
    return any(
        isinstance(call.func, cst.Attribute) and call.func.attr.value in _KEEPING
        for call in tree.within(emit, cst.Call)
    )


def _kept_by_tests(tree: Tree) -> Iterator[cst.Attribute]:
    """What a test has kept of logs and of the error stream, where more is asked than how much it is."""
    keeping = {"caplog", *_contexts(tree, "assertLogs")}
    captures = "readouterr" in tree.lowered
    for node in tree.of_kind(cst.Attribute):
        is_log = node.attr.value in _KEPT_BY_TESTS and _is_one_of(node.value, keeping)
        if is_log or (captures and node.attr.value == "err"):
            around = tree.parent(node)
            call = tree.parent(around) if isinstance(around, cst.Arg) else None
            if not (isinstance(call, cst.Call) and _called(call) == "len"):
                yield node


def _beside(tree: Tree, text: cst.CSTNode) -> list[str | None]:
    """The texts that stand in the same statement; None where there are none."""
    around = next((one for one in tree.ancestors(text) if isinstance(one, cst.BaseStatement)), text)
    said = [literal_text(one) for one in tree.within(around, cst.SimpleString)]
    return [one if isinstance(one, str) else None for one in said] or [None]


def _contexts(tree: Tree, *made_by: str) -> set[str]:
    """The names of contexts that are made by functions of these names."""
    return {
        one.asname.name.value
        for one in tree.of_kind(cst.WithItem)
        if one.asname is not None
        and isinstance(one.asname.name, cst.Name)
        and isinstance(one.item, cst.Call)
        and _called(one.item) in made_by
    }


def _called(call: cst.Call) -> str:
    """The name of what is called, without its owner."""
    if isinstance(call.func, cst.Attribute):
        return call.func.attr.value
    return call.func.value if isinstance(call.func, cst.Name) else ""


def _is_recording(arg: cst.Arg) -> bool:
    return arg.keyword is not None and arg.keyword.value == "record"


def _shows(assigned: cst.AssignTarget) -> bool:
    return isinstance(assigned.target, cst.Attribute) and assigned.target.attr.value in _SHOWING


def _records(tree: Tree) -> Iterator[cst.CSTNode]:
    """What log records say."""
    filters = {
        arg.value.value
        for call in tree.of_kind(cst.Call)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "addFilter"
        for arg in call.args
        if isinstance(arg.value, cst.Name)
    }
    for node in tree.of_kind(cst.Attribute):
        owner = node.value.value if isinstance(node.value, cst.Name) else ""
        if node.attr.value == "getMessage":
            yield tree.parent(node) or node
        elif node.attr.value in _IN_RECORDS and owner:
            function = tree.enclosing(node, cst.FunctionDef)
            if isinstance(function, cst.FunctionDef) and function.name.value in (*_OF_RECORDS, *filters):
                if owner in {one.name.value for one in function.params.params[-1:]}:
                    yield node


def _texts_of(tree: Tree, caught: set[str], expected: set[str]) -> Iterator[cst.CSTNode]:
    """The texts that are made of errors: `str(name)`, `f"{name}"`, `"%s" % name`, and the like."""

    def is_error(node: cst.BaseExpression) -> bool:
        if isinstance(node, cst.Attribute) and node.attr.value in _EXPECTED:
            return _is_one_of(node.value, expected)
        return _is_one_of(node, caught)

    for call in tree.of_kind(cst.Call):
        name = _called(call)
        if name in _MADE_TEXT or (
            name in ("str", "repr", "format") and any(is_error(a.value) for a in call.args)
        ):
            yield call
    for part in tree.of_kind(cst.FormattedStringExpression):
        if is_error(part.expression):
            yield tree.parent(part) or part
    for operation in tree.of_kind(cst.BinaryOperation):
        if isinstance(operation.operator, cst.Modulo):
            right = operation.right
            values = [one.value for one in right.elements] if isinstance(right, cst.Tuple) else [right]
            if any(map(is_error, values)):
                yield operation


def _is_one_of(node: cst.BaseExpression, names: set[str]) -> bool:
    return isinstance(node, cst.Name) and node.value in names


def _is_looked_into(tree: Tree, text: cst.CSTNode) -> bool:
    """Whether a text is compared, searched, or taken apart, or goes where that may be."""
    around = tree.parent(text)
    if isinstance(around, _NAMING):
        targets = (
            [one.target for one in around.targets] if isinstance(around, cst.Assign) else [around.target]
        )
        names = {one.value for one in targets if isinstance(one, cst.Name)}
        attributes = {one.attr.value for one in targets if isinstance(one, cst.Attribute)}
        uses: list[cst.CSTNode] = [node for name in sorted(names) for node in tree.named(name)]
        uses += [node for node in tree.of_kind(cst.Attribute) if node.attr.value in attributes]
        if any(_asks(tree, node) for node in uses) or _asks_out_of_sight(tree, names, attributes):
            return True
    if isinstance(around, cst.NamedExpr) and _is_looked_into(tree, around):
        return True
    if (kept := stored_into(tree, text)) is not None:
        if tree.gaps.mentions(kept):
            raise NeedsFullParseError(tree.path)
        return _is_returned(tree, kept) or any(_asks(tree, one) for one in element_reads(tree, {kept}))
    return _asks(tree, text) or isinstance(around, cst.Return)


def _is_returned(tree: Tree, name: str) -> bool:
    """Whether a variable is what a function gives: who calls it may look into that."""
    returned = (one.value for one in tree.of_kind(cst.Return))
    return any(isinstance(one, cst.Name) and one.value == name for one in returned)


def _asks(tree: Tree, text: cst.CSTNode) -> bool:
    """Whether what stands around a text asks something of it, or is a call of what does."""
    around = tree.parent(text)
    call = tree.parent(around) if isinstance(around, cst.Arg) else None
    if not isinstance(call, cst.Call) or not isinstance(around, cst.Arg):
        return isinstance(around, _LOOKING)
    name = _called(call)
    return _is_asking(tree, name)


def _asks_out_of_sight(tree: Tree, names: set[str], attributes: set[str]) -> bool:
    """Whether a body that was not parsed asks something of what a text is called elsewhere."""
    if not any(map(tree.gaps.mentions, (*names, *attributes))):
        return False
    if tree.gaps.syntax is None:
        raise NeedsFullParseError(tree.path)
    return asks(tree.gaps.syntax, names, attributes, partial(_is_asking, tree))


def _is_asking(tree: Tree, name: str) -> bool:
    """Whether functions of a name ask something of what they are given."""
    return (
        name in _SEARCHING
        or name.startswith("assert")
        or _is_asker(tree, name)
        or _is_asker_out_of_sight(tree, name)
    )


def _is_asker(tree: Tree, name: str) -> bool:
    """Whether a function of a name, one that was parsed, asks something of one of its parameters."""
    return any(
        _asks_of_one(tree, one, _parameters(one))
        for one in tree.cached(_functions).get(name, ())
        if not tree.is_left_out(one)
    )


def _asks_of_one(tree: Tree, function: cst.FunctionDef, names: set[str]) -> bool:
    nodes = (node for node in tree.within(function, cst.Name) if node.value in names)
    return any(isinstance(tree.parent(node), _LOOKING) for node in nodes)


def _is_asker_out_of_sight(tree: Tree, name: str) -> bool:
    """Whether one that was not parsed, or whose body was not, does."""
    own = (one for one in tree.cached(_functions).get(name, ()) if tree.is_left_out(one))
    bodies = ((tree.unparsed(one), _parameters(one)) for one in own)
    wholes = ((ast.walk(one), _arguments(one)) for one in tree.unparsed_functions(name))
    return any(asks(nodes, names, (), lambda _name: False) for nodes, names in (*bodies, *wholes))


def _functions(tree: Tree) -> Mapping[str, Sequence[cst.FunctionDef]]:
    """The functions of a module, by name."""
    found: defaultdict[str, list[cst.FunctionDef]] = defaultdict(list)
    for one in tree.of_kind(cst.FunctionDef):
        found[one.name.value].append(one)
    return found


def _parameters(function: cst.FunctionDef) -> set[str]:
    return {one.name.value for one in function.params.params} - {"self", "cls"}


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return {one.arg for one in function.args.args} - {"self", "cls"}
