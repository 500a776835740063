"""What a user can mend, as a result tells it."""

from kognitos_migrate.errors import Fault
from kognitos_migrate.findings.finding import Problem


def problem_of(fault: Fault) -> Problem:
    """The fault of a file or path as a problem of the run."""
    said = fault.message if fault.expected is None else f"{fault.message}; {fault.expected}"
    if fault.key is not None:
        said = f"{fault.key}: {said}"
    return Problem(fault.path or "", fault.line, said)
