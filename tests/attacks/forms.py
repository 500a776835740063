"""The attacks, with how many of each the short and the long form make."""

from __future__ import annotations

from .disk import fill_levels
from .kills import Attack, kill_adapt, kill_fix, kill_undo, two_runs
from .traps import crafted_plans, endless_files, git_traps, hostile_names

ATTACKS: tuple[tuple[str, Attack, int, int], ...] = (
    ("kill-fix", kill_fix, 2, 100),
    ("kill-adapt", kill_adapt, 2, 100),
    ("kill-undo", kill_undo, 2, 100),
    ("two-runs", two_runs, 2, 60),
    ("fill-levels", fill_levels, 2, 20),
    ("hostile-names", hostile_names, 3, 99),
    ("git-traps", git_traps, 3, 99),
    ("endless-files", endless_files, 2, 99),
    ("crafted-plans", crafted_plans, 8, 200),
)
