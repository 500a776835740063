"""Errors of texts that can't be parsed, or are not written back as they were."""


class SourceSyntaxError(Exception):
    """The text is not Python that LibCST can read: what is wrong, where, and what kind of fault it is."""

    def __init__(self, message: str, line: int, reason: str = "syntax-error") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.reason = reason


class UnfaithfulError(Exception):
    """LibCST does not give back the text of the module at `path` as it is: places in it can't be told. Or it
    can't say, for the module is nested deeper than it may go on this Python."""

    def __init__(
        self, path: str, message: str = "can't be read back unchanged", reason: str = "not-read-back"
    ) -> None:
        super().__init__(f"{path} {message}")
        self.path = path
        self.message = message
        self.reason = reason
