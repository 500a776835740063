"""Puts the rooms together and runs a program: trees in, facts out."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import libcst as cst

from kognitos_migrate.interpret import (
    assignment,
    attributes,
    calls,
    displays,
    entries,
    expressions,
    loops,
    modules,
    patterns,
    statements,
    strings,
)
from kognitos_migrate.interpret.library.pytest_ import is_test_module
from kognitos_migrate.interpret.machine import Evaluator, Executor, ExhaustedError, Machine, Rooms
from kognitos_migrate.interpret.models import METHODS, SYMBOLS
from kognitos_migrate.interpret.state.events import Facts
from kognitos_migrate.interpret.state.libraries import Libraries
from kognitos_migrate.rulebook.model import Client, Mock
from kognitos_migrate.syntax.files import Files
from kognitos_migrate.syntax.tree import Site, Tree

EXPRESSIONS: dict[type[cst.CSTNode], Evaluator] = {
    cst.Name: expressions.name,
    cst.Attribute: expressions.attribute,
    cst.Subscript: expressions.subscript,
    cst.Comparison: expressions.comparison,
    cst.BooleanOperation: expressions.boolean,
    cst.UnaryOperation: expressions.unary,
    cst.BinaryOperation: expressions.binary,
    cst.IfExp: expressions.conditional,
    cst.NamedExpr: expressions.named,
    cst.Await: expressions.awaited,
    cst.Lambda: expressions.function,
    cst.Yield: expressions.yielded,
    cst.StarredElement: expressions.starred,
    cst.Call: calls.call_expression,
    cst.SimpleString: strings.simple_string,
    cst.FormattedString: strings.formatted_string,
    cst.TemplatedString: strings.templated_string,
    cst.ConcatenatedString: strings.concatenated_string,
    cst.Integer: strings.number,
    cst.Float: strings.number,
    cst.Dict: displays.dict_display,
    cst.List: displays.list_display,
    cst.Tuple: displays.list_display,
    cst.Set: displays.list_display,
    cst.ListComp: displays.comprehension,
    cst.SetComp: displays.comprehension,
    cst.DictComp: displays.comprehension,
    cst.GeneratorExp: displays.comprehension,
}

STATEMENTS: dict[type[cst.CSTNode], Executor] = {
    cst.SimpleStatementLine: statements.line,
    cst.SimpleStatementSuite: statements.line,
    cst.IndentedBlock: statements.block,
    cst.Expr: statements.expression,
    cst.Assign: statements.assignment,
    cst.AnnAssign: statements.annotated_assignment,
    cst.AugAssign: statements.augmented_assignment,
    cst.Return: statements.returned,
    cst.Raise: statements.raised,
    cst.If: statements.conditional,
    cst.Else: statements.otherwise,
    cst.While: loops.while_loop,
    cst.For: loops.for_loop,
    cst.Break: loops.broken,
    cst.Continue: loops.continued,
    cst.Try: statements.attempt,
    cst.TryStar: statements.attempt,
    cst.With: statements.with_block,
    cst.FunctionDef: statements.function_definition,
    cst.ClassDef: statements.class_definition,
    cst.Global: statements.scope,
    cst.Nonlocal: statements.scope,
    cst.Del: statements.deletion,
    cst.Assert: statements.assertion,
    cst.Match: patterns.match,
    cst.Import: modules.import_names,
    cst.ImportFrom: modules.import_from,
}

ROOMS = Rooms(
    EXPRESSIONS,
    STATEMENTS,
    calls.call,
    attributes.attribute,
    assignment.assign,
    assignment.set_attribute,
    modules.load_module,
    SYMBOLS,
    METHODS,
)


NOTHING: Mapping[str, frozenset[str]] = MappingProxyType({})


def interpret(
    trees: Mapping[str, Tree],
    clients: Sequence[Client],
    watch: Iterable[str],
    files: Files | None = None,
    mocks: Sequence[Mock] = (),
    unused: Mapping[str, frozenset[str]] = NOTHING,
) -> Facts:
    """Run the modules `trees` (by path). `watch` are the words whose use in texts is to be noted; by `files`
    it is known which module a dotted name means; `mocks` are the libraries whose stubs are noted; `unused`
    are, by module, functions and classes that are not run where nothing calls them."""
    machine = Machine(trees, files or Files(trees), Libraries(clients, mocks), watch, ROOMS)
    machine.testing.modules = frozenset(path for path, tree in trees.items() if is_test_module(tree))
    try:
        for path in trees:
            modules.load_module(machine, path)
        entries.run_entries(machine, unused)
    except (ExhaustedError, RecursionError):
        machine.facts.exhausted.extend(Site(path, 0) for path in trees)
    return machine.finish()
