"""Whether a module inspects texts for people: error messages, log records, warnings."""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.modules.module_effects import ERROR_GETTERS
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError, inspects
from kognitos_migrate.syntax.expected_errors import (
    EXPECTED_CONTEXTS,
    callee_name,
    compared_text,
    context_names,
    error_patterns,
    error_texts,
    is_one_of,
)
from kognitos_migrate.syntax.received_calls import reads_error_arguments
from kognitos_migrate.syntax.roles import element_reads, stored_into
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.syntax.tree import Site, Tree

_INSPECTING = (cst.Comparison, cst.ComparisonTarget, cst.Attribute, cst.Subscript, cst.Index, cst.Match)
"""Nodes that inspect a text that is their operand."""
_SEARCH_FUNCTIONS = ("search", "match", "fullmatch", "findall", "finditer", "sub", "split", "loads", "get")
"""Functions and methods that inspect a text argument. All functions named `assert…` do, too."""
_NAMING = (cst.Assign, cst.AnnAssign, cst.NamedExpr)
_EXIT_METHODS = ("__exit__", "__aexit__")
_OF_RECORDS = ("filter", "emit", "format", "formatMessage", "handle")
"""Methods that are called with log records."""
_IN_RECORDS = ("args", "msg", "message")
_WARNING_HOOKS = ("showwarning", "formatwarning")
"""Functions of `warnings` that a program can replace to receive warnings."""
_STORING_METHODS = ("append", "appendleft", "add", "put", "put_nowait")
_CAPTURE_ATTRIBUTES = ("output", "records", "text", "messages", "record_tuples")
"""Attributes of test contexts and fixtures with the captured log records."""


class ErrorConsumers(NamedTuple):
    """The names of functions that are called with caught errors, or with texts of them."""

    errors: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()


NO_ERROR_CONSUMERS = ErrorConsumers()


def error_text_patterns_of(trees: Collection[Tree], call_records: Collection[str]) -> frozenset[str | None]:
    """The texts that these modules search for in error messages.

    None is among them if an error may be inspected in another way. `call_records` are attributes of doubles
    with received calls, whose `args` are those of no error.
    """
    consumers = _consumers_of(trees)
    return frozenset(
        pattern for tree in trees for pattern in error_text_patterns(tree, consumers, call_records)
    )


def _consumers_of(trees: Collection[Tree]) -> ErrorConsumers:
    """The functions that modules call with errors that they caught, and with texts of them."""
    consumers = [tree.memoize(_consumers_in) for tree in trees]
    return ErrorConsumers(
        frozenset(name for module in consumers for name in module.errors),
        frozenset(name for module in consumers for name in module.texts),
    )


def expected_errors_of(
    trees: Collection[Tree], tests: Collection[str], call_records: Collection[str]
) -> Sequence[Site] | None:
    """The expressions for texts that the modules of `tests` expect in errors. None if these or other modules
    inspect errors in another way."""
    consumers = _consumers_of(trees)
    expected: list[Site] = []
    for tree in trees:
        if tree.path not in tests:
            if error_text_patterns(tree, consumers, call_records):
                return None
            continue
        if reads_error_arguments(tree, call_records) or _inspect_texts(tree, consumers):
            return None
        expected += map(tree.site, error_patterns(tree))
        names = context_names(tree, *EXPECTED_CONTEXTS)
        for text in error_texts(tree, _error_names(tree, consumers.errors), names):
            comparison = compared_text(tree, text)
            if comparison is None and _is_inspected(tree, text):
                return None
            expected += [tree.site(comparison)] if comparison is not None else []
    return expected


def error_text_patterns(
    tree: Tree, consumers: ErrorConsumers = NO_ERROR_CONSUMERS, call_records: Collection[str] = ()
) -> frozenset[str | None]:
    """The texts that tests expect in error messages and write as literals.

    None is among them if the module or one of the `consumers` in it inspects errors.
    """
    patterns = [literal_text(node) for node in error_patterns(tree) if isinstance(node, cst.SimpleString)]
    texts = [pattern if isinstance(pattern, str) else None for pattern in patterns]
    is_inspecting = _inspects_errors(tree, consumers) or reads_error_arguments(tree, call_records)
    return frozenset([*texts, None] if is_inspecting else texts)


def _consumers_in(tree: Tree) -> ErrorConsumers:
    """The functions that a module calls with errors that it caught, and with texts of them."""
    error_names = _error_names(tree, ())
    texts = list(error_texts(tree, error_names, context_names(tree, *EXPECTED_CONTEXTS)))
    errors = [node for name in error_names for node in tree.names_spelled(name)]
    return ErrorConsumers(frozenset(_callee_names(tree, errors)), frozenset(_callee_names(tree, texts)))


def _callee_names(tree: Tree, nodes: Iterable[cst.CSTNode]) -> Iterator[str]:
    for node in nodes:
        parent = tree.parent(node)
        call = tree.parent(parent) if isinstance(parent, cst.Arg) else None
        if isinstance(call, cst.Call):
            yield callee_name(call)


def _inspects_errors(tree: Tree, consumers: ErrorConsumers) -> bool:
    """Whether the module inspects texts of errors."""
    error_names = _error_names(tree, consumers.errors)
    expected = context_names(tree, *EXPECTED_CONTEXTS)
    texts = error_texts(tree, error_names, expected)
    return _inspect_texts(tree, consumers) or any(_is_inspected(tree, text) for text in texts)


def _inspect_texts(tree: Tree, consumers: ErrorConsumers) -> bool:
    """Whether functions of the module inspect the texts of errors that they are called with."""
    return any(
        _inspects_parameter(tree, name) or _elided_function_inspects(tree, name) for name in consumers.texts
    )


def _error_names(tree: Tree, consumers: Collection[str]) -> set[str]:
    """The variables with errors: in handlers, functions called with errors, and loops over stored errors."""
    error_names = {
        node.value for node in _error_targets(tree) if isinstance(node, cst.Name)
    } | tree.gaps.caught_names
    for function in tree.of_kind(cst.FunctionDef) if consumers else ():
        if function.name.value in consumers:
            if tree.is_elided(function):
                raise NeedsFullParseError(tree.path)
            error_names |= _parameters(function)
    if any(map(tree.unparsed_functions, consumers)):
        raise NeedsFullParseError(tree.path)
    errors = (node for name in error_names for node in tree.names_spelled(name))
    collections = {name for node in errors if (name := stored_into(tree, node)) is not None}
    return error_names | {
        node.value for node in element_reads(tree, collections) if isinstance(node, cst.Name)
    }


def _error_targets(tree: Tree) -> Iterator[cst.CSTNode]:
    """The targets that errors are bound to: by handlers, `__exit__`, tasks, and loops over several errors."""
    for handler in tree.of_kind(cst.ExceptHandler):
        if handler.name is not None:
            yield handler.name.name
    for method in tree.of_kind(cst.FunctionDef):
        if method.name.value in _EXIT_METHODS:
            yield from (parameter.name for parameter in method.params.params[2:3])
    for call in tree.of_kind(cst.Call):
        if callee_name(call) in ERROR_GETTERS:
            assigned = tree.enclosing(call, cst.Assign)
            yield from (target.target for target in assigned.targets) if assigned is not None else ()
    collected = "return_exceptions" in tree.lower_case_text
    loops: list[cst.For | cst.CompFor] = [*tree.of_kind(cst.For), *tree.of_kind(cst.CompFor)]
    for loop in loops:
        if collected or (isinstance(loop.iter, cst.Attribute) and loop.iter.attr.value == "exceptions"):
            yield loop.target


def log_text_patterns(tree: Tree) -> frozenset[str | None]:
    """The texts that a module searches for in log records, warnings and the error stream.

    None is among them for an unknown pattern, or if the module stores these texts.
    """
    words = tree.lower_case_text
    stores_texts = (
        ("catch_warnings" in words and any(map(_is_recording, tree.of_kind(cst.Arg))))
        or (
            any(name in words for name in _WARNING_HOOKS)
            and any(map(_replaces_hook, tree.of_kind(cst.AssignTarget)))
        )
        or any(
            _stores_records(tree, method)
            for method in tree.of_kind(cst.FunctionDef)
            if method.name.value == "emit"
        )
    )
    patterns: list[str | None] = [None] if stores_texts else []
    for text in _record_texts(tree):
        parent = tree.parent(text)
        if isinstance(parent, cst.ComparisonTarget):
            parent = tree.parent(parent)
        literals = (
            [literal_text(node) for node in tree.descendants_of_kind(parent, cst.SimpleString)]
            if parent
            else []
        )
        if isinstance(parent, cst.Comparison) and literals:
            patterns += [text if isinstance(text, str) else None for text in literals]
        elif _is_inspected(tree, text):
            patterns.append(None)
    for text in _captured_texts(tree):
        patterns += _texts_in_statement(tree, text)
    return frozenset(patterns)


def _stores_records(tree: Tree, emit: cst.FunctionDef) -> bool:
    """Whether a log handler stores the texts of records in a collection, which other code may inspect."""
    return any(
        isinstance(call.func, cst.Attribute) and call.func.attr.value in _STORING_METHODS
        for call in tree.descendants_of_kind(emit, cst.Call)
    )


def _captured_texts(tree: Tree) -> Iterator[cst.Attribute]:
    """The logs and error output that a test has captured, except if only their length is used."""
    owners = {"caplog", *context_names(tree, "assertLogs")}
    captures = "readouterr" in tree.lower_case_text
    for node in tree.of_kind(cst.Attribute):
        is_log = node.attr.value in _CAPTURE_ATTRIBUTES and is_one_of(node.value, owners)
        if is_log or (captures and node.attr.value == "err"):
            parent = tree.parent(node)
            call = tree.parent(parent) if isinstance(parent, cst.Arg) else None
            if not (isinstance(call, cst.Call) and callee_name(call) == "len"):
                yield node


def _texts_in_statement(tree: Tree, text: cst.CSTNode) -> list[str | None]:
    """The string literals in the statement of a node; only None if there are none."""
    statement = next((node for node in tree.ancestors(text) if isinstance(node, cst.BaseStatement)), text)
    literals = [literal_text(node) for node in tree.descendants_of_kind(statement, cst.SimpleString)]
    return [text if isinstance(text, str) else None for text in literals] or [None]


def _is_recording(arg: cst.Arg) -> bool:
    return arg.keyword is not None and arg.keyword.value == "record"


def _replaces_hook(assigned: cst.AssignTarget) -> bool:
    return isinstance(assigned.target, cst.Attribute) and assigned.target.attr.value in _WARNING_HOOKS


def _record_texts(tree: Tree) -> Iterator[cst.CSTNode]:
    """The texts of log records: results of `getMessage()`, and attributes in filters and handlers."""
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
                if owner in {parameter.name.value for parameter in function.params.params[-1:]}:
                    yield node


def _is_inspected(tree: Tree, text: cst.CSTNode) -> bool:
    """Whether a text is inspected, or stored, returned or passed where it may be."""
    parent = tree.parent(text)
    if isinstance(parent, _NAMING):
        targets = (
            [target.target for target in parent.targets]
            if isinstance(parent, cst.Assign)
            else [parent.target]
        )
        names = {target.value for target in targets if isinstance(target, cst.Name)}
        attributes = {target.attr.value for target in targets if isinstance(target, cst.Attribute)}
        uses: list[cst.CSTNode] = [node for name in sorted(names) for node in tree.names_spelled(name)]
        uses += [node for node in tree.of_kind(cst.Attribute) if node.attr.value in attributes]
        if any(_is_inspected_directly(tree, node) for node in uses) or _is_inspected_when_elided(
            tree, names, attributes
        ):
            return True
    if isinstance(parent, cst.NamedExpr) and _is_inspected(tree, parent):
        return True
    if (collection := stored_into(tree, text)) is not None:
        if tree.gaps.mentions(collection):
            raise NeedsFullParseError(tree.path)
        return _is_returned(tree, collection) or any(
            _is_inspected_directly(tree, node) for node in element_reads(tree, {collection})
        )
    return _is_inspected_directly(tree, text) or isinstance(parent, cst.Return)


def _is_returned(tree: Tree, name: str) -> bool:
    """Whether a function returns the variable, which its callers may inspect."""
    returned = (statement.value for statement in tree.of_kind(cst.Return))
    return any(isinstance(value, cst.Name) and value.value == name for value in returned)


def _is_inspected_directly(tree: Tree, text: cst.CSTNode) -> bool:
    """Whether the parent of a text inspects it, or is a call of a function that does."""
    parent = tree.parent(text)
    call = tree.parent(parent) if isinstance(parent, cst.Arg) else None
    if not isinstance(call, cst.Call) or not isinstance(parent, cst.Arg):
        return isinstance(parent, _INSPECTING)
    name = callee_name(call)
    return _may_inspect_argument(tree, name)


def _is_inspected_when_elided(tree: Tree, names: set[str], attributes: set[str]) -> bool:
    """Whether elided code inspects one of these variables or attributes."""
    if not any(map(tree.gaps.mentions, (*names, *attributes))):
        return False
    if tree.gaps.syntax is None:
        raise NeedsFullParseError(tree.path)
    return inspects(tree.gaps.syntax, names, attributes, partial(_may_inspect_argument, tree))


def _may_inspect_argument(tree: Tree, name: str) -> bool:
    """Whether functions of this name inspect an argument."""
    return (
        name in _SEARCH_FUNCTIONS
        or name.startswith("assert")
        or _inspects_parameter(tree, name)
        or _elided_function_inspects(tree, name)
    )


def _inspects_parameter(tree: Tree, name: str) -> bool:
    """Whether a parsed function of this name inspects one of its parameters."""
    return any(
        _inspects_name(tree, function, _parameters(function))
        for function in tree.memoize(_functions).get(name, ())
        if not tree.is_elided(function)
    )


def _inspects_name(tree: Tree, function: cst.FunctionDef, names: set[str]) -> bool:
    nodes = (node for node in tree.descendants_of_kind(function, cst.Name) if node.value in names)
    return any(isinstance(tree.parent(node), _INSPECTING) for node in nodes)


def _elided_function_inspects(tree: Tree, name: str) -> bool:
    """Whether an elided function of this name, or one with an elided body, inspects a parameter."""
    own = (function for function in tree.memoize(_functions).get(name, ()) if tree.is_elided(function))
    bodies = ((tree.elided_syntax(function), _parameters(function)) for function in own)
    wholes = ((ast.walk(function), _arguments(function)) for function in tree.unparsed_functions(name))
    return any(inspects(nodes, names, (), lambda _name: False) for nodes, names in (*bodies, *wholes))


def _functions(tree: Tree) -> Mapping[str, Sequence[cst.FunctionDef]]:
    """The functions of a module, by name."""
    functions: defaultdict[str, list[cst.FunctionDef]] = defaultdict(list)
    for function in tree.of_kind(cst.FunctionDef):
        functions[function.name.value].append(function)
    return functions


def _parameters(function: cst.FunctionDef) -> set[str]:
    return {parameter.name.value for parameter in function.params.params} - {"self", "cls"}


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return {argument.arg for argument in function.args.args} - {"self", "cls"}
