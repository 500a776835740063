"""Findings that have a code of the tool's own: nothing is edited for them."""

from kognitos_migrate.findings.finding import Applicability, Finding, Fix, Place
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.rulebook.codes import OwnCode


def by_hand(own: OwnCode, message: str, place: Place, to_do: str, reason: str) -> Finding:
    """What `own` is the code of, found at a place, and what is to be done there."""
    fix = Fix(Applicability.MANUAL, to_do)
    return Finding(own.code, own.name, message, Severity(own.severity), place, fix, reason)
