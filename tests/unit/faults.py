"""Faults as tables in text files: a change that makes a valid text invalid, and the error."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """A change that makes the text of `file` invalid, and the error."""

    file: str
    old: str
    new: str
    said: str

    def applied(self, text: str) -> str:
        """The wrong text."""
        assert self.old in text
        return text.replace(self.old, self.new, 1)


def cases(path: Path) -> list[Case]:
    r"""The cases of a file: `file: old  =>  new`, and below it the fault; `\n` is the end of a line."""
    return [_case(part) for part in path.read_text("utf-8").split("\n\n") if not part.startswith("#")]


def _case(text: str) -> Case:
    change, said = text.rstrip("\n").split("\n")
    file, _, change = change.partition(": ")
    old, _, new = change.replace("\\n", "\n").partition("  =>")
    return Case(file, old, new.removeprefix("  "), said.removeprefix("    "))
