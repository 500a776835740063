"""Reads the description of a fixture program, case.yaml."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import yaml

from tests.server import Dialect, Process, Stage

T = TypeVar("T")

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Level = Literal["safe", "adapt", "unsafe"]


class CaseError(Exception):
    """A case.yaml that can't be used; the message names the file and the key."""


class Deployed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The changes that `fix --unsafe` asks for before the result is deployed: of the command line, of the
    environment, and of files."""

    run: tuple[str, ...] = ()
    env: dict[str, str] = {}
    files: dict[str, str] = {}


@dataclass(frozen=True, eq=False)
class Case:
    """How a fixture program is run, and what it is expected to do.

    `config` is the whole configuration of kognitos-migrate for it, the shared one included. A case is equal
    to itself alone, so that what is computed for it can be kept.
    """

    name: str
    folder: Path
    about: str
    run: tuple[str, ...]
    env: dict[str, str]
    files: dict[str, str]
    deployed: Deployed
    stdin: str
    exit_code: int
    concurrent: bool
    python: str
    fix: Level
    expect: tuple[str, ...]
    left: tuple[str, ...]
    passing: tuple[str, ...]
    config: dict[str, Any]
    processes: tuple[Process, ...]
    hosts: tuple[str, ...]
    dialect: Dialect

    @property
    def runs_here(self) -> bool:
        """Whether this Python can run the program."""
        return tuple(map(int, self.python.split("."))) <= sys.version_info[:2]

    @property
    def pins_dialect(self) -> bool:
        """Whether the case chooses a dialect of the request, rather than mean each of them."""
        return "v2_request" in self.config

    def in_other_dialect(self) -> Case:
        """The case with the other dialect of the request."""
        dialect: Dialect = "reference" if self.dialect == "guide" else "guide"
        return replace(self, dialect=dialect, config={**self.config, "v2_request": dialect})

    @property
    def as_deployed(self) -> Case:
        """The case of the migrated program, in the environment that it is deployed to."""
        new = self.deployed
        return replace(
            self,
            run=new.run or self.run,
            env={**self.env, **new.env},
            files={**self.files, **new.files},
        )

    @property
    def is_notebook(self) -> bool:
        """Whether the program is a notebook, which is executed by Jupyter's client."""
        return self.run[0].endswith(".ipynb")

    @property
    def before(self) -> Path:
        """The program as it was written for v1."""
        return self.folder / "before"

    @property
    def after(self) -> Path:
        """The program as it was rewritten for v2."""
        return self.folder / "after"


class _CaseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of case.yaml."""

    about: str
    run: tuple[str, ...] = ("main.py",)
    env: dict[str, str] = {}
    files: dict[str, str] = {}
    deployed: Deployed = Deployed()
    stdin: str = ""
    exit_code: int = 0
    """The exit code that the program ends with, also when it works as meant."""
    concurrent: bool = False
    """The program starts runs from several threads or tasks: their order means nothing."""
    python: str = "3.10"
    """The oldest Python that the program runs on."""
    fix: Level = "safe"
    """The level of the migration: `adapt` stands for `fix --adapt`, `unsafe` for `fix --unsafe`."""
    expect: tuple[str, ...] = ()
    """Programs that can't be rewritten: the findings, as codes or beginnings of codes."""
    left: tuple[str, ...] = ()
    """Programs whose tests are left: those that `fix --leave-tests` lists, as pytest names them."""
    passing: tuple[str, ...] = ()
    """The tests in `left` that pass all the same."""
    config: dict[str, Any] = {}


class _ProcessEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    process_id: str
    agent_id: str
    stage: Stage
    name: str = ""


class _Config(msgspec.Struct, frozen=True):
    """The part of the configuration that the test server wants to know."""

    processes: dict[str, _ProcessEntry | bool] = {}
    hosts: tuple[str, ...] = ()
    v2_request: Dialect = "guide"


def programs() -> dict[str, Path]:
    """The folders of all programs that are run before and after, by name: scripts, packages, and packages
    with tests of their own."""
    folders = [
        path.parent
        for kind in ("programs", "packages", "mocks")
        for path in FIXTURES.glob(f"{kind}/*/case.yaml")
    ]
    return {folder.name: folder for folder in sorted(folders, key=lambda folder: folder.name)}


@functools.cache
def load_case(folder: Path) -> Case:
    """Read the case.yaml of a fixture program, once in a process.

    Raises:
        CaseError: The file is missing, isn't YAML, or says something that isn't known.
    """
    path = folder / "case.yaml"
    given = _convert(_read(path), _CaseFile, path)
    merged = {**_shared(), **given.config}
    config = _convert(merged, _Config, path)
    return Case(
        name=folder.name,
        folder=folder,
        about=given.about,
        run=given.run,
        env=given.env,
        files=given.files,
        deployed=given.deployed,
        stdin=given.stdin,
        exit_code=given.exit_code,
        concurrent=given.concurrent,
        python=given.python,
        fix=given.fix,
        expect=given.expect,
        left=given.left,
        passing=given.passing,
        config=merged,
        processes=_processes(config),
        hosts=config.hosts,
        dialect=config.v2_request,
    )


@functools.cache
def _shared() -> dict[str, Any]:
    """The configuration that the programs share."""
    shared: dict[str, Any] = _read(FIXTURES / "kognitos-migrate.yaml")
    return shared


def _read(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _LOADER)
    except (OSError, yaml.YAMLError) as error:
        raise CaseError(f"{path}: {error}") from error


def _convert(value: Any, shape: type[T], path: Path) -> T:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise CaseError(f"{path}: {error}") from error


def _processes(config: _Config) -> tuple[Process, ...]:
    return tuple(
        Process(share_id, entry.process_id, entry.agent_id, entry.stage, entry.name)
        for share_id, entry in config.processes.items()
        if not isinstance(entry, bool)
    )
