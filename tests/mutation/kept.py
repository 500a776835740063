"""The results of mutants in earlier runs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

from . import suite
from .mutants import Mutant
from .trial import Trial


class Kept:
    """A file with a line for each trial. A noticed mutant holds as long as the module is unchanged, a
    survivor as long as the engine, the rules and the tests are."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.whole = suite.digest("kognitos_migrate", "rules", "tests", "fixtures")
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        self.known: dict[tuple[str, int], Trial] = {}
        for line in lines:
            entry = json.loads(line)
            if entry["of"] == self._of(entry["path"], entry["outcome"]):
                trial = Trial(entry["path"], Mutant(**entry["mutant"]), *(entry[key] for key in _REST))
                self.known[trial.path, trial.mutant.number] = trial

    def trial(self, path: Path, mutant: Mutant) -> Trial | None:
        """The trial of a mutant. None if its number belonged to another one."""
        trial = self.known.get((path.relative_to(suite.ROOT).as_posix(), mutant.number))
        return trial if trial is not None and trial.mutant == mutant else None

    def keep(self, trial: Trial) -> None:
        """Note a trial for later runs."""
        entry = {"of": self._of(trial.path, trial.outcome), **dataclasses.asdict(trial)}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def _of(self, path: str, outcome: str) -> str:
        if outcome != "noticed":
            return self.whole
        module = suite.ROOT / path
        return hashlib.sha256(module.read_bytes()).hexdigest() if module.exists() else ""


_REST = ("outcome", "by", "seconds")
