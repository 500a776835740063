"""A `push` for all-repos that opens a branch, and leaves it to others what comes of it.

all-repos itself has others: `all_repos.push.github_pull_request`, `gitlab_pull_request`, `merge_to_master`.
"""

from typing import NamedTuple

from all_repos import autofix_lib


class Settings(NamedTuple):
    """What `push_settings` may say."""

    prefix: str = ""
    """In front of the branch's name."""


def push(settings: Settings, branch_name: str) -> None:
    """Push what was committed as a branch. One that is there already is left as it is."""
    name = f"{settings.prefix}{branch_name}"
    autofix_lib.run("git", "push", "--quiet", "origin", f"HEAD:refs/heads/{name}")
