"""Runs fixture programs against the strict test server."""

from .case import FIXTURES, Case, CaseError, load_case, programs
from .runner import TIMEOUT_SECONDS, Outcome, run_program, run_tests

__all__ = [
    "FIXTURES",
    "TIMEOUT_SECONDS",
    "Case",
    "CaseError",
    "Outcome",
    "load_case",
    "programs",
    "run_program",
    "run_tests",
]
