"""Runs the steps of a composite action as GitHub's runner does: their `run:` in bash, with the files through
which steps say things, and expressions filled in. Steps that use other actions are told, and not run."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class Job:
    """The state of a job after some steps."""

    workspace: Path
    temp: Path
    inputs: Mapping[str, str]
    action_path: Path
    path: list[str] = field(default_factory=list)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    log: str = ""
    code: int = 0

    @property
    def summary(self) -> str:
        """The job's summary."""
        file = self.temp / "summary"
        return file.read_text("utf-8") if file.exists() else ""

    def filled(self, text: str) -> str:
        """`text` with its expressions evaluated."""
        return _EXPRESSION.sub(lambda found: self._value(found[1]), text)

    def holds(self, condition: str) -> bool:
        """Whether a condition of `==`, `!=` and `&&` holds."""
        return all(self._compared(one.strip()) for one in condition.split("&&"))

    def _compared(self, condition: str) -> bool:
        found = re.fullmatch(r"(\S+) (==|!=) '(.*)'", condition)
        assert found is not None, condition
        return (self._value(found[1]) == found[3]) is (found[2] == "==")

    def _value(self, name: str) -> str:
        first, *rest = name.split(".")
        if first == "inputs":
            return self.inputs[".".join(rest)]
        if name == "github.action_path":
            return str(self.action_path)
        assert first == "steps", name
        assert rest[1] == "outputs", name
        return self.outputs.get(rest[0], {}).get(rest[2], "")


def run_action(
    action: Path, workspace: Path, temp: Path, given: Mapping[str, str], but: tuple[str, ...] = ()
) -> Job:
    """The job in which the action's steps were run; steps named in `but` are left out."""
    document: Any = yaml.safe_load(action.read_text("utf-8"))
    inputs = {name: one.get("default", "") for name, one in document["inputs"].items()} | dict(given)
    assert set(given) <= set(document["inputs"])
    temp.mkdir(parents=True, exist_ok=True)
    job = Job(workspace, temp, inputs, action.parent)
    for step in document["runs"]["steps"]:
        if step["name"] in but or not job.holds(step.get("if", "inputs.src != ''")):
            continue
        if "uses" in step:
            job.used.append((step["uses"], {key: job.filled(value) for key, value in step["with"].items()}))
            continue
        _run(job, step)
        if job.code:
            break
    return job


def _run(job: Job, step: Any) -> None:
    files = {name: job.temp / name for name in ("output", "path")}
    for file in files.values():
        file.write_text("")
    environment = {
        **os.environ,
        **{name: job.filled(value) for name, value in step.get("env", {}).items()},
        "PATH": os.pathsep.join([*reversed(job.path), os.environ["PATH"]]),
        "RUNNER_TEMP": str(job.temp),
        "GITHUB_WORKSPACE": str(job.workspace),
        "GITHUB_OUTPUT": str(files["output"]),
        "GITHUB_PATH": str(files["path"]),
        "GITHUB_STEP_SUMMARY": str(job.temp / "summary"),
    }
    assert step["shell"] == "bash"
    assert "${{" not in step["run"], "an expression in a script is run as code: say it in env"
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    ran = subprocess.run(
        command, cwd=job.workspace, env=environment, capture_output=True, text=True, check=False
    )
    job.log += ran.stdout + ran.stderr
    job.code = ran.returncode
    said = dict(line.split("=", 1) for line in files["output"].read_text().splitlines())
    job.outputs.setdefault(step.get("id", step["name"]), {}).update(said)
    job.path += files["path"].read_text().splitlines()
