"""Assembles the dispatch tables of transfer functions, and runs a program.

`SYMBOLS` are models of functions by qualified name. `METHODS` are models of methods by kind of receiver and
name.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import PurePosixPath
from pkgutil import iter_modules
from types import MappingProxyType

import libcst as cst

from kognitos_migrate.debug_log import log
from kognitos_migrate.interpret import (
    assignment,
    attributes,
    budgets,
    calls,
    comparisons,
    displays,
    entry_points,
    expressions,
    import_statements,
    library,
    loops,
    match_statements,
    module_loading,
    operators,
    statements,
    strings,
    try_statements,
)
from kognitos_migrate.interpret.error_messages import judge_expected_errors
from kognitos_migrate.interpret.interpreter import (
    Evaluator,
    Executor,
    Interpreter,
    Method,
    Model,
    TransferFunctions,
)
from kognitos_migrate.interpret.library.testing import is_test_module
from kognitos_migrate.interpret.mocking.asserted_calls import note_uncompared_calls
from kognitos_migrate.interpret.public_surface import has_surface, note_public_functions
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.interpret.state.library_index import LibraryIndex
from kognitos_migrate.modules.definition_links import mention_links
from kognitos_migrate.modules.modules_of_tests import tests_with_helpers
from kognitos_migrate.rulebook.model import Client, Mock, Rulebook
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.syntax.module_resolution import ModuleFiles
from kognitos_migrate.syntax.settable_names import SettableName
from kognitos_migrate.syntax.tree import Site, Tree

_LIBRARY_MODULES = [
    import_module(f"{library.__name__}.{module.name}") for module in iter_modules(library.__path__)
]

SYMBOLS: dict[str, Model] = {
    name: model for module in _LIBRARY_MODULES for name, model in module.SYMBOLS.items()
}
METHODS: dict[str, Method] = {
    name: method for module in _LIBRARY_MODULES for name, method in module.METHODS.items()
}


EXPRESSIONS: dict[type[cst.CSTNode], Evaluator] = {
    cst.Name: expressions.name,
    cst.Attribute: expressions.attribute,
    cst.Subscript: expressions.subscript,
    cst.Comparison: comparisons.comparison,
    cst.BooleanOperation: expressions.boolean,
    cst.UnaryOperation: expressions.unary,
    cst.BinaryOperation: operators.binary_operation,
    cst.IfExp: expressions.conditional,
    cst.NamedExpr: expressions.named_expression,
    cst.Await: expressions.await_expression,
    cst.Lambda: expressions.lambda_expression,
    cst.Yield: expressions.yield_expression,
    cst.StarredElement: expressions.starred_expression,
    cst.Call: calls.call_expression,
    cst.SimpleString: strings.simple_string,
    cst.FormattedString: strings.formatted_string,
    cst.TemplatedString: strings.templated_string,
    cst.ConcatenatedString: strings.concatenated_string,
    cst.Integer: expressions.number,
    cst.Float: expressions.number,
    cst.Imaginary: expressions.number,
    cst.Ellipsis: expressions.ellipsis,
    cst.Dict: displays.dict_display,
    cst.List: displays.list_display,
    cst.Tuple: displays.list_display,
    cst.Set: displays.list_display,
    cst.ListComp: displays.comprehension,
    cst.SetComp: displays.comprehension,
    cst.DictComp: displays.comprehension,
    cst.GeneratorExp: displays.generator_expression,
}

STATEMENTS: dict[type[cst.CSTNode], Executor] = {
    cst.SimpleStatementLine: statements.statement_line,
    cst.SimpleStatementSuite: statements.statement_line,
    cst.IndentedBlock: statements.statement_block,
    cst.Expr: statements.expression_statement,
    cst.Assign: statements.assignment,
    cst.AnnAssign: statements.annotated_assignment,
    cst.AugAssign: operators.augmented_assignment,
    cst.Return: statements.return_statement,
    cst.Raise: statements.raise_statement,
    cst.If: statements.if_statement,
    cst.Else: statements.else_block,
    cst.While: loops.while_loop,
    cst.For: loops.for_loop,
    cst.Break: loops.break_statement,
    cst.Continue: loops.continue_statement,
    cst.Try: try_statements.try_statement,
    cst.TryStar: try_statements.try_statement,
    cst.With: try_statements.with_block,
    cst.FunctionDef: statements.function_definition,
    cst.ClassDef: statements.class_definition,
    cst.Global: statements.scope_declaration,
    cst.Nonlocal: statements.scope_declaration,
    cst.Del: statements.deletion,
    cst.Pass: statements.pass_statement,
    cst.TypeAlias: statements.type_alias,
    cst.Assert: statements.assertion,
    cst.Match: match_statements.match_statement,
    cst.Import: import_statements.import_names,
    cst.ImportFrom: import_statements.import_from,
}

TRANSFER_FUNCTIONS = TransferFunctions(
    EXPRESSIONS,
    STATEMENTS,
    calls.call,
    attributes.read_attribute,
    assignment.assign,
    assignment.set_attribute,
    module_loading.load_module,
    SYMBOLS,
    METHODS,
)


def modeled_packages(rulebook: Rulebook) -> frozenset[str]:
    """The top-level names, in small letters, of the packages that have models."""
    library = LibraryIndex(rulebook.clients, rulebook.mocks)
    names = (*SYMBOLS, *library.clients_by_name, *library.mocks_by_name)
    return frozenset(name.partition(".")[0].lower() for name in names)


NOTHING: Mapping[str, frozenset[str]] = MappingProxyType({})


def _modules_of_tests(trees: Mapping[str, Tree], links: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The modules with tests or fixtures, any `conftest.py`, and the modules in folders of tests that only
    they use."""
    tests = frozenset(path for path, tree in trees.items() if is_test_module(tree))
    if not tests:
        return tests
    links = links or mention_links({path: tree.utf8_text for path, tree in trees.items()})
    support = {path for path in links if PurePosixPath(path).name == "conftest.py"}
    return tests | tests_with_helpers(tests | support, links).intersection(trees)


def interpret(
    trees: Mapping[str, Tree],
    clients: Sequence[Client],
    watch: Iterable[str],
    files: ModuleFiles | None = None,
    mocks: Sequence[Mock] = (),
    unused: Mapping[str, frozenset[str]] = NOTHING,
    settable: frozenset[SettableName] = frozenset(),
) -> Facts:
    """Run the modules `trees`, by path, and return the facts.

    The use of texts with a word of `watch` is recorded, and so are the stubs of the libraries `mocks`.
    `files` resolves dotted names to modules. `unused` are functions and classes, by module, that are not run
    as entry points. `settable` are names that code out of sight may set.
    """

    def run(*, joins_settings: bool) -> Interpreter:
        interpreter = Interpreter(
            trees, files or ModuleFiles(trees), LibraryIndex(clients, mocks), watch, TRANSFER_FUNCTIONS
        )
        interpreter.running.joins_settings = joins_settings
        interpreter.functions.settable = settable
        _run_program(interpreter, unused)
        return interpreter

    interpreter = run(joins_settings=False)
    if interpreter.facts.exhausted and interpreter.running.has_settings_rounds:
        joined = run(joins_settings=True)
        interpreter = interpreter if joined.facts.exhausted else joined
    note_public_functions(interpreter)
    facts = interpreter.finish()
    judge_expected_errors(interpreter)
    log(
        "interpreted",
        modules=len(trees),
        steps=facts.steps,
        frames=len(facts.frames),
        function_runs=sum(interpreter.summaries.runs.values()),
        summary_hits=interpreter.summaries.hits,
        requests=len(facts.requests),
        uses=len(facts.uses),
        exhausted=[f"{site.path}, node {site.node}" for site in facts.exhausted],
    )
    return facts


def _run_program(interpreter: Interpreter, unused: Mapping[str, frozenset[str]]) -> None:
    """Run all modules, and then the entry points."""
    interpreter.testing.modules = _modules_of_tests(interpreter.trees, interpreter.files.links)
    interpreter.functions.may_be_public = has_surface(interpreter)
    interpreter.testing.data = frozenset(filter(is_data_file, interpreter.trees))
    try:
        if len(interpreter.trees) > budgets.MODULES:
            raise budgets.ExhaustedError
        for path in interpreter.trees:
            module_loading.load_module(interpreter, path)
        entry_points.run_entry_points(interpreter, unused)
        note_uncompared_calls(interpreter)
    except (budgets.ExhaustedError, RecursionError):
        interpreter.facts.exhausted.extend(Site(path, 0) for path in interpreter.trees)
