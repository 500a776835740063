"""The flow of definitions through one function, in the order of evaluation."""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.syntax.scopes import COMPREHENSIONS, FUNCTIONS, Scopes, Variable
from kognitos_migrate.syntax.tree import Tree


class DefinitionKind(Enum):
    """The origin of the value that a read sees."""

    BINDING = "binding"
    """The name at `node` binds it."""
    LOOP = "loop"
    """The head of the loop at `node`: the value is from before the loop, or from the previous round."""
    MERGE = "merge"
    """The end of the statement at `node`, at which several paths meet."""


class Definition(NamedTuple):
    """The definition of a variable that reaches a read."""

    kind: DefinitionKind
    node: int
    variable: Variable


Environment = dict[Variable, Definition]


_ORDERED = frozenset(
    (cst.Name, cst.NamedExpr, cst.Lambda, cst.IfExp, cst.BooleanOperation, cst.CompFor, *COMPREHENSIONS)
)
"""The types of expressions that bind or read a variable, or aren't evaluated in the order of the source."""


class _Loop:
    """The variables that a loop binds, and the environments in which it is left, or begun again."""

    def __init__(self, bound: Sequence[Variable]) -> None:
        self.bound = bound
        self.breaks: list[Environment] = []
        self.continues: list[Environment] = []


class DefinitionFlow:
    """The definitions of one function, by a walk in the order of evaluation."""

    def __init__(self, tree: Tree, scopes: Scopes, owner: cst.CSTNode) -> None:
        self.reads: dict[int, Definition] = {}
        self.merges: dict[Definition, set[Definition]] = {}
        self._tree, self._scopes = tree, scopes
        self._loops: list[_Loop] = []
        self._env: Environment | None = {}
        match owner:
            case cst.Module():
                self._block(owner.body)
            case cst.FunctionDef():
                self._parameters(owner.params)
                if not tree.is_elided(owner):
                    self._block(owner.body.body)
            case cst.Lambda():
                self._parameters(owner.params)
                self._evaluate(owner.body)

    def _parameters(self, parameters: cst.Parameters) -> None:
        for parameter in self._tree.descendants(parameters):
            if isinstance(parameter, cst.Param):
                self._bind(parameter.name)

    # Statements.

    def _block(self, statements: Iterable[cst.CSTNode]) -> None:
        for statement in statements:
            if self._env is None:
                return
            self._statement(statement)

    def _statement(self, node: cst.CSTNode) -> None:
        match node:
            case cst.SimpleStatementLine(body) | cst.SimpleStatementSuite(body) | cst.IndentedBlock(body):
                self._block(body)
            case cst.If():
                self._branch(node)
            case cst.While():
                self._while(node)
            case cst.For():
                self._for(node)
            case cst.Try() | cst.TryStar():
                self._try(node)
            case cst.With():
                for item in node.items:
                    self._evaluate(item.item)
                    if item.asname is not None:
                        self._evaluate(item.asname)
                self._statement(node.body)
            case cst.Match():
                self._match(node)
            case cst.FunctionDef():
                self._evaluate_definition(node)
                self._bind(node.name)
            case cst.ClassDef():
                for part in (*node.decorators, *node.bases, *node.keywords):
                    self._evaluate(part)
                if not self._tree.is_elided(node):
                    self._statement(node.body)
                self._bind(node.name)
            case _:
                self._simple_statement(node)

    def _simple_statement(self, node: cst.CSTNode) -> None:
        match node:
            case cst.Assign():
                self._evaluate(node.value)
                for target in node.targets:
                    self._evaluate(target)
            case cst.AugAssign():
                self._evaluate(node.value)
                if isinstance(node.target, cst.Name):
                    self._read(node.target)
                self._evaluate(node.target)
            case cst.AnnAssign():
                if node.value is not None:
                    self._evaluate(node.value)
                    self._evaluate(node.target)
            case cst.Return() | cst.Raise():
                self._evaluate(node)
                self._env = None
            case cst.Break() | cst.Continue():
                if self._loops and self._env is not None:
                    loop = self._loops[-1]
                    (loop.breaks if isinstance(node, cst.Break) else loop.continues).append(self._env)
                self._env = None
            case _:
                self._evaluate(node)

    def _evaluate_definition(self, node: cst.FunctionDef | cst.Lambda) -> None:
        """Evaluate the decorators of a function and the defaults of its parameters."""
        for decorator in node.decorators if isinstance(node, cst.FunctionDef) else ():
            self._evaluate(decorator)
        for parameter in self._tree.descendants(node.params):
            if isinstance(parameter, cst.Param) and parameter.default is not None:
                self._evaluate(parameter.default)

    def _branch(self, node: cst.If) -> None:
        self._evaluate(node.test)
        before = self._copy()
        self._statement(node.body)
        ends = [self._env]
        self._env = before
        if node.orelse is not None:
            self._statement(node.orelse if isinstance(node.orelse, cst.If) else node.orelse.body)
        self._merge_environments(node, [*ends, self._env])

    def _while(self, node: cst.While) -> None:
        loop = self._enter_loop(node)
        self._evaluate(node.test)
        is_endless = isinstance(node.test, cst.Name) and node.test.value == "True"
        self._finish_loop(node, loop, None if is_endless else self._copy())

    def _for(self, node: cst.For) -> None:
        self._evaluate(node.iter)
        loop = self._enter_loop(node)
        before = self._copy()
        self._evaluate(node.target)
        self._finish_loop(node, loop, before)

    def _enter_loop(self, node: cst.For | cst.While) -> _Loop:
        """Begin a loop. At its head, a variable that it binds may have the value from before the loop, or
        that of an earlier round."""
        bound = self._bound_in(node)
        for variable in bound:
            head = Definition(DefinitionKind.LOOP, self._tree.number(node), variable)
            if self._env is not None:
                before = self._env.get(variable)
                self.merges.setdefault(head, set()).update([before] if before is not None else ())
                self._env[variable] = head
        self._loops.append(_Loop(bound))
        return self._loops[-1]

    def _finish_loop(self, node: cst.For | cst.While, loop: _Loop, exhausted: Environment | None) -> None:
        self._statement(node.body)
        self._loops.pop()
        for env in (self._env, *loop.continues):
            for variable in loop.bound:
                head = Definition(DefinitionKind.LOOP, self._tree.number(node), variable)
                end = env.get(variable, head) if env is not None else head
                if end != head:
                    self.merges.setdefault(head, set()).add(end)
        self._env = exhausted
        if node.orelse is not None and self._env is not None:
            self._statement(node.orelse.body)
        self._merge_environments(node, [self._env, *loop.breaks])

    def _bound_in(self, node: cst.CSTNode) -> Sequence[Variable]:
        variables: dict[Variable, None] = {}
        for name in self._own_nodes(node):
            if isinstance(name, cst.Name) and self._scopes.is_binding(name):
                variables[self._scopes.variable(name)] = None
        return list(variables)

    def _own_nodes(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes within a node that are evaluated in this function."""
        tree = self._tree
        number, end = tree.number(node), tree.end(node)
        while number < end:
            part = tree.nodes[number]
            yield part
            number += 1
            if isinstance(part, FUNCTIONS):
                number = tree.end(part)
                if isinstance(part, cst.FunctionDef):
                    yield part.name

    def _try(self, node: cst.Try | cst.TryStar) -> None:
        jumps = self._count_jumps()
        before = self._copy()
        self._statement(node.body)
        raised_env = self._environment_raised([node.body], before, node.body)
        if node.orelse is not None and self._env is not None:
            self._statement(node.orelse.body)
        ends = [self._env]
        for handler in node.handlers:
            self._env = dict(raised_env)
            for part in (handler.type, handler.name):
                if part is not None:
                    self._evaluate(part)
            self._statement(handler.body)
            ends.append(self._env)
        self._merge_environments(node, ends)
        if node.finalbody is not None:
            self._finally(node, node.finalbody, before, jumps)

    def _count_jumps(self) -> list[int]:
        """The number of jumps out of the rounds of each loop around."""
        return [len(jumps) for loop in self._loops for jumps in (loop.breaks, loop.continues)]

    def _finally(
        self,
        node: cst.Try | cst.TryStar,
        clause: cst.Finally,
        before: Environment | None,
        jumps: Sequence[int],
    ) -> None:
        """Run a `finally` clause after the statement's end, an error anywhere in it, or a jump out of it.

        `jumps` are the numbers of jumps out of the loops around before the statement.
        """
        end = self._env
        parts = [node.body, *node.handlers, *([node.orelse] if node.orelse is not None else ())]
        self._env = self._environment_raised(parts, before, clause)
        self._statement(clause.body)
        done, changed = self._env, self._bound_in(clause)
        self._env = self._environment_after(end, done, changed)
        lists = [jumped for loop in self._loops for jumped in (loop.breaks, loop.continues)]
        for jumped, number in zip(lists, jumps, strict=True):
            ends = [self._environment_after(env, done, changed) for env in jumped[number:]]
            jumped[number:] = [env for env in ends if env is not None]

    def _environment_after(
        self, env: Environment | None, done: Environment | None, changed: Iterable[Variable]
    ) -> Environment | None:
        """An environment with the definitions that a `finally` clause ends with. None if it doesn't end."""
        if env is None or done is None:
            return None
        return env | {variable: done[variable] for variable in changed if variable in done}

    def _environment_raised(
        self, parts: Iterable[cst.CSTNode], before: Environment | None, place: cst.CSTNode
    ) -> Environment:
        """The environment at `place`, a handler or a `finally`. An error may occur anywhere in `parts`."""
        env = dict(before or {})
        for name in (node for part in parts for node in self._own_nodes(part)):
            if isinstance(name, cst.Name) and self._scopes.is_binding(name):
                variable = self._scopes.variable(name)
                meeting = Definition(DefinitionKind.MERGE, self._tree.number(place), variable)
                definitions = self.merges.setdefault(meeting, set())
                if env.get(variable) not in (None, meeting):
                    definitions.add(env[variable])
                definitions.add(Definition(DefinitionKind.BINDING, self._tree.number(name), variable))
                env[variable] = meeting
        return env

    def _match(self, node: cst.Match) -> None:
        self._evaluate(node.subject)
        ends: list[Environment | None] = []
        before = self._copy()
        for case in node.cases:
            self._env = dict(before) if before is not None else None
            self._evaluate(case.pattern)
            if case.guard is not None:
                self._evaluate(case.guard)
            self._statement(case.body)
            ends.append(self._env)
        self._merge_environments(node, [*ends, before])

    def _copy(self) -> Environment | None:
        return dict(self._env) if self._env is not None else None

    def _merge_environments(self, node: cst.CSTNode, environments: Sequence[Environment | None]) -> None:
        """Merge the environments at the end of several paths.

        None stands for a path that doesn't get there.
        """
        alive = [way for way in environments if way is not None]
        if not alive:
            self._env = None
            return
        merged: Environment = {}
        for variable in {variable: None for way in alive for variable in way}:
            definitions = {way[variable] for way in alive if variable in way}
            if len(definitions) == 1:
                (merged[variable],) = definitions
                continue
            merged[variable] = Definition(DefinitionKind.MERGE, self._tree.number(node), variable)
            self.merges.setdefault(merged[variable], set()).update(definitions - {merged[variable]})
        self._env = merged

    # Expressions.

    def _evaluate(self, node: cst.CSTNode) -> None:
        """Walk over an expression, or a simple statement, as it is evaluated."""
        if type(node) not in _ORDERED:  # most expressions
            for part in self._tree.children(node):
                self._evaluate(part)
            return
        match node:
            case cst.Name():
                if self._scopes.is_binding(node):
                    self._bind(node)
                else:
                    self._read(node)
            case cst.NamedExpr():
                self._evaluate(node.value)
                self._evaluate(node.target)
            case cst.Lambda():
                self._evaluate_definition(node)
            case cst.IfExp():
                self._evaluate(node.test)
                self._evaluate_optional(node, [node.body, node.orelse])
            case cst.BooleanOperation():
                self._evaluate(node.left)
                self._evaluate_optional(node, [node.right])
            case cst.ListComp() | cst.SetComp() | cst.GeneratorExp():
                self._evaluate(node.for_in)
                self._evaluate(node.elt)
            case cst.DictComp():
                self._evaluate(node.for_in)
                self._evaluate(node.key)
                self._evaluate(node.value)
            case cst.CompFor():
                self._evaluate(node.iter)
                self._evaluate(node.target)
                for part in (*node.ifs, *([node.inner_for_in] if node.inner_for_in is not None else ())):
                    self._evaluate(part)

    def _evaluate_optional(self, node: cst.CSTNode, parts: Sequence[cst.CSTNode]) -> None:
        """Evaluate one of several parts, or none."""
        before = self._copy()
        ends = [before]
        for part in parts:
            self._env = dict(before) if before is not None else None
            self._evaluate(part)
            ends.append(self._env)
        self._merge_environments(node, ends)

    def _read(self, node: cst.Name) -> None:
        if self._env:
            definition = self._env.get(self._scopes.variable(node))
            if definition is not None:
                self.reads[self._tree.number(node)] = definition

    def _bind(self, node: cst.Name) -> None:
        variable = self._scopes.variable(node)
        if self._env is not None:
            self._env[variable] = Definition(DefinitionKind.BINDING, self._tree.number(node), variable)
