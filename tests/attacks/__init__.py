"""Attacks on the command line: kills, two runs at once, full disks, hostile names, git traps, links, pipes,
crafted plans. `python -m tests.attacks` runs the long form; the tests run a short one."""
