"""What a run could not look at, as its result tells it."""

import posixpath

from kognitos_migrate.discover.screen import LARGEST, Unaddressed
from kognitos_migrate.errors import Fault
from kognitos_migrate.findings.finding import BlindSpot, Place, Problem


def problem_of(fault: Fault) -> Problem:
    """The fault of a file or path as a problem of the run."""
    said = fault.message if fault.expected is None else f"{fault.message}; {fault.expected}"
    if fault.key is not None:
        said = f"{fault.key}: {said}"
    return Problem(fault.path or "", fault.line, said, fault.detail)


def unread(file: str) -> BlindSpot:
    """A file that is too large to be searched."""
    said = f"{posixpath.basename(file)} is larger than {LARGEST // 1_000_000} MB: not searched"
    return BlindSpot(Place(file, 1, 1, 1, 1), said)


def unknown_address(one: Unaddressed) -> BlindSpot:
    """A file whose requests may go anywhere."""
    said = "a header of the API is sent, and the host isn't known"
    return BlindSpot(Place(one.path, one.row, 1, one.row, 1), said)
