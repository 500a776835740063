"""Errors of texts that can't be parsed, or are not rendered as they were."""


class SourceSyntaxError(Exception):
    """The text is not Python that LibCST can parse: the message, the line, and the kind of fault."""

    def __init__(self, message: str, line: int, reason: str = "syntax-error") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.reason = reason


class UnfaithfulError(Exception):
    """LibCST doesn't render the module at `path` as it was, so positions in it are unknown.

    It also fails on a module that is nested more deeply than this Python can recurse.
    """

    def __init__(
        self, path: str, message: str = "can't be read back unchanged", reason: str = "not-read-back"
    ) -> None:
        super().__init__(f"{path} {message}")
        self.path = path
        self.message = message
        self.reason = reason
