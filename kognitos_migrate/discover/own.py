"""Files that this tool wrote: what they say of the old version, they say of other files."""

import re

_BEGINNINGS = re.compile(
    rb'\{\s*"version": 1,\s*"(?:findings": \[|made_by": "kognitos-migrate )'  # JSON of check, and of report
    rb"|# Migration from v1 to v2\n\n(?:\d+ files? looked at\. Found |No v1 use found |Nothing to report )"
    rb'|(?s:.{0,1000})<meta name="generator" content="kognitos-migrate '
    rb'|(?s:.{0,1000})"driver": \{\s*"name": "kognitos-migrate"'
)


def is_report(data: bytes) -> bool:
    """Whether a file is a report that was written by this tool, as it begins."""
    return _BEGINNINGS.match(data) is not None
