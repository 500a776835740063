"""Reads rule files and validates each one alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

from kognitos_migrate.errors import Fault, RuleError
from kognitos_migrate.rulebook.api_schema import ApiFile, OperationFile
from kognitos_migrate.rulebook.client_schema import ClientFile
from kognitos_migrate.rulebook.document import Document, read_yaml
from kognitos_migrate.rulebook.mock_schema import MockFile
from kognitos_migrate.rulebook.paths import is_builtin, rule_files
from kognitos_migrate.rulebook.schema import RuleFile
from kognitos_migrate.rulebook.validation import validate
from kognitos_migrate.structs import Struct

File = TypeVar("File", ApiFile, OperationFile, ClientFile, MockFile)


class YamlSource(Struct, Generic[File], frozen=True):
    """A rule file: its document, and the struct that was validated."""

    document: Document
    file: File
    is_builtin: bool = False


class Sources(Struct, frozen=True):
    """The rule files by kind, in the order of their paths."""

    apis: tuple[YamlSource[ApiFile], ...] = ()
    operations: tuple[YamlSource[OperationFile], ...] = ()
    clients: tuple[YamlSource[ClientFile], ...] = ()
    mocks: tuple[YamlSource[MockFile], ...] = ()

    @property
    def files(self) -> list[RuleFile]:
        """The structs of all files."""
        return [
            *(source.file for source in self.apis),
            *(source.file for source in self.operations),
            *(source.file for source in self.clients),
            *(source.file for source in self.mocks),
        ]

    def joined_with(self, other: "Sources") -> "Sources":
        """These files, followed by `other`."""
        return Sources(
            self.apis + other.apis,
            self.operations + other.operations,
            self.clients + other.clients,
            self.mocks + other.mocks,
        )


def read_rules(folders: Sequence[Path]) -> Sources:
    """Read and validate the rule files in `folders`. Raises RuleError with the faults of all files."""
    sources = Sources()
    faults: list[Fault] = []
    for path in [path for folder in folders for path in rule_files(folder)]:
        try:
            sources = sources.joined_with(read_rule(Path(path)))
        except RuleError as error:
            faults += error.faults
    if faults:
        raise RuleError.of(faults)
    return sources


def read_rule(path: Path) -> Sources:
    """Read and validate the rule file at `path`. Raises RuleError with all faults of its shape."""
    document = read_yaml(path, RuleError)
    file: RuleFile = validate(document, RuleFile, RuleError)
    match file:
        case ApiFile():
            return Sources(apis=(YamlSource(document, file),))
        case OperationFile():
            return Sources(operations=(YamlSource(document, file),))
        case ClientFile():
            return Sources(clients=(YamlSource(document, file, is_builtin(str(path))),))
        case MockFile():
            return Sources(mocks=(YamlSource(document, file),))
