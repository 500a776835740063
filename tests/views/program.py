"""The program around a file, analysed and planned as `explain` does it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kognitos_migrate.errors import UserError
from kognitos_migrate.findings.explanation import parse_place_query
from kognitos_migrate.findings.factories import PlannedConversation
from kognitos_migrate.interpret.dispatch import interpret
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import plan_components
from kognitos_migrate.run.progress import Silent
from kognitos_migrate.run.project import project_paths
from kognitos_migrate.run.session import Options, collect_inputs
from kognitos_migrate.source.file import read_source
from kognitos_migrate.source.positions import LineIndex, Position
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.parser_input import SourceSyntaxError
from kognitos_migrate.syntax.parsing import parse
from kognitos_migrate.syntax.tokens import Rows, logical_statements
from kognitos_migrate.syntax.tree import Tree


@dataclass(frozen=True)
class Program:
    """The component that a file belongs to."""

    path: str
    trees: Mapping[str, Tree]
    facts: Facts
    operations: Mapping[int, str]
    """By number of a request: the operation of the old version that it is a call of."""
    planned: Sequence[PlannedConversation]

    def position(self, span: Span) -> Position:
        """Where a span begins, in rows and columns from 1."""
        return LineIndex(self.trees[span.path].text).position(span.start)

    def place(self, span: Span) -> str:
        """`file:row:column` of the beginning of a span."""
        row, column = self.position(span)
        return f"{span.path}:{row}:{column}"


@dataclass(frozen=True)
class Target:
    """A file, and the rows of it that are asked for; None is all of it."""

    path: str
    rows: Rows | None

    def has(self, row: int) -> bool:
        """Whether the target includes a row."""
        return self.rows is None or self.rows.first <= row <= self.rows.last


def target_of(argument: str) -> Target:
    """The target that FILE or FILE:LINE names; the line stands for its whole logical statement."""
    query = parse_place_query(argument)
    path = argument if query is None else query.path
    if not os.path.isfile(path):
        sys.exit(f"error: there is no file {path}; expected FILE or FILE:LINE")
    source = read_source(path)
    rows = logical_statements(source.text).rows_around(query.row) if query is not None else None
    return Target(source.path, rows)


def program_around(path: str) -> Program:
    """The program around a file. A file that names no API is interpreted alone, and nothing is planned. Exits
    with an error if the file or the configuration can't be read."""
    try:
        return _program_around(path)
    except SourceSyntaxError as error:
        sys.exit(f"error: {path}:{error.line}: {error.message}")
    except UserError as error:
        sys.exit(f"error: {error}")


def _program_around(path: str) -> Program:
    options = Options()
    source = read_source(path)
    scope = options.scan_request([path]).scope
    around = project_paths([path], scope) or (str(Path(path).resolve().parent),)
    inputs = collect_inputs((*around, path), options, Silent())
    settings, rulebook = inputs.configured.settings, inputs.configured.rulebook
    given = frozenset(inputs.target_paths)
    for component in plan_components(inputs.reading.sources, rulebook, settings, given, source.path):
        if (
            component.planned_program is not None
            and source.path in component.planned_program.program.context.trees
        ):
            context = component.planned_program.program.context
            if context.facts.frames:
                operations = {number: match.operation.id for number, match in context.matches.items()}
                return Program(
                    source.path, context.trees, context.facts, operations, component.planned_program.planned
                )
    trees = {source.path: parse(source.path, source.text)}
    facts = interpret(trees, load_rulebook().clients, (), mocks=load_rulebook().mocks)
    return Program(source.path, trees, facts, {}, ())


def end_with_reader() -> None:
    """End without a traceback when nobody reads the output any more, as in `dev.py facts FILE | head`."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
