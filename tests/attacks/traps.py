"""Repositories that are traps: nothing of theirs is run, nothing is written elsewhere, and nothing hangs."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections import Counter
from pathlib import Path

from .project import SAFE, AttackError, Project

NAMES = (
    "n" * 252 + ".py",
    "-rf.py",
    "--help.py",
    "new\nline.py",
    "$(touch pwned).py",
    "`touch pwned`.py",
    "'; touch pwned; '.py",
    "\x1b[31m.py",
    "\u202e.py",
    "not\udcffutf8.py",
    " .py",
    "%s%n{0}.py",
    "a\\b.py",
    "::error::.py",
    ":(exclude).py",
    "*.py",
    "é\u0301.py",
)
"""Names of files that shells, git, terminals or formats take for something else."""

_GIT = {
    "fsmonitor": "[core]\n\tfsmonitor = {payload}\n",
    "hooks": "[core]\n\thooksPath = hooks\n",
    "pager": "[core]\n\tpager = {payload}\n[pager]\n\tstatus = {payload}\n",
    "editor": "[core]\n\teditor = {payload}\n",
    "ssh": "[core]\n\tsshCommand = {payload}\n",
    "alias": '[alias]\n\tstatus = "!{payload}"\n\tls-files = "!{payload}"\n',
    "external diff": "[diff]\n\texternal = {payload}\n",
    "filter": '[filter "evil"]\n\tclean = {payload}\n\tsmudge = {payload}\n\trequired = true\n',
    "process": '[filter "evil"]\n\tprocess = {payload}\n\trequired = true\n',
    "text conversion": '[diff "evil"]\n\ttextconv = {payload}\n',
    "credentials": '[credential]\n\thelper = "!{payload}"\n',
    "signatures": "[gpg]\n\tprogram = {payload}\n[commit]\n\tgpgSign = true\n",
    "worktree": "[core]\n\tworktree = /\n",
    "include": "[include]\n\tpath = evil.inc\n",
    "partial clone": '[remote "origin"]\n\turl = ext::{payload}\n\tpromisor = true\n'
    "[protocol]\n\tallow = always\n",
    "fetch": '[remote "origin"]\n\tuploadpack = {payload}\n\turl = .\n',
}
"""Settings of a repository that make git run programs or read other folders."""

_READ = (
    ".gitignore",
    ".git/info/exclude",
    "kognitos-migrate-baseline.json",
    "CODEOWNERS",
    ".env",
    "settings.json",
    "other.py",
    "study.ipynb",
    "pyproject.toml",
    "setup.cfg",
    "docs.md",
    "rules/own.yaml",
)
"""Files of a project that commands read by themselves."""
_COMMANDS = (
    ("check",),
    ("fix", "--allow-dirty"),
    ("report", "-o", "out.html"),
    ("init",),
    ("check", "--all-files"),
)


def hostile_names(top: Path, count: int, seed: int) -> Counter[str]:
    """Fix files with such names, and take that back."""
    counts: Counter[str] = Counter()
    for number, name in enumerate(NAMES[:count]):
        project = Project(top / str(number), SAFE, 0)
        try:
            project.plant({name: SAFE.format(number=1).encode()})
        except OSError:
            counts["no such name here"] += 1
            continue
        before = project.files()
        _expect(project.run("fix").code == 0 and project.files() != before, f"{name!r} is not fixed")
        for command in (("check",), ("report", "-o", str(top / f"{number}.html")), ("undo",)):
            _expect(project.run(*command).code == 0, f"{command} fails for {name!r}")
        _expect(project.files() == before, f"{name!r} is not put back")
        counts["fixed and put back"] += 1
    return counts


def git_traps(top: Path, count: int, seed: int) -> Counter[str]:
    """Fix in repositories whose settings name programs."""
    counts: Counter[str] = Counter()
    for number, (trap, config) in enumerate([*_GIT.items(), ("git", ""), ("git by link", "")][:count]):
        project = Project(top / str(number), SAFE, 1)
        mark = top / f"pwned{number}"
        payload = project.folder / "payload"
        payload.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
        payload.chmod(0o755)
        for command in (["init", "-q"], ["add", "m00.py"]):
            subprocess.run(["git", *command], cwd=project.folder, check=True, capture_output=True)
        hooks = project.folder / "hooks"
        hooks.mkdir()
        for hook in ("pre-commit", "post-index-change", "fsmonitor-watchman", "post-checkout"):
            (hooks / hook).write_text(payload.read_text())
            (hooks / hook).chmod(0o755)
        project.plant({".gitattributes": b"*.py filter=evil diff=evil\n"})
        text = config.format(payload=payload)
        (project.folder / ".git" / "evil.inc").write_text(_GIT["filter"].format(payload=payload))
        with (project.folder / ".git" / "config").open("a") as file:
            file.write(text)
        path = None
        if trap.startswith("git"):
            path = str(_own_git(project, mark, trap == "git by link"))
        project.run("fix", path=path)
        project.run("check", path=path)
        _expect(not mark.exists(), f"{trap}: a program of the repository was run")
        counts["nothing run"] += 1
    return counts


def _own_git(project: Project, mark: Path, is_link: bool) -> Path:
    """A folder for PATH that leads to a git in the project."""
    folder = project.folder / "bin"
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    program.chmod(0o755)
    if not is_link:
        return folder
    outside = project.top / "bin"
    outside.mkdir()
    (outside / "git").symlink_to(program)
    return outside


def endless_files(top: Path, count: int, seed: int) -> Counter[str]:
    """Put pipes, devices, links and large files where commands read."""
    counts: Counter[str] = Counter()
    kinds = ("pipe", "device", "loop", "folder")
    cases = [(name, kind) for name in _READ for kind in kinds]
    random.Random(seed).shuffle(cases)
    for number, (name, kind) in enumerate(cases[:count]):
        project = Project(top / str(number), SAFE, 1)
        (project.folder / ".git" / "info").mkdir(parents=True)
        if name.startswith("rules/"):
            (project.folder / "rules").mkdir()
            with (project.folder / "kognitos-migrate.yaml").open("a") as file:
                file.write("rules: [rules]\n")
        path = project.folder / name
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        else:
            path.symlink_to("/dev/zero" if kind == "device" else path)
        for command in _COMMANDS:
            project.run(*command)
        counts["ended"] += 1
    return counts


def crafted_plans(top: Path, count: int, seed: int) -> Counter[str]:
    """Apply plans that somebody has changed: each is refused, or does what the true one does."""
    dice = random.Random(seed)
    project = Project(top, SAFE, 2)
    outside = top / "outside.py"
    outside.write_text("mine\n")
    _expect(project.run("fix", "--plan", "plan.json").code == 1, "no plan is made")
    plan = (project.folder / "plan.json").read_bytes()
    before = project.files()
    _expect(project.run("apply", "plan.json").code == 0, "the plan can't be applied")
    after = project.files()
    counts: Counter[str] = Counter()
    for _ in range(count):
        project.restore()
        project.plant({"plan.json": _tampered(plan, dice, outside)})
        outcome = project.run("apply", "plan.json")
        files = {**project.files(), "plan.json": plan}
        _expect(files in (before, after), f"a crafted plan does something else: {outcome.output}")
        _expect(outside.read_text() == "mine\n", "a crafted plan writes outside of the project")
        counts["refused" if files == before else "applied"] += 1
    return counts


def _tampered(plan: bytes, dice: random.Random, outside: Path) -> bytes:
    if dice.random() < 0.3:
        at = dice.randrange(len(plan))
        return plan[:at] + bytes([dice.randrange(256)]) + plan[at + dice.randrange(3) :]
    document = json.loads(plan)
    file = dice.choice(document["files"])
    edit = dice.choice(file["edits"])
    values: list[object] = [
        None, 0, -1, 10**30, "", "\ud800", "../outside.py", str(outside), "/dev/null", ".git/config", [], {},
        "m00.py", "./m00.py", "sitecustomize.py", "x" * 5000, True, 1.5, "a\0.py",
    ]  # fmt: skip
    target = dice.choice([document, file, edit])
    target[dice.choice([*target, "more"])] = dice.choice(values)
    return json.dumps(document).encode()


def _expect(condition: bool, message: str) -> None:
    if not condition:
        raise AttackError(message)
