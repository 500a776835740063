"""The modules of tests: those that reach a frame, and those that only tests import."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.stub_matching import outermost_frame
from kognitos_migrate.interpret.state.facts import Facts


def reaching_tests(frames: Iterable[int], program: ProgramFacts) -> set[str]:
    """The test modules that reach the frames, the `conftest.py` files that serve them, and the modules for
    tests alone that these import."""
    facts = program.facts
    tests: set[str] = set()
    for frame in frames:
        stack = list(facts.stack(frame))
        paths = {facts.frames[outermost_frame(facts, frame)].path, *(inner.path for inner in stack[:-1])}
        if paths & facts.tests:
            tests |= paths & facts.tests
            tests |= {path for path in facts.tests if any(_serves(path, frame_path) for frame_path in paths)}
    of_tests = facts.tests | (support_modules(facts) if tests else set())
    return _closure(tests, {path: facts.imports.get(path, set()) & of_tests for path in of_tests})


def _serves(path: str, test: str) -> bool:
    """Whether a file is a `conftest.py` that pytest loads for the test module."""
    conftest = PurePosixPath(path)
    return conftest.name == "conftest.py" and conftest.parent in PurePosixPath(test).parents


def support_modules(facts: Facts) -> set[str]:
    """The modules without tests that only tests import, directly or through each other, and that send no
    request."""
    senders = {
        frame.path
        for request in facts.requests
        if request.stub is None
        for frame in facts.stack(request.frame)
    }
    support = _closure(facts.tests, facts.imports) - facts.tests - senders
    while others := support & _imports_of(facts, {*facts.imports} - support - facts.tests):
        support -= others
    return support


def _imports_of(facts: Facts, importers: Iterable[str]) -> set[str]:
    return {path for importer in importers for path in facts.imports[importer]}


def _closure(paths: Iterable[str], links: Mapping[str, set[str]]) -> set[str]:
    closure = set(paths)
    waiting = list(closure)
    while waiting:
        fresh = links.get(waiting.pop(), set()) - closure
        closure |= fresh
        waiting.extend(fresh)
    return closure
