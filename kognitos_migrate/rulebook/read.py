"""Reads rule files, each validated on its own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

from kognitos_migrate.errors import Fault, RuleError
from kognitos_migrate.rulebook.api_schema import ApiFile, OperationFile
from kognitos_migrate.rulebook.document import Document, read_yaml
from kognitos_migrate.rulebook.paths import is_builtin, rule_files
from kognitos_migrate.rulebook.schema import ClientFile, MockFile, RuleFile
from kognitos_migrate.rulebook.validation import validate
from kognitos_migrate.structs import Struct

File = TypeVar("File", ApiFile, OperationFile, ClientFile, MockFile)


class Source(Struct, Generic[File], frozen=True):
    """A rule file: what it says, and where."""

    document: Document
    file: File
    is_builtin: bool = False


class Sources(Struct, frozen=True):
    """Rule files by kind, in the order of their names."""

    apis: tuple[Source[ApiFile], ...] = ()
    operations: tuple[Source[OperationFile], ...] = ()
    clients: tuple[Source[ClientFile], ...] = ()
    mocks: tuple[Source[MockFile], ...] = ()

    @property
    def files(self) -> list[RuleFile]:
        """What all of them say."""
        return [
            *(source.file for source in self.apis),
            *(source.file for source in self.operations),
            *(source.file for source in self.clients),
            *(source.file for source in self.mocks),
        ]

    def and_also(self, other: "Sources") -> "Sources":
        """These, then the `other` ones."""
        return Sources(
            self.apis + other.apis,
            self.operations + other.operations,
            self.clients + other.clients,
            self.mocks + other.mocks,
        )


def read_rules(folders: Sequence[Path]) -> Sources:
    """The rule files in `folders`, well shaped. Raises RuleError with the faults of all of them."""
    sources = Sources()
    faults: list[Fault] = []
    for path in [path for folder in folders for path in rule_files(folder)]:
        try:
            sources = sources.and_also(read_rule(Path(path)))
        except RuleError as error:
            faults += error.faults
    if faults:
        raise RuleError.of(faults)
    return sources


def read_rule(path: Path) -> Sources:
    """The rule file `path`. Raises RuleError with all that is wrong with it alone."""
    document = read_yaml(path, RuleError)
    file: RuleFile = validate(document, RuleFile, RuleError)
    match file:
        case ApiFile():
            return Sources(apis=(Source(document, file),))
        case OperationFile():
            return Sources(operations=(Source(document, file),))
        case ClientFile():
            return Sources(clients=(Source(document, file, is_builtin(str(path))),))
        case MockFile():
            return Sources(mocks=(Source(document, file),))
