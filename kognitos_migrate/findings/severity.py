"""Severities of findings."""

from enum import Enum


class Severity(Enum):
    """How much a finding matters to a build."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    def reaches(self, least: "Severity") -> bool:
        """Whether it is as severe as `least`, or more so."""
        order = list(Severity)
        return order.index(self) <= order.index(least)
