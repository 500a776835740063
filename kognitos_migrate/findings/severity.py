"""Severities of findings."""

from enum import Enum


class Severity(Enum):
    """The importance of a finding for a build."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    def is_at_least(self, least: "Severity") -> bool:
        """Whether it is at least as severe as `least`."""
        order = list(Severity)
        return order.index(self) <= order.index(least)
